/* test_address.c: opening stores by address and by printed config, and what query engines are told.
 */
#include "support/support.h"

#include "storage/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct world {
    struct test_env t;
    char *dir;
};

static int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    test_env_init(&w->t);
    w->dir = test_dir_make();
    *state = w;
    return 0;
}

static int world_teardown(void **state)
{
    struct world *w = *state;
    test_env_check_leaks(&w->t);
    test_dir_remove(w->dir);
    free(w);
    return 0;
}

static struct weir_storage *opened(struct world *w, const char *address)
{
    struct weir_storage *st = NULL;
    assert_ok(weir_storage_open(&w->t.env, address, NULL, NULL, &st, &test_last_error));
    return st;
}

static void address_of_a_path_opens_a_directory(void **state)
{
    struct world *w = *state;
    char address[512], expected[512];
    (void)snprintf(expected, sizeof expected, "%s/new/deep", w->dir);
    (void)snprintf(address, sizeof address, "%s//new/./deep/", w->dir);
    AUTO(storage) struct weir_storage *a = opened(w, address);
    assert_string_equal(weir_storage_local_base(a), expected);
    assert_string_equal(weir_storage_type(a), "local");
    assert_int_equal(access(expected, F_OK), 0);
    (void)snprintf(address, sizeof address, "file://%s/new/deep", w->dir);
    AUTO(storage) struct weir_storage *b = opened(w, address);
    assert_string_equal(weir_storage_local_base(b), expected);
    (void)snprintf(address, sizeof address, "file://localhost%s/new/deep", w->dir);
    AUTO(storage) struct weir_storage *c = opened(w, address);
    assert_string_equal(weir_storage_local_base(c), expected);

    char cwd[256];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(w->dir), 0);
    AUTO(storage) struct weir_storage *d = opened(w, "./new/deep");
    assert_int_equal(chdir(cwd), 0);
    assert_ok(weir_storage_put(d, "k", "1", 1, NULL, NULL, NULL, &test_last_error));
    bool found = false;
    assert_ok(weir_storage_exists(a, "k", NULL, &found, &test_last_error));
    assert_true(found);
}

struct bad_address {
    const char *address;
    int code;
    const char *says;
};

static void address_is_refused_with_its_scheme_when_not_known(void **state)
{
    static const struct bad_address rows[] = {
        {"", WEIR_INVALID, "empty"},
        {"s3://bucket/prefix?secret=abc", WEIR_UNSUPPORTED, "s3://"},
        {"az://container", WEIR_UNSUPPORTED, "az://"},
        {"gs://bucket", WEIR_INVALID, "gs"},
        {"file://relative", WEIR_INVALID, "absolute"},
        {"mem://", WEIR_INVALID, "name"},
        {"mem://a/b", WEIR_INVALID, "name"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct weir_storage *st = NULL;
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(weir_storage_open(&w->t.env, rows[i].address, NULL, NULL, &st, &err),
                         rows[i].code);
        assert_null(st);
        assert_non_null(strstr(err.message, rows[i].says));
        assert_null(strstr(err.message, "secret"));
    }
}

static void memory_store_is_shared_by_name_while_it_lives(void **state)
{
    struct world *w = *state;
    struct test_env other_env;
    test_env_init(&other_env);
    struct weir_storage *a = opened(w, "mem://x"), *b = opened(w, "mem://x");
    AUTO(storage) struct weir_storage *c = opened(w, "mem://y");
    AUTO(storage) struct weir_storage *foreign = NULL;
    assert_ok(weir_storage_open(&other_env.env, "mem://x", NULL, NULL, &foreign, &test_last_error));
    assert_ok(weir_storage_put(a, "k", "1", 1, NULL, NULL, NULL, &test_last_error));
    bool found = false;
    assert_ok(weir_storage_exists(b, "k", NULL, &found, &test_last_error));
    assert_true(found);
    assert_ok(weir_storage_exists(c, "k", NULL, &found, &test_last_error));
    assert_false(found);
    assert_ok(weir_storage_exists(foreign, "k", NULL, &found, &test_last_error));
    assert_false(found);
    weir_storage_unref(a);
    assert_ok(weir_storage_exists(b, "k", NULL, &found, &test_last_error));
    assert_true(found);
    weir_storage_unref(b);
    AUTO(storage) struct weir_storage *again = opened(w, "mem://x");
    assert_ok(weir_storage_exists(again, "k", NULL, &found, &test_last_error));
    assert_false(found);
}

static void config_opens_the_same_store_when_read_back(void **state)
{
    struct world *w = *state;
    char odd[512];
    (void)snprintf(odd, sizeof odd, "%s/od\"d\xC3\xA9", w->dir);
    const char *const addresses[] = {w->dir, odd, "mem://x\"y"};
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        AUTO(storage) struct weir_storage *st = opened(w, addresses[i]), *again = NULL;
        AUTO(storage_bytes) struct weir_storage_bytes first = {0}, second = {0};
        assert_ok(weir_storage_put(st, "k", "1", 1, NULL, NULL, NULL, &test_last_error));
        assert_ok(weir_storage_config_json(st, &first, &test_last_error));
        assert_ok(weir_storage_open_json(&w->t.env, weir_storage_type(st), (char *)first.data, NULL,
                                         NULL, &again, &test_last_error));
        assert_ok(weir_storage_config_json(again, &second, &test_last_error));
        assert_string_equal((char *)first.data, (char *)second.data);
        bool found = false;
        assert_ok(weir_storage_exists(again, "k", NULL, &found, &test_last_error));
        assert_true(found);
    }
    char expected[512];
    AUTO(storage) struct weir_storage *st = opened(w, w->dir);
    AUTO(storage_bytes) struct weir_storage_bytes json = {0};
    (void)snprintf(expected, sizeof expected, "{\"base_path\":\"%s\"}", w->dir);
    assert_ok(weir_storage_config_json(st, &json, &test_last_error));
    assert_string_equal((char *)json.data, expected);
}

