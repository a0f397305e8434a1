/* fuzz_ipc.c: Arrow IPC as a file and as a stream; batches that pass are valid by
 * weir_batch_validate. */
#include "format/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *data;
    size_t n, at;
};

static int read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    const struct bytes *bytes = ctx;
    (void)err;
    ASSERT(offset <= bytes->n && n <= bytes->n - offset);
    memcpy(buf, bytes->data + offset, n);
    return WEIR_OK;
}

static int read_next(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct bytes *bytes = ctx;
    (void)err;
    size_t left = bytes->n - bytes->at;
    *out_got = left < cap ? left : cap;
    if (*out_got)
        memcpy(buf, bytes->data + bytes->at, *out_got);
    bytes->at += *out_got;
    return WEIR_OK;
}

static void drain(struct ArrowArrayStream *rows)
{
    struct ArrowSchema schema = {0};
    if (weir__stream_schema(rows, &schema, NULL) == WEIR_OK) {
        struct ArrowArray batch = {0};
        while (weir__stream_next(rows, &batch, NULL) == WEIR_OK && batch.release) {
            ASSERT(weir_batch_validate(&schema, &batch, NULL) == WEIR_OK);
            weir__array_freep(&batch);
        }
    }
    weir__schema_freep(&schema);
    weir__stream_freep(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size, 0};
    struct weir_input input = {.read_at = read_at, .size_bytes = size, .ctx = &bytes, .name = "x"};
    struct weir_source source = {read_next, NULL, &bytes};
    struct ArrowArrayStream rows = {0};
    if (weir_ipc_read_file(weir_env_default(), &input, &rows, NULL) == WEIR_OK)
        drain(&rows);
    bytes.at = 0;
    rows = (struct ArrowArrayStream){0};
    if (weir_ipc_read_stream(weir_env_default(), &source, "x", &rows, NULL) == WEIR_OK)
        drain(&rows);
    struct ArrowSchema schema = {0};
    if (weir__ipc_schema_decode(weir_env_default(), data, size, &schema, NULL) == WEIR_OK)
        weir__schema_freep(&schema);
    return 0;
}
