/* test_json.c: small documents, and quoting. */
#include "support/support.h"

#include <stdlib.h>

static struct weir__json *parsed(const char *text)
{
    struct weir__json *root = NULL;
    assert_ok(weir__json_parse(weir__str_of(text), "doc", &root, &test_last_error));
    return root;
}

static void json_gives_each_kind_of_value(void **state)
{
    (void)state;
    struct weir__json *root =
        parsed("{\"s\": \"t\\u00e9\", \"i\": -9007199254740993, \"b\": true, \"f\": false, "
               "\"a\": [1, 2, 3], \"n\": null, \"d\": 1.5}");
    struct weir__str text;
    int64_t number = 0;
    bool flag = false;
    assert_true(weir__json_is_object(root));
    assert_int_equal(weir__json_count(root), 7);
    assert_true(weir__json_string(weir__json_member(root, "s"), &text));
    assert_true(weir__str_is(text, "t\xc3\xa9"));
    assert_true(weir__json_integer(weir__json_member(root, "i"), &number));
    assert_true(number == INT64_C(-9007199254740993));
    assert_true(weir__json_boolean(weir__json_member(root, "b"), &flag) && flag);
    assert_true(weir__json_boolean(weir__json_member(root, "f"), &flag) && !flag);
    const struct weir__json *array = weir__json_member(root, "a");
    assert_true(weir__json_is_array(array));
    assert_int_equal(weir__json_count(array), 3);
    assert_true(weir__json_integer(weir__json_at(array, 2), &number) && number == 3);
    assert_null(weir__json_at(array, 3));
    weir__json_free(root);
}

static void json_says_no_to_the_wrong_kind(void **state)
{
    (void)state;
    struct weir__json *root = parsed("{\"s\": \"1\", \"d\": 1.5, \"n\": null}");
    struct weir__str text;
    int64_t number = 7;
    bool flag = true;
    assert_false(weir__json_integer(weir__json_member(root, "s"), &number));
    assert_false(weir__json_integer(weir__json_member(root, "d"), &number));
    assert_false(weir__json_integer(weir__json_member(root, "none"), &number));
    assert_int_equal(number, 7);
    assert_false(weir__json_string(weir__json_member(root, "d"), &text));
    assert_false(weir__json_boolean(weir__json_member(root, "n"), &flag));
    assert_null(weir__json_member(weir__json_member(root, "s"), "x"));
    assert_null(weir__json_at(root, 0));
    assert_null(weir__json_member(NULL, "x"));
    assert_int_equal(weir__json_count(NULL), 0);
    assert_false(weir__json_is_array(root));
    weir__json_freep(&root);
    assert_null(root);
    weir__json_free(NULL);
}

static void json_refuses_broken_text_and_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"", "doc: line 1"},
        {"{\n  \"a\": 1,\n  \"a\": 2\n}", "doc: line 3, column 5: "},
        {"{\"a\": }", "doc: line 1, column 7: "},
        {"[1, 2", "doc: line 1"},
        {"[1] x", "doc: line 1, column 5: "},
        {"\"\xff\"", "doc: line 1"},
        {"\"a\\u0000b\"", "doc: line 1"},
        {"99999999999999999999", "doc: line 1"},
        {"{'a': 1}", "doc: line 1"},
        {"[\"a\nb\"]", "doc: line 1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct weir__json *root = NULL;
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(weir__json_parse(weir__str_of(cases[i].text), "doc", &root, &err),
                         WEIR_INVALID);
        assert_null(root);
        if (strncmp(err.message, cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("'%s' instead of '%s'", err.message, cases[i].place);
        assert_null(strchr(err.message, '\n'));
    }
}

static void json_refuses_depth_and_size_beyond_its_limits(void **state)
{
    (void)state;
    char text[200];
    struct weir__json *root = NULL;
    for (int depth = 63; depth <= 66; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        struct weir__str doc = {text, 2 * (size_t)depth};
        int status = weir__json_parse(doc, "doc", &root, NULL);
        assert_int_equal(status, depth <= 64 ? WEIR_OK : WEIR_INVALID);
        weir__json_freep(&root);
    }
    /* Brackets inside a string are text. */
    memset(text, '[', 100);
    text[0] = '"';
    memcpy(text + 90, "\\\"]\"", 5);
    assert_ok(weir__json_parse(weir__str_of(text), "doc", &root, &test_last_error));
    weir__json_freep(&root);

    size_t n = WEIR__JSON_MAX_BYTES + 1;
    char *big = malloc(n);
    assert_non_null(big);
    memset(big, ' ', n);
    big[0] = '1';
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__json_parse((struct weir__str){big, n}, "doc", &root, &err),
                     WEIR_INVALID);
    assert_ok(weir__json_parse((struct weir__str){big, n - 1}, "doc", &root, &test_last_error));
    weir__json_freep(&root);
    free(big);
}

static void json_quote_escapes_what_must_not_stand(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 1000);
    const char *text = NULL;
    static const char raw[] = "a\"b\\c\n\t\r\b\f\x01\x1f\x7f\xc3\xa9\xff\xe2\x82 z\0!";
    struct weir__str in = {raw, sizeof raw - 1};
    assert_ok(weir__json_quote(&buf, in, &test_last_error));
    assert_ok(weir__buf_text(&buf, &text, &test_last_error));
    assert_string_equal(
        text, "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\\u007f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"
              "\xef\xbf\xbd z\\u0000!\"");
    weir__buf_dispose(&buf);
    test_env_check_leaks(&t);
}

static void json_quote_leaves_the_buffer_alone_when_it_fails(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    for (size_t max = 2; max < 12; max++) {
        struct weir__buf buf = weir__buf_make(&t.env, max);
        assert_ok(weir__buf_append(&buf, "ab", 2, &test_last_error));
        assert_int_equal(weir__json_quote(&buf, weir__str_of("x\ny\xff\x02"), NULL), WEIR_INVALID);
        assert_int_equal(buf.len, 2);
        weir__buf_dispose(&buf);
    }
    test_env_check_leaks(&t);
}

static void json_quote_survives_the_failure_of_each_allocation(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    char text[400]; /* several sizes of the buffer, with all kinds of characters at its ends */
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "a\n\xff\x01"[i % 4];
    int status = WEIR_NO_MEMORY;
    for (int64_t n = 1; status != WEIR_OK; n++) {
        struct weir__buf buf = weir__buf_make(&t.env, 1 << 20);
        t.n_allocations = 0;
        t.fail_allocation_at = n;
        status = weir__json_quote(&buf, (struct weir__str){text, sizeof text}, NULL);
        assert_int_equal(status, t.n_allocations >= n ? WEIR_NO_MEMORY : WEIR_OK);
        assert_int_equal(buf.len, status == WEIR_OK ? 100 * (1 + 2 + 3 + 6) + 2 : 0);
        weir__buf_dispose(&buf);
        test_env_check_leaks(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_gives_each_kind_of_value),
        cmocka_unit_test(json_says_no_to_the_wrong_kind),
        cmocka_unit_test(json_refuses_broken_text_and_says_where),
        cmocka_unit_test(json_refuses_depth_and_size_beyond_its_limits),
        cmocka_unit_test(json_quote_escapes_what_must_not_stand),
        cmocka_unit_test(json_quote_survives_the_failure_of_each_allocation),
        cmocka_unit_test(json_quote_leaves_the_buffer_alone_when_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
