/* local_path.c: from keys to descriptors below the base directory (spec/storage.md 5.3, 5.4).
 *
 * The hard idea: no path is ever checked and then used. Either the kernel walks it with openat2 and
 * refuses to leave the base or to follow a symlink, or we walk it one component at a time from a
 * descriptor that is known to be below. */
#include "storage/local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)
#define OPEN_TRIES 8 /* openat2 says EAGAIN when a rename went on beside it */

void weir__fd_freep(struct weir__fd *fd)
{
    if (fd->fd >= 0)
        (void)fd->env->file->close(fd->env->file_ctx, fd->fd); /* nothing unwritten is behind it */
    fd->fd = -1;
}

int weir__local_check_key(const char *key, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    for (const char *at = key; at;) {
        const char *slash = strchr(at, '/');
        size_t len = slash ? (size_t)(slash - at) : strlen(at);
        if (len > WEIR__SEGMENT_MAX_BYTES) {
            return weir__fail(err, WEIR_INVALID,
                              "key %s: has a segment longer than 255 bytes, which no file name is",
                              weir__key_shown(key, shown));
        }
        at = slash ? slash + 1 : NULL;
    }
    if (weir__str_ends(weir__str_of(key), weir__str_of(WEIR__STAGING_SUFFIX))) {
        return weir__fail(err, WEIR_INVALID,
                          "key %s: ends in \".part\", the name of a staging file",
                          weir__key_shown(key, shown));
    }
    return WEIR_OK;
}

const char *weir__local_split(const char *key, char dir[WEIR_KEY_MAX_BYTES + 1])
{
    const char *slash = strrchr(key, '/');
    size_t len = slash ? (size_t)(slash - key) : 0;
    ASSERT(len <= WEIR_KEY_MAX_BYTES);
    memcpy(dir, key, len);
    dir[len] = 0;
    return slash ? slash + 1 : key;
}

void weir__local_staging_name(const char *name, char out[WEIR__FILE_NAME_BYTES])
{
    size_t len = strlen(name), suffix = strlen(WEIR__STAGING_SUFFIX);
    ASSERT(len <= WEIR__SEGMENT_MAX_BYTES);
    if (len + suffix <= WEIR__SEGMENT_MAX_BYTES) {
        (void)snprintf(out, WEIR__FILE_NAME_BYTES, "%s%s", name, WEIR__STAGING_SUFFIX);
        return;
    }
    /* No room for the suffix: a name made of the hash, found again by the same rule. */
    uint8_t digest[32];
    char hex[33] = "";
    weir__sha256(name, len, digest);
    weir__hex(digest, 16, hex);
    (void)snprintf(out, WEIR__FILE_NAME_BYTES, ".weir-%s%s", hex, WEIR__STAGING_SUFFIX);
}

/* ---- Errors --------------------------------------------------------------------------------- */

/* The link count tells on most file systems; overlayfs keeps it, so the name is asked, too. */
int weir__local_check_base(const struct weir__local_store *store, struct weir_error *err)
{
    const struct weir_env *env = store->env;
    struct weir_file_stat stat;
    int failed = env->file->stat(env->file_ctx, store->base_fd, &stat);
    if (failed)
        return weir__fail_errno(err, -failed, "cannot look at %s", store->base);
    bool is_gone = stat.n_links == 0;
    if (!is_gone) {
        failed = env->file->stat_at(env->file_ctx, AT_FDCWD, store->base, &stat);
        is_gone = failed == -ENOENT || failed == -ENOTDIR;
    }
    if (!is_gone)
        return WEIR_OK;
    return weir__fail_detail(err, WEIR_NOT_FOUND, WEIR_DETAIL_NO_STORE,
                             "the base directory %s was removed", store->base);
}

int weir__local_fail(const struct weir__local_store *store, int os_errno, const char *verb,
                     const char *key, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    if (os_errno == ENOENT)
        TRY(weir__local_check_base(store, err));
    if (os_errno == ELOOP) {
        return weir__fail(err, WEIR_PERMISSION, "%s %s: a symlink is in the way", verb,
                          weir__key_shown(key, shown));
    }
    if (os_errno == EXDEV) {
        return weir__fail(err, WEIR_PERMISSION, "%s %s: a symlink leads out of the store", verb,
                          weir__key_shown(key, shown));
    }
    return weir__fail_errno(err, os_errno, "%s %s", verb, weir__key_shown(key, shown));
}

/* ---- Opening below the base ----------------------------------------------------------------- */

static int raw_open(const struct weir__local_store *store, int dir, const char *path, int flags,
                    uint32_t mode, uint64_t resolve)
{
    const struct weir_env *env = store->env;
    int fd = -EAGAIN;
    for (int i = 0; i < OPEN_TRIES && (fd == -EAGAIN || fd == -EINTR); i++)
        fd = env->file->open(env->file_ctx, dir, path, flags, mode, resolve);
    return fd;
}

