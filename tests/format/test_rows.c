/* test_rows.c: names of formats and compressions, and any format behind one door. */
#include "support/support.h"

#include "text_rows.h"

static void compression_is_known_by_its_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum weir_compression compression;
    } cases[] = {
        {"uncompressed", WEIR_COMPRESSION_UNCOMPRESSED},
        {"none", WEIR_COMPRESSION_UNCOMPRESSED},
        {"snappy", WEIR_COMPRESSION_SNAPPY},
        {"gzip", WEIR_COMPRESSION_GZIP},
        {"zstd", WEIR_COMPRESSION_ZSTD},
        {"lz4", WEIR_COMPRESSION_LZ4_RAW},
        {"lz4_raw", WEIR_COMPRESSION_LZ4_RAW},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum weir_compression got = WEIR_COMPRESSION_DEFAULT;
        enum weir_compression again = WEIR_COMPRESSION_DEFAULT;
        assert_ok(weir_compression_from_name(cases[i].name, &got, &test_last_error));
        assert_int_equal(got, cases[i].compression);
        assert_ok(weir_compression_from_name(weir_compression_name(got), &again, &test_last_error));
        assert_int_equal(again, got);
    }
    enum weir_compression untouched = WEIR_COMPRESSION_GZIP;
    assert_int_equal(weir_compression_from_name("lzma", &untouched, &test_last_error),
                     WEIR_INVALID);
    assert_string_equal(test_last_error.message, "unknown compression 'lzma'");
    assert_int_equal(untouched, WEIR_COMPRESSION_GZIP);
}

static void file_format_is_known_by_name_and_suffix(void **state)
{
    (void)state;
    enum weir_file_format got = WEIR_FORMAT_UNKNOWN;
    assert_ok(weir_file_format_from_name("jsonl", &got, &test_last_error));
    assert_int_equal(got, WEIR_FORMAT_NDJSON);
    assert_ok(weir_file_format_from_name("arrow-stream", &got, &test_last_error));
    assert_int_equal(got, WEIR_FORMAT_ARROW_STREAM);
    assert_int_equal(weir_file_format_from_name("xml", &got, &test_last_error), WEIR_INVALID);
    assert_string_equal(test_last_error.message, "unknown file format 'xml'");
    assert_int_equal(weir_file_format_from_path("a/b.csv"), WEIR_FORMAT_CSV);
    assert_int_equal(weir_file_format_from_path("b.parquet"), WEIR_FORMAT_PARQUET);
    assert_int_equal(weir_file_format_from_path("b.arrow"), WEIR_FORMAT_ARROW);
    assert_int_equal(weir_file_format_from_path("b.arrows"), WEIR_FORMAT_ARROW_STREAM);
    assert_int_equal(weir_file_format_from_path("b.json"), WEIR_FORMAT_NDJSON);
    assert_int_equal(weir_file_format_from_path(".csv"), WEIR_FORMAT_UNKNOWN);
    assert_int_equal(weir_file_format_from_path("csv"), WEIR_FORMAT_UNKNOWN);
    assert_int_equal(weir_file_format_from_path("a.csv/b"), WEIR_FORMAT_UNKNOWN);
}

static int read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    (void)err;
    memcpy(buf, (const char *)ctx + offset, n);
    return WEIR_OK;
}

static void check_input(struct weir_input *input)
{
    AUTO(stream) struct ArrowArrayStream rows = {0};
    AUTO(array) struct ArrowArray batch = {0};
    assert_ok(
        weir_rows_read(weir_env_default(), WEIR_FORMAT_CSV, input, NULL, &rows, &test_last_error));
    assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
    assert_int_equal(batch.length, 2);
}

static void rows_read_text_from_inputs_with_and_without_bytes(void **state)
{
    (void)state;
    static char text[] = "a,b\n1,2\n3,4\n";
    struct weir_input by_call = {.read_at = read_at, .size_bytes = sizeof text - 1, .ctx = text};
    struct weir_input in_memory = {.size_bytes = sizeof text - 1, .bytes = text};
    check_input(&by_call);
    check_input(&in_memory);
}

static void rows_name_the_input_in_messages(void **state)
{
    (void)state;
    static char text[] = "a\n1\n\"x";
    struct weir_input input = {.size_bytes = sizeof text - 1, .bytes = text, .name = "dir/t.csv"};
    AUTO(stream) struct ArrowArrayStream rows = {0};
    assert_int_equal(
        weir_rows_read(weir_env_default(), WEIR_FORMAT_CSV, &input, NULL, &rows, &test_last_error),
        WEIR_INVALID);
    assert_string_equal(test_last_error.message,
                        "dir/t.csv: row 2: field 1: the quote is not closed");
}

