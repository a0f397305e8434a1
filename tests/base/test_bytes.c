/* test_bytes.c: text views, growable buffers, the bounded cursor, bitmaps. */
#include "support/support.h"

#include <stdlib.h>

static void str_compares_bytes_as_unsigned(void **state)
{
    (void)state;
    assert_true(weir__str_compare(weir__str_of("a"), weir__str_of("b")) < 0);
    assert_true(weir__str_compare(weir__str_of("\x7f"), weir__str_of("\x80")) < 0);
    assert_true(weir__str_compare(weir__str_of("ab"), weir__str_of("a")) > 0);
    assert_true(weir__str_compare(STR_NULL, weir__str_of("a")) < 0);
    assert_int_equal(weir__str_compare(STR_NULL, weir__str_of("")), 0);
    assert_true(weir__str_eq(STR_NULL, weir__str_of("")));
    assert_true(weir__str_is(weir__str_of("abc"), "abc"));
    assert_false(weir__str_is(weir__str_of("abc"), "abcd"));
}

static void str_knows_beginnings_and_ends(void **state)
{
    (void)state;
    struct weir__str text = weir__str_of("part=value");
    assert_true(weir__str_starts(text, weir__str_of("part=")));
    assert_true(weir__str_starts(text, text));
    assert_true(weir__str_starts(text, STR_NULL));
    assert_false(weir__str_starts(text, weir__str_of("part=value!")));
    assert_true(weir__str_ends(text, weir__str_of("=value")));
    assert_true(weir__str_ends(text, text));
    assert_false(weir__str_ends(text, weir__str_of("!part=value")));
    assert_false(weir__str_ends(text, weir__str_of("valuE")));
}

static void buf_refuses_to_grow_past_its_maximum(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 8);
    assert_ok(weir__buf_append(&buf, "12345678", 8, &test_last_error));
    assert_int_equal(weir__buf_byte(&buf, '9', &test_last_error), WEIR_INVALID);
    assert_int_equal(weir__buf_reserve(&buf, SIZE_MAX, NULL), WEIR_INVALID);
    assert_int_equal(buf.len, 8);
    weir__buf_dispose(&buf);
    test_env_check_leaks(&t);
}

static void buf_keeps_what_it_holds_when_memory_runs_out(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 1 << 20);
    assert_ok(weir__buf_append_text(&buf, "kept", &test_last_error));
    t.n_allocations = 0;
    t.fail_allocation_at = 1;
    char big[500] = {0};
    assert_int_equal(weir__buf_append(&buf, big, sizeof big, NULL), WEIR_NO_MEMORY);
    assert_int_equal(buf.len, 4);
    assert_memory_equal(buf.data, "kept", 4);
    weir__buf_dispose(&buf);
    test_env_check_leaks(&t);
}

static void buf_prints_and_hands_its_block_over(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 1000);
    for (int i = 0; i < 100; i++)
        assert_ok(weir__buf_printf(&buf, &test_last_error, "%d,", i));
    const char *text = NULL;
    assert_ok(weir__buf_text(&buf, &text, &test_last_error));
    assert_int_equal(strlen(text), buf.len);
    assert_int_equal(strncmp(text, "0,1,2,3,", 8), 0);
    uint8_t *block = weir__buf_take(&buf);
    assert_int_equal(buf.len, 0);
    assert_null(buf.data);
    assert_int_equal(t.live_blocks, 1);
    weir__free(&t.env, block);
    weir__buf_dispose(&buf);
    test_env_check_leaks(&t);
}

