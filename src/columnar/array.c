/* array.c: arrays that own each buffer separately, and views that read any array. */
#include "columnar/array.h"

struct array_private {
    const struct weir_env *env;
    const void **buffers; /* each a block of env, or NULL */
    struct ArrowArray *child_block;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    int64_t n_buffers, n_children;
};

int64_t weir__kind_buffers(enum weir__kind kind)
{
    switch (kind) {
    case WEIR__KIND_NULL:
        return 0;
    case WEIR__KIND_STRUCT:
    case WEIR__KIND_FIXED_LIST:
        return 1;
    case WEIR__KIND_BINARY:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_STRING:
        return 3;
    default:
        return 2;
    }
}

static void array_release(struct ArrowArray *array)
{
    struct array_private *own = array->private_data;
    const struct weir_env *env = own->env;
    for (int64_t i = 0; own->buffers && i < own->n_buffers; i++)
        weir__free(env, own->buffers[i]);
    for (int64_t i = 0; own->children && own->child_block && i < own->n_children; i++)
        weir__array_freep(own->children[i]);
    if (own->dictionary)
        weir__array_freep(own->dictionary);
    weir__free(env, (const void *)own->buffers);
    weir__free(env, own->child_block);
    weir__free(env, (const void *)own->children);
    weir__free(env, own->dictionary);
    weir__free(env, own);
    *array = (struct ArrowArray){0};
}

void weir__array_freep(struct ArrowArray *array)
{
    if (array->release)
        array->release(array);
    array->release = NULL;
}

void weir__array_move(struct ArrowArray *from, struct ArrowArray *to)
{
    *to = *from;
    from->release = NULL;
}

static int array_parts(struct array_private *own, bool has_dictionary, struct weir_error *err)
{
    const struct weir_env *env = own->env;
    size_t n_buffers = own->n_buffers ? (size_t)own->n_buffers : 1;
    own->buffers = weir__alloc_zero(env, n_buffers, sizeof(void *), err);
    if (!own->buffers)
        return WEIR_NO_MEMORY;
    if (own->n_children > 0) {
        size_t n = (size_t)own->n_children;
        own->child_block = weir__alloc_zero(env, n, sizeof *own->child_block, err);
        own->children = weir__alloc_zero(env, n, sizeof(struct ArrowArray *), err);
        if (!own->child_block || !own->children)
            return WEIR_NO_MEMORY;
        for (size_t i = 0; i < n; i++)
            own->children[i] = &own->child_block[i];
    }
    if (has_dictionary) {
        own->dictionary = weir__alloc_zero(env, 1, sizeof *own->dictionary, err);
        if (!own->dictionary)
            return WEIR_NO_MEMORY;
    }
    return WEIR_OK;
}

int weir__array_make(const struct weir_env *env, int64_t n_buffers, int64_t n_children,
                     bool has_dictionary, struct ArrowArray *out, struct weir_error *err)
{
    ASSERT(n_buffers >= 0 && n_children >= 0 && n_children <= WEIR__MAX_COLUMNS);
    struct array_private *own = weir__alloc_zero(env, 1, sizeof *own, err);
    if (!own)
        return WEIR_NO_MEMORY;
    own->env = env;
    own->n_buffers = n_buffers;
    own->n_children = n_children;
    AUTO(array) struct ArrowArray made = {.release = array_release, .private_data = own};
    TRY(array_parts(own, has_dictionary, err));
    made.n_buffers = n_buffers;
    made.n_children = n_children;
    made.buffers = own->buffers;
    made.children = own->children;
    made.dictionary = own->dictionary;
    weir__array_move(&made, out);
    return WEIR_OK;
}

void weir__array_own(struct ArrowArray *array, int64_t i, void *block)
{
    struct array_private *own = array->private_data;
    ASSERT(array->release == array_release && i >= 0 && i < own->n_buffers && !own->buffers[i]);
    own->buffers[i] = block;
}

/* The typed pointers of a view, by kind. `data` of the dictionary case is the index buffer. */
static void view_pointers(struct weir__view *view, enum weir__kind kind, int32_t width)
{
    const void **buffers = view->array->buffers;
    int64_t offset = view->offset;
    switch (kind) {
    case WEIR__KIND_NULL:
    case WEIR__KIND_STRUCT:
    case WEIR__KIND_FIXED_LIST:
        return;
    case WEIR__KIND_BINARY:
    case WEIR__KIND_STRING:
        view->data = buffers[2];
        view->offsets32 = buffers[1] ? (const int32_t *)buffers[1] + offset : NULL;
        return;
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_LARGE_STRING:
        view->data = buffers[2];
        view->offsets64 = buffers[1] ? (const int64_t *)buffers[1] + offset : NULL;
        return;
    case WEIR__KIND_LIST:
    case WEIR__KIND_MAP:
        view->offsets32 = buffers[1] ? (const int32_t *)buffers[1] + offset : NULL;
        return;
    case WEIR__KIND_LARGE_LIST:
        view->offsets64 = buffers[1] ? (const int64_t *)buffers[1] + offset : NULL;
        return;
    case WEIR__KIND_BOOL:
        view->data = buffers[1];
        return;
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
        width = 16;
        break;
    default:
        break;
    }
    view->data = buffers[1] ? (const uint8_t *)buffers[1] + offset * width : NULL;
}

