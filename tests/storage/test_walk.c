/* test_walk.c: directory walks that are too large or too deep for a real test directory, and random
 * trees against a plain sort. */
#include "support/support.h"

#include "storage/dir_cache.h"
#include "storage/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- A directory of very many names --------------------------------------------------------- */

#define N_NAMES 150000

/* The base holds N_NAMES files that exist only here. They come in an order that is not sorted. */
struct crowd {
    struct test_env t;
    struct weir_file_calls inner;
    int64_t at;      /* of the open directory */
    int64_t n_reads; /* how often the directory was read from its beginning */
};

static uint32_t crowd_name(int64_t i)
{
    return (uint32_t)((i * 104729) % N_NAMES); /* a permutation: both are coprime */
}

static int crowd_open(void *ctx, int dir, const char *path, int flags, uint32_t mode,
                      uint64_t resolve)
{
    struct crowd *c = ctx;
    c->at = 0;
    return c->inner.open(&c->t, dir, path, flags, mode, resolve);
}

static int64_t crowd_entries(void *ctx, int fd, void *buf, size_t n)
{
    struct crowd *c = ctx;
    uint8_t *out = buf;
    size_t used = 0;
    (void)fd;
    c->n_reads += c->at == 0;
    while (c->at < N_NAMES && n - used >= 32) {
        uint16_t length = 32;
        memset(out + used, 0, length);
        memcpy(out + used + 16, &length, sizeof length);
        out[used + 18] = 8; /* a regular file */
        (void)snprintf((char *)out + used + 19, 13, "n%06u", crowd_name(c->at++));
        used += length;
    }
    return (int64_t)used;
}

static int crowd_stat_at(void *ctx, int dir, const char *path, struct weir_file_stat *out)
{
    struct crowd *c = ctx;
    if (path[0] != 'n')
        return c->inner.stat_at(&c->t, dir, path, out);
    *out = (struct weir_file_stat){.mode = S_IFREG | 0600, .size_bytes = 1};
    return 0;
}

static void list_holds_a_bounded_part_of_a_large_directory(void **state)
{
    static struct crowd c;
    (void)state;
    test_env_init(&c.t);
    char *dir = test_dir_make();
    struct weir_storage *st = NULL;
    assert_ok(weir_storage_open_local(&c.t.env, dir, NULL, NULL, &st, &test_last_error));
    c.inner = c.t.calls;
    c.t.calls.open = crowd_open;
    c.t.calls.entries = crowd_entries;
    c.t.calls.stat_at = crowd_stat_at;
    struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(st, "", NULL, NULL, &it, &test_last_error));
    for (int i = 0; i < N_NAMES; i++) {
        char expected[16];
        (void)snprintf(expected, sizeof expected, "n%06d", i);
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        assert_non_null(object);
        if (strcmp(object->key, expected) != 0)
            fail_msg("name %d is %s", i, object->key);
    }
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
    assert_int_equal(c.n_reads, 5); /* 150,000 names in parts of 32,768 */
    weir_object_iter_free(it);
    weir_storage_unref(st);
    test_env_check_leaks(&c.t);
    test_dir_remove(dir);
}

/* ---- Deep trees ----------------------------------------------------------------------------- */

static int open_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

static void list_holds_few_descriptors_in_a_deep_tree(void **state)
{
    enum { DEPTH = 500 };
    struct test_env t;
    (void)state;
    test_env_init(&t);
    char *dir = test_dir_make();
    struct weir_storage *st = NULL;
    struct weir_put_options fast = {.durability = WEIR_DURABILITY_NONE};
    assert_ok(weir_storage_open_local(&t.env, dir, NULL, NULL, &st, &test_last_error));
    char deep[2 * DEPTH + 2] = "", late[] = "a/z";
    for (int i = 0; i < DEPTH; i++)
        memcpy(deep + 2 * i, "a/", 2);
    memcpy(deep + 2 * DEPTH, "k", 2);
    assert_ok(weir_storage_put(st, deep, "1", 1, &fast, NULL, NULL, &test_last_error));
    assert_ok(weir_storage_put(st, late, "1", 1, &fast, NULL, NULL, &test_last_error));
    struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    int before = open_descriptors();
    assert_ok(weir_storage_list(st, "", NULL, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, deep);
    assert_true(open_descriptors() - before <= 40);
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, late); /* its directory was opened again */
    weir_object_iter_free(it);
    assert_int_equal(open_descriptors(), before);
    weir_storage_unref(st);
    test_env_check_leaks(&t);
    test_dir_remove(dir);
}

/* ---- Random trees --------------------------------------------------------------------------- */

#define N_KEYS 200

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Segments from an alphabet around "/" in byte order, where a plain walk goes wrong. */
static void random_key(uint32_t *seed, char *out)
{
    static const char alphabet[] = "ab-.0!\x7E";
    size_t n = 0;
    uint32_t n_segments = 1 + next_random(seed) % 3;
    for (uint32_t i = 0; i < n_segments; i++) {
        if (i)
            out[n++] = '/';
        size_t begin = n;
        for (uint32_t len = 1 + next_random(seed) % 3; len; len--)
            out[n++] = alphabet[next_random(seed) % (sizeof alphabet - 1)];
        if (out[begin] == '.')
            out[begin] = 'c'; /* keeps "." and ".." out */
    }
    out[n] = 0;
}

