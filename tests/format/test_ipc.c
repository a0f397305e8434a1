/* test_ipc.c: Arrow IPC streams and files of every kind read back equal; damaged bytes give an
 * error or valid rows, never more; nothing leaks when an allocation fails. */
#include "support/batches.h"

#include "format/format.h"

static int collect(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    return weir__buf_append(ctx, data, n, err);
}

static int bytes_read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    (void)err;
    const struct weir__buf *bytes = ctx;
    assert_true(offset + n <= bytes->len);
    memcpy(buf, bytes->data + offset, n);
    return WEIR_OK;
}

struct in_memory {
    const struct weir__buf *bytes;
    size_t at, step;
};

static int bytes_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    (void)err;
    struct in_memory *from = ctx;
    size_t left = from->bytes->len - from->at;
    size_t n = left < cap ? left : cap;
    n = n < from->step ? n : from->step;
    if (n)
        memcpy(buf, from->bytes->data + from->at, n);
    from->at += n;
    *out_got = n;
    return WEIR_OK;
}

static int ipc_write(const struct weir_env *env, const struct ArrowSchema *schema,
                     const struct ArrowArray *batch, int64_t piece, enum weir_compression codec,
                     bool is_file, struct weir__buf *out, struct weir_error *err)
{
    const struct weir__rows_writer_ops *ops;
    void *ctx;
    struct weir_sink sink = {collect, out};
    TRY(weir__ipc_writer_new(env, schema, codec, is_file, &sink, &ops, &ctx, err));
    int status = WEIR_OK;
    for (int64_t at = 0; at < batch->length && status == WEIR_OK; at += piece) {
        struct ArrowArray cut = *batch;
        cut.offset += at;
        cut.length = batch->length - at < piece ? batch->length - at : piece;
        status = ops->write(ctx, &cut, err);
    }
    if (status == WEIR_OK)
        status = ops->finish(ctx, err);
    ops->free(ctx);
    return status;
}

/* All rows of a stream, compared with `expected` when it is given. */
static int drain(struct ArrowArrayStream *rows, const struct ArrowSchema *schema,
                 const struct ArrowArray *expected, int64_t *out_rows, struct weir_error *err)
{
    *out_rows = 0;
    for (;;) {
        AUTO(array) struct ArrowArray batch = {0};
        TRY(weir__stream_next(rows, &batch, err));
        if (!batch.release)
            return WEIR_OK;
        for (int64_t i = 0; expected && i < batch.length; i++)
            for (int64_t c = 0; c < schema->n_children; c++)
                assert_true(test_same_element(schema->children[c], batch.children[c],
                                              batch.offset + i, expected->children[c],
                                              expected->offset + *out_rows + i));
        *out_rows += batch.length;
    }
}

static int read_stream(const struct weir_env *env, const struct weir__buf *bytes, size_t step,
                       const struct ArrowSchema *schema, const struct ArrowArray *expected,
                       int64_t *out_rows, struct weir_error *err)
{
    struct in_memory from = {bytes, 0, step};
    struct weir_source source = {bytes_read, NULL, &from};
    AUTO(stream) struct ArrowArrayStream rows = {0};
    TRY(weir_ipc_read_stream(env, &source, "x", &rows, err));
    return drain(&rows, schema, expected, out_rows, err);
}

static int read_file(const struct weir_env *env, struct weir__buf *bytes,
                     const struct ArrowSchema *schema, const struct ArrowArray *expected,
                     int64_t *out_rows, struct weir_error *err)
{
    struct weir_input input = {
        .read_at = bytes_read_at, .size_bytes = bytes->len, .ctx = bytes, .name = "x"};
    AUTO(stream) struct ArrowArrayStream rows = {0};
    TRY(weir_ipc_read_file(env, &input, &rows, err));
    return drain(&rows, schema, expected, out_rows, err);
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
                                               WEIR_COMPRESSION_LZ4_RAW, WEIR_COMPRESSION_ZSTD};

static void ipc_stream_reads_back_equal_whatever_the_source_delivers(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 9; seed++) {
        struct fixture f = {0};
        fixture_make(&f, seed, 150);
        struct weir__buf bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2);
        assert_ok(ipc_write(&f.t.env, &f.schema, &f.batch, 40, codecs[seed % 3], false, &bytes,
                            &test_last_error));
        int64_t n = 0;
        assert_ok(read_stream(&f.t.env, &bytes, seed == 1 ? 1 : 777, &f.schema, &f.batch, &n,
                              &test_last_error));
        assert_int_equal(n, 150);
        weir__buf_dispose(&bytes);
        fixture_drop(&f);
    }
}