static int32_t index_width(enum weir__kind kind)
{
    switch (kind) {
    case WEIR__KIND_INT8:
    case WEIR__KIND_UINT8:
        return 1;
    case WEIR__KIND_INT16:
    case WEIR__KIND_UINT16:
        return 2;
    case WEIR__KIND_INT32:
    case WEIR__KIND_UINT32:
        return 4;
    default:
        return 8;
    }
}

int weir__view_make(const struct ArrowSchema *schema, const struct ArrowArray *array,
                    struct weir__view *out, struct weir_error *err)
{
    struct weir__view view = {.length = array->length,
                              .offset = array->offset,
                              .null_count = array->null_count,
                              .array = array,
                              .schema = schema};
    TRY(weir__type_parse(schema, &view.type, err));
    enum weir__kind kind = view.type.is_dictionary ? view.type.index_kind : view.type.kind;
    if (kind == WEIR__KIND_NULL) {
        view.null_count = view.length;
        *out = view;
        return WEIR_OK;
    }
    if (array->n_buffers < weir__kind_buffers(kind))
        return weir__fail(err, WEIR_INVALID, "column %s: %jd buffers, not %jd",
                          schema->name ? schema->name : "", (intmax_t)array->n_buffers,
                          (intmax_t)weir__kind_buffers(kind));
    view.validity = array->null_count == 0 ? NULL : array->buffers[0];
    view_pointers(&view, kind, view.type.is_dictionary ? index_width(kind) : view.type.width_bytes);
    if (!view.validity)
        view.null_count = 0;
    else if (view.null_count < 0)
        view.null_count = view.length - weir__bits_count(view.validity, view.offset, view.length);
    *out = view;
    return WEIR_OK;
}

/* One 16-byte element of a view array: length, then the bytes, or prefix, buffer and offset. */
static struct weir__str string_view_bytes(const struct weir__view *view, int64_t i)
{
    const uint8_t *element = view->data + 16 * i;
    int32_t len, buffer, at;
    memcpy(&len, element, sizeof len);
    if (len <= 12)
        return (struct weir__str){(const char *)element + 4, (size_t)len};
    memcpy(&buffer, element + 8, sizeof buffer);
    memcpy(&at, element + 12, sizeof at);
    const char *bytes = view->array->buffers[2 + buffer];
    return (struct weir__str){bytes + at, (size_t)len};
}

struct weir__str weir__view_bytes(const struct weir__view *view, int64_t i)
{
    if (view->offsets32) {
        int32_t from = view->offsets32[i];
        return (struct weir__str){(const char *)view->data + from,
                                  (size_t)(view->offsets32[i + 1] - from)};
    }
    if (view->offsets64) {
        int64_t from = view->offsets64[i];
        return (struct weir__str){(const char *)view->data + from,
                                  (size_t)(view->offsets64[i + 1] - from)};
    }
    if (weir__kind_is_binary(view->type.kind))
        return string_view_bytes(view, i);
    size_t width = (size_t)view->type.width_bytes;
    return (struct weir__str){(const char *)view->data + (size_t)i * width, width};
}

static int64_t load_signed(const uint8_t *data, int32_t width, int64_t i)
{
    int8_t v8;
    int16_t v16;
    int32_t v32;
    int64_t v64;
    switch (width) {
    case 1:
        memcpy(&v8, data + i, sizeof v8);
        return v8;
    case 2:
        memcpy(&v16, data + 2 * i, sizeof v16);
        return v16;
    case 4:
        memcpy(&v32, data + 4 * i, sizeof v32);
        return v32;
    default:
        memcpy(&v64, data + 8 * i, sizeof v64);
        return v64;
    }
}

static int64_t load_integer(const uint8_t *data, enum weir__kind kind, int32_t width, int64_t i)
{
    int64_t value = load_signed(data, width, i);
    bool is_unsigned = kind >= WEIR__KIND_UINT8 && kind <= WEIR__KIND_UINT32;
    return is_unsigned ? value & (((int64_t)1 << (8 * width)) - 1) : value;
}

int64_t weir__view_int(const struct weir__view *view, int64_t i)
{
    if (view->type.kind == WEIR__KIND_BOOL)
        return weir__bit_get(view->data, view->offset + i);
    return load_integer(view->data, view->type.kind, view->type.width_bytes, i);
}

int64_t weir__view_index(const struct weir__view *view, int64_t i)
{
    ASSERT(view->type.is_dictionary);
    return load_integer(view->data, view->type.index_kind, index_width(view->type.index_kind), i);
}

/* IEEE 754 binary16, subnormals included. */
static double half_to_double(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 0x1fu;
    uint32_t fraction = half & 0x3ffu;
    if (exponent == 0) {
        double value = (double)fraction * 0x1p-24;
        return sign ? -value : value;
    }
    uint32_t bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

double weir__view_float(const struct weir__view *view, int64_t i)
{
    double f64;
    float f32;
    uint16_t half;
    switch (view->type.kind) {
    case WEIR__KIND_FLOAT64:
        memcpy(&f64, view->data + 8 * i, sizeof f64);
        return f64;
    case WEIR__KIND_FLOAT32:
        memcpy(&f32, view->data + 4 * i, sizeof f32);
        return (double)f32;
    default:
        ASSERT(view->type.kind == WEIR__KIND_FLOAT16);
        memcpy(&half, view->data + 2 * i, sizeof half);
        return half_to_double(half);
    }
}
