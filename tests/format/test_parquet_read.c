/* test_parquet_read.c: whole Parquet files read: rows against rows written down, in every cut of
 * batches, damaged in every way, and with each allocation failing in turn. */
#include "support/support.h"

#include "format/format.h"

struct text {
    struct weir__buf buf;
};

static int text_write(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    return weir__buf_append(&((struct text *)ctx)->buf, data, n, err);
}

static struct weir_input input_of(const struct weir__buf *file)
{
    return (struct weir_input){.size_bytes = file->len, .bytes = file->data, .name = "file"};
}

static void load(const struct weir_env *env, const char *name, struct weir__buf *out)
{
    *out = weir__buf_make(env, 1 << 20);
    assert_ok(weir__file_slurp(env, test_data_path(name), out, &test_last_error));
}

/* All rows of a file as NDJSON; every batch is validated on the way. */
static int print_rows(const struct weir_env *env, const struct weir_input *input,
                      const struct weir_parquet_scan_options *scan, struct weir__buf *out,
                      struct weir_error *err)
{
    struct weir_parquet_reader *reader = NULL;
    TRY(weir_parquet_reader_open(env, input, NULL, &reader, err));
    struct ArrowArrayStream rows AUTO(stream) = {.release = NULL};
    struct ArrowSchema schema AUTO(schema) = {.release = NULL};
    struct text text = {weir__buf_make(env, 1 << 20)};
    struct weir_sink sink = {text_write, &text};
    struct weir_rows_writer *writer = NULL;
    int status = weir_parquet_reader_scan(reader, scan, &rows, err);
    if (status == WEIR_OK)
        status = weir__stream_schema(&rows, &schema, err);
    if (status == WEIR_OK)
        status = weir_rows_writer_new(env, WEIR_FORMAT_NDJSON, &schema, NULL, &sink, &writer, err);
    bool is_end = false;
    while (status == WEIR_OK && !is_end) {
        struct ArrowArray batch AUTO(array) = {.release = NULL};
        status = weir__stream_next(&rows, &batch, err);
        is_end = status == WEIR_OK && !batch.release;
        if (status == WEIR_OK && !is_end)
            status = weir_batch_validate(&schema, &batch, err);
        if (status == WEIR_OK && !is_end)
            status = weir_rows_writer_write(writer, &batch, err);
    }
    if (status == WEIR_OK)
        status = weir_rows_writer_finish(writer, err);
    weir_rows_writer_free(writer);
    weir__stream_freep(&rows);
    weir_parquet_reader_free(reader);
    if (status == WEIR_OK)
        *out = text.buf;
    else
        weir__buf_dispose(&text.buf);
    return status;
}

static void assert_same_text(const struct weir__buf *got, const struct weir__buf *want)
{
    if (got->len == want->len && memcmp(got->data, want->data, got->len) == 0)
        return;
    fail_msg("rows differ: %.*s", (int)(got->len < 600 ? got->len : 600), (const char *)got->data);
}

static void check_file(const char *file_name, const char *rows_name)
{
    struct test_env t;
    test_env_init(&t);
    struct weir__buf file, want;
    load(&t.env, file_name, &file);
    load(&t.env, rows_name, &want);
    struct weir_input input = input_of(&file);
    static const int64_t cuts[] = {0, 1, 3, 17, 1000};
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        struct weir_parquet_scan_options options = {.batch_rows = cuts[i]};
        struct weir__buf got;
        assert_ok(print_rows(&t.env, &input, &options, &got, &test_last_error));
        assert_same_text(&got, &want);
        weir__buf_dispose(&got);
    }
    weir__buf_dispose(&file);
    weir__buf_dispose(&want);
    test_env_check_leaks(&t);
}

static void parquet_reads_flat_columns_when_v1_and_dictionary(void **state)
{
    (void)state;
    check_file("parquet/flat_v1.parquet", "parquet/flat_v1.ndjson");
}

/* The same rows in every other encoding, on v2 pages. */
static void parquet_reads_flat_columns_when_v2_and_delta(void **state)
{
    (void)state;
    check_file("parquet/flat_v2.parquet", "parquet/flat_v1.ndjson");
}

static void parquet_reads_nested_columns(void **state)
{
    (void)state;
    check_file("parquet/nested.parquet", "parquet/nested.ndjson");
}

static void parquet_reads_only_columns_asked_for(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf file, got;
    load(&t.env, "parquet/nested.parquet", &file);
    struct weir_input input = input_of(&file);
    const char *columns[] = {"attrs", "id"};
    struct weir_parquet_scan_options options = {.columns = columns, .n_columns = 2};
    assert_ok(print_rows(&t.env, &input, &options, &got, &test_last_error));
    struct weir__str first = {(const char *)got.data, 24};
    assert_true(weir__str_is(first, "{\"attrs\":{\"k\":1},\"id\":0}"));
    weir__buf_dispose(&got);
    columns[1] = "absent";
    assert_int_equal(print_rows(&t.env, &input, &options, &got, &test_last_error), WEIR_NOT_FOUND);
    weir__buf_dispose(&file);
    test_env_check_leaks(&t);
}

