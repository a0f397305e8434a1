/* test_bytes.c: growable buffers and the bounded cursor. */
#include "support/support.h"

static void buf_refuses_to_grow_past_its_maximum(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 8);
    assert_ok(weir__buf_append(&buf, "12345678", 8, &test_last_error));
    assert_int_equal(weir__buf_byte(&buf, '9', &test_last_error), WEIR_INVALID);
    assert_int_equal(buf.len, 8);
    weir__buf_dispose(&buf);
    test_env_check_leaks(&t);
}

static void cursor_consumes_nothing_when_bytes_are_missing(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 3};
    struct weir__cursor c = weir__cursor_make(bytes, sizeof bytes);
    uint32_t word;
    assert_false(weir__cursor_u32le(&c, &word));
    assert_int_equal(weir__cursor_left(&c), 3);
}

static void uvarint_refuses_more_than_64_bits(void **state)
{
    (void)state;
    const uint8_t most[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    const uint8_t over[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    uint64_t value = 0;
    struct weir__cursor c = weir__cursor_make(most, sizeof most);
    assert_true(weir__cursor_uvarint(&c, &value));
    assert_true(value == UINT64_MAX);
    c = weir__cursor_make(over, sizeof over);
    assert_false(weir__cursor_uvarint(&c, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_refuses_to_grow_past_its_maximum),
        cmocka_unit_test(cursor_consumes_nothing_when_bytes_are_missing),
        cmocka_unit_test(uvarint_refuses_more_than_64_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
