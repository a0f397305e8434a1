/* fuzz_ndjson.c: any bytes as NDJSON. The first byte picks the options, the second the chunks. */
#include "text_cycle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct weir_text_read_options options = {
        .sample_rows = data[0] & 3,
        .ignore_unknown = data[0] & 4,
        .no_timestamps = data[0] & 8,
        .batch_rows = data[0] & 16 ? 2 : 0,
        .max_row_bytes = data[0] & 32 ? 100 : 0,
        .sample_bytes = data[0] & 64 ? 50 : 0,
    };
    cycle_check(WEIR_FORMAT_NDJSON, &options, data + 2, size - 2, (size_t)data[1] + 1);
    return 0;
}
