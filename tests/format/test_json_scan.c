/* test_json_scan.c: the tokens of JSON, and its vector scans against their scalar twins. */
#include "support/support.h"

#include "format/json_quote.h"
#include "format/json_scan.h"

static void json_scan_agrees_with_its_scalar_twin(void **state)
{
    (void)state;
    uint64_t seed = 5;
    uint8_t data[16];
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof data; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            data[i] = (uint8_t)(seed >> 56);
            if (seed >> 40 & 1)
                data[i] = (uint8_t)("\"\\\x1f\x20\x7f\x80\xffz"[seed >> 50 & 7]);
        }
        assert_int_equal(weir__jscan_stops(data), weir__jscan_stops_scalar(data));
    }
}

/* Skip `text`, which a newline and padding follow; -1: refused, else the bytes left over. */
static int skip_left(const char *text)
{
    char line[256] = {0};
    size_t len = strlen(text);
    memcpy(line, text, len);
    line[len] = '\n';
    struct weir__jscan scan = {(const uint8_t *)line, NULL};
    if (!weir__jscan_skip(&scan, 0))
        return -1;
    return (int)((const uint8_t *)line + len - scan.at);
}

static void json_scan_accepts_the_grammar(void **state)
{
    (void)state;
    static const char *const good[] = {"0",
                                       "-0",
                                       "-1.5e+10",
                                       "1E5",
                                       "\"\"",
                                       "\"a\\\"b\"",
                                       "\"\\u0000\"",
                                       "true",
                                       "false",
                                       "null",
                                       "[]",
                                       "[ ]",
                                       "{}",
                                       "{ }",
                                       "[1, [2]]",
                                       "{\"a\" : {\"b\":[null]} , \"c\":\"\"}",
                                       "\"\\ud83d\\ude00\"",
                                       "1.0"};
    static const char *const bad[] = {
        "",          "-",           "01",           ".5",       "1.",         "1e",
        "1e+",       "tru",         "nul",          "\"",       "\"\\\"",     "\"\\z\"",
        "\"\\u12\"", "[",           "[1",           "[1,",      "[1,]",       "[,1]",
        "{",         "{\"a\"",      "{\"a\":",      "{\"a\":1", "{\"a\":1,}", "{1:2}",
        "\"\x01\"",  "\"\\ud83d\"", "\"\\ud83dx\"", "+1",       "Infinity",   "[1 2]"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (skip_left(good[i]) != 0)
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (skip_left(bad[i]) != -1)
            fail_msg("%s", bad[i]);
    }
}

static void json_scan_leaves_what_follows_a_value(void **state)
{
    (void)state;
    assert_int_equal(skip_left("1,2"), 2);
    assert_int_equal(skip_left("truex"), 1);
    assert_int_equal(skip_left("{}]"), 1);
}

static void json_quote_agrees_with_the_careful_one(void **state)
{
    (void)state;
    uint64_t seed = 9;
    struct weir__buf fast = weir__buf_make(weir_env_default(), 1 << 20);
    struct weir__buf slow = weir__buf_make(weir_env_default(), 1 << 20);
    for (size_t round = 0; round < 20000; round++) {
        char text[50];
        size_t len = round % sizeof text;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[i] = (char)(seed >> 56 & 0x7f);
            if (text[i] == 0x7f || (round % 3 == 0 && (text[i] < 0x20)))
                text[i] = 'x';
            if (round % 5 == 0 && i % 16 == 3 && i + 2 < len) {
                text[i++] = '\xc3';
                text[i] = round % 2 ? '\xa9' : 'z'; /* whole, or half of a character */
            }
        }
        weir__buf_clear(&fast);
        weir__buf_clear(&slow);
        assert_ok(weir__jquote(&fast, (struct weir__str){text, len}, &test_last_error));
        assert_ok(weir__json_quote(&slow, (struct weir__str){text, len}, &test_last_error));
        assert_int_equal(fast.len, slow.len);
        assert_memory_equal(fast.data, slow.data, slow.len);
    }
    weir__buf_dispose(&fast);
    weir__buf_dispose(&slow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_scan_agrees_with_its_scalar_twin),
        cmocka_unit_test(json_scan_accepts_the_grammar),
        cmocka_unit_test(json_scan_leaves_what_follows_a_value),
        cmocka_unit_test(json_quote_agrees_with_the_careful_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
