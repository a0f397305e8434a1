/* text_shortest.c: floating point to the shortest text that reads back equal.
 *
 * Raffaele Giulietti, "The Schubfach way to render doubles" (2020): among the decimals of one
 * digit fewer there is at most one inside the interval that rounds to the number; three products
 * with a power of ten, kept with one sticky bit ("round to odd"), are all that is needed to find
 * it.
 *
 * The form is that of spec/spool.md: plain for decimal exponents -4..20, else d.ddde+XX. */
#include "base/text.h"

#include "base/text_powers.h"

#include <math.h>

struct shortest {
    uint64_t digits;
    int32_t exponent; /* of ten */
};

static int32_t floor_log2_pow10(int32_t power)
{
    return (power * 1741647) >> 19;
}

/* 10^k as a significand of 128 bits, rounded up where it is not exact. */
static unsigned __int128 power10_up(int32_t k)
{
    const uint64_t *five = weir__powers_of_five[k - WEIR__POWER_LOWEST];
    unsigned __int128 power = (unsigned __int128)five[0] << 64 | five[1];
    bool is_up = k >= -27 && k <= 55; /* exact, or rounded up already */
    return is_up ? power : power + 1;
}

static uint64_t product_round_to_odd(unsigned __int128 power, uint64_t value)
{
    uint64_t low = (uint64_t)(((unsigned __int128)(uint64_t)power * value) >> 64);
    unsigned __int128 high = (unsigned __int128)(uint64_t)(power >> 64) * value + low;
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The same for 32-bit floats: the upper half of the power is enough. */
static uint64_t product_round_to_odd32(uint64_t power, uint64_t value)
{
    unsigned __int128 product = (unsigned __int128)power * value;
    return (uint64_t)(product >> 64) | ((uint64_t)product >> 32 > 1);
}

/* low, mid and high are four times the interval's bounds and the number itself, in units of 10^k.
 */
static struct shortest shortest_within(uint64_t low, uint64_t mid, uint64_t high, bool is_even,
                                       int32_t k)
{
    uint64_t lower = low + !is_even;
    uint64_t upper = high - !is_even;
    uint64_t s = mid / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool below_fits = lower <= 40 * tens;
        bool above_fits = 40 * tens + 40 <= upper;
        if (below_fits != above_fits)
            return (struct shortest){tens + above_fits, k + 1};
    }
    bool below_fits = lower <= 4 * s;
    bool above_fits = 4 * s + 4 <= upper;
    if (below_fits != above_fits)
        return (struct shortest){s + above_fits, k};
    uint64_t half = 4 * s + 2;
    bool goes_up = mid > half || (mid == half && (s & 1));
    return (struct shortest){s + goes_up, k};
}

/* c x 2^q with the interval to its neighbours; the one below is nearer at a power of two. */
static struct shortest shortest_f64(uint64_t c, int32_t q, bool is_lower_near)
{
    int32_t k = (q * 1262611 - (is_lower_near ? 524031 : 0)) >> 22;
    int32_t h = q + floor_log2_pow10(-k) + 1;
    unsigned __int128 power = power10_up(-k);
    uint64_t low = product_round_to_odd(power, (4 * c - 2 + is_lower_near) << h);
    uint64_t mid = product_round_to_odd(power, (4 * c) << h);
    uint64_t high = product_round_to_odd(power, (4 * c + 2) << h);
    return shortest_within(low, mid, high, c % 2 == 0, k);
}

static struct shortest shortest_f32(uint64_t c, int32_t q, bool is_lower_near)
{
    int32_t k = (q * 1262611 - (is_lower_near ? 524031 : 0)) >> 22;
    int32_t h = q + floor_log2_pow10(-k) + 1;
    unsigned __int128 whole = power10_up(-k);
    uint64_t power = (uint64_t)(whole >> 64) + ((uint64_t)whole != 0);
    uint64_t low = product_round_to_odd32(power, (4 * c - 2 + is_lower_near) << h);
    uint64_t mid = product_round_to_odd32(power, (4 * c) << h);
    uint64_t high = product_round_to_odd32(power, (4 * c + 2) << h);
    return shortest_within(low, mid, high, c % 2 == 0, k);
}

