/* shred.h: rows of a batch as the levels and values of one leaf. */
#ifndef WEIR_FORMAT_PARQUET_SHRED_H
#define WEIR_FORMAT_PARQUET_SHRED_H

#include "format/parquet/schema_write.h"

/* Scratch that is reused from page to page. */
struct weir__shred_space {
    struct weir__buf definition, repetition; /* uint8_t, one a level entry */
    struct weir__buf rows;                   /* int64_t positions */
    struct weir__buf spare;
    struct weir__buf fixed;   /* gathered fixed-width values */
    struct weir__buf offsets; /* int32_t */
    struct weir__buf bytes;
};

/* What a range of rows is for one leaf. Pointers live until the next use of the space. */
struct weir__shredded {
    int64_t n_rows;
    int64_t n_levels;        /* level entries, nulls included */
    int64_t n_values;        /* of them not null */
    bool is_flat;            /* levels are the validity bits (or none) */
    const uint8_t *validity; /* flat with nulls: bit validity_at + i */
    int64_t validity_at;
    const uint8_t *definition, *repetition; /* not flat */
    struct weir__view view; /* of the leaf array; a dictionary leaf: of the dictionary's values */
    const int64_t *rows;    /* positions of the values in `view`; NULL = first, first + 1, ... */
    int64_t first;
};

struct weir__shred_space weir__shred_space_make(const struct weir_env *env);
void weir__shred_space_dispose(struct weir__shred_space *space);

/* Rows [from, from + n) of `batch` (its own offset added by this function). */
WEIR_NODISCARD int weir__shred(const struct weir__write_leaf *leaf, const struct ArrowArray *batch,
                               int64_t from, int64_t n, struct weir__shred_space *space,
                               struct weir__shredded *out, struct weir_error *err);

/* Values of the leaf's physical type, without nulls. */
struct weir__page_values {
    int64_t n;
    size_t width;           /* fixed-width: bytes of one; BOOLEAN: 1 (0 or 1) */
    const uint8_t *fixed;   /* n * width */
    const uint8_t *bytes;   /* BYTE_ARRAY: value i is bytes[offsets[i] .. offsets[i + 1]) */
    const int32_t *offsets; /* n + 1; the values lie end to end */
};

WEIR_NODISCARD int weir__values_load(const struct weir__write_leaf *leaf,
                                     const struct weir__shredded *from,
                                     struct weir__shred_space *space, struct weir__page_values *out,
                                     struct weir_error *err);
/* Bytes that the values take as PLAIN without length prefixes. */
int64_t weir__values_bytes(const struct weir__page_values *values);

#endif