static int key_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Listing with any prefix and start_after is what a filter over the sorted keys says. */
static void assert_listing_is_sorted_filter(struct weir_storage *st, char keys[][64], size_t n,
                                            const char *prefix, const char *after)
{
    struct weir_list_options options = {.start_after = after};
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(st, prefix, &options, NULL, &it, &test_last_error));
    for (size_t i = 0; i < n; i++) {
        if (strncmp(keys[i], prefix, strlen(prefix)) != 0 || strcmp(keys[i], after) <= 0)
            continue;
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        if (!object || strcmp(object->key, keys[i]) != 0)
            fail_msg("prefix \"%s\" after \"%s\": %s instead of %s", prefix, after,
                     object ? object->key : "the end", keys[i]);
    }
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
}

static void list_equals_a_sort_of_random_keys(void **state)
{
    static char keys[N_KEYS][64];
    struct weir_put_options fast = {.durability = WEIR_DURABILITY_NONE};
    struct test_env t;
    (void)state;
    test_env_init(&t);
    for (uint32_t round = 1; round <= 5; round++) {
        uint32_t seed = round;
        char *dir = test_dir_make();
        size_t n = 0;
        struct weir_storage *st = NULL;
        assert_ok(weir_storage_open_local(&t.env, dir, NULL, NULL, &st, &test_last_error));
        for (int i = 0; i < N_KEYS; i++) {
            random_key(&seed, keys[n]);
            struct weir_put_options options = fast;
            options.if_absent = true;
            /* A key may conflict with one that is there, or be there already. */
            n += weir_storage_put(st, keys[n], "", 0, &options, NULL, NULL, NULL) == WEIR_OK;
        }
        qsort(keys, n, sizeof keys[0], key_compare);
        assert_listing_is_sorted_filter(st, keys, n, "", "");
        for (int i = 0; i < 100; i++) {
            char prefix[64], after[64];
            random_key(&seed, prefix);
            random_key(&seed, after);
            prefix[next_random(&seed) % 4] = 0; /* may cut a segment or end in "/" */
            if (weir_storage_check_list_prefix(prefix, NULL) == WEIR_OK)
                assert_listing_is_sorted_filter(st, keys, n, prefix, i % 2 ? after : "");
        }
        weir_storage_unref(st);
        test_dir_remove(dir);
    }
    test_env_check_leaks(&t);
}

/* ---- The directory cache -------------------------------------------------------------------- */

static void dir_cache_forgets_a_directory_with_all_below(void **state)
{
    static const char *const dirs[] = {"a", "a/b", "a/b/c", "ab", "a-b"};
    struct test_env t;
    struct weir__dir_cache cache;
    (void)state;
    test_env_init(&t);
    weir__dir_cache_init(&cache, &t.env);
    assert_false(weir__dir_cache_has(&cache, "a"));
    weir__dir_cache_forget(&cache, "a");
    for (size_t i = 0; i < COUNT_OF(dirs); i++)
        weir__dir_cache_add(&cache, dirs[i]);
    weir__dir_cache_add(&cache, "a");
    for (size_t i = 0; i < COUNT_OF(dirs); i++)
        assert_true(weir__dir_cache_has(&cache, dirs[i]));
    weir__dir_cache_forget(&cache, "a");
    for (size_t i = 0; i < COUNT_OF(dirs); i++)
        assert_true(weir__dir_cache_has(&cache, dirs[i]) == (i >= 3));
    weir__dir_cache_dispose(&cache);
    test_env_check_leaks(&t);
}

static void dir_cache_stays_within_its_bound(void **state)
{
    struct test_env t;
    struct weir__dir_cache cache;
    char dir[16];
    (void)state;
    test_env_init(&t);
    weir__dir_cache_init(&cache, &t.env);
    for (int i = 0; i <= WEIR__DIR_CACHE_MAX; i++) {
        (void)snprintf(dir, sizeof dir, "d%d", i);
        weir__dir_cache_add(&cache, dir);
        assert_true(weir__dir_cache_has(&cache, dir));
    }
    assert_false(weir__dir_cache_has(&cache, "d0")); /* emptied once */
    assert_true(t.live_blocks < 10);
    weir__dir_cache_dispose(&cache);
    test_env_check_leaks(&t);
}

static void dir_cache_knows_less_when_memory_fails(void **state)
{
    struct test_env t;
    struct weir__dir_cache cache;
    (void)state;
    test_env_init(&t);
    weir__dir_cache_init(&cache, &t.env);
    weir__dir_cache_add(&cache, "a");
    weir__dir_cache_add(&cache, "b");
    t.n_allocations = 0;
    t.fail_allocation_at = 1;
    weir__dir_cache_forget(&cache, "a");
    t.fail_allocation_at = 0;
    assert_false(weir__dir_cache_has(&cache, "a")); /* never too much */
    weir__dir_cache_dispose(&cache);
    test_env_check_leaks(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_holds_a_bounded_part_of_a_large_directory),
        cmocka_unit_test(list_holds_few_descriptors_in_a_deep_tree),
        cmocka_unit_test(list_equals_a_sort_of_random_keys),
        cmocka_unit_test(dir_cache_forgets_a_directory_with_all_below),
        cmocka_unit_test(dir_cache_stays_within_its_bound),
        cmocka_unit_test(dir_cache_knows_less_when_memory_fails),
    };
    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
