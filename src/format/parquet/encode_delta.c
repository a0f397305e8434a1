/* encode_delta.c: DELTA_BINARY_PACKED and DELTA_LENGTH_BYTE_ARRAY.
 *
 * Blocks of 128 values in four mini-blocks of 32. All arithmetic wraps in the width of the physical
 * type. */
#include "format/parquet/encode.h"

#define BLOCK 128
#define MINI 32

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

static uint32_t bit_width(uint64_t value)
{
    return value ? 64u - (uint32_t)__builtin_clzll(value) : 0;
}

/* 32 values of `width` bits; room for 8 * 32 bytes. Returns the end. */
static uint8_t *pack_mini(const uint64_t *values, uint32_t width, uint8_t *to)
{
    if (width <= 32) {
        uint64_t word = 0;
        uint32_t used = 0;
        for (int i = 0; i < MINI; i++) {
            word |= values[i] << used;
            used += width;
            if (used >= 32) {
                memcpy(to, &word, 4);
                to += 4;
                word >>= 32;
                used -= 32;
            }
        }
        return to; /* 32 values of any width are whole words */
    }
    unsigned __int128 word = 0;
    uint32_t used = 0;
    for (int i = 0; i < MINI; i++) {
        word |= (unsigned __int128)values[i] << used;
        used += width;
        if (used >= 64) {
            uint64_t low = (uint64_t)word;
            memcpy(to, &low, 8);
            to += 8;
            word >>= 64;
            used -= 64;
        }
    }
    if (used) {
        uint32_t low = (uint32_t)word;
        memcpy(to, &low, 4);
        to += 4;
    }
    return to;
}

/* Deltas of up to 128 values as unsigned offsets from their minimum. */
struct block {
    uint64_t offsets[BLOCK];
    int64_t min;
};

static void block_fill32(const int32_t *values, int64_t n, int32_t before, struct block *out)
{
    int32_t deltas[BLOCK];
    deltas[0] = (int32_t)((uint32_t)values[0] - (uint32_t)before);
    for (int64_t i = 1; i < n; i++)
        deltas[i] = (int32_t)((uint32_t)values[i] - (uint32_t)values[i - 1]);
    int32_t min = deltas[0];
    for (int64_t i = 1; i < n; i++)
        min = deltas[i] < min ? deltas[i] : min;
    out->min = min;
    for (int64_t i = 0; i < n; i++)
        out->offsets[i] = (uint32_t)deltas[i] - (uint32_t)min;
    for (int64_t i = n; i < BLOCK; i++)
        out->offsets[i] = 0;
}

static void block_fill64(const int64_t *values, int64_t n, int64_t before, struct block *out)
{
    int64_t deltas[BLOCK];
    deltas[0] = (int64_t)((uint64_t)values[0] - (uint64_t)before);
    for (int64_t i = 1; i < n; i++)
        deltas[i] = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
    int64_t min = deltas[0];
    for (int64_t i = 1; i < n; i++)
        min = deltas[i] < min ? deltas[i] : min;
    out->min = min;
    for (int64_t i = 0; i < n; i++)
        out->offsets[i] = (uint64_t)deltas[i] - (uint64_t)min;
    for (int64_t i = n; i < BLOCK; i++)
        out->offsets[i] = 0;
}

static void block_fill(const void *values, int64_t at, int64_t n, size_t width, struct block *out)
{
    if (width == 4) {
        const int32_t *v = (const int32_t *)values + at;
        block_fill32(v, n, v[-1], out);
    } else {
        const int64_t *v = (const int64_t *)values + at;
        block_fill64(v, n, v[-1], out);
    }
}

static void mini_widths(const struct block *block, int64_t n, uint8_t widths[4])
{
    for (int m = 0; m < 4; m++) {
        uint64_t all = 0;
        for (int i = 0; i < MINI; i++)
            all |= block->offsets[m * MINI + i];
        widths[m] = m * MINI < n ? (uint8_t)bit_width(all) : 0;
    }
}

static uint8_t *put_block(const struct block *block, int64_t n, uint8_t *to)
{
    uint8_t widths[4];
    mini_widths(block, n, widths);
    to = put_varint(to, zigzag(block->min));
    memcpy(to, widths, sizeof widths);
    to += sizeof widths;
    for (int m = 0; m < 4 && m * MINI < n; m++)
        to = pack_mini(block->offsets + m * MINI, widths[m], to);
    return to;
}

int weir__encode_delta(const void *values, int64_t n, size_t width, struct weir__buf *out,
                       struct weir_error *err)
{
    struct block block;
    int64_t first = 0;
    if (n > 0)
        first = width == 4 ? *(const int32_t *)values : *(const int64_t *)values;
    TRY(weir__buf_reserve(out, 40, err));
    uint8_t *to = out->data + out->len;
    to = put_varint(to, BLOCK);
    to = put_varint(to, BLOCK / MINI);
    to = put_varint(to, (uint64_t)n);
    to = put_varint(to, zigzag(first));
    out->len = (size_t)(to - out->data);
    for (int64_t at = 1; at < n; at += BLOCK) {
        int64_t take = n - at < BLOCK ? n - at : BLOCK;
        TRY(weir__buf_reserve(out, 16 + 8 * BLOCK, err));
        block_fill(values, at, take, width, &block);
        to = put_block(&block, take, out->data + out->len);
        out->len = (size_t)(to - out->data);
    }
    return WEIR_OK;
}

size_t weir__delta_estimate(const void *values, int64_t n, size_t width)
{
    size_t total = 16;
    struct block block;
    uint8_t widths[4];
    for (int64_t at = 1; at < n; at += BLOCK) {
        int64_t take = n - at < BLOCK ? n - at : BLOCK;
        block_fill(values, at, take, width, &block);
        mini_widths(&block, take, widths);
        total += 8;
        for (int m = 0; m < 4; m++)
            total += (size_t)widths[m] * 4;
    }
    return total;
}

int weir__encode_delta_length(const struct weir__page_values *values, struct weir__buf *out,
                              struct weir_error *err)
{
    AUTO(buf) struct weir__buf lengths = weir__buf_make(out->env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&lengths, (size_t)values->n * sizeof(int32_t), err));
    int32_t *slots = (int32_t *)(void *)lengths.data;
    for (int64_t i = 0; i < values->n; i++)
        slots[i] = values->offsets[i + 1] - values->offsets[i];
    TRY(weir__encode_delta(slots, values->n, sizeof(int32_t), out, err));
    return weir__buf_append(out, values->bytes + values->offsets[0],
                            (size_t)weir__values_bytes(values), err);
}
