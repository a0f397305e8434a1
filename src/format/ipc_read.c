/* ipc_read.c: Arrow IPC streams and files as a stream of record batches. */
#include "format/ipc_batch.h"

#define MAGIC "ARROW1"
#define READ_STEP (1u << 20)

/* Where messages come from: in order from a source, or by block from a file. Owned by the stream.
 */
struct ipc_reader {
    const struct weir_env *env;
    char *name;
    const struct weir_source *source; /* stream format */
    struct weir_source own_source;
    const struct weir_input *input; /* file format */
    struct weir__buf blocks;        /* struct block, record batches of a file */
    size_t next_block;
    struct weir__buf metadata, body;
    struct ArrowSchema schema;
    struct weir__ipc_dictionaries dictionaries;
    uint64_t input_at; /* a stream read out of an input */
    bool is_ended;
};

struct block {
    int64_t offset, body_bytes;
    int32_t metadata_bytes;
};

struct message {
    int64_t kind, body_bytes;
    struct weir__flat_table header;
    bool is_end;
};

/* Read exactly n bytes, growing with what really comes; *out_got < n only at the end of the source.
 */
static int read_bytes(struct ipc_reader *r, struct weir__buf *out, uint64_t n,
                      struct weir_error *err)
{
    weir__buf_clear(out);
    while (out->len < n) {
        size_t step = n - out->len < READ_STEP ? (size_t)(n - out->len) : READ_STEP;
        TRY(weir__buf_reserve(out, step, err));
        size_t got = 0;
        TRY(r->source->read(r->source->ctx, out->data + out->len, step, &got, err));
        if (got == 0)
            break;
        out->len += got;
    }
    return WEIR_OK;
}

static int fail_cut(const struct ipc_reader *r, struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT, "%s: the arrow stream is cut short", r->name);
}

static int message_parse(struct ipc_reader *r, struct message *out, struct weir_error *err)
{
    struct weir__flat_table root;
    int64_t version;
    if (!weir__flat_root((struct weir__flat){r->metadata.data, r->metadata.len}, &root) ||
        !weir__flat_int(&root, 0, 2, 0, &version) || !weir__flat_int(&root, 1, 1, 0, &out->kind) ||
        !weir__flat_child(&root, 2, &out->header) || !out->header.at ||
        !weir__flat_int(&root, 3, 8, 0, &out->body_bytes) || out->body_bytes < 0)
        return weir__fail(err, WEIR_CORRUPT, "%s: a malformed arrow message", r->name);
    if (version < 3 || version > 4) /* V4 and V5 */
        return weir__fail(err, WEIR_UNSUPPORTED, "%s: arrow metadata version %d", r->name,
                          (int)version + 1);
    return WEIR_OK;
}

static int message_next(struct ipc_reader *r, struct message *out, struct weir_error *err)
{
    *out = (struct message){0};
    uint32_t length = 0;
    for (int word = 0; word < 2; word++) { /* a continuation marker may stand before the length */
        TRY(read_bytes(r, &r->metadata, sizeof length, err));
        if (r->metadata.len < sizeof length) {
            out->is_end = r->metadata.len == 0 && word == 0;
            return out->is_end ? WEIR_OK : fail_cut(r, err);
        }
        length = weir__load32(r->metadata.data);
        if (length != UINT32_MAX)
            break;
    }
    if (length == 0) {
        out->is_end = true;
        return WEIR_OK;
    }
    if (length > WEIR__IPC_MAX_METADATA)
        return weir__fail(err, WEIR_CORRUPT, "%s: not an arrow stream (metadata of %u bytes)",
                          r->name, length);
    TRY(read_bytes(r, &r->metadata, length, err));
    if (r->metadata.len < length)
        return fail_cut(r, err);
    TRY(message_parse(r, out, err));
    TRY(read_bytes(r, &r->body, (uint64_t)out->body_bytes, err));
    return r->body.len < (uint64_t)out->body_bytes ? fail_cut(r, err) : WEIR_OK;
}

static int schema_take(struct ipc_reader *r, const struct weir__flat_table *table,
                       struct weir_error *err)
{
    AUTO(buf) struct weir__buf ids = weir__buf_make(r->env, SIZE_MAX / 2);
    int status = weir__ipc_schema_parse(r->env, table, &ids, &r->schema, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "%s", r->name);
    return weir__ipc_dictionaries_make(r->env, &r->schema, (const int64_t *)(const void *)ids.data,
                                       ids.len / sizeof(int64_t), &r->dictionaries, err);
}

/* A message that is not the schema: *out is set for a record batch. */
static int message_apply(struct ipc_reader *r, const struct message *m, struct ArrowArray *out,
                         struct weir_error *err)
{
    int status;
    switch (m->kind) {
    case WEIR__IPC_DICTIONARY:
        status = weir__ipc_dictionary_read(r->env, &m->header, r->body.data, r->body.len,
                                           &r->dictionaries, err);
        break;
    case WEIR__IPC_BATCH:
        status = weir__ipc_batch_read(r->env, &r->schema, &m->header, r->body.data, r->body.len,
                                      &r->dictionaries, out, err);
        break;
    default:
        return weir__fail(err, WEIR_CORRUPT, "%s: an arrow message of unknown kind %d", r->name,
                          (int)m->kind);
    }
    return status == WEIR_OK ? WEIR_OK : weir__error_prefix(err, status, "%s", r->name);
}

