/* test_local.c: what only local stores have: syncing, containment, names, modes, directories that
 * go away (spec/storage.md 5). */
#include "support/support.h"

#include "storage/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
    struct test_env t;
    struct weir_file_calls inner; /* what the traced calls go on to */
    char trace[4096];
    bool is_traced, lacks_openat2;
    char *dir;
    struct weir_storage *st;
};

/* ---- A traced file system ------------------------------------------------------------------- */

static void trace_add(struct world *w, const char *what, const char *name)
{
    size_t at = strlen(w->trace);
    if (w->is_traced)
        (void)snprintf(w->trace + at, sizeof w->trace - at, "%s %s\n", what, name);
}

static const char *fd_name(int fd)
{
    static char name[512];
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    name[n > 0 ? n : 0] = 0;
    char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

/* Temporary names are random; the trace shows them as TMP. */
static const char *shown(const char *name)
{
    return strncmp(name, ".weir-", 6) == 0 && strstr(name, ".tmp") ? "TMP" : name;
}

static int traced_open(void *ctx, int dir, const char *path, int flags, uint32_t mode,
                       uint64_t resolve)
{
    struct world *w = ctx;
    if (resolve && w->lacks_openat2)
        return -ENOSYS;
    if (flags & O_CREAT)
        trace_add(w, "create", shown(path));
    return w->inner.open(&w->t, dir, path, flags, mode, resolve);
}

static int traced_fsync(void *ctx, int fd)
{
    struct world *w = ctx;
    trace_add(w, "fsync", shown(fd_name(fd)));
    return w->inner.fsync(&w->t, fd);
}

static int traced_mkdir(void *ctx, int dir, const char *path, uint32_t mode)
{
    struct world *w = ctx;
    trace_add(w, "mkdir", path);
    return w->inner.mkdir(&w->t, dir, path, mode);
}

static int traced_rename(void *ctx, int old_dir, const char *old_path, int new_dir,
                         const char *new_path, uint32_t flags)
{
    struct world *w = ctx;
    trace_add(w, "rename to", shown(new_path));
    return w->inner.rename(&w->t, old_dir, old_path, new_dir, new_path, flags);
}

/* The other calls keep their context, which is the test env and not the world. */
static int traced_entry(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    test_env_init(&w->t);
    w->inner = w->t.calls;
    w->dir = test_dir_make();
    *state = w;
    return 0;
}

_Static_assert(offsetof(struct world, t) == 0, "a world is its test env to the calls not traced");

static int world_setup(void **state)
{
    if (traced_entry(state))
        return -1;
    struct world *w = *state;
    w->t.calls.open = traced_open;
    w->t.calls.fsync = traced_fsync;
    w->t.calls.mkdir = traced_mkdir;
    w->t.calls.rename = traced_rename;
    return weir_storage_open_local(&w->t.env, w->dir, NULL, NULL, &w->st, NULL) == WEIR_OK ? 0 : -1;
}

static int world_teardown(void **state)
{
    struct world *w = *state;
    w->t.fail_file_call_at = 0;
    weir_storage_unref(w->st);
    test_env_check_leaks(&w->t);
    test_dir_remove(w->dir);
    free(w);
    return 0;
}

/* Without openat2, component by component. */
static int fallback_setup(void **state)
{
    if (world_setup(state))
        return -1;
    struct world *w = *state;
    weir_storage_unref(w->st);
    w->st = NULL;
    w->lacks_openat2 = true;
    return weir_storage_open_local(&w->t.env, w->dir, NULL, NULL, &w->st, NULL) == WEIR_OK ? 0 : -1;
}

static const char *path_of(struct world *w, const char *name)
{
    static char path[4][1024];
    static int turn;
    turn = (turn + 1) % 4;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", w->dir, name);
    return path[turn];
}

static int put(struct world *w, const char *key, const char *text,
               const struct weir_put_options *options, struct weir_put_result *result,
               struct weir_error *err)
{
    return weir_storage_put(w->st, key, text, strlen(text), options, NULL, result, err);
}

static void assert_object(struct world *w, const char *key, const char *text)
{
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    assert_ok(weir_storage_get(w->st, key, NULL, NULL, &got, &test_last_error));
    assert_string_equal((const char *)got.data, text);
}

static int get_status(struct world *w, const char *key, struct weir_error *err)
{
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    return weir_storage_get(w->st, key, NULL, NULL, &got, err);
}

struct one_text {
    const char *text;
    size_t at;
};

static int one_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct one_text *one = ctx;
    size_t left = strlen(one->text) - one->at;
    (void)err;
    *out_got = left < cap ? left : cap;
    memcpy(buf, one->text + one->at, *out_got);
    one->at += *out_got;
    return WEIR_OK;
}

