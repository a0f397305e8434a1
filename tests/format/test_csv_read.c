/* test_csv_read.c: CSV into record batches. */
#include "support/support.h"

#include "text_rows.h"

#include <stdio.h>

static const size_t chunks[] = {1, 2, 3, 7, 64, 4096, 0};

static void check_text(const char *text, const struct weir_text_read_options *options,
                       const char *wanted)
{
    for (size_t i = 0; i < COUNT_OF(chunks); i++) {
        struct test_env t;
        test_env_init(&t);
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        struct text_source from = {.data = text, .len = strlen(text), .chunk = chunks[i]};
        assert_ok(text_read_print(&t.env, WEIR_FORMAT_CSV, &from, options, &got));
        text_check(&got, wanted);
        weir__buf_dispose(&got);
        test_env_check_leaks(&t);
    }
}

static void check_refused(const char *text, size_t len,
                          const struct weir_text_read_options *options, const char *message)
{
    struct test_env t;
    test_env_init(&t);
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    struct text_source from = {.data = text, .len = len};
    assert_int_equal(text_read_print(&t.env, WEIR_FORMAT_CSV, &from, options, &got), WEIR_INVALID);
    assert_string_equal(test_last_error.message, message);
    weir__buf_dispose(&got);
    test_env_check_leaks(&t);
}

struct parsed {
    const char *text, *wanted;
};

