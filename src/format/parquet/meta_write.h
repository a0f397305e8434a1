/* meta_write.h: the structs of meta.h as Thrift bytes. */
#ifndef WEIR_FORMAT_PARQUET_META_WRITE_H
#define WEIR_FORMAT_PARQUET_META_WRITE_H

#include "format/parquet/meta.h"

WEIR_NODISCARD int weir__meta_write_page(const struct parquet_page_header *header,
                                         struct weir__buf *out, struct weir_error *err);
WEIR_NODISCARD int weir__meta_write_file(const struct parquet_file_meta *meta,
                                         struct weir__buf *out, struct weir_error *err);
WEIR_NODISCARD int weir__meta_write_column_index(const struct parquet_column_index *index,
                                                 struct weir__buf *out, struct weir_error *err);
WEIR_NODISCARD int weir__meta_write_offset_index(const struct parquet_offset_index *index,
                                                 struct weir__buf *out, struct weir_error *err);
/* Header of a split-block bloom filter of n_bytes. */
WEIR_NODISCARD int weir__meta_write_bloom(size_t n_bytes, struct weir__buf *out,
                                          struct weir_error *err);

#endif