static int stream(struct world *w, const char *key, const char *text,
                  const struct weir_put_options *options, struct weir_put_result *result,
                  struct weir_error *err)
{
    struct one_text one = {text, 0};
    struct weir_source source = {one_read, NULL, &one};
    return weir_storage_put_stream(w->st, key, &source, -1, options, NULL, result, err);
}

/* ---- Durability ----------------------------------------------------------------------------- */

/* The order is the guarantee: content before name, each new name before its directory is left. */
static void put_syncs_everything_it_made_in_order(void **state)
{
    struct world *w = *state;
    const char *base = strrchr(w->dir, '/') + 1;
    char expected[1024];
    w->is_traced = true;
    assert_ok(put(w, "a/b/k", "1", NULL, NULL, &test_last_error));
    (void)snprintf(expected, sizeof expected,
                   "mkdir a\nfsync %s\nmkdir b\nfsync a\n"
                   "create TMP\nfsync TMP\nrename to k\nfsync b\n",
                   base);
    assert_string_equal(w->trace, expected);

    w->trace[0] = 0; /* the directories are known to be safe now */
    assert_ok(put(w, "a/b/k2", "1", NULL, NULL, &test_last_error));
    assert_string_equal(w->trace, "create TMP\nfsync TMP\nrename to k2\nfsync b\n");

    w->trace[0] = 0;
    assert_ok(stream(w, "a/b/s", "1", NULL, NULL, &test_last_error));
    assert_string_equal(w->trace,
                        "create s.part\nfsync s.part\nrename to TMP\nrename to s\nfsync b\n");
}

/* Somebody else made the directory; whether its name is on the disk, only a sync can tell. */
static void put_syncs_parents_of_directories_it_did_not_make(void **state)
{
    struct world *w = *state;
    char expected[1024];
    assert_int_equal(mkdir(path_of(w, "d"), 0700), 0);
    w->is_traced = true;
    assert_ok(put(w, "d/k", "1", NULL, NULL, &test_last_error));
    (void)snprintf(expected, sizeof expected,
                   "fsync %s\ncreate TMP\nfsync TMP\nrename to k\nfsync d\n",
                   strrchr(w->dir, '/') + 1);
    assert_string_equal(w->trace, expected);
}

static void put_syncs_nothing_when_told_so(void **state)
{
    struct world *w = *state;
    struct weir_put_options none = {.durability = WEIR_DURABILITY_NONE};
    w->is_traced = true;
    assert_ok(put(w, "a/k", "1", &none, NULL, &test_last_error));
    assert_ok(stream(w, "a/s", "1", &none, NULL, &test_last_error));
    assert_null(strstr(w->trace, "fsync"));
    /* What was made without a sync is not taken for safe later. */
    w->trace[0] = 0;
    assert_ok(put(w, "a/k", "1", NULL, NULL, &test_last_error));
    assert_non_null(strstr(w->trace, strrchr(w->dir, '/') + 1));
}

/* ---- Containment ---------------------------------------------------------------------------- */

