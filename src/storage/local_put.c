/* local_put.c: writing files of a local store so that a reader sees the old object, the new one
 * whole, or nothing, also after a power cut (spec/storage.md 5.2, 4.1).
 *
 *     put          .weir-<random>.tmp          -> fsync -> rename -> fsync directory
 *     put_stream   <name>.part, locked         -> fsync -> rename to .weir-<random>.tmp -> as put
 *
 * The hard idea is the detour of a stream: "<name>.part" is a name that others may take away and
 * make anew while we write. A private name that is then seen to be our file cannot be swapped under
 * us. */
#include "storage/local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>

#define LOCK_WAIT_US 1000
#define LOCK_TRIES 10000 /* of LOCK_WAIT_US: ten seconds, then UNAVAILABLE */
#define OPEN_TRIES 4
#define ALLOCATE_MIN_BYTES (1 << 20) /* smaller files are not worth the call */

/* One file on its way to its name. */
struct local_write {
    struct weir__local_store *store;
    const struct weir_storage_request *request;
    const char *verb;
    char dir[WEIR_KEY_MAX_BYTES + 1];
    const char *name; /* last segment of the key */
    int dir_fd;
    struct weir__file file;
    char temp[WEIR__FILE_NAME_BYTES]; /* where the file is now; "" = nowhere */
    char
        staging[WEIR__FILE_NAME_BYTES]; /* "" = a put, whose temporary file is dropped on failure */
    bool is_durable;
    bool keeps_staging;
};

static void weir__local_write_freep(struct local_write *w)
{
    const struct weir_env *env = w->store->env;
    if (w->temp[0] && w->dir_fd >= 0) {
        bool is_private = strcmp(w->temp, w->staging) != 0;
        /* Best effort: what stays is hidden from every listing, and clean takes it later. */
        if (!w->keeps_staging) {
            (void)env->file->unlink(env->file_ctx, w->dir_fd, w->temp, 0);
        } else if (is_private) {
            (void)env->file->rename(env->file_ctx, w->dir_fd, w->temp, w->dir_fd, w->staging,
                                    RENAME_NOREPLACE);
        }
    }
    weir__file_freep(&w->file);
    if (w->dir_fd >= 0)
        (void)env->file->close(env->file_ctx, w->dir_fd);
    w->dir_fd = -1;
}

static struct local_write write_begin(struct weir__local_store *store,
                                      const struct weir_storage_request *request, const char *verb,
                                      int32_t durability)
{
    struct local_write w = {
        .store = store, .request = request, .verb = verb, .dir_fd = -1, .file = WEIR__FILE_NONE};
    w.name = weir__local_split(request->key, w.dir);
    if (durability == WEIR_DURABILITY_DEFAULT)
        durability = store->durability;
    w.is_durable = durability != WEIR_DURABILITY_NONE;
    return w;
}

static int write_failed(const struct local_write *w, int os_errno, struct weir_error *err)
{
    return weir__local_fail(w->store, os_errno, w->verb, w->request->key, err);
}

static int key_conflict(const struct local_write *w, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    return weir__fail_detail(err, WEIR_PRECONDITION, WEIR_DETAIL_KEY_CONFLICT,
                             "%s %s: another key is a part of this one or begins with it", w->verb,
                             weir__key_shown(w->request->key, shown));
}

static int already_exists(const struct local_write *w, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    return weir__fail(err, WEIR_ALREADY_EXISTS, "%s %s: the object exists", w->verb,
                      weir__key_shown(w->request->key, shown));
}

/* ---- Before the first byte ------------------------------------------------------------------ */

static int dir_open(struct local_write *w, struct weir_error *err)
{
    w->dir_fd = weir__local_dir_make(w->store, w->dir, w->is_durable);
    if (w->dir_fd == -ENOTDIR || w->dir_fd == -EEXIST)
        return key_conflict(w, err);
    return w->dir_fd < 0 ? write_failed(w, -w->dir_fd, err) : WEIR_OK;
}

