/* text_value.h: what the text of one value means, for CSV cells and JSON strings and numbers.
 *
 * The texts are those of spec/spool.md 7.2, which the writers print (text_print.h). */
#ifndef WEIR_FORMAT_TEXT_VALUE_H
#define WEIR_FORMAT_TEXT_VALUE_H

#include "format/text_column.h"

/* Returned besides the usual status codes when text does not fit the column; `err` is not filled,
 * because only the caller knows row and file. */
#define WEIR__TEXT_MISFIT (-1)

/* Put the value that `text` means as element i of a column that is not nested. */
WEIR_NODISCARD int weir__text_put(struct weir__text_column *column, int64_t i,
                                  struct weir__str text, struct weir_error *err);
/* The bytes themselves, for string columns; element i was made by weir__text_slot. */
WEIR_NODISCARD int weir__text_put_bytes(struct weir__text_column *column, int64_t i,
                                        struct weir__str text, struct weir_error *err);

/* "true", "True", "TRUE" and so for false. */
bool weir__text_bool(struct weir__str text, bool *out);
/* Decimal without a needless leading zero, which codes such as "007" have and numbers have not. */
bool weir__text_has_plain_digits(struct weir__str text);

/* The common shapes of numbers and times, read without a detour; false: let weir__text_put decide.
 * The bytes need not be readable behind the text. Element i has its slot. */
bool weir__text_short_i64(struct weir__str text, int64_t *out);
bool weir__text_short_f64(struct weir__str text, double *out);

/* Fill `err` with `NAME: row R: column C: "TEXT" is not an int64`. */
int weir__text_fail_misfit(const struct weir__text_column *column, const char *name, int64_t row,
                           struct weir__str text, struct weir_error *err);
/* Text for a message: at most 40 bytes on one line, whole characters. `out` has 64 bytes. */
const char *weir__text_shown(struct weir__str text, char *out);

#endif
