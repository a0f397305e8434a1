/* take.c: rows picked by index, the kernel under slice, filter, sort and grouping.
 *
 * One function a family of kinds; nested kinds turn row indices into child indices and recurse. An
 * index of -1 is a null. */
#include "columnar/kernels.h"

struct picker {
    const struct weir_env *env;
    const int64_t *indices;
    int64_t n;
    int depth;
};

static int take_array(const struct picker *pick, const struct ArrowSchema *schema,
                      const struct ArrowArray *array, struct ArrowArray *out,
                      struct weir_error *err);

static size_t bitmap_bytes(int64_t n)
{
    return (size_t)((n + 7) / 8);
}

/* The validity of the rows; no bitmap when none of them is null. */
static int take_validity(const struct picker *pick, const struct weir__view *view,
                         struct ArrowArray *out, struct weir_error *err)
{
    bool has_missing = false;
    for (int64_t i = 0; i < pick->n && !has_missing; i++)
        has_missing = pick->indices[i] < 0;
    if (!view->validity && !has_missing)
        return WEIR_OK;
    uint8_t *bits = weir__alloc_zero(pick->env, bitmap_bytes(pick->n), 1, err);
    if (!bits)
        return WEIR_NO_MEMORY;
    int64_t n_valid = 0;
    for (int64_t i = 0; i < pick->n; i++) {
        int64_t at = pick->indices[i];
        bool valid = at >= 0 && !weir__view_is_null(view, at);
        bits[i >> 3] = (uint8_t)(bits[i >> 3] | (unsigned)valid << (i & 7));
        n_valid += valid;
    }
    out->null_count = pick->n - n_valid;
    if (out->null_count == 0)
        weir__free(pick->env, bits);
    else
        weir__array_own(out, 0, bits);
    return WEIR_OK;
}

#define GATHER(type)                                                                               \
    do {                                                                                           \
        const type *from = (const type *)(const void *)data;                                       \
        type *to = (type *)(void *)block;                                                          \
        for (int64_t i = 0; i < n; i++)                                                            \
            to[i] = indices[i] < 0 ? 0 : from[indices[i]];                                         \
    } while (0)

static void gather_fixed(const uint8_t *data, int32_t width, const int64_t *indices, int64_t n,
                         uint8_t *block)
{
    switch (width) {
    case 1:
        GATHER(uint8_t);
        return;
    case 2:
        GATHER(uint16_t);
        return;
    case 4:
        GATHER(uint32_t);
        return;
    case 8:
        GATHER(uint64_t);
        return;
    default:
        for (int64_t i = 0; i < n; i++) {
            uint8_t *to = block + (size_t)i * (size_t)width;
            if (indices[i] < 0)
                memset(to, 0, (size_t)width);
            else
                memcpy(to, data + (size_t)indices[i] * (size_t)width, (size_t)width);
        }
    }
}

static int take_fixed(const struct picker *pick, const struct weir__view *view, int32_t width,
                      struct ArrowArray *out, struct weir_error *err)
{
    size_t n_bytes;
    if (__builtin_mul_overflow((size_t)pick->n, (size_t)width, &n_bytes))
        return weir__fail_memory(err, SIZE_MAX);
    uint8_t *block = weir__alloc(pick->env, n_bytes, err);
    if (!block)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, block);
    gather_fixed(view->data, width, pick->indices, pick->n, block);
    return WEIR_OK;
}

static int take_bool(const struct picker *pick, const struct weir__view *view,
                     struct ArrowArray *out, struct weir_error *err)
{
    uint8_t *bits = weir__alloc_zero(pick->env, bitmap_bytes(pick->n), 1, err);
    if (!bits)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, bits);
    for (int64_t i = 0; i < pick->n; i++) {
        int64_t at = pick->indices[i];
        bool value = at >= 0 && weir__bit_get(view->data, view->offset + at);
        bits[i >> 3] = (uint8_t)(bits[i >> 3] | (unsigned)value << (i & 7));
    }
    return WEIR_OK;
}

