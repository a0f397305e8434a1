/* decode_alp.c: ALP, adaptive lossless floating point (encoding 10, in preview; read only;
 * spec/parquet.md 7).
 *
 *     header: mode 0, integer encoding 0, log2 of the vector size, i32 count
 *     u32 offset of each vector, counted from the offsets' start
 *     vector: exponent u8, factor u8, exceptions u16, reference, width u8, packed deltas,
 *             u16 positions, raw values
 *
 * value = (delta + reference) * 10^factor * 10^-exponent, in that order, in the column's own
 * precision; exceptions are then put in as they are. */
#include "format/parquet/decode.h"

#define ALP_MAX_VECTOR (1u << 15)

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
static const double fractions[] = {1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,
                                   1e-7,  1e-8,  1e-9,  1e-10, 1e-11, 1e-12, 1e-13,
                                   1e-14, 1e-15, 1e-16, 1e-17, 1e-18};
static const float powers_f[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f};
static const float fractions_f[] = {1e-0f, 1e-1f, 1e-2f, 1e-3f, 1e-4f, 1e-5f,
                                    1e-6f, 1e-7f, 1e-8f, 1e-9f, 1e-10f};

static int alp_short(struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT, "ALP page is cut short");
}

struct alp_header {
    uint32_t vector_values, n;
    const uint8_t *offsets; /* the rest of the page begins here */
    size_t left;
};

static int alp_header(const uint8_t *in, size_t n, struct alp_header *out, struct weir_error *err)
{
    struct weir__cursor c = weir__cursor_make(in, n);
    uint8_t mode, integers, log_size;
    if (!weir__cursor_u8(&c, &mode) || !weir__cursor_u8(&c, &integers) ||
        !weir__cursor_u8(&c, &log_size) || !weir__cursor_u32le(&c, &out->n))
        return alp_short(err);
    if (mode != 0 || integers != 0)
        return weir__fail(err, WEIR_UNSUPPORTED, "ALP mode %u with integer encoding %u", mode,
                          integers);
    if (log_size < 3 || log_size > 15 || out->n > INT32_MAX)
        return weir__fail(err, WEIR_CORRUPT, "ALP vectors of 2^%u values, %u values", log_size,
                          out->n);
    out->vector_values = 1u << log_size;
    out->offsets = c.at;
    out->left = weir__cursor_left(&c);
    return WEIR_OK;
}

int weir__alp_count(const uint8_t *in, size_t n, size_t *out_count, struct weir_error *err)
{
    struct alp_header header;
    TRY(alp_header(in, n, &header, err));
    *out_count = header.n;
    return WEIR_OK;
}

struct alp_vector {
    uint8_t exponent, factor, width;
    uint16_t n_exceptions;
    uint64_t reference;
    const uint8_t *packed, *positions, *values;
    size_t packed_bytes;
};

static int alp_vector(struct weir__cursor *c, bool is_double, size_t n, struct alp_vector *out,
                      struct weir_error *err)
{
    uint32_t narrow = 0;
    if (!weir__cursor_u8(c, &out->exponent) || !weir__cursor_u8(c, &out->factor) ||
        !weir__cursor_u16le(c, &out->n_exceptions))
        return alp_short(err);
    bool has_reference =
        is_double ? weir__cursor_u64le(c, &out->reference) : weir__cursor_u32le(c, &narrow);
    if (!has_reference || !weir__cursor_u8(c, &out->width))
        return alp_short(err);
    if (!is_double)
        out->reference = narrow;
    if (out->exponent > (is_double ? 18 : 10) || out->factor > out->exponent ||
        out->width > (is_double ? 64 : 32) || out->n_exceptions > n)
        return weir__fail(err, WEIR_CORRUPT,
                          "ALP vector with exponent %u, factor %u, width %u, %u exceptions",
                          out->exponent, out->factor, out->width, out->n_exceptions);
    size_t value_bytes = is_double ? 8 : 4;
    out->packed_bytes = (n * out->width + 7) / 8;
    if (!weir__cursor_take(c, out->packed_bytes, &out->packed) ||
        !weir__cursor_take(c, out->n_exceptions * (size_t)2, &out->positions) ||
        !weir__cursor_take(c, out->n_exceptions * value_bytes, &out->values))
        return alp_short(err);
    return WEIR_OK;
}

