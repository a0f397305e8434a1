/* concat.c: one array of the rows of several. Fixed-width data and text are copied in runs; bitmaps
 * bit by bit only where an offset forces it. Dictionary columns are resolved to one dictionary that
 * holds all of them end to end. */
#include "columnar/builder.h"
#include "columnar/kernels.h"

struct joiner {
    const struct weir_env *env;
    size_t n;      /* arrays */
    int64_t total; /* rows */
    int depth;
};

static int join(const struct joiner *join_of, const struct ArrowSchema *schema,
                const struct ArrowArray *const *arrays, struct ArrowArray *out,
                struct weir_error *err);

static void bits_copy(const uint8_t *from, int64_t from_at, uint8_t *to, int64_t to_at, int64_t n)
{
    int64_t i = 0;
    if (((from_at | to_at) & 7) == 0) {
        memcpy(to + to_at / 8, from + from_at / 8, (size_t)(n / 8));
        i = n / 8 * 8;
    }
    for (; i < n; i++) {
        if (weir__bit_get(from, from_at + i))
            weir__bit_set(to, to_at + i);
    }
}

static void bits_fill(uint8_t *to, int64_t to_at, int64_t n)
{
    int64_t i = 0;
    for (; i < n && ((to_at + i) & 7); i++)
        weir__bit_set(to, to_at + i);
    memset(to + (to_at + i) / 8, 0xff, (size_t)((n - i) / 8));
    for (i += (n - i) / 8 * 8; i < n; i++)
        weir__bit_set(to, to_at + i);
}

static int join_validity(const struct joiner *join_of, const struct weir__view *views,
                         struct ArrowArray *out, struct weir_error *err)
{
    int64_t n_nulls = 0;
    for (size_t a = 0; a < join_of->n; a++)
        n_nulls += views[a].null_count;
    if (n_nulls == 0)
        return WEIR_OK;
    uint8_t *bits = weir__alloc_zero(join_of->env, (size_t)((join_of->total + 7) / 8), 1, err);
    if (!bits)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 0, bits);
    int64_t at = 0;
    for (size_t a = 0; a < join_of->n; a++) {
        if (views[a].validity)
            bits_copy(views[a].validity, views[a].offset, bits, at, views[a].length);
        else
            bits_fill(bits, at, views[a].length);
        at += views[a].length;
    }
    out->null_count = n_nulls;
    return WEIR_OK;
}

static int join_fixed(const struct joiner *join_of, const struct weir__view *views,
                      struct ArrowArray *out, struct weir_error *err)
{
    size_t width = (size_t)views[0].type.width_bytes;
    uint8_t *block = weir__alloc_zero(join_of->env, (size_t)join_of->total, width, err);
    if (!block)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, block);
    for (size_t a = 0; a < join_of->n; a++) {
        size_t n_bytes = (size_t)views[a].length * width;
        if (n_bytes)
            memcpy(block, views[a].data, n_bytes);
        block += n_bytes;
    }
    return WEIR_OK;
}

static int join_bool(const struct joiner *join_of, const struct weir__view *views,
                     struct ArrowArray *out, struct weir_error *err)
{
    uint8_t *bits = weir__alloc_zero(join_of->env, (size_t)((join_of->total + 7) / 8), 1, err);
    if (!bits)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, bits);
    int64_t at = 0;
    for (size_t a = 0; a < join_of->n; a++) {
        if (views[a].length)
            bits_copy(views[a].data, views[a].offset, bits, at, views[a].length);
        at += views[a].length;
    }
    return WEIR_OK;
}

/* First and last byte (or child) position that a view with offsets covers. */
static void covered(const struct weir__view *view, int64_t *from, int64_t *to)
{
    *from = *to = 0;
    if (view->length == 0)
        return;
    *from = view->offsets32 ? view->offsets32[0] : view->offsets64[0];
    *to = view->offsets32 ? view->offsets32[view->length] : view->offsets64[view->length];
}

/* Offsets of all arrays in one, each shifted to where its bytes or children will lie. */
static int join_offsets(const struct joiner *join_of, const struct weir__view *views,
                        struct ArrowArray *out, int64_t *out_total, struct weir_error *err)
{
    bool is_large = views[0].offsets64 != NULL;
    for (size_t a = 1; a < join_of->n; a++)
        is_large = is_large || views[a].offsets64 != NULL;
    size_t width = is_large ? sizeof(int64_t) : sizeof(int32_t);
    void *block = weir__alloc_zero(join_of->env, (size_t)join_of->total + 1, width, err);
    if (!block)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, block);
    int64_t base = 0, row = 0;
    for (size_t a = 0; a < join_of->n; a++) {
        int64_t from, to;
        covered(&views[a], &from, &to);
        for (int64_t i = 0; i < views[a].length; i++, row++) {
            if (is_large)
                ((int64_t *)block)[row + 1] = base + views[a].offsets64[i + 1] - from;
            else
                ((int32_t *)block)[row + 1] =
                    (int32_t)(base + (int64_t)views[a].offsets32[i + 1] - from);
        }
        base += to - from;
    }
    if (!is_large && base > INT32_MAX)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: over 2 GiB in one batch",
                          views[0].schema->name);
    *out_total = base;
    return WEIR_OK;
}

