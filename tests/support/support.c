/* support.c: counting and failing env, temporary directories. */
#include "support/support.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct weir_error test_last_error;

static void *counted_resize(void *ctx, void *ptr, size_t n_bytes)
{
    struct test_env *t = ctx;
    const struct weir_env *real = weir_env_default();
    if (n_bytes == 0) {
        if (ptr)
            (void)__atomic_sub_fetch(&t->live_blocks, 1, __ATOMIC_RELAXED);
        return real->resize(real->memory_ctx, ptr, 0);
    }
    int64_t call = __atomic_add_fetch(&t->n_allocations, 1, __ATOMIC_RELAXED);
    int64_t failing = t->fail_allocation_at;
    if (failing && (call == failing || (t->fail_for_ever && call > failing)))
        return NULL;
    void *block = real->resize(real->memory_ctx, ptr, n_bytes);
    if (block && !ptr)
        (void)__atomic_add_fetch(&t->live_blocks, 1, __ATOMIC_RELAXED);
    return block;
}

static int64_t test_wall(void *ctx)
{
    struct test_env *t = ctx;
    return t->is_simulated ? __atomic_load_n(&t->wall_us, __ATOMIC_RELAXED)
                           : weir_env_default()->wall_us(NULL);
}

static int64_t test_monotonic(void *ctx)
{
    struct test_env *t = ctx;
    return t->is_simulated ? __atomic_load_n(&t->monotonic_us, __ATOMIC_RELAXED)
                           : weir_env_default()->monotonic_us(NULL);
}

static void test_sleep(void *ctx, int64_t us)
{
    struct test_env *t = ctx;
    if (t->is_simulated)
        test_env_advance(t, us);
    else
        weir_env_default()->sleep_us(NULL, us);
}

static int test_random(void *ctx, void *buf, size_t n)
{
    struct test_env *t = ctx;
    if (t->random_state == 0)
        return weir_env_default()->random(NULL, buf, n);
    uint8_t *out = buf;
    for (size_t i = 0; i < n; i++) {
        t->random_state = t->random_state * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(t->random_state >> 56);
    }
    return 0;
}

static bool file_call_fails(struct test_env *t)
{
    int64_t call = __atomic_add_fetch(&t->n_file_calls, 1, __ATOMIC_RELAXED);
    int64_t failing = t->fail_file_call_at;
    return failing && (call == failing || (t->fail_for_ever && call > failing));
}

#define REAL (weir_env_default()->file)
/* close is counted but always closes: a descriptor is gone even when close reports an error. */
#define COUNTED(type, name, arguments, call)                                                       \
    static type counted_##name arguments                                                           \
    {                                                                                              \
        struct test_env *t = ctx;                                                                  \
        if (file_call_fails(t))                                                                    \
            return -t->fail_file_errno;                                                            \
        return REAL->call;                                                                         \
    }

COUNTED(int, open,
        (void *ctx, int dir, const char *path, int flags, uint32_t mode, uint64_t resolve),
        open(NULL, dir, path, flags, mode, resolve))
COUNTED(int64_t, read, (void *ctx, int fd, void *buf, size_t n), read(NULL, fd, buf, n))
COUNTED(int64_t, write, (void *ctx, int fd, const void *buf, size_t n), write(NULL, fd, buf, n))
COUNTED(int64_t, pread, (void *ctx, int fd, void *buf, size_t n, uint64_t offset),
        pread(NULL, fd, buf, n, offset))
COUNTED(int64_t, pwrite, (void *ctx, int fd, const void *buf, size_t n, uint64_t offset),
        pwrite(NULL, fd, buf, n, offset))
