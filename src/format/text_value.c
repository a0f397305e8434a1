/* text_value.c: numbers, times and the rest from their text into column buffers.
 *
 * Nothing is rounded silently except floating point: a value that would lose digits does not fit.
 */
#include "format/text_value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define SECONDS_A_DAY 86400
#define DATE_BYTES 10

static bool word_is(struct weir__str text, const char *lower)
{
    static const char *const forms[2][3] = {{"true", "True", "TRUE"}, {"false", "False", "FALSE"}};
    const char *const *form = forms[lower[0] == 'f'];
    return weir__str_is(text, form[0]) || weir__str_is(text, form[1]) ||
           weir__str_is(text, form[2]);
}

bool weir__text_bool(struct weir__str text, bool *out)
{
    if (text.len < 4 || text.len > 5)
        return false;
    bool is_true = word_is(text, "true");
    if (!is_true && !word_is(text, "false"))
        return false;
    *out = is_true;
    return true;
}

bool weir__text_has_plain_digits(struct weir__str text)
{
    size_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
    return text.len < at + 2 || text.data[at] != '0' || text.data[at + 1] < '0' ||
           text.data[at + 1] > '9';
}

/* At most 18 digits, which cannot overflow, and no leading zero. */
bool weir__text_short_i64(struct weir__str text, int64_t *out)
{
    size_t at = text.len > 0 && text.data[0] == '-';
    size_t n = text.len - at;
    int64_t value = 0;
    if (n == 0 || n > 18 || (text.data[at] == '0' && n > 1))
        return false;
    for (size_t i = at; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *out = at ? -value : value;
    return true;
}

/* At most 15 digits, which are exact, so that one division by an exact power rounds correctly. */
bool weir__text_short_f64(struct weir__str text, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    size_t at = text.len > 0 && text.data[0] == '-';
    size_t n = text.len - at;
    size_t point = text.len; /* where it is */
    int64_t value = 0;
    if (n == 0 || n > 16)
        return false;
    for (size_t i = at; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit <= 9) {
            value = value * 10 + digit;
        } else if (text.data[i] == '.' && point == text.len) {
            point = i;
        } else {
            return false;
        }
    }
    size_t n_whole = point - at;
    size_t n_part = point == text.len ? 0 : text.len - point - 1;
    if (n_whole == 0 || n_whole + n_part > 15 || (point < text.len && n_part == 0) ||
        (text.data[at] == '0' && n_whole > 1))
        return false;
    double magnitude = (double)value / powers[n_part];
    *out = at ? -magnitude : magnitude;
    return true;
}

static void store(struct weir__text_column *column, int64_t i, const void *value, size_t width)
{
    memcpy(column->values + (size_t)i * width, value, width);
}

static bool put_integer(struct weir__text_column *column, int64_t i, struct weir__str text)
{
    int64_t value;
    int32_t width = column->type.width_bytes;
    if (column->is_inferred && !weir__text_has_plain_digits(text))
        return false;
    if (column->type.kind == WEIR__KIND_UINT64) {
        uint64_t magnitude;
        if (!weir__parse_u64(text, &magnitude))
            return false;
        store(column, i, &magnitude, sizeof magnitude);
        return true;
    }
    if (!weir__parse_i64(text, &value))
        return false;
    bool is_unsigned =
        column->type.kind >= WEIR__KIND_UINT8 && column->type.kind <= WEIR__KIND_UINT32;
    if (width < 8) {
        int64_t most = ((int64_t)1 << (8 * width - !is_unsigned)) - 1;
        if (value > most || value < (is_unsigned ? 0 : -most - 1))
            return false;
    }
    store(column, i, &value, (size_t)width); /* little-endian: the low bytes come first */
    return true;
}

/* Nearest binary16, ties to even. */
static uint16_t half_of(double value)
{
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
    if (isnan(value))
        return (uint16_t)(sign | 0x7e00u);
    double magnitude = fabs(value);
    if (magnitude >= 65520.0)
        return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x1p-14)
        return (uint16_t)(sign | (uint16_t)nearbyint(magnitude * 0x1p24));
    int exponent;
    double fraction = frexp(magnitude, &exponent); /* 0.5 .. 1 */
    double scaled = nearbyint(fraction * 2048.0);  /* 11 bits, maybe rounded up to the next power */
    uint32_t significand = (uint32_t)scaled;
    return (uint16_t)(sign | (((uint32_t)(exponent + 14) << 10) + significand - 0x400u));
}

