/* ipc_batch.c: buffers of a message body copied into arrays that own them.
 *
 * The hard idea: nodes and buffers come flat, in depth-first order of the schema. Each buffer's
 * size is checked against the node's length before the array exists, because the C interface cannot
 * tell sizes afterwards. */
#include "format/ipc_batch.h"

#include <lz4frame.h>
#include <zstd.h>

#define MAX_EXPANSION 40000 /* zstd turns 128 KiB of one byte into four bytes */
#define EXPANSION_FLOOR (1u << 20)
#define MAX_BUFFER_BYTES (1ull << 31)

enum body_codec { BODY_PLAIN = -1, BODY_LZ4 = 0, BODY_ZSTD = 1 };

struct batch_reader {
    const struct weir_env *env;
    const struct weir__flat_table *table;
    const uint8_t *body;
    size_t n_body;
    size_t nodes_at, n_nodes, buffers_at, n_buffers, variadic_at, n_variadic;
    size_t next_node, next_buffer, next_variadic;
    int64_t codec;
    const struct weir__ipc_dictionaries *dictionaries;
};

static int fail_column(const struct ArrowSchema *schema, const char *what, struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT, "arrow batch: column %s: %s",
                      schema->name ? schema->name : "", what);
}

static int inflate_lz4(const uint8_t *from, size_t n, uint8_t *to, size_t n_to)
{
    LZ4F_dctx *context = NULL;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return WEIR_NO_MEMORY;
    size_t used = 0, made = 0, left = 1;
    while (left != 0 && used < n && made <= n_to) {
        size_t in = n - used, out = n_to - made;
        left = LZ4F_decompress(context, to + made, &out, from + used, &in, NULL);
        if (LZ4F_isError(left) || (in == 0 && out == 0))
            break;
        used += in;
        made += out;
    }
    bool is_whole = left == 0 && made == n_to;
    (void)LZ4F_freeDecompressionContext(context); /* nothing to report */
    return is_whole ? WEIR_OK : WEIR_CORRUPT;
}

static int inflate(int64_t codec, const uint8_t *from, size_t n, uint8_t *to, size_t n_to)
{
    if (codec == BODY_LZ4)
        return inflate_lz4(from, n, to, n_to);
    size_t got = ZSTD_decompress(to, n_to, from, n);
    return !ZSTD_isError(got) && got == n_to ? WEIR_OK : WEIR_CORRUPT;
}

/* The next buffer as an own block of at least `least` bytes (0 and NULL when it is empty and none
 * are needed). */
static int buffer_load(struct batch_reader *r, const struct ArrowSchema *schema, size_t least,
                       void **out, size_t *out_bytes, struct weir_error *err)
{
    *out = NULL;
    *out_bytes = 0;
    if (r->next_buffer >= r->n_buffers)
        return fail_column(schema, "too few buffers", err);
    size_t at = r->buffers_at + 16 * r->next_buffer++;
    int64_t offset = weir__flat_load(r->table, at, 8),
            length = weir__flat_load(r->table, at + 8, 8);
    if (offset < 0 || length < 0 || (uint64_t)offset > r->n_body ||
        (uint64_t)length > r->n_body - (uint64_t)offset)
        return fail_column(schema, "a buffer outside of the body", err);
    const uint8_t *from = length ? r->body + offset : NULL; /* an empty body has no bytes at all */
    size_t n = (size_t)length, n_plain = n;
    bool is_packed = false;
    if (r->codec != BODY_PLAIN && n > 0) {
        if (n < 8)
            return fail_column(schema, "a compressed buffer without its length", err);
        int64_t claimed = (int64_t)weir__load64(from);
        from += 8;
        n -= 8;
        is_packed = claimed != -1;
        n_plain = is_packed ? (size_t)claimed : n;
        if (is_packed && (claimed < 0 || n_plain > n * MAX_EXPANSION + EXPANSION_FLOOR))
            return fail_column(schema, "a compressed buffer that claims too much", err);
    }
    if (n_plain < least || n_plain > MAX_BUFFER_BYTES)
        return fail_column(schema, "a buffer too short for its rows, or over 2 GiB", err);
    if (n_plain == 0)
        return WEIR_OK;
    uint8_t *block = weir__alloc(r->env, n_plain + 8, err);
    if (!block)
        return WEIR_NO_MEMORY;
    int status = WEIR_OK;
    if (is_packed)
        status = inflate(r->codec, from, n, block, n_plain);
    else
        memcpy(block, from, n_plain);
    if (status != WEIR_OK) {
        weir__free(r->env, block);
        return status == WEIR_NO_MEMORY ? weir__fail_memory(err, n_plain)
                                        : fail_column(schema, "a damaged compressed buffer", err);
    }
    *out = block;
    *out_bytes = n_plain;
    return WEIR_OK;
}

