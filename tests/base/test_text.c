/* test_text.c: numbers, sizes and base64 to and from text. */
#include "support/support.h"

#include "base/text_powers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return weir__hash_u64(*state);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void integers_read_back_at_every_length(void **state)
{
    (void)state;
    char text[WEIR__I64_TEXT_BYTES];
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        uint64_t value = random_next(&seed) >> (i % 64);
        uint64_t back = 0;
        size_t n = weir__format_u64(value, text);
        char expected[32];
        assert_int_equal(snprintf(expected, sizeof expected, "%llu", (unsigned long long)value), n);
        assert_memory_equal(text, expected, n);
        assert_true(weir__parse_u64((struct weir__str){text, n}, &back));
        assert_true(back == value);
        int64_t signed_value = (int64_t)value * (i % 2 ? -1 : 1);
        int64_t signed_back = 0;
        n = weir__format_i64(signed_value, text);
        assert_true(weir__parse_i64((struct weir__str){text, n}, &signed_back));
        assert_true(signed_back == signed_value);
    }
}

static void integers_stop_exactly_at_their_limits(void **state)
{
    (void)state;
    int64_t i = 0;
    uint64_t u = 0;
    assert_true(weir__parse_i64(weir__str_of("9223372036854775807"), &i));
    assert_true(i == INT64_MAX);
    assert_true(weir__parse_i64(weir__str_of("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_false(weir__parse_i64(weir__str_of("9223372036854775808"), &i));
    assert_false(weir__parse_i64(weir__str_of("-9223372036854775809"), &i));
    assert_true(weir__parse_u64(weir__str_of("+7"), &u) && u == 7);
    assert_true(weir__parse_u64(weir__str_of("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_false(weir__parse_u64(weir__str_of("18446744073709551616"), &u));
    assert_false(weir__parse_u64(weir__str_of("100000000000000000000"), &u));
    assert_true(weir__parse_i64(weir__str_of("00000000000000000000000000007"), &i));
    assert_int_equal(i, 7);
}

static void integers_refuse_what_is_no_number(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",    "-",    "+",   " 1",  "1 ",
                                        "1.0", "0x10", "--1", "+-1", "1e3"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int64_t value = 77;
        assert_false(weir__parse_i64(weir__str_of(wrong[i]), &value));
        assert_int_equal(value, 77);
    }
    uint64_t u;
    assert_false(weir__parse_u64(weir__str_of("-1"), &u));
    int64_t i;
    double f;
    int64_t ns;
    struct weir__timestamp stamp;
    assert_false(weir__parse_u64(STR_NULL, &u));
    assert_false(weir__parse_i64(STR_NULL, &i));
    assert_false(weir__parse_f64(STR_NULL, &f));
    assert_false(weir__rfc3339_parse(STR_NULL, &stamp));
    assert_false(weir__date_parse(STR_NULL, &i));
    assert_int_equal(weir__size_parse(STR_NULL, &u, NULL), WEIR_INVALID);
    assert_int_equal(weir__duration_parse(STR_NULL, &ns, NULL), WEIR_INVALID);
}

/* The C library of the test machine rounds correctly: an independent oracle. */
static void check_against_strtod(const char *text)
{
    double mine = 0;
    double other = strtod(text, NULL);
    if (!weir__parse_f64(weir__str_of(text), &mine))
        fail_msg("refused %s", text);
    if (bits_of(mine) != bits_of(other))
        fail_msg("%s: %a instead of %a", text, mine, other);
}

static void f64_rounds_as_strtod_for_random_digits(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 200000; i++) {
        char text[96];
        uint64_t digits = random_next(&seed) >> (random_next(&seed) % 64);
        int exponent = (int)(random_next(&seed) % 700) - 360;
        if (i % 3 == 0)
            exponent = (int)(random_next(&seed) % 50) - 25;
        (void)snprintf(text, sizeof text, "%s%llue%d", i % 2 ? "-" : "", (unsigned long long)digits,
                       exponent);
        check_against_strtod(text);
    }
}

static void f64_rounds_as_strtod_with_more_digits_than_fit_a_word(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        char text[900];
        size_t n = 0;
        size_t n_digits = 1 + random_next(&seed) % (i % 10 ? 60 : 800);
        size_t point = random_next(&seed) % (n_digits + 1);
        for (size_t k = 0; k < n_digits; k++) {
            if (k == point)
                text[n++] = '.';
            text[n++] = (char)('0' + (random_next(&seed) % 4 ? random_next(&seed) % 10 : 0));
        }
        (void)snprintf(text + n, sizeof text - n, "e%d", (int)(random_next(&seed) % 680) - 350);
        check_against_strtod(text);
    }
}

/* The exact decimal of the middle between two doubles, and the same a little above and below. */
static void f64_rounds_middles_to_even_and_their_neighbours_away(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int i = 0; i < 3000; i++) {
        uint64_t bits = random_next(&seed) & ~(UINT64_C(1) << 63);
        if (i % 5 == 0)
            bits &= (UINT64_C(1) << 52) - 1; /* subnormal */
        if (bits >= UINT64_C(0x7fe0000000000000))
            continue;
        /* long double has 64 bits of significand and room for the exponent: the middle is exact */
        long double middle = ((long double)double_of(bits) + (long double)double_of(bits + 1)) / 2;
        char text[1500];
        int n = snprintf(text, sizeof text, "%.1100Lf", middle);
        assert_true(n > 0 && (size_t)n < sizeof text);
        check_against_strtod(text);
        double got = 0;
        assert_true(weir__parse_f64(weir__str_of(text), &got));
        assert_int_equal(bits_of(got) & 1, 0);
        text[n - 1] = '1';
        assert_true(weir__parse_f64(weir__str_of(text), &got));
        assert_true(bits_of(got) == bits + 1);
        check_against_strtod(text);
    }
}

static void f64_reads_the_edges(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        ".5",
        "5.",
        "00012.50",
        "1e0",
        "1E+5",
        "1e-5",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "1e-400",
        "0e999999999999",
        "1e99999999999",
        "1e-99999999999",
        "9007199254740993",
        "9007199254740992.9999999999999",
        "9007199254740993.00000000000000000000001",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "0.1",
        "123456789012345678901234567890",
        "1e22",
        "1e23",
        "8.5e22",
        "3e-44",
        "0.000000000000000000000000000000000000000000000000000000000000000000001",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587"
        "207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845"
        "817711"
        "531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699"
        "508093"
        "042880",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        check_against_strtod(texts[i]);
}

static void f64_reads_names_of_infinity_and_nan(void **state)
{
    (void)state;
    double value = 0;
    assert_true(weir__parse_f64(weir__str_of("inf"), &value) && isinf(value) && value > 0);
    assert_true(weir__parse_f64(weir__str_of("-Infinity"), &value) && isinf(value) && value < 0);
    assert_true(weir__parse_f64(weir__str_of("+Inf"), &value) && isinf(value) && value > 0);
    assert_true(weir__parse_f64(weir__str_of("NaN"), &value) && isnan(value));
}

static void f64_refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",    "-",     ".",    "-.",  "e5",  "1e",
                                        "1e+", "1.2.3", "1,5",  "0x1", " 1",  "1 ",
                                        "in",  "infi",  "nano", "1f",  "--1", "1e5.0"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        double value = 7;
        if (weir__parse_f64(weir__str_of(wrong[i]), &value))
            fail_msg("took '%s' for %g", wrong[i], value);
        assert_true(value == 7);
    }
}

