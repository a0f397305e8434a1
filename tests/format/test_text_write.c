/* test_text_write.c: CSV and NDJSON out of record batches. */
#include "support/support.h"

#include "text_rows.h"

/* NDJSON in, by a schema, and out as both formats. */
static void check_values(const struct text_column_spec *columns, const char *rows,
                         const char *wanted_ndjson, const char *wanted_csv)
{
    AUTO(schema) struct ArrowSchema schema = text_schema_of(columns);
    struct weir_text_read_options options = {.schema = &schema};
    static const enum weir_file_format formats[] = {WEIR_FORMAT_NDJSON, WEIR_FORMAT_CSV};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct test_env t;
        test_env_init(&t);
        struct text_source from = {.data = rows, .len = strlen(rows)};
        struct text_sink to = {.got = weir__buf_make(weir_env_default(), SIZE_MAX / 2)};
        assert_ok(text_convert(&t.env, WEIR_FORMAT_NDJSON, &from, &options, formats[i], &to));
        text_check(&to.got, i ? wanted_csv : wanted_ndjson);
        weir__buf_dispose(&to.got);
        test_env_check_leaks(&t);
    }
}

static void text_writes_numbers(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {
        {"b", "b", false},          {"i", "c", false},      {"u", "L", false},
        {"f", "g", false},          {"f32", "f", false},    {"d", "d:6,2", false},
        {"w", "d:50,1,256", false}, {"n", "d:5,-2", false}, {"t", "tDm", false},
        {NULL, NULL, false}};
    check_values(
        columns,
        "{\"b\":true,\"i\":-128,\"u\":18446744073709551615,\"f\":95,\"f32\":0.1,\"d\":12.3,"
        "\"w\":-123456789012345678901234567890123456789.5,\"n\":12300,\"t\":-5}\n"
        "{\"b\":false,\"f\":1e21,\"f32\":-0,\"d\":-0.05,\"w\":0,\"n\":0}\n{}",
        "{\"b\":true,\"i\":-128,\"u\":18446744073709551615,\"f\":95.0,\"f32\":0.1,\"d\":12.30,"
        "\"w\":-123456789012345678901234567890123456789.5,\"n\":12300,\"t\":-5}\n"
        "{\"b\":false,\"i\":null,\"u\":null,\"f\":1e+21,\"f32\":-0.0,\"d\":-0.05,\"w\":0.0,"
        "\"n\":0,\"t\":null}\n"
        "{\"b\":null,\"i\":null,\"u\":null,\"f\":null,\"f32\":null,\"d\":null,\"w\":null,"
        "\"n\":null,\"t\":null}\n",
        "b,i,u,f,f32,d,w,n,t\n"
        "true,-128,18446744073709551615,95,0.1,12.30,"
        "-123456789012345678901234567890123456789.5,12300,-5\n"
        "false,,,1e+21,-0,-0.05,0.0,0,\n"
        ",,,,,,,,\n");
}

static void text_writes_times(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {
        {"z", "tsu:UTC", false}, {"l", "tsn:", false}, {"s", "tss:Europe/Berlin", false},
        {"d", "tdD", false},     {"m", "tdm", false},  {"t", "ttu", false},
        {NULL, NULL, false}};
    check_values(columns,
                 "{\"z\":\"1969-12-31T23:59:59.999999Z\",\"l\":\"2026-02-24T14:30:45.123456789\","
                 "\"s\":\"2026-02-24T14:31:00+01:00\",\"d\":\"1969-12-31\",\"m\":\"2024-02-29\","
                 "\"t\":\"23:59:59.5\"}",
                 "{\"z\":\"1969-12-31T23:59:59.999999Z\",\"l\":\"2026-02-24T14:30:45.123456789\","
                 "\"s\":\"2026-02-24T13:31:00Z\",\"d\":\"1969-12-31\",\"m\":\"2024-02-29\","
                 "\"t\":\"23:59:59.5\"}\n",
                 "z,l,s,d,m,t\n1969-12-31T23:59:59.999999Z,2026-02-24T14:30:45.123456789,"
                 "2026-02-24T13:31:00Z,1969-12-31,2024-02-29,23:59:59.5\n");
}

