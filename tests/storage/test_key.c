/* test_key.c: which keys, list prefixes and store prefixes are taken (spec/storage.md 2, 6.3). */
#include "support/support.h"

#include "storage/storage.h"

#include <stdlib.h>

static char *repeated(char c, size_t n)
{
    char *text = malloc(n + 1);
    assert_non_null(text);
    memset(text, c, n);
    text[n] = 0;
    return text;
}

static void key_is_taken_as_it_is_when_it_keeps_the_rules(void **state)
{
    static const char *const keys[] = {
        "a",
        "a..b",
        "..hidden/x",
        ".hidden",
        "...",
        "a/.../b",
        "weir-",
        "x.part",
        "a/.b/c",
        "db/cpu/2025/11/25/16/cpu_20251125_160000_000000001.parquet",
        "data/period=2026-03-17/x+y z.parquet",
        "\xC3\xA9",
        "\xF0\x9F\x98\x80",
        "a:b;c%2F",
        ".weird",
        "a b ",
        " a",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_ok(weir_storage_check_key(keys[i], &test_last_error));
        assert_ok(weir_storage_check_list_prefix(keys[i], &test_last_error));
    }
}

struct bad_key {
    const char *key, *says;
};

static void key_is_refused_with_the_rule_when_it_breaks_one(void **state)
{
    static const struct bad_key rows[] = {
        {"/a/b", "key /a/b: begins with \"/\""},
        {"a//b", "empty segment"},
        {"a/", "empty segment"},
        {"/", "begins with"},
        {"../x", "\".\" or \"..\""},
        {"a/./b", "\".\" or \"..\""},
        {"a/../b", "\".\" or \"..\""},
        {"..", "\".\" or \"..\""},
        {"a/.", "\".\" or \"..\""},
        {"a\nb", "key a%0Ab: has a control character"},
        {"a\x01", "control character"},
        {"a\x7F", "control character"},
        {"a\\b", "backslash"},
        {"t/.weir-tmp1", ".weir-"},
        {".weir-lock", ".weir-"},
        {".weir-x/y", ".weir-"},
        {"\xFF", "key %FF: is not UTF-8"},
        {"\xC0\xAF", "not UTF-8"},
        {"\xED\xA0\x80", "not UTF-8"},
        {"", "key is empty"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(weir_storage_check_key(rows[i].key, &err), WEIR_INVALID);
        if (!strstr(err.message, rows[i].says))
            fail_msg("%s lacks %s", err.message, rows[i].says);
    }
    assert_int_equal(weir_storage_check_key(NULL, NULL), WEIR_INVALID);
}

static void key_is_refused_when_longer_than_1024_bytes(void **state)
{
    (void)state;
    char *key = repeated('k', WEIR_KEY_MAX_BYTES + 1);
    assert_int_equal(weir_storage_check_key(key, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_check_list_prefix(key, NULL), WEIR_INVALID);
    key[WEIR_KEY_MAX_BYTES] = 0;
    assert_ok(weir_storage_check_key(key, &test_last_error));
    assert_ok(weir_storage_check_list_prefix(key, &test_last_error));
    free(key);
}

static void list_prefix_may_be_empty_or_end_in_one_slash(void **state)
{
    static const char *const bad[] = {"/", "//", "a//", "/a", "../", "a/../", ".weir-x/"};
    (void)state;
    assert_ok(weir_storage_check_list_prefix("", &test_last_error));
    assert_ok(weir_storage_check_list_prefix("a/", &test_last_error));
    assert_ok(weir_storage_check_list_prefix("a/b/", &test_last_error));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(weir_storage_check_list_prefix(bad[i], NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_check_list_prefix(NULL, NULL), WEIR_INVALID);
}

struct sanitized {
    const char *in, *out; /* out NULL: invalid */
};

static void store_prefix_is_cleaned_or_refused_as_the_table_says(void **state)
{
    static const struct sanitized rows[] = {
        {"", ""},
        {"   ", ""},
        {"instances/abc123", "instances/abc123/"},
        {"instances/abc123/", "instances/abc123/"},
        {"/instances/abc123", "instances/abc123/"},
        {"/instances/abc123/", "instances/abc123/"},
        {"prefix", "prefix/"},
        {"org/tenant/data", "org/tenant/data/"},
        {"my-org/tenant_1", "my-org/tenant_1/"},
        {"org.name/v1.0", "org.name/v1.0/"},
        {"  a/b  ", "a/b/"},
        {"\xC2\xA0\t a/b\xE3\x80\x80\n", "a/b/"},
        {"/", ""},
        {"///", ""},
        {"//a", "a/"},
        {"a//b", NULL},
        {"a//", NULL},
        {"instances/../etc", NULL},
        {"instances/..hidden", NULL},
        {"tenant'; DROP TABLE --", NULL},
        {"tenant's/data", NULL},
        {"tenant;data", NULL},
        {"tenant name/data", NULL},
        {"tenant@#$/data", NULL},
        {"\xC3\xA9", NULL},
        {"a=b", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char out[64] = "untouched";
        int status = weir_storage_sanitize_s3_prefix(rows[i].in, out, sizeof out, &test_last_error);
        assert_int_equal(status, rows[i].out ? WEIR_OK : WEIR_INVALID);
        assert_string_equal(out, rows[i].out ? rows[i].out : "");
    }
}

static void store_prefix_of_an_address_may_hold_equal_signs(void **state)
{
    char out[64];
    (void)state;
    assert_ok(weir_storage_check_prefix("t/db=a", out, sizeof out, &test_last_error));
    assert_string_equal(out, "t/db=a/");
    assert_int_equal(weir_storage_check_prefix("t/../x", out, sizeof out, NULL), WEIR_INVALID);
    assert_string_equal(out, "");
}

static void store_prefix_is_limited_in_length(void **state)
{
    (void)state;
    char out[600], *text = repeated('p', 512);
    assert_int_equal(weir_storage_sanitize_s3_prefix(text, out, sizeof out, NULL), WEIR_INVALID);
    text[511] = 0;
    assert_ok(weir_storage_sanitize_s3_prefix(text, out, sizeof out, &test_last_error));
    assert_int_equal(strlen(out), 512);
    assert_int_equal(weir_storage_sanitize_s3_prefix(text, out, 512, NULL), WEIR_INVALID);
    assert_string_equal(out, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_is_taken_as_it_is_when_it_keeps_the_rules),
        cmocka_unit_test(key_is_refused_with_the_rule_when_it_breaks_one),
        cmocka_unit_test(key_is_refused_when_longer_than_1024_bytes),
        cmocka_unit_test(list_prefix_may_be_empty_or_end_in_one_slash),
        cmocka_unit_test(store_prefix_is_cleaned_or_refused_as_the_table_says),
        cmocka_unit_test(store_prefix_of_an_address_may_hold_equal_signs),
        cmocka_unit_test(store_prefix_is_limited_in_length),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