/* What stands under the final name must be nothing or a file. */
static int target_check(const struct local_write *w, bool if_absent, struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    struct weir_file_stat stat;
    int failed = env->file->stat_at(env->file_ctx, w->dir_fd, w->name, &stat);
    if (failed == -ENOENT)
        return WEIR_OK;
    if (failed)
        return write_failed(w, -failed, err);
    if (S_ISDIR(stat.mode))
        return key_conflict(w, err);
    if (S_ISLNK(stat.mode))
        return write_failed(w, ELOOP, err);
    if (!S_ISREG(stat.mode))
        return write_failed(w, EPERM, err);
    return if_absent ? already_exists(w, err) : WEIR_OK;
}

static int temp_name(const struct local_write *w, char out[WEIR__FILE_NAME_BYTES],
                     struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    uint8_t random[8];
    char hex[17] = "";
    int failed = env->random(env->random_ctx, random, sizeof random);
    if (failed)
        return write_failed(w, -failed, err);
    weir__hex(random, sizeof random, hex);
    (void)snprintf(out, WEIR__FILE_NAME_BYTES, ".weir-%s.tmp", hex);
    return WEIR_OK;
}

/* Open a name inside the directory. A negated errno, or the descriptor. */
static int name_open(const struct local_write *w, const char *name, int flags)
{
    const struct weir_env *env = w->store->env;
    int fd;
    do {
        fd = env->file->open(env->file_ctx, w->dir_fd, name, flags | O_NOFOLLOW,
                             w->store->file_mode, 0);
    } while (fd == -EINTR);
    return fd;
}

static int temp_open(struct local_write *w, struct weir_error *err)
{
    int fd = -EEXIST;
    char name[WEIR__FILE_NAME_BYTES];
    for (int i = 0; i < OPEN_TRIES && (fd == -EEXIST || fd == -ENOENT); i++) {
        TRY(temp_name(w, name, err));
        fd = name_open(w, name, O_CREAT | O_EXCL | O_WRONLY);
        if (fd != -ENOENT)
            continue;
        /* The directory vanished since it was opened: make it again. */
        (void)w->store->env->file->close(w->store->env->file_ctx, w->dir_fd);
        w->dir_fd = -1;
        weir__dir_cache_forget(&w->store->dirs, w->dir);
        TRY(dir_open(w, err));
    }
    if (fd < 0)
        return write_failed(w, -fd, err);
    memcpy(w->temp, name, sizeof name);
    w->file = (struct weir__file){.env = w->store->env, .fd = fd, .name = w->request->key};
    return WEIR_OK;
}

/* ---- Conditions and the final name ---------------------------------------------------------- */

/* The lock of conditional puts; closing it lets go. */
static int lock_take(const struct local_write *w, struct weir__fd *out, struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    out->fd = name_open(w, WEIR__LOCK_NAME, O_CREAT | O_RDWR);
    if (out->fd < 0)
        return write_failed(w, -out->fd, err);
    for (int i = 0; i < LOCK_TRIES; i++) {
        int failed = env->file->lock(env->file_ctx, out->fd);
        if (failed == 0)
            return WEIR_OK;
        if (failed != -EAGAIN)
            return write_failed(w, -failed, err);
        TRY(weir_cancel_check(w->request->cancel, err));
        env->sleep_us(env->clock_ctx, LOCK_WAIT_US);
    }
    return write_failed(w, EAGAIN, err);
}

static int version_check(const struct local_write *w, const char *if_etag, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    AUTO(local_read) struct weir__local_read old = WEIR__LOCAL_READ_NONE;
    bool matches = false;
    TRY(weir__local_open_read(w->store, w->request->key, false, w->verb, &old, err));
    if (old.is_found)
        TRY(weir__local_etag_matches(&old.file, &old.stat, if_etag, &matches, err));
    if (matches)
        return WEIR_OK;
    return weir__fail(err, WEIR_PRECONDITION, "%s %s: %s", w->verb,
                      weir__key_shown(w->request->key, shown),
                      old.is_found ? "the object is another version" : "there is no such object");
}

