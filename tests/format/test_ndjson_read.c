/* test_ndjson_read.c: NDJSON into record batches. */
#include "support/support.h"

#include "text_rows.h"

#include <stdio.h>
#include <stdlib.h>

static const size_t chunks[] = {1, 2, 3, 7, 64, 4096, 0};

static void check_text(const char *text, const struct weir_text_read_options *options,
                       const char *wanted)
{
    struct test_env t;
    test_env_init(&t);
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    struct text_source from = {.data = text, .len = strlen(text)};
    assert_ok(text_read_print(&t.env, WEIR_FORMAT_NDJSON, &from, options, &got));
    text_check(&got, wanted);
    weir__buf_dispose(&got);
    test_env_check_leaks(&t);
}

static void check_refused(const char *text, size_t len,
                          const struct weir_text_read_options *options, const char *message)
{
    struct test_env t;
    test_env_init(&t);
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    struct text_source from = {.data = text, .len = len};
    assert_int_equal(text_read_print(&t.env, WEIR_FORMAT_NDJSON, &from, options, &got),
                     WEIR_INVALID);
    assert_string_equal(test_last_error.message, message);
    weir__buf_dispose(&got);
    test_env_check_leaks(&t);
}

struct inferred {
    const char *text, *wanted;
};

static void ndjson_infers_types_from_values(void **state)
{
    (void)state;
    static const struct inferred cases[] = {
        {"", "\n"},
        {"\n \t\r\n", "\n"},
        {"{}", "\n{}\n"},
        {"{\"a\":1}\r\n{\"a\":-2}", "a:l\n{\"a\":1}\n{\"a\":-2}\n"},
        {"\xef\xbb\xbf{\"a\":true}", "a:b\n{\"a\":true}\n"},
        {"{\"a\":1}\n{\"a\":2.5}", "a:g\n{\"a\":1.0}\n{\"a\":2.5}\n"},
        {"{\"a\":-0}", "a:g\n{\"a\":-0.0}\n"},
        {"{\"a\":9223372036854775807}", "a:l\n{\"a\":9223372036854775807}\n"},
        {"{\"a\":-9223372036854775808}", "a:l\n{\"a\":-9223372036854775808}\n"},
        {"{\"a\":18446744073709551615}\n{\"a\":1}",
         "a:L\n{\"a\":18446744073709551615}\n{\"a\":1}\n"},
        {"{\"a\":18446744073709551615}\n{\"a\":-1}",
         "a:g\n{\"a\":18446744073709552000.0}\n{\"a\":-1.0}\n"},
        {"{\"a\":null}", "a:u\n{\"a\":null}\n"},
        {"{\"a\":\"2024-02-29\"}", "a:tdD\n{\"a\":\"2024-02-29\"}\n"},
        {"{\"a\":\"2023-02-29\"}", "a:u\n{\"a\":\"2023-02-29\"}\n"},
        {"{\"a\":\"2024-01-01T00:00:00Z\"}\n{\"a\":\"2024-01-01 02:00:00.5+02:00\"}",
         "a:tsu:UTC\n{\"a\":\"2024-01-01T00:00:00Z\"}\n{\"a\":\"2024-01-01T00:00:00.5Z\"}\n"},
        {"{\"a\":\"2024-01-01T00:00:00.000000001Z\"}",
         "a:tsn:UTC\n{\"a\":\"2024-01-01T00:00:00.000000001Z\"}\n"},
        {"{\"a\":\"2024-01-01\"}\n{\"a\":\"2024-01-01T10:00:00\"}",
         "a:tsu:\n{\"a\":\"2024-01-01T00:00:00\"}\n{\"a\":\"2024-01-01T10:00:00\"}\n"},
        {"{\"a\":\"2024-01-01\"}\n{\"a\":\"2024-01-01T10:00:00Z\"}",
         "a:u\n{\"a\":\"2024-01-01\"}\n{\"a\":\"2024-01-01T10:00:00Z\"}\n"},
        {"{\"b\":1,\"a\":2}\n{\"c\":3,\"a\":4}",
         "b:l a:l c:l\n{\"b\":1,\"a\":2,\"c\":null}\n{\"b\":null,\"a\":4,\"c\":3}\n"},
        {"{\"a\":[1,null]}\n{\"a\":[]}\n{\"a\":null}",
         "a:+l<item:l>\n{\"a\":[1,null]}\n{\"a\":[]}\n{\"a\":null}\n"},
        {"{\"a\":{\"b\":1}}\n{\"a\":{\"c\":\"x\"}}\n{}",
         "a:+s<b:l c:u>\n{\"a\":{\"b\":1,\"c\":null}}\n{\"a\":{\"b\":null,\"c\":\"x\"}}\n"
         "{\"a\":null}\n"},
        {"{\"a\":[{\"b\":[1]},null,{\"b\":null}]}",
         "a:+l<item:+s<b:+l<item:l>>>\n{\"a\":[{\"b\":[1]},null,{\"b\":null}]}\n"},
        {"{\"a\":{}}", "a:u\n{\"a\":\"{}\"}\n"},
        {"{\"a\":[]}", "a:+l<item:u>\n{\"a\":[]}\n"},
        {"{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":{\"z\": [1]}}\n{\"a\":null}",
         "a:u\n{\"a\":\"1\"}\n{\"a\":\"x\"}\n{\"a\":\"{\\\"z\\\": [1]}\"}\n{\"a\":null}\n"},
        {"{\"a\":\"\\u00e9\\ud83d\\ude00\\n\\/\\b\"}",
         "a:u\n{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\\n/\\b\"}\n"},
        {"{\"a\\nb\" : 1 , \"c\":2 }", "a\nb:l c:l\n{\"a\\nb\":1,\"c\":2}\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_text(cases[i].text, NULL, cases[i].wanted);
}

struct refused {
    const char *text, *message;
};

static void ndjson_names_row_and_byte_of_what_is_malformed(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"[1]", "t.ndjson: row 1: byte 1: expected '{'"},
        {"{\"a\":1}\n\n{\"a\":01}", "t.ndjson: row 2: byte 6: number with a leading zero"},
        {"{\"a\":1.}", "t.ndjson: row 1: byte 6: number without digits after the point"},
        {"{\"a\":1e}", "t.ndjson: row 1: byte 6: number without digits in the exponent"},
        {"{\"a\":}", "t.ndjson: row 1: byte 6: expected a value"},
        {"{\"a\":+1}", "t.ndjson: row 1: byte 6: expected a value"},
        {"{\"a\":NaN}", "t.ndjson: row 1: byte 6: expected a value"},
        {"{\"a\":tru}", "t.ndjson: row 1: byte 6: expected a value"},
        {"{\"a\":1", "t.ndjson: row 1: byte 7: expected ',' or '}'"},
        {"{\"a\":1}x", "t.ndjson: row 1: byte 8: text after the object"},
        {"{\"a\":1} {\"a\":2}", "t.ndjson: row 1: byte 9: text after the object"},
        {"{\"a\":1 \"b\":2}", "t.ndjson: row 1: byte 8: expected ',' or '}'"},
        {"{\"a\" 1}", "t.ndjson: row 1: byte 6: expected ':' after a member name"},
        {"{a:1}", "t.ndjson: row 1: byte 2: expected a member name"},
        {"{\"a\":1,}", "t.ndjson: row 1: byte 8: expected a member name"},
        {"{\"a\":[1,]}", "t.ndjson: row 1: byte 9: expected a value"},
        {"{\"a\":[1}", "t.ndjson: row 1: byte 8: expected ',' or ']'"},
        {"{\"a\":\"\\x\"}", "t.ndjson: row 1: byte 7: no such escape in a string"},
        {"{\"a\":\"\\u12g4\"}", "t.ndjson: row 1: byte 9: \\u needs four hex digits"},
        {"{\"a\":\"\\ud800\"}", "t.ndjson: row 1: byte 13: half a surrogate pair"},
        {"{\"a\":\"\\udc00\"}", "t.ndjson: row 1: byte 13: half a surrogate pair"},
        {"{\"a\":\"\t\"}", "t.ndjson: row 1: byte 7: control byte in a string"},
        {"{\"a\":\"x", "t.ndjson: row 1: byte 8: the line ends inside a string"},
        {"{\"a\":\"x\n\"}", "t.ndjson: row 1: byte 8: the line ends inside a string"},
        {"{\"a\":1,\"a\":2}", "t.ndjson: row 1: column a: given twice"},
        {"{\"a\":{\"b\":1,\"b\":2}}", "t.ndjson: row 1: column a.b: given twice"},
        {"{\"a\\u0000\":1}", "t.ndjson: row 1: byte 11: NUL in a member name"},
        {"{\"a\":\"\xff\"}", "t.ndjson: row 1: not valid UTF-8"},
        {"{\"a\":1e999}", "t.ndjson: row 1: column a: \"1e999\" is not a float64"},
    };
    struct weir_text_read_options options = {.name = "t.ndjson"};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i].text, strlen(cases[i].text), &options, cases[i].message);
}