/* The shortest precision at which printf's correctly rounded text reads back equal. */
static int fewest_digits(double value)
{
    char text[64];
    for (int precision = 1; precision < 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (bits_of(strtod(text, NULL)) == bits_of(value))
            return precision;
    }
    return 17;
}

static int significant_digits(const char *text, size_t n)
{
    char digits[64];
    int count = 0;
    for (size_t i = 0; i < n && text[i] != 'e'; i++) {
        if (text[i] >= '0' && text[i] <= '9' && (count || text[i] != '0'))
            digits[count++] = text[i];
    }
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

static void check_shortest(double value)
{
    char text[WEIR__F64_TEXT_BYTES];
    size_t n = weir__format_f64(value, text);
    double back = 0;
    assert_in_range(n, 1, WEIR__F64_TEXT_BYTES);
    assert_true(weir__parse_f64((struct weir__str){text, n}, &back));
    if (bits_of(back) != bits_of(value))
        fail_msg("%a written as %.*s reads back as %a", value, (int)n, text, back);
    if (significant_digits(text, n) > fewest_digits(value))
        fail_msg("%.17g written as %.*s", value, (int)n, text);
}

static void f64_text_is_shortest_and_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 60000; i++) {
        uint64_t bits = random_next(&seed);
        if ((bits >> 52 & 0x7ff) == 0x7ff)
            continue;
        check_shortest(double_of(bits));
        check_shortest((double)(bits >> (i % 64)) / 1000.0);
    }
    for (uint64_t exponent = 0; exponent < 0x7ff; exponent++) { /* all powers of two, and beside */
        for (uint64_t k = 0; k < 3; k++)
            check_shortest(double_of((exponent << 52) + k + (exponent == 0)));
        if (exponent)
            check_shortest(double_of((exponent << 52) - 1));
    }
}