static void config_is_refused_when_it_is_not_exact(void **state)
{
    static const struct {
        const char *type, *json;
        int code;
    } rows[] = {
        {"local", "{}", WEIR_INVALID},
        {"local", "{\"base_path\":7}", WEIR_INVALID},
        {"local", "{\"base_path\":\"/tmp\",\"secret\":\"x\"}", WEIR_INVALID},
        {"local", "{\"base_path\":\"/tmp\\u0000x\"}", WEIR_INVALID},
        {"local", "[]", WEIR_INVALID},
        {"local", "{", WEIR_INVALID},
        {"memory", "{\"base_path\":\"x\"}", WEIR_INVALID},
        {"tape", "{}", WEIR_INVALID},
        {"s3", "{}", WEIR_UNSUPPORTED},
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct weir_storage *st = NULL;
        assert_int_equal(
            weir_storage_open_json(&w->t.env, rows[i].type, rows[i].json, NULL, NULL, &st, NULL),
            rows[i].code);
        assert_null(st);
    }
}

static void query_paths_name_local_files(void **state)
{
    struct world *w = *state;
    AUTO(storage) struct weir_storage *local = opened(w, w->dir), *memory = opened(w, "mem://x");
    AUTO(storage_bytes) struct weir_storage_bytes glob = {0}, base = {0}, other = {0};
    char expected[512], path[512];
    (void)snprintf(expected, sizeof expected, "%s/db=1/cpu/**/*.parquet", w->dir);
    assert_ok(weir_storage_glob(local, "db=1", "cpu", &glob, &test_last_error));
    assert_string_equal((char *)glob.data, expected);
    assert_int_equal(weir_storage_glob(memory, "db", "cpu", &other, NULL), WEIR_UNSUPPORTED);
    assert_int_equal(weir_storage_glob(local, "d'b", "cpu", &other, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_glob(local, "db", "", &other, NULL), WEIR_INVALID);

    assert_ok(weir_storage_local_base_or(local, "f", "/fall", &base, &test_last_error));
    assert_string_equal((char *)base.data, w->dir);
    assert_ok(weir_storage_local_base_or(memory, "f", "/fall", &other, &test_last_error));
    assert_string_equal((char *)other.data, "/fall");

    (void)snprintf(expected, sizeof expected, "%s/a/b", w->dir);
    assert_ok(weir_storage_local_full_path(local, "a/b", path, sizeof path, &test_last_error));
    assert_string_equal(path, expected);
    assert_int_equal(weir_storage_local_full_path(local, "../b", path, sizeof path, NULL),
                     WEIR_INVALID);
    assert_int_equal(weir_storage_local_full_path(local, "a/b", path, strlen(expected), NULL),
                     WEIR_INVALID);
    assert_int_equal(weir_storage_local_full_path(memory, "a", path, sizeof path, NULL),
                     WEIR_UNSUPPORTED);
    assert_null(weir_storage_local_base(memory));
}

static void open_leaks_nothing_when_each_allocation_fails(void **state)
{
    struct world *w = *state;
    char json[512];
    (void)snprintf(json, sizeof json, "{\"base_path\":\"%s/x\"}", w->dir);
    for (int64_t k = 1;; k++) {
        struct weir_storage *st = NULL, *memory = NULL;
        w->t.n_allocations = 0;
        w->t.fail_allocation_at = k;
        int status = weir_storage_open_json(&w->t.env, "local", json, NULL, NULL, &st, NULL);
        if (status == WEIR_OK)
            status = weir_storage_open(&w->t.env, "mem://z", NULL, NULL, &memory, NULL);
        bool is_over = w->t.n_allocations < k;
        w->t.fail_allocation_at = 0;
        weir_storage_unref(st);
        weir_storage_unref(memory);
        test_env_check_leaks(&w->t);
        if (is_over) {
            assert_int_equal(status, WEIR_OK);
            break;
        }
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(address_of_a_path_opens_a_directory),
        CASE(address_is_refused_with_its_scheme_when_not_known),
        CASE(memory_store_is_shared_by_name_while_it_lives),
        CASE(config_opens_the_same_store_when_read_back),
        CASE(config_is_refused_when_it_is_not_exact),
        CASE(query_paths_name_local_files),
        CASE(open_leaks_nothing_when_each_allocation_fails),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
