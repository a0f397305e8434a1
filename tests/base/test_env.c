/* test_env.c: the real world behind the default env. */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void env_is_complete(void **state)
{
    (void)state;
    const struct weir_env *env = weir_env_default();
    assert_int_equal(env->struct_size, sizeof *env);
    assert_true(env->resize && env->wall_us && env->monotonic_us && env->sleep_us && env->random &&
                env->variable && env->file);
    assert_null(env->log);
    assert_null(env->metric);
    void (*const *calls)(void) = (void (*const *)(void))(const void *)env->file;
    for (size_t i = 0; i < sizeof *env->file / sizeof calls[0]; i++)
        assert_non_null(calls[i]);
}

static void env_clocks_run_forward(void **state)
{
    (void)state;
    const struct weir_env *env = weir_env_default();
    int64_t before = env->monotonic_us(env->clock_ctx);
    env->sleep_us(env->clock_ctx, 0);
    env->sleep_us(env->clock_ctx, -1);
    assert_true(env->monotonic_us(env->clock_ctx) >= before);
    /* After this was written and before the ref keys run out. */
    assert_true(env->wall_us(env->clock_ctx) > INT64_C(1700000000000000));
    assert_true(env->wall_us(env->clock_ctx) < INT64_C(9999999999999999));
}

static void env_randomness_differs(void **state)
{
    (void)state;
    const struct weir_env *env = weir_env_default();
    uint8_t a[300];
    uint8_t b[300];
    assert_int_equal(env->random(env->random_ctx, a, sizeof a), 0);
    assert_int_equal(env->random(env->random_ctx, b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
}

static void env_reads_variables(void **state)
{
    (void)state;
    const struct weir_env *env = weir_env_default();
    assert_int_equal(setenv("WEIR_TEST_VARIABLE", "x", 1), 0);
    assert_string_equal(env->variable(env->variable_ctx, "WEIR_TEST_VARIABLE"), "x");
    assert_int_equal(unsetenv("WEIR_TEST_VARIABLE"), 0);
    assert_null(env->variable(env->variable_ctx, "WEIR_TEST_VARIABLE"));
}

/* Every raw call once, on real files, and once where it must fail. */
static void check_files(const struct weir_file_calls *f, int dir)
{
    struct weir_file_stat st;
    char back[8];
    int fd = f->open(NULL, dir, "a", O_RDWR | O_CREAT | O_EXCL, 0600, RESOLVE_BENEATH);
    assert_true(fd >= 0);
    assert_int_equal(f->open(NULL, dir, "../a", O_RDONLY, 0, RESOLVE_BENEATH), -EXDEV);
    assert_int_equal(f->open(NULL, dir, "a", O_RDWR | O_CREAT | O_EXCL, 0600, 0), -EEXIST);
    assert_int_equal(f->write(NULL, fd, "12345", 5), 5);
    assert_int_equal(f->pwrite(NULL, fd, "x", 1, 1), 1);
    assert_int_equal(f->pread(NULL, fd, back, 8, 1), 4);
    assert_memory_equal(back, "x345", 4);
    assert_int_equal(f->read(NULL, fd, back, 8), 0); /* at the end */
    int allocated = f->allocate(NULL, fd, 4096);
    assert_true(allocated == 0 || allocated == -EOPNOTSUPP);
    assert_int_equal(f->truncate(NULL, fd, 3), 0);
    assert_int_equal(f->fsync(NULL, fd), 0);
    assert_int_equal(f->fdatasync(NULL, fd), 0);
    assert_int_equal(f->stat(NULL, fd, &st), 0);
    assert_int_equal(st.size_bytes, 3);
    assert_true(S_ISREG(st.mode));
    assert_int_equal(f->lock(NULL, fd), 0);
    int other = f->open(NULL, dir, "a", O_RDWR, 0, 0);
    assert_int_equal(f->lock(NULL, other), -EAGAIN); /* of the open file, not of the process */
    assert_int_equal(f->close(NULL, other), 0);
    assert_int_equal(f->close(NULL, fd), 0);
    assert_int_equal(f->link(NULL, dir, "a", dir, "b"), 0);
    assert_int_equal(f->link(NULL, dir, "a", dir, "b"), -EEXIST);
    assert_int_equal(f->stat_at(NULL, dir, "b", &st), 0);
    assert_int_equal(st.n_links, 2);
    assert_int_equal(f->mkdir(NULL, dir, "d", 0700), 0);
    assert_int_equal(f->rename(NULL, dir, "b", dir, "d/c", 0), 0);
    assert_int_equal(f->unlink(NULL, dir, "d", AT_REMOVEDIR), -ENOTEMPTY);
    assert_int_equal(f->unlink(NULL, dir, "d/c", 0), 0);
    assert_int_equal(f->unlink(NULL, dir, "d", AT_REMOVEDIR), 0);
    assert_int_equal(f->stat_at(NULL, dir, "b", &st), -ENOENT);
    assert_int_equal(f->read(NULL, -1, back, 1), -EBADF);
    assert_int_equal(f->close(NULL, -1), -EBADF);
}

static void env_file_calls_do_what_linux_does(void **state)
{
    (void)state;
    const struct weir_file_calls *f = weir_env_default()->file;
    char *path = test_dir_make();
    int dir = f->open(NULL, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, 0);
    assert_true(dir >= 0);
    check_files(f, dir);
    _Alignas(8) char records[1024];
    assert_true(f->entries(NULL, dir, records, sizeof records) > 0);
    assert_int_equal(f->entries(NULL, dir, records, sizeof records), 0);
    assert_int_equal(f->close(NULL, dir), 0);
    test_dir_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(env_is_complete),
        cmocka_unit_test(env_clocks_run_forward),
        cmocka_unit_test(env_randomness_differs),
        cmocka_unit_test(env_reads_variables),
        cmocka_unit_test(env_file_calls_do_what_linux_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