static void f32_text_is_shortest_and_reads_back(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < UINT64_C(0x7f800000); i += 10007) {
        uint32_t bits = (uint32_t)i;
        float value;
        memcpy(&value, &bits, sizeof value);
        char text[WEIR__F64_TEXT_BYTES];
        size_t n = weir__format_f32(value, text);
        char copy[WEIR__F64_TEXT_BYTES + 1] = {0};
        memcpy(copy, text, n);
        float back = strtof(copy, NULL);
        assert_memory_equal(&back, &value, sizeof value);
        for (int precision = 1; precision < significant_digits(text, n); precision++) {
            (void)snprintf(copy, sizeof copy, "%.*e", precision - 1, (double)value);
            back = strtof(copy, NULL);
            if (memcmp(&back, &value, sizeof value) == 0)
                fail_msg("%.9g written as %.*s", (double)value, (int)n, text);
        }
    }
}

static void f64_text_has_the_documented_form(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {95.5, "95.5"},
        {100, "100"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1.5e21, "1.5e+21"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.25e-7, "1.25e-07"},
        {1e100, "1e+100"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740993.0, "9007199254740992"},
        {123456.789, "123456.789"},
        {2e-3, "0.002"},
        {0.3, "0.3"},
        {(double)INFINITY, "+Inf"},
        {-(double)INFINITY, "-Inf"},
        {(double)NAN, "NaN"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[WEIR__F64_TEXT_BYTES + 1] = {0};
        (void)weir__format_f64(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    char text[WEIR__F64_TEXT_BYTES + 1] = {0};
    (void)weir__format_f32(67.89f, text);
    assert_string_equal(text, "67.89");
    memset(text, 0, sizeof text);
    (void)weir__format_f32(-0.5f, text);
    assert_string_equal(text, "-0.5");
}

/* Every entry again, by long multiplication and division of whole numbers. */
static void powers_table_equals_exact_arithmetic(void **state)
{
    (void)state;
    /* 5^q for q >= 0, kept exactly in 800 bits. */
    uint32_t limbs[32] = {1};
    for (int q = 0; q <= WEIR__POWER_HIGHEST; q++) {
        int top = 31;
        while (limbs[top] == 0)
            top--;
        int bits = top * 32 + 32 - __builtin_clz(limbs[top]);
        unsigned __int128 cut = 0;
        for (int i = bits - 1; i >= bits - 128; i--)
            cut = cut << 1 | (i >= 0 ? limbs[i / 32] >> (i % 32) & 1 : 0);
        const uint64_t *entry = weir__powers_of_five[q - WEIR__POWER_LOWEST];
        assert_true((uint64_t)(cut >> 64) == entry[0] && (uint64_t)cut == entry[1]);
        uint64_t carry = 0;
        for (int i = 0; i < 32; i++) {
            carry += (uint64_t)limbs[i] * 5;
            limbs[i] = (uint32_t)carry;
            carry >>= 32;
        }
        assert_int_equal(carry, 0);
    }
}

/* 2^n / 5^-q by repeated division of a long binary fraction by five. */
static void powers_table_equals_exact_arithmetic_below_one(void **state)
{
    (void)state;
    static uint32_t words[64]; /* words[0] is the whole part, then 63 x 32 bits of fraction */
    memset(words, 0, sizeof words);
    words[0] = 1;
    for (int q = -1; q >= WEIR__POWER_LOWEST; q--) {
        uint64_t rest = 0;
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            rest = rest << 32 | words[i];
            words[i] = (uint32_t)(rest / 5);
            rest %= 5;
        }
        size_t first = 0;
        while (words[first] == 0)
            first++;
        size_t at = first * 32 + (size_t)__builtin_clz(words[first]);
        unsigned __int128 cut = 0;
        for (size_t i = at; i < at + 128; i++)
            cut = cut << 1 | (words[i / 32] >> (31 - i % 32) & 1);
        cut += q >= -27; /* rounded up there */
        const uint64_t *entry = weir__powers_of_five[q - WEIR__POWER_LOWEST];
        assert_true((uint64_t)(cut >> 64) == entry[0] && (uint64_t)cut == entry[1]);
    }
}

static void size_reads_binary_and_decimal_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"4096B", 4096},
        {"64MiB", 64u << 20},
        {"1GiB", 1u << 30},
        {"10MB", 10000000},
        {"1.5GiB", 1610612736},
        {"1k", 0},
        {"2 KiB", 2048},
        {"1TiB", UINT64_C(1) << 40},
        {"0.5KiB", 512},
        {"16777215TiB", UINT64_C(16777215) << 40},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t bytes = 0;
        if (strcmp(cases[i].text, "1k") == 0) {
            assert_int_equal(weir__size_parse(weir__str_of("1k"), &bytes, NULL), WEIR_INVALID);
            continue;
        }
        assert_ok(weir__size_parse(weir__str_of(cases[i].text), &bytes, &test_last_error));
        assert_true(bytes == cases[i].bytes);
    }
}