static int join_binary(const struct joiner *join_of, const struct weir__view *views,
                       struct ArrowArray *out, struct weir_error *err)
{
    int64_t total = 0;
    TRY(join_offsets(join_of, views, out, &total, err));
    uint8_t *bytes = weir__alloc(join_of->env, (size_t)total, err);
    if (!bytes)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 2, bytes);
    for (size_t a = 0; a < join_of->n; a++) {
        int64_t from, to;
        covered(&views[a], &from, &to);
        if (to > from)
            memcpy(bytes, views[a].data + from, (size_t)(to - from));
        bytes += to - from;
    }
    return WEIR_OK;
}

/* Child k of every array, as shallow copies cut to the rows that the parents show. */
static int join_children(const struct joiner *join_of, const struct weir__view *views, int64_t k,
                         struct ArrowArray *out, struct weir_error *err)
{
    size_t n = join_of->n;
    AUTO(buf) struct weir__buf space = weir__buf_make(join_of->env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&space, n * (sizeof(struct ArrowArray) + sizeof(void *)), err));
    struct ArrowArray *cut = (struct ArrowArray *)(void *)space.data;
    const struct ArrowArray **list = (const struct ArrowArray **)(void *)(cut + n);
    struct joiner child = {join_of->env, n, 0, join_of->depth + 1};
    for (size_t a = 0; a < n; a++) {
        const struct weir__view *view = &views[a];
        int64_t from = view->offset, to = view->offset + view->length;
        if (view->type.kind == WEIR__KIND_FIXED_LIST) {
            from *= view->type.list_size;
            to *= view->type.list_size;
        } else if (view->type.kind != WEIR__KIND_STRUCT) {
            covered(view, &from, &to);
        }
        cut[a] = *view->array->children[k];
        cut[a].offset += from;
        cut[a].length = to - from;
        if (cut[a].null_count > 0)
            cut[a].null_count = -1; /* of the whole child; count again */
        list[a] = &cut[a];
        child.total += to - from;
    }
    return join(&child, views[0].schema->children[k], list, out->children[k], err);
}

static int join_nested(const struct joiner *join_of, const struct weir__view *views,
                       struct ArrowArray *out, struct weir_error *err)
{
    enum weir__kind kind = views[0].type.kind;
    int64_t ignored;
    if (kind == WEIR__KIND_LIST || kind == WEIR__KIND_LARGE_LIST || kind == WEIR__KIND_MAP)
        TRY(join_offsets(join_of, views, out, &ignored, err));
    for (int64_t k = 0; k < views[0].array->n_children; k++)
        TRY(join_children(join_of, views, k, out, err));
    return WEIR_OK;
}

/* Views cannot be copied in runs; each array is picked into one byte buffer by weir__take first. */
static int join_views(const struct joiner *join_of, const struct weir__view *views,
                      struct ArrowArray *out, struct weir_error *err)
{
    size_t total = 0, used = 0, row = 0;
    for (size_t a = 0; a < join_of->n; a++) {
        for (int64_t i = 0; i < views[a].length; i++)
            total += weir__view_is_null(&views[a], i) ? 0 : weir__view_bytes(&views[a], i).len;
    }
    if (total > INT32_MAX)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: over 2 GiB of text in one batch",
                          views[0].schema->name);
    uint8_t *elements = weir__alloc_zero(join_of->env, (size_t)join_of->total, 16, err);
    if (!elements)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, elements);
    uint8_t *bytes = weir__alloc(join_of->env, total, err);
    if (!bytes)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 2, bytes);
    int64_t *sizes = weir__alloc(join_of->env, sizeof *sizes, err);
    if (!sizes)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 3, sizes);
    for (size_t a = 0; a < join_of->n; a++) {
        for (int64_t i = 0; i < views[a].length; i++, row++) {
            if (weir__view_is_null(&views[a], i))
                continue;
            struct weir__str value = weir__view_bytes(&views[a], i);
            uint32_t len = (uint32_t)value.len, at = (uint32_t)used;
            uint8_t *element = elements + 16 * row;
            memcpy(element, &len, sizeof len);
            memcpy(element + 4, value.data, value.len < 12 ? value.len : 12);
            if (value.len <= 12)
                continue;
            memset(element + 8, 0, 4);
            memcpy(element + 12, &at, sizeof at);
            memcpy(bytes + used, value.data, value.len);
            used += value.len;
        }
    }
    sizes[0] = (int64_t)used;
    return WEIR_OK;
}

static void index_store(uint8_t *block, enum weir__kind kind, int64_t at, int64_t value)
{
    static const size_t widths[] = {1, 2, 4, 8, 1, 2, 4, 8};
    size_t width = widths[kind - WEIR__KIND_INT8];
    memcpy(block + (size_t)at * width, &value, width); /* little-endian */
}