static void symlinks_are_refused_below_the_base(void **state)
{
    struct world *w = *state;
    char *outside = test_dir_make();
    char secret[512];
    (void)snprintf(secret, sizeof secret, "%s/secret", outside);
    FILE *file = fopen(secret, "w");
    assert_non_null(file);
    (void)fputs("secret", file);
    assert_int_equal(fclose(file), 0);
    assert_ok(put(w, "real/k", "1", NULL, NULL, &test_last_error));
    assert_int_equal(symlink(secret, path_of(w, "file")), 0);
    assert_int_equal(symlink(outside, path_of(w, "dir")), 0);
    assert_int_equal(symlink("real", path_of(w, "inner")), 0);
    assert_int_equal(symlink("nowhere", path_of(w, "dangling")), 0);

    static const char *const keys[] = {"file", "dir/secret", "inner/k", "dangling"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct weir_head head = {.size_bytes = -1};
        struct weir_object_iter *it = NULL;
        const struct weir_object *object = NULL;
        assert_int_equal(get_status(w, keys[i], NULL), WEIR_PERMISSION);
        assert_int_equal(weir_storage_head(w->st, keys[i], NULL, NULL, &head, NULL),
                         WEIR_PERMISSION);
        assert_int_equal(put(w, keys[i], "2", NULL, NULL, NULL), WEIR_PERMISSION);
        assert_int_equal(stream(w, keys[i], "2", NULL, NULL, NULL), WEIR_PERMISSION);
        assert_int_equal(weir_storage_delete(w->st, keys[i], NULL, NULL, NULL), WEIR_PERMISSION);
        if (!strchr(keys[i], '/'))
            continue;
        assert_ok(weir_storage_list(w->st, keys[i], NULL, NULL, &it, &test_last_error));
        assert_int_equal(weir_object_iter_next(it, &object, NULL), WEIR_PERMISSION);
        weir_object_iter_free(it);
    }
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(w->st, "", NULL, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, "real/k"); /* and no symlink */
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
    struct stat found;
    assert_int_equal(stat(secret, &found), 0);
    assert_int_equal(found.st_size, 6);
    test_dir_remove(outside);
}

static void symlinks_may_stay_below_the_base_when_allowed(void **state)
{
    struct world *w = *state;
    char *outside = test_dir_make();
    struct weir_local_options options = {.allow_symlinks = true};
    weir_storage_unref(w->st);
    w->st = NULL;
    assert_ok(weir_storage_open_local(&w->t.env, w->dir, &options, NULL, &w->st, &test_last_error));
    assert_ok(put(w, "real/k", "1", NULL, NULL, &test_last_error));
    assert_int_equal(symlink("real", path_of(w, "inner")), 0);
    assert_int_equal(symlink("real/k", path_of(w, "file")), 0);
    assert_int_equal(symlink(outside, path_of(w, "out")), 0);
    assert_object(w, "inner/k", "1");
    assert_object(w, "file", "1");
    assert_ok(put(w, "inner/k2", "2", NULL, NULL, &test_last_error));
    assert_object(w, "real/k2", "2");
    assert_int_equal(get_status(w, "out/x", NULL), WEIR_PERMISSION);
    assert_int_equal(put(w, "out/x", "1", NULL, NULL, NULL), WEIR_PERMISSION);
    test_dir_remove(outside);
}

static void list_follows_symlinks_to_files_when_allowed(void **state)
{
    struct world *w = *state;
    struct weir_local_options options = {.allow_symlinks = true};
    weir_storage_unref(w->st);
    w->st = NULL;
    assert_ok(weir_storage_open_local(&w->t.env, w->dir, &options, NULL, &w->st, &test_last_error));
    assert_ok(put(w, "real", "123", NULL, NULL, &test_last_error));
    assert_int_equal(symlink("real", path_of(w, "in")), 0);
    assert_int_equal(symlink("/etc/passwd", path_of(w, "out")), 0);
    assert_int_equal(symlink("nowhere", path_of(w, "dangling")), 0);
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(w->st, "", NULL, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, "in");
    assert_int_equal(object->size_bytes, 3);
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, "real");
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
}

/* Some file systems do not tell the type of an entry. */
static int64_t typeless_entries(void *ctx, int fd, void *buf, size_t n)
{
    struct world *w = ctx;
    int64_t got = w->inner.entries(&w->t, fd, buf, n);
    for (int64_t at = 0; at < got;) {
        uint16_t length;
        memcpy(&length, (uint8_t *)buf + at + 16, sizeof length);
        ((uint8_t *)buf)[at + 18] = 0;
        at += length;
    }
    return got;
}

static void list_asks_for_types_when_the_directory_does_not_tell(void **state)
{
    static const char *const keys[] = {"a-b", "a/x", "b"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        assert_ok(put(w, keys[i], "1", NULL, NULL, &test_last_error));
    assert_int_equal(mkfifo(path_of(w, "fifo"), 0600), 0);
    assert_int_equal(symlink("b", path_of(w, "link")), 0);
    w->t.calls.entries = typeless_entries;
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(w->st, "", NULL, NULL, &it, &test_last_error));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        assert_string_equal(object->key, keys[i]);
    }
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
}

