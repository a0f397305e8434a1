/* object.c: the verbs on one object: put, get, head, delete. Each checks its arguments, meters the
 * caller's source or sink, and hands one request to the backend.
 *
 * The hard idea: the size a caller announces is a promise that is checked here, once for all
 * backends, so that a source that ends early can never be published as a short object. */
#include "storage/store.h"

#include <inttypes.h>

#define GET_MAX_BYTES (INT64_C(2) << 30)
#define ETAG_MAX_BYTES (WEIR_ETAG_BYTES - 1)

static const struct weir_put_options put_defaults;
static const struct weir_get_options get_defaults;
static const struct weir_head_options head_defaults;
static const struct weir_delete_options delete_defaults;

/* ---- Metering ------------------------------------------------------------------------------- */

static int metered_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct weir__metered_source *m = ctx;
    TRY(weir_cancel_check(m->cancel, err));
    size_t got = 0;
    int status = m->inner->read(m->inner->ctx, buf, cap < (1u << 20) ? cap : (1u << 20), &got, err);
    if (status != WEIR_OK) {
        m->call->is_caller_failure = true;
        if (err && err->detail == WEIR_DETAIL_NONE)
            err->detail = WEIR_DETAIL_CALLER;
        return status;
    }
    m->n_moved += got;
    m->call->n_bytes += got;
    if (m->size_bytes >= 0 && (m->n_moved > (uint64_t)m->size_bytes ||
                               (got == 0 && m->n_moved < (uint64_t)m->size_bytes))) {
        char shown[WEIR__KEY_SHOWN_BYTES];
        return weir__fail(
            err, WEIR_INVALID, "put %s: the source gave %s than the announced %" PRId64 " bytes",
            weir__key_shown(m->call->key, shown), got ? "more" : "fewer", m->size_bytes);
    }
    *out_got = got;
    return WEIR_OK;
}

static int metered_rewind(void *ctx, struct weir_error *err)
{
    struct weir__metered_source *m = ctx;
    TRY(m->inner->rewind(m->inner->ctx, err));
    m->n_moved = 0;
    return WEIR_OK;
}

struct weir_source weir__metered_source_view(struct weir__metered_source *m)
{
    return (struct weir_source){metered_read, m->inner->rewind ? metered_rewind : NULL, m};
}

struct metered_sink {
    struct weir__call *call;
    const struct weir_sink *inner;
    const struct weir_cancel *cancel;
};

static int metered_write(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    struct metered_sink *m = ctx;
    TRY(weir_cancel_check(m->cancel, err));
    int status = m->inner->write(m->inner->ctx, buf, n, err);
    if (status != WEIR_OK) {
        m->call->is_caller_failure = true;
        if (err && err->detail == WEIR_DETAIL_NONE)
            err->detail = WEIR_DETAIL_CALLER;
        return status;
    }
    m->call->n_bytes += n;
    return WEIR_OK;
}

/* ---- Put ------------------------------------------------------------------------------------ */

static int put_check(const struct weir_storage *st, const char *key,
                     const struct weir_put_options *options, struct weir_error *err)
{
    TRY(weir_storage_check_key(key, err));
    char shown[WEIR__KEY_SHOWN_BYTES];
    uint32_t caps = weir_storage_caps(st);
    const char *lacks = NULL;
    if (options->if_absent && options->if_etag) {
        return weir__fail(err, WEIR_INVALID, "put %s: if_absent and if_etag exclude each other",
                          weir__key_shown(key, shown));
    }
    if (options->if_etag && strlen(options->if_etag) > ETAG_MAX_BYTES) {
        return weir__fail(err, WEIR_INVALID, "put %s: if_etag is too long",
                          weir__key_shown(key, shown));
    }
    if (options->if_absent && !(caps & WEIR_CAP_IF_ABSENT))
        lacks = "if_absent";
    if (options->if_etag && !(caps & WEIR_CAP_IF_ETAG))
        lacks = "if_etag";
    if (options->n_meta && !(caps & WEIR_CAP_META))
        lacks = "user metadata";
    if (lacks) {
        return weir__fail(err, WEIR_UNSUPPORTED, "put %s: a %s store has no %s",
                          weir__key_shown(key, shown), weir_storage_type(st), lacks);
    }
    return WEIR_OK;
}

/* The result is copied out on failure too when it says that something may have happened. */
static int put_finish(struct weir__call *call, int status, const struct weir_put_result *result,
                      struct weir_put_result *out_result)
{
    if (out_result && status == WEIR_OK) {
        *out_result = *result;
    } else if (out_result) {
        out_result->is_ambiguous = result->is_ambiguous;
    }
    return weir__call_end(call, status);
}

