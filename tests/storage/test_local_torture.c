/* test_local_torture.c: each raw file call of each way to write fails once. Afterwards a reader
 * finds the old object or the new one, whole; what was reported as failed did not happen, unless it
 * was said to be ambiguous; and no temporary file is left. */
#include "support/support.h"

#include "storage/storage.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define OLD "old content"
#define NEW "the new content, which is longer"

struct write_case {
    const char *name;
    bool has_old;     /* an object is in place before */
    bool has_partial; /* a staging file with the first bytes of NEW is, too */
    bool may_leave_partial;
    int (*run)(struct weir_storage *st, const char *etag, struct weir_put_result *result,
               struct weir_error *err);
};

/* ---- Ways to write -------------------------------------------------------------------------- */

struct text_source {
    const char *text;
    size_t left;
    bool fails;
};

static int text_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct text_source *s = ctx;
    size_t n = s->left < 5 ? s->left : 5;
    n = n < cap ? n : cap;
    if (n == 0 && s->fails)
        return weir__fail(err, WEIR_CORRUPT, "the source broke");
    memcpy(buf, s->text, n);
    s->text += n;
    s->left -= n;
    *out_got = n;
    return WEIR_OK;
}

static int put_plain(struct weir_storage *st, const char *etag, struct weir_put_result *result,
                     struct weir_error *err)
{
    (void)etag;
    return weir_storage_put(st, "d/e/k", NEW, strlen(NEW), NULL, NULL, result, err);
}

static int put_absent(struct weir_storage *st, const char *etag, struct weir_put_result *result,
                      struct weir_error *err)
{
    struct weir_put_options options = {.if_absent = true};
    (void)etag;
    return weir_storage_put(st, "d/e/k", NEW, strlen(NEW), &options, NULL, result, err);
}

static int put_etag(struct weir_storage *st, const char *etag, struct weir_put_result *result,
                    struct weir_error *err)
{
    struct weir_put_options options = {.if_etag = etag};
    return weir_storage_put(st, "d/e/k", NEW, strlen(NEW), &options, NULL, result, err);
}

static int stream_with(struct weir_storage *st, const struct weir_put_options *options,
                       struct weir_put_result *result, struct weir_error *err)
{
    struct text_source s = {NEW, strlen(NEW), false};
    struct weir_source source = {text_read, NULL, &s};
    return weir_storage_put_stream(st, "d/e/k", &source, (int64_t)strlen(NEW), options, NULL,
                                   result, err);
}

static int stream_plain(struct weir_storage *st, const char *etag, struct weir_put_result *result,
                        struct weir_error *err)
{
    (void)etag;
    return stream_with(st, NULL, result, err);
}

static int stream_discarding(struct weir_storage *st, const char *etag,
                             struct weir_put_result *result, struct weir_error *err)
{
    struct weir_put_options options = {.if_absent = true, .discard_partial = true};
    (void)etag;
    return stream_with(st, &options, result, err);
}

static int append_rest(struct weir_storage *st, const char *etag, struct weir_put_result *result,
                       struct weir_error *err)
{
    struct text_source s = {&NEW[8], strlen(NEW) - 8, false};
    struct weir_source source = {text_read, NULL, &s};
    bool is_promoted = false;
    (void)etag;
    int status = weir_storage_append(st, "d/e/k", &source, (int64_t)s.left, (int64_t)strlen(NEW),
                                     NULL, NULL, &is_promoted, err);
    /* An append has no result to say it in: a failed sync of the directory comes after the name. */
    result->is_ambiguous = status != WEIR_OK && err && strstr(err->message, "sync the directory");
    return status;
}

static const struct write_case write_cases[] = {
    {"put", true, false, false, put_plain},
    {"first put", false, false, false, put_plain},
    {"put if absent", false, false, false, put_absent},
    {"put if etag", true, false, false, put_etag},
    {"stream", true, false, true, stream_plain},
    {"first stream", false, false, true, stream_plain},
    {"discarding stream", false, false, false, stream_discarding},
    {"append", true, true, true, append_rest},
};

