/* text_float.h: the parts of reading a floating point number; private to base. */
#ifndef WEIR_BASE_TEXT_FLOAT_H
#define WEIR_BASE_TEXT_FLOAT_H

#include "base/bytes.h"

/* digits x 10^exponent, as read from text. */
struct weir__decimal {
    uint64_t digits;  /* the first 19 significant ones */
    int64_t exponent; /* of ten, for `digits` */
    int64_t suffix;   /* what stood behind "e" */
    bool is_negative;
    bool is_cut;           /* more than 19: the value is between digits and digits + 1 */
    struct weir__str text; /* the digits with their point, for weir__decimal_against_half */
};

/* Is the number more than (1) half-way from the double `low` to the next above, less (-1), or
 * exactly half-way (0)? Exact, slow. */
int weir__decimal_against_half(const struct weir__decimal *d, double low);

#endif
