/* memory_object.c: the verbs of a memory store. Objects are immutable blobs in a sorted array; a
 * put swaps one pointer under the lock, so readers see the old bytes or the new ones, whole. */
#include "storage/memory.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- Blobs and objects ---------------------------------------------------------------------- */

static struct weir__mem_blob *blob_new(const struct weir_env *env, const void *data, size_t n,
                                       struct weir_error *err)
{
    if (n > WEIR__MEM_MAX_BYTES) {
        (void)weir__fail(err, WEIR_INVALID, "memory store: objects are at most 4 GiB");
        return NULL;
    }
    struct weir__mem_blob *blob = weir__alloc(env, sizeof *blob + n, err);
    if (!blob)
        return NULL;
    blob->env = env;
    atomic_init(&blob->refs, 1);
    blob->n_bytes = n;
    if (n)
        memcpy(blob->data, data, n);
    return blob;
}

void weir__mem_blob_unref(struct weir__mem_blob *blob)
{
    if (blob && atomic_fetch_sub(&blob->refs, 1) == 1)
        weir__free(blob->env, blob);
}

static void weir__mem_blob_freep(struct weir__mem_blob **blob)
{
    weir__mem_blob_unref(*blob);
}

void weir__mem_object_free(const struct weir_env *env, struct weir__mem_object *object)
{
    if (!object)
        return;
    weir__mem_blob_unref(object->blob);
    weir__free(env, object->meta);
    weir__free(env, object->key);
    weir__free(env, object);
}

/* A local that is freed unless it was handed over. */
struct owned_object {
    const struct weir_env *env;
    struct weir__mem_object *object;
};

static void weir__owned_object_freep(struct owned_object *owned)
{
    weir__mem_object_free(owned->env, owned->object);
}

/* All pairs and their texts in one block; names in lower case. */
static int meta_copy(const struct weir_env *env, const struct weir_put_options *options,
                     struct weir__mem_object *object, struct weir_error *err)
{
    size_t n = options ? options->n_meta : 0, n_bytes;
    if (n == 0)
        return WEIR_OK;
    if (__builtin_mul_overflow(n, sizeof(struct weir_kv), &n_bytes))
        return weir__fail_memory(err, SIZE_MAX);
    for (size_t i = 0; i < n; i++)
        n_bytes += strlen(options->meta[i].name) + strlen(options->meta[i].value) + 2;
    object->meta = weir__alloc(env, n_bytes, err);
    if (!object->meta)
        return WEIR_NO_MEMORY;
    object->n_meta = n;
    char *text = (char *)(object->meta + n);
    for (size_t i = 0; i < n; i++) {
        object->meta[i].name = text;
        for (const char *at = options->meta[i].name; *at; at++)
            *text++ = weir__lower(*at);
        *text++ = 0;
        size_t value_bytes = strlen(options->meta[i].value) + 1;
        object->meta[i].value = memcpy(text, options->meta[i].value, value_bytes);
        text += value_bytes;
    }
    return WEIR_OK;
}

/* Takes over `blob` on success. */
static int object_new(const struct weir_env *env, const char *key, struct weir__mem_blob **blob,
                      const struct weir_put_options *options, struct weir__mem_object **out,
                      struct weir_error *err)
{
    struct weir__mem_object *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    AUTO(owned_object) struct owned_object owned = {env, made};
    made->key = weir__strdup(env, key, err);
    if (!made->key)
        return WEIR_NO_MEMORY;
    TRY(meta_copy(env, options, made, err));
    made->blob = TAKE(*blob);
    *out = TAKE(owned.object);
    return WEIR_OK;
}

/* ---- The sorted array ----------------------------------------------------------------------- */

