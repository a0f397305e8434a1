/* leaf_values.h: the physical values of one leaf, straight from its pages, without nulls and
 * without Arrow: for inspect and for looking ahead. */
#ifndef WEIR_FORMAT_PARQUET_LEAF_VALUES_H
#define WEIR_FORMAT_PARQUET_LEAF_VALUES_H

#include "format/parquet/reader.h"

struct weir__leaf_block {
    size_t n_entries, n;  /* level entries; values among them */
    const uint8_t *fixed; /* n values of the leaf's physical size (booleans: a byte each) */
    const struct weir__bytes *bytes; /* or n byte arrays */
};

typedef int weir__leaf_sink(void *ctx, const struct weir__leaf_block *block,
                            struct weir_error *err);

/* All blocks of one leaf in one row group, in order. Errors: as a scan, and the sink's. */
WEIR_NODISCARD int weir__leaf_values(struct weir_parquet_reader *reader, size_t group, size_t leaf,
                                     weir__leaf_sink *sink, void *ctx, struct weir_error *err);

#endif
