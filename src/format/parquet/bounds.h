/* bounds.h: smallest and largest value of a page or chunk, in the order of the column
 * (spec/parquet.md 9). */
#ifndef WEIR_FORMAT_PARQUET_BOUNDS_H
#define WEIR_FORMAT_PARQUET_BOUNDS_H

#include "format/parquet/shred.h"

/* Both ends as PLAIN bytes without a length prefix; owns its buffers. */
struct weir__bounds {
    bool is_set;
    int64_t n_nans;
    struct weir__buf min, max;
};

struct weir__bounds weir__bounds_make(const struct weir_env *env);
void weir__bounds_dispose(struct weir__bounds *bounds);
void weir__bounds_clear(struct weir__bounds *bounds);
/* Take the values in. NaNs are counted, never a bound. */
WEIR_NODISCARD int weir__bounds_add(struct weir__bounds *bounds,
                                    const struct weir__write_leaf *leaf,
                                    const struct weir__page_values *values, struct weir_error *err);
WEIR_NODISCARD int weir__bounds_merge(struct weir__bounds *bounds,
                                      const struct weir__write_leaf *leaf,
                                      const struct weir__bounds *other, struct weir_error *err);
/* Order of two bounds of the leaf's type. */
int weir__bound_compare(const struct weir__write_leaf *leaf, struct weir__str a,
                        struct weir__str b);
/* What goes into the file: cut to max_bytes where the order allows. *out_is_exact false when cut.
 */
WEIR_NODISCARD int weir__bound_min_cut(const struct weir__write_leaf *leaf, struct weir__str bound,
                                       size_t max_bytes, struct weir__buf *out, bool *out_is_exact,
                                       struct weir_error *err);
WEIR_NODISCARD int weir__bound_max_cut(const struct weir__write_leaf *leaf, struct weir__str bound,
                                       size_t max_bytes, struct weir__buf *out, bool *out_is_exact,
                                       struct weir_error *err);

#endif
