/* request.c: slot, attempt, sleep, attempt again; the same loop around every verb. */
#include "table/request.h"

#include "table/retry.h"

/* How long a waiter or sleeper may take to notice a cancel. */
#define WAKE_US 20000

#define CONTENT_TYPE "application/octet-stream"

void weir__slots_init(struct weir__slots *slots, int n)
{
    weir__mutex_init(&slots->mutex);
    weir__cond_init(&slots->freed);
    slots->locked.n_free = n;
}

void weir__slots_dispose(struct weir__slots *slots)
{
    weir__cond_dispose(&slots->freed);
    weir__mutex_dispose(&slots->mutex);
}

int weir__slots_take(struct weir__slots *slots, const struct weir_cancel *cancel,
                     struct weir_error *err)
{
    int status = weir_cancel_check(cancel, err);
    weir__mutex_lock(&slots->mutex);
    while (status == WEIR_OK && slots->locked.n_free == 0) {
        (void)weir__cond_wait_us(&slots->freed, &slots->mutex, WAKE_US); /* looked at above */
        status = weir_cancel_check(cancel, err);
    }
    if (status == WEIR_OK)
        slots->locked.n_free--;
    weir__mutex_unlock(&slots->mutex);
    return status;
}

void weir__slots_give(struct weir__slots *slots)
{
    weir__mutex_lock(&slots->mutex);
    slots->locked.n_free++;
    weir__cond_signal(&slots->freed);
    weir__mutex_unlock(&slots->mutex);
}

int weir__sleep(const struct weir_env *env, int64_t duration_us, const struct weir_cancel *cancel,
                struct weir_error *err)
{
    while (duration_us > 0) {
        TRY(weir_cancel_check(cancel, err));
        int64_t slice = cancel && duration_us > WAKE_US ? WAKE_US : duration_us;
        env->sleep_us(env->clock_ctx, slice);
        duration_us -= slice;
    }
    return weir_cancel_check(cancel, err);
}

/* One try of a request. */
typedef int attempt_fn(void *ctx, const struct weir_cancel *cancel, struct weir_error *err);

struct request {
    const struct weir__requester *r;
    const char *verb, *key;
    attempt_fn *attempt;
    void *ctx;
};

static int backoff(const struct request *q, int next_try, const struct weir_error *failure,
                   const struct weir_cancel *cancel, struct weir_error *err)
{
    const struct weir_env *env = q->r->env;
    uint32_t random = 0;
    /* Only the jitter is lost when there is no randomness. */
    (void)env->random(env->random_ctx, &random, sizeof random);
    int64_t delay_us = weir__retry_delay_us(next_try, random);
    weir__log(env, WEIR_LOG_WARNING, "request failed, trying again",
              "verb=%s key=%s attempt=%d delay_ms=%jd cause=\"%s\"", q->verb, q->key, next_try - 1,
              (intmax_t)(delay_us / 1000), failure->message);
    return weir__sleep(env, delay_us, cancel, err);
}

static int attempts(const struct request *q, const struct weir_cancel *cancel, int *out_tries,
                    struct weir_error *err)
{
    for (int i = 1;; i++) {
        struct weir_error failure = WEIR_ERROR_INIT;
        *out_tries = i;
        TRY(weir_cancel_check(cancel, err));
        int status = q->attempt(q->ctx, cancel, &failure);
        if (status == WEIR_OK)
            return WEIR_OK;
        /* A caller's own deadline looks like a store's timeout, but nobody waits any more. */
        bool give_up = !weir__retry_is_transient(&failure) || i == WEIR__RETRY_ATTEMPTS ||
                       weir_cancel_check(cancel, NULL) != WEIR_OK;
        if (give_up) {
            if (err)
                *err = failure;
            return weir__error_prefix(err, status, "%s %s", q->verb, q->key);
        }
        TRY(backoff(q, i + 1, &failure, cancel, err));
    }
}

static int request_run(const struct request *q, const struct weir_cancel *cancel, int *out_tries,
                       struct weir_error *err)
{
    int tries = 0;
    TRY(weir__slots_take(q->r->slots, cancel, err));
    int status = attempts(q, cancel, &tries, err);
    weir__slots_give(q->r->slots);
    if (out_tries)
        *out_tries = tries;
    return status;
}

