/* text_print.h: one value of any Arrow type as text, in the forms of spec/spool.md 7.2 and 7.3.
 *
 * The hard idea: a printer is made once for each column and knows its type; per batch it is bound
 * to an array, per value it costs one switch. Text goes into a buffer that is handed to the sink
 * in large pieces. */
#ifndef WEIR_FORMAT_TEXT_PRINT_H
#define WEIR_FORMAT_TEXT_PRINT_H

#include "columnar/columnar.h"

/* The longest text of a fixed-width value: a decimal256 with 76 zeros behind it. */
#define WEIR__PRINT_ROOM 256
#define WEIR__PRINT_MAX_DEPTH 64

struct weir__printer {
    struct weir__type type;
    struct weir__view view;
    struct weir__printer *children; /* of nested types; of a dictionary: its values */
    int64_t n_children;
    char *key; /* `,"name":`, for a struct's child; 16 bytes may be read from it */
    size_t key_len;
    int64_t day; /* whose text was printed last, in day_text; dates repeat */
    char day_text[16];
    size_t day_len; /* 0: none */
};

/* `schema` must outlive the printer. Errors: WEIR_UNSUPPORTED naming the column. */
WEIR_NODISCARD int weir__printer_init(const struct weir_env *env, const struct ArrowSchema *schema,
                                      struct weir__printer *out, struct weir_error *err);
void weir__printer_dispose(const struct weir_env *env, struct weir__printer *printer);
/* Look at this array from now on. Errors: WEIR_INVALID when it does not fit the schema. */
WEIR_NODISCARD int weir__printer_bind(struct weir__printer *printer,
                                      const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, struct weir_error *err);
bool weir__printer_is_null(const struct weir__printer *printer, int64_t i);

/* Append element i as JSON. is_typed: floating point keeps a point ("95.0"), so that a reader sees
 * the type; spec/spool.md 7.3 wants it without. */
WEIR_NODISCARD int weir__print_json(struct weir__printer *printer, int64_t i, bool is_typed,
                                    struct weir__buf *out, struct weir_error *err);
/* The text of element i, which is not null, of a fixed-width type. Returns its end. */
char *weir__print_plain(struct weir__printer *printer, int64_t i, char *out);

/* Room for n more bytes. */
static inline int weir__print_room(struct weir__buf *out, size_t n, struct weir_error *err)
{
    return LIKELY(out->cap - out->len >= n && out->data) ? WEIR_OK : weir__buf_reserve(out, n, err);
}

#endif
