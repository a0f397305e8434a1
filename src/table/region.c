/* region.c: a chain of blocks, each twice as large as the last up to a limit. */
#include "table/region.h"

/* Enough for a hundred keys; big listings reach the upper bound after a few blocks. */
#define REGION_FIRST_BYTES 4096u
#define REGION_LARGEST_BYTES (1u << 20)
#define REGION_ALIGN 16u

struct weir__region_chunk {
    struct weir__region_chunk *before;
    size_t used, cap; /* of `data` */
    _Alignas(REGION_ALIGN) uint8_t data[];
};

static int region_grow(struct weir__region *region, size_t need, struct weir_error *err)
{
    size_t cap = region->last ? region->last->cap * 2 : REGION_FIRST_BYTES;
    if (cap > REGION_LARGEST_BYTES)
        cap = REGION_LARGEST_BYTES;
    if (cap < need)
        cap = need;
    struct weir__region_chunk *chunk =
        weir__alloc(region->env, sizeof(struct weir__region_chunk) + cap, err);
    if (!chunk)
        return WEIR_NO_MEMORY;
    *chunk = (struct weir__region_chunk){.before = region->last, .used = 0, .cap = cap};
    region->last = chunk;
    return WEIR_OK;
}

void *weir__region_alloc(struct weir__region *region, size_t n, size_t size, struct weir_error *err)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 4) {
        (void)weir__fail_memory(err, SIZE_MAX); /* the NULL says it */
        return NULL;
    }
    bytes = (bytes + REGION_ALIGN - 1) / REGION_ALIGN * REGION_ALIGN;
    if (bytes == 0)
        bytes = REGION_ALIGN; /* a valid, distinct pointer for nothing */
    if (!region->last || region->last->cap - region->last->used < bytes) {
        if (region_grow(region, bytes, err) != WEIR_OK)
            return NULL;
    }
    uint8_t *at = region->last->data + region->last->used;
    region->last->used += bytes;
    memset(at, 0, bytes);
    return at;
}

void *weir__region_pointers(struct weir__region *region, size_t n, struct weir_error *err)
{
    return weir__region_alloc(region, n, sizeof(void *), err);
}

const char *weir__region_text(struct weir__region *region, struct weir__str text,
                              struct weir_error *err)
{
    char *copy = weir__region_alloc(region, text.len + 1, 1, err);
    if (copy && text.len > 0)
        memcpy(copy, text.data, text.len);
    return copy;
}

const char *const *weir__region_texts(struct weir__region *region, const char *const *texts,
                                      size_t n, struct weir_error *err)
{
    const char **copies = weir__region_alloc(region, n, sizeof *copies, err);
    if (!copies)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        copies[i] = weir__region_text(region, weir__str_of(texts[i]), err);
        if (!copies[i])
            return NULL;
    }
    return copies;
}

void weir__region_dispose(struct weir__region *region)
{
    while (region->last) {
        struct weir__region_chunk *chunk = region->last;
        region->last = chunk->before;
        weir__free(region->env, chunk);
    }
}

void weir__region_freep(struct weir__region *region)
{
    weir__region_dispose(region);
}
