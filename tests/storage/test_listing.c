/* test_listing.c: the contract of listings, for every kind of store: order, prefixes, pages. */
#include "contract.h"

#include <stdio.h>
#include <stdlib.h>

static int text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The trap of table-store.md T4: a directory walk gives a/x before a-b. */
static void list_is_in_byte_order_of_whole_keys(void **state)
{
    struct fixture *f = *state;
    const char *keys[] = {
        "a/x",
        "a-b",
        "a.b",
        "\xC3\xA9",
        "x y",
        "x+y",
        "x%2Fy",
        "p=1..2/z",
        "a/-",
        "a/.x",
        "a-b.c",
        "a/b/c/d/e",
        "a/b-c/d",
        "a0",
        ".x/.y",
        "B/c",
        "~",
        "b/tok-1.parquet",
        "b/tok.commit",
        "!",
        "a!/x",
        "a!",
        "z\xE2\x82\xAC/q",
    };
    size_t n = COUNT_OF(keys);
    if (f->opener->has_key_conflict) {
        keys[n - 2] = "a#"; /* "a!" is a directory there */
    }
    for (size_t i = 0; i < n; i++)
        put_text(f, keys[i], "1");
    qsort(keys, n, sizeof keys[0], text_compare);
    char expected[1024] = "";
    for (size_t i = 0, at = 0; i < n; i++)
        at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%s", i ? "\n" : "", keys[i]);
    assert_list(f, "", NULL, expected);
}

static void list_takes_prefixes_as_strings(void **state)
{
    struct fixture *f = *state;
    assert_list(f, "", NULL, "");
    put_text(f, "db/cpu/x", "1");
    put_text(f, "db/cpv", "1");
    put_text(f, "db/mem/y", "1");
    put_text(f, "dbx", "1");
    assert_list(f, "db/cp", NULL, "db/cpu/x\ndb/cpv");
    assert_list(f, "db/cpu/", NULL, "db/cpu/x");
    assert_list(f, "db/cpu", NULL, "db/cpu/x");
    assert_list(f, "db/cpu/x", NULL, "db/cpu/x");
    assert_list(f, "db/cpu/x/", NULL, "");
    assert_list(f, "db", NULL, "db/cpu/x\ndb/cpv\ndb/mem/y\ndbx");
    assert_list(f, "db/", NULL, "db/cpu/x\ndb/cpv\ndb/mem/y");
    assert_list(f, "nope/deep", NULL, "");
}

