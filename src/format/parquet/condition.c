/* condition.c: one predicate against what is known about some values. Decides only what is certain:
 * in doubt a row may match. */
#include "format/parquet/prune.h"

#include <math.h>

static bool is_integer(const struct parquet_leaf *leaf)
{
    return leaf->convert != PARQUET_AS_DECIMAL &&
           (leaf->type == PARQUET_INT32 || leaf->type == PARQUET_INT64);
}

static bool is_unsigned(const struct parquet_leaf *leaf)
{
    return weir__stat_order_of(leaf) == WEIR__STAT_UNSIGNED;
}

/* The Arrow value of a stored integer, in the column's unit. */
static int64_t load_arrow(const struct parquet_leaf *leaf, struct weir__str value)
{
    int64_t stored = leaf->type == PARQUET_INT32 ? (int32_t)weir__load32(value.data)
                                                 : (int64_t)weir__load64(value.data);
    if (leaf->type == PARQUET_INT32 && is_unsigned(leaf))
        stored = (uint32_t)stored;
    if (leaf->convert != PARQUET_AS_SCALED)
        return stored;
    if (leaf->factor < 0)
        return stored / -leaf->factor - (stored % -leaf->factor < 0);
    int64_t scaled;
    bool is_over = __builtin_mul_overflow(stored, leaf->factor, &scaled);
    return is_over ? (stored < 0 ? INT64_MIN : INT64_MAX) : scaled;
}

static double load_float(const struct parquet_leaf *leaf, struct weir__str value)
{
    float narrow;
    double wide;
    if (leaf->type == PARQUET_DOUBLE) {
        memcpy(&wide, value.data, sizeof wide);
        return wide;
    }
    memcpy(&narrow, value.data, sizeof narrow);
    return (double)narrow;
}

#define ORDER_OF(x, y) ((x) < (y) ? -1 : (x) > (y))

int weir__condition_compare(const struct weir__condition *condition, struct weir__str value)
{
    const struct parquet_leaf *leaf = condition->leaf;
    if (leaf->type == PARQUET_BOOLEAN)
        return ORDER_OF((int64_t)(value.data[0] != 0), condition->i);
    if (is_integer(leaf)) {
        int64_t x = load_arrow(leaf, value);
        return is_unsigned(leaf) ? ORDER_OF((uint64_t)x, (uint64_t)condition->i)
                                 : ORDER_OF(x, condition->i);
    }
    if (leaf->type == PARQUET_FLOAT || leaf->type == PARQUET_DOUBLE)
        return ORDER_OF(load_float(leaf, value), condition->f);
    return weir__str_compare(value, condition->bytes);
}

bool weir__condition_plain(const struct weir__condition *condition, uint8_t out[8],
                           struct weir__str *out_value)
{
    const struct parquet_leaf *leaf = condition->leaf;
    *out_value = (struct weir__str){(const char *)out, (size_t)leaf->physical_bytes};
    if (leaf->convert == PARQUET_AS_SCALED)
        return false;
    if (is_integer(leaf)) {
        memcpy(out, &condition->i, sizeof condition->i);
        bool fits = leaf->type == PARQUET_INT64 || condition->i == (int32_t)condition->i ||
                    (is_unsigned(leaf) && condition->i == (uint32_t)condition->i);
        return fits;
    }
    if (leaf->type == PARQUET_DOUBLE) {
        memcpy(out, &condition->f, sizeof condition->f);
        return condition->f != 0; /* either zero may be stored */
    }
    if (leaf->type == PARQUET_FLOAT) {
        float narrow = (float)condition->f;
        memcpy(out, &narrow, sizeof narrow);
        return (double)narrow == condition->f && narrow != 0;
    }
    *out_value = condition->bytes;
    return leaf->type == PARQUET_BYTE_ARRAY || leaf->type == PARQUET_FIXED;
}

static bool is_float(const struct parquet_leaf *leaf)
{
    return leaf->type == PARQUET_FLOAT || leaf->type == PARQUET_DOUBLE;
}

static bool bounds_may(const struct weir__condition *condition,
                       const struct weir__value_facts *facts)
{
    const struct weir__stat_bound *min = &facts->min, *max = &facts->max;
    int low = min->is_known ? weir__condition_compare(condition, min->value) : -1;
    int high = max->is_known ? weir__condition_compare(condition, max->value) : 1;
    /* Where a NaN may hide, whoever orders it last still has to see the row. */
    bool may_be_nan = is_float(condition->leaf) && !facts->has_no_nan;
    switch (condition->compare) {
    case WEIR_EQ:
        return low <= 0 && high >= 0;
    case WEIR_NE:
        return low != 0 || high != 0 || may_be_nan;
    case WEIR_LT:
        return low < 0;
    case WEIR_LE:
        return low <= 0;
    case WEIR_GT:
        return high > 0 || may_be_nan;
    case WEIR_GE:
        return high >= 0 || may_be_nan;
    default:
        return true;
    }
}

bool weir__condition_may(const struct weir__condition *condition,
                         const struct weir__value_facts *facts)
{
    if (condition->compare == WEIR_IS_NULL)
        return !facts->has_no_null;
    if (facts->is_all_null)
        return false; /* a null compares to nothing */
    if (condition->compare == WEIR_NOT_NULL)
        return true;
    if (is_float(condition->leaf) && isnan(condition->f))
        return true;
    return bounds_may(condition, facts);
}