static size_t count_lines(const struct weir__buf *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->len; i++)
        n += text->data[i] == '\n';
    return n;
}

/* Row group 1 begins at row 40; pages hold 10 to 20 rows. */
static void parquet_skips_pages_when_predicate_rules_them_out(void **state)
{
    (void)state;
    static const struct {
        struct weir_predicate predicate;
        size_t at_least, at_most;
    } cases[] = {
        {{.column = "id", .compare = WEIR_GE, .i = 55}, 5, 20},
        {{.column = "id", .compare = WEIR_EQ, .i = 3}, 1, 20},
        {{.column = "id", .compare = WEIR_GT, .i = 59}, 0, 0},
        {{.column = "id", .compare = WEIR_IS_NULL}, 0, 0},
        {{.column = "word", .compare = WEIR_EQ, .bytes = "w9", .n_bytes = 2}, 0, 0},
        {{.column = "price", .compare = WEIR_LT, .f = 5.0}, 3, 20},
        {{.column = "flag", .compare = WEIR_NOT_NULL}, 51, 60},
    };
    struct test_env t;
    test_env_init(&t);
    struct weir__buf file;
    load(&t.env, "parquet/flat_v1.parquet", &file);
    struct weir_input input = input_of(&file);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct weir_parquet_scan_options options = {.predicates = &cases[i].predicate,
                                                    .n_predicates = 1};
        struct weir__buf got;
        assert_ok(print_rows(&t.env, &input, &options, &got, &test_last_error));
        assert_in_range(count_lines(&got), cases[i].at_least, cases[i].at_most);
        weir__buf_dispose(&got);
    }
    weir__buf_dispose(&file);
    test_env_check_leaks(&t);
}

static void parquet_refuses_files_cut_at_any_length(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf file, got;
    load(&t.env, "parquet/nested.parquet", &file);
    for (size_t n = 0; n < file.len; n++) {
        struct weir_input input = input_of(&file);
        input.size_bytes = n;
        assert_int_equal(print_rows(&t.env, &input, NULL, &got, &test_last_error), WEIR_CORRUPT);
    }
    weir__buf_dispose(&file);
    test_env_check_leaks(&t);
}

/* Pages are covered by checksums: a flipped byte there gives an error or, where nobody looks at it,
 * the same rows. In the footer anything may be said, but nothing may break. */
static void check_flips(const char *file_name, const char *rows_name)
{
    struct test_env t;
    test_env_init(&t);
    struct weir__buf file, want;
    load(&t.env, file_name, &file);
    load(&t.env, rows_name, &want);
    size_t footer = file.len - 8 - weir__load32(file.data + file.len - 8);
    for (size_t at = 0; at < file.len; at++) {
        struct weir__buf got;
        struct weir_input input = input_of(&file);
        file.data[at] ^= (uint8_t)(1u << (at % 8));
        int status = print_rows(&t.env, &input, NULL, &got, &test_last_error);
        file.data[at] ^= (uint8_t)(1u << (at % 8));
        if (status == WEIR_OK) {
            /* Page headers have no checksum, but what they say is checked against the rest. */
            if (at < footer && got.len == want.len)
                assert_same_text(&got, &want);
            weir__buf_dispose(&got);
        }
    }
    weir__buf_dispose(&file);
    weir__buf_dispose(&want);
    test_env_check_leaks(&t);
}

static void parquet_survives_every_flipped_byte(void **state)
{
    (void)state;
    check_flips("parquet/flat_v2.parquet", "parquet/flat_v1.ndjson");
    check_flips("parquet/nested.parquet", "parquet/nested.ndjson");
}

static void parquet_gives_back_memory_when_each_allocation_fails(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf file;
    load(weir_env_default(), "parquet/nested.parquet", &file);
    struct weir_input input = input_of(&file);
    struct weir_predicate predicate = {.column = "id", .compare = WEIR_GE, .i = 1};
    struct weir_parquet_scan_options options = {
        .batch_rows = 2, .predicates = &predicate, .n_predicates = 1};
    int status = WEIR_NO_MEMORY;
    for (int64_t n = 1; status != WEIR_OK; n++) {
        struct weir__buf got;
        t.n_allocations = 0;
        t.fail_allocation_at = n;
        status = print_rows(&t.env, &input, &options, &got, &test_last_error);
        if (status == WEIR_OK)
            weir__buf_dispose(&got);
        else
            assert_int_equal(status, WEIR_NO_MEMORY);
        test_env_check_leaks(&t);
        assert_true(n < 100000);
        /* ARROW:schema and page indexes are hints: without memory for them the file is read
         * without them, so success may come before the last allocation was tried. */
        if (status == WEIR_OK && t.n_allocations >= n)
            status = WEIR_NO_MEMORY;
    }
    weir__buf_dispose(&file);
}

