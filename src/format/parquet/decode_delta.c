/* decode_delta.c: DELTA_BINARY_PACKED (spec/parquet.md 7).
 *
 *     header: block size, mini-blocks in a block, count, first value
 *     block:  least delta, one width byte a mini-block, the packed mini-blocks
 *
 * Arithmetic wraps modulo 2^32 or 2^64. */
#include "format/parquet/decode.h"

#include <inttypes.h>

#define DELTA_MAX_BLOCK (1u << 20)
#define DELTA_CHUNK 128u

static int delta_short(struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT, "delta-packed integers are cut short");
}

int weir__delta_init(struct weir__delta *d, const void *data, size_t n, uint32_t bits,
                     size_t max_values, struct weir_error *err)
{
    *d = (struct weir__delta){.in = weir__cursor_make(data, n), .bits = bits};
    uint64_t count, first;
    if (!weir__cursor_uvarint(&d->in, &d->block_values) ||
        !weir__cursor_uvarint(&d->in, &d->n_minis) || !weir__cursor_uvarint(&d->in, &count) ||
        !weir__cursor_uvarint(&d->in, &first))
        return delta_short(err);
    if (d->block_values == 0 || d->block_values % 128 != 0 || d->block_values > DELTA_MAX_BLOCK ||
        d->n_minis == 0 || d->block_values % d->n_minis != 0 ||
        d->block_values / d->n_minis % 32 != 0)
        return weir__fail(err, WEIR_CORRUPT,
                          "delta blocks of %" PRIu64 " values in %" PRIu64 " mini-blocks",
                          (uint64_t)d->block_values, (uint64_t)d->n_minis);
    if (count > max_values)
        return weir__fail(err, WEIR_CORRUPT,
                          "%" PRIu64 " delta-packed integers where at most %zu are due",
                          (uint64_t)count, max_values);
    d->mini_values = d->block_values / d->n_minis;
    d->n = (size_t)count;
    d->value = first >> 1 ^ (0 - (first & 1));
    return WEIR_OK;
}

/* The packed bytes of a mini-block of which `needed` values are wanted; writers may cut the
 * padding of the last one short. */
static int take_mini(struct weir__delta *d, uint32_t width, size_t needed, const uint8_t **out,
                     size_t *out_bytes, struct weir_error *err)
{
    uint64_t whole = d->mini_values / 8 * width;
    size_t left = weir__cursor_left(&d->in);
    if (whole > left) {
        if ((uint64_t)needed * width > (uint64_t)left * 8)
            return delta_short(err);
        whole = left;
    }
    *out_bytes = (size_t)whole;
    return weir__cursor_take(&d->in, (size_t)whole, out) ? WEIR_OK : delta_short(err);
}

static void add_deltas32(struct weir__delta *d, const uint8_t *packed, size_t bytes, uint32_t width,
                         uint32_t least, uint32_t *out, size_t n)
{
    uint32_t value = (uint32_t)d->value;
    weir__unpack32(packed, bytes, width, out, n);
    for (size_t i = 0; i < n; i++) {
        value += out[i] + least;
        out[i] = value;
    }
    d->value = value;
}

static void add_deltas64(struct weir__delta *d, const uint8_t *packed, size_t bytes, uint32_t width,
                         uint64_t least, uint64_t *out, size_t n)
{
    uint64_t value = d->value;
    if (width > 32) {
        weir__unpack64(packed, bytes, width, out, n);
        for (size_t i = 0; i < n; i++) {
            value += out[i] + least;
            out[i] = value;
        }
        d->value = value;
        return;
    }
    uint32_t deltas[DELTA_CHUNK];
    for (size_t at = 0; at < n; at += DELTA_CHUNK) {
        size_t take = n - at < DELTA_CHUNK ? n - at : DELTA_CHUNK;
        size_t skip = at / 8 * width;
        weir__unpack32(packed + skip, bytes - skip, width, deltas, take);
        for (size_t i = 0; i < take; i++) {
            value += deltas[i] + least;
            out[at + i] = value;
        }
    }
    d->value = value;
}

/* One mini-block of n wanted values into out[at...]. */
static int decode_mini(struct weir__delta *d, uint32_t width, uint64_t least, void *out, size_t at,
                       size_t n, struct weir_error *err)
{
    if (width > d->bits)
        return weir__fail(err, WEIR_CORRUPT, "delta of %u bits for integers of %u", width, d->bits);
    const uint8_t *packed = NULL;
    size_t bytes = 0;
    TRY(take_mini(d, width, n, &packed, &bytes, err));
    if (d->bits == 32)
        add_deltas32(d, packed, bytes, width, (uint32_t)least, (uint32_t *)out + at, n);
    else
        add_deltas64(d, packed, bytes, width, least, (uint64_t *)out + at, n);
    return WEIR_OK;
}

static int decode_block(struct weir__delta *d, void *out, size_t *at, struct weir_error *err)
{
    uint64_t raw;
    const uint8_t *widths;
    if (!weir__cursor_uvarint(&d->in, &raw) ||
        !weir__cursor_take(&d->in, (size_t)d->n_minis, &widths))
        return delta_short(err);
    uint64_t least = raw >> 1 ^ (0 - (raw & 1));
    for (uint64_t i = 0; i < d->n_minis && *at < d->n; i++) {
        size_t left = d->n - *at;
        size_t take = left < d->mini_values ? left : (size_t)d->mini_values;
        TRY(decode_mini(d, widths[i], least, out, *at, take, err));
        *at += take;
    }
    return WEIR_OK;
}

static int decode_all(struct weir__delta *d, void *out, struct weir_error *err)
{
    if (d->n == 0)
        return WEIR_OK;
    if (d->bits == 32)
        *(uint32_t *)out = (uint32_t)d->value;
    else
        *(uint64_t *)out = d->value;
    for (size_t at = 1; at < d->n;)
        TRY(decode_block(d, out, &at, err));
    return WEIR_OK;
}

int weir__delta_decode32(struct weir__delta *d, uint32_t *out, struct weir_error *err)
{
    ASSERT(d->bits == 32);
    return decode_all(d, out, err);
}

int weir__delta_decode64(struct weir__delta *d, uint64_t *out, struct weir_error *err)
{
    ASSERT(d->bits == 64);
    return decode_all(d, out, err);
}