static int buffer_own(struct batch_reader *r, const struct ArrowSchema *schema, int64_t i,
                      size_t least, struct ArrowArray *array, size_t *out_bytes,
                      struct weir_error *err)
{
    void *block;
    size_t n_bytes;
    TRY(buffer_load(r, schema, least, &block, &n_bytes, err));
    if (!block && i > 0) { /* empty, but readers of the C interface want a pointer */
        block = weir__alloc_zero(r->env, 1, 8, err);
        if (!block)
            return WEIR_NO_MEMORY;
    }
    weir__array_own(array, i, block);
    if (out_bytes)
        *out_bytes = n_bytes;
    return WEIR_OK;
}

static int array_read(struct batch_reader *r, const struct ArrowSchema *schema, int depth,
                      struct ArrowArray *out, struct weir_error *err);

/* Last offset against what it points into; monotonic order is checked by weir_batch_validate. */
static int offsets_read(struct batch_reader *r, const struct ArrowSchema *schema, bool is_large,
                        struct ArrowArray *array, int64_t *out_last, struct weir_error *err)
{
    size_t width = is_large ? 8 : 4;
    size_t n = array->length > 0 ? (size_t)array->length + 1 : 0;
    size_t n_bytes;
    if (n > MAX_BUFFER_BYTES)
        return fail_column(schema, "too many rows", err);
    TRY(buffer_own(r, schema, 1, n * width, array, &n_bytes, err));
    *out_last = 0;
    if (n == 0)
        return WEIR_OK;
    const uint8_t *last = (const uint8_t *)array->buffers[1] + (n - 1) * width;
    *out_last = is_large ? (int64_t)weir__load64(last) : (int64_t)(int32_t)weir__load32(last);
    return *out_last < 0 ? fail_column(schema, "a negative offset", err) : WEIR_OK;
}

static int binary_read(struct batch_reader *r, const struct ArrowSchema *schema, bool is_large,
                       struct ArrowArray *array, struct weir_error *err)
{
    int64_t last;
    TRY(offsets_read(r, schema, is_large, array, &last, err));
    return buffer_own(r, schema, 2, (size_t)last, array, NULL, err);
}

/* Views: the element buffer, then as many data buffers as the batch says; sizes go into one more
 * buffer. */
static int views_read(struct batch_reader *r, const struct ArrowSchema *schema, int64_t n_data,
                      struct ArrowArray *array, struct weir_error *err)
{
    TRY(buffer_own(r, schema, 1, (size_t)array->length * 16, array, NULL, err));
    int64_t *sizes = weir__alloc_zero(r->env, (size_t)n_data + 1, sizeof *sizes, err);
    if (!sizes)
        return WEIR_NO_MEMORY;
    weir__array_own(array, 2 + n_data, sizes);
    for (int64_t i = 0; i < n_data; i++) {
        size_t n_bytes;
        TRY(buffer_own(r, schema, 2 + i, 0, array, &n_bytes, err));
        sizes[i] = (int64_t)n_bytes;
    }
    return WEIR_OK;
}

