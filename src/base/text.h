/* text.h: numbers and sizes to and from text, without the locale. Parsers consume the whole input
 * or fail. */
#ifndef WEIR_BASE_TEXT_H
#define WEIR_BASE_TEXT_H

#include "base/bytes.h"

/* false: not a number of that type, or out of range. */
bool weir__parse_i64(struct weir__str text, int64_t *out);
bool weir__parse_u64(struct weir__str text, uint64_t *out);
bool weir__parse_f64(struct weir__str text,
                     double *out); /* correctly rounded; accepts inf, nan forms */

#define WEIR__I64_TEXT_BYTES 21
#define WEIR__F64_TEXT_BYTES 32
size_t weir__format_i64(int64_t value, char out[WEIR__I64_TEXT_BYTES]); /* length, no NUL */
size_t weir__format_u64(uint64_t value, char out[WEIR__I64_TEXT_BYTES]);
/* Shortest that reads back equal; plain for decimal exponents -4..20, else d.ddde+XX; "NaN",
 * "+Inf", "-Inf", "-0". */
size_t weir__format_f64(double value, char out[WEIR__F64_TEXT_BYTES]);
size_t weir__format_f32(float value, char out[WEIR__F64_TEXT_BYTES]);

/* "64MiB", "1GiB", "10MB", "4096", "1.5GiB" -> bytes. */
WEIR_NODISCARD int weir__size_parse(struct weir__str text, uint64_t *out, struct weir_error *err);
WEIR_NODISCARD int weir__base64_encode(const void *data, size_t n, struct weir__buf *out,
                                       struct weir_error *err);
WEIR_NODISCARD int weir__base64_decode(struct weir__str text, struct weir__buf *out,
                                       struct weir_error *err);

#endif
