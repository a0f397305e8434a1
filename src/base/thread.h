/* thread.h: locks, a bounded pool of threads, and groups of tasks that stop at the first failure.
 */
#ifndef WEIR_BASE_THREAD_H
#define WEIR_BASE_THREAD_H

#include <weir/env.h>

#include <pthread.h>
#include <stdbool.h>

/* pthread mutex and condition, with failures of misuse asserted. `held` is for ..._locked functions
 * to assert. */
struct weir__mutex {
    pthread_mutex_t raw;
    bool held; /* only meaningful to the holder */
};

struct weir__cond {
    pthread_cond_t raw;
};

void weir__mutex_init(struct weir__mutex *mutex);
void weir__mutex_dispose(struct weir__mutex *mutex);
void weir__mutex_lock(struct weir__mutex *mutex);
void weir__mutex_unlock(struct weir__mutex *mutex);
void weir__cond_init(struct weir__cond *cond);
void weir__cond_dispose(struct weir__cond *cond);
void weir__cond_wait(struct weir__cond *cond, struct weir__mutex *mutex);
/* false after the time is over (real time; a wake-up guard, not a clock). */
bool weir__cond_wait_us(struct weir__cond *cond, struct weir__mutex *mutex, int64_t max_us);
void weir__cond_signal(struct weir__cond *cond);
void weir__cond_broadcast(struct weir__cond *cond);

/* A fixed number of threads and a bounded queue. */
struct weir__pool;

#define WEIR__POOL_MAX_THREADS 256

WEIR_NODISCARD int weir__pool_new(const struct weir_env *env, int n_threads,
                                  struct weir__pool **out, struct weir_error *err);
int weir__pool_threads(const struct weir__pool *pool); /* 0 for NULL */
void weir__pool_free(struct weir__pool *pool);         /* joins; NULL is fine */
void weir__pool_freep(struct weir__pool **pool);

/* Tasks of one purpose on a pool. A task runs on a thread of the pool, or on the one that is in
 * weir__group_add or weir__group_wait and would stand idle: a task may therefore use a group on the
 * pool it runs on. A NULL pool runs each task inside weir__group_add. The first failure is kept and
 * cancels the group: tasks not yet started are skipped, running ones see `cancel`. A group belongs
 * to one thread and is freed before its pool. */
struct weir__group;
typedef int weir__task_fn(void *arg, const struct weir_cancel *cancel, struct weir_error *err);

/* `outer` (may be NULL) is the caller's cancel. `max_running` 0 = as many as the pool has threads.
 */
WEIR_NODISCARD int weir__group_new(const struct weir_env *env, struct weir__pool *pool,
                                   const struct weir_cancel *outer, int max_running,
                                   struct weir__group **out, struct weir_error *err);
/* Queue a task; blocks while the queue is full. `arg` must live until weir__group_wait returned.
 * Returns WEIR_OK also when the group has failed already (the task is then skipped). */
WEIR_NODISCARD int weir__group_add(struct weir__group *group, weir__task_fn *run, void *arg,
                                   struct weir_error *err);
/* Wait for all tasks; the first real failure (not the cancellations it caused), or WEIR_OK. */
WEIR_NODISCARD int weir__group_wait(struct weir__group *group, struct weir_error *err);
void weir__group_free(
    struct weir__group *group); /* cancels and waits if weir__group_wait was not called */
void weir__group_freep(struct weir__group **group);

#endif
