/* unpack.c: values of 0..64 bits out of LSB-first packed bytes.
 *
 * Blocks of 32 values start at a byte boundary whatever the width; per width one generated function
 * with constant shifts unpacks a block. A tail is copied to a padded block of its own, so that no
 * kernel reads past the bytes it was given. */
#include "format/parquet/level.h"

#define BLOCK 32u
#define SLACK 16u /* bytes that a kernel may read past its block */

#define VALUE32(w, i) out[i] = (uint32_t)(weir__load64(in + (i) * (w) / 8) >> ((i) * (w) % 8)) & m
#define FOUR32(w, i)                                                                               \
    VALUE32(w, i);                                                                                 \
    VALUE32(w, (i) + 1);                                                                           \
    VALUE32(w, (i) + 2);                                                                           \
    VALUE32(w, (i) + 3)
#define KERNEL32(w)                                                                                \
    static void unpack32_##w(const uint8_t *restrict in, uint32_t *restrict out)                   \
    {                                                                                              \
        const uint32_t m = (w) == 32 ? UINT32_MAX : (1u << ((w)&31)) - 1;                          \
        FOUR32(w, 0);                                                                              \
        FOUR32(w, 4);                                                                              \
        FOUR32(w, 8);                                                                              \
        FOUR32(w, 12);                                                                             \
        FOUR32(w, 16);                                                                             \
        FOUR32(w, 20);                                                                             \
        FOUR32(w, 24);                                                                             \
        FOUR32(w, 28);                                                                             \
    }

KERNEL32(1)
KERNEL32(2)
KERNEL32(3)
KERNEL32(4)
KERNEL32(5)
KERNEL32(6)
KERNEL32(7)
KERNEL32(8)
KERNEL32(9)
KERNEL32(10)
KERNEL32(11)
KERNEL32(12)
KERNEL32(13)
KERNEL32(14)
KERNEL32(15)
KERNEL32(16)
KERNEL32(17)
KERNEL32(18)
KERNEL32(19)
KERNEL32(20)
KERNEL32(21)
KERNEL32(22)
KERNEL32(23)
KERNEL32(24)
KERNEL32(25)
KERNEL32(26)
KERNEL32(27)
KERNEL32(28)
KERNEL32(29)
KERNEL32(30)
KERNEL32(31)
KERNEL32(32)

typedef void unpack32_fn(const uint8_t *restrict in, uint32_t *restrict out);

static unpack32_fn *const kernels[33] = {
    NULL,        unpack32_1,  unpack32_2,  unpack32_3,  unpack32_4,  unpack32_5,  unpack32_6,
    unpack32_7,  unpack32_8,  unpack32_9,  unpack32_10, unpack32_11, unpack32_12, unpack32_13,
    unpack32_14, unpack32_15, unpack32_16, unpack32_17, unpack32_18, unpack32_19, unpack32_20,
    unpack32_21, unpack32_22, unpack32_23, unpack32_24, unpack32_25, unpack32_26, unpack32_27,
    unpack32_28, unpack32_29, unpack32_30, unpack32_31, unpack32_32};

void weir__unpack32(const uint8_t *in, size_t in_bytes, uint32_t width, uint32_t *out, size_t n)
{
    ASSERT(width <= 32 && ((uint64_t)n * width + 7) / 8 <= in_bytes);
    if (width == 0) {
        memset(out, 0, n * sizeof *out);
        return;
    }
    unpack32_fn *kernel = kernels[width];
    size_t block_bytes = BLOCK / 8 * width;
    while (n >= BLOCK && in_bytes >= block_bytes + SLACK) {
        kernel(in, out);
        in += block_bytes;
        in_bytes -= block_bytes;
        out += BLOCK;
        n -= BLOCK;
    }
    while (n > 0) {
        uint8_t padded[BLOCK / 8 * 32 + SLACK] = {0};
        uint32_t values[BLOCK];
        size_t take = n < BLOCK ? n : BLOCK;
        size_t bytes = in_bytes < block_bytes ? in_bytes : block_bytes;
        memcpy(padded, in, bytes);
        kernel(padded, values);
        memcpy(out, values, take * sizeof *out);
        in += bytes;
        in_bytes -= bytes;
        out += take;
        n -= take;
    }
}

/* Bits [bit, bit + width) of a buffer in which 16 bytes from there may be read. */
static inline uint64_t wide_bits(const uint8_t *in, uint64_t bit, uint32_t width, uint64_t mask)
{
    const uint8_t *at = in + bit / 8;
    uint32_t shift = (uint32_t)(bit % 8);
    uint64_t low = weir__load64(at) >> shift;
    if (shift + width > 64)
        low |= (uint64_t)at[8] << (64 - shift);
    return low & mask;
}

void weir__unpack64(const uint8_t *in, size_t in_bytes, uint32_t width, uint64_t *out, size_t n)
{
    ASSERT(width <= 64 && ((uint64_t)n * width + 7) / 8 <= in_bytes);
    if (width == 0) {
        memset(out, 0, n * sizeof *out);
        return;
    }
    uint64_t mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
    size_t block_bytes = BLOCK / 8 * width;
    while (n > 0) {
        uint8_t padded[BLOCK / 8 * 64 + SLACK] = {0};
        const uint8_t *block = in;
        size_t take = n < BLOCK ? n : BLOCK;
        size_t bytes = in_bytes < block_bytes ? in_bytes : block_bytes;
        if (in_bytes < block_bytes + SLACK) {
            memcpy(padded, in, bytes);
            block = padded;
        }
        if (width <= 57) {
            for (size_t i = 0; i < take; i++)
                out[i] = weir__load64(block + i * width / 8) >> (i * width % 8) & mask;
        } else {
            for (size_t i = 0; i < take; i++)
                out[i] = wide_bits(block, (uint64_t)i * width, width, mask);
        }
        in += bytes;
        in_bytes -= bytes;
        out += take;
        n -= take;
    }
}

int weir__unpack_msb(const uint8_t *in, size_t in_bytes, uint32_t width, uint8_t *out, size_t n,
                     struct weir_error *err)
{
    ASSERT(width <= 8);
    if (((uint64_t)n * width + 7) / 8 > in_bytes)
        return weir__fail(err, WEIR_CORRUPT, "%zu bit-packed levels do not fit in %zu bytes", n,
                          in_bytes);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = 0;
        for (size_t bit = i * width; bit < (i + 1) * width; bit++)
            value = value << 1 | (uint32_t)(in[bit / 8] >> (7 - bit % 8) & 1);
        out[i] = (uint8_t)value;
    }
    return WEIR_OK;
}
