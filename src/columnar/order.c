/* order.c: the order and equality of spec/table-store.md 18.1 for one column at a time. */
#include "columnar/order.h"

int weir__ordered_make(const struct ArrowSchema *schema, const struct ArrowArray *array,
                       struct weir__ordered *out, struct weir_error *err)
{
    TRY(weir__view_make(schema, array, &out->view, err));
    if (out->view.type.is_dictionary) {
        if (!array->dictionary)
            return weir__fail(err, WEIR_INVALID, "column %s: no dictionary", schema->name);
        TRY(weir__view_make(schema->dictionary, array->dictionary, &out->values, err));
    }
    enum weir__kind kind = out->view.type.kind;
    bool is_nested = kind >= WEIR__KIND_LIST;
    bool is_interval =
        kind == WEIR__KIND_INTERVAL_DAY_TIME || kind == WEIR__KIND_INTERVAL_MONTH_DAY_NANO;
    if (is_nested || is_interval) {
        char words[128];
        weir__type_describe(&out->view.type, words);
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: %s values have no order", schema->name,
                          words);
    }
    return WEIR_OK;
}

bool weir__ordered_is_null(const struct weir__ordered *column, int64_t i)
{
    if (column->view.type.kind == WEIR__KIND_NULL)
        return true;
    if (weir__view_is_null(&column->view, i))
        return true;
    return column->view.type.is_dictionary &&
           weir__view_is_null(&column->values, weir__view_index(&column->view, i));
}

/* The view that holds value i, and where in it. */
static const struct weir__view *resolve(const struct weir__ordered *column, int64_t *i)
{
    if (!column->view.type.is_dictionary)
        return &column->view;
    *i = weir__view_index(&column->view, *i);
    return &column->values;
}

/* Total order: -NaN < -inf < ... < -0 < +0 < ... < inf < NaN, by the sign-magnitude bits. */
static int64_t float_order(double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

/* Little-endian two's complement of width bytes. */
static int compare_wide(const uint8_t *a, const uint8_t *b, int32_t width)
{
    int8_t top_a = (int8_t)a[width - 1], top_b = (int8_t)b[width - 1];
    if (top_a != top_b)
        return top_a < top_b ? -1 : 1;
    for (int32_t at = width - 2; at >= 0; at--) {
        if (a[at] != b[at])
            return a[at] < b[at] ? -1 : 1;
    }
    return 0;
}

static int sign_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_values(const struct weir__view *a, int64_t i, const struct weir__view *b,
                          int64_t j)
{
    switch (a->type.kind) {
    case WEIR__KIND_NULL:
        return 0;
    case WEIR__KIND_UINT64: {
        uint64_t left = (uint64_t)weir__view_int(a, i), right = (uint64_t)weir__view_int(b, j);
        return (left > right) - (left < right);
    }
    case WEIR__KIND_FLOAT16:
    case WEIR__KIND_FLOAT32:
    case WEIR__KIND_FLOAT64:
        return sign_of(float_order(weir__view_float(a, i)), float_order(weir__view_float(b, j)));
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256:
        return compare_wide(a->data + i * a->type.width_bytes, b->data + j * b->type.width_bytes,
                            a->type.width_bytes);
    case WEIR__KIND_BINARY:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_STRING:
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
    case WEIR__KIND_FIXED_BINARY: {
        int order = weir__str_compare(weir__view_bytes(a, i), weir__view_bytes(b, j));
        return (order > 0) - (order < 0);
    }
    default:
        return sign_of(weir__view_int(a, i), weir__view_int(b, j));
    }
}

int weir__ordered_compare(const struct weir__ordered *a, int64_t i, const struct weir__ordered *b,
                          int64_t j)
{
    const struct weir__view *left = resolve(a, &i);
    const struct weir__view *right = resolve(b, &j);
    return compare_values(left, i, right, j);
}

static bool is_float(enum weir__kind kind)
{
    return kind == WEIR__KIND_FLOAT16 || kind == WEIR__KIND_FLOAT32 || kind == WEIR__KIND_FLOAT64;
}

bool weir__ordered_equal(const struct weir__ordered *a, int64_t i, const struct weir__ordered *b,
                         int64_t j)
{
    bool left_null = weir__ordered_is_null(a, i), right_null = weir__ordered_is_null(b, j);
    if (left_null || right_null)
        return left_null && right_null;
    const struct weir__view *left = resolve(a, &i);
    const struct weir__view *right = resolve(b, &j);
    if (is_float(left->type.kind)) {
        double x = weir__view_float(left, i), y = weir__view_float(right, j);
        return x == y || (x != x && y != y);
    }
    return compare_values(left, i, right, j) == 0;
}

uint64_t weir__ordered_hash(const struct weir__ordered *column, int64_t i)
{
    if (weir__ordered_is_null(column, i))
        return 0x9e3779b97f4a7c15u;
    const struct weir__view *view = resolve(column, &i);
    enum weir__kind kind = view->type.kind;
    if (is_float(kind)) {
        double value = weir__view_float(view, i);
        uint64_t bits;
        value = value == 0 ? 0.0 : value;
        memcpy(&bits, &value, sizeof bits);
        return weir__hash_u64(value != value ? 0x7ff8000000000000u : bits);
    }
    if (weir__kind_is_binary(kind) || kind == WEIR__KIND_FIXED_BINARY) {
        struct weir__str bytes = weir__view_bytes(view, i);
        return weir__hash_bytes(bytes.data, bytes.len);
    }
    if (kind == WEIR__KIND_DECIMAL128 || kind == WEIR__KIND_DECIMAL256)
        return weir__hash_bytes(view->data + i * view->type.width_bytes,
                                (size_t)view->type.width_bytes);
    return weir__hash_u64((uint64_t)weir__view_int(view, i));
}
