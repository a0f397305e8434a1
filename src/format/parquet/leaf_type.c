/* leaf_type.c: what an annotated physical column is in Arrow (spec/parquet.md 6.2).
 *
 * An annotation that does not fit its physical type is ignored: the physical type stays. */
#include "format/parquet/schema_read.h"

#include <stdio.h>

static struct parquet_logical_type logical_time(int32_t id, int32_t unit)
{
    /* A converted type read alone means adjusted to UTC. */
    return (struct parquet_logical_type){.id = id, .unit = unit, .is_adjusted_to_utc = true};
}

static struct parquet_logical_type logical_integer(int32_t bit_width, bool is_signed)
{
    return (struct parquet_logical_type){
        .id = PARQUET_LOGICAL_INTEGER, .bit_width = bit_width, .is_signed = is_signed};
}

static struct parquet_logical_type of_converted(const struct parquet_schema_element *element)
{
    static const int32_t plain[] = {
        [PARQUET_CONVERTED_UTF8] = PARQUET_LOGICAL_STRING,
        [PARQUET_CONVERTED_MAP] = PARQUET_LOGICAL_MAP,
        [PARQUET_CONVERTED_MAP_KEY_VALUE] = PARQUET_LOGICAL_MAP,
        [PARQUET_CONVERTED_LIST] = PARQUET_LOGICAL_LIST,
        [PARQUET_CONVERTED_ENUM] = PARQUET_LOGICAL_ENUM,
        [PARQUET_CONVERTED_DECIMAL] = PARQUET_LOGICAL_DECIMAL,
        [PARQUET_CONVERTED_DATE] = PARQUET_LOGICAL_DATE,
        [PARQUET_CONVERTED_JSON] = PARQUET_LOGICAL_JSON,
        [PARQUET_CONVERTED_BSON] = PARQUET_LOGICAL_BSON,
        [PARQUET_CONVERTED_INTERVAL] = PARQUET_LOGICAL_INTERVAL,
    };
    int32_t converted = element->converted;
    struct parquet_logical_type none = {.id = PARQUET_LOGICAL_NONE};
    switch (converted) {
    case PARQUET_CONVERTED_TIME_MILLIS:
        return logical_time(PARQUET_LOGICAL_TIME, PARQUET_MILLIS);
    case PARQUET_CONVERTED_TIME_MICROS:
        return logical_time(PARQUET_LOGICAL_TIME, PARQUET_MICROS);
    case PARQUET_CONVERTED_TIMESTAMP_MILLIS:
        return logical_time(PARQUET_LOGICAL_TIMESTAMP, PARQUET_MILLIS);
    case PARQUET_CONVERTED_TIMESTAMP_MICROS:
        return logical_time(PARQUET_LOGICAL_TIMESTAMP, PARQUET_MICROS);
    default:
        break;
    }
    if (converted >= PARQUET_CONVERTED_UINT_8 && converted <= PARQUET_CONVERTED_UINT_64)
        return logical_integer(8 << (converted - PARQUET_CONVERTED_UINT_8), false);
    if (converted >= PARQUET_CONVERTED_INT_8 && converted <= PARQUET_CONVERTED_INT_64)
        return logical_integer(8 << (converted - PARQUET_CONVERTED_INT_8), true);
    if (converted >= 0 && (size_t)converted < COUNT_OF(plain))
        none.id = plain[converted];
    return none;
}

struct parquet_logical_type weir__parquet_logical(const struct parquet_schema_element *element)
{
    struct parquet_logical_type logical = element->logical;
    if (logical.id <= PARQUET_LOGICAL_NONE || logical.id > PARQUET_LOGICAL_FILE)
        logical = of_converted(element);
    if (logical.id == PARQUET_LOGICAL_DECIMAL && logical.precision == 0) {
        logical.precision = element->precision;
        logical.scale = element->scale;
    }
    return logical;
}

/* What a leaf becomes; format NULL = the annotation does not fit. */
struct outcome {
    const char *format;
    enum parquet_convert convert;
    enum weir__kind kind;
    int32_t value_bytes;
    bool is_utf8;
};