struct put_ctx {
    struct weir_storage *store;
    const struct weir__put *put;
};

static int put_attempt(void *ctx, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct put_ctx *p = ctx;
    const struct weir__put *put = p->put;
    struct weir_put_options options = {.content_type =
                                           put->content_type ? put->content_type : CONTENT_TYPE,
                                       .meta = put->meta,
                                       .n_meta = put->n_meta,
                                       .if_absent = put->if_absent,
                                       .no_retry = true};
    return weir_storage_put(p->store, put->key, put->data, put->n_bytes, &options, cancel, NULL,
                            err);
}

int weir__request_put(const struct weir__requester *r, const struct weir__put *put,
                      const struct weir_cancel *cancel, int *out_tries, struct weir_error *err)
{
    struct put_ctx ctx = {r->store, put};
    struct request q = {r, "put", put->key, put_attempt, &ctx};
    return request_run(&q, cancel, out_tries, err);
}

struct get_ctx {
    struct weir_storage *store;
    const char *key;
    int64_t max_bytes;
    struct weir_storage_bytes *out;
};

static int get_attempt(void *ctx, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct get_ctx *g = ctx;
    struct weir_get_options options = {.max_bytes = g->max_bytes, .no_retry = true};
    return weir_storage_get(g->store, g->key, &options, cancel, g->out, err);
}

int weir__request_get(const struct weir__requester *r, const char *key, int64_t max_bytes,
                      const struct weir_cancel *cancel, struct weir_storage_bytes *out,
                      struct weir_error *err)
{
    struct get_ctx ctx = {r->store, key, max_bytes, out};
    struct request q = {r, "get", key, get_attempt, &ctx};
    return request_run(&q, cancel, NULL, err);
}

struct head_ctx {
    struct weir_storage *store;
    const char *key;
    struct weir_head *out;
};

static int head_attempt(void *ctx, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct head_ctx *h = ctx;
    struct weir_head_options options = {.no_retry = true};
    return weir_storage_head(h->store, h->key, &options, cancel, h->out, err);
}

/* The body of a marker on a store without metadata. Gone meanwhile = not there. */
static int marker_body_read(const struct weir__requester *r, const char *key,
                            const struct weir_cancel *cancel, struct weir__found_marker *out,
                            struct weir_error *err)
{
    AUTO(storage_bytes) struct weir_storage_bytes body = {0};
    struct weir_error failure = WEIR_ERROR_INIT;
    int status = weir__request_get(r, key, WEIR__MARKER_MAX_BYTES, cancel, &body, &failure);
    if (status == WEIR_NOT_FOUND) {
        out->is_there = false;
        return WEIR_OK;
    }
    if (status != WEIR_OK) {
        if (err)
            *err = failure;
        return status;
    }
    struct weir__str text = {(const char *)body.data, body.n_bytes};
    return weir__marker_from_body(text, key, &out->marker, err);
}

int weir__request_marker(const struct weir__requester *r, const char *key,
                         const struct weir_cancel *cancel, struct weir__found_marker *out,
                         struct weir_error *err)
{
    AUTO(head) struct weir_head head = {0};
    struct head_ctx ctx = {r->store, key, &head};
    struct request q = {r, "head", key, head_attempt, &ctx};
    struct weir__found_marker found = {0};

    int status = request_run(&q, cancel, NULL, err);
    if (status == WEIR_PERMISSION)
        return weir__error_prefix(err, status, "perhaps without permission to list");
    if (status != WEIR_OK)
        return status;
    found.is_there = head.size_bytes >= 0 && !head.is_partial;
    found.modified_us = head.modified_us;
    if (found.is_there) {
        if (head.size_bytes > 0 && !weir__marker_in_meta(head.meta, head.n_meta)) {
            TRY(marker_body_read(r, key, cancel, &found, err));
        } else {
            TRY(weir__marker_from_meta(head.meta, head.n_meta, key, &found.marker, err));
        }
    }
    *out = found;
    return WEIR_OK;
}

