/* store.h: the inside of a store handle, and what the front (storage.c, object.c, list.c) and the
 * backends share. Private to the room. */
#ifndef WEIR_STORAGE_STORE_H
#define WEIR_STORAGE_STORE_H

#include "storage/storage.h"

#include <stdatomic.h>

#define WEIR__STORAGE_CHUNK ((size_t)256 * 1024) /* bytes moved between two looks at `cancel` */
#define WEIR__STORAGE_PAGE 1000                  /* entries of one listing page, as on S3 */
#define WEIR__SEGMENT_MAX_BYTES 255              /* of a local file name */
#define WEIR__ETAG_HASH_MAX (1 << 20)            /* larger objects get an "s-" version, spec 5.2 */

struct weir_storage {
    uint64_t magic;
    const struct weir_env *env;
    const struct weir_storage_ops *ops;
    void *ctx;
    atomic_int refs;
    atomic_uint caps; /* ops->caps, narrowed by probe_conditions */
    struct {
        _Atomic int64_t requests[WEIR_VERB_COUNT];
        _Atomic int64_t put_bytes, get_bytes, errors, retries, in_flight;
    } count;
};

/* The backend's context if `st` is of that backend, else NULL. */
void *weir__storage_ctx(const struct weir_storage *st, const struct weir_storage_ops *ops);

/* One call, from its checks to its counters. */
struct weir__call {
    struct weir_storage *st;
    enum weir_storage_verb verb;
    const char *key;
    struct weir_storage_cost cost;
    int64_t start_us;
    uint64_t n_bytes;       /* moved */
    bool is_caller_failure; /* the caller's own source or sink said no */
};

/* Looks at `cancel`, counts the call in. */
WEIR_NODISCARD int weir__call_begin(struct weir__call *call, struct weir_storage *st,
                                    enum weir_storage_verb verb, const char *key,
                                    const struct weir_cancel *cancel, struct weir_error *err);
/* Counts, measures and logs it; returns `status`. */
int weir__call_end(struct weir__call *call, int status);

/* The caller's source with a watch on it: cancel, bytes moved, the announced size (-1: any). */
struct weir__metered_source {
    struct weir__call *call;
    const struct weir_source *inner;
    const struct weir_cancel *cancel;
    int64_t size_bytes;
    uint64_t n_moved;
};
struct weir_source weir__metered_source_view(struct weir__metered_source *m);

/* Add to a list made by weir_storage_delete_batch. */
WEIR_NODISCARD int weir__delete_failures_add(struct weir_delete_failures *failures, size_t index,
                                             const struct weir_error *cause,
                                             struct weir_error *err);

/* Move a buffer out to the caller. */
WEIR_NODISCARD int weir__storage_bytes_take(struct weir__buf *buf, struct weir_storage_bytes *out,
                                            struct weir_error *err);
/* An empty head (no such object) that can take metadata. */
WEIR_NODISCARD int weir__head_prepare(const struct weir_env *env, struct weir_head *head,
                                      struct weir_error *err);

/* ASCII lower case: names of metadata read back in any case. */
static inline char weir__lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? (uint8_t)c | 0x20 : (uint8_t)c);
}

/* Key for messages: printable ASCII as it is, the rest as %XX, cut at 200 bytes. */
#define WEIR__KEY_SHOWN_BYTES 608
const char *weir__key_shown(const char *key, char out[WEIR__KEY_SHOWN_BYTES]);
/* The rules for keys met in a listing (delete with allow_any_key): only what could escape is
 * refused. */
WEIR_NODISCARD int weir__key_check_foreign(const char *key, struct weir_error *err);

/* The bytes [*out_at, *out_at + *out_n) that `options` asks of an object of `size_bytes`.
 * Errors: WEIR_INVALID with detail RANGE. */
WEIR_NODISCARD int weir__range_resolve(uint64_t size_bytes, const struct weir_get_options *options,
                                       const char *key, uint64_t *out_at, uint64_t *out_n,
                                       struct weir_error *err);

/* One listed entry inside a page. */
struct weir__page_entry {
    size_t key_at, etag_at; /* into text */
    int64_t size_bytes, modified_us;
    bool is_partial, is_prefix;
};

/* What hides behind weir_storage_page.entries. */
struct weir__page_entries {
    struct weir__buf text;
    struct weir__buf records; /* struct weir__page_entry */
};

/* SHA-256 of a stream. */
struct weir__sha256_stream;
WEIR_NODISCARD int weir__sha256_stream_new(const struct weir_env *env,
                                           struct weir__sha256_stream **out,
                                           struct weir_error *err);
void weir__sha256_stream_add(struct weir__sha256_stream *hash, const void *data, size_t n);
void weir__sha256_stream_finish(struct weir__sha256_stream *hash, char out_hex[65]);
void weir__sha256_stream_freep(struct weir__sha256_stream **hash);

/* "h-" and half of the SHA-256 of a small object's content. */
void weir__etag_of_bytes(const void *data, size_t n, char out[WEIR_ETAG_BYTES]);

/* Backends. */
extern const struct weir_storage_ops weir__local_ops;
extern const struct weir_storage_ops weir__memory_ops;

#endif
