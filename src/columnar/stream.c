/* stream.c: ArrowArrayStream over two functions. A stream of ours is known by its get_next; its
 * full error is kept. */
#include "columnar/stream.h"

#include "columnar/array.h"

#include <errno.h>

struct stream_private {
    const struct weir_env *env;
    const struct weir__stream_ops *ops;
    void *ctx;
    struct weir_error error;
};

/* The C stream interface speaks errno. */
static int status_errno(int status)
{
    switch (status) {
    case WEIR_OK:
        return 0;
    case WEIR_NO_MEMORY:
        return ENOMEM;
    case WEIR_INVALID:
        return EINVAL;
    case WEIR_CANCELLED:
        return ECANCELED;
    case WEIR_UNSUPPORTED:
        return ENOSYS;
    default:
        return EIO;
    }
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct stream_private *own = stream->private_data;
    return status_errno(own->ops->schema(own->ctx, out, &own->error));
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct stream_private *own = stream->private_data;
    return status_errno(own->ops->next(own->ctx, out, &own->error));
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream)
{
    const struct stream_private *own = stream->private_data;
    return own->error.code ? own->error.message : NULL;
}

static void stream_release(struct ArrowArrayStream *stream)
{
    struct stream_private *own = stream->private_data;
    if (own->ops->free)
        own->ops->free(own->ctx);
    weir__free(own->env, own);
    *stream = (struct ArrowArrayStream){0};
}

int weir__stream_make(const struct weir_env *env, const struct weir__stream_ops *ops, void *ctx,
                      struct ArrowArrayStream *out, struct weir_error *err)
{
    struct stream_private *own = weir__alloc_zero(env, 1, sizeof *own, err);
    if (!own)
        return WEIR_NO_MEMORY;
    own->env = env;
    own->ops = ops;
    own->ctx = ctx;
    *out = (struct ArrowArrayStream){stream_get_schema, stream_get_next, stream_get_last_error,
                                     stream_release, own};
    return WEIR_OK;
}

void weir__stream_freep(struct ArrowArrayStream *stream)
{
    if (stream->release)
        stream->release(stream);
    stream->release = NULL;
}

void weir_stream_last_error(struct ArrowArrayStream *stream, struct weir_error *out)
{
    if (stream->get_next == stream_get_next) {
        const struct stream_private *own = stream->private_data;
        *out = own->error;
        return;
    }
    const char *message = stream->get_last_error(stream);
    (void)weir__fail(out, WEIR_IO, "%s", message ? message : "a foreign stream failed");
}

static int stream_failed(struct ArrowArrayStream *stream, int os_errno, struct weir_error *err)
{
    struct weir_error found = WEIR_ERROR_INIT;
    weir_stream_last_error(stream, &found);
    if (found.code == WEIR_OK)
        return weir__fail_errno(err, os_errno, "the stream failed");
    if (err)
        *err = found;
    return found.code;
}

int weir__stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out,
                        struct weir_error *err)
{
    int failed = stream->get_schema(stream, out);
    return failed ? stream_failed(stream, failed, err) : WEIR_OK;
}

int weir__stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out,
                      struct weir_error *err)
{
    int failed = stream->get_next(stream, out);
    return failed ? stream_failed(stream, failed, err) : WEIR_OK;
}

/* ---- batches held in memory ---- */

struct held_batches {
    const struct weir_env *env;
    struct ArrowSchema schema;
    struct ArrowArray *batches;
    size_t n, at;
};

static int held_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct held_batches *held = ctx;
    return weir__schema_copy(held->env, &held->schema, out, err);
}

static int held_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    (void)err;
    struct held_batches *held = ctx;
    if (held->at == held->n)
        *out = (struct ArrowArray){0};
    else
        weir__array_move(&held->batches[held->at++], out);
    return WEIR_OK;
}

static void held_free(void *ctx)
{
    struct held_batches *held = ctx;
    for (size_t i = held->at; i < held->n; i++)
        weir__array_freep(&held->batches[i]);
    weir__schema_freep(&held->schema);
    weir__free(held->env, held->batches);
    weir__free(held->env, held);
}

static const struct weir__stream_ops held_ops = {held_schema, held_next, held_free};

int weir__stream_of_batches(const struct weir_env *env, const struct ArrowSchema *schema,
                            struct ArrowArray *batches, size_t n, struct ArrowArrayStream *out,
                            struct weir_error *err)
{
    struct held_batches *held = weir__alloc_zero(env, 1, sizeof *held, err);
    if (!held)
        return WEIR_NO_MEMORY;
    held->env = env;
    int status = weir__schema_copy(env, schema, &held->schema, err);
    held->batches = status ? NULL : weir__alloc_zero(env, n ? n : 1, sizeof *batches, err);
    if (status == WEIR_OK && !held->batches)
        status = WEIR_NO_MEMORY;
    if (status == WEIR_OK)
        status = weir__stream_make(env, &held_ops, held, out, err);
    if (status) {
        held_free(held);
        return status;
    }
    for (size_t i = 0; i < n; i++)
        weir__array_move(&batches[i], &held->batches[i]);
    held->n = n;
    return WEIR_OK;
}
