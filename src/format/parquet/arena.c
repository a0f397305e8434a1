/* arena.c: a chain of blocks, each at least 16 KiB, handed out front to back. */
#include "format/parquet/arena.h"

#define ARENA_BLOCK_BYTES 16384u
#define ARENA_ALIGN 16u

struct weir__arena_block {
    struct weir__arena_block *next;
    uint64_t unused; /* keeps the bytes after the header aligned to 16 */
};

struct weir__arena weir__arena_make(const struct weir_env *env, size_t max_bytes)
{
    return (struct weir__arena){env, NULL, NULL, 0, 0, max_bytes};
}

static int arena_grow(struct weir__arena *arena, size_t n_bytes, struct weir_error *err)
{
    size_t room = n_bytes > ARENA_BLOCK_BYTES ? n_bytes : ARENA_BLOCK_BYTES;
    struct weir__arena_block *block = weir__alloc(arena->env, sizeof *block + room, err);
    if (!block)
        return WEIR_NO_MEMORY;

    block->next = arena->blocks;
    arena->blocks = block;
    arena->at = (uint8_t *)(block + 1);
    arena->left = room;
    return WEIR_OK;
}

void *weir__arena_alloc(struct weir__arena *arena, size_t n, size_t size, struct weir_error *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > arena->max - arena->used) {
        (void)weir__fail(err, WEIR_NO_MEMORY, "metadata needs more than %zu bytes of memory",
                         arena->max);
        return NULL;
    }
    bytes = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (bytes == 0)
        bytes = ARENA_ALIGN;
    if (bytes > arena->left && arena_grow(arena, bytes, err) != WEIR_OK)
        return NULL;

    void *out = arena->at;
    arena->at += bytes;
    arena->left -= bytes;
    arena->used += bytes < arena->max - arena->used ? bytes : arena->max - arena->used;
    memset(out, 0, bytes);
    return out;
}

void weir__arena_dispose(struct weir__arena *arena)
{
    struct weir__arena_block *block = arena->blocks;
    while (block) {
        struct weir__arena_block *next = block->next;
        weir__free(arena->env, block);
        block = next;
    }
    arena->blocks = NULL;
    arena->at = NULL;
    arena->left = 0;
    arena->used = 0;
}

void weir__arena_freep(struct weir__arena *arena)
{
    weir__arena_dispose(arena);
}
