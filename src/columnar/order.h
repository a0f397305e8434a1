/* order.h: comparing values of one column; private to columnar. */
#ifndef WEIR_COLUMNAR_ORDER_H
#define WEIR_COLUMNAR_ORDER_H

#include "columnar/array.h"

/* A column ready to be compared: its view and, for dictionaries, the view of the values. */
struct weir__ordered {
    struct weir__view view;
    struct weir__view values;
};

/* Errors: WEIR_UNSUPPORTED for nested columns and intervals. */
WEIR_NODISCARD int weir__ordered_make(const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, struct weir__ordered *out,
                                      struct weir_error *err);
bool weir__ordered_is_null(const struct weir__ordered *column, int64_t i);
/* Order of two non-null values, of the same or of two columns of one type. */
int weir__ordered_compare(const struct weir__ordered *a, int64_t i, const struct weir__ordered *b,
                          int64_t j);
/* Equal values have equal hashes; null has its own. -0.0 counts as 0.0, all NaNs as one. */
uint64_t weir__ordered_hash(const struct weir__ordered *column, int64_t i);
/* Equality in that sense; null equals null. */
bool weir__ordered_equal(const struct weir__ordered *a, int64_t i, const struct weir__ordered *b,
                         int64_t j);

#endif