/* Total bytes of the picked values; nulls take none. */
static size_t picked_bytes(const struct picker *pick, const struct weir__view *view)
{
    size_t total = 0;
    for (int64_t i = 0; i < pick->n; i++) {
        int64_t at = pick->indices[i];
        if (at >= 0 && !weir__view_is_null(view, at))
            total += weir__view_bytes(view, at).len;
    }
    return total;
}

/* Offsets of 4 or 8 bytes behind one store. */
static void offset_put(void *block, bool is_large, int64_t i, size_t value)
{
    if (is_large)
        ((int64_t *)block)[i] = (int64_t)value;
    else
        ((int32_t *)block)[i] = (int32_t)value;
}

static int take_binary(const struct picker *pick, const struct weir__view *view, bool is_large,
                       struct ArrowArray *out, struct weir_error *err)
{
    size_t total = picked_bytes(pick, view);
    if (!is_large && total > INT32_MAX)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: over 2 GiB of text in one batch",
                          view->schema->name);
    size_t width = is_large ? sizeof(int64_t) : sizeof(int32_t);
    void *offsets = weir__alloc(pick->env, ((size_t)pick->n + 1) * width, err);
    if (!offsets)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, offsets);
    uint8_t *bytes = weir__alloc(pick->env, total, err);
    if (!bytes)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 2, bytes);
    size_t used = 0;
    for (int64_t i = 0; i < pick->n; i++) {
        int64_t at = pick->indices[i];
        offset_put(offsets, is_large, i, used);
        if (at < 0 || weir__view_is_null(view, at))
            continue;
        struct weir__str value = weir__view_bytes(view, at);
        if (value.len)
            memcpy(bytes + used, value.data, value.len);
        used += value.len;
    }
    offset_put(offsets, is_large, pick->n, used);
    return WEIR_OK;
}

/* 16-byte views over one new byte buffer: buffers are validity, views, bytes, size of the bytes. */
static int take_views(const struct picker *pick, const struct weir__view *view,
                      struct ArrowArray *out, struct weir_error *err)
{
    size_t total = picked_bytes(pick, view);
    if (total > INT32_MAX)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: over 2 GiB of text in one batch",
                          view->schema->name);
    uint8_t *elements = weir__alloc_zero(pick->env, (size_t)pick->n, 16, err);
    if (!elements)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, elements);
    uint8_t *bytes = weir__alloc(pick->env, total, err);
    if (!bytes)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 2, bytes);
    int64_t *sizes = weir__alloc(pick->env, sizeof *sizes, err);
    if (!sizes)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 3, sizes);
    int32_t used = 0;
    for (int64_t i = 0; i < pick->n; i++) {
        int64_t at = pick->indices[i];
        if (at < 0 || weir__view_is_null(view, at))
            continue;
        struct weir__str value = weir__view_bytes(view, at);
        int32_t len = (int32_t)value.len;
        memcpy(elements + 16 * i, &len, sizeof len);
        if (value.len <= 12) {
            memcpy(elements + 16 * i + 4, value.data, value.len);
            continue;
        }
        memcpy(elements + 16 * i + 4, value.data, 4);
        memcpy(elements + 16 * i + 12, &used, sizeof used);
        memcpy(bytes + used, value.data, value.len);
        used += len;
    }
    sizes[0] = used;
    return WEIR_OK;
}

static void list_range(const struct weir__view *view, int64_t i, int64_t *from, int64_t *to)
{
    if (view->offsets32) {
        *from = view->offsets32[i];
        *to = view->offsets32[i + 1];
    } else if (view->offsets64) {
        *from = view->offsets64[i];
        *to = view->offsets64[i + 1];
    } else {
        *from = (view->offset + i) * view->type.list_size;
        *to = *from + view->type.list_size;
    }
}

/* Child indices of the picked elements. `fixed`: a null still has its list_size children (as
 * nulls). */