/* NOLINTNEXTLINE(readability-function-size): these parameters are the specification's. */
int weir_storage_put(struct weir_storage *st, const char *key, const void *data, size_t n,
                     const struct weir_put_options *options, const struct weir_cancel *cancel,
                     struct weir_put_result *out_result, struct weir_error *err)
{
    options = options ? options : &put_defaults;
    TRY(put_check(st, key, options, err));
    if (!data && n)
        return weir__fail(err, WEIR_INVALID, "put: data is missing");
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_PUT, key, cancel, err));
    struct weir_storage_request request = {
        .key = key,
        .cancel = cancel,
        .cost = &call.cost,
        .data = data ? data : "",
        .n_bytes = n,
        .size_bytes = (int64_t)n,
        .put = options,
    };
    struct weir_put_result result = {.size_bytes = (int64_t)n};
    call.n_bytes = n;
    int status = st->ops->put(st->ctx, &request, &result, err);
    return put_finish(&call, status, &result, out_result);
}

/* NOLINTNEXTLINE(readability-function-size): these parameters are the specification's. */
int weir_storage_put_stream(struct weir_storage *st, const char *key,
                            const struct weir_source *source, int64_t size_bytes,
                            const struct weir_put_options *options,
                            const struct weir_cancel *cancel, struct weir_put_result *out_result,
                            struct weir_error *err)
{
    options = options ? options : &put_defaults;
    TRY(put_check(st, key, options, err));
    if (!source || !source->read || size_bytes < -1)
        return weir__fail(err, WEIR_INVALID, "put: source or size is not valid");
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_PUT, key, cancel, err));
    struct weir__metered_source meter = {&call, source, cancel, size_bytes, 0};
    struct weir_source metered = weir__metered_source_view(&meter);
    struct weir_storage_request request = {
        .key = key,
        .cancel = cancel,
        .cost = &call.cost,
        .source = &metered,
        .size_bytes = size_bytes,
        .put = options,
    };
    struct weir_put_result result = {0};
    int status = st->ops->put_stream(st->ctx, &request, &result, err);
    return put_finish(&call, status, &result, out_result);
}

/* ---- Get ------------------------------------------------------------------------------------ */

int weir__range_resolve(uint64_t size_bytes, const struct weir_get_options *options,
                        const char *key, uint64_t *out_at, uint64_t *out_n, struct weir_error *err)
{
    ASSERT(options->offset >= 0 && options->length >= 0);
    uint64_t offset = (uint64_t)options->offset, length = (uint64_t)options->length;
    if (offset > 0 && offset >= size_bytes) {
        char shown[WEIR__KEY_SHOWN_BYTES];
        return weir__fail_detail(err, WEIR_INVALID, WEIR_DETAIL_RANGE,
                                 "get %s: offset %" PRIu64 " is not inside its %" PRIu64 " bytes",
                                 weir__key_shown(key, shown), offset, size_bytes);
    }
    uint64_t left = size_bytes - offset;
    *out_at = offset;
    *out_n = length && length < left ? length : left;
    return WEIR_OK;
}

static int get_check(const char *key, const struct weir_get_options *options,
                     struct weir_error *err)
{
    TRY(weir_storage_check_key(key, err));
    if (options->offset >= 0 && options->length >= 0 && options->max_bytes >= 0)
        return WEIR_OK;
    char shown[WEIR__KEY_SHOWN_BYTES];
    return weir__fail(err, WEIR_INVALID, "get %s: negative offset or length",
                      weir__key_shown(key, shown));
}

/* Where a get into memory stands. */
struct memory_get {
    struct weir__buf buf;
    const char *key;
    uint64_t expected, max_bytes;
};

static int memory_get_expect(void *ctx, uint64_t n_bytes, struct weir_error *err)
{
    struct memory_get *get = ctx;
    if (n_bytes > get->max_bytes || n_bytes > SIZE_MAX - 1) {
        char shown[WEIR__KEY_SHOWN_BYTES];
        return weir__fail(err, WEIR_INVALID,
                          "get %s: %" PRIu64 " bytes are more than the limit of %" PRIu64,
                          weir__key_shown(get->key, shown), n_bytes, get->max_bytes);
    }
    get->expected = n_bytes;
    get->buf.max = (size_t)n_bytes + 1; /* and the final NUL */
    return weir__buf_reserve(&get->buf, (size_t)n_bytes + 1, err);
}