static bool put_float(struct weir__text_column *column, int64_t i, struct weir__str text)
{
    double value;
    if (column->is_inferred && !weir__text_has_plain_digits(text))
        return false;
    if (!weir__parse_f64(text, &value))
        return false;
    size_t sign = text.data[0] == '-' || text.data[0] == '+';
    bool is_word = text.data[sign] == 'i' || text.data[sign] == 'I';
    if (isinf(value) && !is_word)
        return false; /* digits beyond the range */
    if (column->type.kind == WEIR__KIND_FLOAT64) {
        store(column, i, &value, sizeof value);
        return true;
    }
    if (column->type.kind == WEIR__KIND_FLOAT16) {
        uint16_t half = half_of(value);
        store(column, i, &half, sizeof half);
        return is_word || (half & 0x7fffu) != 0x7c00u;
    }
    float narrow = (float)value;
    store(column, i, &narrow, sizeof narrow);
    return is_word || !isinf(narrow);
}

/* limbs = limbs x 10 + digit; false: past 256 bits. */
static bool limbs_push(uint64_t limbs[4], unsigned digit)
{
    unsigned __int128 carry = digit;
    for (size_t k = 0; k < 4; k++) {
        carry += (unsigned __int128)limbs[k] * 10;
        limbs[k] = (uint64_t)carry;
        carry >>= 64;
    }
    return carry == 0;
}

static void limbs_negate(uint64_t limbs[4])
{
    uint64_t carry = 1;
    for (size_t k = 0; k < 4; k++) {
        limbs[k] = ~limbs[k] + carry;
        carry = carry && limbs[k] == 0;
    }
}

/* The exponent behind "e"; false: none that makes sense for a decimal. */
static bool decimal_exponent(struct weir__str text, int64_t *out)
{
    *out = 0;
    if (text.len == 0)
        return true;
    if (text.data[0] != 'e' && text.data[0] != 'E')
        return false;
    struct weir__str digits = {text.data + 1, text.len - 1};
    return weir__parse_i64(digits, out) && *out >= -1000 && *out <= 1000;
}

/* [-]digits[.digits][e..] as an integer of 10^-scale; no digit may be lost. */
static bool put_decimal(struct weir__text_column *column, int64_t i, struct weir__str text)
{
    uint64_t limbs[4] = {0};
    size_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
    bool is_negative = at && text.data[0] == '-';
    bool is_fraction = false;
    int64_t n_digits = 0, exponent = 0, n_significant = 0, n_zeros = 0;
    for (; at < text.len; at++) {
        unsigned digit = (unsigned)(unsigned char)text.data[at] - '0';
        if (text.data[at] == '.' && !is_fraction) {
            is_fraction = true;
            continue;
        }
        if (digit > 9)
            break;
        n_digits++;
        exponent -= is_fraction;
        n_zeros++;
        /* zeros are held back, so that trailing ones cost no precision */
        if (digit == 0 && n_significant == 0)
            n_zeros = 0;
        for (; digit && n_zeros > 0; n_zeros--, n_significant++) {
            if (n_significant > 76 || !limbs_push(limbs, n_zeros == 1 ? digit : 0))
                return false;
        }
    }
    int64_t suffix;
    struct weir__str rest = {text.data + at, text.len - at};
    if (n_digits == 0 || !decimal_exponent(rest, &suffix))
        return false;
    int64_t shift = n_significant ? exponent + suffix + n_zeros + column->type.scale : 0;
    if (shift < 0 || n_significant + shift > column->type.precision)
        return false;
    for (; shift > 0; shift--) {
        if (!limbs_push(limbs, 0))
            return false;
    }
    if (is_negative)
        limbs_negate(limbs);
    store(column, i, limbs, (size_t)column->type.width_bytes);
    return true;
}

/* YYYY-MM-DD at the start; rows of one day follow each other, so the last one is kept. */
static bool day_parse(struct weir__text_column *column, const char *text, int64_t *out)
{
    if (LIKELY(memcmp(column->day_text, text, DATE_BYTES) == 0)) {
        *out = column->day;
        return true;
    }
    if (!weir__date_parse((struct weir__str){text, DATE_BYTES}, out))
        return false;
    memcpy(column->day_text, text, DATE_BYTES);
    column->day = *out;
    return true;
}