static int child_indices(const struct picker *pick, const struct weir__view *view, bool is_fixed,
                         struct weir__buf *out, struct weir_error *err)
{
    for (int64_t i = 0; i < pick->n; i++) {
        int64_t at = pick->indices[i];
        bool is_null = at < 0 || weir__view_is_null(view, at);
        int64_t from = 0, to = is_fixed ? view->type.list_size : 0;
        if (!is_null)
            list_range(view, at, &from, &to);
        size_t n = (size_t)(to - from);
        TRY(weir__buf_reserve(out, n * sizeof(int64_t), err));
        int64_t *slots = (int64_t *)(void *)(out->data + out->len);
        for (size_t k = 0; k < n; k++)
            slots[k] = is_null ? -1 : from + (int64_t)k;
        out->len += n * sizeof(int64_t);
    }
    return WEIR_OK;
}

static int list_offsets(const struct picker *pick, const struct weir__view *view,
                        struct ArrowArray *out, struct weir_error *err)
{
    bool is_large = view->type.kind == WEIR__KIND_LARGE_LIST;
    size_t width = is_large ? sizeof(int64_t) : sizeof(int32_t);
    void *block = weir__alloc(pick->env, ((size_t)pick->n + 1) * width, err);
    if (!block)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, block);
    int64_t used = 0;
    for (int64_t i = 0; i <= pick->n; i++) {
        if (is_large)
            ((int64_t *)block)[i] = used;
        else
            ((int32_t *)block)[i] = (int32_t)used;
        int64_t at = i < pick->n ? pick->indices[i] : -1;
        if (at < 0 || weir__view_is_null(view, at))
            continue;
        int64_t from, to;
        list_range(view, at, &from, &to);
        used += to - from;
    }
    if (!is_large && used > INT32_MAX)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: over 2^31 list items in one batch",
                          view->schema->name);
    return WEIR_OK;
}

static int take_list(const struct picker *pick, const struct weir__view *view,
                     struct ArrowArray *out, struct weir_error *err)
{
    bool is_fixed = view->type.kind == WEIR__KIND_FIXED_LIST;
    if (!is_fixed)
        TRY(list_offsets(pick, view, out, err));
    AUTO(buf) struct weir__buf indices = weir__buf_make(pick->env, SIZE_MAX / 2);
    TRY(child_indices(pick, view, is_fixed, &indices, err));
    struct picker child = {pick->env, (const int64_t *)(const void *)indices.data,
                           (int64_t)(indices.len / sizeof(int64_t)), pick->depth + 1};
    return take_array(&child, view->schema->children[0], view->array->children[0], out->children[0],
                      err);
}

/* Struct children do not carry the parent's offset: it is added to the indices. */
static int take_struct(const struct picker *pick, const struct weir__view *view,
                       struct ArrowArray *out, struct weir_error *err)
{
    AUTO(buf) struct weir__buf shifted = weir__buf_make(pick->env, SIZE_MAX / 2);
    struct picker child = {pick->env, pick->indices, pick->n, pick->depth + 1};
    if (view->offset != 0) {
        TRY(weir__buf_reserve(&shifted, (size_t)pick->n * sizeof(int64_t), err));
        int64_t *slots = (int64_t *)(void *)shifted.data;
        for (int64_t i = 0; i < pick->n; i++)
            slots[i] = pick->indices[i] < 0 ? -1 : pick->indices[i] + view->offset;
        child.indices = slots;
    }
    for (int64_t i = 0; i < view->array->n_children; i++)
        TRY(take_array(&child, view->schema->children[i], view->array->children[i],
                       out->children[i], err));
    return WEIR_OK;
}

static int take_dictionary(const struct picker *pick, const struct weir__view *view,
                           struct ArrowArray *out, struct weir_error *err)
{
    static const int32_t widths[] = {1, 2, 4, 8, 1, 2, 4, 8};
    TRY(take_fixed(pick, view, widths[view->type.index_kind - WEIR__KIND_INT8], out, err));
    const struct ArrowArray *values = view->array->dictionary;
    if (!values)
        return weir__fail(err, WEIR_INVALID, "column %s: no dictionary", view->schema->name);
    return weir__slice(pick->env, view->schema->dictionary, values, 0, values->length,
                       out->dictionary, err);
}