static void ndjson_names_row_and_column_of_what_does_not_fit_when_frozen(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"{\"a\":1}\n{\"a\":\"abc\"}", "input: row 2: column a: \"abc\" is not an int64"},
        {"{\"a\":1}\n{\"a\":1.5}", "input: row 2: column a: \"1.5\" is not an int64"},
        {"{\"a\":1}\n{\"a\":9223372036854775808}",
         "input: row 2: column a: \"9223372036854775808\" is not an int64"},
        {"{\"a\":1}\n{\"a\":{\"b\":2}}", "input: row 2: column a: {\"b\":2} is not an int64"},
        {"{\"a\":1.5}\n{\"a\":true}", "input: row 2: column a: \"true\" is not a float64"},
        {"{\"a\":true}\n{\"a\":0}", "input: row 2: column a: \"0\" is not a bool"},
        {"{\"a\":\"x\"}\n{\"a\":0}", "input: row 2: column a: \"0\" is not a string"},
        {"{\"a\":\"2024-01-01\"}\n{\"a\":\"soon\"}",
         "input: row 2: column a: \"soon\" is not a date32"},
        {"{\"a\":\"2024-01-01T00:00:00Z\"}\n{\"a\":\"2024-01-01T00:00:00.0000001Z\"}",
         "input: row 2: column a: \"2024-01-01T00:00:00.0000001Z\" is not a timestamp[us, UTC]"},
        {"{\"a\":\"2024-01-01T00:00:00Z\"}\n{\"a\":\"2024-01-01T00:00:00\"}",
         "input: row 2: column a: \"2024-01-01T00:00:00\" is not a timestamp[us, UTC]"},
        {"{\"a\":[1]}\n{\"a\":[1,\"x\"]}", "input: row 2: column a: \"x\" is not an int64"},
        {"{\"a\":[1]}\n{\"a\":1}", "input: row 2: column a: \"1\" is not a list"},
        {"{\"a\":{\"b\":1}}\n{\"a\":[]}", "input: row 2: column a: [] is not a struct"},
        {"{\"a\":{\"b\":1}}\n{\"a\":{\"b\":\"\"}}",
         "input: row 2: column a.b: \"\" is not an int64"},
        {"{\"a\":1}\n{\"b\":1}", "input: row 2: unknown column b"},
        {"{\"a\":{\"b\":1}}\n{\"a\":{\"c\":1}}", "input: row 2: unknown column c"},
        {"{\"a\":1}\n{\"a\":1,\"a\":2}", "input: row 2: column a: given twice"},
        {"{\"a\":1}\n{\"a\":\"\xff\"}", "input: row 2: not valid UTF-8"},
    };
    struct weir_text_read_options options = {.sample_rows = 1};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i].text, strlen(cases[i].text), &options, cases[i].message);
}