static const struct weir__ipc_dictionary *dictionary_of(const struct weir__ipc_dictionaries *d,
                                                        const struct ArrowSchema *column)
{
    for (size_t i = 0; d && i < d->n; i++) {
        if (d->items[i].column == column)
            return &d->items[i];
    }
    return NULL;
}

static int dictionary_column_read(struct batch_reader *r, const struct ArrowSchema *schema,
                                  const struct weir__type *type, struct ArrowArray *array,
                                  struct weir_error *err)
{
    static const size_t widths[] = {1, 2, 4, 8, 1, 2, 4, 8};
    size_t width = widths[type->index_kind - WEIR__KIND_INT8];
    TRY(buffer_own(r, schema, 1, (size_t)array->length * width, array, NULL, err));
    const struct weir__ipc_dictionary *found = dictionary_of(r->dictionaries, schema);
    if (!found || !found->values.release)
        return fail_column(schema, "its dictionary did not come", err);
    return weir__slice(r->env, schema->dictionary, &found->values, 0, found->values.length,
                       array->dictionary, err);
}

static int content_read(struct batch_reader *r, const struct ArrowSchema *schema,
                        const struct weir__type *type, int64_t n_data, struct ArrowArray *array,
                        struct weir_error *err)
{
    int64_t ignored;
    if (type->is_dictionary)
        return dictionary_column_read(r, schema, type, array, err);
    switch (type->kind) {
    case WEIR__KIND_NULL:
    case WEIR__KIND_STRUCT:
    case WEIR__KIND_FIXED_LIST:
        return WEIR_OK;
    case WEIR__KIND_BOOL:
        return buffer_own(r, schema, 1, ((size_t)array->length + 7) / 8, array, NULL, err);
    case WEIR__KIND_BINARY:
    case WEIR__KIND_STRING:
        return binary_read(r, schema, false, array, err);
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_LARGE_STRING:
        return binary_read(r, schema, true, array, err);
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
        return views_read(r, schema, n_data, array, err);
    case WEIR__KIND_LIST:
    case WEIR__KIND_MAP:
        return offsets_read(r, schema, false, array, &ignored, err);
    case WEIR__KIND_LARGE_LIST:
        return offsets_read(r, schema, true, array, &ignored, err);
    default:
        return buffer_own(r, schema, 1, (size_t)array->length * (size_t)type->width_bytes, array,
                          NULL, err);
    }
}

static int node_take(struct batch_reader *r, const struct ArrowSchema *schema, int64_t *out_length,
                     int64_t *out_nulls, struct weir_error *err)
{
    if (r->next_node >= r->n_nodes)
        return fail_column(schema, "too few nodes", err);
    size_t at = r->nodes_at + 16 * r->next_node++;
    *out_length = weir__flat_load(r->table, at, 8);
    *out_nulls = weir__flat_load(r->table, at + 8, 8);
    if (*out_length < 0 || *out_length > (1ll << 40) || *out_nulls < 0 || *out_nulls > *out_length)
        return fail_column(schema, "a length or null count that cannot be", err);
    return WEIR_OK;
}

static int variadic_take(struct batch_reader *r, const struct ArrowSchema *schema,
                         const struct weir__type *type, int64_t *out, struct weir_error *err)
{
    *out = 0;
    bool is_views = !type->is_dictionary &&
                    (type->kind == WEIR__KIND_BINARY_VIEW || type->kind == WEIR__KIND_STRING_VIEW);
    if (!is_views)
        return WEIR_OK;
    if (r->next_variadic >= r->n_variadic)
        return fail_column(schema, "no count of its data buffers", err);
    *out = weir__flat_load(r->table, r->variadic_at + 8 * r->next_variadic++, 8);
    if (*out < 0 || (uint64_t)*out > r->n_buffers)
        return fail_column(schema, "a count of data buffers that cannot be", err);
    return WEIR_OK;
}

