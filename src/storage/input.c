/* input.c: an object as random access for the format readers: an open file, a block of memory, or
 * ranged gets that insist on one version. */
#include "storage/store.h"

struct stored_input {
    const struct weir_env *env;
    struct weir_storage *st;
    const struct weir_cancel *cancel;
    char *key;
    char etag[WEIR_ETAG_BYTES];
    struct weir_storage_bytes bytes; /* in memory */
    void *backend_ctx;               /* of the backend's own input */
    void (*backend_release)(void *ctx);
    bool no_retry;
};

static void stored_input_free(struct stored_input *input)
{
    if (input->backend_release)
        input->backend_release(input->backend_ctx);
    weir_storage_bytes_dispose(&input->bytes);
    weir__free(input->env, input->key);
    struct weir_storage *st = input->st;
    weir__free(input->env, input);
    weir_storage_unref(st);
}

static void weir__stored_input_freep(struct stored_input **input)
{
    if (*input)
        stored_input_free(*input);
    *input = NULL;
}

void weir__storage_input_dispose(struct weir__storage_input *input)
{
    if (input && input->owned)
        stored_input_free(input->owned);
    if (input)
        *input = (struct weir__storage_input){0};
}

void weir__storage_input_freep(struct weir__storage_input *input)
{
    weir__storage_input_dispose(input);
}

static int stored_input_new(struct weir_storage *st, const char *key,
                            const struct weir_cancel *cancel, struct stored_input **out,
                            struct weir_error *err)
{
    const struct weir_env *env = weir__storage_env(st);
    struct stored_input *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->env = env;
    made->st = weir_storage_ref(st);
    made->cancel = cancel;
    AUTO(stored_input) struct stored_input *input = made;
    input->key = weir__strdup(env, key, err);
    if (!input->key)
        return WEIR_NO_MEMORY;
    *out = TAKE(input);
    return WEIR_OK;
}

/* ---- In memory ------------------------------------------------------------------------------ */

static int memory_read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    const struct stored_input *input = ctx;
    if (offset > input->bytes.n_bytes || n > input->bytes.n_bytes - offset) {
        return weir__fail_detail(err, WEIR_IO, WEIR_DETAIL_INCOMPLETE,
                                 "get %s: the object ends before the range", input->key);
    }
    if (n)
        memcpy(buf, input->bytes.data + offset, n);
    return WEIR_OK;
}

static int memory_open(struct stored_input *input, const struct weir_get_options *options,
                       struct weir_input *out, struct weir_error *err)
{
    struct weir_get_options whole = *options;
    whole.offset = whole.length = 0;
    TRY(weir_storage_get(input->st, input->key, &whole, input->cancel, &input->bytes, err));
    memcpy(input->etag, input->bytes.etag, sizeof input->etag);
    *out = (struct weir_input){
        .read_at = memory_read_at, .size_bytes = input->bytes.n_bytes, .bytes = input->bytes.data};
    return WEIR_OK;
}

/* ---- Ranged gets ---------------------------------------------------------------------------- */

struct range_sink {
    uint8_t *at;
    size_t left;
};

static int range_write(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    struct range_sink *sink = ctx;
    if (n > sink->left)
        return weir__fail(err, WEIR_IO, "more bytes than the range asked for");
    memcpy(sink->at, data, n);
    sink->at += n;
    sink->left -= n;
    return WEIR_OK;
}

static int range_read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    const struct stored_input *input = ctx;
    if (n == 0)
        return WEIR_OK;
    if (offset > INT64_MAX || n > INT64_MAX)
        return weir__fail(err, WEIR_INVALID, "get %s: range too far", input->key);
    struct range_sink into = {buf, n};
    struct weir_sink sink = {range_write, &into};
    struct weir_get_options options = {.offset = (int64_t)offset,
                                       .length = (int64_t)n,
                                       .if_etag = input->etag[0] ? input->etag : NULL,
                                       .no_retry = input->no_retry};
    TRY(weir_storage_get_stream(input->st, input->key, &sink, &options, input->cancel, NULL, err));
    if (into.left) {
        return weir__fail_detail(err, WEIR_IO, WEIR_DETAIL_INCOMPLETE,
                                 "get %s: the object ends before the range", input->key);
    }
    return WEIR_OK;
}

static int range_open(struct stored_input *input, const struct weir_get_options *options,
                      struct weir_input *out, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    struct weir_head_options head_options = {.no_retry = options->no_retry};
    TRY(weir_storage_head(input->st, input->key, &head_options, input->cancel, &head, err));
    if (head.size_bytes < 0 || head.is_partial) {
        return weir__fail(err, WEIR_NOT_FOUND, "get %s: no such object",
                          weir__key_shown(input->key, shown));
    }
    if (options->if_etag && strcmp(options->if_etag, head.etag) != 0) {
        return weir__fail(err, WEIR_PRECONDITION, "get %s: the object is another version",
                          weir__key_shown(input->key, shown));
    }
    memcpy(input->etag, head.etag, sizeof input->etag);
    input->no_retry = options->no_retry;
    *out = (struct weir_input){.read_at = range_read_at, .size_bytes = (uint64_t)head.size_bytes};
    return WEIR_OK;
}

/* ---- The backend's own ---------------------------------------------------------------------- */

static int backend_open(struct stored_input *input, const struct weir_get_options *options,
                        struct weir_input *out, struct weir_error *err)
{
    struct weir_storage *st = input->st;
    TRY(weir_storage_check_key(input->key, err));
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_GET, input->key, input->cancel, err));
    struct weir_storage_request request = {
        .key = input->key, .cancel = input->cancel, .cost = &call.cost, .get = options};
    struct weir_input opened;
    int status = st->ops->open_input(st->ctx, &request, &opened, &input->backend_release, err);
    TRY(weir__call_end(&call, status));
    input->backend_ctx = opened.ctx;
    *out = opened;
    return WEIR_OK;
}

int weir__storage_input(struct weir_storage *st, const char *key, bool in_memory,
                        const struct weir_get_options *options, const struct weir_cancel *cancel,
                        struct weir__storage_input *out, struct weir_error *err)
{
    static const struct weir_get_options defaults;
    options = options ? options : &defaults;
    TRY(weir_storage_check_key(key, err));
    AUTO(stored_input) struct stored_input *input = NULL;
    TRY(stored_input_new(st, key, cancel, &input, err));
    struct weir_input opened;
    if (in_memory) {
        TRY(memory_open(input, options, &opened, err));
    } else if (st->ops->open_input) {
        TRY(backend_open(input, options, &opened, err));
    } else {
        TRY(range_open(input, options, &opened, err));
    }
    if (!input->backend_release)
        opened.ctx = input;
    opened.name = input->key;
    out->input = opened;
    memcpy(out->etag, input->etag, sizeof out->etag);
    out->owned = TAKE(input);
    return WEIR_OK;
}
