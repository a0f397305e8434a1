/* memory_list.c: listings of a memory store, page by page, each page under one lock. */
#include "storage/memory.h"

#include <stdlib.h>

/* Where the next page begins: after this key, or after everything below this common prefix. */
struct mem_cursor {
    const struct weir_env *env;
    bool is_prefix;
    char key[];
};

static void cursor_free(void *state)
{
    struct mem_cursor *cursor = state;
    weir__free(cursor->env, cursor);
}

static int cursor_set(const struct weir_env *env, struct weir_storage_page *page, const char *key,
                      size_t key_bytes, bool is_prefix, struct weir_error *err)
{
    struct mem_cursor *cursor = weir__alloc(env, sizeof *cursor + key_bytes + 1, err);
    if (!cursor)
        return WEIR_NO_MEMORY;
    cursor->env = env;
    cursor->is_prefix = is_prefix;
    memcpy(cursor->key, key, key_bytes);
    cursor->key[key_bytes] = 0;
    if (page->state)
        page->state_free(page->state);
    page->state = cursor;
    page->state_free = cursor_free;
    return WEIR_OK;
}

static bool key_has_prefix(const char *key, const char *prefix)
{
    return strncmp(key, prefix, strlen(prefix)) == 0;
}

/* The first object not below `prefix` from `i` on. */
static size_t skip_prefix_locked(const struct weir__mem_world *world, size_t i, const char *prefix)
{
    while (i < world->locked.n && key_has_prefix(world->locked.objects[i]->key, prefix))
        i++;
    return i;
}

static size_t page_start_locked(const struct weir__mem_world *world,
                                const struct weir_storage_request *request,
                                const struct mem_cursor *cursor)
{
    size_t first = weir__mem_lower_bound_locked(world, request->key, false);
    const char *after = request->list->start_after;
    if (cursor && cursor->is_prefix) {
        size_t i = weir__mem_lower_bound_locked(world, cursor->key, false);
        return skip_prefix_locked(world, i, cursor->key);
    }
    if (cursor)
        after = cursor->key;
    if (!after || !*after || strcmp(after, request->key) < 0)
        return first;
    size_t i = weir__mem_lower_bound_locked(world, after, true);
    if (i < world->locked.n && strcmp(world->locked.objects[i]->key, after) == 0)
        i++; /* its staging file goes by the same key */
    return i;
}

static bool object_is_listed(const struct weir__mem_world *world,
                             const struct weir_storage_request *request,
                             const struct weir__mem_object *object, int64_t now_us)
{
    if (object->is_partial)
        return request->list->include_partial && !weir__mem_find_locked(world, object->key, false);
    return object->visible_us <= now_us;
}

/* Bytes of the common prefix that stands for `key`, 0 if it is listed itself. */
static size_t common_prefix_bytes(const struct weir_storage_request *request, const char *key)
{
    if (!request->list->delimiter)
        return 0;
    const char *slash = strchr(key + strlen(request->key), '/');
    return slash ? (size_t)(slash - key) + 1 : 0;
}

static int entry_add(struct weir_storage_page *page, const struct weir__mem_object *object,
                     size_t prefix_bytes, struct weir_error *err)
{
    char etag[WEIR_ETAG_BYTES] = "", prefix[WEIR_KEY_MAX_BYTES + 1];
    struct weir_object entry = {.key = object->key, .etag = etag};
    if (prefix_bytes) {
        memcpy(prefix, object->key, prefix_bytes);
        prefix[prefix_bytes] = 0;
        entry.key = prefix;
        entry.is_prefix = true;
        return weir_storage_page_add(page, &entry, err);
    }
    weir__mem_etag(object, etag);
    entry.size_bytes = (int64_t)object->blob->n_bytes;
    entry.modified_us = object->modified_us;
    entry.is_partial = object->is_partial;
    return weir_storage_page_add(page, &entry, err);
}

