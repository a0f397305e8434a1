/* json_scan.h: the tokens of one line of JSON (RFC 8259).
 *
 * The hard idea: behind the line stands a newline and then readable padding (text_window.h). A
 * newline is part of no token, so every scan stops there by itself and no byte needs a bounds
 * check. Problems are reported as static words; the caller knows file, row and byte. */
#ifndef WEIR_FORMAT_JSON_SCAN_H
#define WEIR_FORMAT_JSON_SCAN_H

#include "base/base.h"

#if defined(__SSE2__)
#    include <emmintrin.h>
#endif

/* Brackets around a value; the value is the 64th level, which is as deep as Arrow schemas go. */
#define WEIR__JSCAN_MAX_DEPTH 63

struct weir__jscan {
    const uint8_t *at;
    const char *problem; /* why the last call returned false */
};

static inline void weir__jscan_blank(struct weir__jscan *s)
{
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')
        s->at++;
}

/* Bit i: byte i of the 16 at `at` ends a plain run of a string (quote, backslash, control). */
static inline uint32_t weir__jscan_stops_scalar(const uint8_t *at)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < 16; i++)
        mask |= (uint32_t)(at[i] == '"' || at[i] == '\\' || at[i] < 0x20) << i;
    return mask;
}

#if defined(__SSE2__)
static inline uint32_t weir__jscan_stops(const uint8_t *at)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash)));
}
#else
static inline uint32_t weir__jscan_stops(const uint8_t *at)
{
    return weir__jscan_stops_scalar(at);
}
#endif

/* The escape at `at` (a backslash) as UTF-8 (at most 4 bytes). */
bool weir__jscan_escape(struct weir__jscan *s, uint8_t out[4], size_t *out_len);
/* The string at `at` (a quote), unescaped: a view of the line, or of `scratch` when it had
 * escapes. WEIR_INVALID with s->problem set and no message when malformed. */
WEIR_NODISCARD int weir__jscan_string(struct weir__jscan *s, struct weir__buf *scratch,
                                      struct weir__str *out, struct weir_error *err);
/* Step over a number, a literal (true, false, null) or any value, checking the grammar. */
bool weir__jscan_number(struct weir__jscan *s);
bool weir__jscan_literal(struct weir__jscan *s);
bool weir__jscan_skip(struct weir__jscan *s, int depth);
/* The colon between name and value, with blanks around. */
bool weir__jscan_colon(struct weir__jscan *s);

static inline bool weir__jscan_fail(struct weir__jscan *s, const char *problem)
{
    s->problem = problem;
    return false;
}

#endif
