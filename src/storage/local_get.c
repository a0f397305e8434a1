/* local_get.c: reading, looking at and deleting files of a local store.
 *
 * What is read stays one version: the descriptor is opened once, and writers only ever put a new
 * file in the place of the old. */
#include "storage/local.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- Versions ------------------------------------------------------------------------------- */

void weir__local_stat_etag(const struct weir_file_stat *stat, char out[WEIR_ETAG_BYTES])
{
    (void)snprintf(out, WEIR_ETAG_BYTES, "s-%" PRIx64 "-%" PRIx64 "-%" PRIx64, stat->inode,
                   (uint64_t)stat->size_bytes, (uint64_t)stat->modified_ns);
}

struct owned_block {
    const struct weir_env *env;
    uint8_t *data;
};

static void weir__owned_block_freep(struct owned_block *block)
{
    weir__free(block->env, block->data);
}

static int content_etag(struct weir__file *file, size_t n, char out[WEIR_ETAG_BYTES],
                        struct weir_error *err)
{
    AUTO(owned_block) struct owned_block block = {file->env, weir__alloc(file->env, n, err)};
    if (!block.data)
        return WEIR_NO_MEMORY;
    TRY(weir__file_read_at(file, 0, block.data, n, err));
    weir__etag_of_bytes(block.data, n, out);
    return WEIR_OK;
}

int weir__local_file_etag(struct weir__file *file, const struct weir_file_stat *stat,
                          char out[WEIR_ETAG_BYTES], struct weir_error *err)
{
    if (stat->size_bytes <= WEIR__ETAG_HASH_MAX)
        return content_etag(file, (size_t)stat->size_bytes, out, err);
    weir__local_stat_etag(stat, out);
    return WEIR_OK;
}

int weir__local_etag_matches(struct weir__file *file, const struct weir_file_stat *stat,
                             const char *wanted, bool *out_matches, struct weir_error *err)
{
    char etag[WEIR_ETAG_BYTES];
    bool by_content = strncmp(wanted, "h-", 2) == 0;
    *out_matches = false;
    if (by_content && stat->size_bytes > WEIR__ETAG_HASH_MAX)
        return WEIR_OK;
    if (by_content) {
        TRY(content_etag(file, (size_t)stat->size_bytes, etag, err));
    } else {
        weir__local_stat_etag(stat, etag); /* as listings tell it, whatever the size */
    }
    *out_matches = strcmp(etag, wanted) == 0;
    return WEIR_OK;
}

/* ---- Opening -------------------------------------------------------------------------------- */

void weir__local_read_freep(struct weir__local_read *opened)
{
    weir__file_freep(&opened->file);
}

/* Where the staging file of a key is. */
static void staging_path(const char *key, char out[WEIR_KEY_MAX_BYTES + WEIR__FILE_NAME_BYTES + 2])
{
    char staging[WEIR__FILE_NAME_BYTES];
    weir__local_staging_name(weir__local_split(key, out), staging);
    size_t len = strlen(out);
    (void)snprintf(out + len, WEIR__FILE_NAME_BYTES + 1, "%s%s", len ? "/" : "", staging);
}