static int page_fill_locked(const struct weir__mem_world *world,
                            const struct weir_storage_request *request,
                            struct weir_storage_page *page, struct weir_error *err)
{
    int64_t now_us = weir__mem_now(world), limit = request->list->limit;
    int64_t room = world->locked.page_size;
    room = limit && limit < room ? limit : room;
    const struct weir__mem_object *last = NULL;
    size_t last_prefix = 0;
    for (size_t i = page_start_locked(world, request, page->state); i < world->locked.n;) {
        const struct weir__mem_object *object = world->locked.objects[i];
        if (!key_has_prefix(object->key, request->key))
            break;
        if (!object_is_listed(world, request, object, now_us)) {
            i++;
            continue;
        }
        if (room-- == 0 && last) { /* one more is there: this page is not the last */
            return cursor_set(world->env, page, last->key,
                              last_prefix ? last_prefix : strlen(last->key), last_prefix > 0, err);
        }
        last = object;
        last_prefix = common_prefix_bytes(request, object->key);
        TRY(entry_add(page, object, last_prefix, err));
        i++;
        while (last_prefix && i < world->locked.n &&
               strncmp(world->locked.objects[i]->key, last->key, last_prefix) == 0)
            i++;
    }
    page->is_last = true;
    return WEIR_OK;
}

int weir__mem_list(void *ctx, const struct weir_storage_request *request,
                   struct weir_storage_page *page, struct weir_error *err)
{
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_LIST, &fault, err));
    weir__mutex_lock(&world->mutex);
    int status = page_fill_locked(world, request, page, err);
    weir__mutex_unlock(&world->mutex);
    return weir__mem_end(&fault, status, err);
}

/* ---- Directories ---------------------------------------------------------------------------- */

static int names_compare(const void *a, const void *b)
{
    return weir__str_compare(*(const struct weir__str *)a, *(const struct weir__str *)b);
}

/* The names of the directories right below the prefix, each once but in key order. */
static int names_collect_locked(const struct weir__mem_world *world, const char *prefix,
                                struct weir__buf *names, struct weir_error *err)
{
    size_t prefix_bytes = strlen(prefix);
    for (size_t i = weir__mem_lower_bound_locked(world, prefix, false); i < world->locked.n;) {
        const struct weir__mem_object *object = world->locked.objects[i];
        if (!key_has_prefix(object->key, prefix))
            break;
        const char *name = object->key + prefix_bytes, *slash = strchr(name, '/');
        i++;
        if (!slash || *name == '.' || object->is_partial)
            continue;
        struct weir__str found = {name, (size_t)(slash - name)};
        TRY(weir__buf_append(names, &found, sizeof found, err));
        size_t skip = prefix_bytes + found.len + 1;
        while (i < world->locked.n &&
               strncmp(world->locked.objects[i]->key, object->key, skip) == 0)
            i++;
    }
    return WEIR_OK;
}

static int directories_fill_locked(const struct weir__mem_world *world, const char *prefix,
                                   struct weir__buf *names, struct weir_storage_page *page,
                                   struct weir_error *err)
{
    TRY(names_collect_locked(world, prefix, names, err));
    struct weir__str *items = (struct weir__str *)(void *)names->data;
    size_t n = names->len / sizeof *items;
    if (n)
        qsort(items, n, sizeof *items, names_compare);
    for (size_t i = 0; i < n; i++) {
        char name[WEIR_KEY_MAX_BYTES + 1];
        memcpy(name, items[i].data, items[i].len);
        name[items[i].len] = 0;
        struct weir_object entry = {.key = name, .etag = "", .is_prefix = true};
        TRY(weir_storage_page_add(page, &entry, err));
    }
    page->is_last = true;
    return WEIR_OK;
}

int weir__mem_list_directories(void *ctx, const struct weir_storage_request *request,
                               struct weir_storage_page *page, struct weir_error *err)
{
    struct weir__mem_world *world = ctx;
    struct weir__mem_fault fault;
    TRY(weir__mem_begin(world, WEIR_VERB_LIST, &fault, err));
    AUTO(buf) struct weir__buf names = weir__buf_make(world->env, 256u << 20);
    weir__mutex_lock(&world->mutex);
    int status = directories_fill_locked(world, request->key, &names, page, err);
    weir__mutex_unlock(&world->mutex);
    return weir__mem_end(&fault, status, err);
}
