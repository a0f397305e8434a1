/* request.h: the only way from this room to the store: one in-flight limit and one retry rule for
 * every request (spec/table-store.md 12). The store is called with no_retry: retries are not
 * stacked. */
#ifndef WEIR_TABLE_REQUEST_H
#define WEIR_TABLE_REQUEST_H

#include "storage/storage.h"
#include "table/marker.h"

/* A counting semaphore whose waiters notice a cancel. A slot is never held while waiting for
 * another one, so users cannot deadlock. */
struct weir__slots {
    struct weir__mutex mutex;
    struct weir__cond freed;
    struct {
        int n_free;
    } locked;
};

void weir__slots_init(struct weir__slots *slots, int n);
void weir__slots_dispose(struct weir__slots *slots);
WEIR_NODISCARD int weir__slots_take(struct weir__slots *slots, const struct weir_cancel *cancel,
                                    struct weir_error *err);
void weir__slots_give(struct weir__slots *slots);

/* Borrows all three. */
struct weir__requester {
    const struct weir_env *env;
    struct weir_storage *store;
    struct weir__slots *slots;
};

/* Sleep that a cancel cuts short. */
WEIR_NODISCARD int weir__sleep(const struct weir_env *env, int64_t duration_us,
                               const struct weir_cancel *cancel, struct weir_error *err);

struct weir__put {
    const char *key;
    const void *data;
    size_t n_bytes;
    const char *content_type; /* NULL = application/octet-stream */
    const struct weir_kv *meta;
    size_t n_meta;
    bool if_absent;
};

/* `out_tries` (may be NULL) is set on failure too. */
WEIR_NODISCARD int weir__request_put(const struct weir__requester *r, const struct weir__put *put,
                                     const struct weir_cancel *cancel, int *out_tries,
                                     struct weir_error *err);
/* A whole object of at most `max_bytes`. */
WEIR_NODISCARD int weir__request_get(const struct weir__requester *r, const char *key,
                                     int64_t max_bytes, const struct weir_cancel *cancel,
                                     struct weir_storage_bytes *out, struct weir_error *err);

struct weir__found_marker {
    bool is_there;
    struct weir__marker marker;
    int64_t modified_us;
};

/* One HEAD; stores without metadata cost one GET more when the marker is there.
 * Errors: WEIR_CORRUPT for a malformed marker. */
WEIR_NODISCARD int weir__request_marker(const struct weir__requester *r, const char *key,
                                        const struct weir_cancel *cancel,
                                        struct weir__found_marker *out, struct weir_error *err);

/* Called for each object in key order; `object` lives for the call. */
typedef int weir__list_fn(void *arg, const struct weir_object *object, struct weir_error *err);

WEIR_NODISCARD int weir__request_list(const struct weir__requester *r, const char *prefix,
                                      const struct weir_cancel *cancel, weir__list_fn *visit,
                                      void *arg, struct weir_error *err);

/* An object for a format reader: in memory (one GET) or read in ranges. */
struct weir__body {
    struct weir__requester r;
    const struct weir_cancel *cancel;
    struct weir__storage_input inner;
    struct weir_input input; /* what the reader gets; points at this struct */
    bool is_open;
};

/* `out` must not move while it is open. */
WEIR_NODISCARD int weir__request_body(const struct weir__requester *r, const char *key,
                                      bool in_memory, int64_t max_bytes,
                                      const struct weir_cancel *cancel, struct weir__body *out,
                                      struct weir_error *err);
void weir__body_dispose(struct weir__body *body);

#endif
