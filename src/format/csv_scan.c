/* csv_scan.c: the structural bytes of CSV: byte by byte, and 64 at a time. */
#include "format/csv_scan.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

size_t weir__csv_scan_scalar(const uint8_t *data, size_t from, size_t to, uint8_t delimiter,
                             uint32_t *out)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        if (data[i] == delimiter || data[i] == '"' || data[i] == '\n' || data[i] == '\r')
            out[n++] = (uint32_t)i;
    }
    return n;
}

#if defined(__x86_64__)

/* The set bits of a mask as positions; writes up to 8 entries more than it counts. */
static inline size_t put_bits(uint64_t mask, size_t base, uint32_t *out)
{
    size_t n = (size_t)__builtin_popcountll(mask);
    size_t i = 0;
    do {
        for (size_t k = 0; k < 8; k++) { /* unconditional: cheaper than a mispredicted end */
            out[i + k] = (uint32_t)(base + (mask ? (size_t)__builtin_ctzll(mask) : 0));
            mask &= mask - 1;
        }
        i += 8;
    } while (i < n);
    return n;
}

static inline uint64_t tail_mask(size_t left)
{
    return left >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1;
}

static inline uint32_t stops16(const uint8_t *at, __m128i delimiter)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i found =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiter), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    found = _mm_or_si128(found, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')),
                                             _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r'))));
    return (uint32_t)_mm_movemask_epi8(found);
}

static size_t scan_sse2(const uint8_t *data, size_t from, size_t to, uint8_t delimiter,
                        uint32_t *out)
{
    const __m128i wanted = _mm_set1_epi8((char)delimiter);
    size_t n = 0;
    for (size_t at = from; at < to; at += 64) {
        uint64_t mask = (uint64_t)stops16(data + at, wanted) |
                        (uint64_t)stops16(data + at + 16, wanted) << 16 |
                        (uint64_t)stops16(data + at + 32, wanted) << 32 |
                        (uint64_t)stops16(data + at + 48, wanted) << 48;
        mask &= tail_mask(to - at);
        if (mask)
            n += put_bits(mask, at, out + n);
    }
    return n;
}

__attribute__((target("avx2,bmi,popcnt"))) static inline uint32_t stops32(const uint8_t *at,
                                                                          __m256i delimiter)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)at);
    __m256i found = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, delimiter),
                                    _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')));
    found =
        _mm256_or_si256(found, _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')),
                                               _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r'))));
    return (uint32_t)_mm256_movemask_epi8(found);
}

__attribute__((target("avx2,bmi,popcnt"))) static size_t
scan_avx2(const uint8_t *data, size_t from, size_t to, uint8_t delimiter, uint32_t *out)
{
    const __m256i wanted = _mm256_set1_epi8((char)delimiter);
    size_t n = 0;
    for (size_t at = from; at < to; at += 64) {
        uint64_t mask =
            (uint64_t)stops32(data + at, wanted) | (uint64_t)stops32(data + at + 32, wanted) << 32;
        mask &= tail_mask(to - at);
        size_t count = (size_t)__builtin_popcountll(mask);
        for (size_t i = 0; i < count; i += 8) {
            for (size_t k = 0; k < 8; k++) {
                out[n + i + k] = (uint32_t)(at + (size_t)_tzcnt_u64(mask));
                mask = _blsr_u64(mask);
            }
        }
        n += count;
    }
    return n;
}

weir__csv_scan_fn *weir__csv_scan_choose(void)
{
    bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("popcnt");
    return has_avx2 ? scan_avx2 : scan_sse2;
}

#else

weir__csv_scan_fn *weir__csv_scan_choose(void)
{
    return weir__csv_scan_scalar;
}

#endif
