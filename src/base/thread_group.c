/* thread_group.c: tasks of one purpose that stop at the first failure.
 *
 * Each group has its own short queue; the threads of the pool serve the groups in turn, so that a
 * large group does not starve a small one. A thread in weir__group_add or weir__group_wait helps
 * with its own group's tasks instead of standing idle: therefore a task may use a group on the
 * pool it runs on, and no number of waiting tasks can bring the pool to a halt. */
#include "base/alloc.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/thread_pool.h"

#define GROUP_QUEUE_TASKS 64 /* queued, not counting those that run */

struct task {
    weir__task_fn *run;
    void *arg;
};

struct weir__group {
    const struct weir_env *env;
    struct weir__pool *pool; /* NULL: tasks run inside weir__group_add */
    struct weir_cancel stop; /* what tasks see: the first failure, or the caller's cancel */
    int max_running;
    struct weir__cond changed; /* a task ended */
    struct {
        struct weir__group *next; /* in the pool's list */
        struct task queue[GROUP_QUEUE_TASKS];
        int head, n_queued, n_running;
        int status;   /* of the failure kept */
        bool is_stop; /* it says only that somebody asked to stop */
        struct weir_error error;
    } locked; /* by the pool's mutex; without a pool there is one thread only */
};

static void pool_append_locked(struct weir__pool *pool, struct weir__group *group)
{
    ASSERT(pool->mutex.held);
    group->locked.next = NULL;
    if (pool->locked.last) {
        pool->locked.last->locked.next = group;
    } else {
        pool->locked.first = group;
    }
    pool->locked.last = group;
}

static void pool_remove_locked(struct weir__pool *pool, struct weir__group *group)
{
    ASSERT(pool->mutex.held);
    struct weir__group *before = NULL;
    struct weir__group *at = pool->locked.first;
    while (at != group) {
        before = at;
        at = at->locked.next;
    }
    if (before) {
        before->locked.next = group->locked.next;
    } else {
        pool->locked.first = group->locked.next;
    }
    if (pool->locked.last == group)
        pool->locked.last = before;
}

static bool group_is_ready_locked(const struct weir__group *group)
{
    return group->locked.n_queued > 0 && group->locked.n_running < group->max_running;
}

struct weir__group *weir__pool_ready_locked(struct weir__pool *pool)
{
    ASSERT(pool->mutex.held);
    struct weir__group *group = pool->locked.first;
    while (group && !group_is_ready_locked(group))
        group = group->locked.next;
    if (group) {
        pool_remove_locked(pool, group);
        pool_append_locked(pool, group);
    }
    return group;
}

/* A status that only says that somebody asked to stop. */
static bool status_is_stop(const struct weir__group *group, int status)
{
    if (status == WEIR_CANCELLED)
        return true;
    return status == WEIR_TIMEOUT && weir_cancel_check(group->stop.parent, NULL) == WEIR_TIMEOUT;
}

/* Run one task unless the group stops already. Called without the lock. */
static int task_run(struct weir__group *group, struct task task, bool *out_is_stop,
                    struct weir_error *error)
{
    int status = weir_cancel_check(&group->stop, error);
    if (status == WEIR_OK)
        status = task.run(task.arg, &group->stop, error);
    if (status != WEIR_OK && error->code != status)
        (void)weir__fail(error, status, "%s", weir_status_name(status));
    *out_is_stop = status_is_stop(group, status);
    return status;
}

/* The first failure is kept, but a real one takes the place of a mere stop. */
static void group_note_locked(struct weir__group *group, int status, bool is_stop,
                              const struct weir_error *error)
{
    if (status == WEIR_OK)
        return;
    if (group->locked.status == WEIR_OK || (group->locked.is_stop && !is_stop)) {
        group->locked.status = status;
        group->locked.is_stop = is_stop;
        group->locked.error = *error;
    }
    weir_cancel_trigger(&group->stop);
}

static struct task group_pop_locked(struct weir__group *group)
{
    ASSERT(group->locked.n_queued > 0);
    struct task task = group->locked.queue[group->locked.head];
    group->locked.head = (group->locked.head + 1) % GROUP_QUEUE_TASKS;
    group->locked.n_queued--;
    return task;
}