static void ndjson_takes_any_value_as_text_when_the_sample_was_null_or_mixed(void **state)
{
    (void)state;
    struct weir_text_read_options options = {.sample_rows = 1};
    check_text("{\"a\":null}\n{\"a\":{\"b\": 1}}\n{\"a\":\"x\"}\n{\"a\":false}", &options,
               "a:u\n{\"a\":null}\n{\"a\":\"{\\\"b\\\": 1}\"}\n{\"a\":\"x\"}\n{\"a\":\"false\"}\n");
}

static void ndjson_drops_unknown_members_when_asked(void **state)
{
    (void)state;
    struct weir_text_read_options options = {.sample_rows = 1, .ignore_unknown = true};
    check_text("{\"a\":1}\n{\"b\":[{\"c\":\"]}\"}],\"a\":2,\"b\":0}", &options,
               "a:l\n{\"a\":1}\n{\"a\":2}\n");
}

static void ndjson_keeps_times_as_text_when_asked(void **state)
{
    (void)state;
    struct weir_text_read_options options = {.no_timestamps = true};
    check_text("{\"a\":\"2024-01-01\"}", &options, "a:u\n{\"a\":\"2024-01-01\"}\n");
}

static void ndjson_follows_a_given_schema(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {
        {"i", "c", false},     {"f", "f", false},       {"h", "e", false},
        {"d", "d:6,2", false}, {"t", "ttm", false},     {"ts", "tsm:UTC", false},
        {"b", "z", false},     {"w", "w:2", false},     {"u", "tDs", false},
        {"s", "U", false},     {"missing", "l", false}, {NULL, NULL, false}};
    AUTO(schema) struct ArrowSchema schema = text_schema_of(columns);
    struct weir_text_read_options options = {.schema = &schema};
    check_text(
        "{\"i\":-128,\"f\":0.1,\"h\":0.5,\"d\":1.5e1,\"t\":\"10:11:12.125\","
        "\"ts\":\"2024-01-01T00:00:00.125Z\",\"b\":\"aGk=\",\"w\":\"AQI=\",\"u\":-3,\"s\":\"x\"}",
        &options,
        "i:c f:f h:e d:d:6,2 t:ttm ts:tsm:UTC b:z w:w:2 u:tDs s:U missing:l\n"
        "{\"i\":-128,\"f\":0.1,\"h\":0.5,\"d\":15.00,\"t\":\"10:11:12.125\","
        "\"ts\":\"2024-01-01T00:00:00.125Z\",\"b\":\"aGk=\",\"w\":\"AQI=\",\"u\":-3,\"s\":\"x\","
        "\"missing\":null}\n");
    static const struct refused cases[] = {
        {"{\"i\":128}", "input: row 1: column i: \"128\" is not an int8"},
        {"{\"d\":1.005}", "input: row 1: column d: \"1.005\" is not a decimal128(6, 2)"},
        {"{\"d\":10000}", "input: row 1: column d: \"10000\" is not a decimal128(6, 2)"},
        {"{\"w\":\"AQID\"}", "input: row 1: column w: \"AQID\" is not a fixed_size_binary[2]"},
        {"{\"b\":\"A\"}", "input: row 1: column b: \"A\" is not a binary"},
        {"{\"f\":1e39}", "input: row 1: column f: \"1e39\" is not a float32"},
        {"{\"x\":1}", "input: row 1: unknown column x"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i].text, strlen(cases[i].text), &options, cases[i].message);
}