static int stream_next(struct ipc_reader *r, struct ArrowArray *out, struct weir_error *err)
{
    while (!r->is_ended) {
        struct message m;
        TRY(message_next(r, &m, err));
        if (m.is_end) {
            r->is_ended = true;
            break;
        }
        AUTO(array) struct ArrowArray batch = {0};
        TRY(message_apply(r, &m, &batch, err));
        if (batch.release) {
            weir__array_move(&batch, out);
            return WEIR_OK;
        }
    }
    *out = (struct ArrowArray){0};
    return WEIR_OK;
}

/* ---- files ---- */

static int input_read(struct ipc_reader *r, uint64_t offset, uint64_t n, struct weir__buf *out,
                      struct weir_error *err)
{
    uint64_t size = r->input->size_bytes;
    weir__buf_clear(out);
    if (offset > size || n > size - offset)
        return weir__fail(err, WEIR_CORRUPT, "%s: an arrow block outside of the file", r->name);
    TRY(weir__buf_reserve(out, (size_t)n, err));
    if (n)
        TRY(r->input->read_at(r->input->ctx, offset, out->data, (size_t)n, err));
    out->len = (size_t)n;
    return WEIR_OK;
}

static int block_read(struct ipc_reader *r, const struct block *b, struct message *out,
                      struct weir_error *err)
{
    if (b->offset < 0 || b->metadata_bytes < 8 || b->body_bytes < 0)
        return weir__fail(err, WEIR_CORRUPT, "%s: an arrow block that cannot be", r->name);
    TRY(input_read(r, (uint64_t)b->offset, (uint64_t)b->metadata_bytes, &r->metadata, err));
    size_t skip = weir__load32(r->metadata.data) == UINT32_MAX ? 8 : 4;
    memmove(r->metadata.data, r->metadata.data + skip, r->metadata.len - skip);
    r->metadata.len -= skip;
    *out = (struct message){0};
    TRY(message_parse(r, out, err));
    if (out->body_bytes != b->body_bytes)
        return weir__fail(err, WEIR_CORRUPT,
                          "%s: an arrow block of another length than its message", r->name);
    return input_read(r, (uint64_t)b->offset + (uint64_t)b->metadata_bytes, (uint64_t)b->body_bytes,
                      &r->body, err);
}

static int blocks_parse(struct ipc_reader *r, const struct weir__flat_table *footer, unsigned field,
                        struct weir__buf *out, struct weir_error *err)
{
    size_t at, n;
    if (!weir__flat_vector(footer, field, 24, &at, &n))
        return weir__fail(err, WEIR_CORRUPT, "%s: a malformed arrow footer", r->name);
    for (size_t i = 0; i < n; i++, at += 24) {
        struct block b = {weir__flat_load(footer, at, 8), weir__flat_load(footer, at + 16, 8),
                          (int32_t)weir__flat_load(footer, at + 8, 4)};
        TRY(weir__buf_append(out, &b, sizeof b, err));
    }
    return WEIR_OK;
}

static int dictionaries_load(struct ipc_reader *r, const struct weir__buf *blocks,
                             struct weir_error *err)
{
    const struct block *list = (const struct block *)(const void *)blocks->data;
    for (size_t i = 0; i < blocks->len / sizeof *list; i++) {
        struct message m;
        struct ArrowArray none = {0};
        TRY(block_read(r, &list[i], &m, err));
        if (m.kind != WEIR__IPC_DICTIONARY)
            return weir__fail(err, WEIR_CORRUPT, "%s: a dictionary block that is none", r->name);
        TRY(message_apply(r, &m, &none, err));
    }
    return WEIR_OK;
}

static int file_open(struct ipc_reader *r, struct weir_error *err)
{
    uint64_t size = r->input->size_bytes;
    TRY(input_read(r, size - 10, 10, &r->metadata, err));
    int64_t length = (int32_t)weir__load32(r->metadata.data);
    if (memcmp(r->metadata.data + 4, MAGIC, 6) != 0)
        return weir__fail(err, WEIR_CORRUPT, "%s: the arrow file is cut short", r->name);
    if (length <= 0 || (uint64_t)length > size - 18)
        return weir__fail(err, WEIR_CORRUPT, "%s: an arrow footer of %d bytes", r->name,
                          (int)length);
    AUTO(buf) struct weir__buf footer = weir__buf_make(r->env, SIZE_MAX / 2);
    AUTO(buf) struct weir__buf dictionaries = weir__buf_make(r->env, SIZE_MAX / 2);
    TRY(input_read(r, size - 10 - (uint64_t)length, (uint64_t)length, &footer, err));
    struct weir__flat_table root, schema;
    if (!weir__flat_root((struct weir__flat){footer.data, footer.len}, &root) ||
        !weir__flat_child(&root, 1, &schema) || !schema.at)
        return weir__fail(err, WEIR_CORRUPT, "%s: a malformed arrow footer", r->name);
    TRY(schema_take(r, &schema, err));
    TRY(blocks_parse(r, &root, 2, &dictionaries, err));
    TRY(blocks_parse(r, &root, 3, &r->blocks, err));
    return dictionaries_load(r, &dictionaries, err);
}