static void csv_parses_what_rfc_4180_says(void **state)
{
    (void)state;
    static const struct parsed cases[] = {
        {"", "\n"},
        {"a,b", "a:u b:u\n"},
        {"a,b\n", "a:u b:u\n"},
        {"a,b\n1,2", "a:l b:l\n{\"a\":1,\"b\":2}\n"},
        {"a,b\r\n1,x\r\n", "a:l b:u\n{\"a\":1,\"b\":\"x\"}\n"},
        {"a\r1\r2\r", "a:l\n{\"a\":1}\n{\"a\":2}\n"},
        {"\xef\xbb\xbf"
         "a\n1\n",
         "a:l\n{\"a\":1}\n"},
        {"\n\na\n\n1\n\r\n2\n\n", "a:l\n{\"a\":1}\n{\"a\":2}\n"},
        {"a,b\n,\n", "a:u b:u\n{\"a\":null,\"b\":null}\n"},
        {"a,b\nx,\"\"\n,y\n", "a:u b:u\n{\"a\":\"x\",\"b\":\"\"}\n{\"a\":null,\"b\":\"y\"}\n"},
        {"a,b\n\"x \"\"y\"\", z\r\nw\",1\n",
         "a:u b:l\n{\"a\":\"x \\\"y\\\", z\\r\\nw\",\"b\":1}\n"},
        {"a,b\n\"\"\"\",\"\"\"x\"\"\"\n", "a:u b:u\n{\"a\":\"\\\"\",\"b\":\"\\\"x\\\"\"}\n"},
        {"a,b\nx\"y\",5\"\n", "a:u b:u\n{\"a\":\"x\\\"y\\\"\",\"b\":\"5\\\"\"}\n"},
        {"\"a,1\",\"b\"\"\"\n1,2\n", "a,1:l b\":l\n{\"a,1\":1,\"b\\\"\":2}\n"},
        {"a,,c\n1,2,3\n", "a:l c1:l c:l\n{\"a\":1,\"c1\":2,\"c\":3}\n"},
        {"a\n\"x\"", "a:u\n{\"a\":\"x\"}\n"},
        {"a\n\"x\"\r", "a:u\n{\"a\":\"x\"}\n"},
        {"a\n \xc3\xa9 \n", "a:u\n{\"a\":\" \xc3\xa9 \"}\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_text(cases[i].text, NULL, cases[i].wanted);
}

static void csv_infers_types_from_cells(void **state)
{
    (void)state;
    static const struct parsed cases[] = {
        {"a\n1\n-2\n", "a:l\n{\"a\":1}\n{\"a\":-2}\n"},
        {"a\n\"1\"\n\"\"\n", "a:l\n{\"a\":1}\n{\"a\":null}\n"},
        {"a\n 1\n2 \n", "a:l\n{\"a\":1}\n{\"a\":2}\n"},
        {"a\n007\n12\n", "a:u\n{\"a\":\"007\"}\n{\"a\":\"12\"}\n"},
        {"a\n0.5\n1\n", "a:g\n{\"a\":0.5}\n{\"a\":1.0}\n"},
        {"a\n1e3\n.5\n", "a:g\n{\"a\":1000.0}\n{\"a\":0.5}\n"},
        {"a\nNaN\n1.5\n-Inf\n", "a:g\n{\"a\":null}\n{\"a\":1.5}\n{\"a\":null}\n"},
        {"a\nNaN\n", "a:u\n{\"a\":\"NaN\"}\n"},
        {"a\n18446744073709551615\n1\n", "a:L\n{\"a\":18446744073709551615}\n{\"a\":1}\n"},
        {"a\ntrue\nFALSE\n", "a:b\n{\"a\":true}\n{\"a\":false}\n"},
        {"a\ntrue\n1\n", "a:u\n{\"a\":\"true\"}\n{\"a\":\"1\"}\n"},
        {"a\n2024-02-29\n", "a:tdD\n{\"a\":\"2024-02-29\"}\n"},
        {"a\n2024-02-29 10:00:00\n2024-02-29\n",
         "a:tsu:\n{\"a\":\"2024-02-29T10:00:00\"}\n{\"a\":\"2024-02-29T00:00:00\"}\n"},
        {"a\n2024-02-29T10:00:00+01:00\n", "a:tsu:UTC\n{\"a\":\"2024-02-29T09:00:00Z\"}\n"},
        {"a\n1\nx\n", "a:u\n{\"a\":\"1\"}\n{\"a\":\"x\"}\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_text(cases[i].text, NULL, cases[i].wanted);
}

static void csv_honours_its_options(void **state)
{
    (void)state;
    struct weir_text_read_options no_header = {.no_header = true};
    check_text("1,x\n\n2,y", &no_header,
               "c0:l c1:u\n{\"c0\":1,\"c1\":\"x\"}\n{\"c0\":2,\"c1\":\"y\"}\n");
    check_text("\"1\",x\n", &no_header, "c0:l c1:u\n{\"c0\":1,\"c1\":\"x\"}\n");
    struct weir_text_read_options semicolons = {.delimiter = ';'};
    check_text("a;b\n1,5;2\n", &semicolons, "a:u b:l\n{\"a\":\"1,5\",\"b\":2}\n");
    struct weir_text_read_options strings = {.all_strings = true};
    check_text("a,b\n1,\n", &strings, "a:u b:u\n{\"a\":\"1\",\"b\":null}\n");
    struct weir_text_read_options na = {.null_text = "NA"};
    check_text("a,b\nNA,\"NA\"\n1,x\n", &na,
               "a:l b:u\n{\"a\":null,\"b\":\"NA\"}\n{\"a\":1,\"b\":\"x\"}\n");
    struct weir_text_read_options texts = {.no_timestamps = true};
    check_text("a\n2024-01-01\n", &texts, "a:u\n{\"a\":\"2024-01-01\"}\n");
    struct weir_text_read_options small = {.batch_rows = 2};
    check_text("a\n1\n2\n3\n", &small, "a:l\n{\"a\":1}\n{\"a\":2}\n--\n{\"a\":3}\n");
}

struct refused {
    const char *text, *message;
};

static void csv_names_row_and_cause_of_what_is_malformed(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"a,a\n1,2\n", "t.csv: header: column a given twice"},
        {"c1,\n1,2\n", "t.csv: header: column c1 given twice"},
        {"a\nb\"c\n\"x\"y\n", "t.csv: row 2: field 1: text after the closing quote"},
        {"a,b\n1,\"x\n", "t.csv: row 1: field 2: the quote is not closed"},
        {"\"a\n", "t.csv: header: the quote is not closed"},
        {"a,b\n1,2\n\n1\n", "t.csv: row 2: 1 field, not 2"},
        {"a,b\n1,2,3\n", "t.csv: row 1: 3 fields, not 2"},
        {"a,b\n1,2\n3,4,", "t.csv: row 2: 3 fields, not 2"},
        {"a\nx\n\xff\n", "t.csv: row 2: not valid UTF-8"},
        {"a\nx\n\xc3", "t.csv: row 2: not valid UTF-8"},
    };
    struct weir_text_read_options options = {.name = "t.csv"};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i].text, strlen(cases[i].text), &options, cases[i].message);
    check_refused("a\nx\n\0\n", 6, &options, "t.csv: row 2: NUL byte");
    options.max_row_bytes = 10;
    check_refused("a\nx\n0123456789\n", 15, &options, "t.csv: row 2: longer than 10 bytes");
}

