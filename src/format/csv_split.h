/* csv_split.h: CSV text into records and fields (RFC 4180).
 *
 * A record ends at LF, CR LF or CR outside quotes. A field that begins with a quote ends at the
 * quote that is not doubled, and only a delimiter or a record end may follow; elsewhere a quote is
 * a character like any other. Blank lines are no records. */
#ifndef WEIR_FORMAT_CSV_SPLIT_H
#define WEIR_FORMAT_CSV_SPLIT_H

#include "format/csv_scan.h"
#include "format/text_read.h"

struct weir__csv_field {
    const uint8_t *data; /* without the quotes */
    uint32_t len;
    bool is_quoted;
    bool has_doubled; /* quotes to be halved */
};

struct weir__csv_split {
    const struct weir__text_settings *settings;
    struct weir__text_window *window;
    weir__csv_scan_fn *scan;
    struct weir__csv_field *fields; /* of the last record */
    size_t n_fields, cap_fields;
    uint32_t *index; /* structural bytes of the piece */
    size_t n_index, cap_index, at_index;
    size_t piece_end;   /* data indexed: [window->begin, piece_end) at first */
    size_t piece_limit; /* piece_end, and the final newline behind the text if it is the last */
    bool is_last;       /* the piece ends where the text ends */
    bool has_bad_bytes; /* the piece may hold invalid UTF-8 or NUL */
    bool is_sampling;   /* do not read on: what is in the window is the sample */
    int64_t row;        /* of the last record; the header is row 0 */
    size_t n_bytes;     /* of the last record */
};

void weir__csv_split_init(struct weir__csv_split *split, const struct weir__text_settings *settings,
                          struct weir__text_window *window);
void weir__csv_split_dispose(struct weir__csv_split *split);
/* Forget the piece after window->begin was set from outside. */
void weir__csv_split_restart(struct weir__csv_split *split, int64_t row);
/* The next record into split->fields, valid until the next call; *out_has false at the end. */
WEIR_NODISCARD int weir__csv_split_next(struct weir__csv_split *split, bool *out_has,
                                        struct weir_error *err);
/* The text of a field; unescaped into scratch when it must be. */
WEIR_NODISCARD int weir__csv_field_text(const struct weir__csv_field *field,
                                        struct weir__buf *scratch, struct weir__str *out,
                                        struct weir_error *err);
/* Copy to `out`, which has room for field->len bytes, halving doubled quotes. Returns the length.
 */
size_t weir__csv_field_copy(const struct weir__csv_field *field, uint8_t *out);

#endif
