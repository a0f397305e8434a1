/* ipc_write.c: record batches as Arrow IPC streams and files.
 *
 * Dictionary columns keep their dictionaries in the stream format (each batch's is sent before it).
 * The file format allows one dictionary a column, so there their values are written plain. */
#include "format/ipc.h"

#include <lz4frame.h>
#include <zstd.h>

#define ALIGN 64
#define ZSTD_LEVEL 1

struct ipc_writer {
    const struct weir_env *env;
    struct weir_sink sink;
    struct ArrowSchema given;   /* what batches have */
    struct ArrowSchema written; /* what the file says: the same but for dictionaries of files */
    int64_t codec;              /* -1, 0 = LZ4_FRAME, 1 = ZSTD */
    bool is_file, is_begun;
    uint64_t offset;
    struct weir__buf body, nodes, buffers, variadic, blocks, packed;
    int64_t next_dictionary;
};

struct block {
    int64_t offset, metadata_bytes, body_bytes; /* metadata_bytes: int32 and padding on the wire */
};

static int emit(struct ipc_writer *w, const void *data, size_t n, struct weir_error *err)
{
    if (n)
        TRY(w->sink.write(w->sink.ctx, data, n, err));
    w->offset += n;
    return WEIR_OK;
}

/* ---- bodies ---- */

static int pad_to(struct weir__buf *buf, size_t align, struct weir_error *err)
{
    static const uint8_t zeros[ALIGN];
    size_t off = buf->len % align;
    return off ? weir__buf_append(buf, zeros, align - off, err) : WEIR_OK;
}

static int pack(struct ipc_writer *w, const void *data, size_t n, struct weir_error *err)
{
    size_t room = w->codec == 1 ? ZSTD_compressBound(n) : LZ4F_compressFrameBound(n, NULL);
    weir__buf_clear(&w->packed);
    TRY(weir__buf_reserve(&w->packed, room, err));
    size_t got = w->codec == 1 ? ZSTD_compress(w->packed.data, room, data, n, ZSTD_LEVEL)
                               : LZ4F_compressFrame(w->packed.data, room, data, n, NULL);
    if (w->codec == 1 ? ZSTD_isError(got) : LZ4F_isError(got))
        return weir__fail_memory(err, room);
    w->packed.len = got;
    return WEIR_OK;
}

static int buffer_put(struct ipc_writer *w, const void *data, size_t n, struct weir_error *err)
{
    int64_t entry[2] = {(int64_t)w->body.len, (int64_t)n};
    if (w->codec >= 0 && n > 0) {
        TRY(pack(w, data, n, err));
        int64_t claimed = w->packed.len < n ? (int64_t)n : -1;
        TRY(weir__buf_append(&w->body, &claimed, sizeof claimed, err));
        TRY(claimed >= 0 ? weir__buf_append(&w->body, w->packed.data, w->packed.len, err)
                         : weir__buf_append(&w->body, data, n, err));
        entry[1] = (int64_t)w->body.len - entry[0];
    } else {
        TRY(weir__buf_append(&w->body, data, n, err));
    }
    TRY(pad_to(&w->body, ALIGN, err));
    return weir__buf_append(&w->buffers, entry, sizeof entry, err);
}

/* Arrays with offsets, or struct children longer than their struct, are copied into plain shape
 * first. */
static bool is_plain(const struct ArrowSchema *schema, const struct ArrowArray *array, int depth)
{
    bool is_struct = schema->format[0] == '+' && schema->format[1] == 's';
    if (array->offset != 0 || depth > WEIR__MAX_NESTING)
        return false;
    for (int64_t i = 0; i < array->n_children; i++) {
        if ((is_struct && array->children[i]->length != array->length) ||
            !is_plain(schema->children[i], array->children[i], depth + 1))
            return false;
    }
    return !array->dictionary || is_plain(schema->dictionary, array->dictionary, depth + 1);
}

static int array_put(struct ipc_writer *w, const struct ArrowSchema *schema,
                     const struct ArrowArray *array, int depth, struct weir_error *err);

static int offsets_put(struct ipc_writer *w, const struct weir__view *view, int64_t *out_last,
                       struct weir_error *err)
{
    size_t n = view->length > 0 ? (size_t)view->length + 1 : 0;
    *out_last = 0;
    if (n > 0)
        *out_last = view->offsets32 ? view->offsets32[view->length] : view->offsets64[view->length];
    const void *data = view->offsets32 ? (const void *)view->offsets32 : view->offsets64;
    return buffer_put(w, data, n * (view->offsets32 || !view->offsets64 ? 4 : 8), err);
}

