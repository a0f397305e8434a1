/* test_file.c: whole reads and writes over calls that do less than asked. */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Every other call is interrupted, the others move three bytes at most. */
static int n_calls;

static bool is_interrupted(void)
{
    return n_calls++ % 2 == 0;
}

static int64_t short_read(void *ctx, int fd, void *buf, size_t n)
{
    return is_interrupted() ? -EINTR : weir_env_default()->file->read(ctx, fd, buf, n > 3 ? 3 : n);
}

static int64_t short_write(void *ctx, int fd, const void *buf, size_t n)
{
    return is_interrupted() ? -EINTR : weir_env_default()->file->write(ctx, fd, buf, n > 3 ? 3 : n);
}

static int64_t short_pread(void *ctx, int fd, void *buf, size_t n, uint64_t at)
{
    return is_interrupted() ? -EINTR
                            : weir_env_default()->file->pread(ctx, fd, buf, n > 3 ? 3 : n, at);
}

static int64_t short_pwrite(void *ctx, int fd, const void *buf, size_t n, uint64_t at)
{
    return is_interrupted() ? -EINTR
                            : weir_env_default()->file->pwrite(ctx, fd, buf, n > 3 ? 3 : n, at);
}

static int interrupted_open(void *ctx, int dir, const char *path, int flags, uint32_t mode,
                            uint64_t resolve)
{
    return is_interrupted() ? -EINTR
                            : weir_env_default()->file->open(ctx, dir, path, flags, mode, resolve);
}

static int interrupted_fsync(void *ctx, int fd)
{
    return is_interrupted() ? -EINTR : weir_env_default()->file->fsync(ctx, fd);
}

static int64_t zero_write(void *ctx, int fd, const void *buf, size_t n)
{
    (void)ctx;
    (void)fd;
    (void)buf;
    (void)n;
    return 0;
}

static void make_calls_short(struct test_env *t)
{
    n_calls = 0;
    t->calls.read = short_read;
    t->calls.write = short_write;
    t->calls.pread = short_pread;
    t->calls.pwrite = short_pwrite;
    t->calls.open = interrupted_open;
    t->calls.fsync = interrupted_fsync;
}

struct world {
    struct test_env t;
    char *dir;
    char path[600];
};

static int world_begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    test_env_init(&w->t);
    w->dir = test_dir_make();
    (void)snprintf(w->path, sizeof w->path, "%s/file", w->dir);
    *state = w;
    return 0;
}

static int world_end(void **state)
{
    struct world *w = *state;
    test_dir_remove(w->dir);
    test_env_check_leaks(&w->t);
    free(w);
    return 0;
}

static struct weir__file opened(struct world *w, int flags)
{
    struct weir__file file = WEIR__FILE_NONE;
    assert_ok(weir__file_open(&w->t.env, AT_FDCWD, w->path, flags, 0600, &file, &test_last_error));
    return file;
}

static void file_resumes_short_and_interrupted_calls(void **state)
{
    struct world *w = *state;
    make_calls_short(&w->t);
    static const char text[] = "a text of. more than three bytes";
    struct weir__file file = opened(w, O_CREAT | O_RDWR);
    assert_ok(weir__file_write(&file, text, sizeof text, &test_last_error));
    assert_ok(weir__file_write_at(&file, 2, "TEXTUAL", 7, &test_last_error));
    assert_ok(weir__file_sync(&file, &test_last_error));
    char back[sizeof text];
    assert_ok(weir__file_read_at(&file, 0, back, sizeof back, &test_last_error));
    assert_string_equal(back, "a TEXTUAL. more than three bytes");
    assert_ok(weir__file_close(&file, &test_last_error));
    assert_int_equal(file.fd, -1);

    struct weir__buf buf = weir__buf_make(&w->t.env, sizeof text);
    assert_ok(weir__file_slurp(&w->t.env, w->path, &buf, &test_last_error));
    assert_int_equal(buf.len, sizeof text);
    assert_memory_equal(buf.data, back, sizeof text);
    weir__buf_dispose(&buf);
}

static void file_read_at_tells_that_bytes_are_missing(void **state)
{
    struct world *w = *state;
    struct weir__file file = opened(w, O_CREAT | O_RDWR);
    assert_ok(weir__file_write(&file, "12345", 5, &test_last_error));
    char back[6];
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__file_read_at(&file, 0, back, 6, &err), WEIR_IO);
    assert_int_equal(err.detail, WEIR_DETAIL_INCOMPLETE);
    assert_non_null(strstr(err.message, w->path));
    assert_int_equal(weir__file_read_at(&file, UINT64_MAX, back, 1, &err), WEIR_INVALID);
    assert_int_equal(weir__file_read_at(&file, INT64_MAX, back, 2, &err), WEIR_INVALID);
    assert_int_equal(weir__file_write_at(&file, UINT64_MAX, back, 1, &err), WEIR_INVALID);
    assert_ok(weir__file_read_at(&file, 5, back, 0, &test_last_error));
    weir__file_freep(&file);
}

