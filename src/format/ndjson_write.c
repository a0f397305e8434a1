/* ndjson_write.c: rows as one JSON object a line, in the forms of spec/spool.md 7.3.
 *
 * Nulls are written, NaN and infinities become null, and floating point keeps a point, so that a
 * column of whole floats is not taken for integers when it is read back. */
#include "format/format.h"
#include "format/text_sink.h"

struct ndjson_writer {
    struct weir__text_sink to;
};

/* Fixed-width columns without a dictionary: the common case, kept short. */
static int row_write(struct ndjson_writer *writer, int64_t row, struct weir_error *err)
{
    struct weir__buf *out = &writer->to.out;
    struct weir__printer *root = &writer->to.root;
    size_t begin = out->len;
    for (int64_t k = 0; k < root->n_children; k++) {
        struct weir__printer *column = &root->children[k];
        TRY(weir__print_room(out, column->key_len + WEIR__PRINT_ROOM, err));
        memcpy(out->data + out->len, column->key, 16); /* a fixed length is no call */
        if (column->key_len > 16)
            memcpy(out->data + out->len + 16, column->key + 16, column->key_len - 16);
        out->len += column->key_len;
        TRY(weir__print_json(column, row, true, out, err));
    }
    if (root->n_children == 0)
        TRY(weir__buf_byte(out, '{', err));
    out->data[begin] = '{'; /* instead of the first key's comma */
    return weir__buf_append(out, "}\n", 2, err);
}

static int ndjson_write(void *ctx, const struct ArrowArray *batch, struct weir_error *err)
{
    struct ndjson_writer *writer = ctx;
    TRY(weir__text_sink_bind(&writer->to, batch, err));
    for (int64_t i = 0; i < batch->length; i++) {
        TRY(row_write(writer, batch->offset + i, err));
        if (writer->to.out.len >= WEIR__TEXT_FLUSH_BYTES)
            TRY(weir__text_sink_flush(&writer->to, err));
    }
    return weir__text_sink_flush(&writer->to, err);
}

static int ndjson_finish(void *ctx, struct weir_error *err)
{
    struct ndjson_writer *writer = ctx;
    return weir__text_sink_flush(&writer->to, err);
}

static void ndjson_free(void *ctx)
{
    struct ndjson_writer *writer = ctx;
    const struct weir_env *env = writer->to.env;
    weir__text_sink_dispose(&writer->to);
    weir__free(env, writer);
}

static const struct weir__rows_writer_ops ndjson_ops = {ndjson_write, ndjson_finish, ndjson_free};

int weir__ndjson_writer_new(const struct weir_env *env, const struct ArrowSchema *schema,
                            const struct weir_sink *sink,
                            const struct weir__rows_writer_ops **out_ops, void **out_ctx,
                            struct weir_error *err)
{
    struct ndjson_writer *writer = weir__alloc_zero(env, 1, sizeof *writer, err);
    if (!writer)
        return WEIR_NO_MEMORY;
    int status = weir__text_sink_init(env, schema, sink, &writer->to, err);
    if (status) {
        weir__free(env, writer);
        return status;
    }
    *out_ops = &ndjson_ops;
    *out_ctx = writer;
    return WEIR_OK;
}
