/* decode_plain.c: PLAIN values.
 *
 * Byte arrays are copied in fixed units that may overrun a value: the next value overwrites what
 * was too much, and the buffers have slack for the last one. */
#include "format/parquet/decode.h"

#define PLAIN_BLOCK 1024u

int weir__plain_fixed(struct weir__page_values *v, uint8_t *out, size_t n, struct weir_error *err)
{
    size_t left = (size_t)(v->end - v->at);
    if (n > left / v->width)
        return weir__fail(err, WEIR_CORRUPT, "page holds %zu plain values where %zu are due",
                          left / v->width, n);
    memcpy(out, v->at, n * v->width);
    v->at += n * v->width;
    return WEIR_OK;
}

int weir__plain_booleans(struct weir__page_values *v, uint8_t *out, size_t n,
                         struct weir_error *err)
{
    size_t bits = (size_t)(v->end - v->data) * 8;
    if (n > bits - v->bit_at)
        return weir__fail(err, WEIR_CORRUPT, "page holds %zu booleans where more are due", bits);
    size_t at = v->bit_at, i = 0;
    for (; i < n && (at & 7); i++, at++)
        out[i] = v->data[at / 8] >> (at & 7) & 1;
    for (; i + 8 <= n; i += 8, at += 8) {
        /* Spread 8 bits over 8 bytes: bit j of the byte lands in byte j. */
        uint64_t spread = v->data[at / 8] * 0x0101010101010101u & 0x8040201008040201u;
        spread = (spread + 0x7f7f7f7f7f7f7f7fu) | spread;
        spread = spread >> 7 & 0x0101010101010101u;
        memcpy(out + i, &spread, 8);
    }
    for (; i < n; i++, at++)
        out[i] = v->data[at / 8] >> (at & 7) & 1;
    v->bit_at += n;
    return WEIR_OK;
}

/* Copy `len` bytes, `unit` at once where source and target allow it. */
static inline __attribute__((always_inline)) void
copy_value(uint8_t *to, const uint8_t *from, size_t len, size_t readable, size_t unit)
{
    if (LIKELY(len <= unit && readable >= unit))
        memcpy(to, from, unit);
    else
        memcpy(to, from, len);
}

struct plain_run {
    const uint8_t *at, *end, *safe_end;
    uint8_t *to;
    const uint8_t *base; /* ends are counted from here */
};

/* false: a length runs past the page. */
static inline __attribute__((always_inline)) bool plain_copy(struct plain_run *run, uint32_t *ends,
                                                             size_t n, size_t unit)
{
    const uint8_t *at = run->at;
    uint8_t *to = run->to;
    for (size_t i = 0; i < n; i++) {
        if (UNLIKELY(run->end - at < 4))
            return false;
        size_t len = weir__load32(at);
        at += 4;
        if (UNLIKELY(len > (size_t)(run->end - at)))
            return false;
        copy_value(to, at, len, (size_t)(run->safe_end - at), unit);
        at += len;
        to += len;
        ends[i] = (uint32_t)(to - run->base);
    }
    run->at = at;
    run->to = to;
    return true;
}

static bool plain_copy_short(struct plain_run *run, uint32_t *ends, size_t n)
{
    return plain_copy(run, ends, n, 32);
}

static bool plain_copy_long(struct plain_run *run, uint32_t *ends, size_t n)
{
    return plain_copy(run, ends, n, 128);
}

/* n values for which room was made. */
static bool plain_block(struct plain_run *run, struct weir__bytes *out, size_t n, bool is_long)
{
    uint32_t ends[PLAIN_BLOCK];
    uint32_t *to = out->is_large ? ends : (uint32_t *)out->offsets + out->n + 1;
    run->base = out->is_large ? run->to : out->data;
    if (!(is_long ? plain_copy_long(run, to, n) : plain_copy_short(run, to, n)))
        return false;
    if (out->is_large) {
        int64_t *offsets = (int64_t *)out->offsets + out->n + 1;
        int64_t base = (int64_t)out->len;
        for (size_t i = 0; i < n; i++)
            offsets[i] = base + (int64_t)ends[i];
    }
    out->n += n;
    out->len = (size_t)(run->to - out->data);
    return true;
}

/* How many of the next n values fit below out->max. */
static size_t plain_fitting(const struct weir__page_values *v, const struct weir__bytes *out,
                            size_t n)
{
    const uint8_t *at = v->at;
    size_t len = out->len;
    for (size_t i = 0; i < n; i++) {
        if (v->end - at < 4)
            return n; /* reported by the copy */
        size_t value = weir__load32(at);
        if (value > (size_t)(v->end - at) - 4)
            return n;
        if (value > out->max - len)
            return i;
        len += value;
        at += 4 + value;
    }
    return n;
}

int weir__plain_bytes(struct weir__page_values *v, struct weir__bytes *out, size_t n,
                      size_t *out_done, struct weir_error *err)
{
    size_t left = (size_t)(v->end - v->at);
    if (n > left / 4)
        return weir__fail(err, WEIR_CORRUPT, "page of %zu bytes left cannot hold %zu byte arrays",
                          left, n);
    if (left > out->max - out->len)
        n = plain_fitting(v, out, n);
    if (n == 0)
        return WEIR_OK;
    /* Not less the lengths: before a later value is found to run past the page, earlier ones may
     * have filled the room of its length. */
    TRY(weir__bytes_reserve(out, left, err));
    bool is_long = (left - 4 * n) / n > 24;
    struct plain_run run = {v->at, v->end, v->safe_end, out->data + out->len, out->data};
    for (size_t done = 0; done < n;) {
        size_t take = n - done < PLAIN_BLOCK ? n - done : PLAIN_BLOCK;
        if (!plain_block(&run, out, take, is_long))
            return weir__fail(err, WEIR_CORRUPT, "byte array runs past the end of its page");
        done += take;
    }
    v->at = run.at;
    *out_done = n;
    return WEIR_OK;
}
