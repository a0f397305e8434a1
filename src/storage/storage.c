/* storage.c: the store handle: its life, its counters, and what every call does before and after
 * the backend (struct weir__call).
 *
 * Not here: the verbs (object.c, list.c), the kinds of stores (address.c, local.c, memory.c). */
#include "storage/store.h"

#include <inttypes.h>

#define STORAGE_MAGIC UINT64_C(0x57454952564F5453)
#define JSON_MAX_BYTES ((size_t)64 * 1024)

int weir_storage_open_ops(const struct weir_env *env, const struct weir_storage_ops *ops, void *ctx,
                          struct weir_storage **out, struct weir_error *err)
{
    if (!env || !ops || !out || !ops->type || !ops->put || !ops->put_stream || !ops->get_stream ||
        !ops->head || !ops->list || !ops->delete_object)
        return weir__fail(err, WEIR_INVALID, "store: env, ops or one of its functions is missing");
    struct weir_storage *st = weir__alloc_zero(env, 1, sizeof *st, err);
    if (!st)
        return WEIR_NO_MEMORY;
    st->magic = STORAGE_MAGIC;
    st->env = env;
    st->ops = ops;
    st->ctx = ctx;
    atomic_init(&st->refs, 1);
    atomic_init(&st->caps, ops->caps);
    *out = st;
    return WEIR_OK;
}

struct weir_storage *weir_storage_ref(struct weir_storage *st)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    int before = atomic_fetch_add_explicit(&st->refs, 1, memory_order_relaxed);
    ASSERT(before > 0);
    return st;
}

void weir_storage_unref(struct weir_storage *st)
{
    if (!st)
        return;
    ASSERT(st->magic == STORAGE_MAGIC);
    int before = atomic_fetch_sub_explicit(&st->refs, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (before != 1)
        return;
    if (st->ops->close)
        st->ops->close(st->ctx);
    st->magic = 0;
    weir__free(st->env, st);
}

void weir_storage_close(struct weir_storage *st)
{
    weir_storage_unref(st);
}

void weir__storage_freep(struct weir_storage **st)
{
    weir_storage_unref(*st);
    *st = NULL;
}

const struct weir_env *weir__storage_env(const struct weir_storage *st)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    return st->env;
}

void *weir__storage_ctx(const struct weir_storage *st, const struct weir_storage_ops *ops)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    return st->ops == ops ? st->ctx : NULL;
}

const char *weir_storage_type(const struct weir_storage *st)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    return st->ops->type;
}

uint32_t weir_storage_caps(const struct weir_storage *st)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    return atomic_load_explicit(&st->caps, memory_order_relaxed);
}

/* ---- Counters ------------------------------------------------------------------------------- */

void weir_storage_stats(const struct weir_storage *st, struct weir_storage_counters *out)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    if (!out)
        return;
    for (size_t i = 0; i < WEIR_VERB_COUNT; i++)
        out->requests[i] = atomic_load_explicit(&st->count.requests[i], memory_order_relaxed);
    out->put_bytes = atomic_load_explicit(&st->count.put_bytes, memory_order_relaxed);
    out->get_bytes = atomic_load_explicit(&st->count.get_bytes, memory_order_relaxed);
    out->errors = atomic_load_explicit(&st->count.errors, memory_order_relaxed);
    out->retries = atomic_load_explicit(&st->count.retries, memory_order_relaxed);
    out->in_flight = atomic_load_explicit(&st->count.in_flight, memory_order_relaxed);
}

int weir__call_begin(struct weir__call *call, struct weir_storage *st, enum weir_storage_verb verb,
                     const char *key, const struct weir_cancel *cancel, struct weir_error *err)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    TRY(weir_cancel_check(cancel, err));
    *call = (struct weir__call){.st = st, .verb = verb, .key = key, .cost = {1, 0}};
    call->start_us = st->env->monotonic_us(st->env->clock_ctx);
    (void)atomic_fetch_add_explicit(&st->count.in_flight, 1, memory_order_relaxed);
    return WEIR_OK;
}

