/* json_quote.c: JSON strings, written fast. */
#include "format/json_quote.h"

#if defined(__SSE2__)
#    include <emmintrin.h>
#endif

enum { PLAIN = 0, ESCAPE = 1, HIGH = 2 };

static inline uint32_t byte_class(uint8_t c)
{
    if (c >= 0x80)
        return HIGH;
    return c < 0x20 || c == '"' || c == '\\' ? ESCAPE : PLAIN;
}

/* Copy 16 bytes; bit i: byte i needs an escape. *out_high: some byte is not ASCII. */
#if defined(__SSE2__)
static inline uint32_t copy16(const char *from, uint8_t *to, bool *out_high)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    *out_high |= _mm_movemask_epi8(bytes) != 0;
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash)));
}
#else
static inline uint32_t copy16(const char *from, uint8_t *to, bool *out_high)
{
    uint32_t stops = 0;
    memcpy(to, from, 16);
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t class = byte_class(to[i]);
        *out_high |= class == HIGH;
        stops |= (uint32_t)(class == ESCAPE) << i;
    }
    return stops;
}
#endif

/* The escape of one character; at most 6 bytes. */
static size_t put_escape(uint8_t c, uint8_t *to)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char hex[] = "0123456789abcdef";
    to[0] = '\\';
    if (c >= 0x20 || letters[c]) {
        to[1] = c >= 0x20 ? c : (uint8_t)letters[c];
        return 2;
    }
    to[1] = 'u';
    to[2] = '0';
    to[3] = '0';
    to[4] = (uint8_t)hex[c >> 4];
    to[5] = (uint8_t)hex[c & 15];
    return 6;
}

/* Copy up to the first byte that needs an escape; returns how many bytes that were. */
static size_t copy_plain(const char *from, size_t len, uint8_t *to, bool *out_high)
{
    size_t i = 0;
    for (; i + 16 <= len; i += 16) {
        uint32_t stops = copy16(from + i, to + i, out_high);
        if (stops)
            return i + (size_t)__builtin_ctz(stops);
    }
    for (; i < len; i++) {
        uint32_t class = byte_class((uint8_t)from[i]);
        if (class == ESCAPE)
            break;
        *out_high |= class == HIGH;
        to[i] = (uint8_t)from[i];
    }
    return i;
}

int weir__jquote(struct weir__buf *out, struct weir__str text, struct weir_error *err)
{
    size_t before = out->len;
    bool has_high = false;
    TRY(weir__buf_reserve(out, text.len + 32, err));
    out->data[out->len++] = '"';
    for (size_t at = 0; at < text.len;) {
        size_t n = copy_plain(text.data + at, text.len - at, out->data + out->len, &has_high);
        out->len += n;
        at += n;
        if (at == text.len)
            break;
        out->len += put_escape((uint8_t)text.data[at++], out->data + out->len);
        TRY(weir__buf_reserve(out, text.len - at + 32, err));
    }
    out->data[out->len++] = '"';
    if (!has_high || weir__utf8_valid(text.data, text.len))
        return WEIR_OK;
    out->len = before; /* rare: the careful way, which replaces what is no UTF-8 */
    return weir__json_quote(out, text, err);
}