/* The final name only if nobody has it; 0 or a negated errno. */
static int rename_absent(struct local_write *w)
{
    const struct weir_env *env = w->store->env;
    int failed =
        env->file->rename(env->file_ctx, w->dir_fd, w->temp, w->dir_fd, w->name, RENAME_NOREPLACE);
    if (failed != -EINVAL && failed != -ENOSYS && failed != -EOPNOTSUPP)
        return failed;
    /* The file system cannot do it in one step. The temporary name goes when the write is disposed
     * of or, as nothing needs it, when a cleaner comes by. */
    failed = env->file->link(env->file_ctx, w->dir_fd, w->temp, w->dir_fd, w->name);
    if (failed == 0)
        (void)env->file->unlink(env->file_ctx, w->dir_fd, w->temp, 0);
    return failed;
}

static int rename_final(struct local_write *w, bool if_absent, struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    int failed = if_absent
                     ? rename_absent(w)
                     : env->file->rename(env->file_ctx, w->dir_fd, w->temp, w->dir_fd, w->name, 0);
    if (failed == 0) {
        w->temp[0] = 0;
        return WEIR_OK;
    }
    if (failed == -EEXIST && if_absent) {
        TRY(target_check(w, true, err)); /* a file or a directory? */
        return already_exists(w, err);
    }
    if (failed == -EISDIR || failed == -ENOTEMPTY || failed == -EEXIST || failed == -ENOTDIR)
        return key_conflict(w, err);
    return write_failed(w, -failed, err);
}

/* From a whole, synced temporary file to a durable object. `put` may be NULL: no conditions. */
static int publish(struct local_write *w, const struct weir_put_options *put,
                   struct weir_put_result *out, struct weir_error *err)
{
    AUTO(fd) struct weir__fd lock = {w->store->env, -1};
    if (put && put->if_etag) {
        TRY(lock_take(w, &lock, err));
        TRY(version_check(w, put->if_etag, err));
    }
    TRY(rename_final(w, put && put->if_absent, err));
    weir__fd_freep(&lock);
    if (!w->is_durable)
        return WEIR_OK;
    const struct weir_env *env = w->store->env;
    int failed = env->file->fsync(env->file_ctx, w->dir_fd);
    if (failed == 0)
        return WEIR_OK;
    out->is_ambiguous = true; /* it is there now, and may or may not be after a power cut */
    (void)write_failed(w, -failed, err);
    if (err)
        err->code = WEIR_IO;
    return weir__error_prefix(err, WEIR_IO, "cannot sync the directory");
}

/* A failed sync is final: the kernel may have dropped the pages and would call the next one good.
 */
static int content_sync(struct local_write *w, struct weir_error *err)
{
    if (!w->is_durable)
        return WEIR_OK;
    int status = weir__file_sync(&w->file, err);
    if (status != WEIR_OK)
        w->keeps_staging = false;
    return status;
}

/* ---- Put ------------------------------------------------------------------------------------ */

static int etag_fill(struct local_write *w, const void *data, size_t n, struct weir_put_result *out,
                     struct weir_error *err)
{
    struct weir_file_stat stat;
    out->size_bytes = (int64_t)n;
    if (n <= WEIR__ETAG_HASH_MAX) {
        weir__etag_of_bytes(data, n, out->etag);
        return WEIR_OK;
    }
    TRY(weir__file_stat(&w->file, &stat, err));
    weir__local_stat_etag(&stat, out->etag);
    return WEIR_OK;
}

static int space_reserve(struct local_write *w, int64_t size_bytes, struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    if (size_bytes < ALLOCATE_MIN_BYTES)
        return WEIR_OK;
    int failed = env->file->allocate(env->file_ctx, w->file.fd, (uint64_t)size_bytes);
    bool is_full = failed == -ENOSPC || failed == -EDQUOT;
    return is_full ? write_failed(w, -failed, err) : WEIR_OK; /* other failures: it was a hint */
}

static int content_write(struct local_write *w, struct weir_error *err)
{
    const uint8_t *data = w->request->data;
    size_t left = w->request->n_bytes;
    TRY(space_reserve(w, (int64_t)left, err));
    while (left > 0) {
        size_t chunk = left < (1u << 20) ? left : (1u << 20);
        TRY(weir_cancel_check(w->request->cancel, err));
        TRY(weir__file_write(&w->file, data, chunk, err));
        data += chunk;
        left -= chunk;
    }
    return WEIR_OK;
}