static int views_put(struct ipc_writer *w, const struct weir__view *view, struct weir_error *err)
{
    int64_t n_data = view->array->n_buffers - 3;
    const int64_t *sizes = n_data > 0 ? view->array->buffers[view->array->n_buffers - 1] : NULL;
    n_data = n_data > 0 ? n_data : 0;
    TRY(weir__buf_append(&w->variadic, &n_data, sizeof n_data, err));
    TRY(buffer_put(w, view->data, (size_t)view->length * 16, err));
    for (int64_t i = 0; i < n_data; i++)
        TRY(buffer_put(w, view->array->buffers[2 + i], (size_t)sizes[i], err));
    return WEIR_OK;
}

static int content_put(struct ipc_writer *w, const struct weir__view *view, struct weir_error *err)
{
    static const size_t widths[] = {1, 2, 4, 8, 1, 2, 4, 8};
    size_t n = (size_t)view->length;
    int64_t last;
    if (view->type.is_dictionary)
        return buffer_put(w, view->data, n * widths[view->type.index_kind - WEIR__KIND_INT8], err);
    switch (view->type.kind) {
    case WEIR__KIND_NULL:
    case WEIR__KIND_STRUCT:
    case WEIR__KIND_FIXED_LIST:
        return WEIR_OK;
    case WEIR__KIND_BOOL:
        return buffer_put(w, view->data, (n + 7) / 8, err);
    case WEIR__KIND_LIST:
    case WEIR__KIND_LARGE_LIST:
    case WEIR__KIND_MAP:
        return offsets_put(w, view, &last, err);
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
        return views_put(w, view, err);
    case WEIR__KIND_BINARY:
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_LARGE_STRING:
        TRY(offsets_put(w, view, &last, err));
        return buffer_put(w, view->data, (size_t)last, err);
    default:
        return buffer_put(w, view->data, n * (size_t)view->type.width_bytes, err);
    }
}

static int array_put(struct ipc_writer *w, const struct ArrowSchema *schema,
                     const struct ArrowArray *array, int depth, struct weir_error *err)
{
    if (depth > WEIR__MAX_NESTING)
        return weir__fail(err, WEIR_INVALID, "column %s: nested too deep", schema->name);
    struct weir__view view;
    TRY(weir__view_make(schema, array, &view, err));
    int64_t node[2] = {view.length, view.null_count};
    TRY(weir__buf_append(&w->nodes, node, sizeof node, err));
    if (view.type.is_dictionary || view.type.kind != WEIR__KIND_NULL)
        TRY(buffer_put(w, view.validity, view.validity ? ((size_t)view.length + 7) / 8 : 0, err));
    TRY(content_put(w, &view, err));
    for (int64_t i = 0; !view.type.is_dictionary && i < array->n_children; i++)
        TRY(array_put(w, schema->children[i], array->children[i], depth + 1, err));
    return WEIR_OK;
}

/* ---- messages ---- */

static size_t put_batch(struct ipc_writer *w, struct weir__flat_out *out, int64_t length)
{
    size_t variadic =
        w->variadic.len ? weir__flat_put_structs(out, w->variadic.data, w->variadic.len / 8, 8) : 0;
    size_t buffers = weir__flat_put_structs(out, w->buffers.data, w->buffers.len / 16, 16);
    size_t nodes = weir__flat_put_structs(out, w->nodes.data, w->nodes.len / 16, 16);
    size_t compression = 0;
    if (w->codec >= 0) {
        weir__flat_begin(out);
        weir__flat_set_int(out, 0, 1, w->codec);
        compression = weir__flat_end(out);
    }
    weir__flat_begin(out);
    weir__flat_set_int(out, 0, 8, length);
    weir__flat_set_offset(out, 1, nodes);
    weir__flat_set_offset(out, 2, buffers);
    weir__flat_set_offset(out, 3, compression);
    weir__flat_set_offset(out, 4, variadic);
    return weir__flat_end(out);
}

/* Wrap a header into a message, write it and the body. *out_block says where it lies. */
static int message_emit(struct ipc_writer *w, struct weir__flat_out *out,
                        enum weir__ipc_header kind, size_t header, struct block *out_block,
                        struct weir_error *err)
{
    weir__flat_begin(out);
    weir__flat_set_int(out, 3, 8, (int64_t)w->body.len);
    weir__flat_set_offset(out, 2, header);
    weir__flat_set_int(out, 0, 2, 4); /* metadata version 5 */
    weir__flat_set_int(out, 1, 1, kind);
    size_t root = weir__flat_end(out);
    struct weir__str bytes;
    TRY(weir__flat_finish(out, root, &bytes));
    uint32_t head[2] = {UINT32_MAX, (uint32_t)bytes.len};
    *out_block = (struct block){(int64_t)w->offset, (int64_t)bytes.len + 8, (int64_t)w->body.len};
    TRY(emit(w, head, sizeof head, err));
    TRY(emit(w, bytes.data, bytes.len, err));
    return emit(w, w->body.data, w->body.len, err);
}

