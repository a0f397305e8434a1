/* encode.c: PLAIN, BYTE_STREAM_SPLIT, and the RLE / bit-packed hybrid. */
#include "format/parquet/encode.h"

static int encode_bools(const struct weir__page_values *values, struct weir__buf *out,
                        struct weir_error *err)
{
    size_t n_bytes = (size_t)((values->n + 7) / 8);
    TRY(weir__buf_reserve(out, n_bytes, err));
    uint8_t *bits = out->data + out->len;
    if (n_bytes)
        memset(bits, 0, n_bytes);
    for (int64_t i = 0; i < values->n; i++)
        bits[i >> 3] = (uint8_t)(bits[i >> 3] | (values->fixed[i] & 1u) << (i & 7));
    out->len += n_bytes;
    return WEIR_OK;
}

static int encode_texts(const struct weir__page_values *values, struct weir__buf *out,
                        struct weir_error *err)
{
    size_t total = (size_t)weir__values_bytes(values) + 4 * (size_t)values->n;
    TRY(weir__buf_reserve(out, total, err));
    uint8_t *at = out->data + out->len;
    for (int64_t i = 0; i < values->n; i++) {
        int32_t from = values->offsets[i];
        uint32_t len = (uint32_t)(values->offsets[i + 1] - from);
        memcpy(at, &len, sizeof len);
        memcpy(at + 4, values->bytes + from, len);
        at += 4 + len;
    }
    out->len += total;
    return WEIR_OK;
}

int weir__encode_plain(const struct weir__page_values *values, bool is_bool, struct weir__buf *out,
                       struct weir_error *err)
{
    if (values->offsets)
        return encode_texts(values, out, err);
    if (is_bool)
        return encode_bools(values, out, err);
    return weir__buf_append(out, values->fixed, (size_t)values->n * values->width, err);
}

/* Stream k holds byte k of every value. Tiles keep one tile's bytes in the first-level cache. */
int weir__encode_split(const struct weir__page_values *values, struct weir__buf *out,
                       struct weir_error *err)
{
    size_t n = (size_t)values->n, width = values->width;
    TRY(weir__buf_reserve(out, n * width, err));
    uint8_t *to = out->data + out->len;
    for (size_t tile = 0; tile < n; tile += 512) {
        size_t end = tile + 512 < n ? tile + 512 : n;
        for (size_t k = 0; k < width; k++) {
            const uint8_t *from = values->fixed + k;
            uint8_t *stream = to + k * n;
            for (size_t i = tile; i < end; i++)
                stream[i] = from[i * width];
        }
    }
    out->len += n * width;
    return WEIR_OK;
}

static int put_varint(struct weir__buf *out, uint64_t value, struct weir_error *err)
{
    TRY(weir__buf_reserve(out, 10, err));
    for (; value >= 0x80; value >>= 7)
        out->data[out->len++] = (uint8_t)(value | 0x80);
    out->data[out->len++] = (uint8_t)value;
    return WEIR_OK;
}

int weir__encode_run(uint32_t value, int64_t n, uint32_t width, struct weir__buf *out,
                     struct weir_error *err)
{
    TRY(put_varint(out, (uint64_t)n << 1, err));
    return weir__buf_append(out, &value, (width + 7) / 8, err);
}

/* Groups of eight values, least significant bit first. `n` is padded with zeros to whole groups.
 * The output has room for the groups plus one word. */
static void pack_groups(const uint32_t *values, int64_t n, uint32_t width, uint8_t *to)
{
    uint64_t word = 0;
    uint32_t used = 0;
    for (int64_t i = 0; i < n; i++) {
        word |= (uint64_t)values[i] << used;
        used += width;
        if (used >= 32) {
            memcpy(to, &word, 4);
            to += 4;
            word >>= 32;
            used -= 32;
        }
    }
    memcpy(to, &word, sizeof word);
}

static int put_packed(const uint32_t *values, int64_t n, uint32_t width, struct weir__buf *out,
                      struct weir_error *err)
{
    if (n == 0)
        return WEIR_OK;
    uint64_t groups = (uint64_t)(n + 7) / 8;
    size_t n_bytes = (size_t)groups * width;
    TRY(put_varint(out, groups << 1 | 1, err));
    TRY(weir__buf_reserve(out, n_bytes + 16, err));
    memset(out->data + out->len + n_bytes - width, 0, width + 16); /* the last group may be short */
    pack_groups(values, n, width, out->data + out->len);
    out->len += n_bytes;
    return WEIR_OK;
}

/* Shortest run worth leaving a packed stretch for; a multiple of a group, so that stretches end on
 * group bounds. */
#define MIN_RUN 32

int weir__encode_hybrid(const uint32_t *values, int64_t n, uint32_t width, struct weir__buf *out,
                        struct weir_error *err)
{
    int64_t pending = 0; /* start of the stretch not yet written; always n minus a multiple of 8
                            from the last run */
    int64_t i = 0;
    while (i < n) {
        int64_t end = i + 1;
        while (end < n && values[end] == values[i])
            end++;
        /* a run may only begin where the packed stretch before it fills whole groups */
        int64_t begin = i + (8 - (i - pending) % 8) % 8;
        if (end - begin >= MIN_RUN) {
            TRY(put_packed(values + pending, begin - pending, width, out, err));
            TRY(weir__encode_run(values[i], end - begin, width, out, err));
            pending = end;
        }
        i = end;
    }
    return put_packed(values + pending, n - pending, width, out, err);
}

int weir__encode_hybrid_bytes(const uint8_t *values, int64_t n, uint32_t width,
                              struct weir__buf *out, struct weir_error *err)
{
    AUTO(buf) struct weir__buf wide = weir__buf_make(out->env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&wide, (size_t)n * sizeof(uint32_t), err));
    uint32_t *slots = (uint32_t *)(void *)wide.data;
    for (int64_t i = 0; i < n; i++)
        slots[i] = values[i];
    return weir__encode_hybrid(slots, n, width, out, err);
}

int weir__encode_validity(const uint8_t *bits, int64_t at, int64_t n, struct weir__buf *out,
                          struct weir_error *err)
{
    size_t n_bytes = (size_t)((n + 7) / 8);
    TRY(put_varint(out, (uint64_t)n_bytes << 1 | 1, err));
    TRY(weir__buf_reserve(out, n_bytes, err));
    uint8_t *to = out->data + out->len;
    const uint8_t *from = bits + at / 8;
    unsigned shift = (unsigned)(at % 8);
    size_t last = (size_t)((at % 8 + n + 7) / 8); /* source bytes that may be read */
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned low = (unsigned)from[i] >> shift;
        unsigned high = shift && i + 1 < last ? (unsigned)from[i + 1] << (8 - shift) : 0;
        to[i] = (uint8_t)(low | high);
    }
    if (n % 8) /* padding is zero: same rows, same bytes */
        to[n_bytes - 1] = (uint8_t)(to[n_bytes - 1] & ((1u << (n % 8)) - 1));
    out->len += n_bytes;
    return WEIR_OK;
}
