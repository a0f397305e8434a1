/* local.c: a directory as a store: opening it, what it can do, and its accessors (spec/storage.md
 * 5).
 *
 * Paths and containment are in local_path.c, writing in local_put.c, reading in local_get.c,
 * listing in walk.c. */
#include "storage/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define BASE_MAX_BYTES 4096
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)

static void local_free(void *ctx)
{
    struct weir__local_store *store = ctx;
    const struct weir_env *env = store->env;
    if (store->base_fd >= 0)
        (void)env->file->close(env->file_ctx, store->base_fd); /* a directory: nothing unwritten */
    weir__dir_cache_dispose(&store->dirs);
    weir__free(env, store->base);
    weir__free(env, store);
}

static void weir__local_store_freep(struct weir__local_store **store)
{
    if (*store)
        local_free(*store);
    *store = NULL;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static int base_make_one(const struct weir__local_store *store, const char *parent,
                         const char *path, struct weir_error *err)
{
    const struct weir_env *env = store->env;
    int made = env->file->mkdir(env->file_ctx, AT_FDCWD, path, store->dir_mode);
    if (made == -EEXIST)
        return WEIR_OK;
    if (made)
        return weir__fail_errno(err, -made, "cannot make directory %s", path);
    if (store->durability == WEIR_DURABILITY_NONE)
        return WEIR_OK;
    AUTO(file) struct weir__file dir = WEIR__FILE_NONE;
    TRY(weir__file_open(env, AT_FDCWD, parent, DIR_FLAGS, 0, &dir, err));
    return weir__file_sync(&dir, err);
}

/* The base and its parents, each synced into the one above it. */
static int base_make(const struct weir__local_store *store, struct weir_error *err)
{
    AUTO(buf) struct weir__buf path = weir__buf_make(store->env, BASE_MAX_BYTES);
    AUTO(buf) struct weir__buf parent = weir__buf_make(store->env, BASE_MAX_BYTES);
    const char *path_text, *parent_text;
    TRY(weir__buf_append_text(&parent, "/", err));
    for (const char *at = store->base + 1; *at;) {
        const char *slash = strchr(at, '/');
        size_t len = slash ? (size_t)(slash - store->base) : strlen(store->base);
        weir__buf_clear(&path);
        TRY(weir__buf_append(&path, store->base, len, err));
        TRY(weir__buf_text(&path, &path_text, err));
        TRY(weir__buf_text(&parent, &parent_text, err));
        struct weir_file_stat stat;
        int missing = store->env->file->stat_at(store->env->file_ctx, AT_FDCWD, path_text, &stat);
        if (missing == -ENOENT)
            TRY(base_make_one(store, parent_text, path_text, err));
        weir__buf_clear(&parent);
        TRY(weir__buf_append(&parent, path.data, path.len, err));
        at = slash ? slash + 1 : store->base + strlen(store->base);
    }
    return WEIR_OK;
}

static int base_open(struct weir__local_store *store, bool may_create, struct weir_error *err)
{
    AUTO(file) struct weir__file dir = WEIR__FILE_NONE;
    int status = weir__file_open(store->env, AT_FDCWD, store->base, DIR_FLAGS, 0, &dir, err);
    if (status == WEIR_NOT_FOUND && may_create) {
        TRY(base_make(store, err));
        status = weir__file_open(store->env, AT_FDCWD, store->base, DIR_FLAGS, 0, &dir, err);
    }
    if (status == WEIR_NOT_FOUND && err)
        err->detail = WEIR_DETAIL_NO_STORE;
    TRY(status);
    store->base_fd = dir.fd;
    dir.fd = -1;
    return WEIR_OK;
}

/* Old kernels and some sandboxes have no openat2; then we walk by ourselves. */
static int openat2_probe(struct weir__local_store *store, struct weir_error *err)
{
    AUTO(fd) struct weir__fd probe = {store->env, -1};
    store->has_openat2 = true;
    probe.fd = weir__local_open_below(store, "", DIR_FLAGS, 0);
    if (probe.fd >= 0)
        return WEIR_OK;
    bool is_lacking = probe.fd == -ENOSYS || probe.fd == -EPERM || probe.fd == -EINVAL;
    if (!is_lacking)
        return weir__fail_errno(err, -probe.fd, "cannot open %s", store->base);
    if (store->allow_symlinks) {
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "cannot open %s: allow_symlinks needs a kernel with openat2",
                          store->base);
    }
    store->has_openat2 = false;
    return WEIR_OK;
}