static void body_clear(struct ipc_writer *w)
{
    weir__buf_clear(&w->body);
    weir__buf_clear(&w->nodes);
    weir__buf_clear(&w->buffers);
    weir__buf_clear(&w->variadic);
}

static int schema_emit(struct ipc_writer *w, struct weir_error *err)
{
    struct block ignored;
    w->is_begun = true;
    if (w->is_file)
        TRY(emit(w, "ARROW1\0\0", 8, err));
    struct weir__flat_out out = weir__flat_out_make(w->env, err);
    size_t schema = weir__ipc_schema_put(&out, &w->written, err);
    body_clear(w);
    int status = message_emit(w, &out, WEIR__IPC_SCHEMA, schema, &ignored, err);
    weir__flat_out_dispose(&out);
    return status;
}

static int dictionary_emit(struct ipc_writer *w, const struct ArrowSchema *values_schema,
                           const struct ArrowArray *values, struct weir_error *err)
{
    struct block ignored;
    body_clear(w);
    TRY(array_put(w, values_schema, values, 0, err));
    struct weir__flat_out out = weir__flat_out_make(w->env, err);
    size_t data = put_batch(w, &out, values->length);
    weir__flat_begin(&out);
    weir__flat_set_int(&out, 0, 8, w->next_dictionary++);
    weir__flat_set_offset(&out, 1, data);
    size_t header = weir__flat_end(&out);
    int status = message_emit(w, &out, WEIR__IPC_DICTIONARY, header, &ignored, err);
    weir__flat_out_dispose(&out);
    return status;
}

/* All dictionaries below a node, in the order in which the schema numbers them. */
static int dictionaries_emit(struct ipc_writer *w, const struct ArrowSchema *schema,
                             const struct ArrowArray *array, int depth, struct weir_error *err)
{
    const struct ArrowSchema *values_schema = schema->dictionary ? schema->dictionary : schema;
    const struct ArrowArray *values = schema->dictionary ? array->dictionary : array;
    if (depth > WEIR__MAX_NESTING || !values)
        return weir__fail(err, WEIR_INVALID, "column %s: nested too deep, or no dictionary",
                          schema->name);
    for (int64_t i = 0; i < values_schema->n_children; i++)
        TRY(dictionaries_emit(w, values_schema->children[i], values->children[i], depth + 1, err));
    return schema->dictionary ? dictionary_emit(w, values_schema, values, err) : WEIR_OK;
}

static int batch_emit(struct ipc_writer *w, const struct ArrowArray *batch, struct weir_error *err)
{
    w->next_dictionary = 0;
    for (int64_t i = 0; i < w->written.n_children; i++)
        TRY(dictionaries_emit(w, w->written.children[i], batch->children[i], 0, err));
    body_clear(w);
    for (int64_t i = 0; i < w->written.n_children; i++)
        TRY(array_put(w, w->written.children[i], batch->children[i], 0, err));
    struct weir__flat_out out = weir__flat_out_make(w->env, err);
    size_t header = put_batch(w, &out, batch->length);
    struct block block;
    int status = message_emit(w, &out, WEIR__IPC_BATCH, header, &block, err);
    weir__flat_out_dispose(&out);
    TRY(status);
    return w->is_file ? weir__buf_append(&w->blocks, &block, sizeof block, err) : WEIR_OK;
}

static int writer_write(void *ctx, const struct ArrowArray *batch, struct weir_error *err)
{
    struct ipc_writer *w = ctx;
    if (!w->is_begun)
        TRY(schema_emit(w, err));
    AUTO(array) struct ArrowArray copy = {0};
    if (!weir__schema_equal(&w->given, &w->written))
        TRY(weir__cast(w->env, &w->given, batch, &w->written, &copy, err));
    else if (!is_plain(&w->given, batch, 0))
        TRY(weir__slice(w->env, &w->given, batch, 0, batch->length, &copy, err));
    return batch_emit(w, copy.release ? &copy : batch, err);
}

