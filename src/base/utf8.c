/* utf8.c: is it UTF-8? A scalar walk, and the same decided 32 bytes at a time.
 *
 * The vector form is the look-up algorithm of Keiser and Lemire ("Validating UTF-8 in less than
 * one instruction per byte", 2021): three table look-ups on the two nibbles of a byte and the high
 * nibble of the next, whose conjunction is a set of things that are wrong. */
#include "base/bytes.h"

#include "base/macros.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

static bool byte_continues(uint8_t b)
{
    return (b & 0xc0) == 0x80;
}

/* What the second byte after a lead of three or four must be: no surrogates, no overlong forms,
 * nothing past U+10FFFF. */
static bool second_fits(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return byte_continues(second);
    }
}

size_t weir__utf8_char(const void *data, size_t n)
{
    const uint8_t *at = data;
    if (n == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;
    size_t len = 4;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    if (at[0] < 0xe0) {
        len = 2;
    } else if (at[0] < 0xf0) {
        len = 3;
    }
    if (n < len || !second_fits(at[0], at[1]))
        return 0;
    for (size_t i = 2; i < len; i++) {
        if (!byte_continues(at[i]))
            return 0;
    }
    return len;
}

bool weir__utf8_valid_scalar(const void *data, size_t n_bytes)
{
    const uint8_t *at = data;
    const uint8_t *end = n_bytes ? at + n_bytes : at; /* NULL is fine for nothing */
    while (at < end) {
        if (end - at >= 8 && (weir__load64(at) & UINT64_C(0x8080808080808080)) == 0) {
            at += 8;
            continue;
        }
        size_t len = weir__utf8_char(at, (size_t)(end - at));
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

#if defined(__x86_64__)

/* What can be wrong with two bytes in a row; CARRY does not depend on the low nibble. */
enum {
    TOO_SHORT = 1 << 0,      /* a lead, then no continuation */
    TOO_LONG = 1 << 1,       /* ASCII, then a continuation */
    OVERLONG_3 = 1 << 2,     /* e0 80..9f */
    TOO_LARGE = 1 << 3,      /* f4 90.. and f5.. */
    SURROGATE = 1 << 4,      /* ed a0.. */
    OVERLONG_2 = 1 << 5,     /* c0, c1 */
    TOO_LARGE_1000 = 1 << 6, /* f5.. 80..8f */
    OVERLONG_4 = 1 << 6,     /* f0 80..8f */
    TWO_CONTS = 1 << 7,      /* two continuations: right after a longer lead only */
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS
};

#    define HIGH_E (TOO_SHORT | OVERLONG_3 | SURROGATE)
#    define HIGH_F (TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4)
#    define LOW_BIG (CARRY | TOO_LARGE | TOO_LARGE_1000)
#    define NEXT_ANY (TOO_LONG | OVERLONG_2 | TWO_CONTS)

static const uint8_t first_high[16] = {TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TWO_CONTS,
                                       TWO_CONTS,
                                       TWO_CONTS,
                                       TWO_CONTS,
                                       TOO_SHORT | OVERLONG_2,
                                       TOO_SHORT,
                                       HIGH_E,
                                       HIGH_F};

static const uint8_t first_low[16] = {CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
                                      CARRY | OVERLONG_2,
                                      CARRY,
                                      CARRY,
                                      CARRY | TOO_LARGE,
                                      LOW_BIG,
                                      LOW_BIG,
                                      LOW_BIG,
                                      LOW_BIG,
                                      LOW_BIG,
                                      LOW_BIG,
                                      LOW_BIG,
                                      LOW_BIG,
                                      LOW_BIG | SURROGATE,
                                      LOW_BIG,
                                      LOW_BIG};

static const uint8_t second_high[16] = {TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        NEXT_ANY | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
                                        NEXT_ANY | OVERLONG_3 | TOO_LARGE,
                                        NEXT_ANY | SURROGATE | TOO_LARGE,
                                        NEXT_ANY | SURROGATE | TOO_LARGE,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT};

/* A block whose last bytes exceed these ends inside a character. */
static const uint8_t last_most[32] = {255, 255, 255, 255, 255, 255, 255, 255,  255,  255, 255,
                                      255, 255, 255, 255, 255, 255, 255, 255,  255,  255, 255,
                                      255, 255, 255, 255, 255, 255, 255, 0xef, 0xdf, 0xbf};

struct utf8_state {
    __m256i error, previous, incomplete;
};

__attribute__((target("avx2"))) static inline __m256i table_of(const uint8_t table[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

__attribute__((target("avx2"))) static inline __m256i high_nibbles(__m256i bytes)
{
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
}

__attribute__((target("avx2"))) static inline void block_check(struct utf8_state *s, __m256i block)
{
    if (_mm256_movemask_epi8(block) == 0) { /* all ASCII */
        s->error = _mm256_or_si256(s->error, s->incomplete);
    } else {
        __m256i carried = _mm256_permute2x128_si256(s->previous, block, 0x21);
        __m256i back1 = _mm256_alignr_epi8(block, carried, 15);
        __m256i back2 = _mm256_alignr_epi8(block, carried, 14);
        __m256i back3 = _mm256_alignr_epi8(block, carried, 13);
        __m256i wrong = _mm256_shuffle_epi8(table_of(first_high), high_nibbles(back1));
        __m256i low = _mm256_and_si256(back1, _mm256_set1_epi8(0x0f));
        wrong = _mm256_and_si256(wrong, _mm256_shuffle_epi8(table_of(first_low), low));
        wrong = _mm256_and_si256(wrong,
                                 _mm256_shuffle_epi8(table_of(second_high), high_nibbles(block)));
        /* TWO_CONTS must be seen exactly where a third or fourth byte is due. */
        __m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xe0 - 0x80));
        __m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(0xf0 - 0x80));
        __m256i due =
            _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
        s->error = _mm256_or_si256(s->error, _mm256_xor_si256(due, wrong));
    }
    __m256i most = _mm256_loadu_si256((const __m256i *)(const void *)last_most);
    s->incomplete = _mm256_subs_epu8(block, most);
    s->previous = block;
}

__attribute__((target("avx2"))) static bool utf8_valid_avx2(const uint8_t *at, size_t n_bytes)
{
    struct utf8_state s = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    for (; n_bytes >= 32; at += 32, n_bytes -= 32)
        block_check(&s, _mm256_loadu_si256((const __m256i *)(const void *)at));
    /* The rest and at least one zero byte, which a character cut off at the end runs into. */
    uint8_t last[32] = {0};
    memcpy(last, at, n_bytes);
    block_check(&s, _mm256_loadu_si256((const __m256i *)(const void *)last));
    return _mm256_testz_si256(s.error, s.error) != 0;
}

static bool utf8_valid_long(const uint8_t *at, size_t n_bytes)
{
    if (__builtin_cpu_supports("avx2"))
        return utf8_valid_avx2(at, n_bytes);
    return weir__utf8_valid_scalar(at, n_bytes);
}

#else

static bool utf8_valid_long(const uint8_t *at, size_t n_bytes)
{
    return weir__utf8_valid_scalar(at, n_bytes);
}

#endif

bool weir__utf8_valid(const void *data, size_t n_bytes)
{
    return n_bytes < 32 ? weir__utf8_valid_scalar(data, n_bytes) : utf8_valid_long(data, n_bytes);
}