/* Would "a" and "A" be one file? Asked with one temporary file; a directory that cannot be written
 * to is taken as it is. */
static int case_probe(const struct weir__local_store *store, struct weir_error *err)
{
    const struct weir_env *env = store->env;
    uint8_t random[8];
    char hex[17] = "", name[40], other[40];
    int failed = env->random(env->random_ctx, random, sizeof random);
    if (failed)
        return weir__fail_errno(err, -failed, "cannot open %s: no randomness", store->base);
    weir__hex(random, sizeof random, hex);
    (void)snprintf(name, sizeof name, ".weir-%s.tmp", hex);
    (void)snprintf(other, sizeof other, ".WEIR-%s.TMP", hex);
    int fd = env->file->open(env->file_ctx, store->base_fd, name,
                             O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, store->file_mode, 0);
    if (fd < 0)
        return WEIR_OK;
    struct weir_file_stat stat;
    int found = env->file->stat_at(env->file_ctx, store->base_fd, other, &stat);
    (void)env->file->close(env->file_ctx, fd);
    (void)env->file->unlink(env->file_ctx, store->base_fd, name, 0); /* clean takes it otherwise */
    if (found == 0) {
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "cannot open %s: its file system ignores case, so keys would collide",
                          store->base);
    }
    return WEIR_OK;
}

/* Absolute, no "//", no "/" at the end. */
static int base_name(const struct weir_env *env, const char *dir, char **out,
                     struct weir_error *err)
{
    if (!dir || !*dir)
        return weir__fail(err, WEIR_INVALID, "directory of a local store is empty");
    AUTO(buf) struct weir__buf whole = weir__buf_make(env, BASE_MAX_BYTES);
    AUTO(buf) struct weir__buf clean = weir__buf_make(env, BASE_MAX_BYTES);
    TRY(weir__path_absolute(dir, &whole, err));
    for (size_t i = 0; i < whole.len;) {
        size_t end = i;
        while (end < whole.len && whole.data[end] != '/')
            end++;
        struct weir__str segment = {(const char *)whole.data + i, end - i};
        if (segment.len && !weir__str_is(segment, ".")) {
            TRY(weir__buf_byte(&clean, '/', err));
            TRY(weir__buf_append(&clean, segment.data, segment.len, err));
        }
        i = end + 1;
    }
    if (clean.len == 0)
        TRY(weir__buf_byte(&clean, '/', err));
    *out = weir__strndup(env, (const char *)clean.data, clean.len, err);
    return *out ? WEIR_OK : WEIR_NO_MEMORY;
}

static int local_new(const struct weir_env *env, const struct weir_local_options *options,
                     struct weir__local_store **out, struct weir_error *err)
{
    struct weir__local_store *store = weir__alloc_zero(env, 1, sizeof *store, err);
    if (!store)
        return WEIR_NO_MEMORY;
    store->env = env;
    store->base_fd = -1;
    store->file_mode = options->file_mode ? options->file_mode : 0600;
    store->dir_mode = options->dir_mode ? options->dir_mode : 0700;
    store->durability = options->durability;
    store->allow_symlinks = options->allow_symlinks;
    weir__dir_cache_init(&store->dirs, env);
    *out = store;
    return WEIR_OK;
}