static int array_read(struct batch_reader *r, const struct ArrowSchema *schema, int depth,
                      struct ArrowArray *out, struct weir_error *err)
{
    if (depth > WEIR__MAX_NESTING)
        return fail_column(schema, "nested too deep", err);
    struct weir__type type;
    int64_t length = 0, n_nulls = 0, n_data = 0;
    TRY(weir__type_parse(schema, &type, err));
    TRY(node_take(r, schema, &length, &n_nulls, err));
    TRY(variadic_take(r, schema, &type, &n_data, err));
    bool is_views = !type.is_dictionary &&
                    (type.kind == WEIR__KIND_BINARY_VIEW || type.kind == WEIR__KIND_STRING_VIEW);
    int64_t n_buffers = is_views             ? 3 + n_data
                        : type.is_dictionary ? 2
                                             : weir__kind_buffers(type.kind);
    AUTO(array) struct ArrowArray made = {0};
    TRY(weir__array_make(r->env, n_buffers, schema->n_children, type.is_dictionary, &made, err));
    made.length = length;
    made.null_count = type.kind == WEIR__KIND_NULL && !type.is_dictionary ? length : n_nulls;
    if (n_buffers > 0) {
        size_t least = n_nulls > 0 ? ((size_t)length + 7) / 8 : 0;
        TRY(buffer_own(r, schema, 0, least, &made, NULL, err));
    }
    TRY(content_read(r, schema, &type, n_data, &made, err));
    for (int64_t i = 0; i < schema->n_children; i++)
        TRY(array_read(r, schema->children[i], depth + 1, made.children[i], err));
    weir__array_move(&made, out);
    return WEIR_OK;
}

static int reader_open(struct batch_reader *r, struct weir_error *err)
{
    struct weir__flat_table compression;
    const struct weir__flat_table *t = r->table;
    if (!weir__flat_vector(t, 1, 16, &r->nodes_at, &r->n_nodes) ||
        !weir__flat_vector(t, 2, 16, &r->buffers_at, &r->n_buffers) ||
        !weir__flat_child(t, 3, &compression) ||
        !weir__flat_vector(t, 4, 8, &r->variadic_at, &r->n_variadic))
        return weir__fail(err, WEIR_CORRUPT, "arrow batch: not a valid message");
    r->codec = BODY_PLAIN;
    if (compression.at && !weir__flat_int(&compression, 0, 1, 0, &r->codec))
        return weir__fail(err, WEIR_CORRUPT, "arrow batch: not a valid message");
    if (r->codec > BODY_ZSTD || r->codec < BODY_PLAIN)
        return weir__fail(err, WEIR_UNSUPPORTED, "arrow batch: compression codec %d",
                          (int)r->codec);
    return WEIR_OK;
}

int weir__ipc_batch_read(const struct weir_env *env, const struct ArrowSchema *schema,
                         const struct weir__flat_table *table, const uint8_t *body, size_t n_body,
                         const struct weir__ipc_dictionaries *d, struct ArrowArray *out,
                         struct weir_error *err)
{
    struct batch_reader r = {
        .env = env, .table = table, .body = body, .n_body = n_body, .dictionaries = d};
    TRY(reader_open(&r, err));
    int64_t length;
    if (!weir__flat_int(table, 0, 8, 0, &length) || length < 0)
        return weir__fail(err, WEIR_CORRUPT, "arrow batch: a negative length");
    AUTO(array) struct ArrowArray made = {0};
    TRY(weir__array_make(env, 1, schema->n_children, false, &made, err));
    made.length = length;
    for (int64_t i = 0; i < schema->n_children; i++) {
        TRY(array_read(&r, schema->children[i], 0, made.children[i], err));
        if (made.children[i]->length != length)
            return fail_column(schema->children[i], "another number of rows than its batch", err);
    }
    int status = weir_batch_validate(schema, &made, err);
    if (status == WEIR_INVALID) { /* bytes that are not ours: corrupt, not a caller's mistake */
        if (err)
            err->code = WEIR_CORRUPT;
        return weir__error_prefix(err, WEIR_CORRUPT, "arrow batch");
    }
    TRY(status);
    weir__array_move(&made, out);
    return WEIR_OK;
}