/* Spec 12: missing, cancelled, lost conditions and the caller's own failures are answers, not
 * errors. */
static bool status_is_error(int status)
{
    switch (status) {
    case WEIR_OK:
    case WEIR_NOT_FOUND:
    case WEIR_ALREADY_EXISTS:
    case WEIR_PRECONDITION:
    case WEIR_CANCELLED:
    case WEIR_INVALID:
    case WEIR_UNSUPPORTED:
        return false;
    default:
        return true;
    }
}

struct verb_names {
    const char *labels_ok, *labels_failed, *name;
};

static const struct verb_names verb_table[WEIR_VERB_COUNT] = {
    {"verb=\"any\",class=\"ok\"", "verb=\"any\",class=\"error\"", "any"},
    {"verb=\"put\",class=\"ok\"", "verb=\"put\",class=\"error\"", "put"},
    {"verb=\"get\",class=\"ok\"", "verb=\"get\",class=\"error\"", "get"},
    {"verb=\"head\",class=\"ok\"", "verb=\"head\",class=\"error\"", "head"},
    {"verb=\"list\",class=\"ok\"", "verb=\"list\",class=\"error\"", "list"},
    {"verb=\"delete\",class=\"ok\"", "verb=\"delete\",class=\"error\"", "delete"},
    {"verb=\"append\",class=\"ok\"", "verb=\"append\",class=\"error\"", "append"},
    {"verb=\"other\",class=\"ok\"", "verb=\"other\",class=\"error\"", "other"},
};

static void call_measure(const struct weir__call *call, bool is_error, int64_t took_us)
{
    const struct weir_env *env = call->st->env;
    const struct verb_names *names = &verb_table[call->verb];
    bool is_put = call->verb == WEIR_VERB_PUT || call->verb == WEIR_VERB_APPEND;
    weir__metric_add(env, "weir_storage_requests_total",
                     is_error ? names->labels_failed : names->labels_ok,
                     (double)call->cost.n_requests);
    weir__metric_observe(env, "weir_storage_request_seconds", names->labels_ok,
                         (double)took_us / 1e6);
    if (is_error)
        weir__metric_add(env, "weir_storage_errors_total", "", 1);
    if (is_put) {
        weir__metric_add(env, "weir_storage_puts_total", "", 1);
        weir__metric_add(env, "weir_storage_put_bytes_total", "", (double)call->n_bytes);
    } else if (call->verb == WEIR_VERB_GET) {
        weir__metric_add(env, "weir_storage_gets_total", "", 1);
        weir__metric_add(env, "weir_storage_get_bytes_total", "", (double)call->n_bytes);
    }
}

int weir__call_end(struct weir__call *call, int status)
{
    struct weir_storage *st = call->st;
    bool is_error = status_is_error(status) && !call->is_caller_failure;
    int64_t took_us = st->env->monotonic_us(st->env->clock_ctx) - call->start_us;

    (void)atomic_fetch_sub_explicit(&st->count.in_flight, 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&st->count.requests[WEIR_VERB_ANY], call->cost.n_requests,
                                    memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&st->count.requests[call->verb], call->cost.n_requests,
                                    memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&st->count.retries, call->cost.n_retries, memory_order_relaxed);
    if (is_error)
        (void)atomic_fetch_add_explicit(&st->count.errors, 1, memory_order_relaxed);
    if (call->verb == WEIR_VERB_PUT || call->verb == WEIR_VERB_APPEND) {
        (void)atomic_fetch_add_explicit(&st->count.put_bytes, (int64_t)call->n_bytes,
                                        memory_order_relaxed);
    } else if (call->verb == WEIR_VERB_GET) {
        (void)atomic_fetch_add_explicit(&st->count.get_bytes, (int64_t)call->n_bytes,
                                        memory_order_relaxed);
    }
    if (st->env->metric)
        call_measure(call, is_error, took_us);
    if (st->env->log && st->env->log_level >= WEIR_LOG_DEBUG) {
        char shown[WEIR__KEY_SHOWN_BYTES];
        weir__log(st->env, WEIR_LOG_DEBUG, "storage call",
                  "verb=%s key=%s status=%d bytes=%" PRIu64 " us=%" PRId64,
                  verb_table[call->verb].name, weir__key_shown(call->key ? call->key : "", shown),
                  status, call->n_bytes, took_us);
    }
    return status;
}

