/* alloc.h: memory through the env. The only callers of malloc and friends are behind
 * weir_env_default(). */
#ifndef WEIR_BASE_ALLOC_H
#define WEIR_BASE_ALLOC_H

#include <weir/env.h>

#include <stddef.h>

/* Not initialised. n_bytes 0 gives a valid pointer. NULL on failure, `err` filled with
 * WEIR_NO_MEMORY. */
void *weir__alloc(const struct weir_env *env, size_t n_bytes, struct weir_error *err)
    __attribute__((malloc));

/* Zeroed; n x size checked for overflow. */
void *weir__alloc_zero(const struct weir_env *env, size_t n, size_t size, struct weir_error *err)
    __attribute__((malloc));

/* On failure the old block stays valid. */
void *weir__resize(const struct weir_env *env, void *block, size_t n_bytes, struct weir_error *err);

/* NULL is fine. */
void weir__free(const struct weir_env *env, const void *block);

/* A copy with a final NUL. */
char *weir__strdup(const struct weir_env *env, const char *text, struct weir_error *err);
char *weir__strndup(const struct weir_env *env, const char *text, size_t len,
                    struct weir_error *err);

#endif