int weir__local_put(void *ctx, const struct weir_storage_request *request,
                    struct weir_put_result *out, struct weir_error *err)
{
    TRY(weir__local_check_key(request->key, err));
    AUTO(local_write)
    struct local_write w = write_begin(ctx, request, "put", request->put->durability);
    TRY(dir_open(&w, err));
    TRY(target_check(&w, request->put->if_absent, err));
    TRY(temp_open(&w, err));
    TRY(content_write(&w, err));
    TRY(content_sync(&w, err));
    TRY(etag_fill(&w, request->data, request->n_bytes, out, err));
    return publish(&w, request->put, out, err);
}

/* ---- Staging -------------------------------------------------------------------------------- */

/* Does the name still lead to the file that we locked? 0 or a negated errno. */
static int staging_look(const struct local_write *w, const char *name, bool *out_is_ours)
{
    const struct weir_env *env = w->store->env;
    struct weir_file_stat named, opened;
    *out_is_ours = false;
    int failed = env->file->stat(env->file_ctx, w->file.fd, &opened);
    if (failed)
        return failed;
    failed = env->file->stat_at(env->file_ctx, w->dir_fd, name, &named);
    if (failed)
        return failed == -ENOENT ? 0 : failed;
    *out_is_ours = named.inode == opened.inode && named.device == opened.device;
    return 0;
}

/* Lock the open staging file. `*out_is_ours` false: it was published or deleted between open and
 * lock. */
static int staging_lock(struct local_write *w, bool *out_is_ours, struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    struct weir_file_stat stat;
    TRY(weir__file_stat(&w->file, &stat, err));
    if (!S_ISREG(stat.mode))
        return write_failed(w, EPERM, err);
    int failed = env->file->lock(env->file_ctx, w->file.fd);
    if (failed == 0)
        failed = staging_look(w, w->staging, out_is_ours);
    return failed ? write_failed(w, -failed, err) : WEIR_OK; /* EAGAIN: another writer is at it */
}

/* Open and lock "<name>.part". `*out_found` false: it is missing and O_CREAT was not asked for. */
static int staging_open(struct local_write *w, int flags, bool *out_found, struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    weir__local_staging_name(w->name, w->staging);
    for (int i = 0; i < OPEN_TRIES; i++) {
        int fd = name_open(w, w->staging, flags | O_NONBLOCK);
        *out_found = fd != -ENOENT || (flags & O_CREAT);
        if (!*out_found)
            return WEIR_OK;
        if (fd == -ENOENT) { /* the directory vanished */
            (void)env->file->close(env->file_ctx, w->dir_fd);
            w->dir_fd = -1;
            weir__dir_cache_forget(&w->store->dirs, w->dir);
            TRY(dir_open(w, err));
            continue;
        }
        if (fd == -EISDIR)
            return key_conflict(w, err);
        if (fd < 0)
            return write_failed(w, -fd, err);
        w->file = (struct weir__file){.env = env, .fd = fd, .name = w->request->key};
        bool is_ours = false;
        TRY(staging_lock(w, &is_ours, err));
        if (is_ours) {
            memcpy(w->temp, w->staging, sizeof w->temp);
            w->keeps_staging = true;
            return WEIR_OK;
        }
        weir__file_freep(&w->file);
    }
    return write_failed(w, EAGAIN, err);
}

/* From "<name>.part" to a private name that is our file for certain. */
static int staging_withdraw(struct local_write *w, struct weir_error *err)
{
    const struct weir_env *env = w->store->env;
    char name[WEIR__FILE_NAME_BYTES], shown[WEIR__KEY_SHOWN_BYTES];
    TRY(temp_name(w, name, err));
    int failed = env->file->rename(env->file_ctx, w->dir_fd, w->temp, w->dir_fd, name, 0);
    if (failed && failed != -ENOENT)
        return write_failed(w, -failed, err);
    bool is_ours = false, was_renamed = failed == 0;
    if (was_renamed) {
        failed = staging_look(w, name, &is_ours);
        memcpy(w->temp, name, sizeof name);
        if (failed)
            return write_failed(w, -failed, err);
        if (is_ours)
            return WEIR_OK;
    }
    if (was_renamed) { /* another writer's, begun after ours was deleted: give it back */
        (void)env->file->rename(env->file_ctx, w->dir_fd, name, w->dir_fd, w->staging,
                                RENAME_NOREPLACE);
    }
    w->temp[0] = 0;
    return weir__fail(err, WEIR_UNAVAILABLE, "%s %s: the staging file was deleted meanwhile",
                      w->verb, weir__key_shown(w->request->key, shown));
}