static void base_may_be_reached_through_a_symlink(void **state)
{
    struct world *w = *state;
    AUTO(storage) struct weir_storage *st = NULL;
    assert_int_equal(mkdir(path_of(w, "real"), 0700), 0);
    assert_int_equal(symlink("real", path_of(w, "link")), 0);
    assert_ok(
        weir_storage_open_local(&w->t.env, path_of(w, "link"), NULL, NULL, &st, &test_last_error));
    assert_ok(weir_storage_put(st, "k", "1", 1, NULL, NULL, NULL, &test_last_error));
    assert_object(w, "real/k", "1");
}

/* Opening a FIFO for reading would wait for a writer for ever. */
static void only_regular_files_are_objects(void **state)
{
    struct world *w = *state;
    bool found = true;
    assert_int_equal(mkfifo(path_of(w, "fifo"), 0600), 0);
    assert_int_equal(get_status(w, "fifo", NULL), WEIR_NOT_FOUND);
    assert_ok(weir_storage_exists(w->st, "fifo", NULL, &found, &test_last_error));
    assert_false(found);
    assert_int_equal(put(w, "fifo", "1", NULL, NULL, NULL), WEIR_PERMISSION);
    assert_ok(weir_storage_delete(w->st, "fifo", NULL, NULL, &test_last_error));
    assert_int_equal(access(path_of(w, "fifo"), F_OK), 0);
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(w->st, "", NULL, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_null(object);
}

/* ---- Names ---------------------------------------------------------------------------------- */

static void key_conflicts_when_it_is_a_part_of_another(void **state)
{
    struct world *w = *state;
    static const struct weir_put_options absent = {.if_absent = true};
    static const char *const keys[] = {"a", "a/x/y"};
    assert_ok(put(w, "a/x", "1", NULL, NULL, &test_last_error));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(put(w, keys[i], "2", NULL, NULL, &err), WEIR_PRECONDITION);
        assert_int_equal(err.detail, WEIR_DETAIL_KEY_CONFLICT);
        assert_int_equal(stream(w, keys[i], "2", NULL, NULL, &err), WEIR_PRECONDITION);
        assert_int_equal(err.detail, WEIR_DETAIL_KEY_CONFLICT);
        assert_int_equal(put(w, keys[i], "2", &absent, NULL, &err), WEIR_PRECONDITION);
        assert_int_equal(err.detail, WEIR_DETAIL_KEY_CONFLICT);
    }
    assert_object(w, "a/x", "1");
    assert_int_equal(get_status(w, "a/x/y", NULL), WEIR_NOT_FOUND);
    assert_ok(weir_storage_delete(w->st, "a/x/y", NULL, NULL, &test_last_error));
}

static void names_keep_the_limits_of_files(void **state)
{
    struct world *w = *state;
    char long_name[300];
    memset(long_name, 'n', sizeof long_name);
    long_name[256] = 0;
    assert_int_equal(put(w, long_name, "1", NULL, NULL, NULL), WEIR_INVALID);
    assert_int_equal(get_status(w, long_name, NULL), WEIR_INVALID);
    long_name[255] = 0; /* no room for ".part" behind it */
    assert_ok(put(w, long_name, "1", NULL, NULL, &test_last_error));
    assert_ok(stream(w, long_name, "2", NULL, NULL, &test_last_error));
    assert_object(w, long_name, "2");
    assert_ok(weir_storage_delete(w->st, long_name, NULL, NULL, &test_last_error));
    assert_int_equal(put(w, "x.part", "1", NULL, NULL, NULL), WEIR_INVALID);
    assert_int_equal(get_status(w, "x.part", NULL), WEIR_INVALID);
    assert_ok(put(w, "x.part/y", "1", NULL, NULL, &test_last_error));
    assert_object(w, "x.part/y", "1");
}

