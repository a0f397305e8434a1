/* Keys, refs and the grammars of names, values and tokens: spec/table-store.md 2 and 4.1-4.3. */
#include "support/support.h"

#include "table/grammar.h"
#include "table/key.h"

#define ATTEMPT "0190a8b4d3a87f4ab1c2d3e4f5a6b7c8"

struct fixture {
    struct test_env t;
    struct weir__buf buf;
};

static void begin(struct fixture *f)
{
    test_env_init(&f->t);
    f->buf = weir__buf_make(&f->t.env, WEIR__KEY_MAX_BYTES);
}

static void end(struct fixture *f)
{
    weir__buf_dispose(&f->buf);
    test_env_check_leaks(&f->t);
}

static const char *text_of(struct fixture *f)
{
    const char *text = NULL;
    assert_ok(weir__buf_text(&f->buf, &text, &test_last_error));
    return text;
}

static struct weir__attempt attempt_of(const char *partition, const char *token)
{
    return (struct weir__attempt){weir__str_of(partition), weir__str_of(token),
                                  weir__str_of(ATTEMPT)};
}

static const char *escape(struct fixture *f, const char *text)
{
    weir__buf_clear(&f->buf);
    assert_ok(weir__hive_escape(&f->buf, weir__str_of(text), &test_last_error));
    return text_of(f);
}

/* The worked example of 2.7, byte for byte. */
static void key_is_as_in_the_worked_example(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    struct weir__attempt a =
        attempt_of("charge_period=2026-03-17/customer=a;b 50%off", "job-2026-03-17-batch01");
    assert_ok(weir__key_append_data(&f.buf, "billing", &a, &test_last_error));
    assert_string_equal(text_of(&f), "billing/data/charge_period=2026-03-17/customer=a;b 50%off/"
                                     "job-2026-03-17-batch01-" ATTEMPT ".parquet");
    weir__buf_clear(&f.buf);
    assert_ok(weir__key_append_marker(&f.buf, "billing", a.partition, a.token, &test_last_error));
    assert_string_equal(text_of(&f), "billing/data/charge_period=2026-03-17/"
                                     "customer=a;b 50%off/job-2026-03-17-batch01.commit");
    weir__buf_clear(&f.buf);
    assert_ok(weir__key_append_ref(&f.buf, "billing", 1710684000123456, &a, &test_last_error));
    assert_string_equal(text_of(&f), "billing/_ref/1710684000123456-job-2026-03-17-batch01-" ATTEMPT
                                     ";charge_period=2026-03-17%2Fcustomer=a%3Bb%2050%25off.ref");
    end(&f);
}

static void key_has_no_leading_slash_when_the_prefix_is_empty(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    struct weir__attempt a = attempt_of("p=1", "t");
    assert_ok(weir__key_append_data(&f.buf, "", &a, &test_last_error));
    assert_string_equal(text_of(&f), "data/p=1/t-" ATTEMPT ".parquet");
    struct weir__str normal = weir__prefix_normal("//a/b//");
    assert_true(weir__str_is(normal, "a/b"));
    assert_int_equal(weir__prefix_normal("///").len, 0);
    assert_int_equal(weir__prefix_normal(NULL).len, 0);
    end(&f);
}

static void hive_escape_gives_the_listed_escapes(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    assert_string_equal(escape(&f, "customer=日本"), "customer=%E6%97%A5%E6%9C%AC");
    assert_string_equal(escape(&f, "x(1)*!"), "x%281%29%2A%21");
    assert_string_equal(escape(&f, "a,b"), "a%2Cb");
    assert_string_equal(escape(&f, "who?"), "who%3F");
    assert_string_equal(escape(&f, "t=10:15@x+y"), "t=10:15@x+y");
    assert_string_equal(escape(&f, "-_.~$&+=:@"), "-_.~$&+=:@");
    assert_string_equal(escape(&f, "'[]/;"), "%27%5B%5D%2F%3B");
    end(&f);
}