void weir__group_run_locked(struct weir__group *group)
{
    struct weir__pool *pool = group->pool;
    ASSERT(pool->mutex.held);
    struct task task = group_pop_locked(group);
    group->locked.n_running++;
    weir__mutex_unlock(&pool->mutex);

    struct weir_error error = WEIR_ERROR_INIT;
    bool is_stop = false;
    int status = task_run(group, task, &is_stop, &error);

    weir__mutex_lock(&pool->mutex);
    group_note_locked(group, status, is_stop, &error);
    group->locked.n_running--;
    if (group_is_ready_locked(group))
        weir__cond_signal(&pool->work);
    weir__cond_broadcast(&group->changed);
}

int weir__group_new(const struct weir_env *env, struct weir__pool *pool,
                    const struct weir_cancel *outer, int max_running, struct weir__group **out,
                    struct weir_error *err)
{
    ASSERT(max_running >= 0);
    struct weir__group *group = weir__alloc_zero(env, 1, sizeof *group, err);
    if (!group)
        return WEIR_NO_MEMORY;
    group->env = env;
    group->pool = pool;
    group->stop.env = env;
    group->stop.parent = outer;
    group->max_running = max_running ? max_running : weir__pool_threads(pool);
    weir__cond_init(&group->changed);
    if (pool) {
        weir__mutex_lock(&pool->mutex);
        pool_append_locked(pool, group);
        weir__mutex_unlock(&pool->mutex);
    }
    *out = group;
    return WEIR_OK;
}

/* Do something useful while the group is not as the caller needs it: a task of it, or sleep. */
static void group_help_locked(struct weir__group *group)
{
    if (group_is_ready_locked(group)) {
        weir__group_run_locked(group);
    } else {
        weir__cond_wait(&group->changed, &group->pool->mutex);
    }
}

static void group_queue(struct weir__group *group, struct task task)
{
    struct weir__pool *pool = group->pool;
    weir__mutex_lock(&pool->mutex);
    while (group->locked.n_queued == GROUP_QUEUE_TASKS)
        group_help_locked(group);
    int end = (group->locked.head + group->locked.n_queued) % GROUP_QUEUE_TASKS;
    group->locked.queue[end] = task;
    group->locked.n_queued++;
    weir__cond_signal(&pool->work);
    weir__mutex_unlock(&pool->mutex);
}

int weir__group_add(struct weir__group *group, weir__task_fn *run, void *arg,
                    struct weir_error *err)
{
    (void)err; /* nothing fails today; the queue may be allocated one day */
    struct task task = {run, arg};
    if (group->pool) {
        group_queue(group, task);
        return WEIR_OK;
    }
    struct weir_error error = WEIR_ERROR_INIT;
    bool is_stop = false;
    int status = task_run(group, task, &is_stop, &error);
    group_note_locked(group, status, is_stop, &error);
    return WEIR_OK;
}

static void group_drain(struct weir__group *group)
{
    if (!group->pool)
        return;
    weir__mutex_lock(&group->pool->mutex);
    while (group->locked.n_queued + group->locked.n_running > 0)
        group_help_locked(group);
    weir__mutex_unlock(&group->pool->mutex);
}

int weir__group_wait(struct weir__group *group, struct weir_error *err)
{
    group_drain(group);
    /* No task is left, so that nobody else touches the result. */
    if (group->locked.status != WEIR_OK && err)
        *err = group->locked.error;
    return group->locked.status;
}

void weir__group_free(struct weir__group *group)
{
    if (!group)
        return;
    weir_cancel_trigger(&group->stop); /* what is queued is skipped */
    group_drain(group);
    if (group->pool) {
        weir__mutex_lock(&group->pool->mutex);
        pool_remove_locked(group->pool, group);
        weir__mutex_unlock(&group->pool->mutex);
    }
    weir__cond_dispose(&group->changed);
    weir__free(group->env, group);
}

void weir__group_freep(struct weir__group **group)
{
    weir__group_free(*group);
    *group = NULL;
}
