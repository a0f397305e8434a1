/* prune.h: which rows of a row group may satisfy the predicates, told from statistics, page index,
 * bloom filter and dictionary, in this order (spec/parquet.md 9-11, 13). */
#ifndef WEIR_FORMAT_PARQUET_PRUNE_H
#define WEIR_FORMAT_PARQUET_PRUNE_H

#include "format/parquet/stat_bound.h"

struct weir__row_range {
    int64_t begin, end; /* rows of the row group */
};

/* One predicate, tied to the leaf it is about. */
struct weir__condition {
    enum weir_compare compare;
    const struct parquet_leaf *leaf; /* NULL: nothing can be told (nested column, other type) */
    size_t leaf_index;
    int64_t i;
    double f;
    struct weir__str bytes;
};

/* What is known about some values: of a chunk or of a page. */
struct weir__value_facts {
    struct weir__stat_bound min, max;
    bool is_all_null; /* known to hold nothing but nulls */
    bool has_no_null; /* known to hold none */
    bool has_no_nan;
};

/* false: no such value satisfies the condition. */
bool weir__condition_may(const struct weir__condition *condition,
                         const struct weir__value_facts *facts);
/* The condition's value as PLAIN bytes of its leaf, into out[8] or a view of the bytes; false when
 * the column cannot hold it as it is. */
bool weir__condition_plain(const struct weir__condition *condition, uint8_t out[8],
                           struct weir__str *out_value);
/* -1, 0, 1: a PLAIN value of the condition's leaf against the condition's value. */
int weir__condition_compare(const struct weir__condition *condition, struct weir__str value);

/* Bloom filter, then dictionary, for equality: false when the value is surely not in the chunk.
 * What cannot be read or understood tells nothing. */
bool weir__chunk_may_hold(struct weir_parquet_reader *reader,
                          const struct weir__condition *condition,
                          const struct parquet_column_chunk *chunk);
/* Is a value with this hash in a split-block filter of n bytes (a multiple of 32)? */
bool weir__bloom_may_hold(const uint8_t *bits, size_t n, uint64_t hash);

struct weir__pruner;

/* Predicates are copied with their bytes. Errors: WEIR_NOT_FOUND naming the column. */
WEIR_NODISCARD int weir__pruner_new(struct weir_parquet_reader *reader,
                                    const struct weir_predicate *predicates, size_t n,
                                    struct weir__pruner **out, struct weir_error *err);
void weir__pruner_free(struct weir__pruner *pruner);
/* The ranges of rows to read, ascending and apart; none: skip the group. They live until the next
 * call. */
WEIR_NODISCARD int weir__pruner_group(struct weir__pruner *pruner, size_t group,
                                      const struct weir__row_range **out, size_t *out_n,
                                      struct weir_error *err);

#endif