static int footer_emit(struct ipc_writer *w, struct weir_error *err)
{
    struct weir__flat_out out = weir__flat_out_make(w->env, err);
    size_t batches = weir__flat_put_structs(&out, w->blocks.data, w->blocks.len / 24, 24);
    size_t dictionaries = weir__flat_put_structs(&out, NULL, 0, 24);
    size_t schema = weir__ipc_schema_put(&out, &w->written, err);
    weir__flat_begin(&out);
    weir__flat_set_offset(&out, 3, batches);
    weir__flat_set_offset(&out, 2, dictionaries);
    weir__flat_set_offset(&out, 1, schema);
    weir__flat_set_int(&out, 0, 2, 4);
    size_t root = weir__flat_end(&out);
    struct weir__str bytes = STR_NULL;
    int status = weir__flat_finish(&out, root, &bytes);
    uint32_t length = (uint32_t)bytes.len;
    if (status == WEIR_OK)
        status = emit(w, bytes.data, bytes.len, err);
    if (status == WEIR_OK)
        status = emit(w, &length, sizeof length, err);
    if (status == WEIR_OK)
        status = emit(w, "ARROW1", 6, err);
    weir__flat_out_dispose(&out);
    return status;
}

static int writer_finish(void *ctx, struct weir_error *err)
{
    struct ipc_writer *w = ctx;
    static const uint32_t end[2] = {UINT32_MAX, 0};
    if (!w->is_begun)
        TRY(schema_emit(w, err));
    TRY(emit(w, end, sizeof end, err));
    return w->is_file ? footer_emit(w, err) : WEIR_OK;
}

static void writer_free(void *ctx)
{
    struct ipc_writer *w = ctx;
    struct weir__buf *bufs[] = {&w->body,     &w->nodes,  &w->buffers,
                                &w->variadic, &w->blocks, &w->packed};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        weir__buf_dispose(bufs[i]);
    weir__schema_freep(&w->given);
    weir__schema_freep(&w->written);
    weir__free(w->env, w);
}

static const struct weir__rows_writer_ops writer_ops = {writer_write, writer_finish, writer_free};

/* The schema without dictionaries; top-level columns only, deeper ones are refused. */
static int schema_plain(const struct weir_env *env, const struct ArrowSchema *from,
                        struct ArrowSchema *out, struct weir_error *err)
{
    AUTO(schema) struct ArrowSchema made = {0};
    TRY(weir__schema_copy(env, from, &made, err));
    for (int64_t i = 0; i < from->n_children; i++) {
        const struct ArrowSchema *column = from->children[i];
        if (!column->dictionary)
            continue;
        weir__schema_freep(made.children[i]);
        TRY(weir__schema_copy(env, column->dictionary, made.children[i], err));
        TRY(weir__schema_rename(env, made.children[i], column->name, err));
        made.children[i]->flags |= column->flags & ARROW_FLAG_NULLABLE;
    }
    *out = made;
    made.release = NULL;
    return WEIR_OK;
}

static int codec_of(enum weir_compression compression, int64_t *out, struct weir_error *err)
{
    switch (compression) {
    case WEIR_COMPRESSION_DEFAULT:
    case WEIR_COMPRESSION_UNCOMPRESSED:
        *out = -1;
        return WEIR_OK;
    case WEIR_COMPRESSION_LZ4_RAW:
        *out = 0;
        return WEIR_OK;
    case WEIR_COMPRESSION_ZSTD:
        *out = 1;
        return WEIR_OK;
    default:
        return weir__fail(err, WEIR_INVALID, "arrow files are compressed with lz4 or zstd, not %s",
                          weir_compression_name(compression));
    }
}

int weir__ipc_writer_new(const struct weir_env *env, const struct ArrowSchema *schema,
                         enum weir_compression compression, bool is_file,
                         const struct weir_sink *sink, const struct weir__rows_writer_ops **out_ops,
                         void **out_ctx, struct weir_error *err)
{
    int64_t codec = -1;
    TRY(codec_of(compression, &codec, err));
    struct ipc_writer *w = weir__alloc_zero(env, 1, sizeof *w, err);
    if (!w)
        return WEIR_NO_MEMORY;
    w->env = env;
    w->sink = *sink;
    w->is_file = is_file;
    w->codec = codec;
    struct weir__buf *bufs[] = {&w->body,     &w->nodes,  &w->buffers,
                                &w->variadic, &w->blocks, &w->packed};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        *bufs[i] = weir__buf_make(env, SIZE_MAX / 2);
    int status = weir__schema_copy(env, schema, &w->given, err);
    if (status == WEIR_OK)
        status = is_file ? schema_plain(env, schema, &w->written, err)
                         : weir__schema_copy(env, schema, &w->written, err);
    if (status != WEIR_OK) {
        writer_free(w);
        return status;
    }
    *out_ops = &writer_ops;
    *out_ctx = w;
    return WEIR_OK;
}
