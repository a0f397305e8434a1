/* type.c: Arrow format strings to and from struct weir__type.
 *
 * One table lists the formats without parameters; the rest are parsed by their first letters. */
#include "columnar/type.h"

#include <stdio.h>

struct plain_format {
    const char *format;
    enum weir__kind kind;
    int32_t width_bytes;
    enum weir__unit unit;
    const char *words;
};

static const struct plain_format plain_formats[] = {
    {"n", WEIR__KIND_NULL, 0, WEIR__UNIT_SECOND, "null"},
    {"b", WEIR__KIND_BOOL, 0, WEIR__UNIT_SECOND, "bool"},
    {"c", WEIR__KIND_INT8, 1, WEIR__UNIT_SECOND, "int8"},
    {"s", WEIR__KIND_INT16, 2, WEIR__UNIT_SECOND, "int16"},
    {"i", WEIR__KIND_INT32, 4, WEIR__UNIT_SECOND, "int32"},
    {"l", WEIR__KIND_INT64, 8, WEIR__UNIT_SECOND, "int64"},
    {"C", WEIR__KIND_UINT8, 1, WEIR__UNIT_SECOND, "uint8"},
    {"S", WEIR__KIND_UINT16, 2, WEIR__UNIT_SECOND, "uint16"},
    {"I", WEIR__KIND_UINT32, 4, WEIR__UNIT_SECOND, "uint32"},
    {"L", WEIR__KIND_UINT64, 8, WEIR__UNIT_SECOND, "uint64"},
    {"e", WEIR__KIND_FLOAT16, 2, WEIR__UNIT_SECOND, "float16"},
    {"f", WEIR__KIND_FLOAT32, 4, WEIR__UNIT_SECOND, "float32"},
    {"g", WEIR__KIND_FLOAT64, 8, WEIR__UNIT_SECOND, "float64"},
    {"z", WEIR__KIND_BINARY, 0, WEIR__UNIT_SECOND, "binary"},
    {"Z", WEIR__KIND_LARGE_BINARY, 0, WEIR__UNIT_SECOND, "large_binary"},
    {"u", WEIR__KIND_STRING, 0, WEIR__UNIT_SECOND, "string"},
    {"U", WEIR__KIND_LARGE_STRING, 0, WEIR__UNIT_SECOND, "large_string"},
    {"vz", WEIR__KIND_BINARY_VIEW, 0, WEIR__UNIT_SECOND, "binary_view"},
    {"vu", WEIR__KIND_STRING_VIEW, 0, WEIR__UNIT_SECOND, "string_view"},
    {"tdD", WEIR__KIND_DATE32, 4, WEIR__UNIT_SECOND, "date32"},
    {"tdm", WEIR__KIND_DATE64, 8, WEIR__UNIT_MILLI, "date64"},
    {"tts", WEIR__KIND_TIME32, 4, WEIR__UNIT_SECOND, "time32[s]"},
    {"ttm", WEIR__KIND_TIME32, 4, WEIR__UNIT_MILLI, "time32[ms]"},
    {"ttu", WEIR__KIND_TIME64, 8, WEIR__UNIT_MICRO, "time64[us]"},
    {"ttn", WEIR__KIND_TIME64, 8, WEIR__UNIT_NANO, "time64[ns]"},
    {"tDs", WEIR__KIND_DURATION, 8, WEIR__UNIT_SECOND, "duration[s]"},
    {"tDm", WEIR__KIND_DURATION, 8, WEIR__UNIT_MILLI, "duration[ms]"},
    {"tDu", WEIR__KIND_DURATION, 8, WEIR__UNIT_MICRO, "duration[us]"},
    {"tDn", WEIR__KIND_DURATION, 8, WEIR__UNIT_NANO, "duration[ns]"},
    {"tiM", WEIR__KIND_INTERVAL_MONTHS, 4, WEIR__UNIT_SECOND, "interval[months]"},
    {"tiD", WEIR__KIND_INTERVAL_DAY_TIME, 8, WEIR__UNIT_MILLI, "interval[day, ms]"},
    {"tin", WEIR__KIND_INTERVAL_MONTH_DAY_NANO, 16, WEIR__UNIT_NANO, "interval[month, day, ns]"},
    {"+l", WEIR__KIND_LIST, 0, WEIR__UNIT_SECOND, "list"},
    {"+L", WEIR__KIND_LARGE_LIST, 0, WEIR__UNIT_SECOND, "large_list"},
    {"+s", WEIR__KIND_STRUCT, 0, WEIR__UNIT_SECOND, "struct"},
    {"+m", WEIR__KIND_MAP, 0, WEIR__UNIT_SECOND, "map"},
};