/* ---- dictionaries ---- */

struct pairing {
    struct weir__ipc_dictionaries *out;
    const int64_t *ids;
    size_t n_ids;
};

static void pair_columns(struct pairing *p, const struct ArrowSchema *node, int depth)
{
    const struct ArrowSchema *values = node->dictionary ? node->dictionary : node;
    for (int64_t i = 0; depth <= WEIR__MAX_NESTING && i < values->n_children; i++)
        pair_columns(p, values->children[i], depth + 1);
    if (node->dictionary && p->out->n < p->n_ids) {
        struct weir__ipc_dictionary *item = &p->out->items[p->out->n];
        item->column = node;
        item->id = p->ids[p->out->n++];
    }
}

int weir__ipc_dictionaries_make(const struct weir_env *env, const struct ArrowSchema *schema,
                                const int64_t *ids, size_t n_ids,
                                struct weir__ipc_dictionaries *out, struct weir_error *err)
{
    *out = (struct weir__ipc_dictionaries){0};
    out->items = weir__alloc_zero(env, n_ids ? n_ids : 1, sizeof *out->items, err);
    if (!out->items)
        return WEIR_NO_MEMORY;
    struct pairing pairing = {out, ids, n_ids};
    pair_columns(&pairing, schema, 0);
    return WEIR_OK;
}

void weir__ipc_dictionaries_dispose(const struct weir_env *env, struct weir__ipc_dictionaries *d)
{
    for (size_t i = 0; i < d->n; i++)
        weir__array_freep(&d->items[i].values);
    weir__free(env, d->items);
    *d = (struct weir__ipc_dictionaries){0};
}

/* Values of one dictionary: its batch has the one column that the dictionary is. */
static int values_read(const struct weir_env *env, const struct ArrowSchema *values_schema,
                       const struct weir__flat_table *data, const uint8_t *body, size_t n_body,
                       const struct weir__ipc_dictionaries *d, struct ArrowArray *out,
                       struct weir_error *err)
{
    struct ArrowSchema *fields[1] = {(struct ArrowSchema *)(uintptr_t)values_schema};
    struct ArrowSchema one = {.format = "+s", .name = "", .n_children = 1, .children = fields};
    AUTO(array) struct ArrowArray batch = {0};
    TRY(weir__ipc_batch_read(env, &one, data, body, n_body, d, &batch, err));
    weir__array_move(batch.children[0], out);
    return WEIR_OK;
}

int weir__ipc_dictionary_read(const struct weir_env *env, const struct weir__flat_table *table,
                              const uint8_t *body, size_t n_body, struct weir__ipc_dictionaries *d,
                              struct weir_error *err)
{
    int64_t id, is_delta;
    struct weir__flat_table data;
    if (!weir__flat_int(table, 0, 8, 0, &id) || !weir__flat_child(table, 1, &data) || !data.at ||
        !weir__flat_int(table, 2, 1, 0, &is_delta))
        return weir__fail(err, WEIR_CORRUPT, "arrow dictionary: not a valid message");
    for (size_t i = 0; i < d->n; i++) {
        struct weir__ipc_dictionary *item = &d->items[i];
        if (item->id != id)
            continue;
        AUTO(array) struct ArrowArray values = {0};
        TRY(values_read(env, item->column->dictionary, &data, body, n_body, d, &values, err));
        if (is_delta && item->values.release) {
            const struct ArrowArray *parts[2] = {&item->values, &values};
            AUTO(array) struct ArrowArray joined = {0};
            TRY(weir__concat(env, item->column->dictionary, parts, 2, &joined, err));
            weir__array_freep(&values);
            weir__array_move(&joined, &values);
        }
        weir__array_freep(&item->values);
        weir__array_move(&values, &item->values);
    }
    return WEIR_OK;
}