static struct outcome physical_outcome(int32_t type)
{
    static const struct outcome outcomes[] = {
        [PARQUET_BOOLEAN] = {"b", PARQUET_AS_BOOL, WEIR__KIND_BOOL, 0, false},
        [PARQUET_INT32] = {"i", PARQUET_AS_IS, WEIR__KIND_INT32, 4, false},
        [PARQUET_INT64] = {"l", PARQUET_AS_IS, WEIR__KIND_INT64, 8, false},
        [PARQUET_INT96] = {"tsn:", PARQUET_AS_INT96, WEIR__KIND_TIMESTAMP, 8, false},
        [PARQUET_FLOAT] = {"f", PARQUET_AS_IS, WEIR__KIND_FLOAT32, 4, false},
        [PARQUET_DOUBLE] = {"g", PARQUET_AS_IS, WEIR__KIND_FLOAT64, 8, false},
        [PARQUET_BYTE_ARRAY] = {"z", PARQUET_AS_BYTES, WEIR__KIND_BINARY, 0, false},
    };
    return outcomes[type];
}

static struct outcome integer_outcome(int32_t type, const struct parquet_logical_type *logical)
{
    static const struct {
        int32_t bits;
        bool is_signed;
        int32_t type;
        struct outcome outcome;
    } rows[] = {
        {8, true, PARQUET_INT32, {"c", PARQUET_AS_NARROW, WEIR__KIND_INT8, 1, false}},
        {16, true, PARQUET_INT32, {"s", PARQUET_AS_NARROW, WEIR__KIND_INT16, 2, false}},
        {32, true, PARQUET_INT32, {"i", PARQUET_AS_IS, WEIR__KIND_INT32, 4, false}},
        {64, true, PARQUET_INT64, {"l", PARQUET_AS_IS, WEIR__KIND_INT64, 8, false}},
        {8, false, PARQUET_INT32, {"C", PARQUET_AS_NARROW, WEIR__KIND_UINT8, 1, false}},
        {16, false, PARQUET_INT32, {"S", PARQUET_AS_NARROW, WEIR__KIND_UINT16, 2, false}},
        {32, false, PARQUET_INT32, {"I", PARQUET_AS_IS, WEIR__KIND_UINT32, 4, false}},
        {64, false, PARQUET_INT64, {"L", PARQUET_AS_IS, WEIR__KIND_UINT64, 8, false}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].bits == logical->bit_width && rows[i].is_signed == logical->is_signed &&
            rows[i].type == type)
            return rows[i].outcome;
    }
    return (struct outcome){.format = NULL};
}

static struct outcome time_outcome(int32_t type, const struct parquet_logical_type *logical)
{
    if (type == PARQUET_INT32 && logical->unit == PARQUET_MILLIS)
        return (struct outcome){"ttm", PARQUET_AS_IS, WEIR__KIND_TIME32, 4, false};
    if (type == PARQUET_INT64 && logical->unit == PARQUET_MICROS)
        return (struct outcome){"ttu", PARQUET_AS_IS, WEIR__KIND_TIME64, 8, false};
    if (type == PARQUET_INT64 && logical->unit == PARQUET_NANOS)
        return (struct outcome){"ttn", PARQUET_AS_IS, WEIR__KIND_TIME64, 8, false};
    return (struct outcome){.format = NULL};
}

static struct outcome timestamp_outcome(int32_t type, const struct parquet_logical_type *logical)
{
    static const char *const formats[2][4] = {{NULL, "tsm:", "tsu:", "tsn:"},
                                              {NULL, "tsm:UTC", "tsu:UTC", "tsn:UTC"}};
    if (type != PARQUET_INT64 || logical->unit < PARQUET_MILLIS || logical->unit > PARQUET_NANOS)
        return (struct outcome){.format = NULL};
    return (struct outcome){formats[logical->is_adjusted_to_utc][logical->unit], PARQUET_AS_IS,
                            WEIR__KIND_TIMESTAMP, 8, false};
}

static int decimal_outcome(struct weir__arena *arena, const struct parquet_leaf *leaf,
                           const struct parquet_logical_type *logical, struct outcome *out,
                           struct weir_error *err)
{
    bool can_hold = leaf->type == PARQUET_INT32 || leaf->type == PARQUET_INT64 ||
                    leaf->type == PARQUET_BYTE_ARRAY || leaf->type == PARQUET_FIXED;
    int32_t precision = logical->precision, scale = logical->scale;
    if (!can_hold || precision < 1 || precision > 76 || scale < 0 || scale > precision)
        return WEIR_OK;
    char *format = weir__arena_alloc(arena, 1, 32, err);
    if (!format)
        return WEIR_NO_MEMORY;
    bool is_wide = precision > 38;
    (void)snprintf(format, 32, is_wide ? "d:%d,%d,256" : "d:%d,%d", precision, scale);
    *out = (struct outcome){format, PARQUET_AS_DECIMAL,
                            is_wide ? WEIR__KIND_DECIMAL256 : WEIR__KIND_DECIMAL128,
                            is_wide ? 32 : 16, false};
    return WEIR_OK;
}

