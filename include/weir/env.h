/* weir/env.h: everything weir needs from the outside world, as one struct of functions.
 *
 * Nothing in weir reads a clock or a random source, allocates, logs or touches a file except
 * through this struct. weir_env_default() is the real world; tests and embedders copy it and
 * replace members:
 *
 *     struct weir_env env = *weir_env_default();
 *     env.wall_us = my_simulated_clock;
 *     env.clock_ctx = &my_world;
 *
 * An env is borrowed by everything made from it and must outlive all of it. Members may be called
 * from any thread. Since: 0.1 */
#ifndef WEIR_ENV_H
#define WEIR_ENV_H

#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum weir_log_level {
    WEIR_LOG_ERROR = 1,
    WEIR_LOG_WARNING = 2,
    WEIR_LOG_INFO = 3,
    WEIR_LOG_DEBUG = 4
};

enum weir_metric_kind { WEIR_METRIC_COUNTER = 1, WEIR_METRIC_GAUGE = 2, WEIR_METRIC_HISTOGRAM = 3 };

/* One measurement. `labels` is "" or `name="value",...` in Prometheus text form; both strings live
 * for the call. */
struct weir_metric {
    enum weir_metric_kind kind;
    const char *name;
    const char *labels;
    double value;
};

struct weir_file_stat {
    uint64_t device, inode;
    int64_t size_bytes;
    int64_t modified_ns;
    uint32_t mode; /* S_IFMT and permission bits as in stat(2) */
    uint32_t n_links;
};

/* Raw file calls. Each returns >= 0, or a negated errno value; none blocks on a lock. `dir` is a
 * descriptor or AT_FDCWD. Flags have the meaning of the Linux call of the same name. */
struct weir_file_calls {
    int (*open)(void *ctx, int dir, const char *path, int flags, uint32_t mode, uint64_t resolve);
    int (*close)(void *ctx, int fd);
    int64_t (*read)(void *ctx, int fd, void *buf, size_t n);
    int64_t (*write)(void *ctx, int fd, const void *buf, size_t n);
    int64_t (*pread)(void *ctx, int fd, void *buf, size_t n, uint64_t offset);
    int64_t (*pwrite)(void *ctx, int fd, const void *buf, size_t n, uint64_t offset);
    int (*fsync)(void *ctx, int fd);
    int (*fdatasync)(void *ctx, int fd);
    int (*truncate)(void *ctx, int fd, uint64_t size_bytes);
    int (*allocate)(void *ctx, int fd,
                    uint64_t size_bytes); /* -EOPNOTSUPP where the file system cannot */
    int (*stat)(void *ctx, int fd, struct weir_file_stat *out);
    int (*stat_at)(void *ctx, int dir, const char *path,
                   struct weir_file_stat *out); /* does not follow links */
    int (*rename)(void *ctx, int old_dir, const char *old_path, int new_dir, const char *new_path,
                  uint32_t flags);
    int (*link)(void *ctx, int old_dir, const char *old_path, int new_dir, const char *new_path);
    int (*unlink)(void *ctx, int dir, const char *path, int flags);
    int (*mkdir)(void *ctx, int dir, const char *path, uint32_t mode);
    int64_t (*entries)(void *ctx, int fd, void *buf,
                       size_t n); /* linux_dirent64 records, 0 at the end */
    int (*lock)(void *ctx,
                int fd); /* exclusive open-file-description lock; -EAGAIN when held elsewhere */
};

struct weir_env {
    uint32_t struct_size;
    uint32_t log_level; /* highest enum weir_log_level passed to `log`; 0 = warnings and errors */

    /* Memory. `resize(ctx, NULL, n)` allocates, `resize(ctx, p, 0)` frees and returns NULL.
     * Alignment as malloc. */
    void *(*resize)(void *ctx, void *ptr, size_t n_bytes);
    void *memory_ctx;

    /* Time. `wall_us`: microseconds since 1970-01-01 UTC. `monotonic_us`: any origin, never goes
     * back. `sleep_us` may return early. */
    int64_t (*wall_us)(void *ctx);
    int64_t (*monotonic_us)(void *ctx);
    void (*sleep_us)(void *ctx, int64_t duration_us);
    void *clock_ctx;

    /* Fills `buf` with cryptographically strong random bytes; 0 or a negated errno value. */
    int (*random)(void *ctx, void *buf, size_t n);
    void *random_ctx;

    const struct weir_file_calls *file;
    void *file_ctx;

    /* Value of a setting from the process environment, or NULL. */
    const char *(*variable)(void *ctx, const char *name);
    void *variable_ctx;

    /* May be NULL: nothing is logged / measured. `facts` is "" or `key=value key=value`. Never
     * called with a lock held. */
    void (*log)(void *ctx, enum weir_log_level level, const char *message, const char *facts);
    void *log_ctx;
    void (*metric)(void *ctx, const struct weir_metric *metric);
    void *metric_ctx;
};

/* The real world: malloc, system clocks, getrandom, Linux file calls, no log and no metrics.
 *
 * Threads:  any. The struct is constant and lives for ever.
 * Since:    0.1 */
const struct weir_env *weir_env_default(void);

/* A flag that stops long operations, optionally with a deadline. Borrowed by the calls it is given
 * to. */
struct weir_cancel;

/* Make a cancel flag; `deadline_us` is a time of env->monotonic_us, 0 = none.
 *
 * Owns:     `*out` belongs to the caller, free with weir_cancel_free after all calls using it have
 * returned. Since:    0.1 */
WEIR_NODISCARD int weir_cancel_new(const struct weir_env *env, int64_t deadline_us,
                                   struct weir_cancel **out, struct weir_error *err);

/* Ask every operation that holds `cancel` to stop. Async-signal-safe; calling it twice is the same
 * as once.
 *
 * Threads:  any.
 * Since:    0.1 */
void weir_cancel_trigger(struct weir_cancel *cancel);

/* WEIR_OK, WEIR_CANCELLED after a trigger, or WEIR_TIMEOUT past the deadline. NULL is never
 * cancelled.
 *
 * Threads:  any.
 * Errors:   WEIR_CANCELLED, WEIR_TIMEOUT.
 * Since:    0.1 */
WEIR_NODISCARD int weir_cancel_check(const struct weir_cancel *cancel, struct weir_error *err);

/* Free; NULL is fine.
 *
 * Since:    0.1 */
void weir_cancel_free(struct weir_cancel *cancel);

#ifdef __cplusplus
}
#endif
#endif