/* One component, never through a symlink. The kernel says ENOTDIR for a symlink where a directory
 * is wanted; it is told apart here. */
static int component_open(const struct weir__local_store *store, int dir, const char *name,
                          int flags, uint32_t mode)
{
    int fd = raw_open(store, dir, name, flags | O_NOFOLLOW, mode, 0);
    struct weir_file_stat stat;
    if (fd == -ENOTDIR && store->env->file->stat_at(store->env->file_ctx, dir, name, &stat) == 0 &&
        S_ISLNK(stat.mode))
        return -ELOOP;
    return fd;
}

/* Without openat2: a walk from the base, one directory at a time. */
static int components_open(const struct weir__local_store *store, const char *path, int flags,
                           uint32_t mode)
{
    AUTO(fd) struct weir__fd here = {store->env, -1};
    int at = store->base_fd;
    for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        char name[WEIR__FILE_NAME_BYTES];
        size_t len = (size_t)(slash - path);
        if (len >= sizeof name)
            return -ENAMETOOLONG;
        memcpy(name, path, len);
        name[len] = 0;
        if (strcmp(name, "..") == 0)
            return -EXDEV; /* keys cannot hold it; said again where it would hurt */
        int next = component_open(store, at, name, DIR_FLAGS, 0);
        if (next < 0)
            return next;
        weir__fd_freep(&here);
        here.fd = at = next;
    }
    return component_open(store, at, path, flags, mode);
}

int weir__local_open_below(const struct weir__local_store *store, const char *path, int flags,
                           uint32_t mode)
{
    if (!*path)
        path = ".";
    if (!store->has_openat2)
        return components_open(store, path, flags, mode);
    uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    if (!store->allow_symlinks)
        resolve |= RESOLVE_NO_SYMLINKS;
    return raw_open(store, store->base_fd, path, flags, mode, resolve);
}

/* ---- Making directories --------------------------------------------------------------------- */

/* Open `path` (whose last segment is `name` inside `parent`), made if missing. */
static int dir_ensure(struct weir__local_store *store, int parent, const char *path,
                      const char *name)
{
    int fd = weir__local_open_below(store, path, DIR_FLAGS, 0);
    if (fd != -ENOENT)
        return fd;
    int made = store->env->file->mkdir(store->env->file_ctx, parent, name, store->dir_mode);
    if (made < 0 && made != -EEXIST)
        return made;
    return weir__local_open_below(store, path, DIR_FLAGS, 0);
}

/* Every directory on the way, from the base down. With is_durable each parent is synced after its
 * child is there, unless the child is known to be safe already. */
static int dirs_ensure(struct weir__local_store *store, const char *dir, bool is_durable)
{
    const struct weir_file_calls *file = store->env->file;
    char path[WEIR_KEY_MAX_BYTES + 1];
    AUTO(fd) struct weir__fd parent = {store->env, -1};
    parent.fd = weir__local_open_below(store, "", DIR_FLAGS, 0);
    if (parent.fd < 0)
        return parent.fd;
    for (const char *at = dir; at;) {
        const char *slash = strchr(at, '/');
        size_t len = slash ? (size_t)(slash - dir) : strlen(dir);
        memcpy(path, dir, len);
        path[len] = 0;
        int fd = dir_ensure(store, parent.fd, path, path + (at - dir));
        if (fd < 0)
            return fd;
        AUTO(fd) struct weir__fd child = {store->env, fd};
        if (is_durable && !weir__dir_cache_has(&store->dirs, path)) {
            int failed = file->fsync(store->env->file_ctx, parent.fd);
            if (failed)
                return failed;
            weir__dir_cache_add(&store->dirs, path);
        }
        weir__fd_freep(&parent);
        parent.fd = child.fd;
        child.fd = -1;
        at = slash ? slash + 1 : NULL;
    }
    return 0;
}

int weir__local_dir_make(struct weir__local_store *store, const char *dir, bool is_durable)
{
    if (*dir && is_durable && !weir__dir_cache_has(&store->dirs, dir)) {
        int failed = dirs_ensure(store, dir, true);
        if (failed)
            return failed;
    }
    int fd = weir__local_open_below(store, dir, DIR_FLAGS, 0);
    if (fd != -ENOENT || !*dir)
        return fd;
    weir__dir_cache_forget(&store->dirs, dir); /* somebody removed it, or it never was */
    int failed = dirs_ensure(store, dir, is_durable);
    return failed ? failed : weir__local_open_below(store, dir, DIR_FLAGS, 0);
}
