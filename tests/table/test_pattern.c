/* Patterns and plans: every row of spec/table-store.md 4.4. */
#include "support/support.h"

#include "table/plan.h"

#include <stdio.h>

static const char *const parts[] = {"period", "customer"};

struct good {
    const char *text;
    const char *prefix; /* of the LIST below the data directory */
};

static const struct good good_patterns[] = {
    {"", ""},
    {"*", ""},
    {"*/*", ""},
    {"period=2026-03-17/customer=abc", "period=2026-03-17/customer=abc/"},
    {"period=2026-03-*/customer=abc", "period=2026-03-"},
    {"*/customer=abc", ""},
    {"period=X/*", "period=X/"},
    {"period=2026-03-01..2026-04-01/customer=abc", "period=2026-0"},
    {"period=a..z/customer=abc", ""},
    {"period=2026-03-01../*", ""},
    {"period=..2026-04-01/*", ""},
    {"period=X/customer=abc..abz", "period=X/customer=ab"},
    {"period=X/customer=a..m", "period=X/"},
    {"period=2026-03-01..2026-03-01/*", "period=2026-03-01"},
    {"period=*/customer=abc", "period="},
    {"period=/customer=abc", "period=/customer=abc/"},
    {"period=X/customer=日a..日b", "period=X/customer=日"},
    {"period=X/customer=日..旦", "period=X/"}, /* never half a character */
};

static const char *const bad_patterns[] = {
    "period=X",
    "period=X/customer=Y/extra=Z",
    "customer=abc/period=X",
    "period=*-17/customer=abc",
    "period=2026-*-17/customer=abc",
    "period=2026-*-*/customer=abc",
    "period=[0-9]/customer=abc",
    "period=2026-03-?\?/customer=abc",
    "period={a,b}/customer=abc",
    "period=../customer=abc",
    "period=a..b..c/customer=abc",
    "period=2026-*..2026-04/customer=abc",
    "period=a..b*/customer=abc",
    "period=2026-04-01..2026-03-01/customer=abc",
    "period=42..100/customer=abc",
    "/",
    "*/",
    "**/*",
};

