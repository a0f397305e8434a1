/* test_uuid.c: ids that grow whatever the clock does. */
#include "support/support.h"

#include <errno.h>
#include <stdlib.h>

static struct weir__uuid_maker *maker_made(struct test_env *t)
{
    struct weir__uuid_maker *maker = NULL;
    assert_ok(weir__uuid_maker_new(&t->env, &maker, &test_last_error));
    return maker;
}

static void uuid_has_the_fields_of_version_7(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    test_env_simulate(&t, INT64_C(0x0123456789ab) * 1000 + 500);
    t.random_state = 1;
    struct weir__uuid_maker *maker = maker_made(&t);
    char text[WEIR__UUID_TEXT_BYTES];
    assert_ok(weir__uuid_next(maker, text, &test_last_error));
    assert_int_equal(strlen(text), 32);
    assert_int_equal(strspn(text, "0123456789abcdef"), 32);
    assert_memory_equal(text, "0123456789ab7800", 16); /* half a millisecond: 0x800 of 0x1000 */
    assert_non_null(strchr("89ab", text[16]));
    weir__uuid_maker_free(maker);
    test_env_check_leaks(&t);
}

static void uuid_grows_while_the_clock_stands(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    test_env_simulate(&t, INT64_C(1773756000000000));
    struct weir__uuid_maker *maker = maker_made(&t);
    char last[WEIR__UUID_TEXT_BYTES] = "";
    for (int i = 0; i < 10000; i++) { /* runs over into the next millisecond */
        char text[WEIR__UUID_TEXT_BYTES];
        assert_ok(weir__uuid_next(maker, text, &test_last_error));
        assert_true(memcmp(text, last, 16) > 0); /* the time bits alone, not by luck */
        assert_int_equal(text[12], '7');
        memcpy(last, text, sizeof text);
    }
    weir__uuid_maker_free(maker);
    test_env_check_leaks(&t);
}

static void uuid_grows_when_the_clock_steps_back(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    test_env_simulate(&t, INT64_C(1773756000000000));
    struct weir__uuid_maker *maker = maker_made(&t);
    char before[WEIR__UUID_TEXT_BYTES];
    char after[WEIR__UUID_TEXT_BYTES];
    assert_ok(weir__uuid_next(maker, before, &test_last_error));
    t.wall_us -= INT64_C(3600000000);
    assert_ok(weir__uuid_next(maker, after, &test_last_error));
    assert_true(memcmp(before, after, 16) < 0);
    t.wall_us += INT64_C(7200000000);
    assert_ok(weir__uuid_next(maker, before, &test_last_error));
    assert_true(memcmp(after, before, 12) < 0); /* back on the clock */
    weir__uuid_maker_free(maker);
    test_env_check_leaks(&t);
}

static int broken_random(void *ctx, void *buf, size_t n)
{
    (void)ctx;
    memset(buf, 0, n);
    return -ENOSYS;
}

static void uuid_fails_when_randomness_fails(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    t.env.random = broken_random;
    struct weir__uuid_maker *maker = maker_made(&t);
    struct weir_error err = WEIR_ERROR_INIT;
    char text[WEIR__UUID_TEXT_BYTES] = "untouched";
    assert_int_equal(weir__uuid_next(maker, text, &err), WEIR_IO);
    assert_int_equal(err.code, WEIR_IO);
    assert_int_equal(err.os_errno, ENOSYS);
    assert_string_equal(text, "untouched");
    assert_int_equal(weir__uuid_next(maker, text, NULL), WEIR_IO);
    weir__uuid_maker_free(maker);
    test_env_check_leaks(&t);
}

static void uuid_refuses_a_clock_out_of_range(void **state)
{
    (void)state;
    static const int64_t clocks[] = {-1, INT64_MIN, INT64_MAX, (INT64_C(1) << 48) * 1000};
    struct test_env t;
    test_env_init(&t);
    test_env_simulate(&t, 0);
    struct weir__uuid_maker *maker = maker_made(&t);
    char text[WEIR__UUID_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        t.wall_us = clocks[i];
        assert_int_equal(weir__uuid_next(maker, text, NULL), WEIR_INVALID);
    }
    t.wall_us = (INT64_C(1) << 48) * 1000 - 1; /* the last microsecond: one id, then no more */
    int status = WEIR_OK;
    for (int i = 0; i < 10 && status == WEIR_OK; i++)
        status = weir__uuid_next(maker, text, NULL);
    assert_int_equal(status, WEIR_INVALID);
    weir__uuid_maker_free(maker);
    test_env_check_leaks(&t);
}

struct many {
    struct weir__uuid_maker *maker;
    char (*out)[WEIR__UUID_TEXT_BYTES];
    size_t n;
};

static int many_make(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)cancel;
    struct many *many = arg;
    for (size_t i = 0; i < many->n; i++)
        TRY(weir__uuid_next(many->maker, many->out[i], err));
    return WEIR_OK;
}

static int compare_text(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void uuid_never_repeats_its_time_across_threads(void **state)
{
    (void)state;
    enum { N_TASKS = 8, N_EACH = 500 };
    static char ids[N_TASKS * N_EACH][WEIR__UUID_TEXT_BYTES];
    struct test_env t;
    test_env_init(&t);
    struct many many[N_TASKS];
    struct weir__uuid_maker *maker = maker_made(&t);
    struct weir__pool *pool = NULL;
    struct weir__group *group = NULL;
    assert_ok(weir__pool_new(&t.env, 4, &pool, &test_last_error));
    assert_ok(weir__group_new(&t.env, pool, NULL, 0, &group, &test_last_error));
    for (size_t i = 0; i < N_TASKS; i++) {
        many[i] = (struct many){maker, ids + i * N_EACH, N_EACH};
        assert_ok(weir__group_add(group, many_make, &many[i], &test_last_error));
    }
    assert_ok(weir__group_wait(group, &test_last_error));
    qsort(ids, N_TASKS * N_EACH, sizeof ids[0], compare_text);
    for (size_t i = 1; i < N_TASKS * N_EACH; i++)
        assert_true(memcmp(ids[i - 1], ids[i], 16) < 0);
    weir__group_free(group);
    weir__pool_free(pool);
    weir__uuid_maker_free(maker);
    test_env_check_leaks(&t);
}

static void uuid_maker_reports_a_failed_allocation(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    t.fail_allocation_at = 1;
    struct weir__uuid_maker *maker = NULL;
    assert_int_equal(weir__uuid_maker_new(&t.env, &maker, NULL), WEIR_NO_MEMORY);
    assert_null(maker);
    weir__uuid_maker_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuid_has_the_fields_of_version_7),
        cmocka_unit_test(uuid_grows_while_the_clock_stands),
        cmocka_unit_test(uuid_grows_when_the_clock_steps_back),
        cmocka_unit_test(uuid_fails_when_randomness_fails),
        cmocka_unit_test(uuid_refuses_a_clock_out_of_range),
        cmocka_unit_test(uuid_never_repeats_its_time_across_threads),
        cmocka_unit_test(uuid_maker_reports_a_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
