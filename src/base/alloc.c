/* alloc.c: memory through the env, and the assertion handler. The only file that may call malloc's
 * family or abort. */
#include "base/alloc.h"

#include "base/error.h"
#include "base/macros.h"
#include "base/platform.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *weir__platform_resize(void *ctx, void *ptr, size_t n_bytes)
{
    (void)ctx;
    if (n_bytes == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, n_bytes);
}

void *weir__alloc(const struct weir_env *env, size_t n_bytes, struct weir_error *err)
{
    void *block = env->resize(env->memory_ctx, NULL, n_bytes ? n_bytes : 1);
    if (!block)
        (void)weir__fail_memory(err, n_bytes);
    return block;
}

void *weir__alloc_zero(const struct weir_env *env, size_t n, size_t size, struct weir_error *err)
{
    size_t n_bytes;
    if (__builtin_mul_overflow(n, size, &n_bytes)) {
        (void)weir__fail_memory(err, SIZE_MAX);
        return NULL;
    }
    void *block = weir__alloc(env, n_bytes, err);
    if (block)
        memset(block, 0, n_bytes);
    return block;
}

void *weir__resize(const struct weir_env *env, void *block, size_t n_bytes, struct weir_error *err)
{
    void *grown = env->resize(env->memory_ctx, block, n_bytes ? n_bytes : 1);
    if (!grown)
        (void)weir__fail_memory(err, n_bytes);
    return grown;
}

void weir__free(const struct weir_env *env, const void *block)
{
    if (block)
        (void)env->resize(env->memory_ctx, (void *)(uintptr_t)block, 0);
}

char *weir__strndup(const struct weir_env *env, const char *text, size_t len,
                    struct weir_error *err)
{
    char *copy = weir__alloc(env, len + 1, err);
    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *weir__strdup(const struct weir_env *env, const char *text, struct weir_error *err)
{
    return weir__strndup(env, text, strlen(text), err);
}

void weir__assert_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "weir: broken invariant: %s (%s:%d)\n", condition, file, line);
    abort();
}