static void foreign_keys_are_listed_and_can_be_deleted(void **state)
{
    struct world *w = *state;
    FILE *file = fopen(path_of(w, "od\\d\n"), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(w->st, "", NULL, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_string_equal(object->key, "od\\d\n");
    assert_int_equal(get_status(w, object->key, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_delete(w->st, object->key, NULL, NULL, NULL), WEIR_INVALID);
    struct weir_delete_options any = {.allow_any_key = true};
    assert_ok(weir_storage_delete(w->st, object->key, &any, NULL, &test_last_error));
    assert_int_equal(access(path_of(w, "od\\d\n"), F_OK), -1);
    assert_int_equal(weir_storage_delete(w->st, "../x", &any, NULL, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_delete(w->st, "/x", &any, NULL, NULL), WEIR_INVALID);
}

static void modes_are_private_unless_told(void **state)
{
    struct world *w = *state;
    struct stat found;
    mode_t before = umask(0);
    assert_ok(put(w, "d/k", "1", NULL, NULL, &test_last_error));
    assert_ok(stream(w, "d/s", "1", NULL, NULL, &test_last_error));
    struct weir_local_options options = {.file_mode = 0640, .dir_mode = 0750};
    AUTO(storage) struct weir_storage *st = NULL;
    assert_ok(
        weir_storage_open_local(&w->t.env, path_of(w, "o"), &options, NULL, &st, &test_last_error));
    assert_ok(weir_storage_put(st, "e/k", "1", 1, NULL, NULL, NULL, &test_last_error));
    (void)umask(before);
    static const struct {
        const char *name;
        mode_t mode;
    } rows[] = {{"d", 0700}, {"d/k", 0600}, {"d/s", 0600}, {"o", 0750}, {"o/e/k", 0640}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(stat(path_of(w, rows[i].name), &found), 0);
        assert_int_equal(found.st_mode & 0777, rows[i].mode);
    }
}

/* ---- Things that go away -------------------------------------------------------------------- */

static void missing_base_is_no_store(void **state)
{
    struct world *w = *state;
    struct weir_error err = WEIR_ERROR_INIT;
    AUTO(storage) struct weir_storage *st = NULL;
    struct weir_local_options options = {.no_create = true};
    assert_int_equal(
        weir_storage_open_local(&w->t.env, path_of(w, "no"), &options, NULL, &st, &err),
        WEIR_NOT_FOUND);
    assert_int_equal(err.detail, WEIR_DETAIL_NO_STORE);
    assert_int_equal(access(path_of(w, "no"), F_OK), -1);

    assert_ok(
        weir_storage_open_local(&w->t.env, path_of(w, "gone"), NULL, NULL, &st, &test_last_error));
    assert_int_equal(rmdir(path_of(w, "gone")), 0);
    struct weir_storage_bytes got = {0};
    struct weir_head head = {.size_bytes = 5};
    struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    int statuses[5];
    struct weir_error errors[5];
    statuses[0] = weir_storage_get(st, "k", NULL, NULL, &got, &errors[0]);
    statuses[1] = weir_storage_head(st, "k", NULL, NULL, &head, &errors[1]);
    statuses[2] = weir_storage_put(st, "k", "", 0, NULL, NULL, NULL, &errors[2]);
    statuses[3] = weir_storage_put(st, "d/k", "", 0, NULL, NULL, NULL, &errors[3]);
    assert_ok(weir_storage_list(st, "", NULL, NULL, &it, &test_last_error));
    statuses[4] = weir_object_iter_next(it, &object, &errors[4]);
    weir_object_iter_free(it);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        assert_int_equal(statuses[i], WEIR_NOT_FOUND);
        assert_int_equal(errors[i].detail, WEIR_DETAIL_NO_STORE);
    }
    assert_int_equal(head.size_bytes, 5);
}

static void put_makes_the_directory_again_when_it_vanished(void **state)
{
    struct world *w = *state;
    assert_ok(put(w, "a/b/k", "1", NULL, NULL, &test_last_error));
    assert_int_equal(unlink(path_of(w, "a/b/k")), 0);
    assert_int_equal(rmdir(path_of(w, "a/b")), 0);
    assert_int_equal(rmdir(path_of(w, "a")), 0);
    assert_ok(put(w, "a/b/k", "2", NULL, NULL, &test_last_error));
    assert_object(w, "a/b/k", "2");
}

/* The directory goes away between its opening and the first file in it. */
static int removing_open(void *ctx, int dir, const char *path, int flags, uint32_t mode,
                         uint64_t resolve)
{
    struct world *w = ctx;
    if (flags & O_CREAT && w->is_traced) {
        w->is_traced = false;
        assert_int_equal(rmdir(path_of(w, "d")), 0);
    }
    return w->inner.open(&w->t, dir, path, flags, mode, resolve);
}

static void put_tries_once_more_when_the_directory_goes_under_it(void **state)
{
    struct world *w = *state;
    w->t.calls.open = removing_open;
    w->is_traced = true;
    assert_ok(put(w, "d/k", "1", NULL, NULL, &test_last_error));
    assert_object(w, "d/k", "1");
    assert_ok(weir_storage_delete(w->st, "d/k", NULL, NULL, &test_last_error));
    w->is_traced = true;
    assert_ok(stream(w, "d/k", "2", NULL, NULL, &test_last_error));
    assert_object(w, "d/k", "2");
}

static void remove_directory_takes_the_lock_file_along(void **state)
{
    struct world *w = *state;
    struct weir_put_result result = {0};
    assert_ok(put(w, "d/k", "1", NULL, &result, &test_last_error));
    struct weir_put_options same = {.if_etag = result.etag};
    assert_ok(put(w, "d/k", "2", &same, NULL, &test_last_error));
    assert_int_equal(access(path_of(w, "d/.weir-lock"), F_OK), 0);
    assert_int_equal(weir_storage_remove_directory(w->st, "d", NULL, NULL), WEIR_PRECONDITION);
    assert_int_equal(access(path_of(w, "d/.weir-lock"), F_OK), 0);
    assert_ok(weir_storage_delete(w->st, "d/k", NULL, NULL, &test_last_error));
    assert_ok(weir_storage_remove_directory(w->st, "d", NULL, &test_last_error));
    assert_int_equal(access(path_of(w, "d"), F_OK), -1);
}

static void clean_removes_only_old_temporary_files(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        bool is_old, stays;
    } rows[] = {
        {".weir-0123456789abcdef.tmp", true, false},
        {"d/.weir-0.tmp", true, false},
        {"d/.weir-1.tmp", false, true},
        {"d/x.part", true, true},
        {"d/.weir-lock", true, true},
        {"d/k.tmp", true, true},
    };
    assert_int_equal(mkdir(path_of(w, "d"), 0700), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        FILE *file = fopen(path_of(w, rows[i].name), "w");
        assert_non_null(file);
        assert_int_equal(fclose(file), 0);
        struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
        if (rows[i].is_old)
            assert_int_equal(utimensat(AT_FDCWD, path_of(w, rows[i].name), times, 0), 0);
    }
    int64_t n = 0;
    assert_ok(weir_storage_clean(w->st, NULL, &n, &test_last_error));
    assert_int_equal(n, 2);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(access(path_of(w, rows[i].name), F_OK), rows[i].stays ? 0 : -1);
}

/* ---- Errors --------------------------------------------------------------------------------- */

static int failing_open(void *ctx, int dir, const char *path, int flags, uint32_t mode,
                        uint64_t resolve)
{
    struct world *w = ctx;
    if (flags & O_CREAT)
        return -w->t.fail_file_errno;
    return w->inner.open(&w->t, dir, path, flags, mode, resolve);
}

static void errors_are_told_apart_as_the_table_says(void **state)
{
    static const struct {
        int os_errno, code, detail;
    } rows[] = {
        {EACCES, WEIR_PERMISSION, 0},
        {EPERM, WEIR_PERMISSION, 0},
        {EROFS, WEIR_PERMISSION, 0},
        {EMFILE, WEIR_UNAVAILABLE, 0},
        {EIO, WEIR_IO, WEIR_DETAIL_NONE},
        {ENOSPC, WEIR_IO, WEIR_DETAIL_NO_SPACE},
        {EDQUOT, WEIR_IO, WEIR_DETAIL_NO_SPACE},
        {ENAMETOOLONG, WEIR_INVALID, 0},
    };
    struct world *w = *state;
    w->t.calls.open = failing_open;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct weir_error err = WEIR_ERROR_INIT;
        w->t.fail_file_errno = rows[i].os_errno;
        assert_int_equal(put(w, "d/k", "1", NULL, NULL, &err), rows[i].code);
        assert_int_equal(err.detail, rows[i].detail);
        assert_int_equal(err.os_errno, rows[i].os_errno);
        assert_non_null(strstr(err.message, "d/k"));
    }
}

static void put_if_absent_has_one_winner_among_processes(void **state)
{
    enum { N = 6, ROUNDS = 20 };
    struct world *w = *state;
    pid_t children[N];
    for (int i = 0; i < N; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0)
            continue;
        int n_won = 0;
        struct weir_storage *st = NULL;
        struct weir_put_options absent = {.if_absent = true};
        if (weir_storage_open_local(weir_env_default(), w->dir, NULL, NULL, &st, NULL) != WEIR_OK)
            _exit(255);
        for (int round = 0; round < ROUNDS; round++) {
            char key[32];
            (void)snprintf(key, sizeof key, "p/%d", round);
            n_won += weir_storage_put(st, key, "1", 1, &absent, NULL, NULL, NULL) == WEIR_OK;
        }
        weir_storage_unref(st);
        _exit(n_won);
    }
    int n_won = 0;
    for (int i = 0; i < N; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        n_won += WEXITSTATUS(status);
    }
    assert_int_equal(n_won, ROUNDS);
}