size_t weir__mem_lower_bound_locked(const struct weir__mem_world *world, const char *key,
                                    bool is_partial)
{
    size_t low = 0, high = world->locked.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct weir__mem_object *object = world->locked.objects[middle];
        int order = strcmp(object->key, key);
        if (order == 0)
            order = (int)object->is_partial - (int)is_partial;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct weir__mem_object *weir__mem_find_locked(const struct weir__mem_world *world, const char *key,
                                               bool is_partial)
{
    size_t i = weir__mem_lower_bound_locked(world, key, is_partial);
    if (i == world->locked.n)
        return NULL;
    struct weir__mem_object *object = world->locked.objects[i];
    return object->is_partial == is_partial && strcmp(object->key, key) == 0 ? object : NULL;
}

/* Room for one more, so that an insert cannot fail half-way. */
static int reserve_locked(struct weir__mem_world *world, struct weir_error *err)
{
    if (world->locked.n < world->locked.cap)
        return WEIR_OK;
    size_t cap = world->locked.cap ? world->locked.cap * 2 : 64;
    void *objects = weir__resize(world->env, world->locked.objects,
                                 cap * sizeof(struct weir__mem_object *), err);
    if (!objects)
        return WEIR_NO_MEMORY;
    world->locked.objects = objects;
    world->locked.cap = cap;
    return WEIR_OK;
}

static void remove_locked(struct weir__mem_world *world, const char *key, bool is_partial)
{
    if (!weir__mem_find_locked(world, key, is_partial))
        return;
    size_t i = weir__mem_lower_bound_locked(world, key, is_partial);
    weir__mem_object_free(world->env, world->locked.objects[i]);
    world->locked.n--;
    memmove(world->locked.objects + i, world->locked.objects + i + 1,
            (world->locked.n - i) * sizeof(struct weir__mem_object *));
}

/* Needs room (reserve_locked). Replaces the object of that name. */
static void install_locked(struct weir__mem_world *world, struct weir__mem_object *object)
{
    int64_t now_us = weir__mem_now(world);
    const struct weir__mem_object *old =
        weir__mem_find_locked(world, object->key, object->is_partial);
    object->version = world->locked.next_version++;
    object->modified_us = now_us;
    object->visible_us = old ? old->visible_us : now_us + world->locked.list_delay_us;
    size_t i = weir__mem_lower_bound_locked(world, object->key, object->is_partial);
    if (old) {
        weir__mem_object_free(world->env, world->locked.objects[i]);
    } else {
        memmove(world->locked.objects + i + 1, world->locked.objects + i,
                (world->locked.n - i) * sizeof(struct weir__mem_object *));
        world->locked.n++;
    }
    world->locked.objects[i] = object;
}

void weir__mem_etag(const struct weir__mem_object *object, char out[WEIR_ETAG_BYTES])
{
    (void)snprintf(out, WEIR_ETAG_BYTES, "m-%016" PRIx64, object->version);
}

/* ---- Put ------------------------------------------------------------------------------------ */

static int condition_check_locked(const struct weir__mem_world *world, const char *key,
                                  const struct weir_put_options *options, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES], etag[WEIR_ETAG_BYTES];
    const struct weir__mem_object *old = weir__mem_find_locked(world, key, false);
    if (options->if_absent && old) {
        return weir__fail(err, WEIR_ALREADY_EXISTS, "put %s: the object exists",
                          weir__key_shown(key, shown));
    }
    if (!options->if_etag)
        return WEIR_OK;
    if (old) {
        weir__mem_etag(old, etag);
        if (strcmp(etag, options->if_etag) == 0)
            return WEIR_OK;
    }
    return weir__fail(err, WEIR_PRECONDITION, "put %s: %s", weir__key_shown(key, shown),
                      old ? "the object is another version" : "there is no such object");
}

/* Check the condition and swap the object in, in one step. Takes it over on success. */
static int publish(struct weir__mem_world *world, struct owned_object *owned,
                   const struct weir_put_options *options, bool drop_staging,
                   struct weir_put_result *out, struct weir_error *err)
{
    weir__mutex_lock(&world->mutex);
    int status = condition_check_locked(world, owned->object->key, options, err);
    if (status == WEIR_OK)
        status = reserve_locked(world, err);
    if (status == WEIR_OK) {
        struct weir__mem_object *object = TAKE(owned->object);
        install_locked(world, object);
        out->size_bytes = (int64_t)object->blob->n_bytes;
        weir__mem_etag(object, out->etag);
        if (drop_staging)
            remove_locked(world, object->key, true);
    }
    weir__mutex_unlock(&world->mutex);
    return status;
}