static int take_values(const struct picker *pick, const struct weir__view *view,
                       struct ArrowArray *out, struct weir_error *err)
{
    if (view->type.is_dictionary)
        return take_dictionary(pick, view, out, err);
    switch (view->type.kind) {
    case WEIR__KIND_NULL:
        return WEIR_OK;
    case WEIR__KIND_BOOL:
        return take_bool(pick, view, out, err);
    case WEIR__KIND_BINARY:
    case WEIR__KIND_STRING:
        return take_binary(pick, view, false, out, err);
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_LARGE_STRING:
        return take_binary(pick, view, true, out, err);
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
        return take_views(pick, view, out, err);
    case WEIR__KIND_LIST:
    case WEIR__KIND_LARGE_LIST:
    case WEIR__KIND_FIXED_LIST:
    case WEIR__KIND_MAP:
        return take_list(pick, view, out, err);
    case WEIR__KIND_STRUCT:
        return take_struct(pick, view, out, err);
    default:
        return take_fixed(pick, view, view->type.width_bytes, out, err);
    }
}

static int take_array(const struct picker *pick, const struct ArrowSchema *schema,
                      const struct ArrowArray *array, struct ArrowArray *out,
                      struct weir_error *err)
{
    if (pick->depth > WEIR__MAX_NESTING)
        return weir__fail(err, WEIR_INVALID, "column %s: nested too deep", schema->name);
    struct weir__view view;
    TRY(weir__view_make(schema, array, &view, err));
    bool is_views = !view.type.is_dictionary && (view.type.kind == WEIR__KIND_BINARY_VIEW ||
                                                 view.type.kind == WEIR__KIND_STRING_VIEW);
    int64_t n_buffers = view.type.is_dictionary ? 2 : weir__kind_buffers(view.type.kind);
    AUTO(array) struct ArrowArray made = {0};
    TRY(weir__array_make(pick->env, is_views ? 4 : n_buffers, array->n_children,
                         view.type.is_dictionary, &made, err));
    made.length = pick->n;
    if (view.type.kind == WEIR__KIND_NULL && !view.type.is_dictionary)
        made.null_count = pick->n;
    else
        TRY(take_validity(pick, &view, &made, err));
    TRY(take_values(pick, &view, &made, err));
    weir__array_move(&made, out);
    return WEIR_OK;
}

int weir__take(const struct weir_env *env, const struct ArrowSchema *schema,
               const struct ArrowArray *array, const int64_t *indices, int64_t n,
               struct ArrowArray *out, struct weir_error *err)
{
    struct picker pick = {env, indices, n, 0};
    return take_array(&pick, schema, array, out, err);
}

int weir__slice(const struct weir_env *env, const struct ArrowSchema *schema,
                const struct ArrowArray *array, int64_t offset, int64_t n, struct ArrowArray *out,
                struct weir_error *err)
{
    ASSERT(offset >= 0 && n >= 0 && offset + n <= array->length);
    AUTO(buf) struct weir__buf indices = weir__buf_make(env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&indices, (size_t)n * sizeof(int64_t), err));
    int64_t *slots = (int64_t *)(void *)indices.data;
    for (int64_t i = 0; i < n; i++)
        slots[i] = offset + i;
    return weir__take(env, schema, array, slots, n, out, err);
}

int weir__filter(const struct weir_env *env, const struct ArrowSchema *schema,
                 const struct ArrowArray *array, const uint8_t *keep, struct ArrowArray *out,
                 struct weir_error *err)
{
    AUTO(buf) struct weir__buf indices = weir__buf_make(env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&indices, (size_t)array->length * sizeof(int64_t), err));
    int64_t *slots = (int64_t *)(void *)indices.data;
    int64_t n = 0;
    for (int64_t i = 0; i < array->length; i++) {
        slots[n] = i;
        n += weir__bit_get(keep, i);
    }
    return weir__take(env, schema, array, slots, n, out, err);
}