static void file_write_fails_when_nothing_is_written(void **state)
{
    struct world *w = *state;
    w->t.calls.write = zero_write;
    struct weir__file file = opened(w, O_CREAT | O_RDWR);
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__file_write(&file, "x", 1, &err), WEIR_IO);
    assert_int_equal(err.os_errno, EIO);
    assert_ok(weir__file_write(&file, "x", 0, &test_last_error));
    weir__file_freep(&file);
    weir__file_freep(&file); /* twice is once */
}

static int broken_close(void *ctx, int fd)
{
    (void)weir_env_default()->file->close(ctx, fd);
    return -EIO;
}

static void file_close_reports_and_forgets_the_descriptor(void **state)
{
    struct world *w = *state;
    w->t.calls.close = broken_close;
    struct weir__file file = opened(w, O_CREAT | O_RDWR);
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__file_close(&file, &err), WEIR_IO);
    assert_non_null(strstr(err.message, "cannot close"));
    assert_int_equal(file.fd, -1);
}

static void file_open_names_what_is_missing(void **state)
{
    struct world *w = *state;
    struct weir__file file = WEIR__FILE_NONE;
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__file_open(&w->t.env, AT_FDCWD, w->path, O_RDONLY, 0, &file, &err),
                     WEIR_NOT_FOUND);
    assert_non_null(strstr(err.message, w->path));
    assert_int_equal(err.os_errno, ENOENT);
    assert_int_equal(file.fd, -1);
}

static void file_source_of_a_regular_file_rewinds(void **state)
{
    struct world *w = *state;
    struct weir__file file = opened(w, O_CREAT | O_RDWR);
    assert_ok(weir__file_write(&file, "12345", 5, &test_last_error));
    struct weir_source source = weir__file_source(&file);
    assert_non_null(source.rewind);
    for (int round = 0; round < 2; round++) {
        char back[4] = "";
        size_t got = 0;
        assert_ok(source.read(source.ctx, back, 3, &got, &test_last_error));
        assert_int_equal(got, 3);
        assert_memory_equal(back, "123", 3);
        assert_ok(source.read(source.ctx, back, 3, &got, &test_last_error));
        assert_int_equal(got, 2);
        assert_ok(source.read(source.ctx, back, 3, &got, &test_last_error));
        assert_int_equal(got, 0);
        assert_ok(source.rewind(source.ctx, &test_last_error));
    }
    weir__file_freep(&file);
}

static void file_source_of_a_pipe_cannot_rewind(void **state)
{
    struct world *w = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct weir__file from = {&w->t.env, ends[0], "pipe", 0};
    struct weir__file to = {&w->t.env, ends[1], "pipe", 0};
    struct weir_source source = weir__file_source(&from);
    struct weir_sink sink = weir__file_sink(&to);
    assert_null(source.rewind);
    assert_ok(sink.write(sink.ctx, "hello", 5, &test_last_error));
    weir__file_freep(&to);
    char back[8];
    size_t got = 0;
    assert_ok(source.read(source.ctx, back, sizeof back, &got, &test_last_error));
    assert_int_equal(got, 5);
    assert_ok(source.read(source.ctx, back, sizeof back, &got, &test_last_error));
    assert_int_equal(got, 0);
    struct weir_input input;
    assert_int_equal(weir__file_input(&from, &input, NULL), WEIR_INVALID);
    weir__file_freep(&from);
}

static void file_input_knows_size_and_name(void **state)
{
    struct world *w = *state;
    struct weir__file file = opened(w, O_CREAT | O_RDWR);
    assert_ok(weir__file_write(&file, "12345", 5, &test_last_error));
    struct weir_input input;
    char back[2];
    assert_ok(weir__file_input(&file, &input, &test_last_error));
    assert_int_equal(input.size_bytes, 5);
    assert_string_equal(input.name, w->path);
    assert_ok(input.read_at(input.ctx, 3, back, 2, &test_last_error));
    assert_memory_equal(back, "45", 2);
    weir__file_freep(&file);
}

