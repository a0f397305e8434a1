/* json_scan.c: the grammar of JSON, token by token. */
#include "format/json_scan.h"

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at `at`. */
static bool hex4(const uint8_t *at, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

static size_t put_utf8(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

/* After "\u"; a pair of surrogates is one character, a lone one is none. */
static bool unicode_escape(struct weir__jscan *s, uint8_t out[4], size_t *out_len)
{
    uint32_t code, low;
    if (!hex4(s->at, &code))
        return weir__jscan_fail(s, "\\u needs four hex digits");
    s->at += 4;
    if (code >= 0xdc00 && code <= 0xdfff)
        return weir__jscan_fail(s, "half a surrogate pair");
    if (code >= 0xd800 && code <= 0xdbff) {
        if (s->at[0] != '\\' || s->at[1] != 'u' || !hex4(s->at + 2, &low) || low < 0xdc00 ||
            low > 0xdfff)
            return weir__jscan_fail(s, "half a surrogate pair");
        s->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *out_len = put_utf8(code, out);
    return true;
}

bool weir__jscan_escape(struct weir__jscan *s, uint8_t out[4], size_t *out_len)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    uint8_t letter = s->at[1];
    if (letter == 'u') {
        s->at += 2;
        return unicode_escape(s, out, out_len);
    }
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!found)
        return weir__jscan_fail(s, "no such escape in a string");
    out[0] = (uint8_t)meanings[found - letters];
    *out_len = 1;
    s->at += 2;
    return true;
}

/* Step over plain bytes; false at a control byte, which ends no string. */
static bool plain_run(struct weir__jscan *s)
{
    uint32_t stops;
    while ((stops = weir__jscan_stops(s->at)) == 0)
        s->at += 16;
    s->at += __builtin_ctz(stops);
    if (*s->at == '\n')
        return weir__jscan_fail(s, "the line ends inside a string");
    if (*s->at < 0x20)
        return weir__jscan_fail(s, "control byte in a string");
    return true;
}

int weir__jscan_string(struct weir__jscan *s, struct weir__buf *scratch, struct weir__str *out,
                       struct weir_error *err)
{
    const uint8_t *from = ++s->at;
    if (!plain_run(s))
        return WEIR_INVALID;
    if (*s->at == '"') {
        *out = (struct weir__str){(const char *)from, (size_t)(s->at - from)};
        s->at++;
        return WEIR_OK;
    }
    weir__buf_clear(scratch);
    for (;;) {
        TRY(weir__buf_append(scratch, from, (size_t)(s->at - from), err));
        if (*s->at == '"')
            break;
        uint8_t bytes[4];
        size_t n;
        if (!weir__jscan_escape(s, bytes, &n))
            return WEIR_INVALID;
        TRY(weir__buf_append(scratch, bytes, n, err));
        from = s->at;
        if (!plain_run(s))
            return WEIR_INVALID;
    }
    s->at++;
    *out = (struct weir__str){(const char *)scratch->data, scratch->len};
    return WEIR_OK;
}

static bool skip_string(struct weir__jscan *s)
{
    s->at++;
    for (;;) {
        uint8_t bytes[4];
        size_t n;
        if (!plain_run(s))
            return false;
        if (*s->at == '"') {
            s->at++;
            return true;
        }
        if (!weir__jscan_escape(s, bytes, &n))
            return false;
    }
}

static bool digit_at(const uint8_t *at)
{
    return *at >= '0' && *at <= '9';
}

static const uint8_t *digits_end(const uint8_t *at)
{
    while (digit_at(at))
        at++;
    return at;
}

bool weir__jscan_number(struct weir__jscan *s)
{
    const uint8_t *at = s->at;
    at += *at == '-';
    if (!digit_at(at))
        return weir__jscan_fail(s, "expected a value");
    if (*at == '0' && digit_at(at + 1))
        return weir__jscan_fail(s, "number with a leading zero");
    at = digits_end(at);
    if (*at == '.') {
        if (!digit_at(++at))
            return weir__jscan_fail(s, "number without digits after the point");
        at = digits_end(at);
    }
    if ((*at | 0x20) == 'e') {
        at++;
        at += *at == '-' || *at == '+';
        if (!digit_at(at))
            return weir__jscan_fail(s, "number without digits in the exponent");
        at = digits_end(at);
    }
    s->at = at;
    return true;
}

bool weir__jscan_literal(struct weir__jscan *s)
{
    if (memcmp(s->at, "true", 4) == 0 || memcmp(s->at, "null", 4) == 0) {
        s->at += 4;
        return true;
    }
    if (memcmp(s->at, "false", 5) == 0) {
        s->at += 5;
        return true;
    }
    return weir__jscan_fail(s, "expected a value");
}

bool weir__jscan_colon(struct weir__jscan *s)
{
    weir__jscan_blank(s);
    if (*s->at != ':')
        return weir__jscan_fail(s, "expected ':' after a member name");
    s->at++;
    weir__jscan_blank(s);
    return true;
}

/* The members or items up to the closing bracket. */
static bool skip_nested(struct weir__jscan *s, uint8_t close, int depth)
{
    if (depth >= WEIR__JSCAN_MAX_DEPTH)
        return weir__jscan_fail(s, "nested deeper than 64");
    s->at++;
    weir__jscan_blank(s);
    if (*s->at == close) {
        s->at++;
        return true;
    }
    for (;;) {
        if (close == '}') {
            if (*s->at != '"')
                return weir__jscan_fail(s, "expected a member name");
            if (!skip_string(s) || !weir__jscan_colon(s))
                return false;
        }
        if (!weir__jscan_skip(s, depth + 1))
            return false;
        weir__jscan_blank(s);
        if (*s->at == close) {
            s->at++;
            return true;
        }
        if (*s->at != ',') {
            return weir__jscan_fail(s,
                                    close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        s->at++;
        weir__jscan_blank(s);
    }
}

bool weir__jscan_skip(struct weir__jscan *s, int depth)
{
    switch (*s->at) {
    case '"':
        return skip_string(s);
    case '{':
        return skip_nested(s, '}', depth);
    case '[':
        return skip_nested(s, ']', depth);
    case 't':
    case 'f':
    case 'n':
        return weir__jscan_literal(s);
    default:
        return weir__jscan_number(s);
    }
}
