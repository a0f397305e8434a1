/* test_utf8.c: the scalar walk against the definition, and the vector form against the scalar. */
#include "support/support.h"

#include <stdlib.h>

/* The definition: decode, then ask whether the shortest encoding of a scalar value is the same. */
static bool is_utf8_by_definition(const uint8_t *at, size_t n)
{
    while (n > 0) {
        uint32_t value = at[0];
        size_t len = 1;
        if (at[0] >= 0xf0 && at[0] <= 0xf7) {
            len = 4;
            value &= 7;
        } else if (at[0] >= 0xe0 && at[0] <= 0xef) {
            len = 3;
            value &= 15;
        } else if (at[0] >= 0xc0 && at[0] <= 0xdf) {
            len = 2;
            value &= 31;
        } else if (at[0] >= 0x80) {
            return false;
        }
        if (len > n)
            return false;
        for (size_t i = 1; i < len; i++) {
            if ((at[i] & 0xc0) != 0x80)
                return false;
            value = value << 6 | (at[i] & 63);
        }
        static const uint32_t lowest[5] = {0, 0, 0x80, 0x800, 0x10000};
        if (value < lowest[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return false;
        at += len;
        n -= len;
    }
    return true;
}

static void utf8_scalar_agrees_with_the_definition_on_every_short_text(void **state)
{
    (void)state;
    /* All of three bytes; of four only where the first begins a longer character. */
    for (uint32_t word = 0; word < 1u << 24; word += word < 0x800000 ? 257 : 1) {
        const uint8_t bytes[3] = {(uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
        if (weir__utf8_valid_scalar(bytes, 3) != is_utf8_by_definition(bytes, 3))
            fail_msg("%02x %02x %02x", bytes[0], bytes[1], bytes[2]);
    }
    for (uint32_t word = 0xe07f7f00u; word < 0xf6000000u; word += 251) {
        const uint8_t bytes[4] = {(uint8_t)(word >> 24), (uint8_t)(word >> 16),
                                  (uint8_t)(word >> 8), (uint8_t)word};
        if (weir__utf8_valid_scalar(bytes, 4) != is_utf8_by_definition(bytes, 4))
            fail_msg("%02x %02x %02x %02x", bytes[0], bytes[1], bytes[2], bytes[3]);
    }
}

static uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return weir__hash_u64(*state);
}

/* Mostly valid text of characters of all lengths. */
static size_t text_fill(uint8_t *out, size_t cap, uint64_t *seed)
{
    static const char *const pieces[] = {"a",
                                         "plain ascii, quite some of it",
                                         "\xc3\xa9",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xe2\x82\xac",
                                         "\xed\x9f\xbf",
                                         "\xee\x80\x80",
                                         "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80",
                                         "\xf4\x8f\xbf\xbf"};
    size_t n = 0;
    while (n < cap) {
        const char *piece = pieces[random_next(seed) % COUNT_OF(pieces)];
        size_t len = strlen(piece);
        if (n + len > cap) {
            out[n++] = 'x';
            continue;
        }
        memcpy(out + n, piece, len);
        n += len;
    }
    return n;
}

static void check_both(const uint8_t *bytes, size_t n)
{
    /* A block of exactly n bytes, so that the address sanitizer sees a read past the end. */
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    bool expected = is_utf8_by_definition(copy, n);
    if (weir__utf8_valid(copy, n) != expected || weir__utf8_valid_scalar(copy, n) != expected)
        fail_msg("disagreement on %zu bytes", n);
    free(copy);
}

static void utf8_vector_agrees_with_scalar_on_damaged_text(void **state)
{
    (void)state;
    static const uint8_t bad[] = {0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xe0,
                                  0xed, 0xf0, 0xf4, 0xf5, 0xff, 0x00};
    uint64_t seed = 11;
    for (int i = 0; i < 60000; i++) {
        uint8_t bytes[200];
        size_t n = text_fill(bytes, random_next(&seed) % sizeof bytes, &seed);
        check_both(bytes, n);
        if (n == 0)
            continue;
        size_t at = random_next(&seed) % n;
        bytes[at] = i % 2 ? bad[random_next(&seed) % COUNT_OF(bad)] : (uint8_t)random_next(&seed);
        check_both(bytes, n);
        check_both(bytes, random_next(&seed) % n); /* cut off anywhere */
    }
}

static void utf8_vector_sees_damage_at_every_place_of_a_block(void **state)
{
    (void)state;
    static const char *const damage[] = {
        "\x80",     "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",     "\xed\xa0\x80",
        "\xc0\x80", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"};
    for (size_t i = 0; i < COUNT_OF(damage); i++) {
        size_t len = strlen(damage[i]);
        for (size_t at = 0; at + len <= 100; at++) {
            uint8_t bytes[100];
            memset(bytes, 'a', sizeof bytes);
            memcpy(bytes + at, damage[i], len);
            assert_false(weir__utf8_valid(bytes, sizeof bytes));
            check_both(bytes, at + len);
        }
    }
}

static void utf8_takes_nothing_and_plain_ascii(void **state)
{
    (void)state;
    assert_true(weir__utf8_valid(NULL, 0));
    assert_true(weir__utf8_valid("", 0));
    char text[4096];
    memset(text, 0x7f, sizeof text);
    assert_true(weir__utf8_valid(text, sizeof text));
    text[4095] = (char)0xc3;
    assert_false(weir__utf8_valid(text, sizeof text));
}

static void utf8_char_measures_one_character(void **state)
{
    (void)state;
    assert_int_equal(weir__utf8_char("a\xff", 2), 1);
    assert_int_equal(weir__utf8_char("\xe2\x82\xac!", 4), 3);
    assert_int_equal(weir__utf8_char("\xe2\x82\xac", 2), 0);
    assert_int_equal(weir__utf8_char("\xf0\x9f\x98\x80", 4), 4);
    assert_int_equal(weir__utf8_char("", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_scalar_agrees_with_the_definition_on_every_short_text),
        cmocka_unit_test(utf8_vector_agrees_with_scalar_on_damaged_text),
        cmocka_unit_test(utf8_vector_sees_damage_at_every_place_of_a_block),
        cmocka_unit_test(utf8_takes_nothing_and_plain_ascii),
        cmocka_unit_test(utf8_char_measures_one_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