static int file_next(struct ipc_reader *r, struct ArrowArray *out, struct weir_error *err)
{
    const struct block *list = (const struct block *)(const void *)r->blocks.data;
    *out = (struct ArrowArray){0};
    if (r->next_block == r->blocks.len / sizeof *list)
        return WEIR_OK;
    struct message m;
    TRY(block_read(r, &list[r->next_block++], &m, err));
    if (m.kind != WEIR__IPC_BATCH)
        return weir__fail(err, WEIR_CORRUPT, "%s: a batch block that is none", r->name);
    return message_apply(r, &m, out, err);
}

/* ---- the stream ---- */

static int reader_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct ipc_reader *r = ctx;
    return weir__schema_copy(r->env, &r->schema, out, err);
}

static int reader_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct ipc_reader *r = ctx;
    return r->source ? stream_next(r, out, err) : file_next(r, out, err);
}

static void reader_free(void *ctx)
{
    struct ipc_reader *r = ctx;
    weir__ipc_dictionaries_dispose(r->env, &r->dictionaries);
    weir__schema_freep(&r->schema);
    weir__buf_dispose(&r->metadata);
    weir__buf_dispose(&r->body);
    weir__buf_dispose(&r->blocks);
    weir__free(r->env, r->name);
    weir__free(r->env, r);
}

static const struct weir__stream_ops reader_ops = {reader_schema, reader_next, reader_free};

static int reader_make(const struct weir_env *env, const char *name, struct ipc_reader **out,
                       struct weir_error *err)
{
    struct ipc_reader *r = weir__alloc_zero(env, 1, sizeof *r, err);
    if (!r)
        return WEIR_NO_MEMORY;
    r->env = env;
    r->metadata = weir__buf_make(env, SIZE_MAX / 2);
    r->body = weir__buf_make(env, SIZE_MAX / 2);
    r->blocks = weir__buf_make(env, SIZE_MAX / 2);
    r->name = weir__strdup(env, name ? name : "arrow", err);
    if (!r->name) {
        reader_free(r);
        return WEIR_NO_MEMORY;
    }
    *out = r;
    return WEIR_OK;
}

static int stream_open(struct ipc_reader *r, struct weir_error *err)
{
    struct message m;
    TRY(message_next(r, &m, err));
    if (m.is_end || m.kind != WEIR__IPC_SCHEMA)
        return weir__fail(err, WEIR_CORRUPT, "%s: an arrow stream begins with its schema", r->name);
    return schema_take(r, &m.header, err);
}

/* The stream owns r on success; on failure r is freed here. */
static int reader_finish(struct ipc_reader *r, int status, struct ArrowArrayStream *out,
                         struct weir_error *err)
{
    if (status == WEIR_OK)
        status = weir__stream_make(r->env, &reader_ops, r, out, err);
    if (status != WEIR_OK)
        reader_free(r);
    return status;
}

int weir_ipc_read_stream(const struct weir_env *env, const struct weir_source *source,
                         const char *name, struct ArrowArrayStream *out, struct weir_error *err)
{
    struct ipc_reader *r = NULL;
    TRY(reader_make(env, name, &r, err));
    r->own_source = *source;
    r->source = &r->own_source;
    return reader_finish(r, stream_open(r, err), out, err);
}

/* An input read from begin to end, for streams that lie in files. */
static int input_source_read(void *ctx, void *buf, size_t cap, size_t *out_got,
                             struct weir_error *err)
{
    struct ipc_reader *r = ctx;
    uint64_t left = r->input->size_bytes - r->input_at;
    size_t n = left < cap ? (size_t)left : cap;
    if (n)
        TRY(r->input->read_at(r->input->ctx, r->input_at, buf, n, err));
    r->input_at += n;
    *out_got = n;
    return WEIR_OK;
}

int weir_ipc_read_file(const struct weir_env *env, const struct weir_input *input,
                       struct ArrowArrayStream *out, struct weir_error *err)
{
    struct ipc_reader *r = NULL;
    TRY(reader_make(env, input->name, &r, err));
    r->input = input;
    int status = input->size_bytes >= 8 ? input_read(r, 0, 8, &r->metadata, err) : WEIR_OK;
    bool is_file = status == WEIR_OK && r->metadata.len == 8 &&
                   memcmp(r->metadata.data, MAGIC, 6) == 0 && input->size_bytes >= 18;
    if (status == WEIR_OK && is_file)
        return reader_finish(r, file_open(r, err), out, err);
    r->own_source = (struct weir_source){input_source_read, NULL, r};
    r->source = &r->own_source;
    return reader_finish(r, status ? status : stream_open(r, err), out, err);
}
