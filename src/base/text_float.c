/* text_float.c: floating point to and from text, correctly rounded and free of the locale.
 *
 * Most numbers in real data have at most 15 digits and a small exponent: one exact integer and one
 * exact power of ten give the right answer with a single rounding (Clinger). */
#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Numbers with more digits than any exact decimal form of a double are refused. */
#define NUMBER_TEXT_MAX 1200

struct decimal {
    uint64_t digits; /* the first 19 significant ones */
    int64_t exponent;
    bool is_negative;
    bool is_cut; /* there were more than 19 */
};

static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

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
    if (word_is(at, end, "nan")) {
        *out = is_negative ? -(double)NAN : (double)NAN;
        return true;
    }
    if (word_is(at, end, "inf") || word_is(at, end, "infinity")) {
        *out = is_negative ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    return false;
}

/* Add the digits at `at` to d; each counts `step` in the exponent when it no longer fits. */
static const char *digits_read(const char *at, const char *end, bool is_fraction, struct decimal *d)
{
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (d->digits < UINT64_C(1000000000000000000)) {
            d->digits = d->digits * 10 + digit;
            d->exponent -= is_fraction;
        } else {
            d->is_cut |= digit != 0;
            d->exponent += !is_fraction;
        }
    }
    return at;
}

/* "e+12" at the end of a number. */
static bool exponent_read(const char *at, const char *end, struct decimal *d)
{
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
        if (*at < '0' || *at > '9')
            return false;
        if (value < 100000)
            value = value * 10 + (*at - '0');
    }
    d->exponent += is_negative ? -value : value;
    return true;
}

static bool decimal_read(const char *at, const char *end, struct decimal *d)
{
    const char *start = at;
    at = digits_read(at, end, false, d);
    int64_t n_digits = at - start;
    if (at < end && *at == '.') {
        start = ++at;
        at = digits_read(at, end, true, d);
        n_digits += at - start;
    }
    return n_digits > 0 && exponent_read(at, end, d);
}

static bool slow_parse(struct weir__str text, double *out)
{
    char copy[NUMBER_TEXT_MAX + 1];
    if (text.len > NUMBER_TEXT_MAX)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return false;
    char *end;
    *out = strtod_l(copy, &end, plain);
    freelocale(plain);
    return *end == '\0';
}

bool weir__parse_f64(struct weir__str text, double *out)
{
    if (text.len == 0)
        return false;
    const char *at = text.data;
    const char *end = text.data + text.len;
    struct decimal d = {.is_negative = *at == '-'};
    at += *at == '-' || *at == '+';
    if (at == end)
        return false;
    if (!decimal_read(at, end, &d))
        return special_parse(at, end, d.is_negative, out);
    if (!d.is_cut && d.digits <= UINT64_C(1) << 53 && d.exponent >= -22 && d.exponent <= 22) {
        double value = (double)d.digits;
        if (d.exponent < 0)
            value /= exact_powers[-d.exponent];
        else
            value *= exact_powers[d.exponent];
        *out = d.is_negative ? -value : value;
        return true;
    }
    return slow_parse(text, out);
}

/* NaN and the infinities; 0: an ordinary number. */
static size_t special_format(double value, char *out)
{
    const char *word = NULL;
    if (isnan(value))
        word = "NaN";
    else if (isinf(value))
        word = value < 0 ? "-inf" : "inf";
    if (!word)
        return 0;
    memcpy(out, word, strlen(word));
    return strlen(word);
}

size_t weir__format_f64(double value, char out[WEIR__F64_TEXT_BYTES])
{
    size_t n = special_format(value, out);
    for (int precision = 15; n == 0; precision++) {
        char text[WEIR__F64_TEXT_BYTES];
        int len = snprintf(text, sizeof text, "%.*g", precision, value);
        for (int i = 0; i < len; i++) {
            if (text[i] == ',')
                text[i] = '.';
        }
        double back = 0;
        if (precision == 17 || (weir__parse_f64((struct weir__str){text, (size_t)len}, &back) &&
                                back >= value && back <= value)) {
            n = (size_t)len;
            memcpy(out, text, n);
        }
    }
    return n;
}

size_t weir__format_f32(float value, char out[WEIR__F64_TEXT_BYTES])
{
    size_t n = special_format((double)value, out);
    for (int precision = 6; n == 0; precision++) {
        char text[WEIR__F64_TEXT_BYTES];
        int len = snprintf(text, sizeof text, "%.*g", precision, (double)value);
        for (int i = 0; i < len; i++) {
            if (text[i] == ',')
                text[i] = '.';
        }
        double back = 0;
        if (precision == 9 || (weir__parse_f64((struct weir__str){text, (size_t)len}, &back) &&
                               (float)back >= value && (float)back <= value)) {
            n = (size_t)len;
            memcpy(out, text, n);
        }
    }
    return n;
}
