/* stat_bound.h: which statistics may be believed, and in what order values stand (spec/parquet.md
 * 9). */
#ifndef WEIR_FORMAT_PARQUET_STAT_BOUND_H
#define WEIR_FORMAT_PARQUET_STAT_BOUND_H

#include "format/parquet/reader.h"

/* How min and max of a column compare. */
enum weir__stat_order {
    WEIR__STAT_NONE, /* they mean nothing */
    WEIR__STAT_SIGNED,
    WEIR__STAT_UNSIGNED,
    WEIR__STAT_FLOAT,
    WEIR__STAT_HALF,
    WEIR__STAT_BYTES,
    WEIR__STAT_DECIMAL, /* big-endian two's complement of any length */
    WEIR__STAT_BOOLEAN
};

struct weir__stat_bound {
    bool is_known, is_exact;
    struct weir__str value; /* PLAIN bytes, of the leaf's size where it is fixed */
};

enum weir__stat_order weir__stat_order_of(const struct parquet_leaf *leaf);
/* -1, 0, 1 of two PLAIN values of the leaf; both of its size. */
int weir__stat_bound_compare(const struct parquet_leaf *leaf, struct weir__str a,
                             struct weir__str b);
/* Do the leaf's min_value/max_value mean anything in this file (column orders, known bad writers)?
 */
bool weir__stat_bounds_trusted(const struct weir_parquet_reader *reader, size_t leaf);
/* A bound taken from bytes of the file: unknown when of the wrong size or a NaN. */
struct weir__stat_bound weir__stat_bound_of(const struct parquet_leaf *leaf, struct weir__str value,
                                            bool is_exact);
/* Bounds of a chunk, from the new fields or, where they can be believed, the legacy ones. */
void weir__stat_bounds_get(const struct weir_parquet_reader *reader, size_t leaf,
                           const struct parquet_column_chunk *chunk,
                           struct weir__stat_bound *out_min, struct weir__stat_bound *out_max);

#endif
