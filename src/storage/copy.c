/* copy.c: an object from one store to another, hashed on the way and checked before it is
 * published, continued from a staging file where the destination can append (spec/storage.md 4.1).
 *
 *     destination            known hash of the source   then
 *     ---------------------  -------------------------  -------------------------------------------
 *     has it, same size      yes, and it is the same    done
 *     staging, 0 < n < size  yes                        append the rest; checked before promotion
 *     anything else          -                          put_stream from zero
 *
 * The hard idea: a staging file is never trusted. It is promoted only under the hash of the whole
 * object; where that hash is not known beforehand, there is nothing to continue. */
#include "storage/store.h"

#define MAX_TRIES 3
#define WINDOW_BYTES (8u << 20) /* one request to the source; few requests, bounded memory */

struct copy {
    struct weir_storage *from, *to;
    const char *from_key, *to_key;
    const struct weir_copy_options *options;
    const struct weir_cancel *cancel;
    int64_t size_bytes;
    char from_etag[WEIR_ETAG_BYTES];
    char sha256[65]; /* of the source; "" = not known */
    struct weir_copy_result result;
};

/* ---- Hashing -------------------------------------------------------------------------------- */

static int hash_write(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    (void)err;
    weir__sha256_stream_add(ctx, data, n);
    return WEIR_OK;
}

/* SHA-256 of an object, or of the staging file in its place. */
static int object_hash(struct weir_storage *st, const char *key, const char *if_etag,
                       const struct weir_cancel *cancel, char out[65], struct weir_error *err)
{
    AUTO(sha256_stream) struct weir__sha256_stream *hash = NULL;
    TRY(weir__sha256_stream_new(weir__storage_env(st), &hash, err));
    struct weir_sink sink = {hash_write, hash};
    struct weir_get_options options = {.if_etag = if_etag, .allow_partial = true};
    TRY(weir_storage_get_stream(st, key, &sink, &options, cancel, NULL, err));
    weir__sha256_stream_finish(hash, out);
    return WEIR_OK;
}

static int source_hash(struct copy *c, struct weir_error *err)
{
    if (c->sha256[0])
        return WEIR_OK;
    return object_hash(c->from, c->from_key, c->from_etag[0] ? c->from_etag : NULL, c->cancel,
                       c->sha256, err);
}

/* ---- Pulling from the source ---------------------------------------------------------------- */

/* The source object as a weir_source: a window of it after the other, each one ranged get, all of
 * one version. */
struct copy_source {
    struct copy *copy;
    struct weir__sha256_stream *hash; /* NULL: not wanted */
    struct weir__buf window;
    size_t window_at; /* what of the window was given */
    uint64_t at, end; /* of the object: fetched so far, and where to stop */
};

static int window_write(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    return weir__buf_append(ctx, data, n, err);
}

static int window_fetch(struct copy_source *s, struct weir_error *err)
{
    struct copy *c = s->copy;
    uint64_t left = s->end - s->at;
    uint64_t n = left < WINDOW_BYTES ? left : WINDOW_BYTES;
    struct weir_sink sink = {window_write, &s->window};
    struct weir_get_options options = {.offset = (int64_t)s->at,
                                       .length = (int64_t)n,
                                       .if_etag = c->from_etag[0] ? c->from_etag : NULL};
    weir__buf_clear(&s->window);
    s->window_at = 0;
    TRY(weir_storage_get_stream(c->from, c->from_key, &sink, &options, c->cancel, NULL, err));
    if (s->window.len != n) {
        return weir__fail_detail(err, WEIR_IO, WEIR_DETAIL_INCOMPLETE,
                                 "copy %s: the object ended before its size", c->from_key);
    }
    if (s->hash)
        weir__sha256_stream_add(s->hash, s->window.data, s->window.len);
    s->at += n;
    return WEIR_OK;
}

