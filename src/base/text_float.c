/* text_float.c: floating point from text, correctly rounded and free of the locale.
 *
 * Three ways, each proved exact where it is taken: up to 15 digits or so with a small power of ten
 * need one rounding of two exact doubles (Clinger); nearly all others one product with a 128-bit
 * power of five (Eisel and Lemire, "Number parsing at a gigabyte per second", 2021); the rest,
 * longer than 19 digits and close to the middle of two doubles, compare exactly (text_big.c). */
#include "base/text_float.h"

#include "base/text.h"
#include "base/text_powers.h"

#include <math.h>

#define DIGITS_SAFE 19 /* as many always fit 64 bits */
#define EXPONENT_SUFFIX_MAX 100000

static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Reading the text */

static bool word_is(const char *at, const char *end, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(end - at) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((at[i] | 0x20) != word[i])
            return false;
    }
    return true;
}

static bool special_parse(const char *at, const char *end, bool is_negative, double *out)
{
    double value = 0;
    if (word_is(at, end, "nan")) {
        value = (double)NAN;
    } else if (word_is(at, end, "inf") || word_is(at, end, "infinity")) {
        value = (double)INFINITY;
    } else {
        return false;
    }
    *out = is_negative ? -value : value;
    return true;
}

static inline bool char_is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/* Append digits to *value, which wraps: the caller counts them. */
static inline const char *digits_run(const char *at, const char *end, uint64_t *value)
{
    for (; at < end && char_is_digit(*at); at++)
        *value = *value * 10 + (uint64_t)(*at - '0');
    return at;
}

/* "e+12" at the end of a number. */
static bool exponent_read(const char *at, const char *end, int64_t *out)
{
    *out = 0;
    if (at == end)
        return true;
    if ((*at | 0x20) != 'e')
        return false;
    at++;
    bool is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end)
        return false;
    int64_t value = 0;
    for (; at < end; at++) {
        if (!char_is_digit(*at))
            return false;
        if (value < EXPONENT_SUFFIX_MAX) /* far out of range already */
            value = value * 10 + (*at - '0');
    }
    *out = is_negative ? -value : value;
    return true;
}

/* Too many digits for one word: take the first 19 significant ones and note that there are more. */
static void digits_cut(struct weir__decimal *d)
{
    bool is_fraction = false;
    d->digits = 0;
    d->exponent = 0;
    for (size_t i = 0; i < d->text.len; i++) {
        char c = d->text.data[i];
        if (c == '.') {
            is_fraction = true;
        } else if (d->digits < UINT64_C(1000000000000000000)) {
            d->digits = d->digits * 10 + (uint64_t)(c - '0');
            d->exponent -= is_fraction;
        } else {
            d->is_cut |= c != '0';
            d->exponent += !is_fraction;
        }
    }
}

/* digits[.digits][e[sign]digits], at least one digit before or after the point. */
static bool decimal_read(const char *at, const char *end, struct weir__decimal *d)
{
    const char *start = at;
    at = digits_run(at, end, &d->digits);
    int64_t n_digits = at - start;
    if (at < end && *at == '.') {
        const char *point = at;
        at = digits_run(at + 1, end, &d->digits);
        d->exponent = point + 1 - at;
        n_digits += at - point - 1;
    }
    d->text = (struct weir__str){start, (size_t)(at - start)};
    if (n_digits == 0 || !exponent_read(at, end, &d->suffix))
        return false;
    if (n_digits > DIGITS_SAFE)
        digits_cut(d);
    d->exponent += d->suffix;
    return true;
}

/* Finding the nearest double */

static double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The top of `digits` (normalised) times 5^power: exact enough to round 55 bits of it. */
static unsigned __int128 product_of(uint64_t digits, int64_t power)
{
    const uint64_t *five = weir__powers_of_five[power - WEIR__POWER_LOWEST];
    unsigned __int128 product = (unsigned __int128)digits * five[0];
    if (((uint64_t)(product >> 64) & 0x1ff) == 0x1ff) /* a carry from below might reach us */
        product += (uint64_t)(((unsigned __int128)digits * five[1]) >> 64);
    return product;
}

/* Below the normal range: the exponent field is zero and bits fall off. */
static double subnormal_of(uint64_t significand, int64_t biased)
{
    if (1 - biased >= 64)
        return 0;
    significand >>= 1 - biased;
    significand += significand & 1;
    return double_of_bits(significand >> 1); /* a carry into bit 52 makes the lowest normal */
}

/* digits x 10^power, rounded to nearest even; the sign is the caller's. */
static double nearest_double(uint64_t digits, int64_t power)
{
    if (digits == 0 || power < WEIR__POWER_LOWEST)
        return 0;
    if (power > 308)
        return (double)INFINITY;
    int n_zeros = __builtin_clzll(digits);
    unsigned __int128 product = product_of(digits << n_zeros, power);
    uint64_t high = (uint64_t)(product >> 64);
    uint64_t low = (uint64_t)product;
    int top = (int)(high >> 63);
    uint64_t significand = high >> (top + 9); /* 54 bits: one to round by */
    int64_t biased = ((217706 * power) >> 16) + 63 + top - n_zeros + 1023;
    if (biased <= 0)
        return subnormal_of(significand, biased);
    /* Exactly in the middle, where only these powers can be: to even. */
    if (low <= 1 && power >= -4 && power <= 23 && (significand & 3) == 1 &&
        significand << (top + 9) == high)
        significand &= ~UINT64_C(1);
    significand += significand & 1;
    significand >>= 1;
    if (significand >= UINT64_C(2) << 52) {
        significand = UINT64_C(1) << 52;
        biased++;
    }
    if (biased >= 0x7ff)
        return (double)INFINITY;
    return double_of_bits((significand & ~(UINT64_C(1) << 52)) | (uint64_t)biased << 52);
}

/* The value is above digits and below digits + 1: when both round alike, that is it. */
static double nearest_of_cut(const struct weir__decimal *d)
{
    double low = nearest_double(d->digits, d->exponent);
    double high = nearest_double(d->digits + 1, d->exponent);
    uint64_t low_bits;
    memcpy(&low_bits, &low, sizeof low_bits);
    if (low >= high)
        return low;
    int side = weir__decimal_against_half(d, low);
    bool goes_up = side > 0 || (side == 0 && (low_bits & 1));
    return goes_up ? high : low;
}

static double magnitude_of(const struct weir__decimal *d)
{
    if (d->is_cut)
        return nearest_of_cut(d);
    if (d->digits <= UINT64_C(1) << 53 && d->exponent >= -22 && d->exponent <= 22) {
        double value = (double)d->digits;
        if (d->exponent < 0)
            return value / exact_powers[-d->exponent];
        return value * exact_powers[d->exponent];
    }
    return nearest_double(d->digits, d->exponent);
}

bool weir__parse_f64(struct weir__str text, double *out)
{
    if (text.len == 0)
        return false;
    const char *at = text.data;
    const char *end = text.data + text.len;
    struct weir__decimal d = {.is_negative = *at == '-'};
    at += *at == '-' || *at == '+';
    if (at == end)
        return false;
    if (!decimal_read(at, end, &d))
        return special_parse(at, end, d.is_negative, out);
    double magnitude = magnitude_of(&d);
    *out = d.is_negative ? -magnitude : magnitude;
    return true;
}
