/* cancel.h: what a cancel flag is made of; private to base, for the groups of thread.c. */
#ifndef WEIR_BASE_CANCEL_H
#define WEIR_BASE_CANCEL_H

#include <weir/env.h>

#include <stdatomic.h>

struct weir_cancel {
    const struct weir_env *env;
    atomic_int is_triggered;          /* lock-free, so that a signal handler may set it */
    int64_t deadline_us;              /* of env->monotonic_us; 0 = none */
    const struct weir_cancel *parent; /* cancelled with it; may be NULL, outlives this one */
};

#endif
