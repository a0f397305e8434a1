/* thread_pool.h: what thread.c and thread_group.c know of each other; private to base. */
#ifndef WEIR_BASE_THREAD_POOL_H
#define WEIR_BASE_THREAD_POOL_H

#include "base/thread.h"

struct weir__pool {
    const struct weir_env *env;
    pthread_t *threads;
    int n_threads;
    struct weir__mutex mutex; /* also guards the `locked` part of every group of this pool */
    struct weir__cond work;   /* a task became ready, or the pool stops */
    struct {
        struct weir__group *first; /* groups alive, in the order of their next turn */
        struct weir__group *last;
        bool is_stopping;
    } locked;
};

/* A group with a task that may start now, moved behind the others; NULL: none. */
struct weir__group *weir__pool_ready_locked(struct weir__pool *pool);

/* Run the group's oldest task; gives the lock up meanwhile. */
void weir__group_run_locked(struct weir__group *group);

#endif
