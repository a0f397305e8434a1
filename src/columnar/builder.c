/* builder.c: one column made value by value. Each builder is a set of growable buffers; nested ones
 * own child builders.
 *
 * The validity bitmap is made at the first null, so columns without nulls carry none. */
#include "columnar/builder.h"

#define BUILDER_MAX_BYTES (SIZE_MAX / 4)

struct weir__builder {
    const struct weir_env *env;
    const struct ArrowSchema *schema; /* borrowed */
    struct weir__type type;           /* of the values; dictionaries intern into `values` */
    int64_t length, n_nulls;
    struct weir__buf validity; /* empty until the first null */
    struct weir__buf data;     /* fixed width, bool bits, or text bytes */
    struct weir__buf offsets;  /* int64_t, narrowed at finish; binary and list kinds */
    struct weir__builder **children;
    int64_t n_children;
    struct weir__builder *values; /* dictionary */
    struct weir__buf slots;       /* dictionary hash table: int64_t value index + 1 */
};

static int builder_make(const struct weir_env *env, const struct ArrowSchema *schema, int depth,
                        struct weir__builder **out, struct weir_error *err);

void weir__builder_free(struct weir__builder *builder)
{
    if (!builder)
        return;
    for (int64_t i = 0; builder->children && i < builder->n_children; i++)
        weir__builder_free(builder->children[i]);
    weir__builder_free(builder->values);
    weir__free(builder->env, (const void *)builder->children);
    weir__buf_dispose(&builder->validity);
    weir__buf_dispose(&builder->data);
    weir__buf_dispose(&builder->offsets);
    weir__buf_dispose(&builder->slots);
    weir__free(builder->env, builder);
}

void weir__builder_freep(struct weir__builder **builder)
{
    weir__builder_free(*builder);
    *builder = NULL;
}

static int builder_fill(struct weir__builder *builder, int depth, struct weir_error *err)
{
    const struct ArrowSchema *schema = builder->schema;
    TRY(weir__type_parse(schema, &builder->type, err));
    if (builder->type.is_dictionary)
        return builder_make(builder->env, schema->dictionary, depth + 1, &builder->values, err);
    if (schema->n_children == 0)
        return WEIR_OK;
    builder->children =
        weir__alloc_zero(builder->env, (size_t)schema->n_children, sizeof(void *), err);
    if (!builder->children)
        return WEIR_NO_MEMORY;
    builder->n_children = schema->n_children;
    for (int64_t i = 0; i < schema->n_children; i++)
        TRY(builder_make(builder->env, schema->children[i], depth + 1, &builder->children[i], err));
    return WEIR_OK;
}

static int builder_make(const struct weir_env *env, const struct ArrowSchema *schema, int depth,
                        struct weir__builder **out, struct weir_error *err)
{
    if (depth > WEIR__MAX_NESTING || schema->n_children < 0 ||
        schema->n_children > WEIR__MAX_COLUMNS)
        return weir__fail(err, WEIR_INVALID, "column %s: nested too deep or too wide",
                          schema->name ? schema->name : "");
    AUTO(builder) struct weir__builder *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->env = env;
    made->schema = schema;
    made->validity = weir__buf_make(env, BUILDER_MAX_BYTES);
    made->data = weir__buf_make(env, BUILDER_MAX_BYTES);
    made->offsets = weir__buf_make(env, BUILDER_MAX_BYTES);
    made->slots = weir__buf_make(env, BUILDER_MAX_BYTES);
    TRY(builder_fill(made, depth, err));
    *out = TAKE(made);
    return WEIR_OK;
}

int weir__builder_new(const struct weir_env *env, const struct ArrowSchema *schema,
                      struct weir__builder **out, struct weir_error *err)
{
    return builder_make(env, schema, 0, out, err);
}

int64_t weir__builder_length(const struct weir__builder *builder)
{
    return builder->length;
}