static int64_t index_most(enum weir__kind kind)
{
    static const int64_t most[] = {INT8_MAX,  INT16_MAX,  INT32_MAX,  INT64_MAX,
                                   UINT8_MAX, UINT16_MAX, UINT32_MAX, INT64_MAX};
    return most[kind - WEIR__KIND_INT8];
}

/* The dictionaries end to end; indices shifted by what lies before theirs. */
static int join_dictionary(const struct joiner *join_of, const struct weir__view *views,
                           struct ArrowArray *out, struct weir_error *err)
{
    size_t n = join_of->n;
    enum weir__kind kind = views[0].type.index_kind;
    AUTO(buf) struct weir__buf space = weir__buf_make(join_of->env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&space, n * sizeof(void *), err));
    const struct ArrowArray **values = (const struct ArrowArray **)(void *)space.data;
    uint8_t *block = weir__alloc_zero(join_of->env, (size_t)join_of->total, 8, err);
    if (!block)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, block);
    int64_t base = 0, row = 0;
    for (size_t a = 0; a < n; a++) {
        values[a] = views[a].array->dictionary;
        if (!values[a])
            return weir__fail(err, WEIR_INVALID, "column %s: no dictionary", views[a].schema->name);
        for (int64_t i = 0; i < views[a].length; i++, row++) {
            if (!weir__view_is_null(&views[a], i))
                index_store(block, kind, row, base + weir__view_index(&views[a], i));
        }
        base += values[a]->length;
    }
    if (base - 1 > index_most(kind))
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: %jd dictionary values are too many",
                          views[0].schema->name, (intmax_t)base);
    struct joiner child = {join_of->env, n, base, join_of->depth + 1};
    return join(&child, views[0].schema->dictionary, values, out->dictionary, err);
}

static int join_values(const struct joiner *join_of, const struct weir__view *views,
                       struct ArrowArray *out, struct weir_error *err)
{
    enum weir__kind kind = views[0].type.kind;
    if (views[0].type.is_dictionary)
        return join_dictionary(join_of, views, out, err);
    if (kind == WEIR__KIND_NULL)
        return WEIR_OK;
    if (kind == WEIR__KIND_BOOL)
        return join_bool(join_of, views, out, err);
    if (kind == WEIR__KIND_BINARY_VIEW || kind == WEIR__KIND_STRING_VIEW)
        return join_views(join_of, views, out, err);
    if (weir__kind_is_binary(kind))
        return join_binary(join_of, views, out, err);
    if (kind >= WEIR__KIND_LIST)
        return join_nested(join_of, views, out, err);
    return join_fixed(join_of, views, out, err);
}

static int join(const struct joiner *join_of, const struct ArrowSchema *schema,
                const struct ArrowArray *const *arrays, struct ArrowArray *out,
                struct weir_error *err)
{
    if (join_of->depth > WEIR__MAX_NESTING)
        return weir__fail(err, WEIR_INVALID, "column %s: nested too deep", schema->name);
    AUTO(buf) struct weir__buf space = weir__buf_make(join_of->env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&space, join_of->n * sizeof(struct weir__view), err));
    struct weir__view *views = (struct weir__view *)(void *)space.data;
    for (size_t a = 0; a < join_of->n; a++)
        TRY(weir__view_make(schema, arrays[a], &views[a], err));
    const struct weir__type *type = &views[0].type;
    bool is_views = !type->is_dictionary &&
                    (type->kind == WEIR__KIND_BINARY_VIEW || type->kind == WEIR__KIND_STRING_VIEW);
    int64_t n_buffers = type->is_dictionary ? 2 : weir__kind_buffers(type->kind);
    AUTO(array) struct ArrowArray made = {0};
    TRY(weir__array_make(join_of->env, is_views ? 4 : n_buffers, schema->n_children,
                         type->is_dictionary, &made, err));
    made.length = join_of->total;
    if (type->kind == WEIR__KIND_NULL && !type->is_dictionary)
        made.null_count = made.length;
    else
        TRY(join_validity(join_of, views, &made, err));
    TRY(join_values(join_of, views, &made, err));
    weir__array_move(&made, out);
    return WEIR_OK;
}

int weir__concat(const struct weir_env *env, const struct ArrowSchema *schema,
                 const struct ArrowArray *const *arrays, size_t n_arrays, struct ArrowArray *out,
                 struct weir_error *err)
{
    struct joiner join_of = {env, n_arrays, 0, 0};
    for (size_t a = 0; a < n_arrays; a++)
        join_of.total += arrays[a]->length;
    if (n_arrays > 0)
        return join(&join_of, schema, arrays, out, err);
    /* Nothing to take a shape from: build an empty array of the schema. */
    struct weir__builder *builder = NULL;
    TRY(weir__builder_new(env, schema, &builder, err));
    int status = weir__builder_finish(builder, out, err);
    weir__builder_free(builder);
    return status;
}