static void csv_names_row_and_column_of_what_does_not_fit_when_frozen(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"a,b\n1,2\n3,x\n", "input: row 2: column b: \"x\" is not an int64"},
        {"a\n1\n1.5\n", "input: row 2: column a: \"1.5\" is not an int64"},
        {"a\n1\n007\n", "input: row 2: column a: \"007\" is not an int64"},
        {"a\n1\n9223372036854775808\n",
         "input: row 2: column a: \"9223372036854775808\" is not an int64"},
        {"a\n1.5\nx\n", "input: row 2: column a: \"x\" is not a float64"},
        {"a\ntrue\n1\n", "input: row 2: column a: \"1\" is not a bool"},
        {"a\n2024-01-01\n2024-02-30\n", "input: row 2: column a: \"2024-02-30\" is not a date32"},
        {"a\n1\n\"two\nlines\"\n", "input: row 2: column a: \"two?lines\" is not an int64"},
    };
    struct weir_text_read_options options = {.sample_rows = 1};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i].text, strlen(cases[i].text), &options, cases[i].message);
}

static void csv_follows_a_given_schema(void **state)
{
    (void)state;
    static const struct text_column_spec columns[] = {{"id", "i", true},       {"zip", "u", false},
                                                      {"d", "d:10,3", false},  {"b", "z", false},
                                                      {"missing", "g", false}, {NULL, NULL, false}};
    AUTO(schema) struct ArrowSchema schema = text_schema_of(columns);
    struct weir_text_read_options options = {.schema = &schema};
    check_text("zip,id,d,b\n007,1,-0.5,aGk=\n\"\",02,,\"\"\n", &options,
               "id:i zip:u d:d:10,3 b:z missing:g\n"
               "{\"id\":1,\"zip\":\"007\",\"d\":-0.500,\"b\":\"aGk=\",\"missing\":null}\n"
               "{\"id\":2,\"zip\":\"\",\"d\":null,\"b\":\"\",\"missing\":null}\n");
    check_refused("id,x\n1,2\n", 9, &options, "input: header: unknown column x");
    check_refused("id,zip\n,2\n", 10, &options,
                  "input: row 1: column id: empty, but the column is not nullable");
    check_refused("zip\n2\n", 6, &options,
                  "input: row 1: column id: missing, but the column is not nullable");
    options.ignore_unknown = true;
    check_text("x,id\n\"2,\"\"\",1\n", &options,
               "id:i zip:u d:d:10,3 b:z missing:g\n"
               "{\"id\":1,\"zip\":null,\"d\":null,\"b\":null,\"missing\":null}\n");
    options.ignore_unknown = false;
    options.no_header = true;
    check_refused("1,2,3,,5,6\n", 11, &options, "input: row 1: 6 fields, not 5");
    check_text("1,2,3,,5\n", &options,
               "id:i zip:u d:d:10,3 b:z missing:g\n"
               "{\"id\":1,\"zip\":\"2\",\"d\":3.000,\"b\":null,\"missing\":5.0}\n");
}

