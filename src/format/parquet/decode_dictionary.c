/* decode_dictionary.c: dictionary pages, and values gathered from them by index.
 *
 * Indexes are unpacked a block at a time, checked against the dictionary's size by one vectorised
 * maximum, then gathered without further checks. */
#include "format/parquet/decode.h"

#define INDEX_BLOCK 1024u

void weir__dictionary_dispose(const struct weir_env *env, struct weir__dictionary *dict)
{
    weir__free(env, dict->data);
    weir__free(env, dict->entries);
    dict->data = NULL;
    dict->entries = NULL;
    dict->n = 0;
}

/* Bit-packed booleans become a byte each, as everywhere in the decoders. */
static int init_booleans(const struct weir_env *env, struct weir__dictionary *dict,
                         const uint8_t *data, size_t n_bytes, struct weir_error *err)
{
    if (dict->n > (uint64_t)n_bytes * 8)
        return weir__fail(err, WEIR_CORRUPT, "dictionary of %u booleans in %zu bytes", dict->n,
                          n_bytes);
    uint8_t *values = weir__alloc(env, dict->n + (size_t)WEIR__SLACK_BYTES, err);
    if (!values)
        return WEIR_NO_MEMORY;
    for (uint32_t i = 0; i < dict->n; i++)
        values[i] = data[i / 8] >> (i & 7) & 1;
    dict->data = values;
    return WEIR_OK;
}

static int init_entries(const struct weir_env *env, struct weir__dictionary *dict,
                        const uint8_t *data, size_t n_bytes, bool is_utf8, struct weir_error *err)
{
    if (dict->n > n_bytes / 4)
        return weir__fail(err, WEIR_CORRUPT, "dictionary of %u byte arrays in %zu bytes", dict->n,
                          n_bytes);
    dict->entries = weir__alloc_zero(env, dict->n + (size_t)1, sizeof *dict->entries, err);
    if (!dict->entries)
        return WEIR_NO_MEMORY;
    struct weir__cursor c = weir__cursor_make(data, n_bytes);
    for (uint32_t i = 0; i < dict->n; i++) {
        uint32_t len;
        const uint8_t *value;
        if (!weir__cursor_u32le(&c, &len) || !weir__cursor_take(&c, len, &value))
            return weir__fail(err, WEIR_CORRUPT, "dictionary ends inside its value %u", i);
        if (is_utf8 && !weir__utf8_valid(value, len))
            return weir__fail(err, WEIR_CORRUPT, "dictionary value %u is not UTF-8", i);
        dict->entries[i].offset = (uint32_t)(value - data);
        dict->entries[i].len = len;
        dict->max_len = len > dict->max_len ? len : dict->max_len;
    }
    return WEIR_OK;
}

int weir__dictionary_init(const struct weir_env *env, struct weir__dictionary *dict, uint8_t *data,
                          size_t n_bytes, bool is_utf8, struct weir_error *err)
{
    dict->n_bytes = n_bytes;
    if (dict->type == PARQUET_BOOLEAN) {
        TRY(init_booleans(env, dict, data, n_bytes, err));
        weir__free(env, data);
        return WEIR_OK;
    }
    if (dict->type == PARQUET_BYTE_ARRAY)
        TRY(init_entries(env, dict, data, n_bytes, is_utf8, err));
    else if (dict->n > n_bytes / dict->width)
        return weir__fail(err, WEIR_CORRUPT, "dictionary of %u values of %zu bytes in %zu bytes",
                          dict->n, dict->width, n_bytes);
    dict->data = data;
    return WEIR_OK;
}

/* The next n indexes, each below the dictionary's size. */
static int read_indexes(struct weir__page_values *v, uint32_t *out, size_t n,
                        struct weir_error *err)
{
    TRY(weir__hybrid_u32(&v->hybrid, out, n, err));
    uint32_t max = 0;
    for (size_t i = 0; i < n; i++)
        max = out[i] > max ? out[i] : max;
    if (n > 0 && max >= v->dict->n)
        return weir__fail(err, WEIR_CORRUPT, "index %u into a dictionary of %u values", max,
                          v->dict->n);
    return WEIR_OK;
}

