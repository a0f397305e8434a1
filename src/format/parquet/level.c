/* level.c: runs of the RLE / bit-packed hybrid, and bit ranges moved between bitmaps. */
#include "format/parquet/level.h"

int weir__hybrid_init(struct weir__hybrid *h, const void *data, size_t n, uint32_t width,
                      struct weir_error *err)
{
    if (width > 32)
        return weir__fail(err, WEIR_CORRUPT, "bit width %u of an RLE stream is above 32", width);
    *h = (struct weir__hybrid){.at = (const uint8_t *)data, .width = width};
    h->end = h->at ? h->at + n : h->at;
    return WEIR_OK;
}

static int start_packed(struct weir__hybrid *h, uint64_t groups, struct weir_error *err)
{
    size_t left = (size_t)(h->end - h->at);
    if (groups > UINT32_MAX)
        groups = UINT32_MAX; /* more than any page holds */
    uint64_t bytes = groups * h->width;
    uint64_t values = groups * 8;
    /* The last group may be cut short by the end of the stream. */
    if (bytes > left) {
        bytes = left;
        values = (uint64_t)left * 8 / h->width;
        if (values == 0)
            return weir__fail(err, WEIR_CORRUPT, "RLE stream ends inside a packed run");
    }
    h->is_packed = true;
    h->packed = h->at;
    h->packed_bytes = (size_t)bytes;
    h->packed_at = 0;
    h->run_left = values;
    h->at += bytes;
    return WEIR_OK;
}

static int start_repeated(struct weir__hybrid *h, uint64_t count, struct weir_error *err)
{
    size_t bytes = (h->width + 7) / 8;
    if ((size_t)(h->end - h->at) < bytes)
        return weir__fail(err, WEIR_CORRUPT, "RLE stream ends inside a repeated value");
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint32_t)h->at[i] << (8 * i);
    h->at += bytes;
    if (h->width < 32 && value >> h->width)
        return weir__fail(err, WEIR_CORRUPT, "RLE value %u does not fit %u bits", value, h->width);
    h->is_packed = false;
    h->value = value;
    h->run_left = count;
    return WEIR_OK;
}

int weir__hybrid_run(struct weir__hybrid *h, struct weir_error *err)
{
    while (h->run_left == 0) { /* each turn takes at least one byte */
        if (h->at == h->end && h->width == 0) {
            h->is_packed = false;
            h->value = 0;
            h->run_left = UINT64_MAX;
            return WEIR_OK;
        }
        struct weir__cursor c = {h->at, h->end};
        uint64_t header;
        if (!weir__cursor_uvarint(&c, &header))
            return weir__fail(err, WEIR_CORRUPT, "RLE stream holds fewer values than declared");
        h->at = c.at;
        if (header & 1)
            TRY(start_packed(h, header >> 1, err));
        else
            TRY(start_repeated(h, header >> 1, err));
    }
    return WEIR_OK;
}

size_t weir__hybrid_used(const struct weir__hybrid *h, const void *data)
{
    return (size_t)(h->at - (const uint8_t *)data);
}