int weir__local_open_read(struct weir__local_store *store, const char *key, bool is_staging,
                          const char *verb, struct weir__local_read *out, struct weir_error *err)
{
    const struct weir_env *env = store->env;
    char staging[WEIR_KEY_MAX_BYTES + WEIR__FILE_NAME_BYTES + 2];
    const char *path = key;
    if (is_staging) {
        staging_path(key, staging);
        path = staging;
    }
    out->is_found = false;
    /* A FIFO or device must not even be opened. This look may be out of date by the time of the
     * open, which therefore never blocks and is looked at again. */
    struct weir_file_stat stat;
    int failed = env->file->stat_at(env->file_ctx, store->base_fd, path, &stat);
    if (failed == 0 && !S_ISREG(stat.mode) && !S_ISLNK(stat.mode))
        return weir__local_check_base(store, err);
    int fd = weir__local_open_below(store, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return weir__local_check_base(store, err);
    if (fd < 0)
        return weir__local_fail(store, -fd, verb, key, err);
    AUTO(file) struct weir__file file = {.env = env, .fd = fd, .name = key};
    TRY(weir__file_stat(&file, &stat, err));
    if (!S_ISREG(stat.mode))
        return WEIR_OK;
    *out = (struct weir__local_read){.file = file, .stat = stat, .is_found = true};
    file.fd = -1;
    return WEIR_OK;
}

static int not_found(const char *verb, const char *key, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    return weir__fail(err, WEIR_NOT_FOUND, "%s %s: no such object", verb,
                      weir__key_shown(key, shown));
}

/* ---- Get ------------------------------------------------------------------------------------ */

static int file_send(struct weir__file *file, uint64_t at, uint64_t n,
                     const struct weir_storage_request *request, struct weir_get_result *out,
                     struct weir_error *err)
{
    size_t cap = n < WEIR__STORAGE_CHUNK ? (size_t)n : WEIR__STORAGE_CHUNK;
    if (cap == 0)
        return WEIR_OK;
    AUTO(owned_block) struct owned_block block = {file->env, weir__alloc(file->env, cap, err)};
    if (!block.data)
        return WEIR_NO_MEMORY;
    while (out->n_written < n) {
        uint64_t left = n - out->n_written;
        size_t chunk = left < cap ? (size_t)left : cap;
        TRY(weir__file_read_at(file, at + out->n_written, block.data, chunk, err));
        TRY(request->sink->write(request->sink->ctx, block.data, chunk, err));
        out->n_written += chunk;
    }
    return WEIR_OK;
}

static int version_check(struct weir__local_read *opened,
                         const struct weir_storage_request *request, struct weir_error *err)
{
    if (!request->get->if_etag)
        return WEIR_OK;
    bool matches = false;
    TRY(weir__local_etag_matches(&opened->file, &opened->stat, request->get->if_etag, &matches,
                                 err));
    char shown[WEIR__KEY_SHOWN_BYTES];
    return matches ? WEIR_OK
                   : weir__fail(err, WEIR_PRECONDITION, "get %s: the object is another version",
                                weir__key_shown(request->key, shown));
}

int weir__local_get_stream(void *ctx, const struct weir_storage_request *request,
                           struct weir_get_result *out, struct weir_error *err)
{
    struct weir__local_store *store = ctx;
    TRY(weir__local_check_key(request->key, err));
    AUTO(local_read) struct weir__local_read opened = WEIR__LOCAL_READ_NONE;
    TRY(weir__local_open_read(store, request->key, false, "get", &opened, err));
    if (!opened.is_found && request->get->allow_partial)
        TRY(weir__local_open_read(store, request->key, true, "get", &opened, err));
    if (!opened.is_found)
        return not_found("get", request->key, err);
    TRY(version_check(&opened, request, err));
    uint64_t at, n;
    TRY(weir__range_resolve((uint64_t)opened.stat.size_bytes, request->get, request->key, &at, &n,
                            err));
    if (request->expect)
        TRY(request->expect(request->expect_ctx, n, err));
    if (!request->no_etag)
        TRY(weir__local_file_etag(&opened.file, &opened.stat, out->etag, err));
    return file_send(&opened.file, at, n, request, out, err);
}

int weir__local_head(void *ctx, const struct weir_storage_request *request, struct weir_head *out,
                     struct weir_error *err)
{
    struct weir__local_store *store = ctx;
    TRY(weir__local_check_key(request->key, err));
    AUTO(local_read) struct weir__local_read opened = WEIR__LOCAL_READ_NONE;
    TRY(weir__local_open_read(store, request->key, false, "head", &opened, err));
    bool is_partial = !opened.is_found;
    if (is_partial)
        TRY(weir__local_open_read(store, request->key, true, "head", &opened, err));
    if (!opened.is_found)
        return WEIR_OK;
    if (is_partial) {
        weir__local_stat_etag(&opened.stat, out->etag);
    } else if (!request->no_etag) {
        TRY(weir__local_file_etag(&opened.file, &opened.stat, out->etag, err));
    }
    out->size_bytes = opened.stat.size_bytes;
    out->modified_us = opened.stat.modified_ns / 1000;
    out->is_partial = is_partial;
    return WEIR_OK;
}

/* ---- Random access -------------------------------------------------------------------------- */

struct local_input {
    struct weir__file file;
    const struct weir_cancel *cancel;
    char *name;
};

static int local_input_read_at(void *ctx, uint64_t offset, void *buf, size_t n,
                               struct weir_error *err)
{
    struct local_input *input = ctx;
    TRY(weir_cancel_check(input->cancel, err));
    return weir__file_read_at(&input->file, offset, buf, n, err);
}

static void local_input_release(void *ctx)
{
    struct local_input *input = ctx;
    const struct weir_env *env = input->file.env;
    weir__file_freep(&input->file);
    weir__free(env, input->name);
    weir__free(env, input);
}

int weir__local_open_input(void *ctx, const struct weir_storage_request *request,
                           struct weir_input *out, void (**out_release)(void *input_ctx),
                           struct weir_error *err)
{
    struct weir__local_store *store = ctx;
    TRY(weir__local_check_key(request->key, err));
    AUTO(local_read) struct weir__local_read opened = WEIR__LOCAL_READ_NONE;
    TRY(weir__local_open_read(store, request->key, false, "get", &opened, err));
    if (!opened.is_found)
        return not_found("get", request->key, err);
    TRY(version_check(&opened, request, err));
    char *name = weir__strdup(store->env, request->key, err);
    if (!name)
        return WEIR_NO_MEMORY;
    struct local_input *input = weir__alloc_zero(store->env, 1, sizeof *input, err);
    if (!input) {
        weir__free(store->env, name);
        return WEIR_NO_MEMORY;
    }
    input->file = opened.file;
    opened.file.fd = -1;
    input->name = name;
    input->file.name = name;
    input->cancel = request->cancel;
    *out = (struct weir_input){.read_at = local_input_read_at,
                               .size_bytes = (uint64_t)opened.stat.size_bytes,
                               .ctx = input,
                               .name = name};
    *out_release = local_input_release;
    return WEIR_OK;
}

/* ---- Delete --------------------------------------------------------------------------------- */

/* Unlink one name if it is a file. A symlink is refused, anything else is no object and stays. */
static int name_delete(const struct weir__local_store *store, int dir, const char *name,
                       const char *key, struct weir_error *err)
{
    const struct weir_env *env = store->env;
    struct weir_file_stat stat;
    int failed = env->file->stat_at(env->file_ctx, dir, name, &stat);
    if (failed == -ENOENT || failed == -ENAMETOOLONG)
        return WEIR_OK;
    if (failed)
        return weir__local_fail(store, -failed, "delete", key, err);
    if (S_ISLNK(stat.mode))
        return weir__local_fail(store, ELOOP, "delete", key, err);
    if (!S_ISREG(stat.mode))
        return WEIR_OK;
    failed = env->file->unlink(env->file_ctx, dir, name, 0);
    if (failed && failed != -ENOENT)
        return weir__local_fail(store, -failed, "delete", key, err);
    return WEIR_OK;
}

int weir__local_delete(void *ctx, const struct weir_storage_request *request,
                       struct weir_error *err)
{
    struct weir__local_store *store = ctx;
    if (!request->del->allow_any_key)
        TRY(weir__local_check_key(request->key, err));
    char dir[WEIR_KEY_MAX_BYTES + 1], staging[WEIR__FILE_NAME_BYTES];
    const char *name = weir__local_split(request->key, dir);
    if (strlen(name) > WEIR__SEGMENT_MAX_BYTES)
        return WEIR_OK; /* no file has such a name */
    AUTO(fd) struct weir__fd parent = {store->env, -1};
    parent.fd = weir__local_open_below(store, dir, O_RDONLY | O_DIRECTORY, 0);
    if (parent.fd == -ENOENT || parent.fd == -ENOTDIR)
        return weir__local_check_base(store, err);
    if (parent.fd < 0)
        return weir__local_fail(store, -parent.fd, "delete", request->key, err);
    TRY(name_delete(store, parent.fd, name, request->key, err));
    weir__local_staging_name(name, staging);
    return name_delete(store, parent.fd, staging, request->key, err);
}

/* ---- Removing directories ------------------------------------------------------------------- */

/* Take the lock file of conditional puts away, if it is all that is left. The next rmdir tells. */
static int lock_drop(const struct weir__local_store *store, const char *path)
{
    const struct weir_env *env = store->env;
    AUTO(fd) struct weir__fd dir = {env, -1};
    dir.fd = weir__local_open_below(store, path, O_RDONLY | O_DIRECTORY, 0);
    if (dir.fd < 0)
        return dir.fd;
    _Alignas(8) uint8_t records[4096];
    for (;;) {
        int64_t n = env->file->entries(env->file_ctx, dir.fd, records, sizeof records);
        if (n < 0)
            return (int)n;
        if (n == 0)
            return env->file->unlink(env->file_ctx, dir.fd, WEIR__LOCK_NAME, 0);
        for (int64_t at = 0; at + 19 < n;) { /* linux_dirent64: length at 16, name at 19 */
            uint16_t length;
            memcpy(&length, records + at + 16, sizeof length);
            const char *name = (const char *)records + at + 19;
            if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
                strcmp(name, WEIR__LOCK_NAME) != 0)
                return -ENOTEMPTY;
            at += length;
        }
    }
}