static struct outcome bytes_outcome(int32_t type, int32_t id)
{
    bool is_text =
        id == PARQUET_LOGICAL_STRING || id == PARQUET_LOGICAL_ENUM || id == PARQUET_LOGICAL_JSON;
    if (type != PARQUET_BYTE_ARRAY)
        return (struct outcome){.format = NULL};
    if (is_text)
        return (struct outcome){"u", PARQUET_AS_BYTES, WEIR__KIND_STRING, 0, true};
    return physical_outcome(type);
}

static struct outcome fixed_outcome(const struct parquet_leaf *leaf, int32_t id)
{
    if (leaf->type != PARQUET_FIXED)
        return (struct outcome){.format = NULL};
    if (id == PARQUET_LOGICAL_FLOAT16 && leaf->physical_bytes == 2)
        return (struct outcome){"e", PARQUET_AS_IS, WEIR__KIND_FLOAT16, 2, false};
    if (id == PARQUET_LOGICAL_INTERVAL && leaf->physical_bytes == 12)
        return (struct outcome){"tin", PARQUET_AS_INTERVAL, WEIR__KIND_INTERVAL_MONTH_DAY_NANO, 16,
                                false};
    if (id == PARQUET_LOGICAL_UUID && leaf->physical_bytes == 16)
        return (struct outcome){"w:16", PARQUET_AS_IS, WEIR__KIND_FIXED_BINARY, 16, false};
    return (struct outcome){.format = NULL};
}

static int annotated_outcome(struct weir__arena *arena, const struct parquet_leaf *leaf,
                             const struct parquet_logical_type *logical, struct outcome *out,
                             struct weir_error *err)
{
    out->format = NULL;
    switch (logical->id) {
    case PARQUET_LOGICAL_DECIMAL:
        return decimal_outcome(arena, leaf, logical, out, err);
    case PARQUET_LOGICAL_DATE:
        if (leaf->type == PARQUET_INT32)
            *out = (struct outcome){"tdD", PARQUET_AS_IS, WEIR__KIND_DATE32, 4, false};
        return WEIR_OK;
    case PARQUET_LOGICAL_TIME:
        *out = time_outcome(leaf->type, logical);
        return WEIR_OK;
    case PARQUET_LOGICAL_TIMESTAMP:
        *out = timestamp_outcome(leaf->type, logical);
        return WEIR_OK;
    case PARQUET_LOGICAL_INTEGER:
        *out = integer_outcome(leaf->type, logical);
        return WEIR_OK;
    case PARQUET_LOGICAL_UNKNOWN:
        if (leaf->is_nullable)
            *out = (struct outcome){"n", PARQUET_AS_NULL, WEIR__KIND_NULL, 0, false};
        return WEIR_OK;
    case PARQUET_LOGICAL_FLOAT16:
    case PARQUET_LOGICAL_INTERVAL:
    case PARQUET_LOGICAL_UUID:
        *out = fixed_outcome(leaf, logical->id);
        return WEIR_OK;
    default:
        *out = bytes_outcome(leaf->type, logical->id);
        return WEIR_OK;
    }
}

int weir__parquet_leaf_type(struct weir__arena *arena, struct parquet_leaf *leaf,
                            const char **out_format, bool *out_fits, struct weir_error *err)
{
    struct parquet_logical_type logical = weir__parquet_logical(leaf->element);
    struct outcome outcome = {.format = NULL};
    if (logical.id != PARQUET_LOGICAL_NONE)
        TRY(annotated_outcome(arena, leaf, &logical, &outcome, err));
    *out_fits = logical.id == PARQUET_LOGICAL_NONE || outcome.format != NULL;
    if (!outcome.format && leaf->type == PARQUET_FIXED) {
        char *format = weir__arena_alloc(arena, 1, 16, err);
        if (!format)
            return WEIR_NO_MEMORY;
        (void)snprintf(format, 16, "w:%d", leaf->physical_bytes);
        outcome = (struct outcome){format, PARQUET_AS_IS, WEIR__KIND_FIXED_BINARY,
                                   leaf->physical_bytes, false};
    } else if (!outcome.format) {
        outcome = physical_outcome(leaf->type);
    }
    leaf->convert = outcome.convert;
    leaf->kind = outcome.kind;
    leaf->value_bytes = outcome.value_bytes;
    leaf->is_utf8 = outcome.is_utf8;
    leaf->is_large = false;
    leaf->factor = outcome.convert == PARQUET_AS_INT96 ? 1 : 0;
    *out_format = outcome.format;
    return WEIR_OK;
}
