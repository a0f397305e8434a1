/* file.c: whole reads and writes over the raw calls of the env.
 *
 * A signal may interrupt any raw call and the kernel may do less than asked: both are resumed
 * here, so that no caller sees them. */
#include "base/file.h"

#include "base/error.h"
#include "base/macros.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#define SLURP_STEP_BYTES ((size_t)64 << 10)

int weir__file_open(const struct weir_env *env, int dir, const char *path, int flags, uint32_t mode,
                    struct weir__file *out, struct weir_error *err)
{
    int fd;
    do {
        fd = env->file->open(env->file_ctx, dir, path, flags, mode, 0);
    } while (fd == -EINTR);
    if (fd < 0)
        return weir__fail_errno(err, -fd, "cannot open %s", path);
    *out = (struct weir__file){env, fd, path, 0};
    return WEIR_OK;
}

int weir__file_write(struct weir__file *file, const void *data, size_t n, struct weir_error *err)
{
    const struct weir_env *env = file->env;
    const uint8_t *at = data;
    while (n > 0) {
        int64_t done = env->file->write(env->file_ctx, file->fd, at, n);
        if (done == -EINTR)
            continue;
        if (done <= 0)
            return weir__fail_errno(err, done ? (int)-done : EIO, "cannot write %s", file->name);
        ASSERT((uint64_t)done <= n);
        at += done;
        n -= (size_t)done;
    }
    return WEIR_OK;
}

int weir__file_read(struct weir__file *file, void *buf, size_t cap, size_t *out_got,
                    struct weir_error *err)
{
    const struct weir_env *env = file->env;
    ASSERT(env && file->fd >= 0);
    int64_t got;
    do {
        got = env->file->read(env->file_ctx, file->fd, buf, cap);
    } while (got == -EINTR);
    if (got < 0)
        return weir__fail_errno(err, (int)-got, "cannot read %s", file->name);
    ASSERT((uint64_t)got <= cap);
    *out_got = (size_t)got;
    return WEIR_OK;
}

/* As much as one call gives; 0 at the end. */
static int part_read_at(struct weir__file *file, uint64_t offset, void *buf, size_t cap,
                        size_t *out_got, struct weir_error *err)
{
    const struct weir_env *env = file->env;
    int64_t got;
    do {
        got = env->file->pread(env->file_ctx, file->fd, buf, cap, offset);
    } while (got == -EINTR);
    if (got < 0)
        return weir__fail_errno(err, (int)-got, "cannot read %s", file->name);
    ASSERT((uint64_t)got <= cap);
    *out_got = (size_t)got;
    return WEIR_OK;
}

int weir__file_read_at(struct weir__file *file, uint64_t offset, void *buf, size_t n,
                       struct weir_error *err)
{
    uint8_t *at = buf;
    size_t left = n;
    if (offset > INT64_MAX || n > INT64_MAX - offset) {
        return weir__fail(err, WEIR_INVALID, "cannot read %s at offset %" PRIu64 ": too far",
                          file->name, offset);
    }
    while (left > 0) {
        size_t got = 0;
        TRY(part_read_at(file, offset + (n - left), at, left, &got, err));
        if (got == 0) {
            return weir__fail_detail(err, WEIR_IO, WEIR_DETAIL_INCOMPLETE,
                                     "%s ends at %" PRIu64 ", %zu bytes short", file->name,
                                     offset + (n - left), left);
        }
        at += got;
        left -= got;
    }
    return WEIR_OK;
}

int weir__file_write_at(struct weir__file *file, uint64_t offset, const void *data, size_t n,
                        struct weir_error *err)
{
    const struct weir_env *env = file->env;
    const uint8_t *at = data;
    if (offset > INT64_MAX || n > INT64_MAX - offset) {
        return weir__fail(err, WEIR_INVALID, "cannot write %s at offset %" PRIu64 ": too far",
                          file->name, offset);
    }
    while (n > 0) {
        int64_t done = env->file->pwrite(env->file_ctx, file->fd, at, n, offset);
        if (done == -EINTR)
            continue;
        if (done <= 0)
            return weir__fail_errno(err, done ? (int)-done : EIO, "cannot write %s", file->name);
        ASSERT((uint64_t)done <= n);
        at += done;
        offset += (uint64_t)done;
        n -= (size_t)done;
    }
    return WEIR_OK;
}

