/* env.c: the real world: system clocks, getrandom, the process environment. Memory is in alloc.c,
 * files in platform_linux.c. */
#include <weir/env.h>

#include "base/platform.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static int64_t real_wall_us(void *ctx)
{
    (void)ctx;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t real_monotonic_us(void *ctx)
{
    (void)ctx;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void real_sleep_us(void *ctx, int64_t duration_us)
{
    (void)ctx;
    if (duration_us <= 0)
        return;
    struct timespec wait = {.tv_sec = duration_us / 1000000,
                            .tv_nsec = duration_us % 1000000 * 1000};
    (void)nanosleep(&wait, NULL); /* returning early is allowed */
}

static int real_random(void *ctx, void *buf, size_t n)
{
    (void)ctx;
    uint8_t *at = buf;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

static const char *real_variable(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name); /* NOLINT(concurrency-mt-unsafe): weir never sets any */
}

static const struct weir_env real_env = {
    .struct_size = sizeof(struct weir_env),
    .log_level = WEIR_LOG_WARNING,
    .resize = weir__platform_resize,
    .wall_us = real_wall_us,
    .monotonic_us = real_monotonic_us,
    .sleep_us = real_sleep_us,
    .random = real_random,
    .file = &weir__platform_file_calls,
    .variable = real_variable,
};

const struct weir_env *weir_env_default(void)
{
    return &real_env;
}