static void ipc_file_reads_back_equal_with_dictionaries_as_values(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct fixture f = {0};
        fixture_make(&f, seed, 150);
        /* the last column is the dictionary: files hold its values */
        f.schema.n_children--;
        f.batch.n_children--;
        struct weir__buf bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2);
        assert_ok(ipc_write(&f.t.env, &f.schema, &f.batch, 70, codecs[seed % 3], true, &bytes,
                            &test_last_error));
        int64_t n = 0;
        assert_ok(read_file(&f.t.env, &bytes, &f.schema, &f.batch, &n, &test_last_error));
        assert_int_equal(n, 150);
        weir__buf_dispose(&bytes);
        f.schema.n_children++;
        f.batch.n_children++;
        fixture_drop(&f);
    }
}

static void ipc_refuses_every_cut_and_survives_every_flipped_byte(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 2, 12);
    for (int is_file = 0; is_file < 2; is_file++) {
        struct weir__buf bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2);
        assert_ok(ipc_write(&f.t.env, &f.schema, &f.batch, 12, codecs[0], is_file, &bytes,
                            &test_last_error));
        size_t whole = bytes.len;
        for (size_t i = 0; i < whole; i++) {
            int64_t n;
            bytes.data[i] ^= 0x55;
            int status = is_file ? read_file(&f.t.env, &bytes, &f.schema, NULL, &n, NULL)
                                 : read_stream(&f.t.env, &bytes, 4096, &f.schema, NULL, &n, NULL);
            assert_true(status == WEIR_OK || status == WEIR_CORRUPT || status == WEIR_UNSUPPORTED ||
                        status == WEIR_INVALID);
            bytes.data[i] ^= 0x55;
        }
        for (size_t cut = 0; is_file && cut < whole; cut += 13) {
            int64_t n;
            bytes.len = cut;
            assert_int_not_equal(read_file(&f.t.env, &bytes, &f.schema, NULL, &n, NULL), WEIR_OK);
        }
        bytes.len = whole;
        weir__buf_dispose(&bytes);
    }
    fixture_drop(&f);
}

static void ipc_leaks_nothing_when_an_allocation_fails(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 3, 20);
    int status = WEIR_NO_MEMORY;
    for (int64_t k = 1; status != WEIR_OK; k++) {
        struct weir__buf bytes = weir__buf_make(weir_env_default(), SIZE_MAX / 2);
        int64_t live = f.t.live_blocks, n;
        f.t.n_allocations = 0;
        f.t.fail_allocation_at = k;
        status = ipc_write(&f.t.env, &f.schema, &f.batch, 20, codecs[1], false, &bytes, NULL);
        if (status == WEIR_OK)
            status = read_stream(&f.t.env, &bytes, 4096, &f.schema, NULL, &n, NULL);
        f.t.fail_allocation_at = 0;
        assert_int_equal(f.t.live_blocks, live);
        assert_true(status == WEIR_OK || status == WEIR_NO_MEMORY);
        weir__buf_dispose(&bytes);
    }
    fixture_drop(&f);
}

static void ipc_schema_survives_both_ways(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 1, 0);
    struct weir__buf bytes = weir__buf_make(&f.t.env, SIZE_MAX / 2);
    struct ArrowSchema back = {0};
    assert_ok(weir__ipc_schema_encode(&f.t.env, &f.schema, &bytes, &test_last_error));
    assert_ok(weir__ipc_schema_decode(&f.t.env, bytes.data, bytes.len, &back, &test_last_error));
    assert_true(weir__schema_equal(&f.schema, &back));
    weir__schema_freep(&back);
    weir__buf_dispose(&bytes);
    fixture_drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipc_stream_reads_back_equal_whatever_the_source_delivers),
        cmocka_unit_test(ipc_file_reads_back_equal_with_dictionaries_as_values),
        cmocka_unit_test(ipc_refuses_every_cut_and_survives_every_flipped_byte),
        cmocka_unit_test(ipc_leaks_nothing_when_an_allocation_fails),
        cmocka_unit_test(ipc_schema_survives_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