static int memory_get_write(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    struct memory_get *get = ctx;
    if (n > get->expected - get->buf.len)
        return weir__fail(err, WEIR_IO, "get %s: more bytes than announced", get->key);
    return weir__buf_append(&get->buf, data, n, err);
}

static int memory_get_check(const struct memory_get *get, struct weir_error *err)
{
    if (get->buf.len == get->expected)
        return WEIR_OK;
    char shown[WEIR__KEY_SHOWN_BYTES];
    return weir__fail_detail(err, WEIR_IO, WEIR_DETAIL_INCOMPLETE,
                             "get %s: %zu bytes of the announced %" PRIu64 " arrived",
                             weir__key_shown(get->key, shown), get->buf.len, get->expected);
}

int weir_storage_get(struct weir_storage *st, const char *key,
                     const struct weir_get_options *options, const struct weir_cancel *cancel,
                     struct weir_storage_bytes *out, struct weir_error *err)
{
    options = options ? options : &get_defaults;
    TRY(get_check(key, options, err));
    struct weir_get_options whole = *options;
    whole.allow_partial = false; /* spec 3.3: a staging file is never returned as an object */
    struct memory_get get = {.buf = weir__buf_make(st->env, 1), .key = key};
    get.max_bytes = (uint64_t)(options->max_bytes ? options->max_bytes : GET_MAX_BYTES);

    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_GET, key, cancel, err));
    struct weir_sink into = {memory_get_write, &get};
    struct metered_sink meter = {&call, &into, cancel};
    struct weir_sink metered = {metered_write, &meter};
    struct weir_storage_request request = {
        .key = key,
        .cancel = cancel,
        .cost = &call.cost,
        .no_etag = options->no_etag,
        .sink = &metered,
        .expect = memory_get_expect,
        .expect_ctx = &get,
        .get = &whole,
    };
    struct weir_get_result result = {0};
    int status = st->ops->get_stream(st->ctx, &request, &result, err);
    if (status == WEIR_OK)
        status = memory_get_check(&get, err);
    call.is_caller_failure = false; /* the sink was ours */
    status = weir__call_end(&call, status);
    if (status == WEIR_OK)
        status = weir__storage_bytes_take(&get.buf, out, err);
    if (status == WEIR_OK)
        memcpy(out->etag, result.etag, sizeof out->etag);
    weir__buf_dispose(&get.buf);
    return status;
}

int weir_storage_get_stream(struct weir_storage *st, const char *key, const struct weir_sink *sink,
                            const struct weir_get_options *options,
                            const struct weir_cancel *cancel, uint64_t *out_n_written,
                            struct weir_error *err)
{
    options = options ? options : &get_defaults;
    if (out_n_written)
        *out_n_written = 0;
    TRY(get_check(key, options, err));
    if (!sink || !sink->write)
        return weir__fail(err, WEIR_INVALID, "get: sink is missing");
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_GET, key, cancel, err));
    struct metered_sink meter = {&call, sink, cancel};
    struct weir_sink metered = {metered_write, &meter};
    struct weir_storage_request request = {
        .key = key,
        .cancel = cancel,
        .cost = &call.cost,
        .no_etag = true,
        .sink = &metered,
        .get = options,
    };
    struct weir_get_result result = {0};
    int status = st->ops->get_stream(st->ctx, &request, &result, err);
    if (out_n_written)
        *out_n_written = call.n_bytes;
    return weir__call_end(&call, status);
}

/* ---- Head ----------------------------------------------------------------------------------- */

static int head_call(struct weir_storage *st, const char *key,
                     const struct weir_head_options *options, const struct weir_cancel *cancel,
                     bool no_etag, struct weir_head *out, struct weir_error *err)
{
    TRY(weir_storage_check_key(key, err));
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    TRY(weir__head_prepare(st->env, &head, err));
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_HEAD, key, cancel, err));
    struct weir_storage_request request = {
        .key = key,
        .cancel = cancel,
        .cost = &call.cost,
        .no_etag = no_etag,
        .head = options ? options : &head_defaults,
    };
    TRY(weir__call_end(&call, st->ops->head(st->ctx, &request, &head, err)));
    *out = head;
    head = (struct weir_head){.size_bytes = -1};
    return WEIR_OK;
}

int weir_storage_head(struct weir_storage *st, const char *key,
                      const struct weir_head_options *options, const struct weir_cancel *cancel,
                      struct weir_head *out, struct weir_error *err)
{
    return head_call(st, key, options, cancel, options && options->no_etag, out, err);
}

