/* kernels.h: whole-batch operations. Inputs are borrowed, outputs belong to the caller; results
 * depend on nothing but the inputs (no addresses, no hash order), so the same rows give the same
 * bytes. */
#ifndef WEIR_COLUMNAR_KERNELS_H
#define WEIR_COLUMNAR_KERNELS_H

#include "columnar/array.h"

/* Rows `indices[0..n)` of `array`; index -1 gives null. Works on any type, struct batches included.
 */
WEIR_NODISCARD int weir__take(const struct weir_env *env, const struct ArrowSchema *schema,
                              const struct ArrowArray *array, const int64_t *indices, int64_t n,
                              struct ArrowArray *out, struct weir_error *err);
/* Rows [offset, offset + n), copied. */
WEIR_NODISCARD int weir__slice(const struct weir_env *env, const struct ArrowSchema *schema,
                               const struct ArrowArray *array, int64_t offset, int64_t n,
                               struct ArrowArray *out, struct weir_error *err);
/* One array of all rows in order. n_arrays 0 gives an empty array. */
WEIR_NODISCARD int weir__concat(const struct weir_env *env, const struct ArrowSchema *schema,
                                const struct ArrowArray *const *arrays, size_t n_arrays,
                                struct ArrowArray *out, struct weir_error *err);
/* Rows whose bit in `keep` is one (bit i = row i). */
WEIR_NODISCARD int weir__filter(const struct weir_env *env, const struct ArrowSchema *schema,
                                const struct ArrowArray *array, const uint8_t *keep,
                                struct ArrowArray *out, struct weir_error *err);

struct weir__sort_key {
    int64_t column; /* of the struct batch */
    bool is_descending;
    bool nulls_last; /* default: nulls first */
};

/* Order of spec/table-store.md 18.1: integers and dates numerically, strings and binary bytewise,
 * booleans false < true, floats by total order; dictionaries by value. Stable. `out_indices` has
 * room for batch->length entries. */
WEIR_NODISCARD int weir__sort(const struct weir_env *env, const struct ArrowSchema *schema,
                              const struct ArrowArray *batch, const struct weir__sort_key *keys,
                              size_t n_keys, int64_t *out_indices, struct weir_error *err);
/* -1, 0, 1 for rows i of batch a and j of batch b in that order; both have `schema`. */
WEIR_NODISCARD int weir__compare_rows(const struct ArrowSchema *schema, const struct ArrowArray *a,
                                      int64_t i, const struct ArrowArray *b, int64_t j,
                                      const struct weir__sort_key *keys, size_t n_keys, int *out,
                                      struct weir_error *err);

/* Group rows by equal values of `columns` (null equals null, -0.0 equals 0.0, NaN equals NaN).
 * Groups are numbered by first appearance. out_groups[row] = group; out_first (caller frees with
 * weir__free) = first row of each group. */
WEIR_NODISCARD int weir__group_by(const struct weir_env *env, const struct ArrowSchema *schema,
                                  const struct ArrowArray *batch, const int64_t *columns,
                                  size_t n_columns, int64_t *out_groups, int64_t **out_first,
                                  int64_t *out_n_groups, struct weir_error *err);

enum weir__dedup_mode {
    WEIR__DEDUP_LATEST, /* per entity the row with the highest version; ties: the later row */
    WEIR__DEDUP_REPLICA /* rows equal in entity and version collapse to the first */
};

/* Rows that survive, in (entity ascending, version ascending) order, stable: spec/table-store.md 9.
 * The version column is an integer, date or timestamp; null is lowest. out_rows has room for
 * batch->length. */
WEIR_NODISCARD int weir__dedup(const struct weir_env *env, const struct ArrowSchema *schema,
                               const struct ArrowArray *batch, const int64_t *entity_columns,
                               size_t n_entity, int64_t version_column, enum weir__dedup_mode mode,
                               int64_t *out_rows, int64_t *out_n, struct weir_error *err);

/* Convert an array to another schema of the same shape: the lossless widenings of
 * spec/table-store.md 7.4. Errors: WEIR_UNSUPPORTED naming column and both types. */
WEIR_NODISCARD int weir__cast(const struct weir_env *env, const struct ArrowSchema *from_schema,
                              const struct ArrowArray *from, const struct ArrowSchema *to_schema,
                              struct ArrowArray *out, struct weir_error *err);

#endif
