/* fuzz_parquet_file.c: a whole Parquet file from hostile bytes: open, every row in small and in
 * large batches, inspect. Whatever is delivered must be a valid Arrow batch. */
#include "format/format.h"

#include <stdlib.h>

#define MAX_INPUT_BYTES ((size_t)1 << 20)
#define MAX_ROWS 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int no_read(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    (void)ctx;
    (void)offset;
    (void)buf;
    (void)n;
    return weir__fail(err, WEIR_IO, "all bytes are in memory");
}

static int drop(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    (void)ctx;
    (void)buf;
    (void)n;
    (void)err;
    return WEIR_OK;
}

static void read_rows(struct weir_parquet_reader *reader, int64_t batch_rows)
{
    struct weir_parquet_scan_options options = {.batch_rows = batch_rows};
    struct ArrowArrayStream rows AUTO(stream) = {.release = NULL};
    struct ArrowSchema schema AUTO(schema) = {.release = NULL};
    struct weir_error err = WEIR_ERROR_INIT;
    if (weir_parquet_reader_scan(reader, &options, &rows, &err) != WEIR_OK ||
        weir__stream_schema(&rows, &schema, &err) != WEIR_OK)
        return;
    int64_t n = 0;
    for (;;) {
        struct ArrowArray batch AUTO(array) = {.release = NULL};
        if (weir__stream_next(&rows, &batch, &err) != WEIR_OK || !batch.release)
            return;
        if (weir_batch_validate(&schema, &batch, &err) != WEIR_OK)
            abort();
        n += batch.length;
        if (n > MAX_ROWS)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MAX_INPUT_BYTES)
        return 0;
    /* A block of its own: a read past its end is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    struct weir_input input = {no_read, size, NULL, "fuzz", copy};
    struct weir_parquet_read_options options = {.no_verify_crc = true,
                                                .max_page_bytes = (int64_t)4 << 20};
    struct weir_parquet_reader *reader = NULL;
    struct weir_error err = WEIR_ERROR_INIT;
    if (weir_parquet_reader_open(weir_env_default(), &input, &options, &reader, &err) == WEIR_OK &&
        weir_parquet_reader_rows(reader) <= MAX_ROWS) {
        struct weir_sink sink = {drop, NULL};
        struct weir_parquet_inspect_options inspect = {.as_json = true, .with_values = true};
        read_rows(reader, 0);
        read_rows(reader, 7);
        int answer = weir_parquet_inspect(reader, &inspect, &sink, &err);
        (void)answer; /* any will do */
    }
    weir_parquet_reader_free(reader);
    free(copy);
    return 0;
}
