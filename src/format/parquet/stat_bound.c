/* stat_bound.c: believing and comparing statistics (spec/parquet.md 9). */
#include "format/parquet/stat_bound.h"

#include <math.h>

enum weir__stat_order weir__stat_order_of(const struct parquet_leaf *leaf)
{
    struct parquet_logical_type type = weir__parquet_logical(leaf->element);
    switch (type.id) {
    case PARQUET_LOGICAL_DECIMAL:
        if (leaf->type == PARQUET_BYTE_ARRAY || leaf->type == PARQUET_FIXED)
            return WEIR__STAT_DECIMAL;
        break;
    case PARQUET_LOGICAL_INTEGER:
        if (!type.is_signed && (leaf->type == PARQUET_INT32 || leaf->type == PARQUET_INT64))
            return WEIR__STAT_UNSIGNED;
        break;
    case PARQUET_LOGICAL_FLOAT16:
        return leaf->physical_bytes == 2 ? WEIR__STAT_HALF : WEIR__STAT_NONE;
    case PARQUET_LOGICAL_INTERVAL:
    case PARQUET_LOGICAL_LIST:
    case PARQUET_LOGICAL_MAP:
    case PARQUET_LOGICAL_UNKNOWN:
    case PARQUET_LOGICAL_VARIANT:
    case PARQUET_LOGICAL_GEOMETRY:
    case PARQUET_LOGICAL_GEOGRAPHY:
    case PARQUET_LOGICAL_FILE:
        return WEIR__STAT_NONE;
    default:
        break;
    }
    static const enum weir__stat_order orders[] = {
        WEIR__STAT_BOOLEAN, WEIR__STAT_SIGNED, WEIR__STAT_SIGNED, WEIR__STAT_NONE,
        WEIR__STAT_FLOAT,   WEIR__STAT_FLOAT,  WEIR__STAT_BYTES,  WEIR__STAT_BYTES};
    /* An annotation of a later format may order values in a way of its own. */
    bool is_unknown = leaf->element->logical.id > PARQUET_LOGICAL_FILE;
    return is_unknown ? WEIR__STAT_NONE : orders[leaf->type];
}

static int64_t load_signed(const struct parquet_leaf *leaf, const char *data)
{
    return leaf->type == PARQUET_INT32 ? (int32_t)weir__load32(data) : (int64_t)weir__load64(data);
}

static uint64_t load_unsigned(const struct parquet_leaf *leaf, const char *data)
{
    return leaf->type == PARQUET_INT32 ? weir__load32(data) : weir__load64(data);
}

static double load_float(const struct parquet_leaf *leaf, const char *data)
{
    float narrow;
    double wide;
    if (leaf->type == PARQUET_DOUBLE) {
        memcpy(&wide, data, sizeof wide);
        return wide;
    }
    memcpy(&narrow, data, sizeof narrow);
    return (double)narrow;
}

static bool is_half_nan(const char *data)
{
    uint32_t bits = (uint32_t)(uint8_t)data[0] | (uint32_t)(uint8_t)data[1] << 8;
    return (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff);
}

/* Half floats compare as sign and magnitude; both zeros are equal. */
static int32_t half_key(const char *data)
{
    int32_t bits = (uint8_t)data[0] | (uint8_t)data[1] << 8;
    return bits & 0x8000 ? -(bits & 0x7fff) : bits;
}

/* The sign-extended byte i of `len` counted from the end. */
static uint8_t decimal_byte(struct weir__str s, size_t from_end)
{
    if (from_end < s.len)
        return (uint8_t)s.data[s.len - 1 - from_end];
    return s.len > 0 && (uint8_t)s.data[0] & 0x80 ? 0xff : 0;
}