int weir__mem_put(void *ctx, const struct weir_storage_request *request,
                  struct weir_put_result *out, struct weir_error *err)
{
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_PUT, &fault, err));
    AUTO(mem_blob)
    struct weir__mem_blob *blob = blob_new(world->env, request->data, request->n_bytes, err);
    if (!blob)
        return request->n_bytes > WEIR__MEM_MAX_BYTES ? WEIR_INVALID : WEIR_NO_MEMORY;
    AUTO(owned_object) struct owned_object owned = {world->env, NULL};
    TRY(object_new(world->env, request->key, &blob, request->put, &owned.object, err));
    int status = publish(world, &owned, request->put, false, out, err);
    out->is_ambiguous = fault.code != WEIR_OK;
    return weir__mem_end(&fault, status, err);
}

/* Everything the source gives, appended to `into`. */
static int source_drain(const struct weir_source *source, struct weir__buf *into,
                        struct weir_error *err)
{
    for (;;) {
        size_t got = 0;
        TRY(weir__buf_reserve(into, WEIR__STORAGE_CHUNK, err));
        TRY(source->read(source->ctx, into->data + into->len, WEIR__STORAGE_CHUNK, &got, err));
        if (got == 0)
            return WEIR_OK;
        into->len += got;
    }
}

/* Put a busy staging object in place, or take over the one that is there. */
static int staging_claim(struct weir__mem_world *world, const char *key, struct weir_error *err)
{
    AUTO(mem_blob) struct weir__mem_blob *blob = blob_new(world->env, NULL, 0, err);
    if (!blob)
        return WEIR_NO_MEMORY;
    AUTO(owned_object) struct owned_object owned = {world->env, NULL};
    TRY(object_new(world->env, key, &blob, NULL, &owned.object, err));
    owned.object->is_partial = true;
    owned.object->is_busy = true;
    weir__mutex_lock(&world->mutex);
    const struct weir__mem_object *old = weir__mem_find_locked(world, key, true);
    char shown[WEIR__KEY_SHOWN_BYTES];
    int status = WEIR_OK;
    if (old && old->is_busy) {
        status = weir__fail(err, WEIR_UNAVAILABLE, "put %s: another writer is at it",
                            weir__key_shown(key, shown));
    }
    if (status == WEIR_OK)
        status = reserve_locked(world, err);
    if (status == WEIR_OK)
        install_locked(world, TAKE(owned.object));
    weir__mutex_unlock(&world->mutex);
    return status;
}

/* Leave what arrived for a later append; without memory for that, nothing is left. */
static void staging_release(struct weir__mem_world *world, const char *key,
                            const struct weir__buf *content, bool discard)
{
    struct weir__mem_blob *blob =
        discard ? NULL : blob_new(world->env, content->data, content->len, NULL);
    weir__mutex_lock(&world->mutex);
    struct weir__mem_object *staging = weir__mem_find_locked(world, key, true);
    if (staging && blob) {
        struct weir__mem_blob *old = staging->blob;
        staging->blob = TAKE(blob);
        staging->is_busy = false;
        weir__mem_blob_unref(old);
    } else if (staging) {
        remove_locked(world, key, true);
    }
    weir__mutex_unlock(&world->mutex);
    weir__mem_blob_unref(blob);
}

/* Make the finished object of a staged content and swap it in for the staging. */
static int staging_publish(struct weir__mem_world *world, const char *key,
                           const struct weir__buf *content, const struct weir_put_options *options,
                           struct weir_put_result *out, struct weir_error *err)
{
    AUTO(mem_blob)
    struct weir__mem_blob *blob = blob_new(world->env, content->data, content->len, err);
    if (!blob)
        return WEIR_NO_MEMORY;
    AUTO(owned_object) struct owned_object owned = {world->env, NULL};
    TRY(object_new(world->env, key, &blob, options, &owned.object, err));
    return publish(world, &owned, options, true, out, err);
}

