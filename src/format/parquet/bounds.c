/* bounds.c: smallest and largest values, and their truncation.
 *
 * Integers and floats are scanned in tight loops; texts and decimals keep a pointer to the best
 * value so far. */
#include "format/parquet/bounds.h"

struct weir__bounds weir__bounds_make(const struct weir_env *env)
{
    return (struct weir__bounds){.min = weir__buf_make(env, SIZE_MAX / 2),
                                 .max = weir__buf_make(env, SIZE_MAX / 2)};
}

void weir__bounds_dispose(struct weir__bounds *bounds)
{
    weir__buf_dispose(&bounds->min);
    weir__buf_dispose(&bounds->max);
}

void weir__bounds_clear(struct weir__bounds *bounds)
{
    bounds->is_set = false;
    bounds->n_nans = 0;
}

static double half_value(const uint8_t *data)
{
    uint16_t half;
    memcpy(&half, data, sizeof half);
    uint32_t exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
    double magnitude;
    if (exponent == 31)
        magnitude = fraction ? __builtin_nan("") : __builtin_inf();
    else if (exponent == 0)
        magnitude = (double)fraction * 0x1p-24;
    else
        magnitude = __builtin_ldexp((double)(fraction + 1024), (int)exponent - 25);
    return half & 0x8000u ? -magnitude : magnitude;
}

static double float_of(struct weir__str s)
{
    float f;
    double d;
    if (s.len == 2)
        return half_value((const uint8_t *)s.data);
    if (s.len == 4) {
        memcpy(&f, s.data, sizeof f);
        return (double)f;
    }
    memcpy(&d, s.data, sizeof d);
    return d;
}

