/* error.h: filling struct weir_error.
 *
 * The function that detects a failure fills the record; those above may prefix context, never
 * change code or cause. */
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

#include <weir/error.h>

#include <stddef.h>

/* Fill `err` (may be NULL) and return `code`. Messages: object and cause, one line, lower case, no
 * full stop. */
int weir__fail(struct weir_error *err, int code, const char *format, ...) WEIR_PRINTF(3, 4);

/* As weir__fail, with a detail of enum weir_detail. */
int weir__fail_detail(struct weir_error *err, int code, int detail, const char *format, ...)
    WEIR_PRINTF(4, 5);

/* Map an errno value (positive) to a status and append its text: "<message>: No space left on
 * device". */
int weir__fail_errno(struct weir_error *err, int os_errno, const char *format, ...)
    WEIR_PRINTF(3, 4);

/* NO_MEMORY naming the size asked for. */
int weir__fail_memory(struct weir_error *err, size_t n_bytes);

/* Put "context: " before the message. Returns err's code, for `return weir__error_prefix(...)`;
 * `code` if err is NULL. */
int weir__error_prefix(struct weir_error *err, int code, const char *format, ...) WEIR_PRINTF(3, 4);

#endif