/* ---- The world before and after ------------------------------------------------------------- */

struct world {
    struct test_env t;
    char *dir;
    struct weir_storage *st;
    char etag[WEIR_ETAG_BYTES];
};

static void world_begin(struct world *w, const struct write_case *c)
{
    test_env_init(&w->t);
    w->dir = test_dir_make();
    assert_ok(weir_storage_open_local(&w->t.env, w->dir, NULL, NULL, &w->st, &test_last_error));
    struct weir_put_result result = {0};
    if (c->has_old)
        assert_ok(weir_storage_put(w->st, "d/e/k", OLD, strlen(OLD), NULL, NULL, &result,
                                   &test_last_error));
    memcpy(w->etag, result.etag, sizeof w->etag);
    struct text_source s = {NEW, 8, true};
    struct weir_source source = {text_read, NULL, &s};
    if (c->has_partial)
        assert_int_equal(
            weir_storage_put_stream(w->st, "d/e/k", &source, -1, NULL, NULL, NULL, NULL),
            WEIR_CORRUPT);
}

static void world_end(struct world *w)
{
    weir_storage_unref(w->st);
    test_env_check_leaks(&w->t);
    test_dir_remove(w->dir);
}

/* Temporary and staging files. */
static void leftovers_count(const char *dir, int *n_temporary, int *n_staging)
{
    DIR *list = opendir(dir);
    if (!list)
        return;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        *n_temporary += strstr(entry->d_name, ".tmp") != NULL;
        /* An empty one may stay: until it is locked nobody can say whose it is. */
        struct stat found;
        *n_staging += strstr(entry->d_name, ".part") && stat(path, &found) == 0 && found.st_size;
        leftovers_count(path, n_temporary, n_staging);
    }
    (void)closedir(list);
}

static void world_check(struct world *w, const struct write_case *c, int64_t k, int status,
                        const struct weir_put_result *result)
{
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    int get = weir_storage_get(w->st, "d/e/k", NULL, NULL, &got, &test_last_error);
    const char *found = get == WEIR_OK ? (const char *)got.data : "";
    const char *before = c->has_old ? OLD : "";
    bool is_new = strcmp(found, NEW) == 0, is_old = strcmp(found, before) == 0;
    if (!is_new && !is_old)
        fail_msg("%s: call %d: found \"%s\"", c->name, (int)k, found);
    if (status == WEIR_OK && !is_new)
        fail_msg("%s: call %d: told to be done and is not", c->name, (int)k);
    if (status != WEIR_OK && is_new && !result->is_ambiguous)
        fail_msg("%s: call %d: told to have failed and is done", c->name, (int)k);
    int n_temporary = 0, n_staging = 0;
    leftovers_count(w->dir, &n_temporary, &n_staging);
    if (n_temporary)
        fail_msg("%s: call %d: %d temporary files left", c->name, (int)k, n_temporary);
    if (n_staging && !c->may_leave_partial)
        fail_msg("%s: call %d: a staging file left", c->name, (int)k);
    /* No lock and no debris is in the way of the next writer. */
    assert_ok(stream_plain(w->st, "", &(struct weir_put_result){{0}, 0, false}, &test_last_error));
}

static int torture(const struct write_case *c, int os_errno)
{
    int n_failed = 0;
    for (int64_t k = 1;; k++) {
        struct world w;
        struct weir_put_result result = {0};
        struct weir_error err = WEIR_ERROR_INIT;
        world_begin(&w, c);
        w.t.n_file_calls = 0;
        w.t.fail_file_errno = os_errno;
        w.t.fail_file_call_at = k;
        int status = c->run(w.st, w.etag, &result, &err);
        bool is_over = w.t.n_file_calls < k;
        w.t.fail_file_call_at = 0;
        if (status != WEIR_OK && err.code != status)
            fail_msg("%s: call %d: status %d, error %d %s", c->name, (int)k, status, err.code,
                     err.message);
        world_check(&w, c, k, status, &result);
        world_end(&w);
        n_failed += status != WEIR_OK;
        if (is_over)
            return n_failed;
    }
}

