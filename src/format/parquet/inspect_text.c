/* inspect_text.c: types, encodings and bounds in words. */
#include "format/parquet/inspect.h"

#include <inttypes.h>
#include <stdio.h>

const char *weir__leaf_physical_text(const struct parquet_leaf *leaf)
{
    static const char *const names[] = {"BOOLEAN", "INT32",  "INT64",      "INT96",
                                        "FLOAT",   "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
    return names[leaf->type];
}

const char *weir__leaf_repetition_text(const struct parquet_leaf *leaf)
{
    static const char *const names[] = {"REQUIRED", "OPTIONAL", "REPEATED"};
    int32_t repetition = leaf->element->repetition;
    return repetition >= 0 && repetition <= PARQUET_REPEATED ? names[repetition] : "";
}

static const char *unit_text(int32_t unit)
{
    static const char *const units[] = {"?", "ms", "us", "ns"};
    return unit >= 0 && unit <= PARQUET_NANOS ? units[unit] : units[0];
}

static const char *logical_name(int32_t id)
{
    static const char *const names[] = {NULL,      "STRING",  "MAP",      "LIST",      "ENUM",
                                        "DECIMAL", "DATE",    "TIME",     "TIMESTAMP", NULL,
                                        "INTEGER", "NULL",    "JSON",     "BSON",      "UUID",
                                        "FLOAT16", "VARIANT", "GEOMETRY", "GEOGRAPHY", "FILE"};
    if (id == PARQUET_LOGICAL_INTERVAL)
        return "INTERVAL";
    return id > 0 && (size_t)id < COUNT_OF(names) ? names[id] : NULL;
}

void weir__leaf_logical_text(const struct parquet_leaf *leaf, char out[WEIR__TYPE_TEXT_BYTES])
{
    struct parquet_logical_type type = weir__parquet_logical(leaf->element);
    const char *name = logical_name(type.id);
    size_t room = WEIR__TYPE_TEXT_BYTES;
    out[0] = '\0';
    if (type.id == PARQUET_LOGICAL_DECIMAL)
        (void)snprintf(out, room, "DECIMAL(%d, %d)", type.precision, type.scale);
    else if (type.id == PARQUET_LOGICAL_TIME || type.id == PARQUET_LOGICAL_TIMESTAMP)
        (void)snprintf(out, room, "%s(%s, %s)", name, unit_text(type.unit),
                       type.is_adjusted_to_utc ? "utc" : "local");
    else if (type.id == PARQUET_LOGICAL_INTEGER)
        (void)snprintf(out, room, "INTEGER(%d, %s)", type.bit_width,
                       type.is_signed ? "signed" : "unsigned");
    else if (name)
        (void)snprintf(out, room, "%s", name);
    else if (leaf->element->logical.id != PARQUET_LOGICAL_NONE)
        (void)snprintf(out, room, "UNKNOWN(%d)", leaf->element->logical.id);
}

int weir__encodings_text(struct weir__buf *out, const struct weir__leaf_facts *facts,
                         struct weir_error *err)
{
    static const char *const names[] = {"PLAIN",
                                        NULL,
                                        "PLAIN_DICTIONARY",
                                        "RLE",
                                        "BIT_PACKED",
                                        "DELTA_BINARY_PACKED",
                                        "DELTA_LENGTH_BYTE_ARRAY",
                                        "DELTA_BYTE_ARRAY",
                                        "RLE_DICTIONARY",
                                        "BYTE_STREAM_SPLIT",
                                        "ALP"};
    for (size_t i = 0; i < facts->n_encodings; i++) {
        uint8_t encoding = facts->encoding_order[i];
        const char *comma = i > 0 ? "," : "";
        if (encoding < COUNT_OF(names) && names[encoding])
            TRY(weir__buf_printf(out, err, "%s%s", comma, names[encoding]));
        else
            TRY(weir__buf_printf(out, err, "%s%u", comma, encoding));
    }
    return WEIR_OK;
}

static int hex_json(struct weir__buf *out, struct weir__str value, struct weir_error *err)
{
    TRY(weir__buf_append_text(out, "\"0x", err));
    TRY(weir__buf_reserve(out, value.len * 2, err));
    weir__hex(value.data, value.len, (char *)out->data + out->len);
    out->len += value.len * 2;
    return weir__buf_append_text(out, "\"", err);
}

static int number_json(struct weir__buf *out, double value, bool is_float, struct weir_error *err)
{
    char text[WEIR__F64_TEXT_BYTES];
    size_t n = is_float ? weir__format_f32((float)value, text) : weir__format_f64(value, text);
    return weir__json_quote(out, (struct weir__str){text, n}, err);
}

int weir__stat_bound_json(struct weir__buf *out, const struct parquet_leaf *leaf,
                          struct weir__str value, struct weir_error *err)
{
    struct parquet_logical_type type = weir__parquet_logical(leaf->element);
    bool is_unsigned = type.id == PARQUET_LOGICAL_INTEGER && !type.is_signed;
    float narrow;
    double wide;
    switch (leaf->type) {
    case PARQUET_BOOLEAN:
        return weir__buf_append_text(out, value.data[0] ? "\"true\"" : "\"false\"", err);
    case PARQUET_INT32:
        if (is_unsigned)
            return weir__buf_printf(out, err, "\"%" PRIu32 "\"", weir__load32(value.data));
        return weir__buf_printf(out, err, "\"%" PRId32 "\"", (int32_t)weir__load32(value.data));
    case PARQUET_INT64:
        if (is_unsigned)
            return weir__buf_printf(out, err, "\"%" PRIu64 "\"", weir__load64(value.data));
        return weir__buf_printf(out, err, "\"%" PRId64 "\"", (int64_t)weir__load64(value.data));
    case PARQUET_FLOAT:
        memcpy(&narrow, value.data, sizeof narrow);
        return number_json(out, (double)narrow, true, err);
    case PARQUET_DOUBLE:
        memcpy(&wide, value.data, sizeof wide);
        return number_json(out, wide, false, err);
    default:
        if (leaf->is_utf8 && weir__utf8_valid(value.data, value.len))
            return weir__json_quote(out, value, err);
        return hex_json(out, value, err);
    }
}