int weir_storage_exists(struct weir_storage *st, const char *key, const struct weir_cancel *cancel,
                        bool *out_exists, struct weir_error *err)
{
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    TRY(head_call(st, key, NULL, cancel, true, &head, err));
    *out_exists = head.size_bytes >= 0 && !head.is_partial;
    return WEIR_OK;
}

/* ---- Delete --------------------------------------------------------------------------------- */

static int delete_check(const char *key, const struct weir_delete_options *options,
                        struct weir_error *err)
{
    return options->allow_any_key ? weir__key_check_foreign(key, err)
                                  : weir_storage_check_key(key, err);
}

int weir_storage_delete(struct weir_storage *st, const char *key,
                        const struct weir_delete_options *options, const struct weir_cancel *cancel,
                        struct weir_error *err)
{
    options = options ? options : &delete_defaults;
    TRY(delete_check(key, options, err));
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_DELETE, key, cancel, err));
    struct weir_storage_request request = {
        .key = key, .cancel = cancel, .cost = &call.cost, .del = options};
    return weir__call_end(&call, st->ops->delete_object(st->ctx, &request, err));
}

void weir_delete_failures_dispose(struct weir_delete_failures *failures)
{
    if (!failures || !failures->env)
        return;
    weir__free(failures->env, failures->items);
    *failures = (struct weir_delete_failures){NULL, 0, NULL};
}

int weir__delete_failures_add(struct weir_delete_failures *failures, size_t index,
                              const struct weir_error *cause, struct weir_error *err)
{
    size_t n_bytes;
    if (__builtin_mul_overflow(failures->n + 1, sizeof *failures->items, &n_bytes))
        return weir__fail_memory(err, SIZE_MAX);
    bool is_full = (failures->n & (failures->n - 1)) == 0; /* grows at powers of two */
    if (is_full) {
        if (__builtin_mul_overflow(n_bytes, 2, &n_bytes))
            return weir__fail_memory(err, SIZE_MAX);
        void *items = weir__resize(failures->env, failures->items, n_bytes, err);
        if (!items)
            return WEIR_NO_MEMORY;
        failures->items = items;
    }
    struct weir_delete_failure *item = &failures->items[failures->n++];
    *item = (struct weir_delete_failure){.index = index, .code = cause->code};
    size_t len = strnlen(cause->message, sizeof item->message - 1);
    memcpy(item->message, cause->message, len);
    return WEIR_OK;
}

/* One key after the other, for backends without a batch verb. */
static int delete_each(struct weir_storage *st, const char *const *keys, size_t n,
                       const struct weir_delete_options *options, const struct weir_cancel *cancel,
                       struct weir_delete_failures *failures, struct weir_error *err)
{
    int first = WEIR_OK;
    for (size_t i = 0; i < n; i++) {
        TRY(weir_cancel_check(cancel, err));
        struct weir_error cause = WEIR_ERROR_INIT;
        int status = weir_storage_delete(st, keys[i], options, cancel, &cause);
        if (status == WEIR_OK)
            continue;
        if (first == WEIR_OK && err)
            *err = cause;
        first = first == WEIR_OK ? status : first;
        if (failures)
            TRY(weir__delete_failures_add(failures, i, &cause, err));
        if (status == WEIR_CANCELLED)
            return status;
    }
    return first;
}

int weir_storage_delete_batch(struct weir_storage *st, const char *const *keys, size_t n,
                              const struct weir_delete_options *options,
                              const struct weir_cancel *cancel,
                              struct weir_delete_failures *out_failures, struct weir_error *err)
{
    options = options ? options : &delete_defaults;
    if (!keys && n)
        return weir__fail(err, WEIR_INVALID, "delete: keys are missing");
    if (out_failures)
        *out_failures = (struct weir_delete_failures){NULL, 0, st->env};
    if (n == 0)
        return WEIR_OK;
    bool can_batch = st->ops->delete_batch != NULL;
    for (size_t i = 0; i < n && can_batch; i++) /* a bad key must not stop the rest */
        can_batch = delete_check(keys[i], options, NULL) == WEIR_OK;
    if (!can_batch)
        return delete_each(st, keys, n, options, cancel, out_failures, err);

    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_DELETE, keys[0], cancel, err));
    struct weir_storage_request request = {
        .key = keys[0], .cancel = cancel, .cost = &call.cost, .del = options};
    int status = st->ops->delete_batch(st->ctx, &request, keys, n, out_failures, err);
    return weir__call_end(&call, status);
}