/* File systems without RENAME_NOREPLACE: the name is taken by a link. */
static int plain_rename(void *ctx, int old_dir, const char *old_path, int new_dir,
                        const char *new_path, uint32_t flags)
{
    struct world *w = ctx;
    return flags ? -EINVAL : w->inner.rename(&w->t, old_dir, old_path, new_dir, new_path, 0);
}

static void put_if_absent_links_when_rename_cannot_refuse(void **state)
{
    struct world *w = *state;
    static const struct weir_put_options absent = {.if_absent = true};
    w->t.calls.rename = plain_rename;
    assert_ok(put(w, "d/k", "1", &absent, NULL, &test_last_error));
    assert_ok(stream(w, "d/s", "1", &absent, NULL, &test_last_error));
    assert_object(w, "d/k", "1");
    assert_object(w, "d/s", "1");
    struct stat found;
    assert_int_equal(stat(path_of(w, "d/k"), &found), 0);
    assert_int_equal(found.st_nlink, 1); /* no second name is left */
    assert_int_equal(put(w, "d/k", "2", &absent, NULL, NULL), WEIR_ALREADY_EXISTS);
    assert_object(w, "d/k", "1");
}

static int caseless_stat_at(void *ctx, int dir, const char *path, struct weir_file_stat *out)
{
    struct world *w = ctx;
    char lower[64];
    size_t i = 0;
    for (; path[i] && i + 1 < sizeof lower; i++)
        lower[i] = (char)(path[i] >= 'A' && path[i] <= 'Z' ? path[i] + 32 : path[i]);
    lower[i] = 0;
    return w->inner.stat_at(&w->t, dir, strncmp(path, ".WEIR-", 6) == 0 ? lower : path, out);
}