size_t weir__builder_bytes(const struct weir__builder *builder)
{
    size_t total = builder->validity.len + builder->data.len + builder->offsets.len;
    for (int64_t i = 0; i < builder->n_children; i++)
        total += weir__builder_bytes(builder->children[i]);
    return total + (builder->values ? weir__builder_bytes(builder->values) : 0);
}

struct weir__builder *weir__builder_child(struct weir__builder *builder, int64_t i)
{
    ASSERT(i >= 0 && i < builder->n_children);
    return builder->children[i];
}

/* ---- one element ---- */

static bool has_offsets(enum weir__kind kind)
{
    bool is_binary = kind >= WEIR__KIND_BINARY && kind <= WEIR__KIND_STRING_VIEW;
    return is_binary || kind == WEIR__KIND_LIST || kind == WEIR__KIND_LARGE_LIST ||
           kind == WEIR__KIND_MAP;
}

static int bit_append(struct weir__buf *bits, int64_t at, bool value, struct weir_error *err)
{
    if ((at & 7) == 0)
        TRY(weir__buf_byte(bits, 0, err));
    if (value)
        weir__bit_set(bits->data, at);
    return WEIR_OK;
}

/* Count the element in: validity and, where the kind has them, the end offset. Called last, so that
 * a failure before it leaves the length untouched. */
static int element_end(struct weir__builder *builder, bool is_valid, struct weir_error *err)
{
    if (!is_valid && builder->validity.len == 0 && builder->length > 0) {
        size_t n_bytes = (size_t)((builder->length + 7) / 8);
        TRY(weir__buf_reserve(&builder->validity, n_bytes, err));
        memset(builder->validity.data, 0xff, n_bytes);
        builder->validity.len = n_bytes;
        /* bits past the length are overwritten below: clear them first */
        for (int64_t i = builder->length; i < (int64_t)n_bytes * 8; i++)
            weir__bit_clear(builder->validity.data, i);
    }
    if (!is_valid || builder->validity.len > 0)
        TRY(bit_append(&builder->validity, builder->length, is_valid, err));
    if (has_offsets(builder->type.kind) && !builder->type.is_dictionary) {
        int64_t end = weir__kind_is_binary(builder->type.kind) ? (int64_t)builder->data.len
                                                               : builder->children[0]->length;
        TRY(weir__buf_append(&builder->offsets, &end, sizeof end, err));
    }
    builder->length++;
    builder->n_nulls += !is_valid;
    return WEIR_OK;
}

static int zeros_append(struct weir__builder *builder, size_t n, struct weir_error *err)
{
    TRY(weir__buf_reserve(&builder->data, n, err));
    memset(builder->data.data + builder->data.len, 0, n);
    builder->data.len += n;
    return WEIR_OK;
}

static int null_content(struct weir__builder *builder, struct weir_error *err)
{
    if (builder->type.is_dictionary)
        return zeros_append(builder, sizeof(int64_t), err);
    switch (builder->type.kind) {
    case WEIR__KIND_BOOL:
        return bit_append(&builder->data, builder->length, false, err);
    case WEIR__KIND_STRUCT:
        for (int64_t i = 0; i < builder->n_children; i++)
            TRY(weir__builder_null(builder->children[i], err));
        return WEIR_OK;
    case WEIR__KIND_FIXED_LIST:
        for (int32_t i = 0; i < builder->type.list_size; i++)
            TRY(weir__builder_null(builder->children[0], err));
        return WEIR_OK;
    default:
        return zeros_append(builder, (size_t)builder->type.width_bytes, err);
    }
}

int weir__builder_null(struct weir__builder *builder, struct weir_error *err)
{
    TRY(null_content(builder, err));
    return element_end(builder, false, err);
}

int weir__builder_close(struct weir__builder *builder, struct weir_error *err)
{
    for (int64_t i = 0; builder->type.kind == WEIR__KIND_STRUCT && i < builder->n_children; i++)
        ASSERT(builder->children[i]->length == builder->length + 1);
    return element_end(builder, true, err);
}