/* CSV to a format in memory, and back as rows. */
static void check_round_trip(enum weir_file_format format, int64_t wanted_batches)
{
    static const char text[] = "a,b,c\n1,x,2024-01-01T00:00:00Z\n2,,\n,\"\",2024-01-02T00:00:00Z\n";
    struct test_env t;
    test_env_init(&t);
    struct text_source from = {.data = text, .len = sizeof text - 1};
    struct text_sink to = {.got = weir__buf_make(weir_env_default(), SIZE_MAX / 2)};
    assert_ok(text_convert(&t.env, WEIR_FORMAT_CSV, &from, NULL, format, &to));
    struct weir_input input = {
        .size_bytes = to.got.len, .read_at = read_at, .ctx = to.got.data, .name = "t"};
    struct weir_text_read_options two = {.batch_rows = 2};
    struct ArrowArrayStream rows = {0};
    struct ArrowSchema schema = {0};
    assert_ok(weir_rows_read(&t.env, format, &input, &two, &rows, &test_last_error));
    assert_ok(weir__stream_schema(&rows, &schema, &test_last_error));
    struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
    text_schema_line(&schema, &got);
    text_check(&got, "a:l b:u c:tsu:UTC");
    int64_t n_rows = 0, n_batches = 0;
    for (bool has_more = true; has_more; n_batches++) {
        AUTO(array) struct ArrowArray batch = {0};
        assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
        n_rows += batch.length;
        has_more = batch.release != NULL;
    }
    assert_int_equal(n_rows, 3);
    assert_int_equal(n_batches, wanted_batches); /* and the end */
    weir__schema_freep(&schema);
    weir__stream_freep(&rows);
    weir__buf_dispose(&got);
    weir__buf_dispose(&to.got);
    test_env_check_leaks(&t);
}

static void rows_round_trip_through_parquet(void **state)
{
    (void)state;
    check_round_trip(WEIR_FORMAT_PARQUET, 3);
}

static void rows_round_trip_through_arrow(void **state)
{
    (void)state;
    check_round_trip(WEIR_FORMAT_ARROW, 2);
    check_round_trip(WEIR_FORMAT_ARROW_STREAM, 2);
}

/* The stream form goes through a pipe, the file form does not. */
static void rows_read_arrow_from_a_pipe_when_it_is_a_stream(void **state)
{
    (void)state;
    static const enum weir_file_format formats[] = {WEIR_FORMAT_ARROW_STREAM, WEIR_FORMAT_ARROW};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct test_env t;
        test_env_init(&t);
        struct text_source from = {.data = "a\n1\n", .len = 4};
        struct text_sink to = {.got = weir__buf_make(weir_env_default(), SIZE_MAX / 2)};
        struct weir__buf got = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        assert_ok(text_convert(&t.env, WEIR_FORMAT_CSV, &from, NULL, formats[i], &to));
        from =
            (struct text_source){.data = (const char *)to.got.data, .len = to.got.len, .chunk = 3};
        int status = text_read_print(&t.env, WEIR_FORMAT_ARROW, &from, NULL, &got);
        assert_int_equal(status, i ? WEIR_UNSUPPORTED : WEIR_OK);
        if (i)
            assert_string_equal(test_last_error.message,
                                "input: an Arrow file cannot be read from a pipe");
        else
            text_check(&got, "a:l\n{\"a\":1}\n");
        weir__buf_dispose(&got);
        weir__buf_dispose(&to.got);
        test_env_check_leaks(&t);
    }
}

static void rows_refuse_random_access_formats_from_a_pipe(void **state)
{
    (void)state;
    struct text_source from = {.data = "", .len = 0};
    struct weir_source source = text_source_of(&from);
    struct ArrowArrayStream rows = {0};
    assert_int_equal(weir_rows_read_source(weir_env_default(), WEIR_FORMAT_PARQUET, &source, NULL,
                                           &rows, &test_last_error),
                     WEIR_UNSUPPORTED);
    assert_int_equal(weir_rows_read_source(weir_env_default(), WEIR_FORMAT_UNKNOWN, &source, NULL,
                                           &rows, &test_last_error),
                     WEIR_UNSUPPORTED);
    assert_null(rows.release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compression_is_known_by_its_names),
        cmocka_unit_test(file_format_is_known_by_name_and_suffix),
        cmocka_unit_test(rows_read_text_from_inputs_with_and_without_bytes),
        cmocka_unit_test(rows_name_the_input_in_messages),
        cmocka_unit_test(rows_round_trip_through_parquet),
        cmocka_unit_test(rows_round_trip_through_arrow),
        cmocka_unit_test(rows_read_arrow_from_a_pipe_when_it_is_a_stream),
        cmocka_unit_test(rows_refuse_random_access_formats_from_a_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