static size_t min_size(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

/* n values of the current packed run. Values before the next multiple of 8 are shifted out of a
 * small block, the rest begins at a byte. */
static void take_packed32(struct weir__hybrid *h, uint32_t *out, size_t n)
{
    size_t lead = (size_t)(h->packed_at & 7);
    if (lead) {
        uint32_t block[8];
        size_t byte = (size_t)(h->packed_at / 8 * h->width);
        size_t have = min_size(8, (size_t)((h->packed_bytes - byte) * 8 / h->width));
        weir__unpack32(h->packed + byte, h->packed_bytes - byte, h->width, block, have);
        size_t take = min_size(8 - lead, n);
        memcpy(out, block + lead, take * sizeof *out);
        h->packed_at += take;
        out += take;
        n -= take;
    }
    if (n > 0) {
        size_t byte = (size_t)(h->packed_at / 8 * h->width);
        weir__unpack32(h->packed + byte, h->packed_bytes - byte, h->width, out, n);
        h->packed_at += n;
    }
}

int weir__hybrid_u32(struct weir__hybrid *h, uint32_t *out, size_t n, struct weir_error *err)
{
    while (n > 0) {
        TRY(weir__hybrid_run(h, err));
        size_t take = min_size(h->run_left, n);
        if (!h->is_packed || h->width == 0) {
            uint32_t value = h->is_packed ? 0 : h->value;
            for (size_t i = 0; i < take; i++)
                out[i] = value;
        } else {
            take_packed32(h, out, take);
        }
        h->run_left -= take;
        out += take;
        n -= take;
    }
    return WEIR_OK;
}

#define NARROW_BLOCK 256u

int weir__hybrid_u8(struct weir__hybrid *h, uint8_t *out, size_t n, struct weir_error *err)
{
    ASSERT(h->width <= 8);
    while (n > 0) {
        TRY(weir__hybrid_run(h, err));
        size_t take = min_size(h->run_left, n);
        if (!h->is_packed || h->width == 0) {
            memset(out, h->is_packed ? 0 : (int)h->value, take);
        } else {
            uint32_t block[NARROW_BLOCK];
            take = min_size(take, NARROW_BLOCK);
            take_packed32(h, block, take);
            for (size_t i = 0; i < take; i++)
                out[i] = (uint8_t)block[i];
        }
        h->run_left -= take;
        out += take;
        n -= take;
    }
    return WEIR_OK;
}

void weir__bits_fill(uint8_t *to, uint64_t to_bit, uint64_t n, bool value)
{
    while (n > 0 && (to_bit & 7)) {
        uint8_t mask = (uint8_t)(1u << (to_bit & 7));
        to[to_bit / 8] = (uint8_t)(value ? to[to_bit / 8] | mask : to[to_bit / 8] & ~mask);
        to_bit++;
        n--;
    }
    memset(to + to_bit / 8, value ? 0xff : 0, (size_t)(n / 8));
    to_bit += n & ~(uint64_t)7;
    n &= 7;
    if (n > 0) {
        uint8_t mask = (uint8_t)((1u << n) - 1);
        to[to_bit / 8] = (uint8_t)(value ? to[to_bit / 8] | mask : to[to_bit / 8] & ~mask);
    }
}

/* 1..57 bits from any bit offset; reads only the bytes that hold them. */
static uint64_t bits_get(const uint8_t *from, uint64_t bit, uint32_t n)
{
    uint64_t word = 0;
    uint32_t shift = (uint32_t)(bit & 7);
    memcpy(&word, from + bit / 8, (shift + n + 7) / 8);
    return word >> shift & (((uint64_t)1 << n) - 1);
}

void weir__bits_copy(const uint8_t *from, uint64_t from_bit, uint8_t *to, uint64_t to_bit,
                     uint64_t n)
{
    while (n > 0 && (to_bit & 7)) {
        bool bit = from[from_bit / 8] >> (from_bit & 7) & 1;
        weir__bits_fill(to, to_bit++, 1, bit);
        from_bit++;
        n--;
    }
    uint8_t *at = to + to_bit / 8;
    if ((from_bit & 7) == 0) {
        memcpy(at, from + from_bit / 8, (size_t)(n / 8));
    } else {
        uint64_t whole = n / 56;
        for (uint64_t i = 0; i < whole; i++) {
            uint64_t word = bits_get(from, from_bit + i * 56, 56);
            memcpy(at + i * 7, &word, 7);
        }
        for (uint64_t i = whole * 7; i < n / 8; i++)
            at[i] = (uint8_t)bits_get(from, from_bit + i * 8, 8);
    }
    uint64_t done = n & ~(uint64_t)7;
    for (uint64_t i = done; i < n; i++)
        weir__bits_fill(to, to_bit + i, 1, from[(from_bit + i) / 8] >> ((from_bit + i) & 7) & 1);
}
