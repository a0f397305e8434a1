/* values.c: Arrow values as values of a Parquet physical type, nulls left out. Without nulls and of
 * the same width they are not copied at all. */
#include "format/parquet/shred.h"

int64_t weir__values_bytes(const struct weir__page_values *values)
{
    if (values->offsets)
        return (int64_t)values->offsets[values->n] - values->offsets[0];
    return values->n * (int64_t)values->width;
}

#define GATHER(from_type, to_type, expression)                                                     \
    do {                                                                                           \
        const from_type *source = (const from_type *)(const void *)data;                           \
        to_type *target = (to_type *)(void *)out;                                                  \
        if (rows) {                                                                                \
            for (int64_t i = 0; i < n; i++) {                                                      \
                from_type v = source[rows[i]];                                                     \
                target[i] = (to_type)(expression);                                                 \
            }                                                                                      \
        } else {                                                                                   \
            for (int64_t i = 0; i < n; i++) {                                                      \
                from_type v = source[i];                                                           \
                target[i] = (to_type)(expression);                                                 \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static void gather_numbers(const struct weir__type *type, const uint8_t *data, const int64_t *rows,
                           int64_t n, uint8_t *out)
{
    bool is_seconds = type->unit == WEIR__UNIT_SECOND;
    switch (type->kind) {
    case WEIR__KIND_INT8:
        GATHER(int8_t, int32_t, v);
        return;
    case WEIR__KIND_INT16:
        GATHER(int16_t, int32_t, v);
        return;
    case WEIR__KIND_UINT8:
        GATHER(uint8_t, int32_t, v);
        return;
    case WEIR__KIND_UINT16:
        GATHER(uint16_t, int32_t, v);
        return;
    case WEIR__KIND_DATE64:
        GATHER(int64_t, int32_t, (v - (v < 0 ? 86399999 : 0)) / 86400000);
        return;
    case WEIR__KIND_TIME32:
        GATHER(uint32_t, uint32_t, v * (is_seconds ? 1000u : 1u));
        return;
    case WEIR__KIND_TIMESTAMP:
        GATHER(uint64_t, uint64_t, v * (is_seconds ? 1000u : 1u));
        return;
    default:
        if (type->width_bytes == 4)
            GATHER(uint32_t, uint32_t, v);
        else
            GATHER(uint64_t, uint64_t, v);
    }
}

/* Seconds become milliseconds; what does not fit 64 bits must not wrap silently. */
static int check_seconds(const struct weir__write_leaf *leaf, const uint8_t *data,
                         const int64_t *rows, int64_t n, struct weir_error *err)
{
    const int64_t *source = (const int64_t *)(const void *)data;
    for (int64_t i = 0; i < n; i++) {
        int64_t v = source[rows ? rows[i] : i];
        if (v > INT64_MAX / 1000 || v < INT64_MIN / 1000)
            return weir__fail(err, WEIR_UNSUPPORTED,
                              "column %.*s: %jd seconds do not fit milliseconds",
                              STR_ARG(leaf->dotted), (intmax_t)v);
    }
    return WEIR_OK;
}

/* Little-endian two's complement of `from_width` bytes as the leaf's decimal; false when it does
 * not fit. */
static bool decimal_store(const uint8_t *from, size_t from_width, size_t width, bool is_big_endian,
                          uint8_t *out)
{
    ASSERT(width <= from_width);
    for (size_t i = 0; i < width; i++)
        out[is_big_endian ? width - 1 - i : i] = from[i];
    uint8_t sign = from[width - 1] & 0x80 ? 0xff : 0;
    for (size_t i = width; i < from_width; i++) {
        if (from[i] != sign)
            return false;
    }
    return true;
}

static int gather_wide(const struct weir__write_leaf *leaf, const struct weir__view *view,
                       const struct weir__shredded *values, size_t width, uint8_t *out,
                       struct weir_error *err)
{
    const int64_t *rows = values->rows;
    size_t from_width = (size_t)view->type.width_bytes;
    bool is_decimal =
        view->type.kind == WEIR__KIND_DECIMAL128 || view->type.kind == WEIR__KIND_DECIMAL256;
    for (int64_t i = 0; i < values->n_values; i++, out += width) {
        const uint8_t *from =
            view->data + (size_t)(rows ? rows[i] : values->first + i) * from_width;
        if (is_decimal) {
            if (!decimal_store(from, from_width, width, leaf->physical == PARQUET_FIXED, out))
                return weir__fail(err, WEIR_INVALID,
                                  "column %.*s: a decimal with more than its %d digits",
                                  STR_ARG(leaf->dotted), view->type.precision);
        } else if (view->type.kind == WEIR__KIND_INTERVAL_DAY_TIME) {
            memset(out, 0, 4); /* months */
            memcpy(out + 4, from, 8);
        } else {
            memcpy(out, from, width);
        }
    }
    return WEIR_OK;
}

static void gather_bools(const struct weir__view *view, const int64_t *rows, int64_t first,
                         int64_t n, uint8_t *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = weir__bit_get(view->data, view->offset + (rows ? rows[i] : first + i));
}

static size_t physical_width(const struct weir__write_leaf *leaf)
{
    switch (leaf->physical) {
    case PARQUET_BOOLEAN:
        return 1;
    case PARQUET_INT32:
    case PARQUET_FLOAT:
        return 4;
    case PARQUET_INT64:
    case PARQUET_DOUBLE:
        return 8;
    default:
        return (size_t)leaf->type_length;
    }
}

static bool needs_no_copy(const struct weir__type *type, size_t width)
{
    bool is_decimal = type->kind == WEIR__KIND_DECIMAL128 || type->kind == WEIR__KIND_DECIMAL256;
    bool is_scaled = (type->kind == WEIR__KIND_TIMESTAMP || type->kind == WEIR__KIND_TIME32) &&
                     type->unit == WEIR__UNIT_SECOND;
    return type->kind != WEIR__KIND_BOOL && type->kind != WEIR__KIND_DATE64 && !is_decimal &&
           !is_scaled && (size_t)type->width_bytes == width;
}

static int load_fixed(const struct weir__write_leaf *leaf, const struct weir__shredded *from,
                      struct weir__shred_space *space, struct weir__page_values *out,
                      struct weir_error *err)
{
    const struct weir__view *view = &from->view;
    const struct weir__type *type = &view->type;
    size_t width = physical_width(leaf);
    *out = (struct weir__page_values){.n = from->n_values, .width = width};
    if (from->n_values == 0)
        return WEIR_OK;
    const uint8_t *data = view->data;
    size_t skip = from->rows ? 0 : (size_t)from->first * (size_t)type->width_bytes;
    if (!from->rows && needs_no_copy(type, width)) {
        out->fixed = data + skip;
        return WEIR_OK;
    }
    weir__buf_clear(&space->fixed);
    TRY(weir__buf_reserve(&space->fixed, (size_t)from->n_values * width, err));
    out->fixed = space->fixed.data;
    if (type->kind == WEIR__KIND_TIMESTAMP && type->unit == WEIR__UNIT_SECOND)
        TRY(check_seconds(leaf, data + skip, from->rows, from->n_values, err));
    if (type->kind == WEIR__KIND_BOOL)
        gather_bools(view, from->rows, from->first, from->n_values, space->fixed.data);
    else if (leaf->physical == PARQUET_FIXED || type->width_bytes > 8)
        TRY(gather_wide(leaf, view, from, width, space->fixed.data, err));
    else
        gather_numbers(type, data + skip, from->rows, from->n_values, space->fixed.data);
    return WEIR_OK;
}

static int fail_large(const struct weir__write_leaf *leaf, struct weir_error *err)
{
    return weir__fail(err, WEIR_UNSUPPORTED, "column %.*s: over 1 GiB in one page",
                      STR_ARG(leaf->dotted));
}

#define PAGE_MAX_BYTES (1u << 30)

/* Offsets of the kept rows over the same bytes; false when the bytes of nulls lie between. */
static bool offsets_compact(const struct weir__view *view, const int64_t *rows, int64_t n,
                            int32_t *out)
{
    const int32_t *offsets = view->offsets32;
    out[0] = n ? offsets[rows[0]] : 0;
    for (int64_t i = 0; i < n; i++) {
        if (offsets[rows[i]] != out[i])
            return false;
        out[i + 1] = offsets[rows[i] + 1];
    }
    return true;
}

/* Copy values one by one: views, 64-bit offsets, rows out of order. */
static int bytes_collect(const struct weir__write_leaf *leaf, const struct weir__shredded *from,
                         struct weir__shred_space *space, struct weir_error *err)
{
    int32_t *offsets = (int32_t *)(void *)space->offsets.data;
    weir__buf_clear(&space->bytes);
    offsets[0] = 0;
    for (int64_t i = 0; i < from->n_values; i++) {
        struct weir__str value =
            weir__view_bytes(&from->view, from->rows ? from->rows[i] : from->first + i);
        if (space->bytes.len + value.len > PAGE_MAX_BYTES)
            return fail_large(leaf, err);
        TRY(weir__buf_append(&space->bytes, value.data, value.len, err));
        offsets[i + 1] = (int32_t)space->bytes.len;
    }
    return WEIR_OK;
}

static int load_bytes(const struct weir__write_leaf *leaf, const struct weir__shredded *from,
                      struct weir__shred_space *space, struct weir__page_values *out,
                      struct weir_error *err)
{
    const struct weir__view *view = &from->view;
    int64_t n = from->n_values;
    *out = (struct weir__page_values){.n = n};
    TRY(weir__buf_reserve(&space->bytes, 1, err)); /* so that an empty page has a pointer */
    weir__buf_clear(&space->offsets);
    TRY(weir__buf_reserve(&space->offsets, ((size_t)n + 1) * sizeof(int32_t), err));
    out->offsets = (const int32_t *)(void *)space->offsets.data;
    if (view->offsets32 && !from->rows && n > 0) {
        out->offsets = view->offsets32 + from->first;
        out->bytes = view->data;
    } else if (view->offsets32 && from->is_flat &&
               offsets_compact(view, from->rows, n, (int32_t *)(void *)space->offsets.data)) {
        out->bytes = view->data ? view->data : space->bytes.data;
    } else {
        TRY(bytes_collect(leaf, from, space, err));
        out->bytes = space->bytes.data;
    }
    if (!out->bytes)
        out->bytes = space->bytes.data;
    return weir__values_bytes(out) > (int64_t)PAGE_MAX_BYTES ? fail_large(leaf, err) : WEIR_OK;
}

int weir__values_load(const struct weir__write_leaf *leaf, const struct weir__shredded *from,
                      struct weir__shred_space *space, struct weir__page_values *out,
                      struct weir_error *err)
{
    if (leaf->physical == PARQUET_BYTE_ARRAY)
        return load_bytes(leaf, from, space, out, err);
    return load_fixed(leaf, from, space, out, err);
}