/* Many rows with quotes, line ends in cells and empty cells, longer than the window. */
static char *make_rows(int n, uint64_t seed)
{
    struct weir__buf text = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_ok(weir__buf_append_text(&text, "id,name,x,note\r\n", &test_last_error));
    for (int i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int r = (int)(seed >> 40 & 0xffff);
        assert_ok(weir__buf_printf(&text, &test_last_error,
                                   "%d,\"n\xc3\xa9 \"\"%0*d\"\"\r\n,\",%d.%d,", i, r % 50, r,
                                   r % 100 - 50, r % 10));
        assert_ok(weir__buf_append_text(&text, r % 3 ? "" : "\"\"", &test_last_error));
        assert_ok(weir__buf_append_text(&text, r % 7 ? "\n" : "\r\n\n", &test_last_error));
    }
    const char *out;
    assert_ok(weir__buf_text(&text, &out, &test_last_error));
    return (char *)weir__buf_take(&text);
}

static void csv_gives_equal_batches_when_cut_anywhere(void **state)
{
    (void)state;
    char *text = make_rows(9000, 7);
    struct weir_text_read_options options = {.batch_rows = 500, .sample_rows = 300};
    struct weir__buf whole = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    for (size_t i = COUNT_OF(chunks); i-- > 0;) {
        struct text_source from = {.data = text, .len = strlen(text), .chunk = chunks[i]};
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        assert_ok(text_read_print(weir_env_default(), WEIR_FORMAT_CSV, &from, &options,
                                  chunks[i] ? &got : &whole));
        if (chunks[i])
            assert_true(got.len == whole.len && memcmp(got.data, whole.data, got.len) == 0);
        weir__buf_dispose(&got);
    }
    weir__buf_dispose(&whole);
    weir__free(weir_env_default(), text);
}

/* One cell larger than a window step, so that the record is split again and again. */
static void csv_reads_a_cell_when_it_is_longer_than_the_window(void **state)
{
    (void)state;
    struct weir__buf text = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_ok(weir__buf_append_text(&text, "a,b\n1,\"", &test_last_error));
    for (int i = 0; i < 100000; i++)
        assert_ok(weir__buf_append_text(&text, "\"\",\n\xc3\xa9 x", &test_last_error));
    assert_ok(weir__buf_append_text(&text, "\"\n2,y\n", &test_last_error));
    for (size_t i = 3; i < COUNT_OF(chunks); i++) {
        struct text_source from = {
            .data = (const char *)text.data, .len = text.len, .chunk = chunks[i]};
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        struct weir_text_read_options options = {.sample_rows = 1};
        assert_ok(text_read_print(weir_env_default(), WEIR_FORMAT_CSV, &from, &options, &got));
        static const char tail[] = "\\\",\\n\xc3\xa9 x\"}\n{\"a\":2,\"b\":\"y\"}\n";
        assert_true(got.len > sizeof tail);
        assert_memory_equal(got.data + got.len - (sizeof tail - 1), tail, sizeof tail - 1);
        weir__buf_dispose(&got);
    }
    weir__buf_dispose(&text);
}

static void csv_reports_a_wrong_type_when_a_million_rows_in(void **state)
{
    (void)state;
    static const char head[] = "id,price\n";
    static const char rows[] = "1,2.5\n2,\n3,\"4\"\n";
    struct weir__buf text = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_ok(weir__buf_append_text(&text, head, &test_last_error));
    for (int i = 0; i < 333333; i++)
        assert_ok(weir__buf_append(&text, rows, sizeof rows - 1, &test_last_error));
    assert_ok(weir__buf_append_text(&text, "4,abc\n", &test_last_error));
    struct text_source from = {.data = (const char *)text.data, .len = text.len};
    struct weir_source source = text_source_of(&from);
    struct weir_text_read_options options = {.name = "events.csv"};
    AUTO(stream) struct ArrowArrayStream stream = {0};
    assert_ok(weir_csv_read(weir_env_default(), &source, &options, &stream, &test_last_error));
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
                        "events.csv: row 1000000: column price: \"abc\" is not a float64");
    weir__buf_dispose(&text);
}

