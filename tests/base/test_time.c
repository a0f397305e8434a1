/* test_time.c: the calendar, RFC 3339, patterns and durations. */
#include "support/support.h"

static void days_count_every_day_of_seven_eras(void **state)
{
    (void)state;
    int64_t expected = weir__days_from_civil(-401, 1, 1);
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int32_t year = -401; year < 2401; year++) {
        bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int32_t month = 1; month <= 12; month++) {
            int32_t n_days = lengths[month - 1] + (month == 2 && is_leap);
            for (int32_t day = 1; day <= n_days; day++, expected++) {
                int32_t y = 0;
                int32_t m = 0;
                int32_t d = 0;
                assert_true(weir__days_from_civil(year, month, day) == expected);
                weir__civil_from_days(expected, &y, &m, &d);
                assert_true(y == year && m == month && d == day);
            }
        }
    }
}

static void days_know_fixed_points(void **state)
{
    (void)state;
    assert_int_equal(weir__days_from_civil(1970, 1, 1), 0);
    assert_int_equal(weir__days_from_civil(1969, 12, 31), -1);
    assert_int_equal(weir__days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(weir__days_from_civil(0, 1, 1), -719528);
    assert_int_equal(weir__days_from_civil(-4, 2, 29), -720930);
    int32_t y = 0;
    int32_t m = 0;
    int32_t d = 0;
    weir__civil_from_days(-720930, &y, &m, &d);
    assert_true(y == -4 && m == 2 && d == 29);
}

static void unix_time_floors_before_1970(void **state)
{
    (void)state;
    struct weir__civil civil;
    weir__civil_from_unix(-1, 5, &civil);
    assert_int_equal(civil.year, 1969);
    assert_int_equal(civil.month, 12);
    assert_int_equal(civil.day, 31);
    assert_int_equal(civil.hour, 23);
    assert_int_equal(civil.minute, 59);
    assert_int_equal(civil.second, 59);
    assert_int_equal(civil.nanosecond, 5);
    assert_int_equal(weir__unix_from_civil(&civil), -1);
}

static void rfc3339_reads_every_accepted_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanosecond, digits;
        bool has_zone;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, 0, 0, true},
        {"2026-03-17T14:00:00.123456Z", 1773756000, 123456000, 6, true},
        {"2026-03-17 14:00:00", 1773756000, 0, 0, false},
        {"2026-03-17t14:00:00z", 1773756000, 0, 0, true},
        {"2026-03-17T16:00:00+02:00", 1773756000, 0, 0, true},
        {"2026-03-17T16:00:00+0200", 1773756000, 0, 0, true},
        {"2026-03-17T16:00:00+02", 1773756000, 0, 0, true},
        {"2026-03-17T08:30:00.5-05:30", 1773756000, 500000000, 1, true},
        {"2026-03-17T14:00:00.123456789Z", 1773756000, 123456789, 9, true},
        {"2026-03-17T14:00:00.1234567899Z", 1773756000, 123456789, 9, true},
        {"2026-03-17T14:00:00.0905Z", 1773756000, 90500000, 4, true},
        {"2026-03-18T13:59:00+23:59", 1773756000, 0, 0, true},
        {"1969-12-31T23:59:59.999999999Z", -1, 999999999, 9, true},
        {"2000-02-29T00:00:00Z", 951782400, 0, 0, true},
        {"2016-12-31T23:59:60Z", 1483228800, 0, 0, true},
        {"0000-01-01T00:00:00Z", -62167219200, 0, 0, true},
        {"9999-12-31T23:59:59Z", 253402300799, 0, 0, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct weir__timestamp stamp = {0};
        if (!weir__rfc3339_parse(weir__str_of(cases[i].text), &stamp))
            fail_msg("refused %s", cases[i].text);
        if (stamp.seconds != cases[i].seconds)
            fail_msg("%s: %jd seconds", cases[i].text, (intmax_t)stamp.seconds);
        assert_int_equal(stamp.nanosecond, cases[i].nanosecond);
        assert_int_equal(stamp.digits, cases[i].digits);
        assert_int_equal(stamp.has_zone, cases[i].has_zone);
    }
}

static void rfc3339_refuses_impossible_days_and_other_forms(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-03-17",
        "2026-03-17T",
        "2026-03-17T14:00",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-03-17T24:00:00Z",
        "2026-03-17T14:60:00Z",
        "2026-03-17T14:00:61Z",
        "2026-03-17T14:00:00.Z",
        "2026-03-17T14:00:00Zx",
        "2026-03-17T14:00:00 Z",
        "2026-03-17T14:00:00+24:00",
        "2026-03-17T14:00:00+02:60",
        "2026-03-17T14:00:00+2:00",
        "2026-03-17T14:00:00+",
        "2026-03-17T14:00:00+02:",
        "2026-3-17T14:00:00Z",
        " 2026-03-17T14:00:00Z",
        "2026-03-17_14:00:00Z",
        "+026-03-17T14:00:00Z",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct weir__timestamp stamp = {.seconds = 7};
        if (weir__rfc3339_parse(weir__str_of(wrong[i]), &stamp))
            fail_msg("took '%s'", wrong[i]);
        assert_int_equal(stamp.seconds, 7);
    }
}

