/* contract.h: what the contract tests stand on: a fresh store of each kind.
 *
 * A kind joins by a row of `openers` in contract.c; every contract case then runs against it. */
#ifndef WEIR_TESTS_STORAGE_CONTRACT_H
#define WEIR_TESTS_STORAGE_CONTRACT_H

#include "support/support.h"

#include "storage/storage.h"

struct fixture;

struct opener {
    const char *name;
    const char *type;      /* what weir_storage_type says */
    bool has_key_conflict; /* a key cannot begin another one (spec 5.6) */
    bool has_empty_directories;
    int (*open)(struct fixture *f);
};

struct fixture {
    struct test_env t;
    const struct opener *opener;
    char *dir; /* a temporary directory, also for stores that need none */
    struct weir_storage *st;
};

extern const struct opener openers[];
extern const size_t n_openers;

/* A case runs once per opener. Names are "<opener>: <case>". */
#define CONTRACT_CASE(function)                                                                    \
    {                                                                                              \
#        function, function                                                                        \
    }
struct contract_case {
    const char *name;
    void (*run)(void **state);
};
/* Runs them all; the result is main's. */
int contract_run(const char *group, const struct contract_case *cases, size_t n_cases);

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Asserting shorthands. */
void put_text(struct fixture *f, const char *key, const char *text);
void assert_object(struct fixture *f, const char *key, const char *text);
void assert_missing(struct fixture *f, const char *key);
/* The keys of a listing joined by "\n"; free with free(). */
char *list_text(struct fixture *f, const char *prefix, const struct weir_list_options *options);
void assert_list(struct fixture *f, const char *prefix, const struct weir_list_options *options,
                 const char *expected);

/* A source over a text that gives at most `step` bytes at once and, if asked, fails at the end. */
struct text_source {
    const char *text;
    size_t n, at, step;
    bool fails_at_end;
    struct weir_source source;
};
const struct weir_source *text_source_init(struct text_source *s, const char *text, size_t n,
                                           size_t step);

/* Collects into a fixed block; fails after `fail_after` bytes if that is not 0. */
struct block_sink {
    char bytes[4096];
    size_t n, fail_after;
    struct weir_sink sink;
};
const struct weir_sink *block_sink_init(struct block_sink *s);

#endif