/* At the end, before the destination publishes: is it what was promised? */
static int copy_source_end(struct copy_source *s, struct weir_error *err)
{
    struct copy *c = s->copy;
    if (!s->hash)
        return WEIR_OK;
    char hex[65], shown[WEIR__KEY_SHOWN_BYTES];
    weir__sha256_stream_finish(s->hash, hex);
    weir__sha256_stream_freep(&s->hash);
    if (c->sha256[0] && strcmp(c->sha256, hex) != 0) {
        return weir__fail(err, WEIR_CORRUPT, "copy %s: the checksum does not match",
                          weir__key_shown(c->from_key, shown));
    }
    memcpy(c->sha256, hex, sizeof c->sha256);
    return WEIR_OK;
}

static int copy_source_read(void *ctx, void *buf, size_t cap, size_t *out_got,
                            struct weir_error *err)
{
    struct copy_source *s = ctx;
    *out_got = 0;
    if (s->window_at == s->window.len && s->at < s->end)
        TRY(window_fetch(s, err));
    size_t left = s->window.len - s->window_at, n = left < cap ? left : cap;
    if (n == 0)
        return copy_source_end(s, err);
    memcpy(buf, s->window.data + s->window_at, n);
    s->window_at += n;
    s->copy->result.copied_bytes += (int64_t)n;
    *out_got = n;
    return WEIR_OK;
}

/* A failure of the source is a storage failure here, not one of our caller. */
static int copy_failed(int status, struct weir_error *err)
{
    if (status != WEIR_OK && err && err->detail == WEIR_DETAIL_CALLER)
        err->detail = WEIR_DETAIL_NONE;
    return status;
}

/* ---- The three ways ------------------------------------------------------------------------- */

static int copy_from_zero(struct copy *c, struct weir_error *err)
{
    const struct weir_env *env = weir__storage_env(c->from);
    AUTO(sha256_stream) struct weir__sha256_stream *hash = NULL;
    TRY(weir__sha256_stream_new(env, &hash, err));
    struct copy_source s = {.copy = c,
                            .hash = hash,
                            .window = weir__buf_make(env, WINDOW_BYTES),
                            .end = (uint64_t)c->size_bytes};
    hash = NULL; /* the source has it */
    struct weir_source source = {copy_source_read, NULL, &s};
    struct weir_put_options options = {.if_absent = c->options->no_overwrite,
                                       .durability = c->options->durability};
    int status = weir_storage_put_stream(c->to, c->to_key, &source, c->size_bytes, &options,
                                         c->cancel, NULL, err);
    weir__sha256_stream_freep(&s.hash);
    weir__buf_dispose(&s.window);
    return copy_failed(status, err);
}

static int copy_the_rest(struct copy *c, int64_t have_bytes, struct weir_error *err)
{
    TRY(source_hash(c, err));
    struct copy_source s = {.copy = c,
                            .window = weir__buf_make(weir__storage_env(c->from), WINDOW_BYTES),
                            .at = (uint64_t)have_bytes,
                            .end = (uint64_t)c->size_bytes};
    struct weir_source source = {copy_source_read, NULL, &s};
    struct weir_append_options options = {.sha256 = c->sha256,
                                          .durability = c->options->durability};
    int status = weir_storage_append(c->to, c->to_key, &source, c->size_bytes - have_bytes,
                                     c->size_bytes, &options, c->cancel, NULL, err);
    weir__buf_dispose(&s.window);
    if (status == WEIR_OK)
        c->result.resumed_bytes = have_bytes;
    return copy_failed(status, err);
}

/* Is what the destination has the object already? */
static int copy_is_there(struct copy *c, const struct weir_head *there, bool *out_is_there,
                         struct weir_error *err)
{
    *out_is_there = false;
    if (there->size_bytes != c->size_bytes)
        return WEIR_OK;
    bool by_content = strncmp(there->etag, "h-", 2) == 0 && strncmp(c->from_etag, "h-", 2) == 0;
    if (by_content) {
        *out_is_there = strcmp(there->etag, c->from_etag) == 0;
        return WEIR_OK;
    }
    bool is_known = c->sha256[0] || (weir_storage_caps(c->from) & WEIR_CAP_CHEAP_HEAD);
    if (!is_known) { /* spec 4.1: the size decides where no checksum is known */
        *out_is_there = true;
        return WEIR_OK;
    }
    char hex[65];
    TRY(source_hash(c, err));
    TRY(object_hash(c->to, c->to_key, NULL, c->cancel, hex, err));
    *out_is_there = strcmp(hex, c->sha256) == 0;
    return WEIR_OK;
}