static void text_quotes_what_needs_quotes(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {
        {"a,b", "u", false}, {"c", "U", false}, {"x", "z", false}, {NULL, NULL, false}};
    check_values(
        columns,
        "{\"a,b\":\"\",\"c\":\" x\",\"x\":\"\"}\n"
        "{\"a,b\":\"q\\\"\",\"c\":\"\\\\.\",\"x\":\"aGk=\"}\n"
        "{\"a,b\":\"l\\n\\u0001\",\"c\":\"\\u00a0x\",\"x\":null}\n"
        "{\"a,b\":\"x\\r\",\"c\":\"plain \\u00e9 text that is longer\"}",
        "{\"a,b\":\"\",\"c\":\" x\",\"x\":\"\"}\n"
        "{\"a,b\":\"q\\\"\",\"c\":\"\\\\.\",\"x\":\"aGk=\"}\n"
        "{\"a,b\":\"l\\n\\u0001\",\"c\":\"\xc2\xa0x\",\"x\":null}\n"
        "{\"a,b\":\"x\\r\",\"c\":\"plain \xc3\xa9 text that is longer\",\"x\":null}\n",
        "\"a,b\",c,x\n\"\",\" x\",\"\"\n\"q\"\"\",\"\\.\",aGk=\n\"l\n\x01\",\"\xc2\xa0x\",\n"
        "\"x\r\",plain \xc3\xa9 text that is longer,\n");
}

static void text_writes_a_record_when_its_only_column_is_null(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {{"a", "u", false}, {NULL, NULL, false}};
    check_values(columns, "{}\n{\"a\":\"x\"}", "{\"a\":null}\n{\"a\":\"x\"}\n", "a\n\"\"\nx\n");
}

static void text_writes_the_header_when_there_are_no_rows(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {
        {"a", "u", false}, {"", "l", false}, {NULL, NULL, false}};
    check_values(columns, "", "", "a,\"\"\n");
}

/* Nested values need a nested schema: taken from the sample. */
static void text_writes_nested_values(void **state)
{
    (void)state;
    const char *rows =
        "{\"l\":[1.5,null,2],\"s\":{\"a\":\"x\\\"\",\"b\":[true]}}\n{\"l\":[],\"s\":null}\n";
    struct text_source from = {.data = rows, .len = strlen(rows)};
    struct text_sink to = {.got = weir__buf_make(weir_env_default(), SIZE_MAX / 2)};
    assert_ok(
        text_convert(weir_env_default(), WEIR_FORMAT_NDJSON, &from, NULL, WEIR_FORMAT_NDJSON, &to));
    text_check(&to.got, "{\"l\":[1.5,null,2.0],\"s\":{\"a\":\"x\\\"\",\"b\":[true]}}\n"
                        "{\"l\":[],\"s\":null}\n");
    weir__buf_clear(&to.got);
    from.at = 0;
    assert_ok(
        text_convert(weir_env_default(), WEIR_FORMAT_NDJSON, &from, NULL, WEIR_FORMAT_CSV, &to));
    text_check(&to.got,
               "l,s\n\"[1.5,null,2]\",\"{\"\"a\"\":\"\"x\\\"\"\"\",\"\"b\"\":[true]}\"\n[],\n");
    weir__buf_dispose(&to.got);
}

static void text_writes_maps_as_objects(void **state)
{
    (void)state;
    const struct weir_env *env = weir_env_default();
    AUTO(schema) struct ArrowSchema schema = {0};
    assert_ok(weir__schema_make(env, "+s", "", false, 1, &schema, &test_last_error));
    assert_ok(weir__schema_make(env, "+m", "m", true, 1, schema.children[0], &test_last_error));
    struct ArrowSchema *entries = schema.children[0]->children[0];
    assert_ok(weir__schema_make(env, "+s", "entries", false, 2, entries, &test_last_error));
    assert_ok(weir__schema_make(env, "l", "key", false, 0, entries->children[0], &test_last_error));
    assert_ok(
        weir__schema_make(env, "u", "value", true, 0, entries->children[1], &test_last_error));
    struct weir_text_read_options options = {.schema = &schema};
    const char *rows = "{\"m\":{\"1\":\"x\",\"-2\":null}}\n{\"m\":[{\"key\":3,\"value\":\"y\"}]}\n{"
                       "\"m\":{}}\n{}\n";
    struct text_source from = {.data = rows, .len = strlen(rows)};
    struct text_sink to = {.got = weir__buf_make(env, SIZE_MAX / 2)};
    assert_ok(text_convert(env, WEIR_FORMAT_NDJSON, &from, &options, WEIR_FORMAT_NDJSON, &to));
    text_check(
        &to.got,
        "{\"m\":{\"1\":\"x\",\"-2\":null}}\n{\"m\":{\"3\":\"y\"}}\n{\"m\":{}}\n{\"m\":null}\n");
    weir__buf_dispose(&to.got);
}