int weir__mem_put_stream(void *ctx, const struct weir_storage_request *request,
                         struct weir_put_result *out, struct weir_error *err)
{
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_PUT, &fault, err));
    weir__mutex_lock(&world->mutex);
    int status = condition_check_locked(world, request->key, request->put, err);
    weir__mutex_unlock(&world->mutex);
    TRY(status);
    TRY(staging_claim(world, request->key, err));
    AUTO(buf) struct weir__buf content = weir__buf_make(world->env, WEIR__MEM_MAX_BYTES);
    status = source_drain(request->source, &content, err);
    if (status == WEIR_OK)
        status = staging_publish(world, request->key, &content, request->put, out, err);
    if (status != WEIR_OK)
        staging_release(world, request->key, &content, request->put->discard_partial);
    out->is_ambiguous = fault.code != WEIR_OK;
    return weir__mem_end(&fault, status, err);
}

/* ---- Append --------------------------------------------------------------------------------- */

/* Mark the staging busy and copy what it holds. */
static int staging_take(struct weir__mem_world *world, const char *key, struct weir__buf *content,
                        struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    weir__mutex_lock(&world->mutex);
    struct weir__mem_object *staging = weir__mem_find_locked(world, key, true);
    int status = WEIR_OK;
    if (!staging) {
        status = weir__fail(err, WEIR_NOT_FOUND, "append %s: there is no staging file",
                            weir__key_shown(key, shown));
    } else if (staging->is_busy) {
        status = weir__fail(err, WEIR_UNAVAILABLE, "append %s: another writer is at it",
                            weir__key_shown(key, shown));
    }
    if (status == WEIR_OK)
        status = weir__buf_append(content, staging->blob->data, staging->blob->n_bytes, err);
    if (status == WEIR_OK)
        staging->is_busy = true;
    weir__mutex_unlock(&world->mutex);
    return status;
}

/* Are the bytes those that were announced? Cuts back what was too much. */
static int append_check(const struct weir_storage_request *request, size_t at_entry,
                        struct weir__buf *content, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES], hex[65];
    uint64_t arrived = content->len - at_entry;
    if (arrived < (uint64_t)request->size_bytes) {
        return weir__fail_detail(err, WEIR_IO, WEIR_DETAIL_INCOMPLETE,
                                 "append %s: fewer bytes arrived than announced",
                                 weir__key_shown(request->key, shown));
    }
    if (arrived > (uint64_t)request->size_bytes ||
        (request->total_bytes >= 0 && content->len != (uint64_t)request->total_bytes)) {
        content->len = at_entry;
        return weir__fail(err, WEIR_INVALID, "append %s: not the announced number of bytes",
                          weir__key_shown(request->key, shown));
    }
    if (!request->append->sha256)
        return WEIR_OK;
    uint8_t digest[32];
    weir__sha256(content->data, content->len, digest);
    weir__hex(digest, sizeof digest, hex);
    hex[64] = 0;
    if (strcmp(hex, request->append->sha256) != 0) {
        return weir__fail(err, WEIR_CORRUPT, "append %s: the checksum does not match",
                          weir__key_shown(request->key, shown));
    }
    return WEIR_OK;
}

int weir__mem_append(void *ctx, const struct weir_storage_request *request, bool *out_is_promoted,
                     struct weir_error *err)
{
    static const struct weir_put_options plain;
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_APPEND, &fault, err));
    AUTO(buf) struct weir__buf content = weir__buf_make(world->env, WEIR__MEM_MAX_BYTES);
    TRY(staging_take(world, request->key, &content, err));
    size_t at_entry = content.len;
    struct weir_put_result result = {0};
    int status = source_drain(request->source, &content, err);
    if (status == WEIR_OK)
        status = append_check(request, at_entry, &content, err);
    if (status == WEIR_OK)
        status = staging_publish(world, request->key, &content, &plain, &result, err);
    if (status != WEIR_OK)
        staging_release(world, request->key, &content, false);
    *out_is_promoted = status == WEIR_OK;
    return weir__mem_end(&fault, status, err);
}