struct owned_block {
    const struct weir_env *env;
    uint8_t *data;
};

static void weir__owned_block_freep(struct owned_block *block)
{
    weir__free(block->env, block->data);
}

/* Bytes from the source to the end of the file, at most `max` (-1: all). */
static int source_write(struct local_write *w, uint64_t at, int64_t max, uint64_t *out_n,
                        struct weir__sha256_stream *hash, struct weir_error *err)
{
    const struct weir_source *source = w->request->source;
    const struct weir_env *env = w->store->env;
    AUTO(owned_block)
    struct owned_block block = {env, weir__alloc(env, WEIR__STORAGE_CHUNK, err)};
    if (!block.data)
        return WEIR_NO_MEMORY;
    for (;;) {
        size_t got = 0;
        TRY(source->read(source->ctx, block.data, WEIR__STORAGE_CHUNK, &got, err));
        ASSERT(got <= WEIR__STORAGE_CHUNK);
        if (got == 0)
            return WEIR_OK;
        TRY(weir__file_write_at(&w->file, at + *out_n, block.data, got, err));
        *out_n += got;
        if (hash && *out_n <= WEIR__ETAG_HASH_MAX)
            weir__sha256_stream_add(hash, block.data, got);
        if (max >= 0 && *out_n > (uint64_t)max)
            return WEIR_OK; /* too much already: the caller says so */
    }
}

static int stream_etag(struct local_write *w, uint64_t n, struct weir__sha256_stream *hash,
                       struct weir_put_result *out, struct weir_error *err)
{
    struct weir_file_stat stat;
    char hex[65];
    out->size_bytes = (int64_t)n;
    if (n <= WEIR__ETAG_HASH_MAX) {
        weir__sha256_stream_finish(hash, hex);
        (void)snprintf(out->etag, sizeof out->etag, "h-%.32s", hex);
        return WEIR_OK;
    }
    TRY(weir__file_stat(&w->file, &stat, err));
    weir__local_stat_etag(&stat, out->etag);
    return WEIR_OK;
}

static int stream_write(struct local_write *w, struct weir_put_result *out, struct weir_error *err)
{
    AUTO(sha256_stream) struct weir__sha256_stream *hash = NULL;
    uint64_t n = 0;
    TRY(weir__sha256_stream_new(w->store->env, &hash, err));
    int failed = w->store->env->file->truncate(w->store->env->file_ctx, w->file.fd, 0);
    if (failed)
        return write_failed(w, -failed, err);
    TRY(space_reserve(w, w->request->size_bytes, err));
    TRY(source_write(w, 0, -1, &n, hash, err));
    return stream_etag(w, n, hash, out, err);
}

int weir__local_put_stream(void *ctx, const struct weir_storage_request *request,
                           struct weir_put_result *out, struct weir_error *err)
{
    TRY(weir__local_check_key(request->key, err));
    AUTO(local_write)
    struct local_write w = write_begin(ctx, request, "put", request->put->durability);
    TRY(dir_open(&w, err));
    TRY(target_check(&w, request->put->if_absent, err));
    if (request->put->if_etag) /* asked now to spare the transfer, and again when it counts */
        TRY(version_check(&w, request->put->if_etag, err));
    bool found = false;
    TRY(staging_open(&w, O_CREAT | O_WRONLY, &found, err));
    w.keeps_staging = !request->put->discard_partial;
    TRY(stream_write(&w, out, err));
    TRY(content_sync(&w, err));
    TRY(staging_withdraw(&w, err));
    return publish(&w, request->put, out, err);
}

/* ---- Append --------------------------------------------------------------------------------- */