COUNTED(int, fsync, (void *ctx, int fd), fsync(NULL, fd))
COUNTED(int, fdatasync, (void *ctx, int fd), fdatasync(NULL, fd))
COUNTED(int, truncate, (void *ctx, int fd, uint64_t n), truncate(NULL, fd, n))
COUNTED(int, allocate, (void *ctx, int fd, uint64_t n), allocate(NULL, fd, n))
COUNTED(int, stat, (void *ctx, int fd, struct weir_file_stat *out), stat(NULL, fd, out))
COUNTED(int, stat_at, (void *ctx, int dir, const char *path, struct weir_file_stat *out),
        stat_at(NULL, dir, path, out))
COUNTED(int, rename,
        (void *ctx, int old_dir, const char *old_path, int new_dir, const char *new_path,
         uint32_t flags),
        rename(NULL, old_dir, old_path, new_dir, new_path, flags))
COUNTED(int, link,
        (void *ctx, int old_dir, const char *old_path, int new_dir, const char *new_path),
        link(NULL, old_dir, old_path, new_dir, new_path))
COUNTED(int, unlink, (void *ctx, int dir, const char *path, int flags),
        unlink(NULL, dir, path, flags))
COUNTED(int, mkdir, (void *ctx, int dir, const char *path, uint32_t mode),
        mkdir(NULL, dir, path, mode))
COUNTED(int64_t, entries, (void *ctx, int fd, void *buf, size_t n), entries(NULL, fd, buf, n))
COUNTED(int, lock, (void *ctx, int fd), lock(NULL, fd))

static int counted_close(void *ctx, int fd)
{
    struct test_env *t = ctx;
    (void)__atomic_add_fetch(&t->n_file_calls, 1, __ATOMIC_RELAXED);
    return REAL->close(NULL, fd);
}

void test_env_init(struct test_env *t)
{
    memset(t, 0, sizeof *t);
    t->calls = (struct weir_file_calls){
        counted_open,   counted_close,   counted_read,      counted_write,    counted_pread,
        counted_pwrite, counted_fsync,   counted_fdatasync, counted_truncate, counted_allocate,
        counted_stat,   counted_stat_at, counted_rename,    counted_link,     counted_unlink,
        counted_mkdir,  counted_entries, counted_lock,
    };
    t->env = *weir_env_default();
    t->env.resize = counted_resize;
    t->env.memory_ctx = t;
    t->env.wall_us = test_wall;
    t->env.monotonic_us = test_monotonic;
    t->env.sleep_us = test_sleep;
    t->env.clock_ctx = t;
    t->env.random = test_random;
    t->env.random_ctx = t;
    t->env.file = &t->calls;
    t->env.file_ctx = t;
    t->fail_file_errno = EIO;
}

void test_env_simulate(struct test_env *t, int64_t wall_us)
{
    t->is_simulated = true;
    t->wall_us = wall_us;
    t->monotonic_us = 1;
}

void test_env_advance(struct test_env *t, int64_t us)
{
    (void)__atomic_add_fetch(&t->wall_us, us, __ATOMIC_RELAXED);
    (void)__atomic_add_fetch(&t->monotonic_us, us, __ATOMIC_RELAXED);
}

void test_env_check_leaks(const struct test_env *t)
{
    assert_int_equal(t->live_blocks, 0);
}

char *test_dir_make(void)
{
    const char *parent = getenv("TMPDIR");
    char path[512];
    (void)snprintf(path, sizeof path, "%s/weir-test-XXXXXX", parent && *parent ? parent : "/tmp");
    assert_non_null(mkdtemp(path));
    return strdup(path);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void test_dir_remove(char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

static const char *joined_path(const char *variable, const char *name)
{
    static char path[1024];
    const char *root = getenv(variable);
    (void)snprintf(path, sizeof path, "%s/%s", root ? root : ".", name);
    return path;
}

const char *test_data_path(const char *name)
{
    return joined_path("WEIR_TEST_DATA", name);
}

const char *test_shared_path(const char *name)
{
    const char *path = joined_path("WEIR_SHARED", name);
    if (access(path, R_OK) == 0)
        return path;
    (void)printf("# reason: shared/%s is not here\n", name);
    return NULL;
}