static int fixed_append(struct weir__builder *builder, const void *value, struct weir_error *err)
{
    TRY(weir__buf_append(&builder->data, value, (size_t)builder->type.width_bytes, err));
    return element_end(builder, true, err);
}

static int fail_range(const struct weir__builder *builder, int64_t value, struct weir_error *err)
{
    char words[128];
    weir__type_describe(&builder->type, words);
    return weir__fail(err, WEIR_INVALID, "column %s: %jd does not fit %s",
                      builder->schema->name ? builder->schema->name : "", (intmax_t)value, words);
}

static bool int_fits(const struct weir__type *type, int64_t value)
{
    switch (type->kind) {
    case WEIR__KIND_UINT8:
    case WEIR__KIND_UINT16:
    case WEIR__KIND_UINT32:
        return value >= 0 && value <= ((int64_t)1 << (8 * type->width_bytes)) - 1;
    case WEIR__KIND_UINT64:
        return value >= 0;
    default:
        break;
    }
    if (type->width_bytes >= 8)
        return true;
    int64_t most = ((int64_t)1 << (8 * type->width_bytes - 1)) - 1;
    return value <= most && value >= -most - 1;
}

typedef int append_fn(struct weir__builder *values, const void *data, size_t n,
                      struct weir_error *err);
static int intern(struct weir__builder *builder, append_fn *append, const void *data, size_t n,
                  struct weir_error *err);

static int int_value(struct weir__builder *values, const void *data, size_t n,
                     struct weir_error *err)
{
    int64_t value;
    ASSERT(n == sizeof value);
    memcpy(&value, data, sizeof value);
    return weir__builder_int(values, value, err);
}

int weir__builder_int(struct weir__builder *builder, int64_t value, struct weir_error *err)
{
    if (builder->type.is_dictionary)
        return intern(builder, int_value, &value, sizeof value, err);
    if (builder->type.kind == WEIR__KIND_BOOL) {
        TRY(bit_append(&builder->data, builder->length, value != 0, err));
        return element_end(builder, true, err);
    }
    ASSERT(builder->type.width_bytes >= 1 && builder->type.width_bytes <= 8);
    if (!int_fits(&builder->type, value))
        return fail_range(builder, value, err);
    return fixed_append(builder, &value, err); /* little-endian: the low bytes come first */
}

int weir__builder_uint(struct weir__builder *builder, uint64_t value, struct weir_error *err)
{
    if (builder->type.kind == WEIR__KIND_UINT64 && !builder->type.is_dictionary)
        return fixed_append(builder, &value, err);
    if (value > INT64_MAX)
        return fail_range(builder, INT64_MAX, err);
    return weir__builder_int(builder, (int64_t)value, err);
}

/* IEEE 754 binary16, rounded to nearest even by the scale of the value's exponent. */
static uint16_t half_of(double value)
{
    uint16_t sign = __builtin_signbit(value) ? 0x8000u : 0;
    double magnitude = __builtin_fabs(value);
    if (magnitude != magnitude)
        return 0x7e00u;
    if (magnitude >= 65520.0)
        return (uint16_t)(sign | 0x7c00u);
    int exponent = -14;
    for (double top = 0x1p-13; magnitude >= top && exponent < 15; top *= 2)
        exponent++;
    /* steps of 2^(exponent - 10); adding and taking away 2^52 rounds to an integer */
    double steps = magnitude *
                   (exponent >= 0 ? 1.0 / (double)(1 << exponent) : (double)(1 << -exponent)) *
                   1024.0;
    uint32_t whole = (uint32_t)(steps + 0x1p52 - 0x1p52);
    uint32_t bits = whole < 1024 ? whole : ((uint32_t)(exponent + 14) << 10) + whole;
    return (uint16_t)(sign | bits);
}

int weir__builder_float(struct weir__builder *builder, double value, struct weir_error *err)
{
    if (builder->type.kind == WEIR__KIND_FLOAT64)
        return fixed_append(builder, &value, err);
    if (builder->type.kind == WEIR__KIND_FLOAT32) {
        float narrow = (float)value;
        return fixed_append(builder, &narrow, err);
    }
    ASSERT(builder->type.kind == WEIR__KIND_FLOAT16);
    uint16_t half = half_of(value);
    return fixed_append(builder, &half, err);
}

