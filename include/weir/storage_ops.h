/* weir/storage_ops.h: a store of your own making behind the handle of <weir/storage.h>.
 *
 *     static const struct weir_storage_ops ops = {
 *         .struct_size = sizeof ops, .type = "mine", .put = my_put, ...
 *     };
 *     weir_storage_open_ops(env, &ops, my_state, &st, &err);
 *
 * The front (weir_storage_...) checks keys, options and sizes, counts, and watches `cancel`; a
 * backend makes one attempt at what a request asks. Outputs are zeroed at entry.
 *
 * Threads: the functions of a backend are called from any thread, several at once. Since: 0.1 */
#ifndef WEIR_STORAGE_OPS_H
#define WEIR_STORAGE_OPS_H

#include <weir/storage.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a call cost, filled by the backend where it differs from one request and no retry. */
struct weir_storage_cost {
    int64_t n_requests;
    int64_t n_retries;
};

/* What a call asks of a backend. Fields that the verb does not use are zero. */
struct weir_storage_request {
    uint32_t struct_size;
    const char *key; /* checked; for list and the directory verbs: the prefix */
    const struct weir_cancel *cancel;
    struct weir_storage_cost *cost; /* never NULL */
    bool no_etag;                   /* head, get_stream: the version is not wanted */
    const void *data;               /* put */
    size_t n_bytes;
    const struct weir_source *source; /* put_stream, append */
    int64_t size_bytes;               /* of the source, -1 = unknown */
    int64_t total_bytes;              /* append */
    const struct weir_sink *sink;     /* get_stream */
    /* get_stream: to be called once, before the first byte, with the number that will follow. */
    int (*expect)(void *ctx, uint64_t n_bytes, struct weir_error *err);
    void *expect_ctx;
    const struct weir_put_options *put; /* never NULL where used */
    const struct weir_get_options *get;
    const struct weir_head_options *head;
    const struct weir_list_options *list;
    const struct weir_delete_options *del;
    const struct weir_append_options *append;
};

struct weir_get_result {
    uint64_t n_written; /* exact on failure too */
    char etag[WEIR_ETAG_BYTES];
};

/* One page of a listing, filled by the backend with weir_storage_page_add in order. */
struct weir_storage_page {
    void *state; /* the backend's continuation; NULL on the first page */
    void (*state_free)(void *state);
    bool is_last;
    void *entries; /* private */
};
WEIR_NODISCARD int weir_storage_page_add(struct weir_storage_page *page,
                                         const struct weir_object *object, struct weir_error *err);

/* A backend. Each function makes one attempt and is called from any thread; keys and prefixes are
 * checked already. Optional ones may be NULL. */
struct weir_storage_ops {
    uint32_t struct_size;
    const char *type;
    uint32_t caps;
    void (*close)(void *ctx);
    int (*config_json)(void *ctx, const struct weir_sink *out, struct weir_error *err);
    int (*put)(void *ctx, const struct weir_storage_request *request, struct weir_put_result *out,
               struct weir_error *err);
    int (*put_stream)(void *ctx, const struct weir_storage_request *request,
                      struct weir_put_result *out, struct weir_error *err);
    int (*get_stream)(void *ctx, const struct weir_storage_request *request,
                      struct weir_get_result *out, struct weir_error *err);
    /* `*out` has size_bytes -1 at entry; metadata is given by weir_head_add_meta. */
    int (*head)(void *ctx, const struct weir_storage_request *request, struct weir_head *out,
                struct weir_error *err);
    int (*list)(void *ctx, const struct weir_storage_request *request,
                struct weir_storage_page *page, struct weir_error *err);
    int (*delete_object)(void *ctx, const struct weir_storage_request *request,
                         struct weir_error *err);
    /* Optional from here. */
    int (*delete_batch)(void *ctx, const struct weir_storage_request *request,
                        const char *const *keys, size_t n, struct weir_delete_failures *failures,
                        struct weir_error *err);
    int (*append)(void *ctx, const struct weir_storage_request *request, bool *out_is_promoted,
                  struct weir_error *err);
    int (*list_directories)(void *ctx, const struct weir_storage_request *request,
                            struct weir_storage_page *page, struct weir_error *err);
    int (*remove_directory)(void *ctx, const struct weir_storage_request *request,
                            struct weir_error *err);
    int (*clean)(void *ctx, const struct weir_storage_request *request, int64_t *out_n_removed,
                 struct weir_error *err);
    /* Stable random access to one version; `release` is called once with the input's ctx. */
    int (*open_input)(void *ctx, const struct weir_storage_request *request, struct weir_input *out,
                      void (**out_release)(void *input_ctx), struct weir_error *err);
};
WEIR_NODISCARD int weir_head_add_meta(struct weir_head *head, const char *name, const char *value,
                                      struct weir_error *err);

/* A store over `ops` (borrowed, usually constant). `ctx` moves in on success and goes to ops->close
 * with the last reference. Since: 0.1 */
WEIR_NODISCARD int weir_storage_open_ops(const struct weir_env *env,
                                         const struct weir_storage_ops *ops, void *ctx,
                                         struct weir_storage **out, struct weir_error *err);

#ifdef __cplusplus
}
#endif
#endif