static int checksum_check(struct local_write *w, uint64_t n_bytes, struct weir_error *err)
{
    const char *wanted = w->request->append->sha256;
    char hex[65], shown[WEIR__KEY_SHOWN_BYTES];
    if (!wanted)
        return WEIR_OK;
    const struct weir_env *env = w->store->env;
    AUTO(sha256_stream) struct weir__sha256_stream *hash = NULL;
    AUTO(owned_block)
    struct owned_block block = {env, weir__alloc(env, WEIR__STORAGE_CHUNK, err)};
    if (!block.data)
        return WEIR_NO_MEMORY;
    TRY(weir__sha256_stream_new(env, &hash, err));
    for (uint64_t at = 0; at < n_bytes;) {
        uint64_t left = n_bytes - at;
        size_t chunk = left < WEIR__STORAGE_CHUNK ? (size_t)left : WEIR__STORAGE_CHUNK;
        TRY(weir_cancel_check(w->request->cancel, err));
        TRY(weir__file_read_at(&w->file, at, block.data, chunk, err));
        weir__sha256_stream_add(hash, block.data, chunk);
        at += chunk;
    }
    weir__sha256_stream_finish(hash, hex);
    return strcmp(hex, wanted) == 0
               ? WEIR_OK
               : weir__fail(err, WEIR_CORRUPT, "append %s: the checksum does not match",
                            weir__key_shown(w->request->key, shown));
}

static int append_check(struct local_write *w, uint64_t at_entry, uint64_t n,
                        struct weir_error *err)
{
    const struct weir_storage_request *request = w->request;
    const struct weir_env *env = w->store->env;
    char shown[WEIR__KEY_SHOWN_BYTES];
    if (n < (uint64_t)request->size_bytes) {
        return weir__fail_detail(err, WEIR_IO, WEIR_DETAIL_INCOMPLETE,
                                 "append %s: fewer bytes arrived than announced",
                                 weir__key_shown(request->key, shown));
    }
    if (n > (uint64_t)request->size_bytes ||
        (request->total_bytes >= 0 && at_entry + n != (uint64_t)request->total_bytes)) {
        int failed = env->file->truncate(env->file_ctx, w->file.fd, at_entry);
        if (failed)
            return write_failed(w, -failed, err);
        return weir__fail(err, WEIR_INVALID, "append %s: not the announced number of bytes",
                          weir__key_shown(request->key, shown));
    }
    return checksum_check(w, at_entry + n, err);
}

/* Open the directory of a staging file that must be there. */
static int staging_find(struct local_write *w, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    bool found = false;
    w->dir_fd = weir__local_open_below(w->store, w->dir, O_RDONLY | O_DIRECTORY, 0);
    if (w->dir_fd < 0 && w->dir_fd != -ENOENT && w->dir_fd != -ENOTDIR)
        return write_failed(w, -w->dir_fd, err);
    if (w->dir_fd >= 0)
        TRY(staging_open(w, O_RDWR, &found, err));
    if (found)
        return WEIR_OK;
    TRY(weir__local_check_base(w->store, err));
    return weir__fail(err, WEIR_NOT_FOUND, "append %s: there is no staging file",
                      weir__key_shown(w->request->key, shown));
}

int weir__local_append(void *ctx, const struct weir_storage_request *request, bool *out_is_promoted,
                       struct weir_error *err)
{
    TRY(weir__local_check_key(request->key, err));
    AUTO(local_write)
    struct local_write w = write_begin(ctx, request, "append", request->append->durability);
    TRY(staging_find(&w, err));
    struct weir_file_stat stat;
    TRY(weir__file_stat(&w.file, &stat, err));
    uint64_t at_entry = (uint64_t)stat.size_bytes, n = 0;
    TRY(source_write(&w, at_entry, request->size_bytes, &n, NULL, err));
    TRY(append_check(&w, at_entry, n, err));
    TRY(target_check(&w, false, err));
    TRY(content_sync(&w, err));
    TRY(staging_withdraw(&w, err));
    struct weir_put_result result = {0};
    TRY(publish(&w, NULL, &result, err));
    *out_is_promoted = true;
    return WEIR_OK;
}
