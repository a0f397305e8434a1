/* text_big.c: the one question about a decimal number that needs exact arithmetic: on which side of
 * the middle between two doubles is it?
 *
 * Both sides are multiplied by powers of two and five until they are whole numbers, and compared.
 * Asked only for numbers of more than 19 digits that lie within one part in 10^18 of a middle. */
#include "base/text_float.h"

#include "base/macros.h"

/* No double and no middle of two has more significant digits than 768: what follows them can only
 * say "a little more", as one final 1 does. */
#define DIGITS_MAX 768

/* The longest product: 769 digits (2555 bits) times two to the 1075, or a 54-bit middle times ten
 * to the 1112 (3695 bits). */
#define BIG_LIMBS 80

struct big {
    uint64_t limbs[BIG_LIMBS]; /* little end first */
    size_t n;
};

static void big_push(struct big *b, uint64_t limb)
{
    if (limb == 0)
        return;
    ASSERT(b->n < BIG_LIMBS);
    b->limbs[b->n++] = limb;
}

static void big_multiply_add(struct big *b, uint64_t factor, uint64_t addend)
{
    uint64_t carry = addend;
    for (size_t i = 0; i < b->n; i++) {
        unsigned __int128 product = (unsigned __int128)b->limbs[i] * factor + carry;
        b->limbs[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    big_push(b, carry);
}

static void big_multiply_power5(struct big *b, int64_t power)
{
    const uint64_t five_to_27 = UINT64_C(7450580596923828125);
    for (; power >= 27; power -= 27)
        big_multiply_add(b, five_to_27, 0);
    for (; power > 0; power--)
        big_multiply_add(b, 5, 0);
}

static void big_shift_left(struct big *b, int64_t n_bits)
{
    for (; n_bits >= 32; n_bits -= 32)
        big_multiply_add(b, UINT64_C(1) << 32, 0);
    if (n_bits > 0)
        big_multiply_add(b, UINT64_C(1) << n_bits, 0);
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;) {
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    }
    return 0;
}

/* All significant digits as one whole number; returns its exponent of ten. */
static int64_t digits_load(const struct weir__decimal *d, struct big *out)
{
    int64_t n_taken = 0;
    int64_t n_dropped = 0; /* before the point: each is a factor of ten */
    int64_t n_fraction = 0;
    bool is_fraction = false;
    bool has_more = false;
    for (size_t i = 0; i < d->text.len; i++) {
        char c = d->text.data[i];
        if (c == '.') {
            is_fraction = true;
        } else if (n_taken < DIGITS_MAX) {
            big_multiply_add(out, 10, (uint64_t)(c - '0'));
            n_taken += out->n > 0; /* leading zeros do not count */
            n_fraction += is_fraction;
        } else {
            has_more |= c != '0';
            n_dropped += !is_fraction;
        }
    }
    int64_t exponent = n_dropped - n_fraction;
    if (has_more) {
        big_multiply_add(out, 10, 1);
        exponent--;
    }
    return exponent;
}

int weir__decimal_against_half(const struct weir__decimal *d, double low)
{
    uint64_t bits;
    memcpy(&bits, &low, sizeof bits);
    int64_t biased = (int64_t)(bits >> 52 & 0x7ff);
    uint64_t significand = bits & ((UINT64_C(1) << 52) - 1);
    if (biased)
        significand |= UINT64_C(1) << 52;
    int64_t power2 = (biased ? biased : 1) - 1075 - 1; /* of the middle, one bit finer */

    struct big number = {.n = 0};
    struct big middle = {.n = 0};
    int64_t power10 = digits_load(d, &number) + d->suffix;
    big_push(&middle, 2 * significand + 1);
    if (power10 >= 0) {
        big_multiply_power5(&number, power10);
    } else {
        big_multiply_power5(&middle, -power10);
    }
    int64_t shift = power10 - power2; /* two-powers that `number` has more than `middle` */
    if (shift >= 0) {
        big_shift_left(&number, shift);
    } else {
        big_shift_left(&middle, -shift);
    }
    return big_compare(&number, &middle);
}
