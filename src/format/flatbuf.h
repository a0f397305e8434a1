/* flatbuf.h: as much of FlatBuffers as Arrow IPC needs: a bounded reader and a back-to-front
 * builder.
 *
 * Private to format. Positions are byte offsets into the message; every access is checked against
 * its end. */
#ifndef WEIR_FORMAT_FLATBUF_H
#define WEIR_FORMAT_FLATBUF_H

#include "base/base.h"

/* ---- reading ---- */

struct weir__flat {
    const uint8_t *data;
    size_t n;
};

/* A table; position 0 = absent. */
struct weir__flat_table {
    struct weir__flat in;
    size_t at; /* of the table */
    size_t vtable;
    uint32_t vtable_bytes, table_bytes;
};

/* All return false for bytes that are not a valid message. An absent field gives the default and
 * true. */
bool weir__flat_root(struct weir__flat in, struct weir__flat_table *out);
bool weir__flat_int(const struct weir__flat_table *t, unsigned field, size_t width,
                    int64_t fallback, int64_t *out);
bool weir__flat_child(const struct weir__flat_table *t, unsigned field,
                      struct weir__flat_table *out);
bool weir__flat_text(const struct weir__flat_table *t, unsigned field, struct weir__str *out);
/* A vector of n elements of `width` bytes beginning at *out_at; absent = 0 elements. */
bool weir__flat_vector(const struct weir__flat_table *t, unsigned field, size_t width,
                       size_t *out_at, size_t *out_n);
/* Element i of a vector of tables. */
bool weir__flat_item(const struct weir__flat_table *t, size_t vector_at, size_t i,
                     struct weir__flat_table *out);
int64_t weir__flat_load(const struct weir__flat_table *t, size_t at, size_t width);

/* ---- building ---- */

#define WEIR__FLAT_MAX_FIELDS 12

/* Built from the end towards the begin; the first failure sticks. Offsets count bytes from the end.
 */
struct weir__flat_out {
    const struct weir_env *env;
    uint8_t *data;
    size_t cap, used;
    size_t min_align;
    int status;
    struct weir_error *err;
    size_t object_start;
    size_t slots[WEIR__FLAT_MAX_FIELDS];
};

struct weir__flat_out weir__flat_out_make(const struct weir_env *env, struct weir_error *err);
void weir__flat_out_dispose(struct weir__flat_out *out);
size_t weir__flat_put_text(struct weir__flat_out *out, struct weir__str text);
size_t weir__flat_put_offsets(struct weir__flat_out *out, const size_t *offsets, size_t n);
/* n structs of `width` bytes, 8-byte aligned. */
size_t weir__flat_put_structs(struct weir__flat_out *out, const void *data, size_t n, size_t width);
void weir__flat_begin(struct weir__flat_out *out);
void weir__flat_set_int(struct weir__flat_out *out, unsigned field, size_t width, int64_t value);
void weir__flat_set_offset(struct weir__flat_out *out, unsigned field,
                           size_t offset); /* 0 = leave out */
size_t weir__flat_end(struct weir__flat_out *out);
/* The finished message, padded in front to a multiple of 8. */
WEIR_NODISCARD int weir__flat_finish(struct weir__flat_out *out, size_t root,
                                     struct weir__str *bytes);

#endif