static void open_refuses_a_file_system_that_ignores_case(void **state)
{
    struct world *w = *state;
    AUTO(storage) struct weir_storage *st = NULL;
    struct weir_local_options options = {0};
    w->t.calls.stat_at = caseless_stat_at;
    assert_int_equal(weir_storage_open_local(&w->t.env, w->dir, &options, NULL, &st, NULL),
                     WEIR_UNSUPPORTED);
    assert_null(st);
    options.allow_case_insensitive = true;
    assert_ok(weir_storage_open_local(&w->t.env, w->dir, &options, NULL, &st, &test_last_error));
}

/* ---- What is told --------------------------------------------------------------------------- */

struct told {
    char lines[2048];
};

static void told_log(void *ctx, enum weir_log_level level, const char *message, const char *facts)
{
    struct told *told = ctx;
    size_t at = strlen(told->lines);
    (void)snprintf(told->lines + at, sizeof told->lines - at, "%d %s %s\n", (int)level, message,
                   facts);
}

static void told_metric(void *ctx, const struct weir_metric *metric)
{
    struct told *told = ctx;
    size_t at = strlen(told->lines);
    if (metric->kind == WEIR_METRIC_COUNTER)
        (void)snprintf(told->lines + at, sizeof told->lines - at, "%s{%s} %g\n", metric->name,
                       metric->labels, metric->value);
}

static void calls_are_logged_and_measured_once(void **state)
{
    struct world *w = *state;
    struct told told = {""};
    w->t.env.metric = told_metric;
    w->t.env.metric_ctx = &told;
    assert_ok(put(w, "k", "12345", NULL, NULL, &test_last_error));
    assert_int_equal(get_status(w, "nope", NULL), WEIR_NOT_FOUND);
    assert_string_equal(told.lines, "weir_storage_requests_total{verb=\"put\",class=\"ok\"} 1\n"
                                    "weir_storage_puts_total{} 1\n"
                                    "weir_storage_put_bytes_total{} 5\n"
                                    "weir_storage_requests_total{verb=\"get\",class=\"ok\"} 1\n"
                                    "weir_storage_gets_total{} 1\n"
                                    "weir_storage_get_bytes_total{} 0\n");
    w->t.env.metric = NULL;
    told.lines[0] = 0;
    w->t.env.log = told_log;
    w->t.env.log_ctx = &told;
    w->t.env.log_level = WEIR_LOG_DEBUG;
    test_env_simulate(&w->t, 1);
    assert_ok(put(w, "a b", "12345", NULL, NULL, &test_last_error));
    assert_string_equal(told.lines, "4 storage call verb=put key=a%20b status=0 bytes=5 us=0\n");
    w->t.env.log = NULL;
}