static void ndjson_refuses_missing_values_when_the_column_is_required(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {
        {"a", "l", true}, {"b", "l", false}, {NULL, NULL, false}};
    AUTO(schema) struct ArrowSchema schema = text_schema_of(columns);
    struct weir_text_read_options options = {.schema = &schema};
    const char *missing = "{\"a\":1}\n{\"b\":1}";
    const char *null = "{\"a\":null}";
    check_refused(missing, strlen(missing), &options,
                  "input: row 2: column a: missing, but the column is not nullable");
    check_refused(null, strlen(null), &options,
                  "input: row 1: column a: null, but the column is not nullable");
}

static void ndjson_refuses_types_that_have_no_text(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {{"a", "tin", false}, {NULL, NULL, false}};
    AUTO(schema) struct ArrowSchema schema = text_schema_of(columns);
    struct weir_text_read_options options = {.schema = &schema};
    struct text_source from = {.data = "{}", .len = 2};
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_int_equal(text_read_print(weir_env_default(), WEIR_FORMAT_NDJSON, &from, &options, &got),
                     WEIR_UNSUPPORTED);
    assert_string_equal(test_last_error.message,
                        "column a: interval[month, day, ns] cannot be read from text");
    weir__buf_dispose(&got);
}

static void ndjson_bounds_depth_and_row_length(void **state)
{
    (void)state;
    char text[512] = "{\"a\":";
    memset(text + 5, '[', 62);
    memset(text + 67, ']', 62);
    memcpy(text + 129, "}", 2);
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    struct text_source from = {.data = text, .len = strlen(text)};
    assert_ok(text_read_print(weir_env_default(), WEIR_FORMAT_NDJSON, &from, NULL, &got));
    weir__buf_dispose(&got);
    memset(text + 5, '[', 63);
    memset(text + 68, ']', 63);
    memcpy(text + 131, "}", 2);
    check_refused(text, strlen(text), NULL, "input: row 1: byte 68: nested deeper than 64");

    memset(text, 0, sizeof text);
    (void)snprintf(text, sizeof text, "{\"a\":\"x\"}\n{\"a\":\"%0200d\"}", 0);
    struct weir_text_read_options options = {.max_row_bytes = 100};
    check_refused(text, strlen(text), &options, "input: row 2: longer than 100 bytes");
    check_refused(text + 10, strlen(text + 10), &options, "input: row 1: longer than 100 bytes");
}

