/* footer.h: Thrift bytes to the structs of meta.h: the footer, page headers, page indexes, bloom
 * filter headers. Strings in the results are views of the input bytes, lists live in the arena. */
#ifndef WEIR_FORMAT_PARQUET_FOOTER_H
#define WEIR_FORMAT_PARQUET_FOOTER_H

#include "format/parquet/arena.h"
#include "format/parquet/meta.h"

WEIR_NODISCARD int weir__footer_read(struct weir__arena *arena, const void *data, size_t n,
                                     struct parquet_file_meta *out, struct weir_error *err);
/* `out_bytes`: where the page's body begins. */
WEIR_NODISCARD int weir__page_header_read(const void *data, size_t n,
                                          struct parquet_page_header *out, size_t *out_bytes,
                                          struct weir_error *err);
WEIR_NODISCARD int weir__column_index_read(struct weir__arena *arena, const void *data, size_t n,
                                           struct parquet_column_index *out,
                                           struct weir_error *err);
WEIR_NODISCARD int weir__offset_index_read(struct weir__arena *arena, const void *data, size_t n,
                                           struct parquet_offset_index *out,
                                           struct weir_error *err);

struct parquet_bloom_header {
    int32_t bitset_bytes;
    int32_t algorithm, hash, compression; /* union member ids; 1 is the only one defined */
};

WEIR_NODISCARD int weir__bloom_header_read(const void *data, size_t n,
                                           struct parquet_bloom_header *out, size_t *out_bytes,
                                           struct weir_error *err);

#endif