static const struct plain_format *plain_find(const char *format)
{
    for (size_t i = 0; i < COUNT_OF(plain_formats); i++) {
        if (strcmp(plain_formats[i].format, format) == 0)
            return &plain_formats[i];
    }
    return NULL;
}

static int fail_malformed(const struct ArrowSchema *schema, struct weir_error *err)
{
    return weir__fail(err, WEIR_INVALID, "column %s: malformed Arrow format '%s'",
                      schema->name ? schema->name : "", schema->format);
}

/* "precision,scale[,bits]" after "d:" */
static int parse_decimal(const struct ArrowSchema *schema, struct weir__type *out,
                         struct weir_error *err)
{
    struct weir__str rest = weir__str_of(schema->format + 2);
    int64_t numbers[3] = {0, 0, 128};
    size_t n = 0;
    while (n < 3) {
        const char *comma = memchr(rest.data, ',', rest.len);
        struct weir__str part = {rest.data, comma ? (size_t)(comma - rest.data) : rest.len};
        if (!weir__parse_i64(part, &numbers[n]))
            return fail_malformed(schema, err);
        n++;
        if (!comma)
            break;
        rest = (struct weir__str){comma + 1, rest.len - part.len - 1};
    }
    int64_t most = numbers[2] == 256 ? 76 : 38;
    if (n < 2 || numbers[0] < 1 || numbers[0] > most || numbers[1] < -most || numbers[1] > most)
        return fail_malformed(schema, err);
    if (numbers[2] != 128 && numbers[2] != 256)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: decimal of %d bits",
                          schema->name ? schema->name : "", (int)numbers[2]);
    out->kind = numbers[2] == 256 ? WEIR__KIND_DECIMAL256 : WEIR__KIND_DECIMAL128;
    out->width_bytes = numbers[2] == 256 ? 32 : 16;
    out->precision = (int32_t)numbers[0];
    out->scale = (int32_t)numbers[1];
    return WEIR_OK;
}

static int parse_sized(const struct ArrowSchema *schema, const char *number, enum weir__kind kind,
                       struct weir__type *out, struct weir_error *err)
{
    int64_t size;
    if (!weir__parse_i64(weir__str_of(number), &size) || size < 0 || size > INT32_MAX)
        return fail_malformed(schema, err);
    out->kind = kind;
    if (kind == WEIR__KIND_FIXED_BINARY)
        out->width_bytes = (int32_t)size;
    else
        out->list_size = (int32_t)size;
    return WEIR_OK;
}

static int parse_timestamp(const struct ArrowSchema *schema, struct weir__type *out,
                           struct weir_error *err)
{
    static const char units[] = "smun";
    const char *unit = schema->format[2] ? strchr(units, schema->format[2]) : NULL;
    if (!unit || schema->format[3] != ':')
        return fail_malformed(schema, err);
    out->kind = WEIR__KIND_TIMESTAMP;
    out->width_bytes = 8;
    out->unit = (enum weir__unit)(unit - units);
    out->zone = schema->format[4] ? schema->format + 4 : NULL;
    return WEIR_OK;
}

static int parse_plain(const struct ArrowSchema *schema, struct weir__type *out,
                       struct weir_error *err)
{
    const char *format = schema->format;
    const struct plain_format *plain = plain_find(format);
    if (plain) {
        out->kind = plain->kind;
        out->width_bytes = plain->width_bytes;
        out->unit = plain->unit;
        return WEIR_OK;
    }
    if (strncmp(format, "d:", 2) == 0)
        return parse_decimal(schema, out, err);
    if (strncmp(format, "w:", 2) == 0)
        return parse_sized(schema, format + 2, WEIR__KIND_FIXED_BINARY, out, err);
    if (strncmp(format, "+w:", 3) == 0)
        return parse_sized(schema, format + 3, WEIR__KIND_FIXED_LIST, out, err);
    if (strncmp(format, "ts", 2) == 0)
        return parse_timestamp(schema, out, err);
    return weir__fail(err, WEIR_UNSUPPORTED, "column %s: Arrow format '%s'",
                      schema->name ? schema->name : "", format);
}

