/* decode.c: which decoder reads a page, and the page-at-a-time encodings served in parts. */
#include "format/parquet/decode.h"

int weir__scratch_reserve(struct weir__scratch *scratch, size_t n, struct weir_error *err)
{
    if (n <= scratch->cap && scratch->data)
        return WEIR_OK;
    size_t cap = n + n / 4;
    weir__free(scratch->env, scratch->data);
    scratch->cap = 0;
    scratch->data = weir__alloc(scratch->env, cap + WEIR__SLACK_BYTES, err);
    if (!scratch->data)
        return WEIR_NO_MEMORY;
    scratch->cap = cap;
    return WEIR_OK;
}

void weir__scratch_dispose(struct weir__scratch *scratch)
{
    weir__free(scratch->env, scratch->data);
    scratch->data = NULL;
    scratch->cap = 0;
}

int weir__bytes_reserve(struct weir__bytes *bytes, size_t extra, struct weir_error *err)
{
    if (bytes->data && extra <= bytes->cap - bytes->len)
        return WEIR_OK;
    size_t cap = bytes->len + extra;
    if (bytes->data)
        cap += bytes->cap / 2;
    uint8_t *data = weir__resize(bytes->env, bytes->data, cap + WEIR__SLACK_BYTES, err);
    if (!data)
        return WEIR_NO_MEMORY;
    bytes->data = data;
    bytes->cap = cap;
    return WEIR_OK;
}

static bool is_ascii(const uint8_t *data, size_t n)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 64 <= n && (any & 0x8080808080808080u) == 0; i += 64) {
        for (size_t j = 0; j < 64; j += 8)
            any |= weir__load64(data + i + j);
    }
    for (; i < n; i++)
        any |= data[i];
    return (any & 0x8080808080808080u) == 0;
}

static size_t offset_at(const struct weir__bytes *bytes, size_t i)
{
    return bytes->is_large ? (size_t)((const int64_t *)bytes->offsets)[i]
                           : (size_t)((const int32_t *)bytes->offsets)[i];
}

int weir__bytes_check_utf8(const struct weir__bytes *bytes, size_t from, struct weir_error *err)
{
    size_t begin = offset_at(bytes, from);
    if (is_ascii(bytes->data + begin, bytes->len - begin))
        return WEIR_OK;
    bool is_valid = weir__utf8_valid(bytes->data + begin, bytes->len - begin);
    /* Valid as a whole and no value begins inside a character: each is valid. */
    for (size_t i = from; i < bytes->n && is_valid; i++) {
        size_t at = offset_at(bytes, i);
        is_valid = at == bytes->len || (bytes->data[at] & 0xc0) != 0x80;
    }
    return is_valid ? WEIR_OK : weir__fail(err, WEIR_CORRUPT, "string is not UTF-8");
}

