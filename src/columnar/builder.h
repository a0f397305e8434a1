/* builder.h: arrays made value by value, for decoders and tests. One builder per column, nested
 * ones hold children. */
#ifndef WEIR_COLUMNAR_BUILDER_H
#define WEIR_COLUMNAR_BUILDER_H

#include "columnar/array.h"

struct weir__builder;

/* Build arrays of `schema` (borrowed for the builder's life). Any supported type; dictionary
 * columns intern values. */
WEIR_NODISCARD int weir__builder_new(const struct weir_env *env, const struct ArrowSchema *schema,
                                     struct weir__builder **out, struct weir_error *err);
void weir__builder_free(struct weir__builder *builder);
void weir__builder_freep(struct weir__builder **builder);

int64_t weir__builder_length(const struct weir__builder *builder);
/* Bytes held so far, children included (an estimate for flow control). */
size_t weir__builder_bytes(const struct weir__builder *builder);
struct weir__builder *weir__builder_child(struct weir__builder *builder, int64_t i);

/* Append one value; the kind must fit (asserted). Nested: append the children's values first or
 * after, then close the parent's element with weir__builder_close (list, map: takes the child's
 * values since the last close; struct: each child must be one longer). A null struct appends nulls
 * to its children itself. */
WEIR_NODISCARD int weir__builder_null(struct weir__builder *builder, struct weir_error *err);
WEIR_NODISCARD int
weir__builder_int(struct weir__builder *builder, int64_t value,
                  struct weir_error *err); /* ints, bool, dates, times; range-checked */
WEIR_NODISCARD int weir__builder_uint(struct weir__builder *builder, uint64_t value,
                                      struct weir_error *err);
WEIR_NODISCARD int weir__builder_float(struct weir__builder *builder, double value,
                                       struct weir_error *err);
WEIR_NODISCARD int
weir__builder_bytes_append(struct weir__builder *builder, const void *data, size_t n,
                           struct weir_error *err); /* binary kinds, fixed, decimals */
WEIR_NODISCARD int weir__builder_close(struct weir__builder *builder, struct weir_error *err);
/* Append element i of a view of the same type (copy between arrays). */
WEIR_NODISCARD int weir__builder_copy(struct weir__builder *builder, const struct weir__view *from,
                                      int64_t i, struct weir_error *err);
/* The array so far; the builder starts again empty. */
WEIR_NODISCARD int weir__builder_finish(struct weir__builder *builder, struct ArrowArray *out,
                                        struct weir_error *err);

#endif
