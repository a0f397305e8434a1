/* local.h: the inside of the local backend. Read local_path.c first: how nothing leaves the base.
 */
#ifndef WEIR_STORAGE_LOCAL_H
#define WEIR_STORAGE_LOCAL_H

#include "storage/dir_cache.h"
#include "storage/store.h"

#define WEIR__STAGING_SUFFIX ".part"
#define WEIR__LOCK_NAME ".weir-lock"
#define WEIR__FILE_NAME_BYTES 256 /* with the NUL */

struct weir__local_store {
    const struct weir_env *env;
    char *base; /* absolute, no "/" at the end but for the root */
    int base_fd;
    uint32_t file_mode, dir_mode;
    int32_t durability;
    bool allow_symlinks;
    bool has_openat2;
    struct weir__dir_cache dirs;
};

/* A descriptor of ours; -1 = none. */
struct weir__fd {
    const struct weir_env *env;
    int fd;
};
void weir__fd_freep(struct weir__fd *fd); /* for AUTO(fd) */

/* ---- local_path.c --------------------------------------------------------------------------- */

/* The rules for keys that only files have. */
WEIR_NODISCARD int weir__local_check_key(const char *key, struct weir_error *err);

/* Open below the base; "" is the base itself. A descriptor, or a negated errno (ELOOP: a symlink,
 * EXDEV: one that leads out). */
int weir__local_open_below(const struct weir__local_store *store, const char *path, int flags,
                           uint32_t mode);

/* Split a key: `dir` (without "/" at the end, "" = the base), and a pointer to its last segment. */
const char *weir__local_split(const char *key, char dir[WEIR_KEY_MAX_BYTES + 1]);

/* Open the directory, made if missing (with its parents, synced if is_durable). A descriptor or a
 * negated errno. */
int weir__local_dir_make(struct weir__local_store *store, const char *dir, bool is_durable);

/* The name of the staging file of `name`. */
void weir__local_staging_name(const char *name, char out[WEIR__FILE_NAME_BYTES]);

/* Fill `err` for a failed file call of a verb on a key, by the table of spec 14. `os_errno` ENOENT
 * becomes NO_STORE if the base itself is gone. */
int weir__local_fail(const struct weir__local_store *store, int os_errno, const char *verb,
                     const char *key, struct weir_error *err);
/* NOT_FOUND with detail NO_STORE if the base directory was removed, else WEIR_OK. */
WEIR_NODISCARD int weir__local_check_base(const struct weir__local_store *store,
                                          struct weir_error *err);

/* ---- Versions (local_get.c) ----------------------------------------------------------------- */

void weir__local_stat_etag(const struct weir_file_stat *stat, char out[WEIR_ETAG_BYTES]);
/* The version that head, get and put tell: of the content up to 1 MiB, else of the inode. */
WEIR_NODISCARD int weir__local_file_etag(struct weir__file *file, const struct weir_file_stat *stat,
                                         char out[WEIR_ETAG_BYTES], struct weir_error *err);
/* Is the file the version `wanted`, in either form? */
WEIR_NODISCARD int weir__local_etag_matches(struct weir__file *file,
                                            const struct weir_file_stat *stat, const char *wanted,
                                            bool *out_matches, struct weir_error *err);
/* A regular file opened for reading; is_found false: there is none. */
struct weir__local_read {
    struct weir__file file;
    struct weir_file_stat stat;
    bool is_found;
};
void weir__local_read_freep(struct weir__local_read *opened); /* for AUTO(local_read) */
#define WEIR__LOCAL_READ_NONE                                                                      \
    {                                                                                              \
        .file = WEIR__FILE_NONE                                                                    \
    }

/* Open the object, or its staging file. `verb` is for messages; `key` must outlive the file. */
WEIR_NODISCARD int weir__local_open_read(struct weir__local_store *store, const char *key,
                                         bool is_staging, const char *verb,
                                         struct weir__local_read *out, struct weir_error *err);

/* ---- Verbs ---------------------------------------------------------------------------------- */

int weir__local_put(void *ctx, const struct weir_storage_request *request,
                    struct weir_put_result *out, struct weir_error *err);
int weir__local_put_stream(void *ctx, const struct weir_storage_request *request,
                           struct weir_put_result *out, struct weir_error *err);
int weir__local_append(void *ctx, const struct weir_storage_request *request, bool *out_is_promoted,
                       struct weir_error *err);
int weir__local_get_stream(void *ctx, const struct weir_storage_request *request,
                           struct weir_get_result *out, struct weir_error *err);
int weir__local_head(void *ctx, const struct weir_storage_request *request, struct weir_head *out,
                     struct weir_error *err);
int weir__local_delete(void *ctx, const struct weir_storage_request *request,
                       struct weir_error *err);
int weir__local_remove_directory(void *ctx, const struct weir_storage_request *request,
                                 struct weir_error *err);
int weir__local_open_input(void *ctx, const struct weir_storage_request *request,
                           struct weir_input *out, void (**out_release)(void *input_ctx),
                           struct weir_error *err);
int weir__local_list(void *ctx, const struct weir_storage_request *request,
                     struct weir_storage_page *page, struct weir_error *err);
int weir__local_list_directories(void *ctx, const struct weir_storage_request *request,
                                 struct weir_storage_page *page, struct weir_error *err);
int weir__local_clean(void *ctx, const struct weir_storage_request *request, int64_t *out_n_removed,
                      struct weir_error *err);

#endif
