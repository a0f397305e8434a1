/* Timing texts and table.json: spec/table-store.md 3.1, 3.3. */
#include "support/support.h"

#include "table/config.h"

static int timing(const char *text, int64_t floor_us, int64_t *out, struct weir_error *err)
{
    return weir__timing_parse(weir__str_of(text), "t/_config/x", floor_us, out, err);
}

static void timing_parses_the_listed_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {{"15s", 15000000},
                {"1m30s", 90000000},
                {"500ms", 500000},
                {"1.5h", 5400000000},
                {"0s", 0},
                {"0", 0},
                {" 30s\n", 30000000},
                {"1h2m3s", 3723000000},
                {"10us", 10},
                {"10µs", 10},
                {"10μs", 10},
                {"1500ns", 2}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t us = -1;
        assert_ok(timing(good[i].text, 0, &us, &test_last_error));
        assert_int_equal(us, good[i].us);
    }
}

static void timing_refuses_what_is_no_duration(void **state)
{
    static const char *const bad[] = {"",     "15",   "15 s",           "s",  "1d",
                                      "1e3s", "--1s", "9999999999999h", "1s2"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t us = 0;
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(timing(bad[i], 0, &us, &err), WEIR_INVALID);
        assert_non_null(strstr(err.message, "t/_config/x"));
    }
}

static void timing_refuses_values_below_the_floor(void **state)
{
    struct weir_error err = WEIR_ERROR_INIT;
    int64_t us = 0;
    (void)state;
    assert_int_equal(timing("-1s", 0, &us, &err), WEIR_INVALID); /* parses, then is below */
    assert_non_null(strstr(err.message, "floor"));
    assert_int_equal(timing("-1ns", 0, &us, &err), WEIR_INVALID);
    assert_int_equal(timing("0s", WEIR_COMMIT_TIMEOUT_FLOOR_US, &us, &err), WEIR_INVALID);
    assert_int_equal(timing("999us", WEIR_COMMIT_TIMEOUT_FLOOR_US, &us, &err), WEIR_INVALID);
    assert_int_equal(timing("999999ns", WEIR_COMMIT_TIMEOUT_FLOOR_US, &us, &err), WEIR_INVALID);
    assert_ok(timing("1ms", WEIR_COMMIT_TIMEOUT_FLOOR_US, &us, &test_last_error));
}

static void timing_format_is_the_shortest_form(void **state)
{
    char text[WEIR__TIMING_TEXT_BYTES];
    (void)state;
    weir__timing_format(30000000, text);
    assert_string_equal(text, "30s");
    weir__timing_format(5000000, text);
    assert_string_equal(text, "5s");
    weir__timing_format(0, text);
    assert_string_equal(text, "0s");
}

static void description_comes_back_as_written(void **state)
{
    static const char json[] =
        "{\"version\":1,\"partition_by\":[\"a\",\"b\"],\"entity_key\":[\"c\"],"
        "\"version_column\":\"v\",\"inserted_at\":\"_inserted_at\",\"compression\":\"zstd\","
        "\"views\":[{\"name\":\"n\",\"columns\":[\"c1\",\"c2\"]}]}";
    struct test_env t;
    struct weir_table_description d = {0};
    const char *text = NULL;
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    struct weir__buf out = weir__buf_make(&t.env, 4096);
    assert_ok(weir__description_parse(&region, weir__str_of(json), "k", &d, &test_last_error));
    assert_int_equal(d.n_partition_by, 2);
    assert_string_equal(d.partition_by[1], "b");
    assert_string_equal(d.entity_key[0], "c");
    assert_string_equal(d.version_column, "v");
    assert_string_equal(d.inserted_at_column, "_inserted_at");
    assert_int_equal(d.compression, WEIR_COMPRESSION_ZSTD);
    assert_int_equal(d.n_views, 1);
    assert_string_equal(d.views[0].columns[1], "c2");
    assert_ok(weir__description_write(&d, &out, &test_last_error));
    assert_ok(weir__buf_text(&out, &text, &test_last_error));
    assert_string_equal(text, json);
    weir__buf_dispose(&out);
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

static void description_ignores_unknown_members(void **state)
{
    struct test_env t;
    struct weir_table_description d = {0};
    (void)state;
    test_env_init(&t);
    struct weir__region region = weir__region_make(&t.env);
    assert_ok(weir__description_parse(
        &region, weir__str_of("{\"version\":1,\"new\":{\"x\":[1]},\"partition_by\":[\"a\"]}"), "k",
        &d, &test_last_error));
    assert_int_equal(d.n_partition_by, 1);
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

static void description_refuses_what_does_not_fit(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{",
        "{}",
        "{\"version\":\"1\"}",
        "{\"version\":1,\"partition_by\":\"a\"}",
        "{\"version\":1,\"partition_by\":[1]}",
        "{\"version\":1,\"partition_by\":[\"a\",\"a\"]}",
        "{\"version\":1,\"partition_by\":[\"a=b\"]}",
        "{\"version\":1,\"entity_key\":[\"c\"]}",
        "{\"version\":1,\"version_column\":\"v\"}",
        "{\"version\":1,\"compression\":\"lzo\"}",
        "{\"version\":1,\"views\":[{\"columns\":[\"a\"]}]}",
        "{\"version\":1,\"views\":[{\"name\":\"n\",\"columns\":[]}]}",
        "{\"version\":1,\"views\":{}}",
    };
    struct test_env t;
    (void)state;
    test_env_init(&t);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct weir__region region = weir__region_make(&t.env);
        struct weir_table_description d = {0};
        struct weir_error err = WEIR_ERROR_INIT;
        int status =
            weir__description_parse(&region, weir__str_of(bad[i]), "t/table.json", &d, &err);
        if (status != WEIR_INVALID)
            fail_msg("%s: %d", bad[i], status);
        assert_non_null(strstr(err.message, "t/table.json"));
        weir__region_dispose(&region);
    }
    struct weir__region region = weir__region_make(&t.env);
    struct weir_table_description d = {0};
    assert_int_equal(
        weir__description_parse(&region, weir__str_of("{\"version\":2}"), "k", &d, NULL),
        WEIR_UNSUPPORTED);
    weir__region_dispose(&region);
    test_env_check_leaks(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timing_parses_the_listed_durations),
        cmocka_unit_test(timing_refuses_what_is_no_duration),
        cmocka_unit_test(timing_refuses_values_below_the_floor),
        cmocka_unit_test(timing_format_is_the_shortest_form),
        cmocka_unit_test(description_comes_back_as_written),
        cmocka_unit_test(description_ignores_unknown_members),
        cmocka_unit_test(description_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
