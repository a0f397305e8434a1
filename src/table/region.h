/* region.h: memory that is given back all at once: keys of a listing, results of a write, the texts
 * of a description. */
#ifndef WEIR_TABLE_REGION_H
#define WEIR_TABLE_REGION_H

#include "base/base.h"

struct weir__region_chunk;

/* Zeroed = empty, but for env. */
struct weir__region {
    const struct weir_env *env;
    struct weir__region_chunk *last;
};

static inline struct weir__region weir__region_make(const struct weir_env *env)
{
    return (struct weir__region){env, NULL};
}

/* Zeroed bytes, aligned as malloc; live until the region is disposed. NULL on failure. */
void *weir__region_alloc(struct weir__region *region, size_t n, size_t size,
                         struct weir_error *err);
/* A copy with a final NUL; NULL on failure. */
const char *weir__region_text(struct weir__region *region, struct weir__str text,
                              struct weir_error *err);
/* Room for n pointers, all NULL. */
void *weir__region_pointers(struct weir__region *region, size_t n, struct weir_error *err);
/* Copies of n texts; NULL on failure. */
const char *const *weir__region_texts(struct weir__region *region, const char *const *texts,
                                      size_t n, struct weir_error *err);
void weir__region_dispose(struct weir__region *region);
void weir__region_freep(struct weir__region *region); /* for AUTO(region) */

#endif
