/* thread.c: locks and the bounded pool of threads. The groups that use it are in thread_group.c. */
#include "base/thread.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/thread_pool.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

void weir__mutex_init(struct weir__mutex *mutex)
{
    int status = pthread_mutex_init(&mutex->raw, NULL);
    ASSERT(status == 0);
    mutex->held = false;
}

void weir__mutex_dispose(struct weir__mutex *mutex)
{
    int status = pthread_mutex_destroy(&mutex->raw);
    ASSERT(status == 0);
}

void weir__mutex_lock(struct weir__mutex *mutex)
{
    int status = pthread_mutex_lock(&mutex->raw);
    ASSERT(status == 0);
    ASSERT(!mutex->held);
    mutex->held = true;
}

void weir__mutex_unlock(struct weir__mutex *mutex)
{
    ASSERT(mutex->held);
    mutex->held = false;
    int status = pthread_mutex_unlock(&mutex->raw);
    ASSERT(status == 0);
}

void weir__cond_init(struct weir__cond *cond)
{
    pthread_condattr_t attributes;
    int status = pthread_condattr_init(&attributes);
    ASSERT(status == 0);
    status = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ASSERT(status == 0);
    status = pthread_cond_init(&cond->raw, &attributes);
    ASSERT(status == 0);
    (void)pthread_condattr_destroy(&attributes); /* cannot fail once initialised */
}

void weir__cond_dispose(struct weir__cond *cond)
{
    int status = pthread_cond_destroy(&cond->raw);
    ASSERT(status == 0);
}

void weir__cond_wait(struct weir__cond *cond, struct weir__mutex *mutex)
{
    ASSERT(mutex->held);
    mutex->held = false;
    int status = pthread_cond_wait(&cond->raw, &mutex->raw);
    ASSERT(status == 0);
    mutex->held = true;
}

bool weir__cond_wait_us(struct weir__cond *cond, struct weir__mutex *mutex, int64_t max_us)
{
    ASSERT(mutex->held);
    /* The real clock, as the kernel's: a simulated one would never wake this thread. */
    int64_t end_us;
    int64_t now_us = weir_env_default()->monotonic_us(NULL);
    if (__builtin_add_overflow(now_us, max_us > 0 ? max_us : 0, &end_us))
        end_us = INT64_MAX;
    struct timespec end = {.tv_sec = end_us / 1000000, .tv_nsec = end_us % 1000000 * 1000};
    mutex->held = false;
    int status = pthread_cond_timedwait(&cond->raw, &mutex->raw, &end);
    ASSERT(status == 0 || status == ETIMEDOUT);
    mutex->held = true;
    return status == 0;
}

void weir__cond_signal(struct weir__cond *cond)
{
    int status = pthread_cond_signal(&cond->raw);
    ASSERT(status == 0);
}

void weir__cond_broadcast(struct weir__cond *cond)
{
    int status = pthread_cond_broadcast(&cond->raw);
    ASSERT(status == 0);
}

/* Pool */

static void *pool_main(void *arg)
{
    struct weir__pool *pool = arg;
    weir__mutex_lock(&pool->mutex);
    for (;;) {
        struct weir__group *group = weir__pool_ready_locked(pool);
        if (group) {
            weir__group_run_locked(group);
        } else if (pool->locked.is_stopping) {
            break;
        } else {
            weir__cond_wait(&pool->work, &pool->mutex);
        }
    }
    weir__mutex_unlock(&pool->mutex);
    return NULL;
}

/* Signals are the program's business: they go to the threads it made itself. */
static int quiet_thread_start(pthread_t *out, struct weir__pool *pool)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); /* cannot fail for a valid pointer */
    int status = pthread_sigmask(SIG_SETMASK, &all, &before);
    ASSERT(status == 0);
    int started = pthread_create(out, NULL, pool_main, pool);
    status = pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(status == 0);
    return started;
}

static int pool_start(struct weir__pool *pool, int n_threads, struct weir_error *err)
{
    while (pool->n_threads < n_threads) {
        int status = quiet_thread_start(&pool->threads[pool->n_threads], pool);
        if (status != 0) {
            return weir__fail_errno(err, status, "cannot start thread %d of %d",
                                    pool->n_threads + 1, n_threads);
        }
        pool->n_threads++;
    }
    return WEIR_OK;
}

int weir__pool_new(const struct weir_env *env, int n_threads, struct weir__pool **out,
                   struct weir_error *err)
{
    if (n_threads < 1 || n_threads > WEIR__POOL_MAX_THREADS) {
        return weir__fail(err, WEIR_INVALID, "%d threads are not within 1..%d", n_threads,
                          WEIR__POOL_MAX_THREADS);
    }
    struct weir__pool *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->env = env;
    weir__mutex_init(&made->mutex);
    weir__cond_init(&made->work);
    AUTO(pool) struct weir__pool *pool = made;
    pool->threads = weir__alloc_zero(env, (size_t)n_threads, sizeof *pool->threads, err);
    if (!pool->threads)
        return WEIR_NO_MEMORY;
    TRY(pool_start(pool, n_threads, err));
    *out = TAKE(pool);
    return WEIR_OK;
}

int weir__pool_threads(const struct weir__pool *pool)
{
    return pool ? pool->n_threads : 0;
}

void weir__pool_free(struct weir__pool *pool)
{
    if (!pool)
        return;
    weir__mutex_lock(&pool->mutex);
    ASSERT(!pool->locked.first); /* groups are freed before their pool */
    pool->locked.is_stopping = true;
    weir__cond_broadcast(&pool->work);
    weir__mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->n_threads; i++) {
        int status = pthread_join(pool->threads[i], NULL);
        ASSERT(status == 0);
    }
    weir__cond_dispose(&pool->work);
    weir__mutex_dispose(&pool->mutex);
    weir__free(pool->env, pool->threads);
    weir__free(pool->env, pool);
}

void weir__pool_freep(struct weir__pool **pool)
{
    weir__pool_free(*pool);
    *pool = NULL;
}