int weir__type_parse(const struct ArrowSchema *schema, struct weir__type *out,
                     struct weir_error *err)
{
    struct weir__type type = {0};
    if (!schema->format)
        return weir__fail(err, WEIR_INVALID, "column %s: no Arrow format",
                          schema->name ? schema->name : "");
    TRY(parse_plain(schema, &type, err));
    if (schema->dictionary) {
        enum weir__kind index = type.kind;
        if (!weir__kind_is_integer(index))
            return fail_malformed(schema, err);
        if (schema->dictionary->dictionary)
            return weir__fail(err, WEIR_UNSUPPORTED, "column %s: dictionary of a dictionary",
                              schema->name ? schema->name : "");
        if (!schema->dictionary->format)
            return fail_malformed(schema, err);
        type = (struct weir__type){0};
        TRY(parse_plain(schema->dictionary, &type, err));
        type.is_dictionary = true;
        type.index_kind = index;
    }
    *out = type;
    return WEIR_OK;
}

void weir__type_format(const struct weir__type *type, char *out)
{
    static const char units[] = "smun";
    switch (type->kind) {
    case WEIR__KIND_TIMESTAMP:
        (void)snprintf(out, 128, "ts%c:%s", units[type->unit], type->zone ? type->zone : "");
        return;
    case WEIR__KIND_DECIMAL128:
        (void)snprintf(out, 128, "d:%d,%d", type->precision, type->scale);
        return;
    case WEIR__KIND_DECIMAL256:
        (void)snprintf(out, 128, "d:%d,%d,256", type->precision, type->scale);
        return;
    case WEIR__KIND_FIXED_BINARY:
        (void)snprintf(out, 128, "w:%d", type->width_bytes);
        return;
    case WEIR__KIND_FIXED_LIST:
        (void)snprintf(out, 128, "+w:%d", type->list_size);
        return;
    default:
        break;
    }
    bool has_unit = type->kind == WEIR__KIND_TIME32 || type->kind == WEIR__KIND_TIME64 ||
                    type->kind == WEIR__KIND_DURATION;
    for (size_t i = 0; i < COUNT_OF(plain_formats); i++) {
        if (plain_formats[i].kind == type->kind &&
            (!has_unit || plain_formats[i].unit == type->unit)) {
            (void)snprintf(out, 128, "%s", plain_formats[i].format);
            return;
        }
    }
    const bool has_format = false;
    ASSERT(has_format); /* every kind is in the table */
}

static void describe_values(const struct weir__type *type, char *out)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    char format[128];
    switch (type->kind) {
    case WEIR__KIND_TIMESTAMP:
        (void)snprintf(out, 128, type->zone ? "timestamp[%s, %.80s]" : "timestamp[%s]",
                       units[type->unit], type->zone);
        return;
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256:
        (void)snprintf(out, 128, "decimal%d(%d, %d)", type->width_bytes * 8, type->precision,
                       type->scale);
        return;
    case WEIR__KIND_FIXED_BINARY:
        (void)snprintf(out, 128, "fixed_size_binary[%d]", type->width_bytes);
        return;
    case WEIR__KIND_FIXED_LIST:
        (void)snprintf(out, 128, "fixed_size_list[%d]", type->list_size);
        return;
    default:
        weir__type_format(type, format);
        (void)snprintf(out, 128, "%s", plain_find(format)->words);
    }
}

void weir__type_describe(const struct weir__type *type, char *out)
{
    char values[128];
    describe_values(type, values);
    (void)snprintf(out, 128, type->is_dictionary ? "dictionary<%.100s>" : "%s", values);
}

int64_t weir__unit_per_second(enum weir__unit unit)
{
    static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};
    return per_second[unit];
}

bool weir__kind_is_string(enum weir__kind kind)
{
    return kind == WEIR__KIND_STRING || kind == WEIR__KIND_LARGE_STRING ||
           kind == WEIR__KIND_STRING_VIEW;
}

bool weir__kind_is_binary(enum weir__kind kind)
{
    return kind >= WEIR__KIND_BINARY && kind <= WEIR__KIND_STRING_VIEW;
}

bool weir__kind_is_integer(enum weir__kind kind)
{
    return kind >= WEIR__KIND_INT8 && kind <= WEIR__KIND_UINT64;
}
