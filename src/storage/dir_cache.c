/* dir_cache.c: a bounded set of directory names (spec/storage.md 5.3). */
#include "storage/dir_cache.h"

void weir__dir_cache_init(struct weir__dir_cache *cache, const struct weir_env *env)
{
    memset(cache, 0, sizeof *cache);
    cache->env = env;
    weir__mutex_init(&cache->mutex);
}

static void clear_locked(struct weir__dir_cache *cache)
{
    for (size_t i = 0; i < cache->locked.cap; i++)
        weir__free(cache->env, cache->locked.slots[i]);
    weir__free(cache->env, cache->locked.slots);
    cache->locked.slots = NULL;
    cache->locked.n = cache->locked.cap = 0;
}

void weir__dir_cache_dispose(struct weir__dir_cache *cache)
{
    clear_locked(cache);
    weir__mutex_dispose(&cache->mutex);
}

/* The slot that holds `dir`, or the free one where it belongs. */
static size_t slot_of(char *const *slots, size_t cap, const char *dir)
{
    size_t i = (size_t)weir__hash_bytes(dir, strlen(dir)) & (cap - 1);
    while (slots[i] && strcmp(slots[i], dir) != 0)
        i = (i + 1) & (cap - 1);
    return i;
}

bool weir__dir_cache_has(struct weir__dir_cache *cache, const char *dir)
{
    weir__mutex_lock(&cache->mutex);
    bool has = cache->locked.cap &&
               cache->locked.slots[slot_of(cache->locked.slots, cache->locked.cap, dir)];
    weir__mutex_unlock(&cache->mutex);
    return has;
}

/* A table of `cap` slots with what is in the old one, less `dir` and everything below it (NULL:
 * less nothing). false: no memory, nothing changed. */
static bool rebuild_locked(struct weir__dir_cache *cache, size_t cap, const char *dir)
{
    char **slots = weir__alloc_zero(cache->env, cap, sizeof *slots, NULL);
    if (!slots)
        return false;
    size_t n = 0, dir_bytes = dir ? strlen(dir) : 0;
    for (size_t i = 0; i < cache->locked.cap; i++) {
        char *item = cache->locked.slots[i];
        if (!item)
            continue;
        if (dir && strncmp(item, dir, dir_bytes) == 0 &&
            (item[dir_bytes] == 0 || item[dir_bytes] == '/')) {
            weir__free(cache->env, item);
            continue;
        }
        slots[slot_of(slots, cap, item)] = item;
        n++;
    }
    weir__free(cache->env, cache->locked.slots);
    cache->locked.slots = slots;
    cache->locked.cap = cap;
    cache->locked.n = n;
    return true;
}

void weir__dir_cache_add(struct weir__dir_cache *cache, const char *dir)
{
    weir__mutex_lock(&cache->mutex);
    if (cache->locked.n >= WEIR__DIR_CACHE_MAX)
        clear_locked(cache);
    bool has_room = cache->locked.n * 2 < cache->locked.cap ||
                    rebuild_locked(cache, cache->locked.cap ? cache->locked.cap * 2 : 64, NULL);
    if (has_room) {
        size_t i = slot_of(cache->locked.slots, cache->locked.cap, dir);
        char *copy = cache->locked.slots[i] ? NULL : weir__strdup(cache->env, dir, NULL);
        if (copy) {
            cache->locked.slots[i] = copy;
            cache->locked.n++;
        }
    }
    weir__mutex_unlock(&cache->mutex);
}

void weir__dir_cache_forget(struct weir__dir_cache *cache, const char *dir)
{
    weir__mutex_lock(&cache->mutex);
    if (cache->locked.cap && !rebuild_locked(cache, cache->locked.cap, dir))
        clear_locked(cache); /* forgetting too much is safe */
    weir__mutex_unlock(&cache->mutex);
}