int weir__builder_bytes_append(struct weir__builder *builder, const void *data, size_t n,
                               struct weir_error *err)
{
    if (builder->type.is_dictionary)
        return intern(builder, weir__builder_bytes_append, data, n, err);
    if (!weir__kind_is_binary(builder->type.kind))
        ASSERT(n == (size_t)builder->type.width_bytes);
    TRY(weir__buf_append(&builder->data, data, n, err));
    return element_end(builder, true, err);
}

/* ---- dictionaries ---- */

static struct weir__str value_at(const struct weir__builder *values, int64_t i)
{
    if (weir__kind_is_binary(values->type.kind)) {
        const int64_t *ends = (const int64_t *)(const void *)values->offsets.data;
        int64_t from = i > 0 ? ends[i - 1] : 0;
        return (struct weir__str){(const char *)values->data.data + from, (size_t)(ends[i] - from)};
    }
    size_t width = (size_t)values->type.width_bytes;
    return (struct weir__str){(const char *)values->data.data + (size_t)i * width, width};
}

static int slots_grow(struct weir__builder *builder, struct weir_error *err)
{
    size_t n = builder->slots.len / sizeof(int64_t);
    if (builder->values->length * 2 < (int64_t)n)
        return WEIR_OK;
    size_t grown = n ? 2 * n : 64;
    weir__buf_clear(&builder->slots);
    TRY(weir__buf_reserve(&builder->slots, grown * sizeof(int64_t), err));
    memset(builder->slots.data, 0, grown * sizeof(int64_t));
    builder->slots.len = grown * sizeof(int64_t);
    int64_t *slots = (int64_t *)(void *)builder->slots.data;
    for (int64_t v = 0; v < builder->values->length; v++) {
        struct weir__str value = value_at(builder->values, v);
        size_t at = weir__hash_bytes(value.data, value.len) & (grown - 1);
        while (slots[at])
            at = (at + 1) & (grown - 1);
        slots[at] = v + 1;
    }
    return WEIR_OK;
}

static int intern(struct weir__builder *builder, append_fn *append, const void *data, size_t n,
                  struct weir_error *err)
{
    struct weir__builder *values = builder->values;
    if (values->type.kind == WEIR__KIND_BOOL)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: dictionary of bool",
                          builder->schema->name ? builder->schema->name : "");
    TRY(slots_grow(builder, err));
    size_t mask = builder->slots.len / sizeof(int64_t) - 1;
    int64_t *slots = (int64_t *)(void *)builder->slots.data;
    size_t width = weir__kind_is_binary(values->type.kind) ? n : (size_t)values->type.width_bytes;
    size_t at = weir__hash_bytes(data, width) & mask;
    for (; slots[at]; at = (at + 1) & mask) {
        if (weir__str_eq(value_at(values, slots[at] - 1), (struct weir__str){data, width}))
            break;
    }
    if (!slots[at]) {
        TRY(append(values, data, n, err));
        slots[at] = values->length;
    }
    int64_t index = slots[at] - 1;
    TRY(weir__buf_append(&builder->data, &index, sizeof index, err));
    return element_end(builder, true, err);
}

/* ---- copying ---- */

static int copy_scalar(struct weir__builder *builder, const struct weir__view *from, int64_t i,
                       struct weir_error *err)
{
    enum weir__kind kind = from->type.kind;
    if (kind == WEIR__KIND_NULL)
        return weir__builder_null(builder, err);
    if (weir__kind_is_binary(kind) || from->type.width_bytes > 8 ||
        kind == WEIR__KIND_FIXED_BINARY) {
        struct weir__str value = weir__view_bytes(from, i);
        return weir__builder_bytes_append(builder, value.data, value.len, err);
    }
    if (kind == WEIR__KIND_FLOAT16 || kind == WEIR__KIND_FLOAT32 || kind == WEIR__KIND_FLOAT64)
        return fixed_append(builder, from->data + i * from->type.width_bytes, err);
    if (kind == WEIR__KIND_UINT64)
        return weir__builder_uint(builder, (uint64_t)weir__view_int(from, i), err);
    return weir__builder_int(builder, weir__view_int(from, i), err);
}