/* ---- Get, head, delete ---------------------------------------------------------------------- */

struct found_object {
    struct weir__mem_blob *blob;
    char etag[WEIR_ETAG_BYTES];
};

static int object_find(struct weir__mem_world *world, const struct weir_storage_request *request,
                       struct found_object *out, struct weir_error *err)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    weir__mutex_lock(&world->mutex);
    const struct weir__mem_object *object = weir__mem_find_locked(world, request->key, false);
    if (!object && request->get->allow_partial)
        object = weir__mem_find_locked(world, request->key, true);
    if (object) {
        (void)atomic_fetch_add(&object->blob->refs, 1);
        out->blob = object->blob;
        weir__mem_etag(object, out->etag);
    }
    weir__mutex_unlock(&world->mutex);
    if (!object) {
        return weir__fail(err, WEIR_NOT_FOUND, "get %s: no such object",
                          weir__key_shown(request->key, shown));
    }
    if (request->get->if_etag && strcmp(request->get->if_etag, out->etag) != 0) {
        return weir__fail(err, WEIR_PRECONDITION, "get %s: the object is another version",
                          weir__key_shown(request->key, shown));
    }
    return WEIR_OK;
}

static int blob_send(const struct weir__mem_blob *blob, const struct weir_storage_request *request,
                     struct weir_get_result *out, struct weir_error *err)
{
    uint64_t at, n;
    TRY(weir__range_resolve(blob->n_bytes, request->get, request->key, &at, &n, err));
    if (request->expect)
        TRY(request->expect(request->expect_ctx, n, err));
    while (out->n_written < n) {
        uint64_t left = n - out->n_written;
        size_t chunk = left < WEIR__STORAGE_CHUNK ? (size_t)left : WEIR__STORAGE_CHUNK;
        TRY(request->sink->write(request->sink->ctx, blob->data + at + out->n_written, chunk, err));
        out->n_written += chunk;
    }
    return WEIR_OK;
}

int weir__mem_get_stream(void *ctx, const struct weir_storage_request *request,
                         struct weir_get_result *out, struct weir_error *err)
{
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_GET, &fault, err));
    struct found_object found = {NULL, ""};
    int status = object_find(world, request, &found, err);
    if (status == WEIR_OK && found.blob)
        status = blob_send(found.blob, request, out, err);
    if (!request->no_etag)
        memcpy(out->etag, found.etag, sizeof out->etag);
    weir__mem_blob_unref(found.blob);
    return weir__mem_end(&fault, status, err);
}

static int head_fill_locked(const struct weir__mem_world *world, const char *key, bool no_etag,
                            struct weir_head *out, struct weir_error *err)
{
    const struct weir__mem_object *object = weir__mem_find_locked(world, key, false);
    if (!object)
        object = weir__mem_find_locked(world, key, true);
    if (!object)
        return WEIR_OK;
    for (size_t i = 0; i < object->n_meta; i++)
        TRY(weir_head_add_meta(out, object->meta[i].name, object->meta[i].value, err));
    out->size_bytes = (int64_t)object->blob->n_bytes;
    out->modified_us = object->modified_us;
    out->is_partial = object->is_partial;
    if (!no_etag)
        weir__mem_etag(object, out->etag);
    return WEIR_OK;
}

int weir__mem_head(void *ctx, const struct weir_storage_request *request, struct weir_head *out,
                   struct weir_error *err)
{
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_HEAD, &fault, err));
    weir__mutex_lock(&world->mutex);
    int status = head_fill_locked(world, request->key, request->no_etag, out, err);
    weir__mutex_unlock(&world->mutex);
    return weir__mem_end(&fault, status, err);
}

int weir__mem_delete(void *ctx, const struct weir_storage_request *request, struct weir_error *err)
{
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_DELETE, &fault, err));
    weir__mutex_lock(&world->mutex);
    remove_locked(world, request->key, false);
    remove_locked(world, request->key, true);
    weir__mutex_unlock(&world->mutex);
    return weir__mem_end(&fault, WEIR_OK, err);
}
