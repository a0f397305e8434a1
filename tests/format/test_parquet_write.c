/* test_parquet_write.c: files of every kind of column read back equal, the same bytes however
 * batches are cut, and nothing leaked or half-written when an allocation or the sink fails. Other
 * readers are in tests/interop. */
#include "support/batches.h"

#include "format/format.h"

struct collected {
    struct weir__buf bytes;
    int64_t n_writes, fail_at; /* 1-based write that fails; 0 = none */
};

static int collect(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    struct collected *to = ctx;
    if (++to->n_writes == to->fail_at)
        return weir__fail(err, WEIR_IO, "the sink is full");
    return weir__buf_append(&to->bytes, data, n, err);
}

static int bytes_read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    (void)err;
    const struct weir__buf *bytes = ctx;
    assert_true(offset + n <= bytes->len);
    memcpy(buf, bytes->data + offset, n);
    return WEIR_OK;
}

/* Write `batch` cut into pieces of `piece` rows. */
static int write_pieces(const struct weir_env *env, const struct ArrowSchema *schema,
                        const struct ArrowArray *batch, int64_t piece,
                        const struct weir_parquet_write_options *options, struct collected *out,
                        struct weir_error *err)
{
    struct weir_sink sink = {collect, out};
    struct weir_parquet_writer *writer = NULL;
    TRY(weir_parquet_writer_new(env, schema, options, &sink, &writer, err));
    int status = WEIR_OK;
    for (int64_t at = 0; at < batch->length && status == WEIR_OK; at += piece) {
        struct ArrowArray cut = *batch;
        cut.offset += at;
        cut.length = batch->length - at < piece ? batch->length - at : piece;
        status = weir_parquet_writer_write(writer, &cut, err);
    }
    if (status == WEIR_OK)
        status = weir_parquet_writer_finish(writer, NULL, err);
    weir_parquet_writer_free(writer);
    return status;
}

/* Text of element i, looked up in the dictionary when there is one; false = null. */
static bool text_of(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i,
                    struct weir__str *out)
{
    struct weir__view view, values;
    assert_ok(weir__view_make(schema, array, &view, &test_last_error));
    if (weir__view_is_null(&view, i))
        return false;
    if (view.type.is_dictionary) {
        assert_ok(
            weir__view_make(schema->dictionary, array->dictionary, &values, &test_last_error));
        *out = weir__view_bytes(&values, weir__view_index(&view, i));
    } else {
        *out = weir__view_bytes(&view, i);
    }
    return true;
}

/* Views and dictionaries may come back as plain text; everything else comes back as it went in. */
static bool same_value(const struct ArrowSchema *got_schema, const struct ArrowArray *got,
                       int64_t i, const struct ArrowSchema *schema,
                       const struct ArrowArray *expected, int64_t j)
{
    if (strcmp(got_schema->format, schema->format) == 0 && !schema->dictionary)
        return test_same_element(schema, got, i, expected, j);
    struct weir__str left = STR_NULL, right = STR_NULL;
    bool has_left = text_of(got_schema, got, i, &left),
         has_right = text_of(schema, expected, j, &right);
    return has_left == has_right && weir__str_eq(left, right);
}

static void assert_reads_back(const struct weir_env *env, struct weir__buf *bytes,
                              const struct ArrowSchema *schema, const struct ArrowArray *expected)
{
    struct weir_input input = {
        .read_at = bytes_read_at, .size_bytes = bytes->len, .ctx = bytes, .name = "x.parquet"};
    struct weir_parquet_reader *reader = NULL;
    assert_ok(weir_parquet_reader_open(env, &input, NULL, &reader, &test_last_error));
    struct ArrowSchema got_schema = {0};
    assert_ok(weir_parquet_reader_schema(reader, &got_schema, &test_last_error));
    for (int64_t c = 0; c < schema->n_children; c++) {
        bool may_change = schema->children[c]->dictionary || schema->children[c]->format[0] == 'v';
        if (!may_change)
            assert_string_equal(got_schema.children[c]->format, schema->children[c]->format);
    }
    struct ArrowArrayStream rows = {0};
    assert_ok(weir_parquet_reader_scan(reader, NULL, &rows, &test_last_error));
    int64_t at = 0;
    for (;;) {
        struct ArrowArray batch = {0};
        assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
        if (!batch.release)
            break;
        for (int64_t i = 0; i < batch.length; i++, at++)
            for (int64_t c = 0; c < schema->n_children; c++)
                if (!same_value(got_schema.children[c], batch.children[c], batch.offset + i,
                                schema->children[c], expected->children[c], expected->offset + at))
                    fail_msg("column %s, row %d differs", schema->children[c]->name, (int)at);
        weir__array_freep(&batch);
    }
    assert_int_equal(at, expected->length);
    weir__stream_freep(&rows);
    weir__schema_freep(&got_schema);
    weir_parquet_reader_free(reader);
}

struct fixture {
    struct test_env t;
    struct ArrowSchema schema;
    struct ArrowArray batch;
};

static void fixture_make(struct fixture *f, uint64_t seed, int64_t n)
{
    test_env_init(&f->t);
    test_seed(seed);
    test_schema_build(&f->t.env, &f->schema);
    test_batch_build(&f->t.env, &f->schema, n, &f->batch);
}

static void fixture_drop(struct fixture *f)
{
    weir__array_freep(&f->batch);
    weir__schema_freep(&f->schema);
    test_env_check_leaks(&f->t);
}