static void hive_unescape_gives_back_every_byte(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    char all[255];
    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    struct weir__str text = {all, sizeof all};
    assert_ok(weir__hive_escape(&f.buf, text, &test_last_error));
    struct weir__buf back = weir__buf_make(&f.t.env, 1024);
    struct weir__str escaped = {(const char *)f.buf.data, f.buf.len};
    assert_ok(weir__hive_unescape(&back, escaped, &test_last_error));
    assert_int_equal(back.len, sizeof all);
    assert_memory_equal(back.data, all, sizeof all);
    weir__buf_clear(&back);
    assert_ok(weir__hive_unescape(&back, weir__str_of("%2f+%3b"), &test_last_error));
    assert_int_equal(back.len, 3);
    assert_memory_equal(back.data, "/+;", 3);
    static const char *const bad[] = {"%", "%2", "a%zz", "%2g"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(weir__hive_unescape(&back, weir__str_of(bad[i]), NULL), WEIR_CORRUPT);
    weir__buf_dispose(&back);
    end(&f);
}

/* T5: tokens that look like ids are parsed from the right end. */
static void key_parse_takes_the_token_from_the_right_end(void **state)
{
    struct weir__attempt a = {0};
    (void)state;
    const char *key = "p=1/q=2/x-0190a1b23c4d7e5f8a9bcdef01234567-" ATTEMPT ".parquet";
    assert_int_equal(weir__key_parse_data(weir__str_of(key), &a), WEIR__DATA_FILE);
    assert_true(weir__str_is(a.partition, "p=1/q=2"));
    assert_true(weir__str_is(a.token, "x-0190a1b23c4d7e5f8a9bcdef01234567"));
    assert_true(weir__str_is(a.id, ATTEMPT));
    assert_int_equal(weir__key_parse_data(weir__str_of("p=1/t.x.commit"), &a), WEIR__DATA_MARKER);
    assert_true(weir__str_is(a.token, "t.x"));
    assert_int_equal(a.id.len, 0);
}

static void key_parse_ignores_what_is_not_ours(void **state)
{
    static const char *const foreign[] = {
        "",
        "t-" ATTEMPT ".parquet", /* directly in data/ */
        "p=1/",                  /* directory placeholder */
        "p=1/_SUCCESS",
        "p=1/-" ATTEMPT ".parquet", /* no token */
        "p=1/" ATTEMPT ".parquet",
        "p=1/t_" ATTEMPT ".parquet",                      /* no dash */
        "p=1/t-0190A8B4D3A87F4AB1C2D3E4F5A6B7C8.parquet", /* upper case */
        "p=1/t-0190a8b4d3a87f4ab1c2d3e4f5a6b7c.parquet",  /* 31 digits */
        "p=1/t-" ATTEMPT ".parquet.crc",
        "p=1/.commit",
        "/t.commit",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        struct weir__attempt a = {0};
        assert_int_equal(weir__key_parse_data(weir__str_of(foreign[i]), &a), WEIR__DATA_FOREIGN);
    }
}

static void ref_parse_gives_back_what_was_written(void **state)
{
    struct fixture f;
    struct weir__ref ref = {0};
    (void)state;
    begin(&f);
    struct weir__buf partition = weir__buf_make(&f.t.env, 1024);
    struct weir__attempt a = attempt_of("p=a;b/q=日%", "x-0190a1b23c4d7e5f8a9bcdef01234567");
    assert_ok(weir__key_append_ref(&f.buf, "t", 42, &a, &test_last_error));
    struct weir__str key = {(const char *)f.buf.data, f.buf.len};
    assert_ok(weir__ref_parse(key, &ref, &partition, &test_last_error));
    assert_int_equal(ref.ref_us, 42);
    assert_true(weir__str_eq(ref.token, a.token));
    assert_true(weir__str_eq(ref.attempt, a.id));
    assert_int_equal(partition.len, a.partition.len);
    assert_memory_equal(partition.data, a.partition.data, partition.len);
    key.len -= strlen(".ref"); /* its absence is tolerated */
    assert_ok(weir__ref_parse(key, &ref, &partition, &test_last_error));
    weir__buf_dispose(&partition);
    end(&f);
}

static void ref_parse_refuses_malformed_names(void **state)
{
    static const char *const bad[] = {
        "_ref/",
        "_ref/0000000000000042-t-" ATTEMPT ".ref",    /* no ';' */
        "_ref/000000000000042-t-" ATTEMPT ";p=1.ref", /* 15 digits */
        "_ref/00000000000000x2-t-" ATTEMPT ";p=1.ref",
        "_ref/0000000000000042--" ATTEMPT ";p=1.ref", /* no token */
        "_ref/0000000000000042_t-" ATTEMPT ";p=1.ref",
        "_ref/0000000000000042-t_" ATTEMPT ";p=1.ref",
        "_ref/0000000000000042-t-0190A8B4D3A87F4AB1C2D3E4F5A6B7C8;p=1.ref",
        "_ref/0000000000000042-t-" ATTEMPT ";p=%2.ref",
    };
    struct fixture f;
    (void)state;
    begin(&f);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct weir__ref ref = {0};
        assert_int_equal(weir__ref_parse(weir__str_of(bad[i]), &ref, &f.buf, NULL), WEIR_CORRUPT);
    }
    end(&f);
}

/* T13: always 16 digits; times that they cannot say are refused. */
static void ref_time_has_sixteen_digits_or_is_refused(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    struct weir__attempt a = attempt_of("p=1", "t");
    assert_ok(weir__key_append_ref(&f.buf, "", 0, &a, &test_last_error));
    assert_string_equal(text_of(&f), "_ref/0000000000000000-t-" ATTEMPT ";p=1.ref");
    weir__buf_clear(&f.buf);
    assert_ok(weir__key_append_ref(&f.buf, "", WEIR__REF_MAX_US, &a, &test_last_error));
    assert_string_equal(text_of(&f), "_ref/9999999999999999-t-" ATTEMPT ";p=1.ref");
    assert_int_equal(weir__key_append_ref(&f.buf, "", -1, &a, NULL), WEIR_INVALID);
    assert_int_equal(weir__key_append_ref(&f.buf, "", WEIR__REF_MAX_US + 1, &a, NULL),
                     WEIR_INVALID);
    end(&f);
}

