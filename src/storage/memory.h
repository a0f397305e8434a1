/* memory.h: the inside of the memory backend: one world of objects, shared by its handles. */
#ifndef WEIR_STORAGE_MEMORY_H
#define WEIR_STORAGE_MEMORY_H

#include "storage/store.h"

#define WEIR__MEM_MAX_BYTES ((size_t)4 << 30) /* of one object */

/* Bytes that readers may still hold after the object was replaced. */
struct weir__mem_blob {
    const struct weir_env *env;
    atomic_int refs;
    size_t n_bytes;
    uint8_t data[];
};

struct weir__mem_object {
    char *key;
    bool is_partial; /* the staging of an unfinished put_stream */
    bool is_busy;    /* somebody is writing it */
    struct weir__mem_blob *blob;
    uint64_t version;
    int64_t modified_us;
    int64_t visible_us;   /* in listings from then on */
    struct weir_kv *meta; /* n_meta pairs, then their texts, in one block */
    size_t n_meta;
};

struct weir__mem_fault {
    int64_t skip, n;
    int code;
    enum weir_mem_failure when;
};

struct weir__mem_world {
    const struct weir_env *env;
    char *name; /* NULL: not in the registry */
    int refs;   /* under the registry's lock */
    struct weir__mem_world *next;
    struct weir__mutex mutex;
    struct {
        struct weir__mem_object **objects; /* by key, a finished object before its staging */
        size_t n, cap;
        uint64_t next_version;
        int64_t latency_us[WEIR_VERB_COUNT];
        struct weir__mem_fault faults[WEIR_VERB_COUNT];
        int64_t list_delay_us;
        int64_t page_size;
    } locked;
};

/* What the test controls want of this call. Sleeps the latency, fails if told to before it. */
WEIR_NODISCARD int weir__mem_begin(struct weir__mem_world *world, enum weir_storage_verb verb,
                                   struct weir__mem_fault *out_fault, struct weir_error *err);
/* The answer of a call that was done: lost if the fault says so. */
int weir__mem_end(const struct weir__mem_fault *fault, int status, struct weir_error *err);

int64_t weir__mem_now(const struct weir__mem_world *world);

/* First object whose (key, is_partial) is not below; n if none. */
size_t weir__mem_lower_bound_locked(const struct weir__mem_world *world, const char *key,
                                    bool is_partial);
struct weir__mem_object *weir__mem_find_locked(const struct weir__mem_world *world, const char *key,
                                               bool is_partial);
void weir__mem_object_free(const struct weir_env *env, struct weir__mem_object *object);
void weir__mem_blob_unref(struct weir__mem_blob *blob);
void weir__mem_etag(const struct weir__mem_object *object, char out[WEIR_ETAG_BYTES]);

int weir__mem_list(void *ctx, const struct weir_storage_request *request,
                   struct weir_storage_page *page, struct weir_error *err);
int weir__mem_list_directories(void *ctx, const struct weir_storage_request *request,
                               struct weir_storage_page *page, struct weir_error *err);

int weir__mem_put(void *ctx, const struct weir_storage_request *request,
                  struct weir_put_result *out, struct weir_error *err);
int weir__mem_put_stream(void *ctx, const struct weir_storage_request *request,
                         struct weir_put_result *out, struct weir_error *err);
int weir__mem_get_stream(void *ctx, const struct weir_storage_request *request,
                         struct weir_get_result *out, struct weir_error *err);
int weir__mem_head(void *ctx, const struct weir_storage_request *request, struct weir_head *out,
                   struct weir_error *err);
int weir__mem_delete(void *ctx, const struct weir_storage_request *request, struct weir_error *err);
int weir__mem_append(void *ctx, const struct weir_storage_request *request, bool *out_is_promoted,
                     struct weir_error *err);

#endif
