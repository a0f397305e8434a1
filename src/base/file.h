/* file.h: whole reads and writes over the raw calls of the env, with errors that name the file.
 *
 * Not here: policy (temporary names, when to sync); that belongs to storage, buffer and spool. */
#ifndef WEIR_BASE_FILE_H
#define WEIR_BASE_FILE_H

#include <weir/env.h>
#include <weir/io.h>

#include "base/bytes.h"

/* Owned descriptor; fd -1 = none. */
struct weir__file {
    const struct weir_env *env;
    int fd;
    const char *name;   /* borrowed, for messages */
    uint64_t source_at; /* next byte that weir__file_source delivers from a regular file */
};

#define WEIR__FILE_NONE                                                                            \
    {                                                                                              \
        NULL, -1, NULL, 0                                                                          \
    }

WEIR_NODISCARD int weir__file_open(const struct weir_env *env, int dir, const char *path, int flags,
                                   uint32_t mode, struct weir__file *out, struct weir_error *err);
/* All n bytes; EINTR and short writes are resumed. */
WEIR_NODISCARD int weir__file_write(struct weir__file *file, const void *data, size_t n,
                                    struct weir_error *err);
/* Up to cap bytes; 0 = end of file. */
WEIR_NODISCARD int weir__file_read(struct weir__file *file, void *buf, size_t cap, size_t *out_got,
                                   struct weir_error *err);
/* Exactly n bytes at offset; fewer = WEIR_IO with detail INCOMPLETE. */
WEIR_NODISCARD int weir__file_read_at(struct weir__file *file, uint64_t offset, void *buf, size_t n,
                                      struct weir_error *err);
WEIR_NODISCARD int weir__file_write_at(struct weir__file *file, uint64_t offset, const void *data,
                                       size_t n, struct weir_error *err);
WEIR_NODISCARD int weir__file_sync(struct weir__file *file, struct weir_error *err);
WEIR_NODISCARD int weir__file_stat(struct weir__file *file, struct weir_file_stat *out,
                                   struct weir_error *err);
WEIR_NODISCARD int weir__file_close(struct weir__file *file, struct weir_error *err);
void weir__file_freep(struct weir__file *file); /* for AUTO(file): closes, ignoring errors */

/* Views of an open file; the file must outlive them. The source of a regular file begins at its
 * first byte and can rewind; that of a pipe or terminal cannot. */
struct weir_source weir__file_source(struct weir__file *file);
struct weir_sink weir__file_sink(struct weir__file *file);
WEIR_NODISCARD int weir__file_input(struct weir__file *file, struct weir_input *out,
                                    struct weir_error *err);

/* Whole small file into `out`. Errors: WEIR_NOT_FOUND, WEIR_INVALID past out->max. */
WEIR_NODISCARD int weir__file_slurp(const struct weir_env *env, const char *path,
                                    struct weir__buf *out, struct weir_error *err);

/* Append `path`, below the working directory if it is relative. Nothing is resolved. */
WEIR_NODISCARD int weir__path_absolute(const char *path, struct weir__buf *out,
                                       struct weir_error *err);

#endif