int weir__local_remove_directory(void *ctx, const struct weir_storage_request *request,
                                 struct weir_error *err)
{
    struct weir__local_store *store = ctx;
    const struct weir_env *env = store->env;
    char path[WEIR_KEY_MAX_BYTES + 2], dir[WEIR_KEY_MAX_BYTES + 1];
    size_t len = strlen(request->key);
    memcpy(path, request->key, len + 1);
    if (path[len - 1] == '/')
        path[len - 1] = 0;
    const char *name = weir__local_split(path, dir);
    AUTO(fd) struct weir__fd parent = {env, -1};
    parent.fd = weir__local_open_below(store, dir, O_RDONLY | O_DIRECTORY, 0);
    if (parent.fd == -ENOENT || parent.fd == -ENOTDIR)
        return weir__local_check_base(store, err);
    if (parent.fd < 0)
        return weir__local_fail(store, -parent.fd, "remove directory", path, err);

    weir__dir_cache_forget(&store->dirs, path);
    int failed = env->file->unlink(env->file_ctx, parent.fd, name, AT_REMOVEDIR);
    if (failed == -ENOTEMPTY || failed == -EEXIST) {
        failed = lock_drop(store, path);
        if (failed == 0)
            failed = env->file->unlink(env->file_ctx, parent.fd, name, AT_REMOVEDIR);
        if (failed == -ENOENT)
            failed = -ENOTEMPTY;
    }
    if (failed == 0 || failed == -ENOENT || failed == -ENOTDIR)
        return WEIR_OK; /* gone, or never a directory */
    if (failed == -EEXIST)
        failed = -ENOTEMPTY;
    return weir__local_fail(store, -failed, "remove directory", path, err);
}