#define ALP_CHUNK 256u

static void alp_doubles(const struct alp_vector *v, size_t n, uint8_t *out)
{
    uint64_t deltas[ALP_CHUNK];
    double power = powers[v->factor], fraction = fractions[v->exponent];
    for (size_t at = 0; at < n; at += ALP_CHUNK) {
        size_t take = n - at < ALP_CHUNK ? n - at : ALP_CHUNK;
        size_t skip = at / 8 * v->width;
        weir__unpack64(v->packed + skip, v->packed_bytes - skip, v->width, deltas, take);
        for (size_t i = 0; i < take; i++) {
            double value = (double)(int64_t)(deltas[i] + v->reference) * power * fraction;
            memcpy(out + (at + i) * 8, &value, 8);
        }
    }
}

static void alp_floats(const struct alp_vector *v, size_t n, uint8_t *out)
{
    uint32_t deltas[ALP_CHUNK];
    float power = powers_f[v->factor], fraction = fractions_f[v->exponent];
    for (size_t at = 0; at < n; at += ALP_CHUNK) {
        size_t take = n - at < ALP_CHUNK ? n - at : ALP_CHUNK;
        size_t skip = at / 8 * v->width;
        weir__unpack32(v->packed + skip, v->packed_bytes - skip, v->width, deltas, take);
        for (size_t i = 0; i < take; i++) {
            float value = (float)(int32_t)(deltas[i] + (uint32_t)v->reference) * power * fraction;
            memcpy(out + (at + i) * 4, &value, 4);
        }
    }
}

static int alp_patch(const struct alp_vector *v, size_t n, size_t value_bytes, uint8_t *out,
                     struct weir_error *err)
{
    for (size_t i = 0; i < v->n_exceptions; i++) {
        size_t position = (size_t)v->positions[2 * i] | (size_t)v->positions[2 * i + 1] << 8;
        if (position >= n)
            return weir__fail(err, WEIR_CORRUPT, "ALP exception at %zu of %zu values", position, n);
        memcpy(out + position * value_bytes, v->values + i * value_bytes, value_bytes);
    }
    return WEIR_OK;
}

int weir__alp_decode(const uint8_t *in, size_t n, bool is_double, uint8_t *out,
                     struct weir_error *err)
{
    struct alp_header header;
    TRY(alp_header(in, n, &header, err));
    size_t value_bytes = is_double ? 8 : 4;
    size_t n_vectors = ((size_t)header.n + header.vector_values - 1) / header.vector_values;
    if (n_vectors > header.left / 4)
        return alp_short(err);
    for (size_t i = 0; i < n_vectors; i++) {
        size_t offset = weir__load32(header.offsets + 4 * i);
        if (offset < n_vectors * 4 || offset > header.left)
            return weir__fail(err, WEIR_CORRUPT, "ALP vector %zu at offset %zu", i, offset);
        struct weir__cursor c = weir__cursor_make(header.offsets + offset, header.left - offset);
        size_t first = i * header.vector_values;
        size_t take =
            header.n - first < header.vector_values ? header.n - first : header.vector_values;
        struct alp_vector vector;
        TRY(alp_vector(&c, is_double, take, &vector, err));
        if (is_double)
            alp_doubles(&vector, take, out + first * 8);
        else
            alp_floats(&vector, take, out + first * 4);
        TRY(alp_patch(&vector, take, value_bytes, out + first * value_bytes, err));
    }
    return WEIR_OK;
}
