/* dir_cache.h: the directories of a local store that are known to survive a power cut: each exists,
 * and its parents were synced after it was made. Any thread. */
#ifndef WEIR_STORAGE_DIR_CACHE_H
#define WEIR_STORAGE_DIR_CACHE_H

#include "base/base.h"

#define WEIR__DIR_CACHE_MAX 65536 /* then it is emptied and learns again */

struct weir__dir_cache {
    const struct weir_env *env;
    struct weir__mutex mutex;
    struct {
        char **slots; /* open addressing, NULL = free; cap is a power of two */
        size_t n, cap;
    } locked;
};

void weir__dir_cache_init(struct weir__dir_cache *cache, const struct weir_env *env);
void weir__dir_cache_dispose(struct weir__dir_cache *cache);
bool weir__dir_cache_has(struct weir__dir_cache *cache, const char *dir);
/* Best effort: without memory the directory is simply looked at again next time. */
void weir__dir_cache_add(struct weir__dir_cache *cache, const char *dir);
/* The directory and everything below it. */
void weir__dir_cache_forget(struct weir__dir_cache *cache, const char *dir);

#endif