int weir__file_sync(struct weir__file *file, struct weir_error *err)
{
    int status;
    do {
        status = file->env->file->fsync(file->env->file_ctx, file->fd);
    } while (status == -EINTR);
    if (status < 0)
        return weir__fail_errno(err, -status, "cannot sync %s", file->name);
    return WEIR_OK;
}

int weir__file_stat(struct weir__file *file, struct weir_file_stat *out, struct weir_error *err)
{
    struct weir_file_stat found = {0};
    int status = file->env->file->stat(file->env->file_ctx, file->fd, &found);
    if (status < 0)
        return weir__fail_errno(err, -status, "cannot stat %s", file->name);
    *out = found;
    return WEIR_OK;
}

int weir__file_close(struct weir__file *file, struct weir_error *err)
{
    ASSERT(file->fd >= 0);
    int status = file->env->file->close(file->env->file_ctx, file->fd);
    file->fd = -1; /* Linux frees the descriptor whatever close says */
    if (status < 0 && status != -EINTR)
        return weir__fail_errno(err, -status, "cannot close %s", file->name);
    return WEIR_OK;
}

void weir__file_freep(struct weir__file *file)
{
    if (file->fd < 0)
        return;
    int ignored = weir__file_close(file, NULL); /* abandoned: whoever cares closes it himself */
    (void)ignored;
}

static int stream_source_read(void *ctx, void *buf, size_t cap, size_t *out_got,
                              struct weir_error *err)
{
    return weir__file_read(ctx, buf, cap, out_got, err);
}

static int regular_source_read(void *ctx, void *buf, size_t cap, size_t *out_got,
                               struct weir_error *err)
{
    struct weir__file *file = ctx;
    TRY(part_read_at(file, file->source_at, buf, cap, out_got, err));
    file->source_at += *out_got;
    return WEIR_OK;
}

static int regular_source_rewind(void *ctx, struct weir_error *err)
{
    struct weir__file *file = ctx;
    (void)err;
    file->source_at = 0;
    return WEIR_OK;
}

struct weir_source weir__file_source(struct weir__file *file)
{
    struct weir_file_stat found = {0};
    if (weir__file_stat(file, &found, NULL) == WEIR_OK && S_ISREG(found.mode)) {
        file->source_at = 0;
        return (struct weir_source){regular_source_read, regular_source_rewind, file};
    }
    return (struct weir_source){stream_source_read, NULL, file};
}

static int sink_write(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    return weir__file_write(ctx, buf, n, err);
}

struct weir_sink weir__file_sink(struct weir__file *file)
{
    return (struct weir_sink){sink_write, file};
}

static int input_read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    return weir__file_read_at(ctx, offset, buf, n, err);
}

int weir__file_input(struct weir__file *file, struct weir_input *out, struct weir_error *err)
{
    struct weir_file_stat found = {0};
    TRY(weir__file_stat(file, &found, err));
    if (found.size_bytes < 0 || !S_ISREG(found.mode))
        return weir__fail(err, WEIR_INVALID, "%s is no regular file", file->name);
    *out = (struct weir_input){.read_at = input_read_at,
                               .size_bytes = (uint64_t)found.size_bytes,
                               .ctx = file,
                               .name = file->name};
    return WEIR_OK;
}

static int slurp_rest(struct weir__file *file, struct weir__buf *out, struct weir_error *err)
{
    for (;;) {
        size_t room = out->max - out->len;
        size_t got = 0;
        uint8_t probe;
        if (room == 0) { /* full: right only if the file ends here */
            TRY(weir__file_read(file, &probe, 1, &got, err));
            if (got > 0) {
                return weir__fail(err, WEIR_INVALID, "%s is larger than %zu bytes", file->name,
                                  out->max);
            }
            return WEIR_OK;
        }
        size_t step = room < SLURP_STEP_BYTES ? room : SLURP_STEP_BYTES;
        TRY(weir__buf_reserve(out, step, err));
        TRY(weir__file_read(file, out->data + out->len, step, &got, err));
        if (got == 0)
            return WEIR_OK;
        out->len += got;
    }
}

int weir__file_slurp(const struct weir_env *env, const char *path, struct weir__buf *out,
                     struct weir_error *err)
{
    AUTO(file) struct weir__file file = WEIR__FILE_NONE;
    TRY(weir__file_open(env, AT_FDCWD, path, O_RDONLY, 0, &file, err));
    size_t before = out->len;
    int status = slurp_rest(&file, out, err);
    if (status != WEIR_OK)
        out->len = before;
    return status;
}