static void every_write_is_all_or_nothing_when_a_file_call_fails(void **state)
{
    static const int errnos[] = {EIO, ENOSPC, EACCES};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(write_cases); i++)
        for (size_t j = 0; j < COUNT_OF(errnos); j++) {
            int n_failed = torture(&write_cases[i], errnos[j]);
            if (n_failed < 5)
                fail_msg("%s: only %d calls failed", write_cases[i].name, n_failed);
        }
}

/* From the k-th call on nothing works any more, as after a device went away. */
static void every_write_is_all_or_nothing_when_the_device_goes_away(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(write_cases); i++) {
        const struct write_case *c = &write_cases[i];
        for (int64_t k = 1, n = 1; k <= n; k++) {
            struct world w;
            struct weir_put_result result = {0};
            world_begin(&w, c);
            w.t.n_file_calls = 0;
            w.t.fail_file_call_at = k;
            w.t.fail_for_ever = true;
            int status = c->run(w.st, w.etag, &result, NULL);
            n = w.t.n_file_calls > n ? w.t.n_file_calls : n;
            w.t.fail_file_call_at = 0;
            AUTO(storage_bytes) struct weir_storage_bytes got = {0};
            int get = weir_storage_get(w.st, "d/e/k", NULL, NULL, &got, NULL);
            const char *found = get == WEIR_OK ? (const char *)got.data : "";
            assert_true(strcmp(found, NEW) == 0 || strcmp(found, c->has_old ? OLD : "") == 0);
            if (status == WEIR_OK)
                assert_string_equal(found, NEW);
            weir_storage_bytes_dispose(&got);
            world_end(&w);
        }
    }
}

/* Reading and listing: a failed call is a failed operation, never a short answer. */
static void reads_fail_or_are_whole_when_a_file_call_fails(void **state)
{
    (void)state;
    for (int64_t k = 1;; k++) {
        struct world w;
        world_begin(&w, &write_cases[0]);
        AUTO(storage_bytes) struct weir_storage_bytes got = {0};
        AUTO(head) struct weir_head head = {.size_bytes = -1};
        AUTO(object_iter) struct weir_object_iter *it = NULL;
        const struct weir_object *object = NULL;
        w.t.n_file_calls = 0;
        w.t.fail_file_call_at = k;
        int get = weir_storage_get(w.st, "d/e/k", NULL, NULL, &got, NULL);
        int looked = weir_storage_head(w.st, "d/e/k", NULL, NULL, &head, NULL);
        assert_ok(weir_storage_list(w.st, "d/", NULL, NULL, &it, &test_last_error));
        int listed = weir_object_iter_next(it, &object, NULL);
        bool is_over = w.t.n_file_calls < k;
        w.t.fail_file_call_at = 0;
        if (get == WEIR_OK)
            assert_string_equal((const char *)got.data, OLD);
        else
            assert_int_equal(get, WEIR_IO);
        if (looked == WEIR_OK)
            assert_int_equal(head.size_bytes, strlen(OLD));
        if (listed == WEIR_OK)
            assert_string_equal(object->key, "d/e/k");
        weir_object_iter_free(TAKE(it));
        weir_storage_bytes_dispose(&got);
        weir_head_dispose(&head);
        world_end(&w);
        if (is_over)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_write_is_all_or_nothing_when_a_file_call_fails),
        cmocka_unit_test(every_write_is_all_or_nothing_when_the_device_goes_away),
        cmocka_unit_test(reads_fail_or_are_whole_when_a_file_call_fails),
    };
    return cmocka_run_group_tests_name("local_torture", tests, NULL, NULL);
}
