/* fan.c: the same task for many items, on the table's pool. */
#include "table/handle.h"

struct fan {
    weir__fan_task *task;
    void *arg;
};

struct fan_item {
    const struct fan *fan;
    size_t i;
};

static int fan_run(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct fan_item *item = arg;
    return item->fan->task(item->fan->arg, item->i, cancel, err);
}

/* On this machine more threads only hold more memory; elsewhere each one waits for a network. */
#define NEAR_THREADS 8

static int pool_threads(const struct weir_table *table)
{
    bool is_near = (weir_storage_caps(table->store) & WEIR_CAP_CHEAP_HEAD) != 0;
    return is_near && table->max_inflight > NEAR_THREADS ? NEAR_THREADS : table->max_inflight;
}

/* The pool of the table, made on first need. */
static int pool_get(struct weir_table *table, struct weir__pool **out, struct weir_error *err)
{
    weir__mutex_lock(&table->mutex);
    struct weir__pool *pool = table->locked.pool;
    weir__mutex_unlock(&table->mutex);
    if (!pool) {
        AUTO(pool) struct weir__pool *made = NULL;
        TRY(weir__pool_new(table->env, pool_threads(table), &made, err));
        weir__mutex_lock(&table->mutex);
        if (!table->locked.pool)
            table->locked.pool = TAKE(made); /* else another thread was faster; ours goes */
        pool = table->locked.pool;
        weir__mutex_unlock(&table->mutex);
    }
    *out = pool;
    return WEIR_OK;
}

int weir__table_fan_out(struct weir_table *table, size_t n, weir__fan_task *task, void *arg,
                        const struct weir_cancel *cancel, struct weir_error *err)
{
    struct weir__pool *pool = NULL; /* none: weir__group_add runs each task at once */
    AUTO(group) struct weir__group *group = NULL;
    const struct fan fan = {task, arg};
    if (n == 0)
        return WEIR_OK;
    if (n > 1 && table->max_inflight > 1)
        TRY(pool_get(table, &pool, err));
    struct fan_item *items = weir__alloc_zero(table->env, n, sizeof *items, err);
    if (!items)
        return WEIR_NO_MEMORY;
    int status = weir__group_new(table->env, pool, cancel, 0, &group, err);
    for (size_t i = 0; status == WEIR_OK && i < n; i++) {
        items[i] = (struct fan_item){&fan, i};
        status = weir__group_add(group, fan_run, &items[i], err);
    }
    if (status == WEIR_OK)
        status = weir__group_wait(group, err);
    weir__group_freep(&group); /* waits: tasks use the items */
    weir__free(table->env, items);
    return status;
}
