/* partition.h: rows to partitions: the key of each row, and which rows belong together
 * (spec/table-store.md 18.1). No requests. */
#ifndef WEIR_TABLE_PARTITION_H
#define WEIR_TABLE_PARTITION_H

#include <weir/table.h>

#include "columnar/columnar.h"
#include "table/region.h"

/* How the writer finds keys; everything is borrowed. */
struct weir__partitioner {
    const struct weir_env *env;
    const struct weir_partition_rule *rules; /* one for each part, in order; column is set */
    size_t n_rules;
    const char *const *parts;
    weir_partition_fn *fn; /* instead of rules */
    void *fn_arg;
    bool empty_as_null;
};

/* Some rows of one batch. */
struct weir__piece {
    size_t batch;
    const int64_t *rows; /* NULL = all rows of the batch */
    int64_t n_rows;
};

/* The rows of one partition, in input order. */
struct weir__rows {
    const char *partition;
    struct weir__piece *pieces;
    size_t n_pieces;
    int64_t n_rows;
};

struct weir__input {
    const struct ArrowSchema *schema;
    const struct ArrowArray *batches;
    size_t n_batches;
};

/* Cut the input into partitions, in bytewise order of their keys. Everything in the region.
 * Errors: WEIR_INVALID naming row, part and value. */
WEIR_NODISCARD int weir__partition_group(const struct weir__partitioner *p,
                                         const struct weir__input *input,
                                         struct weir__region *region, struct weir__rows **out,
                                         size_t *out_n, struct weir_error *err);

/* Append the key of one row. */
WEIR_NODISCARD int weir__partition_key(const struct weir__partitioner *p,
                                       const struct ArrowSchema *schema,
                                       const struct ArrowArray *batch, int64_t row,
                                       struct weir__buf *out, struct weir_error *err);

/* All rows as one piece list for a key given by the caller. */
WEIR_NODISCARD int weir__partition_single(const struct weir__input *input, const char *key,
                                          struct weir__region *region, struct weir__rows *out,
                                          struct weir_error *err);

/* A borrowed look at column i of a batch with the offset of the batch folded in. Not to be
 * released by more than its no-op. */
struct ArrowArray weir__borrow_column(const struct ArrowArray *batch, int64_t i);
/* A borrowed look at a whole batch. */
struct ArrowArray weir__borrow(const struct ArrowArray *array);

/* How a column becomes a partition value (or is refused). */
struct weir__value_rule {
    const char *part;
    int64_t column;
    struct weir__type type;
    const char *pattern;    /* strftime; NULL = not a time */
    int64_t per_resolution; /* ticks of the type in one step of the pattern; 0 = group by value */
    int64_t seconds_per_resolution;
};

/* Errors: WEIR_INVALID when the column is missing or its type cannot name a partition. */
WEIR_NODISCARD int weir__value_rule_make(const struct weir_partition_rule *rule,
                                         const struct ArrowSchema *schema,
                                         struct weir__value_rule *out, struct weir_error *err);
/* Append the value of one row (not "part="). */
WEIR_NODISCARD int weir__value_append(const struct weir__value_rule *rule,
                                      const struct ArrowSchema *schema,
                                      const struct ArrowArray *batch, int64_t row,
                                      bool empty_as_null, struct weir__buf *out,
                                      struct weir_error *err);

#endif