static void size_refuses_what_is_no_size(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "MiB",
                                        "-1",
                                        "1.",
                                        ".5MiB",
                                        "1  MiB",
                                        "1MiBs",
                                        "16777216TiB",
                                        "18446744073709551616",
                                        "1,5GiB",
                                        "1e3",
                                        "1.0000000000MiB",
                                        "99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint64_t bytes = 7;
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(weir__size_parse(weir__str_of(wrong[i]), &bytes, &err), WEIR_INVALID);
        assert_int_equal(err.code, WEIR_INVALID);
        assert_true(bytes == 7);
    }
}

static void base64_knows_the_examples_of_its_standard(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    struct test_env t;
    test_env_init(&t);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct weir__buf buf = weir__buf_make(&t.env, 64);
        const char *text = NULL;
        assert_ok(weir__base64_encode(pairs[i][0], strlen(pairs[i][0]), &buf, &test_last_error));
        assert_ok(weir__buf_text(&buf, &text, &test_last_error));
        assert_string_equal(text, pairs[i][1]);
        weir__buf_clear(&buf);
        assert_ok(weir__base64_decode(weir__str_of(pairs[i][1]), &buf, &test_last_error));
        assert_ok(weir__buf_text(&buf, &text, &test_last_error));
        assert_string_equal(text, pairs[i][0]);
        weir__buf_dispose(&buf);
    }
    test_env_check_leaks(&t);
}

static void base64_refuses_damage_and_leaves_the_buffer(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Zg=", "Z===", "====", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm9-"};
    struct test_env t;
    test_env_init(&t);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct weir__buf buf = weir__buf_make(&t.env, 64);
        assert_int_equal(weir__base64_decode(weir__str_of(wrong[i]), &buf, NULL), WEIR_INVALID);
        assert_int_equal(buf.len, 0);
        weir__buf_dispose(&buf);
    }
    test_env_check_leaks(&t);
}

static void base64_reads_back_every_byte(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf text = weir__buf_make(&t.env, 4096);
    struct weir__buf back = weir__buf_make(&t.env, 4096);
    for (size_t n = 0; n < 300; n++) {
        uint8_t bytes[300];
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(n % 2 ? i : weir__hash_u64(n * 1000 + i));
        weir__buf_clear(&text);
        weir__buf_clear(&back);
        assert_ok(weir__base64_encode(bytes, n, &text, &test_last_error));
        assert_int_equal(text.len, (n + 2) / 3 * 4);
        assert_ok(weir__base64_decode((struct weir__str){(const char *)text.data, text.len}, &back,
                                      &test_last_error));
        assert_int_equal(back.len, n);
        assert_memory_equal(back.data, bytes, n);
    }
    weir__buf_freep(&text);
    weir__buf_freep(&back);
    test_env_check_leaks(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_read_back_at_every_length),
        cmocka_unit_test(integers_stop_exactly_at_their_limits),
        cmocka_unit_test(integers_refuse_what_is_no_number),
        cmocka_unit_test(f64_rounds_as_strtod_for_random_digits),
        cmocka_unit_test(f64_rounds_as_strtod_with_more_digits_than_fit_a_word),
        cmocka_unit_test(f64_rounds_middles_to_even_and_their_neighbours_away),
        cmocka_unit_test(f64_reads_the_edges),
        cmocka_unit_test(f64_reads_names_of_infinity_and_nan),
        cmocka_unit_test(f64_refuses_what_is_no_number),
        cmocka_unit_test(f64_text_is_shortest_and_reads_back),
        cmocka_unit_test(f32_text_is_shortest_and_reads_back),
        cmocka_unit_test(f64_text_has_the_documented_form),
        cmocka_unit_test(powers_table_equals_exact_arithmetic),
        cmocka_unit_test(powers_table_equals_exact_arithmetic_below_one),
        cmocka_unit_test(size_reads_binary_and_decimal_units),
        cmocka_unit_test(size_refuses_what_is_no_size),
        cmocka_unit_test(base64_knows_the_examples_of_its_standard),
        cmocka_unit_test(base64_reads_back_every_byte),
        cmocka_unit_test(base64_refuses_damage_and_leaves_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
