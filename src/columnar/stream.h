/* stream.h: ArrowArrayStream made from two functions, keeping the full error. */
#ifndef WEIR_COLUMNAR_STREAM_H
#define WEIR_COLUMNAR_STREAM_H

#include "columnar/type.h"

/* What stands behind a stream. `next` gives a released (zeroed) array at the end. All calls come
 * from the owner. */
struct weir__stream_ops {
    int (*schema)(void *ctx, struct ArrowSchema *out, struct weir_error *err);
    int (*next)(void *ctx, struct ArrowArray *out, struct weir_error *err);
    void (*free)(void *ctx); /* frees ctx; may be NULL */
};

/* Wrap ctx; on success the stream owns it (ops->free at release). `ops` must be static. */
WEIR_NODISCARD int weir__stream_make(const struct weir_env *env, const struct weir__stream_ops *ops,
                                     void *ctx, struct ArrowArrayStream *out,
                                     struct weir_error *err);
/* get_schema / get_next with a weir status and the full error for streams of ours. A failed foreign
 * stream is WEIR_IO. */
WEIR_NODISCARD int weir__stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out,
                                       struct weir_error *err);
WEIR_NODISCARD int weir__stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out,
                                     struct weir_error *err);
/* A stream over n batches that are moved in. The schema is copied. */
WEIR_NODISCARD int weir__stream_of_batches(const struct weir_env *env,
                                           const struct ArrowSchema *schema,
                                           struct ArrowArray *batches, size_t n,
                                           struct ArrowArrayStream *out, struct weir_error *err);
void weir__stream_freep(struct ArrowArrayStream *stream); /* AUTO(stream) */

#endif