static int fail_encoding(const struct weir__page_values *v, struct weir_error *err)
{
    static const char *const types[] = {"BOOLEAN", "INT32",  "INT64",      "INT96",
                                        "FLOAT",   "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
    return weir__fail(err, WEIR_UNSUPPORTED, "encoding %d for %s values", v->encoding,
                      types[v->type]);
}

static int init_dictionary(struct weir__page_values *v, struct weir_error *err)
{
    if (!v->dict)
        return weir__fail(err, WEIR_CORRUPT, "dictionary-encoded page without a dictionary page");
    if (v->at == v->end)
        return weir__fail(err, WEIR_CORRUPT, "dictionary-encoded page without a bit width");
    uint32_t width = *v->at;
    return weir__hybrid_init(&v->hybrid, v->at + 1, (size_t)(v->end - v->at - 1), width, err);
}

/* RLE booleans: a 4-byte length, then the hybrid of width 1, in v1 and v2 alike. */
static int init_rle_booleans(struct weir__page_values *v, struct weir_error *err)
{
    struct weir__cursor c = {v->at, v->end};
    uint32_t bytes;
    const uint8_t *stream;
    if (v->type != PARQUET_BOOLEAN)
        return fail_encoding(v, err);
    if (!weir__cursor_u32le(&c, &bytes) || !weir__cursor_take(&c, bytes, &stream))
        return weir__fail(err, WEIR_CORRUPT, "RLE booleans are cut short");
    return weir__hybrid_init(&v->hybrid, stream, bytes, 1, err);
}

static int init_split(struct weir__page_values *v, struct weir_error *err)
{
    size_t bytes = (size_t)(v->end - v->data);
    if (v->width == 0 || v->type == PARQUET_BOOLEAN || v->type == PARQUET_INT96)
        return fail_encoding(v, err);
    if (bytes % v->width != 0 || bytes / v->width > v->max_values)
        return weir__fail(err, WEIR_CORRUPT, "byte stream split of %zu bytes for values of %zu",
                          bytes, v->width);
    v->n_whole = bytes / v->width;
    return WEIR_OK;
}

static int init_alp(struct weir__page_values *v, struct weir_error *err)
{
    if (v->type != PARQUET_FLOAT && v->type != PARQUET_DOUBLE)
        return fail_encoding(v, err);
    TRY(weir__alp_count(v->data, (size_t)(v->end - v->data), &v->n_whole, err));
    if (v->n_whole > v->max_values)
        return weir__fail(err, WEIR_CORRUPT, "ALP page holds %zu values, too many", v->n_whole);
    return WEIR_OK;
}

static int init_delta(struct weir__page_values *v, struct weir_error *err)
{
    if (v->type != PARQUET_INT32 && v->type != PARQUET_INT64)
        return fail_encoding(v, err);
    struct weir__delta delta;
    TRY(weir__delta_init(&delta, v->data, (size_t)(v->end - v->data),
                         v->type == PARQUET_INT32 ? 32 : 64, v->max_values, err));
    v->n_whole = delta.n;
    return WEIR_OK;
}

static int values_init(struct weir__page_values *v, struct weir_error *err)
{
    switch (v->encoding) {
    case PARQUET_PLAIN:
        return WEIR_OK;
    case PARQUET_PLAIN_DICTIONARY:
    case PARQUET_RLE_DICTIONARY:
        return init_dictionary(v, err);
    case PARQUET_RLE:
        return init_rle_booleans(v, err);
    case PARQUET_DELTA_BINARY_PACKED:
        return init_delta(v, err);
    case PARQUET_BYTE_STREAM_SPLIT:
        return init_split(v, err);
    case PARQUET_ALP:
        return init_alp(v, err);
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        return v->type == PARQUET_BYTE_ARRAY ? weir__delta_length_init(v, err)
                                             : fail_encoding(v, err);
    case PARQUET_DELTA_BYTE_ARRAY:
        if (v->type != PARQUET_BYTE_ARRAY && v->type != PARQUET_FIXED)
            return fail_encoding(v, err);
        return weir__delta_prefix_init(v, err);
    default:
        return fail_encoding(v, err);
    }
}

static int rle_booleans(struct weir__page_values *v, uint8_t *out, size_t n, struct weir_error *err)
{
    return weir__hybrid_u8(&v->hybrid, out, n, err);
}

/* All n_whole values of the page into `out`. */
static int decode_whole(struct weir__page_values *v, uint8_t *out, struct weir_error *err)
{
    size_t bytes = (size_t)(v->end - v->data);
    struct weir__delta delta;
    switch (v->encoding) {
    case PARQUET_BYTE_STREAM_SPLIT:
        weir__stream_split(v->data, v->n_whole, v->width, out);
        return WEIR_OK;
    case PARQUET_ALP:
        return weir__alp_decode(v->data, bytes, v->type == PARQUET_DOUBLE, out, err);
    default:
        TRY(weir__delta_init(&delta, v->data, bytes, v->type == PARQUET_INT32 ? 32 : 64,
                             v->max_values, err));
        /* Arrow buffers and scratch memory are aligned for any number. */
        return v->type == PARQUET_INT32
                   ? weir__delta_decode32(&delta, (uint32_t *)(void *)out, err)
                   : weir__delta_decode64(&delta, (uint64_t *)(void *)out, err);
    }
}

static int whole_fixed(struct weir__page_values *v, uint8_t *out, size_t n, struct weir_error *err)
{
    if (n > v->n_whole - v->whole_at)
        return weir__fail(err, WEIR_CORRUPT, "page holds %zu values where more are due",
                          v->n_whole);
    if (n == v->n_whole && (uintptr_t)out % 8 == 0) {
        v->whole_at = n;
        return decode_whole(v, out, err);
    }
    if (!v->is_decoded) {
        TRY(weir__scratch_reserve(v->scratch, v->n_whole * v->width, err));
        TRY(decode_whole(v, v->scratch->data, err));
        v->is_decoded = true;
    }
    memcpy(out, v->scratch->data + v->whole_at * v->width, n * v->width);
    v->whole_at += n;
    return WEIR_OK;
}

int weir__page_values_fixed(struct weir__page_values *v, uint8_t *out, size_t n,
                            struct weir_error *err)
{
    ASSERT(v->width > 0);
    if (n == 0)
        return WEIR_OK;
    if (!v->is_ready)
        TRY(values_init(v, err));
    v->is_ready = true;
    switch (v->encoding) {
    case PARQUET_PLAIN:
        return v->type == PARQUET_BOOLEAN ? weir__plain_booleans(v, out, n, err)
                                          : weir__plain_fixed(v, out, n, err);
    case PARQUET_PLAIN_DICTIONARY:
    case PARQUET_RLE_DICTIONARY:
        return weir__dictionary_fixed(v, out, n, err);
    case PARQUET_RLE:
        return rle_booleans(v, out, n, err);
    case PARQUET_DELTA_BYTE_ARRAY:
        return weir__delta_prefix_fixed(v, out, n, err);
    default:
        return whole_fixed(v, out, n, err);
    }
}

int weir__page_values_bytes(struct weir__page_values *v, struct weir__bytes *out, size_t n,
                            size_t *out_done, struct weir_error *err)
{
    ASSERT(v->type == PARQUET_BYTE_ARRAY);
    *out_done = 0;
    if (n == 0)
        return WEIR_OK;
    if (!v->is_ready)
        TRY(values_init(v, err));
    v->is_ready = true;
    size_t from = out->n;
    switch (v->encoding) {
    case PARQUET_PLAIN:
        TRY(weir__plain_bytes(v, out, n, out_done, err));
        break;
    case PARQUET_PLAIN_DICTIONARY:
    case PARQUET_RLE_DICTIONARY: /* its values were checked once, with the dictionary */
        return weir__dictionary_bytes(v, out, n, out_done, err);
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        TRY(weir__delta_length_bytes(v, out, n, out_done, err));
        break;
    case PARQUET_DELTA_BYTE_ARRAY:
        TRY(weir__delta_prefix_bytes(v, out, n, out_done, err));
        break;
    default:
        return fail_encoding(v, err);
    }
    return v->is_utf8 ? weir__bytes_check_utf8(out, from, err) : WEIR_OK;
}
