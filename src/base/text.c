/* text.c: integers, sizes and base64 to and from text. Floating point is in text_float.c. */
#include "base/text.h"

#include "base/error.h"
#include "base/macros.h"

/* Digits only; false on overflow, on anything else and on no digits. */
static bool digits_parse(const char *at, size_t len, uint64_t *out)
{
    if (len == 0)
        return false;
    uint64_t value = 0;
    /* 19 digits always fit, so that only what follows needs the overflow checks. */
    size_t n_safe = len < 19 ? len : 19;
    size_t i = 0;
    for (; i < n_safe; i++) {
        unsigned digit = (unsigned)(unsigned char)at[i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    for (; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)at[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *out = value;
    return true;
}

bool weir__parse_u64(struct weir__str text, uint64_t *out)
{
    if (text.len && text.data[0] == '+')
        return digits_parse(text.data + 1, text.len - 1, out);
    return digits_parse(text.data, text.len, out);
}

bool weir__parse_i64(struct weir__str text, int64_t *out)
{
    if (text.len == 0)
        return false;
    bool is_negative = text.data[0] == '-';
    bool is_signed = is_negative || text.data[0] == '+';
    uint64_t magnitude;
    if (!digits_parse(text.data + is_signed, text.len - is_signed, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = (int64_t)(is_negative ? 0 - magnitude : magnitude);
    return true;
}

static const char digit_pairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
    "949596979899";

size_t weir__format_u64(uint64_t value, char out[WEIR__I64_TEXT_BYTES])
{
    char scratch[20];
    size_t at = sizeof scratch;
    while (value >= 100) {
        at -= 2;
        memcpy(scratch + at, digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(scratch + at, digit_pairs + value * 2, 2);
    } else {
        scratch[--at] = (char)('0' + value);
    }
    memcpy(out, scratch + at, sizeof scratch - at);
    return sizeof scratch - at;
}

size_t weir__format_i64(int64_t value, char out[WEIR__I64_TEXT_BYTES])
{
    if (value >= 0)
        return weir__format_u64((uint64_t)value, out);
    char digits[WEIR__I64_TEXT_BYTES];
    size_t n = weir__format_u64(0 - (uint64_t)value, digits);
    out[0] = '-';
    memcpy(out + 1, digits, n);
    return n + 1;
}

/* Sizes */

struct size_unit {
    const char *text;
    uint64_t bytes;
};

static const struct size_unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", UINT64_C(1000000000000)},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
    {"TiB", UINT64_C(1) << 40},
    {"K", UINT64_C(1) << 10},
    {"M", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
    {"T", UINT64_C(1) << 40},
};

static const struct size_unit *size_unit_find(struct weir__str name)
{
    for (size_t i = 0; i < COUNT_OF(size_units); i++) {
        if (weir__str_is(name, size_units[i].text))
            return &size_units[i];
    }
    return NULL;
}

static size_t digits_span(struct weir__str text, size_t from)
{
    size_t at = from;
    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at - from;
}

/* whole[.fraction]unit; a fraction of a byte is cut off. */
static bool size_read(struct weir__str text, uint64_t *out)
{
    size_t n_whole = digits_span(text, 0);
    size_t at = n_whole;
    size_t n_part = 0;
    if (n_whole == 0)
        return false;
    if (at < text.len && text.data[at] == '.') {
        n_part = digits_span(text, at + 1);
        if (n_part == 0 || n_part > 9)
            return false;
        at += 1 + n_part;
    }
    uint64_t whole = 0;
    uint64_t part = 0;
    if (!digits_parse(text.data, n_whole, &whole))
        return false;
    if (n_part && !digits_parse(text.data + n_whole + 1, n_part, &part))
        return false;
    if (at < text.len && text.data[at] == ' ')
        at++;
    const struct size_unit *unit =
        size_unit_find((struct weir__str){text.data + at, text.len - at});
    if (!unit || __builtin_mul_overflow(whole, unit->bytes, out))
        return false;
    uint64_t scale = 1;
    for (size_t i = 0; i < n_part; i++)
        scale *= 10;
    uint64_t part_bytes = (uint64_t)((unsigned __int128)part * unit->bytes / scale);
    return !__builtin_add_overflow(*out, part_bytes, out);
}

int weir__size_parse(struct weir__str text, uint64_t *out, struct weir_error *err)
{
    uint64_t n_bytes;
    if (!size_read(text, &n_bytes)) {
        int shown = text.len > 64 ? 64 : (int)text.len;
        return weir__fail(err, WEIR_INVALID, "'%.*s' is no size such as 4096, 64MiB or 1GB", shown,
                          text.data ? text.data : "");
    }
    *out = n_bytes;
    return WEIR_OK;
}

/* Base64 (RFC 4648 section 4, with padding) */

static const char base64_digits[65] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int weir__base64_encode(const void *data, size_t n, struct weir__buf *out, struct weir_error *err)
{
    if (n > SIZE_MAX / 4 * 3 - 3)
        return weir__fail(err, WEIR_INVALID, "%zu bytes are too many for base64", n);
    TRY(weir__buf_reserve(out, (n + 2) / 3 * 4, err));
    const uint8_t *at = data;
    uint8_t *to = out->data + out->len;
    for (size_t left = n; left > 0;) {
        uint32_t group = (uint32_t)at[0] << 16;
        if (left > 1)
            group |= (uint32_t)at[1] << 8;
        if (left > 2)
            group |= at[2];
        to[0] = (uint8_t)base64_digits[group >> 18];
        to[1] = (uint8_t)base64_digits[group >> 12 & 63];
        to[2] = left > 1 ? (uint8_t)base64_digits[group >> 6 & 63] : '=';
        to[3] = left > 2 ? (uint8_t)base64_digits[group & 63] : '=';
        to += 4;
        size_t step = left < 3 ? left : 3;
        at += step;
        left -= step;
    }
    out->len = (size_t)(to - out->data);
    return WEIR_OK;
}

/* -1: no base64 digit. */
static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Four digits of which the last n_padding are '='. False: not so, or bits lost in the padding. */
static bool base64_group(const char *at, int n_padding, uint32_t *out)
{
    uint32_t group = 0;
    for (int i = 0; i < 4; i++) {
        bool is_padding = i >= 4 - n_padding;
        int value = is_padding ? 0 : base64_value((uint8_t)at[i]);
        if (value < 0 || (is_padding && at[i] != '='))
            return false;
        group = group << 6 | (uint32_t)value;
    }
    *out = group;
    return (n_padding != 1 || (group & 0xff) == 0) && (n_padding != 2 || (group & 0xffff) == 0);
}

int weir__base64_decode(struct weir__str text, struct weir__buf *out, struct weir_error *err)
{
    if (text.len % 4) {
        return weir__fail(err, WEIR_INVALID, "base64 text of %zu bytes is no multiple of 4",
                          text.len);
    }
    TRY(weir__buf_reserve(out, text.len / 4 * 3, err));
    uint8_t *to = out->data + out->len;
    for (size_t i = 0; i < text.len; i += 4) {
        bool is_last = i + 4 == text.len;
        int n_padding = 0;
        if (is_last && text.data[i + 3] == '=')
            n_padding = text.data[i + 2] == '=' ? 2 : 1;
        uint32_t group;
        if (!base64_group(text.data + i, n_padding, &group))
            return weir__fail(err, WEIR_INVALID, "no base64 at offset %zu", i);
        *to++ = (uint8_t)(group >> 16);
        if (n_padding < 2)
            *to++ = (uint8_t)(group >> 8);
        if (n_padding < 1)
            *to++ = (uint8_t)group;
    }
    out->len = (size_t)(to - out->data);
    return WEIR_OK;
}
