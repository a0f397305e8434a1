/* error.c: filling struct weir_error, and the one table of status names.
 *
 * The hard idea: errno and HTTP facts are kept beside the code, so a caller can decide without
 * reading text. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *weir_status_name(int code)
{
    switch (code) {
#define WEIR_STATUS(name, value, text)                                                             \
    case value:                                                                                    \
        return text;
#include <weir/status.def>
#undef WEIR_STATUS
    default:
        return "unknown status";
    }
}

static bool code_is_retryable(int code)
{
    return code == WEIR_TIMEOUT || code == WEIR_UNAVAILABLE || code == WEIR_BUSY ||
           code == WEIR_CIRCUIT_OPEN;
}

static void error_fill(struct weir_error *err, int code, int detail, const char *format,
                       va_list args)
{
    memset(err, 0, sizeof *err);
    err->code = code;
    err->detail = detail;
    err->retryable = code_is_retryable(code);
    (void)vsnprintf(err->message, sizeof err->message, format, args);
}

int weir__fail(struct weir_error *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        error_fill(err, code, WEIR_DETAIL_NONE, format, args);
        va_end(args);
    }
    return code;
}

int weir__fail_detail(struct weir_error *err, int code, int detail, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        error_fill(err, code, detail, format, args);
        va_end(args);
    }
    return code;
}

int weir__fail_memory(struct weir_error *err, size_t n_bytes)
{
    return weir__fail(err, WEIR_NO_MEMORY, "cannot allocate %zu bytes", n_bytes);
}

/* The local column of spec/storage.md 14; NO_SPACE is a detail of IO there. */
static int errno_status(int os_errno, int *detail)
{
    *detail = WEIR_DETAIL_NONE;
    switch (os_errno) {
    case ENOENT:
    case ENOTDIR:
        return WEIR_NOT_FOUND;
    case EEXIST:
        return WEIR_ALREADY_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case EXDEV:
        return WEIR_PERMISSION;
    case ENAMETOOLONG:
    case EINVAL:
    case EISDIR:
        return WEIR_INVALID;
    case ENOTEMPTY:
        return WEIR_PRECONDITION;
    case EAGAIN:
    case EMFILE:
    case ENFILE:
        return WEIR_UNAVAILABLE;
    case ENOMEM:
        return WEIR_NO_MEMORY;
    case EOPNOTSUPP:
    case ENOSYS:
        return WEIR_UNSUPPORTED;
    case ENOSPC:
    case EDQUOT:
        *detail = WEIR_DETAIL_NO_SPACE;
        return WEIR_IO;
    default:
        return WEIR_IO;
    }
}

int weir__fail_errno(struct weir_error *err, int os_errno, const char *format, ...)
{
    int detail;
    int code = errno_status(os_errno, &detail);
    if (err) {
        va_list args;
        va_start(args, format);
        error_fill(err, code, detail, format, args);
        va_end(args);
        err->os_errno = os_errno;
        char cause[96];
        size_t used = strlen(err->message);
        /* The GNU strerror_r may return a static text instead of filling the buffer. */
        (void)snprintf(err->message + used, sizeof err->message - used, ": %s",
                       strerror_r(os_errno, cause, sizeof cause));
    }
    return code;
}

int weir__error_prefix(struct weir_error *err, int code, const char *format, ...)
{
    if (!err)
        return code;
    char old[WEIR_ERROR_MESSAGE_BYTES];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", old);
    return code;
}
