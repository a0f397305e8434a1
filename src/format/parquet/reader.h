/* reader.h: an open Parquet file, as scan.c, prune.c and inspect.c see it. */
#ifndef WEIR_FORMAT_PARQUET_READER_H
#define WEIR_FORMAT_PARQUET_READER_H

#include "format/parquet/page.h"

#define WEIR__PARQUET_READER_MAGIC 0x70717264u

struct weir_parquet_reader {
    uint32_t magic;
    const struct weir_env *env;
    struct weir_input input;
    struct weir_parquet_read_options options;
    struct weir__arena arena;
    struct parquet_file_meta meta;
    struct parquet_schema schema;
    struct ArrowSchema origin; /* ARROW:schema decoded; released = none */
    uint64_t footer_offset;    /* column chunks end before it */
    uint32_t footer_bytes;
    int64_t n_rows; /* sum of the row groups */
    struct weir__page_context context;
};

/* Types that only the values can tell: settle.c. */
void weir__parquet_settle(struct weir_parquet_reader *reader);
const char *weir__parquet_name(const struct weir_parquet_reader *reader);
/* Where a chunk lies. Errors: WEIR_CORRUPT for what does not fit the file, WEIR_UNSUPPORTED for
 * chunks that are encrypted or lie in another file. */
WEIR_NODISCARD int weir__parquet_chunk_range(const struct weir_parquet_reader *reader,
                                             const struct parquet_column_chunk *chunk,
                                             uint64_t *out_offset, uint64_t *out_bytes,
                                             struct weir_error *err);
/* n bytes of the file: `*out` is a view of the input's memory or of `*out_block`, which the caller
 * frees. WEIR__SLACK_BYTES behind a block may be read. */
WEIR_NODISCARD int weir__parquet_bytes(const struct weir_parquet_reader *reader, uint64_t offset,
                                       size_t n, const uint8_t **out, uint8_t **out_block,
                                       struct weir_error *err);

#endif
