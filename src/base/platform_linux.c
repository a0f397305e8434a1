/* platform_linux.c: the raw file calls of the real world. Each wraps one system call and returns
 * -errno on failure. */
#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result_of(int64_t returned)
{
    return returned < 0 ? -errno : (int)returned;
}

static int64_t size_of(ssize_t returned)
{
    return returned < 0 ? -(int64_t)errno : (int64_t)returned;
}

static int real_open(void *ctx, int dir, const char *path, int flags, uint32_t mode,
                     uint64_t resolve)
{
    (void)ctx;
    if (resolve == 0)
        return result_of(openat(dir, path, flags | O_CLOEXEC, (mode_t)mode));
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .mode = (flags & O_CREAT) ? mode : 0,
                           .resolve = resolve};
    return result_of(syscall(SYS_openat2, dir, path, &how, sizeof how));
}

static int real_close(void *ctx, int fd)
{
    (void)ctx;
    return result_of(close(fd));
}

static int64_t real_read(void *ctx, int fd, void *buf, size_t n)
{
    (void)ctx;
    return size_of(read(fd, buf, n));
}

static int64_t real_write(void *ctx, int fd, const void *buf, size_t n)
{
    (void)ctx;
    return size_of(write(fd, buf, n));
}

static int64_t real_pread(void *ctx, int fd, void *buf, size_t n, uint64_t offset)
{
    (void)ctx;
    return size_of(pread(fd, buf, n, (off_t)offset));
}

static int64_t real_pwrite(void *ctx, int fd, const void *buf, size_t n, uint64_t offset)
{
    (void)ctx;
    return size_of(pwrite(fd, buf, n, (off_t)offset));
}

static int real_fsync(void *ctx, int fd)
{
    (void)ctx;
    return result_of(fsync(fd));
}

static int real_fdatasync(void *ctx, int fd)
{
    (void)ctx;
    return result_of(fdatasync(fd));
}

static int real_truncate(void *ctx, int fd, uint64_t size_bytes)
{
    (void)ctx;
    return result_of(ftruncate(fd, (off_t)size_bytes));
}

static int real_allocate(void *ctx, int fd, uint64_t size_bytes)
{
    (void)ctx;
    return result_of(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size_bytes));
}

static void stat_fill(const struct stat *from, struct weir_file_stat *out)
{
    *out = (struct weir_file_stat){
        .device = from->st_dev,
        .inode = from->st_ino,
        .size_bytes = from->st_size,
        .modified_ns = (int64_t)from->st_mtim.tv_sec * 1000000000 + from->st_mtim.tv_nsec,
        .mode = from->st_mode,
        .n_links = (uint32_t)from->st_nlink,
    };
}

static int real_stat(void *ctx, int fd, struct weir_file_stat *out)
{
    (void)ctx;
    struct stat found;
    if (fstat(fd, &found) < 0)
        return -errno;
    stat_fill(&found, out);
    return 0;
}

static int real_stat_at(void *ctx, int dir, const char *path, struct weir_file_stat *out)
{
    (void)ctx;
    struct stat found;
    if (fstatat(dir, path, &found, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    stat_fill(&found, out);
    return 0;
}

static int real_rename(void *ctx, int old_dir, const char *old_path, int new_dir,
                       const char *new_path, uint32_t flags)
{
    (void)ctx;
    return result_of(renameat2(old_dir, old_path, new_dir, new_path, flags));
}

static int real_link(void *ctx, int old_dir, const char *old_path, int new_dir,
                     const char *new_path)
{
    (void)ctx;
    return result_of(linkat(old_dir, old_path, new_dir, new_path, 0));
}

static int real_unlink(void *ctx, int dir, const char *path, int flags)
{
    (void)ctx;
    return result_of(unlinkat(dir, path, flags));
}

static int real_mkdir(void *ctx, int dir, const char *path, uint32_t mode)
{
    (void)ctx;
    return result_of(mkdirat(dir, path, (mode_t)mode));
}

static int64_t real_entries(void *ctx, int fd, void *buf, size_t n)
{
    (void)ctx;
    return size_of(syscall(SYS_getdents64, fd, buf, n));
}

static int real_lock(void *ctx, int fd)
{
    (void)ctx;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int status = result_of(fcntl(fd, F_OFD_SETLK, &whole));
    return status == -EACCES ? -EAGAIN : status;
}

const struct weir_file_calls weir__platform_file_calls = {
    .open = real_open,
    .close = real_close,
    .read = real_read,
    .write = real_write,
    .pread = real_pread,
    .pwrite = real_pwrite,
    .fsync = real_fsync,
    .fdatasync = real_fdatasync,
    .truncate = real_truncate,
    .allocate = real_allocate,
    .stat = real_stat,
    .stat_at = real_stat_at,
    .rename = real_rename,
    .link = real_link,
    .unlink = real_unlink,
    .mkdir = real_mkdir,
    .entries = real_entries,
    .lock = real_lock,
};
