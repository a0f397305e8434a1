/* convert.c: physical values that look different in Arrow (spec/parquet.md 6.2). */
#include "format/parquet/column_reader.h"

#include <inttypes.h>

#define JULIAN_EPOCH_DAY 2440588
#define NANOSECONDS_PER_DAY INT64_C(86400000000000)

static int32_t load_i32(const uint8_t *p)
{
    return (int32_t)weir__load32(p);
}

static int64_t load_i64(const uint8_t *p)
{
    return (int64_t)weir__load64(p);
}

static int64_t load_integer(const struct parquet_leaf *leaf, const uint8_t *in, size_t i)
{
    return leaf->type == PARQUET_INT32 ? load_i32(in + i * 4) : load_i64(in + i * 8);
}

static int fail_range(int64_t value, struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT,
                      "value %" PRId64 " is out of the range of its column's type", (int64_t)value);
}

static bool narrow_range(enum weir__kind kind, int64_t *min, int64_t *max)
{
    switch (kind) {
    case WEIR__KIND_INT8:
        *min = INT8_MIN, *max = INT8_MAX;
        return true;
    case WEIR__KIND_INT16:
        *min = INT16_MIN, *max = INT16_MAX;
        return true;
    case WEIR__KIND_UINT8:
        *min = 0, *max = UINT8_MAX;
        return true;
    case WEIR__KIND_UINT16:
        *min = 0, *max = UINT16_MAX;
        return true;
    case WEIR__KIND_UINT32:
        *min = 0, *max = UINT32_MAX;
        return true;
    default:
        return false;
    }
}

bool weir__narrow_fits(const struct parquet_leaf *leaf, const uint8_t *in, size_t i)
{
    int64_t min = 0, max = 0, value = load_integer(leaf, in, i);
    return narrow_range(leaf->kind, &min, &max) && value >= min && value <= max;
}

static int convert_narrow(const struct parquet_leaf *leaf, const uint8_t *in, size_t n,
                          uint8_t *out, struct weir_error *err)
{
    int64_t min = 0, max = 0;
    size_t width = (size_t)leaf->value_bytes;
    ASSERT(narrow_range(leaf->kind, &min, &max));
    for (size_t i = 0; i < n; i++) {
        int64_t value = load_integer(leaf, in, i);
        if (value < min || value > max)
            return fail_range(value, err);
        memcpy(out + i * width, &value, width);
    }
    return WEIR_OK;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return quotient - (value % by < 0);
}

bool weir__int96_fits(const uint8_t *in, int64_t unit, int64_t *out)
{
    int64_t units_per_day = NANOSECONDS_PER_DAY / unit;
    int64_t day = (int64_t)load_i32(in + 8) - JULIAN_EPOCH_DAY;
    int64_t rest = floor_divide(load_i64(in), unit), value;
    bool wraps = __builtin_mul_overflow(day, units_per_day, &value);
    wraps |= __builtin_add_overflow(value, rest, &value);
    *out = value;
    return !wraps;
}

static int convert_scaled(const struct parquet_leaf *leaf, const uint8_t *in, size_t n,
                          uint8_t *out, struct weir_error *err)
{
    size_t width = (size_t)leaf->value_bytes;
    for (size_t i = 0; i < n; i++) {
        int64_t value = load_integer(leaf, in, i), scaled;
        if (leaf->factor < 0)
            scaled = floor_divide(value, -leaf->factor);
        else if (__builtin_mul_overflow(value, leaf->factor, &scaled))
            return fail_range(value, err);
        memcpy(out + i * width, &scaled, width);
    }
    return WEIR_OK;
}

