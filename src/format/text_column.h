/* text_column.h: one column of a batch being read from text.
 *
 * Not here: what the text means (text_value.h). The hard idea: a value is put at an index, not
 * appended. A column that was not mentioned stays short and is filled with nulls when it is next
 * written or when the batch ends, so that rows cost only what they mention. Buffers are the final
 * Arrow buffers; finishing hands them over without a copy. */
#ifndef WEIR_FORMAT_TEXT_COLUMN_H
#define WEIR_FORMAT_TEXT_COLUMN_H

#include "columnar/columnar.h"

#define WEIR__TEXT_SLACK 64 /* bytes that may be written behind the used part of `bytes` */

struct weir__text_column {
    const struct weir_env *env;
    struct weir__type type;
    const struct ArrowSchema *schema; /* borrowed */
    const char *name;                 /* of the schema */
    size_t name_len;
    struct weir__text_column *parent;
    struct weir__text_column *children;
    int64_t n_children;

    int64_t length, cap, cap_before; /* in elements; cap_before: of the batch before */
    int64_t null_count;
    uint8_t *validity; /* NULL while there are no nulls */
    uint8_t *values;   /* fixed width, bits, or the offsets */
    uint8_t *bytes;    /* of strings and binary */
    size_t n_bytes, cap_bytes, cap_bytes_before;

    /* Finding members by name. */
    uint32_t *table; /* open addressing, child + 1; NULL: few children */
    uint32_t table_mask;
    uint32_t first;    /* child that began the last object */
    uint32_t follower; /* sibling that came after this one last time */
    char *key;         /* `"name":` and padding; NULL when the name needs escapes */
    size_t key_len;

    int64_t day; /* of the date parsed last, whose text is day_text */
    char day_text[10];

    size_t null_bytes; /* what one null costs, children included */
    bool is_nullable;
    bool is_inferred;  /* by a sample, so that text losing its form ("007") does not fit */
    bool is_loose;     /* a string column that takes any JSON value as its text */
    bool has_required; /* some child is not nullable */
};

/* A column for `schema` (borrowed for its life), with its children. */
WEIR_NODISCARD int weir__text_column_init(const struct weir_env *env,
                                          const struct ArrowSchema *schema,
                                          struct weir__text_column *parent,
                                          struct weir__text_column *out, struct weir_error *err);
void weir__text_column_dispose(struct weir__text_column *column);

/* The child of that name, NULL: none. */
struct weir__text_column *weir__text_column_find(const struct weir__text_column *column,
                                                 const char *name, size_t len);
/* "a.b.c" for messages; items of lists are not named. */
void weir__text_column_path(const struct weir__text_column *column, char *out, size_t cap);
/* Rows of one batch: `batch_rows`, or fewer where even rows of nulls would take over 64 MiB. */
int64_t weir__text_rows_a_batch(const struct weir__text_column *root, int64_t batch_rows);

/* The rare part of weir__text_slot. */
WEIR_NODISCARD int weir__text_slot_slow(struct weir__text_column *column, int64_t i,
                                        struct weir_error *err);
WEIR_NODISCARD int weir__text_null(struct weir__text_column *column, int64_t i,
                                   struct weir_error *err);
WEIR_NODISCARD int weir__text_bytes_slow(struct weir__text_column *column, size_t n,
                                         struct weir_error *err);

/* Make element i (not before the end of the column) the last one and valid; its value is the
 * caller's to write. */
static inline int weir__text_slot(struct weir__text_column *column, int64_t i,
                                  struct weir_error *err)
{
    if (UNLIKELY(column->length != i || i >= column->cap))
        return weir__text_slot_slow(column, i, err);
    column->length = i + 1;
    if (column->validity)
        weir__bit_set(column->validity, i);
    return WEIR_OK;
}

/* Room for n more bytes and the slack. */
static inline int weir__text_bytes_room(struct weir__text_column *column, size_t n,
                                        struct weir_error *err)
{
    if (UNLIKELY(column->cap_bytes - column->n_bytes < n + WEIR__TEXT_SLACK || !column->bytes))
        return weir__text_bytes_slow(column, n, err);
    return WEIR_OK;
}

/* After the bytes of element i: its end offset. */
static inline void weir__text_bytes_end(struct weir__text_column *column, int64_t i)
{
    if (LIKELY(column->type.kind == WEIR__KIND_STRING || column->type.kind == WEIR__KIND_BINARY)) {
        ((int32_t *)(void *)column->values)[i + 1] = (int32_t)column->n_bytes;
    } else {
        ((int64_t *)(void *)column->values)[i + 1] = (int64_t)column->n_bytes;
    }
}

static inline void weir__text_put_i64(struct weir__text_column *column, int64_t i, int64_t value)
{
    ((int64_t *)(void *)column->values)[i] = value;
}

static inline void weir__text_put_f64(struct weir__text_column *column, int64_t i, double value)
{
    ((double *)(void *)column->values)[i] = value;
}

static inline void weir__text_put_bool(struct weir__text_column *column, int64_t i, bool value)
{
    if (value) {
        weir__bit_set(column->values, i);
    } else {
        weir__bit_clear(column->values, i);
    }
}

/* After the items of list or map element i: its end offset. */
void weir__text_list_end(struct weir__text_column *column, int64_t i);
/* Append nulls up to `length`. */
WEIR_NODISCARD int weir__text_pad(struct weir__text_column *column, int64_t length,
                                  struct weir_error *err);
/* The column so far, as long as `length`; it starts again empty. */
WEIR_NODISCARD int weir__text_column_finish(struct weir__text_column *column, int64_t length,
                                            struct ArrowArray *out, struct weir_error *err);

#endif
