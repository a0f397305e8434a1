/* csv_infer.h: column types of CSV from its first records. */
#ifndef WEIR_FORMAT_CSV_INFER_H
#define WEIR_FORMAT_CSV_INFER_H

#include "format/csv_split.h"

/* Look at the records in the window; `root` has a member for each column. Nothing is consumed. */
WEIR_NODISCARD int weir__csv_infer(struct weir__csv_split *split, struct weir__infer *root,
                                   struct weir_error *err);
/* The empty cell without quotes, or the text that means null. */
bool weir__csv_field_is_null(const struct weir__text_settings *settings,
                             const struct weir__csv_field *field);
/* `NAME: row R: 3 fields, not 4`. */
int weir__csv_fail_fields(const struct weir__csv_split *split, size_t wanted,
                          struct weir_error *err);

#endif
