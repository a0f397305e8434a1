/* capability.c: what not every store can do (spec/storage.md 4): append, directories, cleaning, and
 * finding out whether a store keeps its word about conditional puts. */
#include "storage/store.h"

static const struct weir_append_options append_defaults;
static const struct weir_delete_options delete_defaults;

static int unsupported(const struct weir_storage *st, const char *what, struct weir_error *err)
{
    return weir__fail(err, WEIR_UNSUPPORTED, "a %s store has no %s", weir_storage_type(st), what);
}

static bool sha256_text_is_valid(const char *text)
{
    size_t n = strspn(text, "0123456789abcdef");
    return n == 64 && text[64] == 0;
}

/* NOLINTNEXTLINE(readability-function-size): these parameters are the specification's. */
int weir_storage_append(struct weir_storage *st, const char *key, const struct weir_source *source,
                        int64_t append_size, int64_t total_size,
                        const struct weir_append_options *options, const struct weir_cancel *cancel,
                        bool *out_is_promoted, struct weir_error *err)
{
    options = options ? options : &append_defaults;
    TRY(weir_storage_check_key(key, err));
    if (!source || !source->read || append_size < 0 || total_size < -1)
        return weir__fail(err, WEIR_INVALID, "append: source or size is not valid");
    if (options->sha256 && !sha256_text_is_valid(options->sha256))
        return weir__fail(err, WEIR_INVALID, "append: sha256 is not 64 lower-case hex digits");
    if (!st->ops->append)
        return unsupported(st, "append", err);
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_APPEND, key, cancel, err));
    /* The backend checks the sizes itself: it has to know how much to cut back. */
    struct weir__metered_source meter = {&call, source, cancel, -1, 0};
    struct weir_source metered = weir__metered_source_view(&meter);
    struct weir_storage_request request = {
        .key = key,
        .cancel = cancel,
        .cost = &call.cost,
        .source = &metered,
        .size_bytes = append_size,
        .total_bytes = total_size,
        .append = options,
    };
    bool is_promoted = false;
    TRY(weir__call_end(&call, st->ops->append(st->ctx, &request, &is_promoted, err)));
    if (out_is_promoted)
        *out_is_promoted = is_promoted;
    return WEIR_OK;
}

int weir_storage_remove_directory(struct weir_storage *st, const char *prefix,
                                  const struct weir_cancel *cancel, struct weir_error *err)
{
    TRY(weir_storage_check_list_prefix(prefix, err));
    if (!*prefix)
        return weir__fail(err, WEIR_INVALID, "the root of a store cannot be removed");
    if (!st->ops->remove_directory)
        return weir_cancel_check(cancel, err); /* spec 4.4: nothing there to remove */
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_OTHER, prefix, cancel, err));
    struct weir_storage_request request = {.key = prefix, .cancel = cancel, .cost = &call.cost};
    return weir__call_end(&call, st->ops->remove_directory(st->ctx, &request, err));
}

int weir_storage_clean(struct weir_storage *st, const struct weir_cancel *cancel,
                       int64_t *out_n_removed, struct weir_error *err)
{
    int64_t n_removed = 0;
    if (st->ops->clean) {
        struct weir__call call;
        TRY(weir__call_begin(&call, st, WEIR_VERB_OTHER, "", cancel, err));
        struct weir_storage_request request = {.key = "", .cancel = cancel, .cost = &call.cost};
        TRY(weir__call_end(&call, st->ops->clean(st->ctx, &request, &n_removed, err)));
    }
    if (out_n_removed)
        *out_n_removed = n_removed;
    return WEIR_OK;
}

/* ---- Probing the conditions ----------------------------------------------------------------- */

/* `*out_works`: the store refused a put whose condition did not hold. A store that refuses the
 * condition itself answers UNSUPPORTED. */
static int probe_one(struct weir_storage *st, const char *key,
                     const struct weir_put_options *options, int refusal,
                     const struct weir_cancel *cancel, bool *out_works, struct weir_error *err)
{
    struct weir_error answer = WEIR_ERROR_INIT;
    int status = weir_storage_put(st, key, "2", 1, options, cancel, NULL, &answer);
    *out_works = status == refusal;
    if (status == WEIR_OK || status == refusal || status == WEIR_UNSUPPORTED)
        return WEIR_OK;
    if (err)
        *err = answer;
    return status;
}

static int probe_both(struct weir_storage *st, const char *key, const struct weir_cancel *cancel,
                      uint32_t *out_broken, struct weir_error *err)
{
    static const struct weir_put_options absent = {.if_absent = true, .no_retry = true};
    static const struct weir_put_options etag = {.if_etag = "\"no-such-version\"",
                                                 .no_retry = true};
    bool absent_works = true, etag_works = true;
    uint32_t caps = weir_storage_caps(st);
    if (caps & WEIR_CAP_IF_ABSENT)
        TRY(probe_one(st, key, &absent, WEIR_ALREADY_EXISTS, cancel, &absent_works, err));
    if (caps & WEIR_CAP_IF_ETAG)
        TRY(probe_one(st, key, &etag, WEIR_PRECONDITION, cancel, &etag_works, err));
    *out_broken = (absent_works ? 0u : (uint32_t)WEIR_CAP_IF_ABSENT) |
                  (etag_works ? 0u : (uint32_t)WEIR_CAP_IF_ETAG);
    return WEIR_OK;
}

int weir_storage_probe_conditions(struct weir_storage *st, const struct weir_cancel *cancel,
                                  uint32_t *out_caps, struct weir_error *err)
{
    const struct weir_env *env = weir__storage_env(st);
    uint8_t random[8];
    char key[40] = "weir-probe-";
    int failed = env->random(env->random_ctx, random, sizeof random);
    if (failed)
        return weir__fail_errno(err, -failed, "probe: no randomness");
    weir__hex(random, sizeof random, key + strlen(key));

    TRY(weir_storage_put(st, key, "1", 1, NULL, cancel, NULL, err));
    uint32_t broken = 0;
    int status = probe_both(st, key, cancel, &broken, err);
    /* The scratch object goes whatever the probe said; the first failure is the one to tell. */
    int deleted = weir_storage_delete(st, key, &delete_defaults, NULL, status ? NULL : err);
    TRY(status);
    TRY(deleted);
    uint32_t caps = atomic_fetch_and_explicit(&st->caps, ~broken, memory_order_relaxed) & ~broken;
    if (out_caps)
        *out_caps = caps;
    return WEIR_OK;
}