static void ref_stamp_never_goes_back_within_the_skew(void **state)
{
    bool stepped = false;
    (void)state;
    assert_int_equal(weir__ref_stamp(100, 50, 10, &stepped), 100);
    assert_int_equal(weir__ref_stamp(100, 100, 10, &stepped), 101);
    assert_int_equal(weir__ref_stamp(90, 100, 10, &stepped), 101);
    assert_false(stepped);
    assert_int_equal(weir__ref_stamp(89, 100, 10, &stepped), 89); /* obeyed, and told */
    assert_true(stepped);
}

static void token_check_follows_the_table(void **state)
{
    char long_token[202];
    (void)state;
    memset(long_token, 'a', sizeof long_token);
    static const char *const good[] = {"batch42", "2026-04-22T10:15:00Z-batch42", "job.1234567890",
                                       "!", "~"};
    static const char *const bad[] = {"",       "ns/job42", "job;42", "job..42",
                                      "job 42", "job\t42",  "jöb42",  "\x7f"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_ok(weir__token_check(weir__str_of(good[i]), &test_last_error));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(weir__token_check(weir__str_of(bad[i]), NULL), WEIR_INVALID);
    struct weir__str text = {long_token, 200};
    assert_ok(weir__token_check(text, &test_last_error));
    text.len = 201;
    assert_int_equal(weir__token_check(text, NULL), WEIR_INVALID);
    text = (struct weir__str){"a\0b", 3};
    assert_int_equal(weir__token_check(text, NULL), WEIR_INVALID);
}

static const char *const parts[] = {"period", "customer"};

static void partition_check_follows_the_table(void **state)
{
    static const char *const good[] = {"period=X/customer=Y", "period=X/customer=a=b",
                                       "period=*?[]{}/customer= ", "period=a.b/customer=日"};
    static const char *const bad[] = {"period=X",
                                      "period=X/customer=Y/extra=Z",
                                      "x=X/customer=Y",
                                      "period=/customer=Y",
                                      "period=2026..03-17/customer=Y",
                                      "period=X/customer=a..b",
                                      "period/customer=Y",
                                      ""};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_ok(weir__partition_check(parts, 2, weir__str_of(good[i]), true, &test_last_error));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(weir__partition_check(parts, 2, weir__str_of(bad[i]), false, NULL),
                         WEIR_INVALID);
}

static void partition_check_is_stricter_for_writes(void **state)
{
    static const char *const odd[] = {"period=a\tb/customer=Y", "period=\x7f/customer=Y",
                                      "period=\xff/customer=Y"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        assert_int_equal(weir__partition_check(parts, 2, weir__str_of(odd[i]), true, NULL),
                         WEIR_INVALID);
        assert_ok(weir__partition_check(parts, 2, weir__str_of(odd[i]), false, &test_last_error));
    }
}

static void parts_check_names_index_and_name(void **state)
{
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    assert_ok(weir__parts_check("partition part", parts, 2, &test_last_error));
    assert_int_equal(weir__parts_check("partition part", parts, 0, NULL), WEIR_INVALID);
    const char *twice[] = {"a", "b", "a"};
    assert_int_equal(weir__parts_check("partition part", twice, 3, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "2 'a'"));
    const char *equals[] = {"a=b"};
    assert_int_equal(weir__parts_check("view column", equals, 1, &err), WEIR_INVALID);
    const char *slash[] = {"a/b"};
    assert_int_equal(weir__parts_check("view column", slash, 1, &err), WEIR_INVALID);
    const char *empty[] = {""};
    assert_int_equal(weir__parts_check("view column", empty, 1, &err), WEIR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_is_as_in_the_worked_example),
        cmocka_unit_test(key_has_no_leading_slash_when_the_prefix_is_empty),
        cmocka_unit_test(hive_escape_gives_the_listed_escapes),
        cmocka_unit_test(hive_unescape_gives_back_every_byte),
        cmocka_unit_test(key_parse_takes_the_token_from_the_right_end),
        cmocka_unit_test(key_parse_ignores_what_is_not_ours),
        cmocka_unit_test(ref_parse_gives_back_what_was_written),
        cmocka_unit_test(ref_parse_refuses_malformed_names),
        cmocka_unit_test(ref_time_has_sixteen_digits_or_is_refused),
        cmocka_unit_test(ref_stamp_never_goes_back_within_the_skew),
        cmocka_unit_test(token_check_follows_the_table),
        cmocka_unit_test(partition_check_follows_the_table),
        cmocka_unit_test(partition_check_is_stricter_for_writes),
        cmocka_unit_test(parts_check_names_index_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