static void cursor_consumes_nothing_when_bytes_are_missing(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
    const uint8_t *taken;
    uint16_t half;
    uint32_t word;
    uint64_t wide;
    struct weir__cursor c = weir__cursor_make(bytes, 3);
    assert_false(weir__cursor_u32le(&c, &word));
    assert_false(weir__cursor_u32be(&c, &word));
    assert_false(weir__cursor_take(&c, 4, &taken));
    assert_false(weir__cursor_take(&c, SIZE_MAX, &taken));
    assert_int_equal(weir__cursor_left(&c), 3);
    c = weir__cursor_make(bytes, 7);
    assert_false(weir__cursor_u64le(&c, &wide));
    assert_true(weir__cursor_u32be(&c, &word));
    assert_int_equal(word, 0x01020304);
    assert_true(weir__cursor_u16le(&c, &half));
    assert_int_equal(half, 0x0605);
    assert_false(weir__cursor_u16le(&c, &half));
    uint8_t byte;
    assert_true(weir__cursor_u8(&c, &byte));
    assert_int_equal(byte, 7);
    assert_false(weir__cursor_u8(&c, &byte));
    c = weir__cursor_make(NULL, 0);
    assert_false(weir__cursor_u8(&c, &byte));
}

static void uvarint_refuses_more_than_64_bits(void **state)
{
    (void)state;
    const uint8_t most[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    const uint8_t over[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    const uint8_t lengthy[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
    uint64_t value = 0;
    struct weir__cursor c = weir__cursor_make(most, sizeof most);
    assert_true(weir__cursor_uvarint(&c, &value));
    assert_true(value == UINT64_MAX);
    c = weir__cursor_make(over, sizeof over);
    assert_false(weir__cursor_uvarint(&c, &value));
    c = weir__cursor_make(lengthy, sizeof lengthy);
    assert_false(weir__cursor_uvarint(&c, &value));
    c = weir__cursor_make(most, 9); /* cut off */
    assert_false(weir__cursor_uvarint(&c, &value));
    assert_int_equal(weir__cursor_left(&c), 9);
}

static void bits_are_counted_over_any_range(void **state)
{
    (void)state;
    enum { N_BITS = 300 };
    uint8_t *bits = calloc(1, (N_BITS + 7) / 8); /* exact, for the address sanitizer */
    assert_non_null(bits);
    for (int64_t i = 0; i < N_BITS; i++) {
        if (weir__hash_u64((uint64_t)i) & 1)
            weir__bit_set(bits, i);
    }
    for (int64_t offset = 0; offset < N_BITS; offset += 7) {
        int64_t expected = 0;
        for (int64_t n = 0; offset + n <= N_BITS; n++) {
            assert_true(weir__bits_count(bits, offset, n) == expected);
            if (offset + n < N_BITS)
                expected += weir__bit_get(bits, offset + n);
        }
    }
    weir__bit_set(bits, 9);
    weir__bit_clear(bits, 9);
    assert_false(weir__bit_get(bits, 9));
    free(bits);
}

static void alloc_checks_products_and_reports_the_size(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir_error err = WEIR_ERROR_INIT;
    assert_null(weir__alloc_zero(&t.env, SIZE_MAX / 2, 3, &err));
    assert_int_equal(err.code, WEIR_NO_MEMORY);
    t.fail_allocation_at = 1;
    assert_null(weir__alloc(&t.env, 12345, &err));
    assert_non_null(strstr(err.message, "12345"));
    t.fail_allocation_at = 0;
    void *nothing = weir__alloc(&t.env, 0, &err);
    assert_non_null(nothing);
    weir__free(&t.env, nothing);
    weir__free(&t.env, NULL);
    char *copy = weir__strndup(&t.env, "abcdef", 3, &err);
    assert_string_equal(copy, "abc");
    weir__free(&t.env, copy);
    test_env_check_leaks(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_compares_bytes_as_unsigned),
        cmocka_unit_test(str_knows_beginnings_and_ends),
        cmocka_unit_test(buf_refuses_to_grow_past_its_maximum),
        cmocka_unit_test(buf_keeps_what_it_holds_when_memory_runs_out),
        cmocka_unit_test(buf_prints_and_hands_its_block_over),
        cmocka_unit_test(cursor_consumes_nothing_when_bytes_are_missing),
        cmocka_unit_test(uvarint_refuses_more_than_64_bits),
        cmocka_unit_test(bits_are_counted_over_any_range),
        cmocka_unit_test(alloc_checks_products_and_reports_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