static const enum weir_compression codecs[] = {WEIR_COMPRESSION_UNCOMPRESSED,
                                               WEIR_COMPRESSION_SNAPPY, WEIR_COMPRESSION_GZIP,
                                               WEIR_COMPRESSION_ZSTD, WEIR_COMPRESSION_LZ4_RAW};

static void parquet_reads_back_equal_for_every_kind_codec_and_page_version(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct fixture f = {0};
        fixture_make(&f, seed, 300);
        struct weir_parquet_write_options options = {
            .compression = codecs[seed % 5],
            .data_page_v2 = seed % 2,
            .compat_v1 = seed == 7,
            .no_dictionary = seed % 3 == 0,
            .row_group_rows = 130,
            .page_rows = 40,
            .page_bytes = seed % 4 == 0 ? 100 : 0,
            .dictionary_bytes = seed % 5 == 0 ? 60 : 0,
        };
        struct collected out = {.bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2)};
        assert_ok(
            write_pieces(&f.t.env, &f.schema, &f.batch, 300, &options, &out, &test_last_error));
        assert_reads_back(&f.t.env, &out.bytes, &f.schema, &f.batch);
        weir__buf_dispose(&out.bytes);
        fixture_drop(&f);
    }
}

static void parquet_bytes_do_not_depend_on_batch_cuts_or_threads(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 5, 400);
    struct weir_parquet_write_options options = {.row_group_rows = 150, .page_rows = 64};
    struct collected whole = {.bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2)};
    assert_ok(write_pieces(&f.t.env, &f.schema, &f.batch, 400, &options, &whole, &test_last_error));
    const int64_t pieces[] = {1, 7, 63, 64, 65, 150, 399};
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        struct collected cut = {.bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2)};
        options.threads = i % 2 ? 8 : 1;
        assert_ok(write_pieces(&f.t.env, &f.schema, &f.batch, pieces[i], &options, &cut,
                               &test_last_error));
        assert_int_equal(cut.bytes.len, whole.bytes.len);
        assert_memory_equal(cut.bytes.data, whole.bytes.data, whole.bytes.len);
        weir__buf_dispose(&cut.bytes);
    }
    weir__buf_dispose(&whole.bytes);
    fixture_drop(&f);
}

static void parquet_without_rows_is_a_whole_file(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 2, 0);
    struct collected out = {.bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2)};
    assert_ok(write_pieces(&f.t.env, &f.schema, &f.batch, 1, NULL, &out, &test_last_error));
    assert_reads_back(&f.t.env, &out.bytes, &f.schema, &f.batch);
    weir__buf_dispose(&out.bytes);
    fixture_drop(&f);
}

static void parquet_writer_leaks_nothing_when_an_allocation_fails(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 3, 60);
    const char *blooms[] = {"c0", "c5"};
    struct weir_parquet_write_options options = {
        .row_group_rows = 25, .page_rows = 10, .bloom_columns = blooms, .n_bloom_columns = 2};
    int status = WEIR_NO_MEMORY;
    for (int64_t k = 1; status != WEIR_OK; k++) {
        struct collected out = {.bytes = weir__buf_make(weir_env_default(), SIZE_MAX / 2)};
        int64_t live = f.t.live_blocks;
        f.t.n_allocations = 0;
        f.t.fail_allocation_at = k;
        status = write_pieces(&f.t.env, &f.schema, &f.batch, 60, &options, &out, NULL);
        f.t.fail_allocation_at = 0;
        assert_int_equal(f.t.live_blocks, live);
        assert_true(status == WEIR_OK || status == WEIR_NO_MEMORY);
        weir__buf_dispose(&out.bytes);
    }
    fixture_drop(&f);
}

static void parquet_writer_reports_the_sinks_failure_at_every_write(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 4, 60);
    struct weir_parquet_write_options options = {.row_group_rows = 25, .page_rows = 10};
    int status = WEIR_IO;
    for (int64_t k = 1; status != WEIR_OK; k++) {
        struct collected out = {.bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2), .fail_at = k};
        status = write_pieces(&f.t.env, &f.schema, &f.batch, 60, &options, &out, &test_last_error);
        assert_true(status == WEIR_OK || status == WEIR_IO);
        weir__buf_dispose(&out.bytes);
    }
    fixture_drop(&f);
}

static void parquet_writer_names_a_column_that_cannot_be_written(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct ArrowSchema schema = {0};
    assert_ok(weir__schema_make(&t.env, "+s", "", false, 1, &schema, &test_last_error));
    assert_ok(
        weir__schema_make(&t.env, "tin", "when", true, 0, schema.children[0], &test_last_error));
    struct collected out = {.bytes = weir__buf_make(&t.env, SIZE_MAX / 2)};
    struct weir_sink sink = {collect, &out};
    struct weir_parquet_writer *writer = NULL;
    assert_int_equal(
        weir_parquet_writer_new(&t.env, &schema, NULL, &sink, &writer, &test_last_error),
        WEIR_UNSUPPORTED);
    assert_non_null(strstr(test_last_error.message, "when"));
    weir__schema_freep(&schema);
    test_env_check_leaks(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parquet_reads_back_equal_for_every_kind_codec_and_page_version),
        cmocka_unit_test(parquet_bytes_do_not_depend_on_batch_cuts_or_threads),
        cmocka_unit_test(parquet_without_rows_is_a_whole_file),
        cmocka_unit_test(parquet_writer_leaks_nothing_when_an_allocation_fails),
        cmocka_unit_test(parquet_writer_reports_the_sinks_failure_at_every_write),
        cmocka_unit_test(parquet_writer_names_a_column_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
