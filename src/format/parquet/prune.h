/* prune.h: which row groups cannot hold a row that satisfies the predicates (spec/parquet.md 9-11,
 * 13). */
#ifndef WEIR_FORMAT_PARQUET_PRUNE_H
#define WEIR_FORMAT_PARQUET_PRUNE_H

#include "format/parquet/reader.h"

struct weir__pruner;

/* Predicates are copied, their column names and bytes too. Errors: WEIR_NOT_FOUND naming the
 * column. */
WEIR_NODISCARD int weir__pruner_new(const struct weir_parquet_reader *reader,
                                    const struct weir_predicate *predicates, size_t n,
                                    struct weir__pruner **out, struct weir_error *err);
void weir__pruner_free(struct weir__pruner *pruner);
/* false: no row of the group can satisfy all predicates. */
WEIR_NODISCARD int weir__pruner_group(struct weir__pruner *pruner, size_t group, bool *out_may,
                                      struct weir_error *err);

#endif
