/* text_read.h: what the readers of CSV and NDJSON share: options with their defaults filled in, and
 * the rows of the sample. */
#ifndef WEIR_FORMAT_TEXT_READ_H
#define WEIR_FORMAT_TEXT_READ_H

#include <weir/format.h>

#include "format/text_column.h"
#include "format/text_infer.h"
#include "format/text_window.h"

#define WEIR__TEXT_MAX_ROW_BYTES (INT64_C(1) << 30) /* offsets of a batch stay within 31 bits */

struct weir__text_settings {
    const struct weir_env *env;
    char *name; /* for messages */
    int64_t sample_rows, sample_bytes;
    int64_t batch_rows, batch_bytes;
    int64_t max_row_bytes;
    char *null_text; /* NULL: none */
    size_t null_text_len;
    bool ignore_unknown, all_strings, no_timestamps, no_header, has_schema;
    uint8_t delimiter;
};

/* Defaults for zeros. Errors: WEIR_INVALID naming the option. */
WEIR_NODISCARD int weir__text_settings_init(const struct weir_env *env,
                                            const struct weir_text_read_options *options,
                                            struct weir__text_settings *out,
                                            struct weir_error *err);
void weir__text_settings_dispose(struct weir__text_settings *settings);

/* Read on until the sample is in the window, or the source ends, and step over a byte order mark.
 * The steps are fixed, so that the sample does not depend on how the source cuts. */
WEIR_NODISCARD int weir__text_fill_sample(const struct weir__text_settings *settings,
                                          struct weir__text_window *window, struct weir_error *err);
/* Infer the schema of NDJSON from the beginning of the window; nothing is consumed. */
WEIR_NODISCARD int weir__ndjson_infer(const struct weir__text_settings *settings,
                                      struct weir__text_window *window, struct weir__infer **out,
                                      struct weir_error *err);

/* `NAME: row R: byte B: PROBLEM`. */
int weir__text_fail_syntax(const struct weir__text_settings *settings, int64_t row, size_t byte,
                           const char *problem, struct weir_error *err);
int weir__text_fail_long(const struct weir__text_settings *settings, int64_t row,
                         struct weir_error *err);

#endif