/* Big-endian two's complement of any length into `width` little-endian bytes; false: too big. */
static bool decimal_of(const uint8_t *in, size_t len, uint8_t *out, size_t width)
{
    uint8_t fill = len > 0 && in[0] & 0x80 ? 0xff : 0;
    while (len > width) { /* only sign bytes may be dropped */
        if (in[0] != fill)
            return false;
        in++;
        len--;
    }
    for (size_t i = 0; i < len; i++)
        out[i] = in[len - 1 - i];
    memset(out + len, fill, width - len);
    return len == 0 || (out[width - 1] & 0x80) == (fill & 0x80);
}

static int convert_decimal(const struct parquet_leaf *leaf, const uint8_t *in, size_t n,
                           uint8_t *out, struct weir_error *err)
{
    size_t width = (size_t)leaf->value_bytes, from = (size_t)leaf->physical_bytes;
    if (leaf->type == PARQUET_INT32 || leaf->type == PARQUET_INT64) {
        for (size_t i = 0; i < n; i++) {
            int64_t value = load_integer(leaf, in, i);
            memset(out + i * width, value < 0 ? 0xff : 0, width);
            memcpy(out + i * width, &value, sizeof value);
        }
        return WEIR_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (!decimal_of(in + i * from, from, out + i * width, width))
            return weir__fail(err, WEIR_CORRUPT, "decimal does not fit %zu bytes", width);
    }
    return WEIR_OK;
}

/* Signed days and nanoseconds, as Spark writes them. In microseconds the sum wraps: that is what
 * brings back the dates at the far end that Spark wrote with wrapped days. */
static int convert_int96(const struct parquet_leaf *leaf, const uint8_t *in, size_t n, uint8_t *out,
                         struct weir_error *err)
{
    int64_t unit = leaf->factor;
    for (size_t i = 0; i < n; i++) {
        int64_t value;
        if (!weir__int96_fits(in + i * 12, unit, &value) && unit < 1000)
            return weir__fail(err, WEIR_CORRUPT, "INT96 timestamp is out of range");
        memcpy(out + i * 8, &value, 8);
    }
    return WEIR_OK;
}

static int convert_interval(const uint8_t *in, size_t n, uint8_t *out, struct weir_error *err)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t months = weir__load32(in + i * 12), days = weir__load32(in + i * 12 + 4);
        int64_t nanoseconds = (int64_t)weir__load32(in + i * 12 + 8) * 1000000;
        if (months > INT32_MAX || days > INT32_MAX)
            return fail_range(months > INT32_MAX ? months : days, err);
        memcpy(out + i * 16, &months, 4);
        memcpy(out + i * 16 + 4, &days, 4);
        memcpy(out + i * 16 + 8, &nanoseconds, 8);
    }
    return WEIR_OK;
}

int weir__convert_fixed(const struct parquet_leaf *leaf, const uint8_t *in, size_t n, uint8_t *out,
                        struct weir_error *err)
{
    switch (leaf->convert) {
    case PARQUET_AS_NARROW:
        return convert_narrow(leaf, in, n, out, err);
    case PARQUET_AS_SCALED:
        return convert_scaled(leaf, in, n, out, err);
    case PARQUET_AS_DECIMAL:
        return convert_decimal(leaf, in, n, out, err);
    case PARQUET_AS_INT96:
        return convert_int96(leaf, in, n, out, err);
    default:
        ASSERT(leaf->convert == PARQUET_AS_INTERVAL);
        return convert_interval(in, n, out, err);
    }
}

int weir__convert_bytes(const struct parquet_leaf *leaf, const struct weir__bytes *in, size_t n,
                        uint8_t *out, struct weir_error *err)
{
    const int32_t *offsets = in->offsets;
    size_t width = (size_t)leaf->value_bytes;
    ASSERT(leaf->convert == PARQUET_AS_DECIMAL && !in->is_large);
    for (size_t i = 0; i < n; i++) {
        size_t len = (size_t)(offsets[i + 1] - offsets[i]);
        if (!decimal_of(in->data + offsets[i], len, out + i * width, width))
            return weir__fail(err, WEIR_CORRUPT, "decimal does not fit %zu bytes", width);
    }
    return WEIR_OK;
}