/* Random rows of all inferable types survive NDJSON and CSV; the seed is in the failure. */
static void make_random(uint64_t seed, struct weir__buf *out)
{
    static const char *const words[] = {
        "", "x", "a,b", "q\\\"q", "\\u00e9\\n", " lead", "longer than sixteen bytes", "\\\\."};
    for (int i = 0; i < 200; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(seed >> 33);
        double number;
        uint64_t bits = seed ^ seed << 21;
        memcpy(&number, &bits, sizeof number);
        char text[WEIR__F64_TEXT_BYTES];
        size_t len = weir__format_f64(number, text);
        bool is_finite = text[0] != 'N' && text[1] != 'I' && text[0] != '+';
        assert_ok(weir__buf_printf(out, &test_last_error, "{\"i\":%lld,\"f\":%.*s", (long long)seed,
                                   is_finite ? (int)len : 3, is_finite ? text : "0.5"));
        assert_ok(weir__buf_printf(out, &test_last_error, ",\"b\":%s,\"s\":\"y%s\"",
                                   r & 1 ? "true" : "false", words[r >> 1 & 7]));
        assert_ok(
            weir__buf_printf(out, &test_last_error,
                             ",\"t\":\"20%02u-02-%02uT10:11:12.%06uZ\",\"d\":\"19%02u-03-01\"}\n",
                             r % 100, r % 28 + 1, r % 1000000, r % 100));
    }
}

static void text_survives_both_formats_when_random(void **state)
{
    (void)state;
    static const enum weir_file_format formats[] = {WEIR_FORMAT_NDJSON, WEIR_FORMAT_CSV};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct weir__buf rows = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        struct weir__buf wanted = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        make_random(seed, &rows);
        struct text_source from = {.data = (const char *)rows.data, .len = rows.len};
        assert_ok(text_read_print(weir_env_default(), WEIR_FORMAT_NDJSON, &from, NULL, &wanted));
        for (size_t i = 0; i < COUNT_OF(formats); i++) {
            struct text_sink to = {.got = weir__buf_make(weir_env_default(), SIZE_MAX / 2)};
            struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
            from = (struct text_source){.data = (const char *)rows.data, .len = rows.len};
            assert_ok(
                text_convert(weir_env_default(), WEIR_FORMAT_NDJSON, &from, NULL, formats[i], &to));
            from = (struct text_source){.data = (const char *)to.got.data, .len = to.got.len};
            assert_ok(text_read_print(weir_env_default(), formats[i], &from, NULL, &got));
            if (got.len != wanted.len || memcmp(got.data, wanted.data, got.len) != 0)
                fail_msg("seed %d, format %d", (int)seed, (int)formats[i]);
            weir__buf_dispose(&got);
            weir__buf_dispose(&to.got);
        }
        weir__buf_dispose(&wanted);
        weir__buf_dispose(&rows);
    }
}

static void text_passes_the_failure_of_its_sink_on(void **state)
{
    (void)state;
    const char *rows = "{\"a\":1}\n{\"a\":2}\n";
    static const enum weir_file_format formats[] = {WEIR_FORMAT_NDJSON, WEIR_FORMAT_CSV};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct test_env t;
        test_env_init(&t);
        struct text_source from = {.data = rows, .len = strlen(rows)};
        struct text_sink to = {.got = weir__buf_make(weir_env_default(), SIZE_MAX / 2),
                               .fail_at = 1};
        assert_int_equal(text_convert(&t.env, WEIR_FORMAT_NDJSON, &from, NULL, formats[i], &to),
                         WEIR_IO);
        assert_string_equal(test_last_error.message, "the sink failed");
        weir__buf_dispose(&to.got);
        test_env_check_leaks(&t);
    }
}

static void text_leaks_nothing_when_any_allocation_fails(void **state)
{
    (void)state;
    const char *rows =
        "{\"l\":[1],\"s\":{\"a\":\"x\"},\"b\":\"a \\\"quoted\\\" text\"}\n{\"l\":[]}\n";
    static const enum weir_file_format formats[] = {WEIR_FORMAT_NDJSON, WEIR_FORMAT_CSV};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        int status = WEIR_NO_MEMORY;
        for (int64_t fail_at = 1; status != WEIR_OK; fail_at++) {
            struct test_env t;
            test_env_init(&t);
            t.fail_allocation_at = fail_at;
            struct text_source from = {.data = rows, .len = strlen(rows)};
            struct text_sink to = {.got = weir__buf_make(weir_env_default(), SIZE_MAX / 2)};
            status = text_convert(&t.env, WEIR_FORMAT_NDJSON, &from, NULL, formats[i], &to);
            weir__buf_dispose(&to.got);
            test_env_check_leaks(&t);
            if (status != WEIR_OK)
                assert_int_equal(status, WEIR_NO_MEMORY);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_writes_numbers),
        cmocka_unit_test(text_writes_times),
        cmocka_unit_test(text_quotes_what_needs_quotes),
        cmocka_unit_test(text_writes_a_record_when_its_only_column_is_null),
        cmocka_unit_test(text_writes_the_header_when_there_are_no_rows),
        cmocka_unit_test(text_writes_nested_values),
        cmocka_unit_test(text_writes_maps_as_objects),
        cmocka_unit_test(text_survives_both_formats_when_random),
        cmocka_unit_test(text_passes_the_failure_of_its_sink_on),
        cmocka_unit_test(text_leaks_nothing_when_any_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