/* Can the staging file at the destination be continued? Reading a far source twice to learn its
 * hash would cost more than starting again. */
static bool copy_can_resume(const struct copy *c, const struct weir_head *there)
{
    bool is_known = c->sha256[0] || (weir_storage_caps(c->from) & WEIR_CAP_CHEAP_HEAD);
    return c->options->resume && there->is_partial && there->size_bytes > 0 &&
           there->size_bytes < c->size_bytes && is_known &&
           (weir_storage_caps(c->to) & WEIR_CAP_APPEND);
}

/* One round. CORRUPT: what was there is gone, and another round may be tried. */
static int copy_once(struct copy *c, struct weir_error *err)
{
    AUTO(head) struct weir_head there = {.size_bytes = -1};
    TRY(weir_storage_head(c->to, c->to_key, NULL, c->cancel, &there, err));
    bool is_object = there.size_bytes >= 0 && !there.is_partial, is_there = false;
    if (c->options->resume && is_object)
        TRY(copy_is_there(c, &there, &is_there, err));
    if (is_there) {
        c->result.was_complete = true;
        return WEIR_OK;
    }
    bool is_resumed = copy_can_resume(c, &there);
    int status = is_resumed ? copy_the_rest(c, there.size_bytes, err) : copy_from_zero(c, err);
    if (status == WEIR_NOT_FOUND && is_resumed) /* the staging file went away meanwhile */
        return weir__fail(err, WEIR_CORRUPT, "copy: the staging file went away");
    /* Bad bytes must not be continued; an object in place was not touched and stays. */
    if (status == WEIR_CORRUPT && !is_object)
        TRY(weir_storage_delete(c->to, c->to_key, NULL, c->cancel, err));
    return status;
}

static int copy_begin(struct copy *c, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    AUTO(head) struct weir_head from = {.size_bytes = -1};
    TRY(weir_storage_check_key(c->to_key, err));
    TRY(weir_storage_head(c->from, c->from_key, NULL, c->cancel, &from, err));
    if (from.size_bytes < 0 || from.is_partial) {
        return weir__fail(err, WEIR_NOT_FOUND, "copy %s: no such object",
                          weir__key_shown(c->from_key, shown));
    }
    c->size_bytes = from.size_bytes;
    memcpy(c->from_etag, from.etag, sizeof c->from_etag);
    return WEIR_OK;
}

/* NOLINTNEXTLINE(readability-function-size): these parameters are the specification's. */
int weir_storage_copy(struct weir_storage *from, const char *from_key, struct weir_storage *to,
                      const char *to_key, const struct weir_copy_options *options,
                      const struct weir_cancel *cancel, struct weir_copy_result *out,
                      struct weir_error *err)
{
    static const struct weir_copy_options defaults;
    struct copy c = {.from = from,
                     .to = to,
                     .from_key = from_key,
                     .to_key = to_key,
                     .options = options ? options : &defaults,
                     .cancel = cancel};
    const char *known = c.options->sha256;
    if (known && (strspn(known, "0123456789abcdef") != 64 || known[64]))
        return weir__fail(err, WEIR_INVALID, "copy: sha256 is not 64 lower-case hex digits");
    TRY(copy_begin(&c, err));
    int status = WEIR_CORRUPT;
    for (int i = 0; i < MAX_TRIES && status == WEIR_CORRUPT; i++) {
        if (known)
            memcpy(c.sha256, known, sizeof c.sha256);
        status = copy_once(&c, err);
    }
    TRY(status);
    c.result.size_bytes = c.size_bytes;
    if (!c.result.was_complete)
        memcpy(c.result.sha256, c.sha256, sizeof c.result.sha256);
    if (out)
        *out = c.result;
    return WEIR_OK;
}
