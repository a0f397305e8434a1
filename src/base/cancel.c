/* cancel.c: the flag that stops long operations. */
#include "base/cancel.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/macros.h"

#include <inttypes.h>

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "weir_cancel_trigger must be async-signal-safe");

int weir_cancel_new(const struct weir_env *env, int64_t deadline_us, struct weir_cancel **out,
                    struct weir_error *err)
{
    ASSERT(env && out);
    if (deadline_us < 0)
        return weir__fail(err, WEIR_INVALID, "deadline %" PRId64 " us is negative", deadline_us);
    struct weir_cancel *cancel = weir__alloc_zero(env, 1, sizeof *cancel, err);
    if (!cancel)
        return WEIR_NO_MEMORY;
    cancel->env = env;
    cancel->deadline_us = deadline_us;
    atomic_init(&cancel->is_triggered, 0);
    *out = cancel;
    return WEIR_OK;
}

void weir_cancel_trigger(struct weir_cancel *cancel)
{
    if (cancel)
        atomic_store_explicit(&cancel->is_triggered, 1, memory_order_release);
}

/* A parent's reason comes first: it is the one the caller knows about. */
static int cancel_state(const struct weir_cancel *cancel)
{
    if (cancel->parent) {
        int status = cancel_state(cancel->parent); /* two levels: the caller's and a group's */
        if (status != WEIR_OK)
            return status;
    }
    if (atomic_load_explicit(&cancel->is_triggered, memory_order_acquire))
        return WEIR_CANCELLED;
    if (cancel->deadline_us &&
        cancel->env->monotonic_us(cancel->env->clock_ctx) >= cancel->deadline_us)
        return WEIR_TIMEOUT;
    return WEIR_OK;
}

int weir_cancel_check(const struct weir_cancel *cancel, struct weir_error *err)
{
    int status = cancel ? cancel_state(cancel) : WEIR_OK;
    if (status == WEIR_CANCELLED)
        return weir__fail(err, WEIR_CANCELLED, "operation cancelled by its caller");
    if (status == WEIR_TIMEOUT)
        return weir__fail(err, WEIR_TIMEOUT, "operation past its deadline");
    return WEIR_OK;
}

void weir_cancel_free(struct weir_cancel *cancel)
{
    if (cancel)
        weir__free(cancel->env, cancel);
}
