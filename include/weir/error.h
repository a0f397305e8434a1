/* weir/error.h: status codes and the error record.
 *
 * Functions that can fail return an int from enum weir_status and take `struct weir_error *err`
 * last:
 *
 *     struct weir_error err = WEIR_ERROR_INIT;
 *     if (weir_table_open(env, store, "billing", NULL, NULL, &table, &err) != WEIR_OK)
 *         fprintf(stderr, "%s\n", err.message);
 *
 * The record belongs to the caller, never allocates, needs no clean-up and may be NULL everywhere.
 * It is written only on failure. Threads: immutable functions; one record per thread. Since: 0.1 */
#ifndef WEIR_ERROR_H
#define WEIR_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#    define WEIR_NODISCARD __attribute__((warn_unused_result))
#    define WEIR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#    define WEIR_NODISCARD
#    define WEIR_PRINTF(fmt, args)
#endif

enum weir_status {
#define WEIR_STATUS(name, value, text) WEIR_##name = (value),
#include <weir/status.def>
#undef WEIR_STATUS
};

/* A second, smaller number that refines a code where a caller can use it (spec storage 19). */
enum weir_detail {
    WEIR_DETAIL_NONE = 0,
    WEIR_DETAIL_NO_STORE =
        1, /* NOT_FOUND: the bucket, container or base directory itself is missing */
    WEIR_DETAIL_RANGE = 2,      /* INVALID: offset at or beyond the end */
    WEIR_DETAIL_INCOMPLETE = 3, /* IO: fewer bytes arrived than announced */
    WEIR_DETAIL_NO_SPACE = 4,   /* IO: the device or quota is full */
    WEIR_DETAIL_KEY_CONFLICT =
        5,                 /* PRECONDITION: a key is both an object and the beginning of another */
    WEIR_DETAIL_CALLER = 6 /* the caller's own source or sink failed; not a failure of the store */
};

#define WEIR_ERROR_MESSAGE_BYTES 512

struct weir_error {
    int32_t code;        /* enum weir_status */
    int32_t detail;      /* enum weir_detail */
    int32_t http_status; /* 0: there was none */
    int32_t os_errno;    /* 0: there was none */
    bool retryable;      /* the same call may succeed later */
    char message[WEIR_ERROR_MESSAGE_BYTES];
    uint64_t reserved[4];
};

#define WEIR_ERROR_INIT                                                                            \
    {                                                                                              \
        0, 0, 0, 0, false, {0},                                                                    \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* Name of a status code in lower-case words ("not found"); "unknown status" for other values.
 *
 * Threads:  any. The string is static.
 * Since:    0.1 */
const char *weir_status_name(int code);

#ifdef __cplusplus
}
#endif
#endif