static int copy_children(struct weir__builder *builder, const struct weir__view *from, int64_t i,
                         struct weir_error *err)
{
    enum weir__kind kind = from->type.kind;
    int64_t first = from->offset + i, last = first + 1;
    if (kind == WEIR__KIND_FIXED_LIST) {
        first *= from->type.list_size;
        last = first + from->type.list_size;
    } else if (kind != WEIR__KIND_STRUCT) {
        first = from->offsets32 ? from->offsets32[i] : from->offsets64[i];
        last = from->offsets32 ? from->offsets32[i + 1] : from->offsets64[i + 1];
    }
    for (int64_t c = 0; c < builder->n_children; c++) {
        struct weir__view child;
        TRY(weir__view_make(from->schema->children[c], from->array->children[c], &child, err));
        for (int64_t k = first; k < last; k++)
            TRY(weir__builder_copy(builder->children[c], &child, k, err));
    }
    return weir__builder_close(builder, err);
}

int weir__builder_copy(struct weir__builder *builder, const struct weir__view *from, int64_t i,
                       struct weir_error *err)
{
    if (from->type.kind != WEIR__KIND_NULL && weir__view_is_null(from, i))
        return weir__builder_null(builder, err);
    if (from->type.is_dictionary) {
        struct weir__view values;
        TRY(weir__view_make(from->schema->dictionary, from->array->dictionary, &values, err));
        int64_t at = weir__view_index(from, i);
        if (weir__view_is_null(&values, at))
            return weir__builder_null(builder, err);
        return copy_scalar(builder, &values, at, err);
    }
    if (from->type.kind >= WEIR__KIND_LIST)
        return copy_children(builder, from, i, err);
    return copy_scalar(builder, from, i, err);
}

/* ---- the array ---- */

/* Offsets were kept as 64-bit ends; the array wants n + 1 starts of its own width. */
static int finish_offsets(struct weir__builder *builder, bool is_large, struct ArrowArray *out,
                          struct weir_error *err)
{
    size_t n = (size_t)builder->length, width = is_large ? 8 : 4;
    const int64_t *ends = (const int64_t *)(const void *)builder->offsets.data;
    if (!is_large && n > 0 && ends[n - 1] > INT32_MAX)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: over 2 GiB in one batch",
                          builder->schema->name ? builder->schema->name : "");
    uint8_t *block = weir__alloc_zero(builder->env, n + 1, width, err);
    if (!block)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        memcpy(block + (i + 1) * width, &ends[i], width);
    weir__array_own(out, 1, block);
    return WEIR_OK;
}

static int buf_own(struct ArrowArray *out, int64_t i, struct weir__buf *buf, struct weir_error *err)
{
    TRY(weir__buf_reserve(buf, 8,
                          err)); /* a buffer exists even when empty, and may be read by words */
    weir__array_own(out, i, weir__buf_take(buf));
    return WEIR_OK;
}

static int finish_views(struct weir__builder *builder, struct ArrowArray *out,
                        struct weir_error *err)
{
    uint8_t *elements = weir__alloc_zero(builder->env, (size_t)builder->length, 16, err);
    if (!elements)
        return WEIR_NO_MEMORY;
    weir__array_own(out, 1, elements);
    for (int64_t i = 0; i < builder->length; i++) {
        struct weir__str value = value_at(builder, i);
        uint32_t len = (uint32_t)value.len;
        uint32_t at = (uint32_t)(value.data - (const char *)builder->data.data);
        memcpy(elements + 16 * i, &len, sizeof len);
        if (value.len)
            memcpy(elements + 16 * i + 4, value.data, value.len < 12 ? value.len : 12);
        if (value.len > 12) {
            memset(elements + 16 * i + 8, 0, 4);
            memcpy(elements + 16 * i + 12, &at, sizeof at);
        }
    }
    int64_t *sizes = weir__alloc(builder->env, sizeof *sizes, err);
    if (!sizes)
        return WEIR_NO_MEMORY;
    sizes[0] = (int64_t)builder->data.len;
    weir__array_own(out, 3, sizes);
    return buf_own(out, 2, &builder->data, err);
}

