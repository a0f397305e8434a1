/* decode_split.c: BYTE_STREAM_SPLIT: byte j of value i is byte i of stream j. */
#include "format/parquet/decode.h"

static void split4(const uint8_t *in, size_t n, uint8_t *out)
{
    const uint8_t *a = in, *b = in + n, *c = in + 2 * n, *d = in + 3 * n;
    for (size_t i = 0; i < n; i++) {
        uint32_t value =
            (uint32_t)a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16 | (uint32_t)d[i] << 24;
        memcpy(out + i * 4, &value, 4);
    }
}

static void split8(const uint8_t *in, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t value = 0;
        for (size_t j = 0; j < 8; j++)
            value |= (uint64_t)in[j * n + i] << (8 * j);
        memcpy(out + i * 8, &value, 8);
    }
}

void weir__stream_split(const uint8_t *in, size_t n, size_t k, uint8_t *out)
{
    if (k == 4) {
        split4(in, n, out);
    } else if (k == 8) {
        split8(in, n, out);
    } else {
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < k; j++)
                out[i * k + j] = in[j * n + i];
        }
    }
}