static void rfc3339_never_reads_past_a_cut_off_text(void **state)
{
    (void)state;
    static const char whole[] = "2026-03-17T14:00:00.123456+02:00";
    struct test_env t;
    test_env_init(&t);
    for (size_t n = 0; n < sizeof whole; n++) { /* an exact block each, for the address sanitizer */
        char *copy = weir__strndup(&t.env, whole, n, &test_last_error);
        char *block = weir__alloc(&t.env, n, &test_last_error);
        assert_true(copy && block);
        memcpy(block, copy, n);
        struct weir__timestamp stamp;
        bool is_taken = weir__rfc3339_parse((struct weir__str){block, n}, &stamp);
        /* complete at a second, at each fraction digit, at "+02" and at "+02:00" */
        assert_int_equal(is_taken, n == 19 || (n >= 21 && n <= 26) || n == 29 || n == 32);
        weir__free(&t.env, copy);
        weir__free(&t.env, block);
    }
    test_env_check_leaks(&t);
}

static void rfc3339_text_reads_back(void **state)
{
    (void)state;
    static const int64_t moments[] = {0, -1, 1773756000, -62167219200, 253402300799, 86399, 86400};
    static const int32_t digits[] = {0, 3, 6, 9};
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        for (size_t k = 0; k < COUNT_OF(digits); k++) {
            char text[40];
            size_t n =
                weir__rfc3339_format(moments[i], digits[k] ? 123456789 : 0, digits[k], true, text);
            struct weir__timestamp stamp;
            assert_in_range(n, 20, 40);
            assert_true(weir__rfc3339_parse((struct weir__str){text, n}, &stamp));
            assert_true(stamp.seconds == moments[i]);
            assert_int_equal(stamp.digits, digits[k]);
        }
    }
    char text[41] = {0};
    (void)weir__rfc3339_format(1773756000, 123456789, 6, false, text);
    assert_string_equal(text, "2026-03-17T14:00:00.123456");
}

static void years_beyond_four_digits_get_a_sign(void **state)
{
    (void)state;
    char text[41] = {0};
    size_t n = weir__rfc3339_format(INT64_MAX / 1000, 0, 9, true, text);
    assert_in_range(n, 20, 40);
    assert_int_equal(text[0], '+');
    memset(text, 0, sizeof text);
    (void)weir__date_format(weir__days_from_civil(-44, 3, 15), text);
    assert_string_equal(text, "-0044-03-15");
    memset(text, 0, sizeof text);
    n = weir__date_format(INT32_MAX, text);
    assert_string_equal(text, "+5881580-07-11");
    assert_in_range(n, 1, 16);
}

static void date_reads_and_writes_the_same_day(void **state)
{
    (void)state;
    int64_t days = 7;
    assert_true(weir__date_parse(weir__str_of("2026-03-17"), &days));
    char text[17] = {0};
    (void)weir__date_format(days, text);
    assert_string_equal(text, "2026-03-17");
    assert_false(weir__date_parse(weir__str_of("2026-02-30"), &days));
    assert_false(weir__date_parse(weir__str_of("2026-03-17 "), &days));
    assert_false(weir__date_parse(weir__str_of("26-03-17"), &days));
}

static void time_pattern_fills_each_conversion(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 128);
    const char *text = NULL;
    assert_ok(
        weir__time_format("%Y/%m/%d/%H-%M-%S %j %y 100%%", 1773756061, &buf, &test_last_error));
    assert_ok(weir__buf_text(&buf, &text, &test_last_error));
    assert_string_equal(text, "2026/03/17/14-01-01 076 26 100%");
    weir__buf_dispose(&buf);
    test_env_check_leaks(&t);
}

static void time_pattern_names_the_unknown_conversion(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 128);
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__time_format("a%Yb%Q", 0, &buf, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "'%Q'"));
    assert_int_equal(buf.len, 0);
    assert_int_equal(weir__time_format("a%", 0, &buf, &err), WEIR_INVALID);
    weir__buf_dispose(&buf);
    struct weir__buf tight = weir__buf_make(&t.env, 3);
    assert_int_equal(weir__time_format("%Y", 0, &tight, &err), WEIR_INVALID);
    assert_int_equal(tight.len, 0);
    weir__buf_dispose(&tight);
    test_env_check_leaks(&t);
}