static int inspect(const struct weir_env *env, const struct weir_input *input, bool as_json,
                   struct weir__buf *out, struct weir_error *err)
{
    struct weir_parquet_reader *reader = NULL;
    TRY(weir_parquet_reader_open(env, input, NULL, &reader, err));
    struct text text = {weir__buf_make(env, 1 << 20)};
    struct weir_sink sink = {text_write, &text};
    struct weir_parquet_inspect_options options = {.as_json = as_json, .with_values = true};
    int status = weir_parquet_inspect(reader, &options, &sink, err);
    weir_parquet_reader_free(reader);
    if (status == WEIR_OK)
        *out = text.buf;
    else
        weir__buf_dispose(&text.buf);
    return status;
}

static struct weir__str json_text(const struct weir__json *leaf, const char *name)
{
    struct weir__str out = STR_NULL;
    assert_true(weir__json_string(weir__json_member(leaf, name), &out));
    return out;
}

/* Two files of the same rows have the same checksums of plain values. */
static void parquet_inspects_equal_values_when_encodings_differ(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__json *roots[2] = {NULL, NULL};
    const char *names[2] = {"parquet/flat_v1.parquet", "parquet/flat_v2.parquet"};
    for (size_t i = 0; i < 2; i++) {
        struct weir__buf file, json;
        load(&t.env, names[i], &file);
        struct weir_input input = input_of(&file);
        assert_ok(inspect(&t.env, &input, true, &json, &test_last_error));
        struct weir__str text = {(const char *)json.data, json.len};
        assert_ok(weir__json_parse(text, "inspect", &roots[i], &test_last_error));
        weir__buf_dispose(&json);
        weir__buf_dispose(&file);
    }
    const struct weir__json *a = weir__json_member(roots[0], "leaves");
    const struct weir__json *b = weir__json_member(roots[1], "leaves");
    assert_int_equal(weir__json_count(a), 11);
    for (size_t i = 0; i < 11; i++) {
        assert_true(weir__str_eq(json_text(weir__json_at(a, i), "plain_crc32"),
                                 json_text(weir__json_at(b, i), "plain_crc32")));
        assert_false(weir__str_eq(json_text(weir__json_at(a, i), "codec"),
                                  json_text(weir__json_at(b, i), "codec")));
    }
    /* zlib.crc32 of the 60 identifiers as little-endian 64-bit integers. */
    assert_true(weir__str_is(json_text(weir__json_at(a, 0), "plain_crc32"), "5e5f5420"));
    weir__json_free(roots[0]);
    weir__json_free(roots[1]);
    test_env_check_leaks(&t);
}

static void check_refused(const void *bytes, size_t n, int status, const char *words)
{
    struct weir_input input = {.size_bytes = n, .bytes = bytes, .name = "file"};
    struct weir_parquet_reader *reader = NULL;
    assert_int_equal(
        weir_parquet_reader_open(weir_env_default(), &input, NULL, &reader, &test_last_error),
        status);
    if (!strstr(test_last_error.message, words))
        fail_msg("message is: %s", test_last_error.message);
}

static void parquet_refuses_what_is_no_parquet_file(void **state)
{
    (void)state;
    check_refused("", 0, WEIR_CORRUPT, "not a Parquet file");
    check_refused("PAR1PAR1", 8, WEIR_CORRUPT, "not a Parquet file");
    check_refused("PAR1\0\0\0\0PAR1", 12, WEIR_CORRUPT, "footer of 0 bytes");
    check_refused("PAR1\x15\1\0\0\0PARE", 13, WEIR_UNSUPPORTED, "encrypted");
    check_refused("PAR1\x15\xff\xff\xff\xffPAR1", 13, WEIR_CORRUPT, "footer of 4294967295");
    /* A list that declares 2^31 - 1 schema elements. */
    check_refused("PAR1\x15\2\x19\xfc\xff\xff\xff\xff\7\0\x0a\0\0\0PAR1", 22, WEIR_CORRUPT,
                  "2147483647 elements");
}

static void parquet_refuses_nesting_without_end(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    uint8_t *file = weir__alloc(weir_env_default(), DEPTH + 12, NULL);
    assert_non_null(file);
    memcpy(file, "PAR1", 4);
    memset(file + 4, 0xfc, DEPTH); /* field 15 of an unknown struct, within the one before */
    uint32_t bytes = DEPTH;
    memcpy(file + 4 + DEPTH, &bytes, 4);
    memcpy(file + 8 + DEPTH, "PAR1", 4);
    check_refused(file, DEPTH + 12, WEIR_CORRUPT, "nested deeper than 64");
    weir__free(weir_env_default(), file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parquet_reads_flat_columns_when_v1_and_dictionary),
        cmocka_unit_test(parquet_reads_flat_columns_when_v2_and_delta),
        cmocka_unit_test(parquet_reads_nested_columns),
        cmocka_unit_test(parquet_reads_only_columns_asked_for),
        cmocka_unit_test(parquet_skips_pages_when_predicate_rules_them_out),
        cmocka_unit_test(parquet_refuses_files_cut_at_any_length),
        cmocka_unit_test(parquet_survives_every_flipped_byte),
        cmocka_unit_test(parquet_gives_back_memory_when_each_allocation_fails),
        cmocka_unit_test(parquet_inspects_equal_values_when_encodings_differ),
        cmocka_unit_test(parquet_refuses_what_is_no_parquet_file),
        cmocka_unit_test(parquet_refuses_nesting_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
