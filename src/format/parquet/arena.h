/* arena.h: memory that is given back all at once: decoded footers, page indexes, schema trees.
 *
 * Blocks come from the env; nothing is moved or freed before weir__arena_dispose. */
#ifndef WEIR_FORMAT_PARQUET_ARENA_H
#define WEIR_FORMAT_PARQUET_ARENA_H

#include "base/base.h"

struct weir__arena_block;

struct weir__arena {
    const struct weir_env *env;
    struct weir__arena_block *blocks;
    uint8_t *at;
    size_t left;
    size_t used, max; /* bytes handed out, and how many may be */
};

struct weir__arena weir__arena_make(const struct weir_env *env, size_t max_bytes);
/* Zeroed room for n values of `size` bytes, aligned for any of our structs; n 0 gives a valid
 * pointer. NULL on failure, `err` filled with WEIR_NO_MEMORY, also past the maximum. */
void *weir__arena_alloc(struct weir__arena *arena, size_t n, size_t size, struct weir_error *err);
void weir__arena_dispose(struct weir__arena *arena);
void weir__arena_freep(struct weir__arena *arena); /* for AUTO(arena) */

#endif
