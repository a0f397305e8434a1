/* support.h: what all tests share. Include it first in a test: it brings cmocka and what cmocka
 * needs.
 *
 * A test env is a copy of the real one with counters: allocations (so that leaks are seen), the
 * n-th allocation or file call failing, and a simulated clock. */
#ifndef WEIR_TESTS_SUPPORT_H
#define WEIR_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"

struct test_env {
    struct weir_env env;        /* hand &t.env to the code under test */
    int64_t live_blocks;        /* allocations not yet freed */
    int64_t n_allocations;      /* calls so far */
    int64_t fail_allocation_at; /* 1-based call that fails; 0 = none */
    bool fail_for_ever;         /* also every later one */
    int64_t wall_us;            /* simulated when is_simulated */
    int64_t monotonic_us;
    bool is_simulated; /* clocks stand still but for sleeps and test_env_advance */
    int64_t n_file_calls;
    int64_t fail_file_call_at; /* 1-based raw file call that fails; 0 = none */
    int fail_file_errno;
    uint64_t random_state;        /* not 0: deterministic randomness */
    struct weir_file_calls calls; /* the counting table */
};

void test_env_init(struct test_env *t);
void test_env_simulate(struct test_env *t, int64_t wall_us);
void test_env_advance(struct test_env *t, int64_t us);
/* Asserts that nothing is still allocated. */
void test_env_check_leaks(const struct test_env *t);

/* A fresh directory below $TMPDIR; removed with everything in it by test_dir_remove. */
char *test_dir_make(void);
void test_dir_remove(char *path);

/* Path of a file in tests/data. Valid until the next call. */
const char *test_data_path(const char *name);
/* Path below ../shared, or NULL when that folder is absent (the test then skips with the reason).
 */
const char *test_shared_path(const char *name);

#define assert_ok(expression)                                                                      \
    do {                                                                                           \
        struct weir_error *shown_ = &test_last_error;                                              \
        int got_ = (expression);                                                                   \
        if (got_ != WEIR_OK)                                                                       \
            fail_msg("%s: %s: %s", #expression, weir_status_name(got_), shown_->message);          \
    } while (0)

/* Pass &test_last_error as `err` so that assert_ok can show the message. */
extern struct weir_error test_last_error;

#endif