static int finish_indices(struct weir__builder *builder, struct ArrowArray *out,
                          struct weir_error *err)
{
    static const size_t widths[] = {1, 2, 4, 8, 1, 2, 4, 8};
    static const int64_t most[] = {INT8_MAX,  INT16_MAX,  INT32_MAX,  INT64_MAX,
                                   UINT8_MAX, UINT16_MAX, UINT32_MAX, INT64_MAX};
    size_t kind = (size_t)(builder->type.index_kind - WEIR__KIND_INT8);
    if (builder->values->length - 1 > most[kind])
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: %jd dictionary values are too many",
                          builder->schema->name ? builder->schema->name : "",
                          (intmax_t)builder->values->length);
    uint8_t *block = weir__alloc(builder->env, (size_t)builder->length * widths[kind] + 8, err);
    if (!block)
        return WEIR_NO_MEMORY;
    for (int64_t i = 0; i < builder->length; i++)
        memcpy(block + (size_t)i * widths[kind], builder->data.data + 8 * i, widths[kind]);
    weir__array_own(out, 1, block);
    TRY(weir__builder_finish(builder->values, out->dictionary, err));
    weir__buf_clear(&builder->slots);
    return WEIR_OK;
}

static int finish_content(struct weir__builder *builder, struct ArrowArray *out,
                          struct weir_error *err)
{
    if (builder->type.is_dictionary)
        return finish_indices(builder, out, err);
    enum weir__kind kind = builder->type.kind;
    if (kind == WEIR__KIND_NULL)
        return WEIR_OK;
    if (kind == WEIR__KIND_BINARY_VIEW || kind == WEIR__KIND_STRING_VIEW)
        return finish_views(builder, out, err);
    if (has_offsets(kind))
        TRY(finish_offsets(builder,
                           kind == WEIR__KIND_LARGE_BINARY || kind == WEIR__KIND_LARGE_STRING ||
                               kind == WEIR__KIND_LARGE_LIST,
                           out, err));
    for (int64_t i = 0; i < builder->n_children; i++)
        TRY(weir__builder_finish(builder->children[i], out->children[i], err));
    if (kind >= WEIR__KIND_LIST)
        return WEIR_OK;
    return buf_own(out, weir__kind_is_binary(kind) ? 2 : 1, &builder->data, err);
}

static void builder_restart(struct weir__builder *builder)
{
    weir__buf_clear(&builder->validity);
    weir__buf_clear(&builder->data);
    weir__buf_clear(&builder->offsets);
    builder->length = 0;
    builder->n_nulls = 0;
}

int weir__builder_finish(struct weir__builder *builder, struct ArrowArray *out,
                         struct weir_error *err)
{
    enum weir__kind kind = builder->type.kind;
    bool is_views = !builder->type.is_dictionary &&
                    (kind == WEIR__KIND_BINARY_VIEW || kind == WEIR__KIND_STRING_VIEW);
    int64_t n_buffers = builder->type.is_dictionary ? 2 : weir__kind_buffers(kind);
    AUTO(array) struct ArrowArray made = {0};
    TRY(weir__array_make(builder->env, is_views ? 4 : n_buffers, builder->n_children,
                         builder->type.is_dictionary, &made, err));
    made.length = builder->length;
    made.null_count = builder->n_nulls;
    TRY(finish_content(builder, &made, err));
    if (builder->n_nulls > 0 && made.n_buffers > 0)
        TRY(buf_own(&made, 0, &builder->validity, err));
    builder_restart(builder);
    weir__array_move(&made, out);
    return WEIR_OK;
}