static void list_begins_after_a_key_and_ends_at_a_limit(void **state)
{
    struct fixture *f = *state;
    static const char *const keys[] = {"a-b", "a/x", "a/y/1", "a/y/2", "a0", "b"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        put_text(f, keys[i], "1");
    struct weir_list_options options = {.start_after = "a/x"};
    assert_list(f, "", &options, "a/y/1\na/y/2\na0\nb");
    options.start_after = "a/y"; /* no key, but a place in the order */
    assert_list(f, "a/", &options, "a/y/1\na/y/2");
    options.start_after = "a/y/1";
    options.limit = 2;
    assert_list(f, "", &options, "a/y/2\na0");
    options.start_after = "a/y/2";
    assert_list(f, "a/", &options, "");
    options.start_after = "A";
    options.limit = 1;
    assert_list(f, "a/y/", &options, "a/y/1");
    options.start_after = "zzz";
    assert_list(f, "", &options, "");
    struct weir_object_iter *it = NULL;
    options.limit = -1;
    assert_int_equal(weir_storage_list(f->st, "", &options, NULL, &it, NULL), WEIR_INVALID);
}

static void list_shows_one_level_when_delimited(void **state)
{
    struct fixture *f = *state;
    static const char *const keys[] = {"a-b", "a/x", "a/y/1", "a/y/2", "a0", "b/c/d"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        put_text(f, keys[i], "1");
    struct weir_list_options options = {.delimiter = true};
    assert_list(f, "", &options, "a-b\na/\na0\nb/");
    assert_list(f, "a/", &options, "a/x\na/y/");
    assert_list(f, "a", &options, "a-b\na/\na0");
    assert_list(f, "b/c/", &options, "b/c/d");
    options.start_after = "a/y/1";
    assert_list(f, "", &options, "a/\na0\nb/");
    options.start_after = "a/y/2";
    assert_list(f, "", &options, "a0\nb/");

    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    options.start_after = "a-b";
    assert_ok(weir_storage_list(f->st, "", &options, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_true(object->is_prefix);
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_false(object->is_prefix);
}

/* An empty directory is nothing: stores without directories have none either. */
static void delimited_list_leaves_out_empty_directories(void **state)
{
    struct fixture *f = *state;
    put_text(f, "full/sub/x", "1");
    put_text(f, "empty/sub/x", "1");
    assert_ok(weir_storage_delete(f->st, "empty/sub/x", NULL, NULL, &test_last_error));
    struct weir_list_options options = {.delimiter = true};
    assert_list(f, "", &options, "full/");
    options.start_after = "full/sub/x";
    assert_list(f, "", &options, "");
}

static void list_costs_one_request_a_page(void **state)
{
    struct fixture *f = *state;
    enum { N = 2001 };
    struct weir_put_options fast = {.durability = WEIR_DURABILITY_NONE};
    for (int i = 0; i < N; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "k/%d/%05d", i % 7, i);
        assert_ok(weir_storage_put(f->st, key, "", 0, &fast, NULL, NULL, &test_last_error));
    }
    static const struct {
        int limit, n_keys, n_requests;
    } rows[] = {{0, 2001, 3}, {1000, 1000, 1}, {1001, 1001, 2}, {2000, 2000, 2}, {5, 5, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct weir_list_options options = {.limit = rows[i].limit};
        AUTO(object_iter) struct weir_object_iter *it = NULL;
        struct weir_storage_counters before = {0}, after = {0};
        weir_storage_stats(f->st, &before);
        assert_ok(weir_storage_list(f->st, "k/", &options, NULL, &it, &test_last_error));
        char last[64] = "";
        int n = 0;
        for (const struct weir_object *object;; n++) {
            assert_ok(weir_object_iter_next(it, &object, &test_last_error));
            if (!object)
                break;
            assert_true(strcmp(object->key, last) > 0);
            assert_int_equal(object->page, n / 1000);
            (void)snprintf(last, sizeof last, "%s", object->key);
        }
        weir_storage_stats(f->st, &after);
        assert_int_equal(n, rows[i].n_keys);
        assert_int_equal(after.requests[WEIR_VERB_LIST] - before.requests[WEIR_VERB_LIST],
                         rows[i].n_requests);
    }
}

static void list_stays_valid_when_objects_come_and_go(void **state)
{
    struct fixture *f = *state;
    put_text(f, "a", "1");
    put_text(f, "b/1", "1");
    put_text(f, "c", "1");
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    struct weir_list_options options = {0};
    assert_ok(weir_storage_list(f->st, "", &options, NULL, &it, &test_last_error));
    assert_ok(weir_storage_delete(f->st, "b/1", NULL, NULL, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, "a");
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, "c");
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
}

static void list_fails_for_good_when_cancelled(void **state)
{
    struct fixture *f = *state;
    put_text(f, "a", "1");
    struct weir_cancel *cancel = NULL;
    assert_ok(weir_cancel_new(&f->t.env, 0, &cancel, &test_last_error));
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(f->st, "", NULL, cancel, &it, &test_last_error));
    weir_cancel_trigger(cancel);
    assert_int_equal(weir_object_iter_next(it, &object, NULL), WEIR_CANCELLED);
    assert_int_equal(weir_object_iter_next(it, &object, NULL), WEIR_CANCELLED);
    weir_cancel_free(cancel);
}

static char *directories_text(struct fixture *f, const char *prefix)
{
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_ok(weir_storage_list_directories(f->st, prefix, NULL, &it, &test_last_error));
    for (;;) {
        const struct weir_object *object = NULL;
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        if (!object)
            break;
        (void)fprintf(out, "%s;", object->key);
    }
    (void)fclose(out);
    return text;
}

static void directories_are_the_immediate_children(void **state)
{
    static const char *const rows[][2] = {
        {"", "a;a-b;db1;db2;"}, {"db1", "cpu;mem;"}, {"db1/", "cpu;mem;"},
        {"nope", ""},           {"db", ""},          {"db1/cpu/x", ""},
    };
    struct fixture *f = *state;
    static const char *const keys[] = {"db1/cpu/x", "db1/mem/y", "db2/cpu/z", "a-b/1",
                                       "a/1",       ".hid/x",    "top"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        put_text(f, keys[i], "1");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *text = directories_text(f, rows[i][0]);
        assert_string_equal(text, rows[i][1]);
        free(text);
    }
}

static void directory_is_removed_only_when_empty(void **state)
{
    struct fixture *f = *state;
    put_text(f, "d/e/x", "1");
    assert_int_equal(weir_storage_remove_directory(f->st, "", NULL, NULL), WEIR_INVALID);
    assert_ok(weir_storage_remove_directory(f->st, "nope", NULL, &test_last_error));
    if (f->opener->has_empty_directories)
        assert_int_equal(weir_storage_remove_directory(f->st, "d/e", NULL, NULL),
                         WEIR_PRECONDITION);
    else
        assert_ok(weir_storage_remove_directory(f->st, "d/e", NULL, &test_last_error));
    assert_object(f, "d/e/x", "1");
    assert_ok(weir_storage_delete(f->st, "d/e/x", NULL, NULL, &test_last_error));
    assert_ok(weir_storage_remove_directory(f->st, "d/e/", NULL, &test_last_error));
    char *text = directories_text(f, "d");
    assert_string_equal(text, "");
    free(text);
    put_text(f, "d/e/x", "2"); /* the directory comes back by itself */
    assert_object(f, "d/e/x", "2");
}

int main(void)
{
    static const struct contract_case cases[] = {
        CONTRACT_CASE(list_is_in_byte_order_of_whole_keys),
        CONTRACT_CASE(list_takes_prefixes_as_strings),
        CONTRACT_CASE(list_begins_after_a_key_and_ends_at_a_limit),
        CONTRACT_CASE(list_shows_one_level_when_delimited),
        CONTRACT_CASE(delimited_list_leaves_out_empty_directories),
        CONTRACT_CASE(list_costs_one_request_a_page),
        CONTRACT_CASE(list_stays_valid_when_objects_come_and_go),
        CONTRACT_CASE(list_fails_for_good_when_cancelled),
        CONTRACT_CASE(directories_are_the_immediate_children),
        CONTRACT_CASE(directory_is_removed_only_when_empty),
    };
    return contract_run("listing", cases, COUNT_OF(cases));
}