static void gather(const struct weir__dictionary *dict, const uint32_t *indexes, size_t n,
                   uint8_t *out)
{
    const uint8_t *data = dict->data;
    size_t width = dict->width;
    if (width == 8) {
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * 8, data + (size_t)indexes[i] * 8, 8);
    } else if (width == 4) {
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * 4, data + (size_t)indexes[i] * 4, 4);
    } else if (width == 1) {
        for (size_t i = 0; i < n; i++)
            out[i] = data[indexes[i]];
    } else {
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * width, data + indexes[i] * width, width);
    }
}

int weir__dictionary_fixed(struct weir__page_values *v, uint8_t *out, size_t n,
                           struct weir_error *err)
{
    uint32_t indexes[INDEX_BLOCK];
    while (n > 0) {
        size_t take = n < INDEX_BLOCK ? n : INDEX_BLOCK;
        TRY(read_indexes(v, indexes, take, err));
        gather(v->dict, indexes, take, out);
        out += take * v->width;
        n -= take;
    }
    return WEIR_OK;
}

/* Lengths of the values in all; how many of them fit into `room`. */
static size_t measure(const struct weir__dictionary *dict, const uint32_t *indexes, size_t n,
                      size_t room, size_t *out_bytes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += dict->entries[indexes[i]].len;
    if (sum > room) {
        sum = 0;
        for (size_t i = 0; i < n; i++) {
            uint32_t len = dict->entries[indexes[i]].len;
            if (len > room - sum) {
                n = i;
                break;
            }
            sum += len;
        }
    }
    *out_bytes = (size_t)sum;
    return n;
}

/* Copies in units of `unit` bytes; every value is at most that long, or memcpy does it. */
static inline __attribute__((always_inline)) uint8_t *
copy_values(const struct weir__dictionary *dict, const uint32_t *indexes, size_t n, uint8_t *to,
            uint32_t *ends, const uint8_t *base, size_t unit)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = dict->entries[indexes[i]].len;
        const uint8_t *from = dict->data + dict->entries[indexes[i]].offset;
        if (unit)
            memcpy(to, from, unit);
        else
            memcpy(to, from, len);
        to += len;
        ends[i] = (uint32_t)(to - base);
    }
    return to;
}

static void append_values(const struct weir__dictionary *dict, const uint32_t *indexes, size_t n,
                          struct weir__bytes *out)
{
    uint32_t ends[INDEX_BLOCK];
    uint32_t *to_ends = out->is_large ? ends : (uint32_t *)out->offsets + out->n + 1;
    uint8_t *to = out->data + out->len;
    const uint8_t *base = out->is_large ? to : out->data;
    /* Only within the slack of both buffers. */
    if (dict->max_len <= 16)
        to = copy_values(dict, indexes, n, to, to_ends, base, 16);
    else if (dict->max_len <= 64)
        to = copy_values(dict, indexes, n, to, to_ends, base, 64);
    else
        to = copy_values(dict, indexes, n, to, to_ends, base, 0);
    if (out->is_large) {
        int64_t *offsets = (int64_t *)out->offsets + out->n + 1;
        for (size_t i = 0; i < n; i++)
            offsets[i] = (int64_t)out->len + (int64_t)ends[i];
    }
    out->n += n;
    out->len = (size_t)(to - out->data);
}

int weir__dictionary_bytes(struct weir__page_values *v, struct weir__bytes *out, size_t n,
                           size_t *out_done, struct weir_error *err)
{
    uint32_t indexes[INDEX_BLOCK];
    *out_done = 0;
    while (n > 0) {
        size_t take = n < INDEX_BLOCK ? n : INDEX_BLOCK;
        struct weir__hybrid before = v->hybrid;
        TRY(read_indexes(v, indexes, take, err));
        size_t bytes;
        size_t fitting = measure(v->dict, indexes, take, out->max - out->len, &bytes);
        TRY(weir__bytes_reserve(out, bytes, err));
        append_values(v->dict, indexes, fitting, out);
        *out_done += fitting;
        if (fitting < take) { /* full: the rest is read again by the next call */
            v->hybrid = before;
            return weir__hybrid_u32(&v->hybrid, indexes, fitting, err);
        }
        n -= take;
    }
    return WEIR_OK;
}
