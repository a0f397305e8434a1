/* level.h: the RLE / bit-packed hybrid (levels, dictionary indexes, booleans) and bit unpacking
 * (spec/parquet.md 5).
 *
 * The hard idea: runs are visible to the caller, so that a run without nulls costs nothing per
 * value and a packed run of width 1 is copied as the bitmap it already is. */
#ifndef WEIR_FORMAT_PARQUET_LEVEL_H
#define WEIR_FORMAT_PARQUET_LEVEL_H

#include "base/base.h"

struct weir__hybrid {
    const uint8_t *at, *end;
    uint32_t width;    /* bits of a value, 0..32 */
    uint64_t run_left; /* values left in the current run */
    bool is_packed;
    uint32_t value;        /* of the current RLE run */
    const uint8_t *packed; /* first byte of the current packed run */
    size_t packed_bytes;
    uint64_t packed_at; /* values already taken from it */
};

/* Errors: WEIR_CORRUPT for a width above 32. */
WEIR_NODISCARD int weir__hybrid_init(struct weir__hybrid *h, const void *data, size_t n,
                                     uint32_t width, struct weir_error *err);
/* Make the current run hold at least one value. Errors: WEIR_CORRUPT at the end of the stream. */
WEIR_NODISCARD int weir__hybrid_run(struct weir__hybrid *h, struct weir_error *err);
/* The next n values. */
WEIR_NODISCARD int weir__hybrid_u32(struct weir__hybrid *h, uint32_t *out, size_t n,
                                    struct weir_error *err);
WEIR_NODISCARD int weir__hybrid_u8(struct weir__hybrid *h, uint8_t *out, size_t n,
                                   struct weir_error *err);
/* Bytes read so far, headers included; the current run counts whole. */
size_t weir__hybrid_used(const struct weir__hybrid *h, const void *data);

/* n values of `width` bits, packed LSB first from bit 0 of `in`, of which `in_bytes` may be read.
 * n need not be a multiple of anything; the caller made sure that n * width bits exist. */
void weir__unpack32(const uint8_t *in, size_t in_bytes, uint32_t width, uint32_t *out, size_t n);
void weir__unpack64(const uint8_t *in, size_t in_bytes, uint32_t width, uint64_t *out, size_t n);

/* Legacy BIT_PACKED levels: n values, most significant bit first. Errors: WEIR_CORRUPT. */
WEIR_NODISCARD int weir__unpack_msb(const uint8_t *in, size_t in_bytes, uint32_t width,
                                    uint8_t *out, size_t n, struct weir_error *err);

/* n bits from `from` (bit offset) to `to` (bit offset); bytes outside are kept. */
void weir__bits_copy(const uint8_t *from, uint64_t from_bit, uint8_t *to, uint64_t to_bit,
                     uint64_t n);
void weir__bits_fill(uint8_t *to, uint64_t to_bit, uint64_t n, bool value);

static inline uint32_t weir__bit_width(uint32_t max)
{
    return max == 0 ? 0 : 32u - (uint32_t)__builtin_clz(max);
}

#endif