/* A device that is really full. Needs the right to mount. */
static void put_leaves_nothing_when_the_device_is_full(void **state)
{
    struct world *w = *state;
    const char *mounted = path_of(w, "small");
    assert_int_equal(mkdir(mounted, 0700), 0);
    if (mount("tmpfs", mounted, "tmpfs", 0, "size=256k") != 0) {
        print_message("skipped: cannot mount a tmpfs here: %s\n", strerror(errno));
        skip();
    }
    size_t n = 1 << 20;
    char *large = malloc(n + 1);
    memset(large, 'x', n);
    large[n] = 0;
    struct weir_error err = WEIR_ERROR_INIT, stream_err = WEIR_ERROR_INIT;
    assert_ok(put(w, "small/k", "old", NULL, NULL, &test_last_error));
    int status = put(w, "small/k", large, NULL, NULL, &err);
    struct weir_put_options discard = {.discard_partial = true};
    int stream_status = stream(w, "small/k", large, &discard, NULL, &stream_err);
    free(large);
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    int get = weir_storage_get(w->st, "small/k", NULL, NULL, &got, &test_last_error);
    int removed = weir_storage_delete(w->st, "small/k", NULL, NULL, NULL);
    int emptied = weir_storage_put(w->st, "small/fits", "1", 1, NULL, NULL, NULL, NULL);
    assert_int_equal(umount2(mounted, MNT_DETACH), 0);
    assert_int_equal(status, WEIR_IO);
    assert_int_equal(err.detail, WEIR_DETAIL_NO_SPACE);
    assert_int_equal(stream_status, WEIR_IO);
    assert_int_equal(stream_err.detail, WEIR_DETAIL_NO_SPACE);
    assert_ok(get);
    assert_string_equal((const char *)got.data, "old");
    assert_int_equal(removed, WEIR_OK);
    assert_int_equal(emptied, WEIR_OK);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
#define FALLBACK(f)                                                                                \
    {                                                                                              \
#        f " without openat2", f, fallback_setup, world_teardown, NULL                             \
    }
    const struct CMUnitTest tests[] = {
        CASE(put_syncs_everything_it_made_in_order),
        CASE(put_syncs_parents_of_directories_it_did_not_make),
        CASE(put_syncs_nothing_when_told_so),
        CASE(symlinks_are_refused_below_the_base),
        FALLBACK(symlinks_are_refused_below_the_base),
        CASE(symlinks_may_stay_below_the_base_when_allowed),
        CASE(list_follows_symlinks_to_files_when_allowed),
        CASE(list_asks_for_types_when_the_directory_does_not_tell),
        CASE(base_may_be_reached_through_a_symlink),
        FALLBACK(base_may_be_reached_through_a_symlink),
        CASE(only_regular_files_are_objects),
        FALLBACK(only_regular_files_are_objects),
        CASE(key_conflicts_when_it_is_a_part_of_another),
        FALLBACK(key_conflicts_when_it_is_a_part_of_another),
        CASE(names_keep_the_limits_of_files),
        CASE(foreign_keys_are_listed_and_can_be_deleted),
        CASE(modes_are_private_unless_told),
        CASE(missing_base_is_no_store),
        FALLBACK(missing_base_is_no_store),
        CASE(put_makes_the_directory_again_when_it_vanished),
        FALLBACK(put_makes_the_directory_again_when_it_vanished),
        CASE(put_tries_once_more_when_the_directory_goes_under_it),
        CASE(remove_directory_takes_the_lock_file_along),
        CASE(clean_removes_only_old_temporary_files),
        CASE(errors_are_told_apart_as_the_table_says),
        CASE(put_if_absent_has_one_winner_among_processes),
        CASE(put_if_absent_links_when_rename_cannot_refuse),
        CASE(open_refuses_a_file_system_that_ignores_case),
        CASE(calls_are_logged_and_measured_once),
        CASE(put_leaves_nothing_when_the_device_is_full),
    };
    return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