static void csv_passes_the_failure_of_its_source_on(void **state)
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
        assert_int_equal(text_read_print(&t.env, WEIR_FORMAT_CSV, &from, &options, &got), WEIR_IO);
        assert_string_equal(test_last_error.message, "the source failed");
        weir__buf_dispose(&got);
        test_env_check_leaks(&t);
    }
    weir__free(weir_env_default(), text);
}

static void csv_leaks_nothing_when_any_allocation_fails(void **state)
{
    (void)state;
    char *text = make_rows(300, 11);
    struct weir_text_read_options options = {
        .batch_rows = 100, .sample_rows = 50, .name = "x", .null_text = "NA"};
    for (int64_t fail_at = 1;; fail_at++) {
        struct test_env t;
        test_env_init(&t);
        t.fail_allocation_at = fail_at;
        struct text_source from = {.data = text, .len = strlen(text)};
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        int status = text_read_print(&t.env, WEIR_FORMAT_CSV, &from, &options, &got);
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

static void check_shared(const char *name, const char *wanted_types, int64_t wanted_rows)
{
    const char *path = test_shared_path(name);
    if (!path)
        skip();
    struct weir__buf text = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_ok(weir__file_slurp(weir_env_default(), path, &text, &test_last_error));
    struct text_source from = {.data = (const char *)text.data, .len = text.len};
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    assert_ok(text_read_print(weir_env_default(), WEIR_FORMAT_CSV, &from, NULL, &got));
    assert_memory_equal(got.data, wanted_types, strlen(wanted_types));
    int64_t n_lines = 0;
    for (size_t i = 0; i < got.len; i++)
        n_lines += got.data[i] == '\n';
    assert_int_equal(n_lines, wanted_rows + 1);
    weir__buf_dispose(&got);
    weir__buf_dispose(&text);
}

static void csv_reads_the_bird_strikes(void **state)
{
    (void)state;
    check_shared("data/real/birdstrikes.csv",
                 "Airport Name:u Aircraft Make Model:u Effect Amount of damage:u Flight Date:tdD "
                 "Aircraft Airline Operator:u Origin State:u Phase of flight:u Wildlife Size:u "
                 "Wildlife Species:u Time of day:u Cost Other:l Cost Repair:l Cost Total $:l "
                 "Speed IAS in knots:l\n",
                 10000);
}

static void csv_reads_the_weather(void **state)
{
    (void)state;
    check_shared("data/real/seattle-weather.csv",
                 "date:tdD precipitation:g temp_max:g temp_min:g wind:g weather:u\n", 1461);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_parses_what_rfc_4180_says),
        cmocka_unit_test(csv_infers_types_from_cells),
        cmocka_unit_test(csv_honours_its_options),
        cmocka_unit_test(csv_names_row_and_cause_of_what_is_malformed),
        cmocka_unit_test(csv_names_row_and_column_of_what_does_not_fit_when_frozen),
        cmocka_unit_test(csv_follows_a_given_schema),
        cmocka_unit_test(csv_gives_equal_batches_when_cut_anywhere),
        cmocka_unit_test(csv_reads_a_cell_when_it_is_longer_than_the_window),
        cmocka_unit_test(csv_reports_a_wrong_type_when_a_million_rows_in),
        cmocka_unit_test(csv_passes_the_failure_of_its_source_on),
        cmocka_unit_test(csv_leaks_nothing_when_any_allocation_fails),
        cmocka_unit_test(csv_reads_the_bird_strikes),
        cmocka_unit_test(csv_reads_the_weather),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