struct list_ctx {
    const struct weir__requester *r;
    const char *prefix;
    weir__list_fn *visit;
    void *arg;
    struct weir__buf last;  /* key after which a repeated listing goes on */
    int64_t first_page;     /* number of the first page of this attempt */
    int64_t n_pages;        /* seen so far */
    struct weir_error mine; /* a failure of `visit`, which no retry helps */
};

static int list_walk(struct list_ctx *l, struct weir_object_iter *it, struct weir_error *err)
{
    for (;;) {
        const struct weir_object *object = NULL;
        TRY(weir_object_iter_next(it, &object, err));
        if (!object)
            return WEIR_OK;
        struct weir_object seen = *object;
        seen.page += l->first_page;
        l->n_pages = seen.page + 1;
        int status = l->visit(l->arg, &seen, &l->mine);
        weir__buf_clear(&l->last);
        if (status == WEIR_OK)
            status = weir__buf_append(&l->last, object->key, strlen(object->key) + 1, &l->mine);
        if (status != WEIR_OK) {
            l->mine.code = status;
            return weir__fail(err, status, "%s", l->mine.message);
        }
    }
}

static int list_attempt(void *ctx, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct list_ctx *l = ctx;
    struct weir_list_options options = {
        .start_after = l->last.len > 0 ? (const char *)l->last.data : NULL, .no_retry = true};
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    l->first_page = l->n_pages;
    TRY(weir_storage_list(l->r->store, l->prefix, &options, cancel, &it, err));
    int status = list_walk(l, it, err);
    if (status != WEIR_OK && l->mine.code != WEIR_OK && err)
        err->retryable = false;
    return status;
}

int weir__request_list(const struct weir__requester *r, const char *prefix,
                       const struct weir_cancel *cancel, weir__list_fn *visit, void *arg,
                       struct weir_error *err)
{
    struct list_ctx ctx = {.r = r,
                           .prefix = prefix,
                           .visit = visit,
                           .arg = arg,
                           .last = weir__buf_make(r->env, WEIR__KEY_MAX_BYTES)};
    struct request q = {r, "list", prefix, list_attempt, &ctx};
    int status = request_run(&q, cancel, NULL, err);
    weir__buf_dispose(&ctx.last);
    return status;
}

struct open_ctx {
    struct weir_storage *store;
    const char *key;
    bool in_memory;
    int64_t max_bytes;
    struct weir__storage_input *out;
};

static int open_attempt(void *ctx, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct open_ctx *o = ctx;
    struct weir_get_options options = {.max_bytes = o->max_bytes, .no_retry = true};
    return weir__storage_input(o->store, o->key, o->in_memory, &options, cancel, o->out, err);
}

struct read_ctx {
    struct weir_input *inner;
    uint64_t offset;
    void *buf;
    size_t n;
};

static int read_attempt(void *ctx, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct read_ctx *read = ctx;
    (void)cancel; /* the input looks at the one it was opened with */
    return read->inner->read_at(read->inner->ctx, read->offset, read->buf, read->n, err);
}

static int body_read_at(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err)
{
    struct weir__body *body = ctx;
    struct read_ctx read = {&body->inner.input, offset, buf, n};
    struct request q = {&body->r, "get", body->input.name, read_attempt, &read};
    return request_run(&q, body->cancel, NULL, err);
}

int weir__request_body(const struct weir__requester *r, const char *key, bool in_memory,
                       int64_t max_bytes, const struct weir_cancel *cancel, struct weir__body *out,
                       struct weir_error *err)
{
    *out = (struct weir__body){.r = *r, .cancel = cancel};
    struct open_ctx ctx = {r->store, key, in_memory, max_bytes, &out->inner};
    struct request q = {r, "get", key, open_attempt, &ctx};
    TRY(request_run(&q, cancel, NULL, err));
    out->is_open = true;
    out->input = out->inner.input;
    out->input.name = key;
    if (!out->input.bytes) {
        out->input.read_at = body_read_at;
        out->input.ctx = out;
    }
    return WEIR_OK;
}

void weir__body_dispose(struct weir__body *body)
{
    if (body->is_open)
        weir__storage_input_dispose(&body->inner);
    body->is_open = false;
}