static int64_t signed_of(struct weir__str s)
{
    int32_t narrow;
    int64_t wide;
    if (s.len == 1)
        return (uint8_t)s.data[0];
    if (s.len == 4) {
        memcpy(&narrow, s.data, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, s.data, sizeof wide);
    return wide;
}

/* Big-endian two's complement of one length: the sign bit turned over makes it an unsigned order.
 */
static int decimal_compare(struct weir__str a, struct weir__str b)
{
    int first = ((uint8_t)a.data[0] ^ 0x80) - ((uint8_t)b.data[0] ^ 0x80);
    return first ? first : memcmp(a.data + 1, b.data + 1, a.len - 1);
}

int weir__bound_compare(const struct weir__write_leaf *leaf, struct weir__str a, struct weir__str b)
{
    switch (leaf->order) {
    case WEIR__ORDER_SIGNED: {
        int64_t x = signed_of(a), y = signed_of(b);
        return (x > y) - (x < y);
    }
    case WEIR__ORDER_UNSIGNED: {
        uint64_t x = (uint64_t)signed_of(a), y = (uint64_t)signed_of(b);
        if (a.len == 4) {
            x &= UINT32_MAX;
            y &= UINT32_MAX;
        }
        return (x > y) - (x < y);
    }
    case WEIR__ORDER_FLOAT: {
        double x = float_of(a), y = float_of(b);
        return (x > y) - (x < y);
    }
    case WEIR__ORDER_DECIMAL:
        return decimal_compare(a, b);
    default:
        return weir__str_compare(a, b);
    }
}

/* The tight loops: one for each width and order. */
#define SCAN(type, low, high)                                                                      \
    do {                                                                                           \
        const type *v = (const type *)(const void *)values->fixed;                                 \
        type least = v[0], most = v[0];                                                            \
        for (int64_t i = 1; i < values->n; i++) {                                                  \
            least = v[i] < least ? v[i] : least;                                                   \
            most = v[i] > most ? v[i] : most;                                                      \
        }                                                                                          \
        memcpy(low, &least, sizeof least);                                                         \
        memcpy(high, &most, sizeof most);                                                          \
    } while (0)

/* Floats: NaNs counted and left out; a zero minimum is -0.0 and a zero maximum +0.0. */
#define SCAN_FLOAT(type, low, high)                                                                \
    do {                                                                                           \
        const type *v = (const type *)(const void *)values->fixed;                                 \
        type least = (type)__builtin_inf(), most = -(type)__builtin_inf();                         \
        for (int64_t i = 0; i < values->n; i++) {                                                  \
            least = v[i] < least ? v[i] : least;                                                   \
            most = v[i] > most ? v[i] : most;                                                      \
            n_nans += v[i] != v[i];                                                                \
        }                                                                                          \
        least = least == 0 ? -(type)0.0 : least;                                                   \
        most = most == 0 ? (type)0.0 : most;                                                       \
        memcpy(low, &least, sizeof least);                                                         \
        memcpy(high, &most, sizeof most);                                                          \
    } while (0)

static bool scan_numbers(const struct weir__write_leaf *leaf,
                         const struct weir__page_values *values, uint8_t low[8], uint8_t high[8],
                         int64_t *out_nans)
{
    int64_t n_nans = 0;
    bool is_unsigned = leaf->order == WEIR__ORDER_UNSIGNED;
    if (leaf->order == WEIR__ORDER_FLOAT) {
        if (values->width == 4)
            SCAN_FLOAT(float, low, high);
        else
            SCAN_FLOAT(double, low, high);
    } else if (values->width == 1) {
        SCAN(uint8_t, low, high);
    } else if (values->width == 4 && is_unsigned) {
        SCAN(uint32_t, low, high);
    } else if (values->width == 4) {
        SCAN(int32_t, low, high);
    } else if (is_unsigned) {
        SCAN(uint64_t, low, high);
    } else {
        SCAN(int64_t, low, high);
    }
    *out_nans = n_nans;
    return n_nans < values->n;
}

static struct weir__str value_at(const struct weir__page_values *values, int64_t i)
{
    if (values->offsets) {
        int32_t from = values->offsets[i];
        return (struct weir__str){(const char *)values->bytes + from,
                                  (size_t)(values->offsets[i + 1] - from)};
    }
    return (struct weir__str){(const char *)values->fixed + (size_t)i * values->width,
                              values->width};
}

static bool scan_bytes(const struct weir__write_leaf *leaf, const struct weir__page_values *values,
                       struct weir__str *out_min, struct weir__str *out_max)
{
    struct weir__str least = value_at(values, 0), most = least;
    for (int64_t i = 1; i < values->n; i++) {
        struct weir__str v = value_at(values, i);
        if (weir__bound_compare(leaf, v, least) < 0)
            least = v;
        else if (weir__bound_compare(leaf, v, most) > 0)
            most = v;
    }
    *out_min = least;
    *out_max = most;
    return true;
}

/* FLOAT16: pages of halves are rare enough for one compare a value. */
static bool scan_halves(const struct weir__page_values *values, uint8_t low[2], uint8_t high[2],
                        int64_t *out_nans)
{
    double least = __builtin_inf(), most = -__builtin_inf();
    int64_t n_nans = 0;
    for (int64_t i = 0; i < values->n; i++) {
        const uint8_t *data = values->fixed + 2 * i;
        double v = half_value(data);
        if (v != v) {
            n_nans++;
            continue;
        }
        if (v <= least)
            memcpy(low, data, 2);
        if (v >= most)
            memcpy(high, data, 2);
        least = v < least ? v : least;
        most = v > most ? v : most;
    }
    static const uint8_t minus_zero[2] = {0, 0x80}, plus_zero[2] = {0, 0};
    if (least == 0)
        memcpy(low, minus_zero, 2);
    if (most == 0)
        memcpy(high, plus_zero, 2);
    *out_nans = n_nans;
    return n_nans < values->n;
}

static int bound_set(struct weir__buf *to, struct weir__str value, struct weir_error *err)
{
    weir__buf_clear(to);
    return weir__buf_append(to, value.data, value.len, err);
}

static struct weir__str bound_str(const struct weir__buf *bound)
{
    return (struct weir__str){(const char *)bound->data, bound->len};
}

static int bounds_widen(struct weir__bounds *bounds, const struct weir__write_leaf *leaf,
                        struct weir__str min, struct weir__str max, struct weir_error *err)
{
    if (!bounds->is_set || weir__bound_compare(leaf, min, bound_str(&bounds->min)) < 0)
        TRY(bound_set(&bounds->min, min, err));
    if (!bounds->is_set || weir__bound_compare(leaf, max, bound_str(&bounds->max)) > 0)
        TRY(bound_set(&bounds->max, max, err));
    bounds->is_set = true;
    return WEIR_OK;
}

int weir__bounds_add(struct weir__bounds *bounds, const struct weir__write_leaf *leaf,
                     const struct weir__page_values *values, struct weir_error *err)
{
    if (values->n == 0 || leaf->order == WEIR__ORDER_NONE)
        return WEIR_OK;
    uint8_t low[8], high[8];
    struct weir__str min = {(const char *)low, values->width};
    struct weir__str max = {(const char *)high, values->width};
    int64_t n_nans = 0;
    bool found;
    if (leaf->order == WEIR__ORDER_BYTES || leaf->order == WEIR__ORDER_DECIMAL)
        found = scan_bytes(leaf, values, &min, &max);
    else if (leaf->order == WEIR__ORDER_FLOAT && values->width == 2)
        found = scan_halves(values, low, high, &n_nans);
    else
        found = scan_numbers(leaf, values, low, high, &n_nans);
    bounds->n_nans += n_nans;
    return found ? bounds_widen(bounds, leaf, min, max, err) : WEIR_OK;
}

int weir__bounds_merge(struct weir__bounds *bounds, const struct weir__write_leaf *leaf,
                       const struct weir__bounds *other, struct weir_error *err)
{
    bounds->n_nans += other->n_nans;
    if (!other->is_set)
        return WEIR_OK;
    return bounds_widen(bounds, leaf, bound_str(&other->min), bound_str(&other->max), err);
}

/* ---- truncation ---- */

static bool is_cuttable(const struct weir__write_leaf *leaf, struct weir__str bound,
                        size_t max_bytes)
{
    return leaf->order == WEIR__ORDER_BYTES && leaf->physical == PARQUET_BYTE_ARRAY &&
           bound.len > max_bytes;
}

/* Longest beginning of at most max_bytes that does not cut a character of UTF-8 text. */
static size_t cut_length(const struct weir__write_leaf *leaf, struct weir__str bound,
                         size_t max_bytes)
{
    size_t n = max_bytes;
    while (leaf->is_utf8 && n > 0 && ((uint8_t)bound.data[n] & 0xc0) == 0x80)
        n--;
    return n;
}

int weir__bound_min_cut(const struct weir__write_leaf *leaf, struct weir__str bound,
                        size_t max_bytes, struct weir__buf *out, bool *out_is_exact,
                        struct weir_error *err)
{
    *out_is_exact = !is_cuttable(leaf, bound, max_bytes);
    size_t n = *out_is_exact ? bound.len : cut_length(leaf, bound, max_bytes);
    return weir__buf_append(out, bound.data, n, err);
}

/* Make the text larger than everything it begins: add one to the last byte that can grow, drop what
 * follows. For UTF-8 only ASCII characters are raised (and not to 0x80), which keeps it valid. 0 =
 * none can grow. */
static size_t raise_last(uint8_t *text, size_t n, bool is_utf8)
{
    for (; n > 0; n--) {
        uint8_t last = text[n - 1];
        bool can_grow = is_utf8 ? last < 0x7f : last < 0xff;
        if (!can_grow)
            continue;
        text[n - 1] = (uint8_t)(last + 1);
        return n;
    }
    return 0;
}

int weir__bound_max_cut(const struct weir__write_leaf *leaf, struct weir__str bound,
                        size_t max_bytes, struct weir__buf *out, bool *out_is_exact,
                        struct weir_error *err)
{
    *out_is_exact = true;
    size_t begin = out->len;
    TRY(weir__buf_append(out, bound.data, bound.len, err));
    if (!is_cuttable(leaf, bound, max_bytes))
        return WEIR_OK;
    uint8_t *text = out->data + begin;
    size_t n = raise_last(text, cut_length(leaf, bound, max_bytes), leaf->is_utf8);
    if (n == 0) {
        memcpy(text, bound.data, bound.len); /* raising may have touched it: keep it whole */
        return WEIR_OK;
    }
    out->len = begin + n;
    *out_is_exact = false;
    return WEIR_OK;
}