static char *text_put(char *out, const char *text, size_t n)
{
    memcpy(out, text, n);
    return out + n;
}

static char *zeros_put(char *out, int32_t n)
{
    memset(out, '0', (size_t)n);
    return out + n;
}

static char *exponent_put(char *out, int32_t exponent)
{
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    uint64_t magnitude = (uint64_t)(exponent < 0 ? -exponent : exponent);
    if (magnitude < 10)
        *out++ = '0';
    return out + weir__format_u64(magnitude, out);
}

static char *decimal_put(char *out, struct shortest s)
{
    while (s.digits % 10 == 0) {
        s.digits /= 10;
        s.exponent++;
    }
    char digits[WEIR__I64_TEXT_BYTES];
    int32_t n = (int32_t)weir__format_u64(s.digits, digits);
    int32_t scientific = n - 1 + s.exponent;
    if (scientific < -4 || scientific > 20) {
        *out++ = digits[0];
        if (n > 1) {
            *out++ = '.';
            out = text_put(out, digits + 1, (size_t)n - 1);
        }
        return exponent_put(out, scientific);
    }
    if (s.exponent >= 0)
        return zeros_put(text_put(out, digits, (size_t)n), s.exponent);
    if (scientific < 0) {
        out = zeros_put(text_put(out, "0.", 2), -scientific - 1);
        return text_put(out, digits, (size_t)n);
    }
    out = text_put(out, digits, (size_t)scientific + 1);
    *out++ = '.';
    return text_put(out, digits + scientific + 1, (size_t)(n - scientific - 1));
}

/* Zero, NaN and the infinities; NULL: an ordinary number. */
static const char *special_name(double value)
{
    if (isnan(value))
        return "NaN";
    if (isinf(value))
        return value < 0 ? "-Inf" : "+Inf";
    if (fpclassify(value) == FP_ZERO)
        return signbit(value) ? "-0" : "0";
    return NULL;
}

size_t weir__format_f64(double value, char out[WEIR__F64_TEXT_BYTES])
{
    const char *name = special_name(value);
    if (name)
        return (size_t)(text_put(out, name, strlen(name)) - out);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t c = bits & ((UINT64_C(1) << 52) - 1);
    int32_t biased = (int32_t)(bits >> 52 & 0x7ff);
    bool is_lower_near = c == 0 && biased > 1;
    int32_t q = (biased ? biased : 1) - 1075;
    c |= (uint64_t)(biased != 0) << 52;

    char *at = out;
    if (bits >> 63)
        *at++ = '-';
    bool is_whole = q <= 0 && q > -53 && (c & ((UINT64_C(1) << -q) - 1)) == 0;
    struct shortest s = {0};
    if (is_whole) {
        s.digits = c >> -q;
    } else {
        s = shortest_f64(c, q, is_lower_near);
    }
    return (size_t)(decimal_put(at, s) - out);
}

size_t weir__format_f32(float value, char out[WEIR__F64_TEXT_BYTES])
{
    const char *name = special_name((double)value);
    if (name)
        return (size_t)(text_put(out, name, strlen(name)) - out);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t c = bits & ((UINT32_C(1) << 23) - 1);
    int32_t biased = (int32_t)(bits >> 23 & 0xff);
    bool is_lower_near = c == 0 && biased > 1;
    int32_t q = (biased ? biased : 1) - 150;
    c |= (uint32_t)(biased != 0) << 23;

    char *at = out;
    if (bits >> 31)
        *at++ = '-';
    bool is_whole = q <= 0 && q > -24 && (c & ((UINT32_C(1) << -q) - 1)) == 0;
    struct shortest s = {0};
    if (is_whole) {
        s.digits = c >> -q;
    } else {
        s = shortest_f32(c, q, is_lower_near);
    }
    return (size_t)(decimal_put(at, s) - out);
}
