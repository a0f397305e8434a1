/* column_reader.h: one column chunk read into the Arrow buffers of one leaf, batch by batch.
 *
 * The hard idea: values are decoded dense into their final place behind what is already there,
 * then spread over the slots of the page from the back, so that nulls cost one pass over the pages
 * that have any and nothing elsewhere. */
#ifndef WEIR_FORMAT_PARQUET_COLUMN_READER_H
#define WEIR_FORMAT_PARQUET_COLUMN_READER_H

#include "format/parquet/page.h"

/* The buffers of one leaf for one batch, growing. */
struct weir__leaf_out {
    const struct weir_env *env;
    const struct parquet_leaf *leaf;
    bool is_strict;
    size_t n_slots, cap_slots, n_nulls;
    uint8_t *validity;        /* NULL while there is no null */
    uint8_t *data;            /* fixed-size values, or bits */
    struct weir__bytes bytes; /* strings and binary; bytes.offsets is this struct's */
    bool keeps_levels;        /* the levels decide about ancestors: kept for assembly */
    uint8_t *def, *rep;       /* rep only where max_rep > 0 */
    size_t n_levels, cap_levels;
    struct weir__scratch temp; /* physical values to be converted */
    struct weir__bytes temp_bytes;
};

void weir__leaf_out_init(struct weir__leaf_out *out, const struct weir_env *env,
                         const struct parquet_leaf *leaf, bool is_strict);
void weir__leaf_out_dispose(struct weir__leaf_out *out);
/* Room for `extra` slots more. */
WEIR_NODISCARD int weir__leaf_out_reserve(struct weir__leaf_out *out, size_t extra,
                                          struct weir_error *err);
/* A bitmap for all slots there is room for, ones so far. */
WEIR_NODISCARD int weir__leaf_out_validity(struct weir__leaf_out *out, struct weir_error *err);
/* Levels appended for assembly. */
WEIR_NODISCARD int weir__leaf_out_levels(struct weir__leaf_out *out, const uint8_t *def,
                                         const uint8_t *rep, size_t n, struct weir_error *err);
/* Decode n values behind the n_slots slots there are, dense; they will be spread over `slots`.
 * Byte arrays may stop early (the batch is full). */
WEIR_NODISCARD int weir__leaf_out_values(struct weir__leaf_out *out,
                                         struct weir__page_values *values, size_t n, size_t slots,
                                         size_t *out_done, struct weir_error *err);
/* Spread the `values` dense values behind n_slots over `slots` slots by the bitmap, and count the
 * slots in. */
void weir__leaf_out_spread(struct weir__leaf_out *out, size_t values, size_t slots);
/* Everything read so far as an Arrow array; the struct begins again empty. */
WEIR_NODISCARD int weir__leaf_out_finish(struct weir__leaf_out *out, struct ArrowArray *array,
                                         struct weir_error *err);

/* n physical values as n Arrow values (spec/parquet.md 6.2). */
WEIR_NODISCARD int weir__convert_fixed(const struct parquet_leaf *leaf, const uint8_t *in, size_t n,
                                       uint8_t *out, struct weir_error *err);
WEIR_NODISCARD int weir__convert_bytes(const struct parquet_leaf *leaf,
                                       const struct weir__bytes *in, size_t n, uint8_t *out,
                                       struct weir_error *err);

/* The Arrow array of a field and all below it, out of its leaves' buffers (`outs[0]` belongs to
 * field->first_leaf). Errors: WEIR_CORRUPT when leaves disagree. */
WEIR_NODISCARD int weir__assemble(const struct weir_env *env, const struct parquet_field *field,
                                  struct weir__leaf_out *outs, int64_t n_rows,
                                  struct ArrowArray *array, struct weir_error *err);

/* Does stored integer i fit the smaller type that its annotation names? */
bool weir__narrow_fits(const struct parquet_leaf *leaf, const uint8_t *in, size_t i);
/* An INT96 timestamp in units of `unit` nanoseconds, modulo 2^64; false: it did not fit. */
bool weir__int96_fits(const uint8_t *in, int64_t unit, int64_t *out);

#define WEIR__LEVEL_WINDOW 8192u

struct weir__column_reader {
    struct weir__pages pages;
    bool is_open, is_at_end;
    size_t page_at;     /* entries of the current page consumed */
    size_t page_values; /* values among them */
    bool began;         /* a row was begun */
    bool is_full;       /* gave up because the batch's bytes would pass out->bytes.max */
    bool uses_windows;  /* read by windows of levels, for good */
    /* Levels of the current page, decoded a window at a time. */
    uint8_t *window_def, *window_rep;
    size_t window_n, window_at;
};

WEIR_NODISCARD int weir__column_reader_init(struct weir__column_reader *column,
                                            struct weir__page_context *context,
                                            const struct parquet_leaf *leaf,
                                            const struct parquet_column_chunk *chunk,
                                            struct weir__chunk_bytes bytes, struct weir_error *err);
void weir__column_reader_dispose(struct weir__column_reader *column);
/* Append up to n_rows rows to `out`; fewer when the chunk ends or the byte buffer is full. */
WEIR_NODISCARD int weir__column_reader_rows(struct weir__column_reader *column,
                                            struct weir__leaf_out *out, int64_t n_rows,
                                            int64_t *out_rows, struct weir_error *err);
/* Pass over whole pages of a flat column while they hold no row beyond the next n_rows. */
WEIR_NODISCARD int weir__column_reader_skip(struct weir__column_reader *column, int64_t n_rows,
                                            int64_t *out_rows, struct weir_error *err);
/* Level entries left in the open page; 0 between pages. */
int64_t weir__column_reader_left(const struct weir__column_reader *column);
/* Nothing may follow the last row. */
WEIR_NODISCARD int weir__column_reader_finish(struct weir__column_reader *column,
                                              struct weir_error *err);

#endif