/* ---- Owned results -------------------------------------------------------------------------- */

void weir_storage_bytes_dispose(struct weir_storage_bytes *bytes)
{
    if (!bytes || !bytes->env)
        return;
    weir__free(bytes->env, bytes->data);
    memset(bytes, 0, sizeof *bytes);
}

void weir__storage_bytes_freep(struct weir_storage_bytes *bytes)
{
    weir_storage_bytes_dispose(bytes);
}

int weir__storage_bytes_take(struct weir__buf *buf, struct weir_storage_bytes *out,
                             struct weir_error *err)
{
    const char *text;
    TRY(weir__buf_text(buf, &text, err)); /* the NUL that is promised behind the data */
    size_t n = buf->len;
    *out = (struct weir_storage_bytes){.data = weir__buf_take(buf), .n_bytes = n, .env = buf->env};
    return WEIR_OK;
}

/* What hides behind weir_head.owned: the pairs and, behind them in one block each, their texts. */
struct head_meta {
    const struct weir_env *env;
    struct weir_kv *pairs;
    size_t n, cap;
};

int weir__head_prepare(const struct weir_env *env, struct weir_head *head, struct weir_error *err)
{
    struct head_meta *meta = weir__alloc_zero(env, 1, sizeof *meta, err);
    if (!meta)
        return WEIR_NO_MEMORY;
    meta->env = env;
    *head = (struct weir_head){.size_bytes = -1, .owned = meta};
    return WEIR_OK;
}

void weir_head_dispose(struct weir_head *head)
{
    struct head_meta *meta = head ? head->owned : NULL;
    if (!meta)
        return;
    for (size_t i = 0; i < meta->n; i++)
        weir__free(meta->env, meta->pairs[i].name); /* the value stands behind it */
    weir__free(meta->env, meta->pairs);
    weir__free(meta->env, meta);
    *head = (struct weir_head){.size_bytes = -1};
}

void weir__head_freep(struct weir_head *head)
{
    weir_head_dispose(head);
}

int weir_head_add_meta(struct weir_head *head, const char *name, const char *value,
                       struct weir_error *err)
{
    struct head_meta *meta = head->owned;
    if (meta->n == meta->cap) {
        size_t cap = meta->cap ? meta->cap * 2 : 4;
        struct weir_kv *pairs = weir__resize(meta->env, meta->pairs, cap * sizeof *pairs, err);
        if (!pairs)
            return WEIR_NO_MEMORY;
        meta->pairs = pairs;
        meta->cap = cap;
    }
    size_t name_bytes = strlen(name) + 1, value_bytes = strlen(value) + 1;
    char *text = weir__alloc(meta->env, name_bytes + value_bytes, err);
    if (!text)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < name_bytes; i++)
        text[i] = weir__lower(name[i]);
    memcpy(text + name_bytes, value, value_bytes);
    meta->pairs[meta->n++] = (struct weir_kv){text, text + name_bytes};
    head->meta = meta->pairs;
    head->n_meta = meta->n;
    return WEIR_OK;
}

/* ---- Config --------------------------------------------------------------------------------- */

static int buf_write(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    return weir__buf_append(ctx, data, n, err);
}

int weir_storage_config_json(const struct weir_storage *st, struct weir_storage_bytes *out,
                             struct weir_error *err)
{
    ASSERT(st && st->magic == STORAGE_MAGIC);
    if (!st->ops->config_json)
        return weir__fail(err, WEIR_UNSUPPORTED, "a store of type %s has no config", st->ops->type);
    AUTO(buf) struct weir__buf json = weir__buf_make(st->env, JSON_MAX_BYTES);
    struct weir_sink sink = {buf_write, &json};
    TRY(st->ops->config_json(st->ctx, &sink, err));
    return weir__storage_bytes_take(&json, out, err);
}
