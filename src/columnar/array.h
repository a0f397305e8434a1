/* array.h: Arrow arrays whose buffers came from the env, and views for reading any array.
 *
 * The hard idea: an array made here owns each buffer separately, so decoders can fill final Arrow
 * buffers in place and hand them over without a copy. */
#ifndef WEIR_COLUMNAR_ARRAY_H
#define WEIR_COLUMNAR_ARRAY_H

#include "columnar/type.h"

/* Number of buffers of a kind in the C data interface (views: 2 + variadic + 1; give the total
 * yourself). */
int64_t weir__kind_buffers(enum weir__kind kind);

/* An array with all buffers NULL, children zeroed (to be filled by the caller), length 0,
 * null_count 0. Released by out->release, which frees owned buffers and releases filled children
 * and dictionary. */
WEIR_NODISCARD int weir__array_make(const struct weir_env *env, int64_t n_buffers,
                                    int64_t n_children, bool has_dictionary, struct ArrowArray *out,
                                    struct weir_error *err);
/* Give buffer i (a block of the same env, or NULL) to an array made by weir__array_make. */
void weir__array_own(struct ArrowArray *array, int64_t i, void *block);
void weir__array_freep(struct ArrowArray *array); /* releases if not released: AUTO(array) */
/* The struct-copy move of the Arrow spec: *to takes over, from->release becomes NULL. */
void weir__array_move(struct ArrowArray *from, struct ArrowArray *to);

/* Bytes that the rows take in memory (about: bitmaps rounded, list children counted whole). */
int64_t weir__array_bytes(const struct ArrowSchema *schema, const struct ArrowArray *array);

/* Read-only view of one array, with the offset folded in: value i of the view is element i of the
 * array. */
struct weir__view {
    struct weir__type type;
    int64_t length,
        offset; /* offset is already added to the typed pointers below, not to bit positions */
    int64_t null_count;       /* >= 0: computed when the producer left -1 */
    const uint8_t *validity;  /* bit (offset + i); NULL = no nulls */
    const uint8_t *data;      /* fixed width: at element `offset`; bool: bits, use bit (offset + i);
                                 binary kinds: the byte buffer; views: the 16-byte views at `offset` */
    const int32_t *offsets32; /* binary/list kinds with 32-bit offsets, at element `offset` */
    const int64_t *offsets64;
    const struct ArrowArray *array;
    const struct ArrowSchema *schema;
};

/* Errors: WEIR_UNSUPPORTED for kinds weir does not know. Does not validate buffers
 * (weir_batch_validate does). */
WEIR_NODISCARD int weir__view_make(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                   struct weir__view *out, struct weir_error *err);

static inline bool weir__view_is_null(const struct weir__view *view, int64_t i)
{
    return view->validity && !weir__bit_get(view->validity, view->offset + i);
}

/* Bytes of element i of a string or binary kind (offset kinds, views, fixed binary); not for
 * dictionaries. */
struct weir__str weir__view_bytes(const struct weir__view *view, int64_t i);
/* Integer, date, time, timestamp, duration or bool element i, widened; unsigned 64 as its bits. */
int64_t weir__view_int(const struct weir__view *view, int64_t i);
double weir__view_float(const struct weir__view *view, int64_t i); /* float16/32/64 */
int64_t weir__view_index(const struct weir__view *view,
                         int64_t i); /* dictionary index of element i */

#endif
