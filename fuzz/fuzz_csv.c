/* fuzz_csv.c: any bytes as CSV. The first byte picks the options, the second the chunks. */
#include "text_cycle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct weir_text_read_options options = {
        .sample_rows = data[0] & 3,
        .no_header = data[0] & 4,
        .all_strings = data[0] & 8,
        .batch_rows = data[0] & 16 ? 2 : 0,
        .max_row_bytes = data[0] & 32 ? 100 : 0,
        .null_text = data[0] & 64 ? "NA" : NULL,
        .delimiter = data[0] & 128 ? ';' : 0,
    };
    cycle_check(WEIR_FORMAT_CSV, &options, data + 2, size - 2, (size_t)data[1] + 1);
    return 0;
}