int weir_storage_open_local(const struct weir_env *env, const char *dir,
                            const struct weir_local_options *options,
                            const struct weir_cancel *cancel, struct weir_storage **out,
                            struct weir_error *err)
{
    static const struct weir_local_options defaults;
    options = options ? options : &defaults;
    if (!env || !out) {
        return weir__fail(err, WEIR_INVALID,
                          "local store: env or the place of the result is missing");
    }
    if ((options->file_mode | options->dir_mode) > 0777 || options->durability < 0 ||
        options->durability > WEIR_DURABILITY_NONE) {
        return weir__fail(err, WEIR_INVALID, "open %s: modes or durability are not valid",
                          dir ? dir : "");
    }
    TRY(weir_cancel_check(cancel, err));
    AUTO(local_store) struct weir__local_store *store = NULL;
    TRY(local_new(env, options, &store, err));
    TRY(base_name(env, dir, &store->base, err));
    TRY(base_open(store, !options->no_create, err));
    TRY(openat2_probe(store, err));
    if (!options->allow_case_insensitive)
        TRY(case_probe(store, err));
    TRY(weir_storage_open_ops(env, &weir__local_ops, store, out, err));
    store = NULL; /* the handle has it */
    return WEIR_OK;
}

/* ---- Config --------------------------------------------------------------------------------- */

static int local_config_json(void *ctx, const struct weir_sink *out, struct weir_error *err)
{
    const struct weir__local_store *store = ctx;
    AUTO(buf) struct weir__buf json = weir__buf_make(store->env, (size_t)8 * BASE_MAX_BYTES);
    TRY(weir__buf_append_text(&json, "{\"base_path\":", err));
    TRY(weir__json_quote(&json, weir__str_of(store->base), err));
    TRY(weir__buf_append_text(&json, "}", err));
    return out->write(out->ctx, json.data, json.len, err);
}

/* ---- Accessors ------------------------------------------------------------------------------ */

const char *weir_storage_local_base(const struct weir_storage *st)
{
    const struct weir__local_store *store = weir__storage_ctx(st, &weir__local_ops);
    return store ? store->base : NULL;
}

int weir_storage_local_full_path(const struct weir_storage *st, const char *key, char *out,
                                 size_t cap, struct weir_error *err)
{
    const char *base = weir_storage_local_base(st);
    if (!base) {
        return weir__fail(err, WEIR_UNSUPPORTED, "a %s store has no file names",
                          weir_storage_type(st));
    }
    TRY(weir_storage_check_key(key, err));
    TRY(weir__local_check_key(key, err));
    size_t base_bytes = strlen(base), key_bytes = strlen(key);
    if (base_bytes == 1)
        base_bytes = 0; /* the root: its slash is the one between */
    if (base_bytes + 1 + key_bytes >= cap) {
        return weir__fail(err, WEIR_INVALID, "file name of key: needs %zu bytes",
                          base_bytes + key_bytes + 2);
    }
    (void)snprintf(out, cap, "%.*s/%s", (int)base_bytes, base, key);
    return WEIR_OK;
}

const struct weir_storage_ops weir__local_ops = {
    .struct_size = sizeof(struct weir_storage_ops),
    .type = "local",
    .caps = WEIR_CAP_APPEND | WEIR_CAP_BATCH_DELETE | WEIR_CAP_LIST_DIRS | WEIR_CAP_REMOVE_DIR |
            WEIR_CAP_IF_ABSENT | WEIR_CAP_IF_ETAG | WEIR_CAP_START_AFTER | WEIR_CAP_CHEAP_HEAD,
    .close = local_free,
    .config_json = local_config_json,
    .put = weir__local_put,
    .put_stream = weir__local_put_stream,
    .get_stream = weir__local_get_stream,
    .head = weir__local_head,
    .list = weir__local_list,
    .delete_object = weir__local_delete,
    .append = weir__local_append,
    .list_directories = weir__local_list_directories,
    .remove_directory = weir__local_remove_directory,
    .clean = weir__local_clean,
    .open_input = weir__local_open_input,
};