/* The table of spec/table-store.md 3.1. */
static void duration_reads_the_documented_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"15s", INT64_C(15000000000)},
        {"1m30s", INT64_C(90000000000)},
        {"500ms", INT64_C(500000000)},
        {"1.5h", INT64_C(5400000000000)},
        {"0s", 0},
        {"-1s", INT64_C(-1000000000)},
        {"+1s", INT64_C(1000000000)},
        {"0", 0},
        {"-0", 0},
        {"+0", 0},
        {" 30s\n", INT64_C(30000000000)},
        {"\t5s ", INT64_C(5000000000)},
        {"7ns", 7},
        {"7us", 7000},
        {"7\xc2\xb5s", 7000},
        {"7\xce\xbcs", 7000},
        {"1h2m3s4ms5us6ns", INT64_C(3723004005006)},
        {".5s", INT64_C(500000000)},
        {"1.s", INT64_C(1000000000)},
        {"1s1s", INT64_C(2000000000)},
        {"0.000000001s", 1},
        {"0.0000000019s", 1},
        {"1.00000000000000000000000000001s", INT64_C(1000000000)},
        {"9223372036854775807ns", INT64_MAX},
        {"-9223372036854775808ns", INT64_MIN},
        {"2562047h47m16.854775807s", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ns = 0;
        assert_ok(weir__duration_parse(weir__str_of(cases[i].text), &ns, &test_last_error));
        if (ns != cases[i].ns)
            fail_msg("%s: %jd", cases[i].text, (intmax_t)ns);
    }
}

static void duration_refuses_what_the_table_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        " ",
        "15",
        "15 s",
        "s",
        "1d",
        "-",
        "+",
        ".s",
        "1.2",
        "--1s",
        "1s 1s",
        "1S",
        "1e3s",
        "00",
        "0.0",
        "+-1s",
        "1m30",
        "\xc2\xb5s",
        "1\xc2s",
        "2562048h",
        "9223372036854775808ns",
        "-9223372036854775809ns",
        "99999999999999999999999s",
        "1,5h",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int64_t ns = 7;
        struct weir_error err = WEIR_ERROR_INIT;
        if (weir__duration_parse(weir__str_of(wrong[i]), &ns, &err) != WEIR_INVALID)
            fail_msg("took '%s'", wrong[i]);
        assert_int_equal(ns, 7);
    }
}

static void duration_text_is_the_shortest_common_form(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {INT64_C(30000000000), "30s"},
        {INT64_C(5000000000), "5s"},
        {INT64_C(90000000000), "1m30s"},
        {INT64_C(500000000), "500ms"},
        {0, "0s"},
        {INT64_C(1500000000), "1.5s"},
        {INT64_C(3600000000000), "1h"},
        {INT64_C(5400000000000), "1h30m"},
        {1, "1ns"},
        {1500, "1.5us"},
        {INT64_C(-1000000000), "-1s"},
        {INT64_C(60000000000), "1m"},
        {INT64_C(3600000000001), "1h0.000000001s"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[41] = {0};
        (void)weir__duration_format(cases[i].ns, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void duration_text_reads_back(void **state)
{
    (void)state;
    static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, -1, 999, 1000, 999999};
    uint64_t seed = 9;
    for (size_t i = 0; i < 20000; i++) {
        seed = weir__hash_u64(seed + i);
        int64_t ns = i < COUNT_OF(edges) ? edges[i] : (int64_t)seed >> (i % 63);
        char text[40];
        int64_t back = 0;
        size_t n = weir__duration_format(ns, text);
        assert_in_range(n, 2, 40);
        assert_ok(weir__duration_parse((struct weir__str){text, n}, &back, &test_last_error));
        assert_true(back == ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_every_day_of_seven_eras),
        cmocka_unit_test(days_know_fixed_points),
        cmocka_unit_test(unix_time_floors_before_1970),
        cmocka_unit_test(rfc3339_reads_every_accepted_form),
        cmocka_unit_test(rfc3339_refuses_impossible_days_and_other_forms),
        cmocka_unit_test(rfc3339_never_reads_past_a_cut_off_text),
        cmocka_unit_test(rfc3339_text_reads_back),
        cmocka_unit_test(years_beyond_four_digits_get_a_sign),
        cmocka_unit_test(date_reads_and_writes_the_same_day),
        cmocka_unit_test(time_pattern_fills_each_conversion),
        cmocka_unit_test(time_pattern_names_the_unknown_conversion),
        cmocka_unit_test(duration_reads_the_documented_forms),
        cmocka_unit_test(duration_refuses_what_the_table_refuses),
        cmocka_unit_test(duration_text_is_the_shortest_common_form),
        cmocka_unit_test(duration_text_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