/* Values of every kind in uneven lines, so that chunks cut everywhere. */
static char *make_rows(int n, uint64_t seed)
{
    struct weir__buf text = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    for (int i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int r = (int)(seed >> 40 & 0xffff);
        assert_ok(weir__buf_printf(&text, &test_last_error,
                                   "{\"id\":%d,\"name\":\"n\\u00e9 %0*d\",\"x\":%d.%d", i, r % 40,
                                   r, r % 100 - 50, r % 10));
        if (r % 3)
            assert_ok(
                weir__buf_printf(&text, &test_last_error,
                                 ",\"tags\":[\"a\",\"%d\"],\"at\":\"2024-01-%02dT00:00:00.%03dZ\"",
                                 r, r % 28 + 1, r % 1000));
        if (r % 5 == 0)
            assert_ok(weir__buf_printf(&text, &test_last_error, ",\"in\":{\"ok\":%s,\"v\":null}",
                                       r % 2 ? "true" : "false"));
        assert_ok(weir__buf_append_text(&text, r % 7 ? "}\n" : "}\r\n\n", &test_last_error));
    }
    const char *out;
    assert_ok(weir__buf_text(&text, &out, &test_last_error));
    return (char *)weir__buf_take(&text);
}

static void ndjson_gives_equal_batches_when_cut_anywhere(void **state)
{
    (void)state;
    char *text = make_rows(3000, 7);
    struct weir_text_read_options options = {.batch_rows = 500, .sample_rows = 300};
    struct weir__buf whole = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    for (size_t i = COUNT_OF(chunks); i-- > 0;) {
        struct text_source from = {.data = text, .len = strlen(text), .chunk = chunks[i]};
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        assert_ok(text_read_print(weir_env_default(), WEIR_FORMAT_NDJSON, &from, &options,
                                  chunks[i] ? &got : &whole));
        if (chunks[i])
            assert_true(got.len == whole.len && memcmp(got.data, whole.data, got.len) == 0);
        weir__buf_dispose(&got);
    }
    weir__buf_dispose(&whole);
    weir__free(weir_env_default(), text);
}

static void ndjson_cuts_batches_by_rows_and_bytes(void **state)
{
    (void)state;
    const char *text = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";
    struct weir_text_read_options by_rows = {.batch_rows = 2};
    struct weir_text_read_options by_bytes = {.batch_bytes = 9};
    check_text(text, &by_rows, "a:l\n{\"a\":1}\n{\"a\":2}\n--\n{\"a\":3}\n");
    check_text(text, &by_bytes, "a:l\n{\"a\":1}\n{\"a\":2}\n--\n{\"a\":3}\n");
}

/* A long stream of rows without values: the batch holds nulls only, and few rows when wide. */
static void ndjson_reports_a_wrong_type_when_a_million_rows_in(void **state)
{
    (void)state;
    static const char rows[] = "{\"id\":1,\"price\":2.5}\n{\"id\":2,\"price\":null}\n{\"id\":3}\n";
    struct text_source from = {.data = rows,
                               .len = sizeof rows - 1,
                               .n_repeats = 333333,
                               .tail = "{\"id\":4,\"price\":\"abc\"}\n"};
    struct weir_source source = text_source_of(&from);
    struct weir_text_read_options options = {.name = "events.ndjson"};
    AUTO(stream) struct ArrowArrayStream stream = {0};
    assert_ok(weir_ndjson_read(weir_env_default(), &source, &options, &stream, &test_last_error));
    int64_t n_rows = 0;
    int status;
    for (;;) {
        AUTO(array) struct ArrowArray batch = {0};
        status = weir__stream_next(&stream, &batch, &test_last_error);
        if (status || !batch.release)
            break;
        n_rows += batch.length;
    }
    assert_int_equal(status, WEIR_INVALID);
    assert_int_equal(n_rows, 15 * 65536);
    assert_string_equal(test_last_error.message,
                        "events.ndjson: row 1000000: column price: \"abc\" is not a float64");
}