static int compare_decimals(struct weir__str a, struct weir__str b)
{
    size_t len = (a.len > b.len ? a.len : b.len) + 1;
    for (size_t i = len; i-- > 0;) {
        /* The first byte holds nothing but the sign. */
        int x = i == len - 1 ? (int8_t)decimal_byte(a, i) : decimal_byte(a, i);
        int y = i == len - 1 ? (int8_t)decimal_byte(b, i) : decimal_byte(b, i);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

#define ORDER_OF(x, y) ((x) < (y) ? -1 : (x) > (y))

int weir__stat_bound_compare(const struct parquet_leaf *leaf, struct weir__str a,
                             struct weir__str b)
{
    switch (weir__stat_order_of(leaf)) {
    case WEIR__STAT_SIGNED:
        return ORDER_OF(load_signed(leaf, a.data), load_signed(leaf, b.data));
    case WEIR__STAT_UNSIGNED:
        return ORDER_OF(load_unsigned(leaf, a.data), load_unsigned(leaf, b.data));
    case WEIR__STAT_FLOAT:
        return ORDER_OF(load_float(leaf, a.data), load_float(leaf, b.data));
    case WEIR__STAT_HALF:
        return ORDER_OF(half_key(a.data), half_key(b.data));
    case WEIR__STAT_BOOLEAN:
        return ORDER_OF(a.data[0] != 0, b.data[0] != 0);
    case WEIR__STAT_DECIMAL:
        return compare_decimals(a, b);
    default:
        return weir__str_compare(a, b);
    }
}

/* parquet-mr before 1.8.0 wrote bad bounds of binary columns (PARQUET-251). */
static bool has_bad_binary_bounds(struct weir__str created_by)
{
    static const struct weir__str prefix = {"parquet-mr version 1.", 21};
    if (!weir__str_starts(created_by, weir__str_of("parquet-mr")))
        return false;
    if (!weir__str_starts(created_by, prefix) || created_by.len < prefix.len + 2)
        return true;
    char minor = created_by.data[prefix.len], next = created_by.data[prefix.len + 1];
    bool is_one_digit = next < '0' || next > '9';
    return is_one_digit && minor < '8';
}

bool weir__stat_bounds_trusted(const struct weir_parquet_reader *reader, size_t leaf)
{
    const struct parquet_file_meta *meta = &reader->meta;
    enum weir__stat_order order = weir__stat_order_of(&reader->schema.leaves[leaf]);
    bool is_binary = order == WEIR__STAT_BYTES || order == WEIR__STAT_DECIMAL;
    if (order == WEIR__STAT_NONE || (is_binary && has_bad_binary_bounds(meta->created_by)))
        return false;
    if (!meta->column_orders || meta->n_column_orders <= leaf)
        return !is_binary;
    int32_t declared = meta->column_orders[leaf];
    return declared == PARQUET_ORDER_TYPE ||
           (declared == PARQUET_ORDER_IEEE754 &&
            (order == WEIR__STAT_FLOAT || order == WEIR__STAT_HALF));
}

struct weir__stat_bound weir__stat_bound_of(const struct parquet_leaf *leaf, struct weir__str value,
                                            bool is_exact)
{
    struct weir__stat_bound unknown = {false, false, STR_NULL};
    size_t size = leaf->type == PARQUET_BOOLEAN ? 1 : (size_t)leaf->physical_bytes;
    bool is_binary = leaf->type == PARQUET_BYTE_ARRAY || leaf->type == PARQUET_FIXED;
    enum weir__stat_order order = weir__stat_order_of(leaf);
    if (!value.data || (!is_binary && value.len != size))
        return unknown;
    if (order == WEIR__STAT_FLOAT && isnan(load_float(leaf, value.data)))
        return unknown;
    if (order == WEIR__STAT_HALF && (value.len != 2 || is_half_nan(value.data)))
        return unknown;
    return (struct weir__stat_bound){true, is_exact, value};
}

/* The legacy fields compare signed whatever the type: believed only where that is right. */
static bool legacy_trusted(const struct parquet_leaf *leaf)
{
    enum weir__stat_order order = weir__stat_order_of(leaf);
    return order == WEIR__STAT_SIGNED || order == WEIR__STAT_FLOAT || order == WEIR__STAT_BOOLEAN;
}

void weir__stat_bounds_get(const struct weir_parquet_reader *reader, size_t leaf,
                           const struct parquet_column_chunk *chunk,
                           struct weir__stat_bound *out_min, struct weir__stat_bound *out_max)
{
    const struct parquet_leaf *info = &reader->schema.leaves[leaf];
    const struct parquet_statistics *s = &chunk->statistics;
    *out_min = *out_max = (struct weir__stat_bound){false, false, STR_NULL};
    if (weir__stat_bounds_trusted(reader, leaf)) {
        *out_min = weir__stat_bound_of(info, s->min, s->min_is_exact == 1);
        *out_max = weir__stat_bound_of(info, s->max, s->max_is_exact == 1);
    }
    bool is_new = s->min.data || s->max.data;
    if (!is_new && legacy_trusted(info)) {
        *out_min = weir__stat_bound_of(info, s->legacy_min, false);
        *out_max = weir__stat_bound_of(info, s->legacy_max, false);
    }
}