static bool put_date(struct weir__text_column *column, int64_t i, struct weir__str text)
{
    int64_t days;
    if (text.len != DATE_BYTES || !day_parse(column, text.data, &days))
        return false;
    if (column->type.kind == WEIR__KIND_DATE64) {
        weir__text_put_i64(column, i, days * SECONDS_A_DAY * 1000);
        return true;
    }
    int32_t narrow = (int32_t)days;
    store(column, i, &narrow, sizeof narrow);
    return true;
}

/* seconds and nanoseconds in the unit; false: out of range, or digits would be lost. */
static bool in_unit(int64_t seconds, int32_t nanosecond, enum weir__unit unit, int64_t *out)
{
    int64_t per_second = weir__unit_per_second(unit);
    int64_t ns_each = 1000000000 / per_second;
    return nanosecond % ns_each == 0 && !__builtin_mul_overflow(seconds, per_second, out) &&
           !__builtin_add_overflow(*out, nanosecond / ns_each, out);
}

/* The number that two digits are; over any limit when they are none. */
static inline unsigned pair_of(const char *at)
{
    unsigned tens = (unsigned)(unsigned char)at[0] - '0';
    unsigned ones = (unsigned)(unsigned char)at[1] - '0';
    return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

/* "2026-03-17T14:00:00[.123456][Z]", the shape that programs print; others take the long road. */
static bool common_timestamp(struct weir__text_column *column, struct weir__str text,
                             struct weir__timestamp *out)
{
    const char *at = text.data;
    int64_t day;
    if (text.len < 19 || at[10] != 'T' || at[13] != ':' || at[16] != ':')
        return false;
    unsigned hour = pair_of(at + 11), minute = pair_of(at + 14), second = pair_of(at + 17);
    if (hour > 23 || minute > 59 || second > 59 || !day_parse(column, at, &day))
        return false;
    size_t i = 19;
    int32_t nanosecond = 0, scale = 100000000;
    if (i < text.len && at[i] == '.') {
        unsigned digit;
        for (i++; i < text.len && scale > 0; i++, scale /= 10) {
            if ((digit = (unsigned)(unsigned char)at[i] - '0') > 9)
                break;
            nanosecond += (int32_t)digit * scale;
        }
        if (i == 20)
            return false;
    }
    bool has_zone = i < text.len && at[i] == 'Z';
    if (i + has_zone != text.len)
        return false;
    *out = (struct weir__timestamp){.seconds = day * SECONDS_A_DAY +
                                               (int64_t)(hour * 3600 + minute * 60 + second),
                                    .nanosecond = nanosecond,
                                    .has_zone = has_zone};
    return true;
}

/* Text without a zone is no instant, and one with a zone no local time: neither is guessed. */
static bool put_timestamp(struct weir__text_column *column, int64_t i, struct weir__str text)
{
    struct weir__timestamp parsed;
    int64_t value;
    if (!common_timestamp(column, text, &parsed) && !weir__rfc3339_parse(text, &parsed)) {
        int64_t days;
        if (column->type.zone || !weir__date_parse(text, &days))
            return false;
        parsed = (struct weir__timestamp){.seconds = days * SECONDS_A_DAY};
    }
    if (parsed.has_zone != (column->type.zone != NULL) ||
        !in_unit(parsed.seconds, parsed.nanosecond, column->type.unit, &value))
        return false;
    weir__text_put_i64(column, i, value);
    return true;
}

/* HH:MM:SS[.fraction], read as the clock of a day */
static bool put_time(struct weir__text_column *column, int64_t i, struct weir__str text)
{
    char whole[64] = "1970-01-01T";
    struct weir__timestamp parsed;
    int64_t value;
    if (text.len > sizeof whole - 12)
        return false;
    memcpy(whole + 11, text.data, text.len);
    if (!weir__rfc3339_parse((struct weir__str){whole, 11 + text.len}, &parsed) ||
        parsed.has_zone || parsed.seconds >= SECONDS_A_DAY ||
        !in_unit(parsed.seconds, parsed.nanosecond, column->type.unit, &value))
        return false;
    store(column, i, &value, (size_t)column->type.width_bytes);
    return true;
}

static bool put_fixed(struct weir__text_column *column, int64_t i, struct weir__str text)
{
    bool is_true;
    switch (column->type.kind) {
    case WEIR__KIND_BOOL:
        if (!weir__text_bool(text, &is_true))
            return false;
        weir__text_put_bool(column, i, is_true);
        return true;
    case WEIR__KIND_FLOAT16:
    case WEIR__KIND_FLOAT32:
    case WEIR__KIND_FLOAT64:
        return put_float(column, i, text);
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256:
        return put_decimal(column, i, text);
    case WEIR__KIND_DATE32:
    case WEIR__KIND_DATE64:
        return put_date(column, i, text);
    case WEIR__KIND_TIME32:
    case WEIR__KIND_TIME64:
        return put_time(column, i, text);
    case WEIR__KIND_TIMESTAMP:
        return put_timestamp(column, i, text);
    case WEIR__KIND_NULL:
        return false;
    default:
        return put_integer(column, i, text); /* integers and durations */
    }
}

int weir__text_put_bytes(struct weir__text_column *column, int64_t i, struct weir__str text,
                         struct weir_error *err)
{
    TRY(weir__text_bytes_room(column, text.len, err));
    if (text.len)
        memcpy(column->bytes + column->n_bytes, text.data, text.len);
    column->n_bytes += text.len;
    weir__text_bytes_end(column, i);
    return WEIR_OK;
}

/* Base64 into binary and fixed binary columns. */
static int put_base64(struct weir__text_column *column, int64_t i, struct weir__str text,
                      struct weir_error *err)
{
    AUTO(buf) struct weir__buf decoded = weir__buf_make(column->env, INT32_MAX);
    int status = weir__base64_decode(text, &decoded, NULL);
    if (status == WEIR_NO_MEMORY)
        return weir__fail_memory(err, text.len);
    if (status)
        return WEIR__TEXT_MISFIT;
    if (column->type.kind == WEIR__KIND_FIXED_BINARY) {
        if (decoded.len != (size_t)column->type.width_bytes)
            return WEIR__TEXT_MISFIT;
        if (decoded.len)
            store(column, i, decoded.data, decoded.len);
        return WEIR_OK;
    }
    return weir__text_put_bytes(column, i,
                                (struct weir__str){(const char *)decoded.data, decoded.len}, err);
}

static struct weir__str trimmed(struct weir__str text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (struct weir__str){text.data + 1, text.len - 1};
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

int weir__text_put(struct weir__text_column *column, int64_t i, struct weir__str text,
                   struct weir_error *err)
{
    TRY(weir__text_slot(column, i, err));
    switch (column->type.kind) {
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_STRING:
        return weir__text_put_bytes(column, i, text, err);
    case WEIR__KIND_BINARY:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_FIXED_BINARY:
        return put_base64(column, i, text, err);
    default:
        text = trimmed(text);
        return text.len > 0 && put_fixed(column, i, text) ? WEIR_OK : WEIR__TEXT_MISFIT;
    }
}

const char *weir__text_shown(struct weir__str text, char *out)
{
    size_t at = 0;
    size_t i = 0;
    while (i < text.len && at < 40) {
        size_t n = weir__utf8_char(text.data + i, text.len - i);
        unsigned char c = (unsigned char)text.data[i];
        if (n == 0 || (n == 1 && (c < 0x20 || c == 0x7f))) {
            out[at++] = '?';
            i++;
            continue;
        }
        memcpy(out + at, text.data + i, n);
        at += n;
        i += n;
    }
    memcpy(out + at, "...", 4);
    if (i == text.len)
        out[at] = '\0';
    return out;
}

int weir__text_fail_misfit(const struct weir__text_column *column, const char *name, int64_t row,
                           struct weir__str text, struct weir_error *err)
{
    char path[256], words[128], shown[64];
    weir__text_column_path(column, path, sizeof path);
    weir__type_describe(&column->type, words);
    const char *article = strchr("aeiou", words[0]) && words[1] != 'i' ? "an" : "a";
    bool is_quoted =
        text.len > 0 && (text.data[0] == '"' || text.data[0] == '{' || text.data[0] == '[');
    return weir__fail(err, WEIR_INVALID,
                      is_quoted ? "%s: row %" PRId64 ": column %s: %s is not %s %s"
                                : "%s: row %" PRId64 ": column %s: \"%s\" is not %s %s",
                      name, row, path, weir__text_shown(text, shown), article, words);
}