static void ndjson_passes_the_failure_of_its_source_on(void **state)
{
    (void)state;
    char *text = make_rows(9000, 3);
    static const size_t places[] = {1, 100, 300000};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct test_env t;
        test_env_init(&t);
        struct text_source from = {
            .data = text, .len = strlen(text), .fail_at = places[i], .chunk = 1 << 14};
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        struct weir_text_read_options options = {.sample_rows = 10, .batch_rows = 100};
        assert_int_equal(text_read_print(&t.env, WEIR_FORMAT_NDJSON, &from, &options, &got),
                         WEIR_IO);
        assert_string_equal(test_last_error.message, "the source failed");
        weir__buf_dispose(&got);
        test_env_check_leaks(&t);
    }
    weir__free(weir_env_default(), text);
}

static void ndjson_leaks_nothing_when_any_allocation_fails(void **state)
{
    (void)state;
    char *text = make_rows(300, 11);
    struct weir_text_read_options options = {.batch_rows = 100, .sample_rows = 50, .name = "x"};
    for (int64_t fail_at = 1;; fail_at++) {
        struct test_env t;
        test_env_init(&t);
        t.fail_allocation_at = fail_at;
        struct text_source from = {.data = text, .len = strlen(text)};
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        int status = text_read_print(&t.env, WEIR_FORMAT_NDJSON, &from, &options, &got);
        weir__buf_dispose(&got);
        test_env_check_leaks(&t);
        if (status == WEIR_OK) {
            assert_true(fail_at > 50);
            break;
        }
        assert_int_equal(status, WEIR_NO_MEMORY);
    }
    weir__free(weir_env_default(), text);
}

static void ndjson_reads_the_flights(void **state)
{
    (void)state;
    const char *path = test_shared_path("data/real/flights-200k.ndjson");
    if (!path)
        skip();
    struct weir__buf text = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_ok(weir__file_slurp(weir_env_default(), path, &text, &test_last_error));
    struct text_source from = {.data = (const char *)text.data, .len = text.len};
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_ok(text_read_print(weir_env_default(), WEIR_FORMAT_NDJSON, &from, NULL, &got));
    assert_true(memcmp(got.data, "delay:l distance:l time:g\n", 26) == 0);
    weir__buf_dispose(&got);
    weir__buf_dispose(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndjson_infers_types_from_values),
        cmocka_unit_test(ndjson_names_row_and_byte_of_what_is_malformed),
        cmocka_unit_test(ndjson_names_row_and_column_of_what_does_not_fit_when_frozen),
        cmocka_unit_test(ndjson_takes_any_value_as_text_when_the_sample_was_null_or_mixed),
        cmocka_unit_test(ndjson_drops_unknown_members_when_asked),
        cmocka_unit_test(ndjson_keeps_times_as_text_when_asked),
        cmocka_unit_test(ndjson_follows_a_given_schema),
        cmocka_unit_test(ndjson_refuses_missing_values_when_the_column_is_required),
        cmocka_unit_test(ndjson_refuses_types_that_have_no_text),
        cmocka_unit_test(ndjson_bounds_depth_and_row_length),
        cmocka_unit_test(ndjson_gives_equal_batches_when_cut_anywhere),
        cmocka_unit_test(ndjson_cuts_batches_by_rows_and_bytes),
        cmocka_unit_test(ndjson_reports_a_wrong_type_when_a_million_rows_in),
        cmocka_unit_test(ndjson_passes_the_failure_of_its_source_on),
        cmocka_unit_test(ndjson_leaks_nothing_when_any_allocation_fails),
        cmocka_unit_test(ndjson_reads_the_flights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