static void pattern_narrows_the_listing_as_the_table_says(void **state)
{
    struct test_env t;
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    struct weir__buf prefix = weir__buf_make(&t.env, 4096);
    for (size_t i = 0; i < COUNT_OF(good_patterns); i++) {
        struct weir__pattern p = {0};
        const char *text = NULL;
        assert_ok(
            weir__pattern_parse(&region, good_patterns[i].text, parts, 2, &p, &test_last_error));
        weir__buf_clear(&prefix);
        assert_ok(weir__pattern_list_prefix(&p, &prefix, &test_last_error));
        assert_ok(weir__buf_text(&prefix, &text, &test_last_error));
        assert_string_equal(text, good_patterns[i].prefix);
    }
    weir__buf_dispose(&prefix);
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

static void pattern_refuses_what_the_table_refuses(void **state)
{
    struct test_env t;
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    for (size_t i = 0; i < COUNT_OF(bad_patterns); i++) {
        struct weir__pattern p = {0};
        struct weir_error err = WEIR_ERROR_INIT;
        if (weir__pattern_parse(&region, bad_patterns[i], parts, 2, &p, &err) != WEIR_INVALID)
            fail_msg("accepted: %s", bad_patterns[i]);
        assert_true(err.message[0] != '\0');
    }
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

struct match {
    const char *pattern, *key;
    bool expected;
};

static const struct match matches[] = {
    {"*", "period=X/customer=Y", true},
    {"*", "period=X", false},
    {"*", "period=X/customer=Y/extra=Z", false},
    {"*/*", "period=X/customer=Y", true},
    {"period=X/*", "period=X/customer=Y", true},
    {"period=X/*", "period=XY/customer=Y", false},
    {"period=X/*", "other=X/customer=Y", false},
    {"period=X*/*", "period=XY/customer=Y", true},
    {"period=X*/*", "period=X/customer=Y", true},
    {"period=*/*", "period=X/customer=Y", true},
    {"*/customer=abc", "period=X/customer=abc", true},
    {"*/customer=abc", "period=X/customer=abcd", false},
    {"period=b..d/*", "period=a/customer=Y", false},
    {"period=b..d/*", "period=b/customer=Y", true},
    {"period=b..d/*", "period=czz/customer=Y", true},
    {"period=b..d/*", "period=d/customer=Y", false},
    {"period=b../*", "period=zzz/customer=Y", true},
    {"period=b../*", "period=a/customer=Y", false},
    {"period=..b/*", "period=a/customer=Y", true},
    {"period=..b/*", "period=b/customer=Y", false},
    {"period=b..b/*", "period=b/customer=Y", false},
    {"period=/*", "period=X/customer=Y", false},
    {"period=X/customer=a=b", "period=X/customer=a=b", true},
    /* Ranges are bytewise, not numeric. */
    {"*/customer=10..100", "period=X/customer=10", true},
    {"*/customer=10..100", "period=X/customer=42", false},
    {"*/customer=10..100", "period=X/customer=2", false},
};

static void pattern_matches_bytewise(void **state)
{
    struct test_env t;
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    for (size_t i = 0; i < COUNT_OF(matches); i++) {
        struct weir__pattern p = {0};
        assert_ok(weir__pattern_parse(&region, matches[i].pattern, parts, 2, &p, &test_last_error));
        if (weir__pattern_matches(&p, weir__str_of(matches[i].key)) != matches[i].expected)
            fail_msg("%s against %s", matches[i].pattern, matches[i].key);
    }
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

/* Whatever matches must lie below the prefix that is listed. */
static void pattern_never_matches_outside_its_prefix(void **state)
{
    struct test_env t;
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    struct weir__buf prefix = weir__buf_make(&t.env, 4096);
    for (size_t i = 0; i < COUNT_OF(matches); i++) {
        struct weir__pattern p = {0};
        assert_ok(weir__pattern_parse(&region, matches[i].pattern, parts, 2, &p, &test_last_error));
        weir__buf_clear(&prefix);
        assert_ok(weir__pattern_list_prefix(&p, &prefix, &test_last_error));
        for (size_t j = 0; j < COUNT_OF(matches); j++) {
            char key[256];
            (void)snprintf(key, sizeof key, "%s/", matches[j].key);
            struct weir__str begin = {(const char *)prefix.data, prefix.len};
            if (weir__pattern_matches(&p, weir__str_of(matches[j].key)))
                assert_true(weir__str_starts(weir__str_of(key), begin));
        }
    }
    weir__buf_dispose(&prefix);
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

static void plans_drop_duplicates_and_contained_listings(void **state)
{
    static const char *const texts[] = {"period=2/customer=a", "period=1/*", "period=1/customer=b",
                                        "period=2/customer=a", "period=10/*"};
    struct test_env t;
    struct weir__plans plans = {0};
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    assert_ok(weir__plans_make(&region,
                               &(struct weir__selection){texts, COUNT_OF(texts), false, parts, 2},
                               &plans, &test_last_error));
    assert_int_equal(plans.n_patterns, 4);
    assert_int_equal(plans.n, 3);
    assert_string_equal(plans.items[0].prefix, "period=1/");
    assert_int_equal(plans.items[0].n_patterns, 2); /* the wider listing serves both */
    assert_string_equal(plans.items[1].prefix, "period=10/");
    assert_string_equal(plans.items[2].prefix, "period=2/customer=a/");
    assert_true(weir__plan_matches(&plans, &plans.items[0], weir__str_of("period=1/customer=zzz")));
    assert_false(weir__plan_matches(&plans, &plans.items[2], weir__str_of("period=2/customer=b")));
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

static void plans_name_index_and_text_of_the_first_bad_pattern(void **state)
{
    static const char *const texts[] = {"*", "period=1/*", "period=X", "bad"};
    struct weir_error err = WEIR_ERROR_INIT;
    struct test_env t;
    struct weir__plans plans = {0};
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    assert_int_equal(
        weir__plans_make(&region,
                         &(struct weir__selection){texts, COUNT_OF(texts), false, parts, 2}, &plans,
                         &err),
        WEIR_INVALID);
    assert_non_null(strstr(err.message, "pattern 2 'period=X'"));
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

static void plans_of_exact_partitions_take_any_byte(void **state)
{
    static const char *const texts[] = {"period=[x]*?/customer={y}"};
    struct test_env t;
    struct weir__plans plans = {0};
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    assert_ok(weir__plans_make(&region, &(struct weir__selection){texts, 1, true, parts, 2}, &plans,
                               &test_last_error));
    assert_string_equal(plans.items[0].prefix, "period=[x]*?/customer={y}/");
    assert_true(weir__plan_matches(&plans, &plans.items[0], weir__str_of(texts[0])));
    assert_false(
        weir__plan_matches(&plans, &plans.items[0], weir__str_of("period=[x]*?/customer={z}")));
    assert_int_equal(weir__plans_make(&region, &(struct weir__selection){texts, 0, true, parts, 2},
                                      &plans, NULL),
                     WEIR_OK);
    assert_int_equal(plans.n, 0);
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pattern_narrows_the_listing_as_the_table_says),
        cmocka_unit_test(pattern_refuses_what_the_table_refuses),
        cmocka_unit_test(pattern_matches_bytewise),
        cmocka_unit_test(pattern_never_matches_outside_its_prefix),
        cmocka_unit_test(plans_drop_duplicates_and_contained_listings),
        cmocka_unit_test(plans_name_index_and_text_of_the_first_bad_pattern),
        cmocka_unit_test(plans_of_exact_partitions_take_any_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