static void slurp_takes_exactly_its_maximum(void **state)
{
    struct world *w = *state;
    struct weir__file file = opened(w, O_CREAT | O_WRONLY);
    assert_ok(weir__file_write(&file, "123456", 6, &test_last_error));
    assert_ok(weir__file_close(&file, &test_last_error));
    struct weir__buf fits = weir__buf_make(&w->t.env, 6);
    assert_ok(weir__file_slurp(&w->t.env, w->path, &fits, &test_last_error));
    assert_int_equal(fits.len, 6);
    weir__buf_dispose(&fits);

    struct weir__buf tight = weir__buf_make(&w->t.env, 5);
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__file_slurp(&w->t.env, w->path, &tight, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "larger than 5 bytes"));
    assert_int_equal(tight.len, 0);
    weir__buf_dispose(&tight);
}

static void path_becomes_absolute_below_the_working_directory(void **state)
{
    struct world *w = *state;
    char here[600];
    char expected[700];
    const char *text = NULL;
    struct weir__buf buf = weir__buf_make(&w->t.env, 2000);
    assert_non_null(getcwd(here, sizeof here));
    (void)snprintf(expected, sizeof expected, "%s/a/b", here);
    assert_ok(weir__path_absolute("a/b", &buf, &test_last_error));
    assert_ok(weir__buf_text(&buf, &text, &test_last_error));
    assert_string_equal(text, expected);
    weir__buf_clear(&buf);
    assert_ok(weir__path_absolute("/a/b", &buf, &test_last_error));
    assert_ok(weir__buf_text(&buf, &text, &test_last_error));
    assert_string_equal(text, "/a/b");
    weir__buf_dispose(&buf);
}

/* Write, sync, read back: the scenario of the torture below. */
static int scenario(struct world *w, struct weir__buf *buf, struct weir_error *err)
{
    AUTO(file) struct weir__file file = WEIR__FILE_NONE;
    struct weir_input input;
    char back[5];
    TRY(weir__file_open(&w->t.env, AT_FDCWD, w->path, O_CREAT | O_RDWR | O_TRUNC, 0600, &file,
                        err));
    TRY(weir__file_write(&file, "12345", 5, err));
    TRY(weir__file_write_at(&file, 5, "678", 3, err));
    TRY(weir__file_sync(&file, err));
    TRY(weir__file_input(&file, &input, err));
    TRY(input.read_at(input.ctx, 1, back, 5, err));
    TRY(weir__file_close(&file, err));
    return weir__file_slurp(&w->t.env, w->path, buf, err);
}

static void file_survives_the_failure_of_each_call(void **state)
{
    struct world *w = *state;
    int status = WEIR_IO;
    int n_failures = 0;
    for (int64_t call = 1; status != WEIR_OK; call++) {
        struct weir__buf buf = weir__buf_make(&w->t.env, 100);
        struct weir_error err = WEIR_ERROR_INIT;
        w->t.n_file_calls = 0;
        w->t.fail_file_call_at = call;
        status = scenario(w, &buf, &err);
        assert_int_equal(err.code, status);
        if (status != WEIR_OK) {
            assert_non_null(strstr(err.message, w->path));
            n_failures++;
        } else {
            assert_int_equal(buf.len, 8);
        }
        /* A failed close is not simulated: the test env closes all the same and reports success. */
        if (status == WEIR_OK && call < w->t.n_file_calls)
            status = WEIR_IO;
        weir__buf_dispose(&buf);
        test_env_check_leaks(&w->t);
    }
    assert_in_range(n_failures, 9, 20);
}

static void slurp_survives_the_failure_of_each_allocation(void **state)
{
    struct world *w = *state;
    int status = WEIR_NO_MEMORY;
    for (int64_t n = 1; status != WEIR_OK; n++) {
        struct weir__buf buf = weir__buf_make(&w->t.env, 100);
        w->t.n_allocations = 0;
        w->t.fail_allocation_at = n;
        status = scenario(w, &buf, NULL);
        assert_true(status == WEIR_OK || status == WEIR_NO_MEMORY);
        weir__buf_dispose(&buf);
        test_env_check_leaks(&w->t);
    }
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(file_resumes_short_and_interrupted_calls),
        WORLD_TEST(file_read_at_tells_that_bytes_are_missing),
        WORLD_TEST(file_write_fails_when_nothing_is_written),
        WORLD_TEST(file_close_reports_and_forgets_the_descriptor),
        WORLD_TEST(file_open_names_what_is_missing),
        WORLD_TEST(file_source_of_a_regular_file_rewinds),
        WORLD_TEST(file_source_of_a_pipe_cannot_rewind),
        WORLD_TEST(file_input_knows_size_and_name),
        WORLD_TEST(path_becomes_absolute_below_the_working_directory),
        WORLD_TEST(slurp_takes_exactly_its_maximum),
        WORLD_TEST(file_survives_the_failure_of_each_call),
        WORLD_TEST(slurp_survives_the_failure_of_each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
