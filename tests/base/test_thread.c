/* test_thread.c: locks, the pool, and groups that stop at the first failure. */
#include "support/support.h"

#include <stdatomic.h>

/* A gate that tasks wait at until the test (or another task) opens it. */
struct gate {
    struct weir__mutex mutex;
    struct weir__cond changed;
    int n_waiting;
    bool is_open;
};

static void gate_init(struct gate *gate)
{
    weir__mutex_init(&gate->mutex);
    weir__cond_init(&gate->changed);
    gate->n_waiting = 0;
    gate->is_open = false;
}

static void gate_dispose(struct gate *gate)
{
    weir__cond_dispose(&gate->changed);
    weir__mutex_dispose(&gate->mutex);
}

static void gate_pass(struct gate *gate)
{
    weir__mutex_lock(&gate->mutex);
    gate->n_waiting++;
    weir__cond_broadcast(&gate->changed);
    while (!gate->is_open)
        weir__cond_wait(&gate->changed, &gate->mutex);
    weir__mutex_unlock(&gate->mutex);
}

static void gate_open_when(struct gate *gate, int n_waiting)
{
    weir__mutex_lock(&gate->mutex);
    while (gate->n_waiting < n_waiting)
        weir__cond_wait(&gate->changed, &gate->mutex);
    gate->is_open = true;
    weir__cond_broadcast(&gate->changed);
    weir__mutex_unlock(&gate->mutex);
}

struct world {
    struct test_env t;
    struct weir__pool *pool;
    struct weir__group *group;
};

static void world_begin(struct world *w, int n_threads, int max_running,
                        const struct weir_cancel *outer)
{
    memset(w, 0, sizeof *w);
    test_env_init(&w->t);
    if (n_threads)
        assert_ok(weir__pool_new(&w->t.env, n_threads, &w->pool, &test_last_error));
    assert_ok(weir__group_new(&w->t.env, w->pool, outer, max_running, &w->group, &test_last_error));
}

static void world_end(struct world *w)
{
    weir__group_free(w->group);
    weir__pool_free(w->pool);
    test_env_check_leaks(&w->t);
}

static int count_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)err;
    assert_non_null(cancel);
    atomic_fetch_add((atomic_int *)arg, 1);
    return WEIR_OK;
}

static int failing_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)cancel;
    return weir__fail(err, WEIR_CORRUPT, "task %s failed", (const char *)arg);
}

static int gate_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)cancel;
    (void)err;
    gate_pass(arg);
    return WEIR_OK;
}

/* Waits at the gate, then reports what its cancel says. */
static int obedient_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    gate_pass(arg);
    return weir_cancel_check(cancel, err);
}

static int until_cancelled_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    gate_pass(arg);
    for (;;)
        TRY(weir_cancel_check(cancel, err));
}

static void group_runs_every_task_once(void **state)
{
    (void)state;
    for (int n_threads = 0; n_threads <= 4; n_threads++) {
        struct world w;
        atomic_int count = 0;
        world_begin(&w, n_threads, 0, NULL);
        for (int i = 0; i < 1000; i++) /* many times the queue */
            assert_ok(weir__group_add(w.group, count_task, &count, &test_last_error));
        assert_ok(weir__group_wait(w.group, &test_last_error));
        assert_int_equal(atomic_load(&count), 1000);
        assert_int_equal(weir__pool_threads(w.pool), n_threads);
        world_end(&w);
    }
}

static void group_runs_inline_without_a_pool(void **state)
{
    (void)state;
    struct world w;
    atomic_int count = 0;
    world_begin(&w, 0, 0, NULL);
    assert_ok(weir__group_add(w.group, count_task, &count, &test_last_error));
    assert_int_equal(atomic_load(&count), 1);
    assert_ok(weir__group_add(w.group, failing_task, "first", &test_last_error));
    assert_ok(weir__group_add(w.group, count_task, &count, &test_last_error));
    assert_ok(weir__group_add(w.group, failing_task, "second", &test_last_error));
    assert_int_equal(atomic_load(&count), 1); /* skipped after the failure */
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__group_wait(w.group, &err), WEIR_CORRUPT);
    assert_string_equal(err.message, "task first failed");
    assert_int_equal(weir__group_wait(w.group, NULL), WEIR_CORRUPT); /* twice is once */
    world_end(&w);
}

static void group_really_runs_tasks_side_by_side(void **state)
{
    (void)state;
    struct world w;
    struct gate gate;
    gate_init(&gate);
    world_begin(&w, 3, 0, NULL);
    for (int i = 0; i < 3; i++)
        assert_ok(weir__group_add(w.group, gate_task, &gate, &test_last_error));
    gate_open_when(&gate, 3); /* hangs unless three run at once */
    assert_ok(weir__group_wait(w.group, &test_last_error));
    world_end(&w);
    gate_dispose(&gate);
}

struct peak {
    atomic_int running, highest;
};

static int peak_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)cancel;
    (void)err;
    struct peak *peak = arg;
    int running = atomic_fetch_add(&peak->running, 1) + 1;
    int highest = atomic_load(&peak->highest);
    while (running > highest && !atomic_compare_exchange_weak(&peak->highest, &highest, running)) {
    }
    for (volatile int i = 0; i < 2000; i++) {
    }
    atomic_fetch_sub(&peak->running, 1);
    return WEIR_OK;
}

static void group_never_runs_more_than_its_limit(void **state)
{
    (void)state;
    static const int limits[] = {1, 2, 0};
    for (size_t k = 0; k < COUNT_OF(limits); k++) {
        struct world w;
        struct peak peak = {0, 0};
        world_begin(&w, 4, limits[k], NULL);
        for (int i = 0; i < 500; i++)
            assert_ok(weir__group_add(w.group, peak_task, &peak, &test_last_error));
        assert_ok(weir__group_wait(w.group, &test_last_error));
        assert_in_range(atomic_load(&peak.highest), 1, limits[k] ? limits[k] : 4);
        world_end(&w);
    }
}

static void group_keeps_the_failure_not_the_cancellation_it_caused(void **state)
{
    (void)state;
    struct world w;
    struct gate gate;
    gate_init(&gate);
    world_begin(&w, 3, 0, NULL);
    assert_ok(weir__group_add(w.group, until_cancelled_task, &gate, &test_last_error));
    assert_ok(weir__group_add(w.group, until_cancelled_task, &gate, &test_last_error));
    gate_open_when(&gate, 2);
    assert_ok(weir__group_add(w.group, failing_task, "real", &test_last_error));
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__group_wait(w.group, &err), WEIR_CORRUPT);
    assert_string_equal(err.message, "task real failed");
    world_end(&w);
    gate_dispose(&gate);
}

static void group_skips_what_was_not_started_when_one_failed(void **state)
{
    (void)state;
    struct world w;
    struct gate gate;
    atomic_int count = 0;
    gate_init(&gate);
    world_begin(&w, 2, 1, NULL);
    assert_ok(weir__group_add(w.group, gate_task, &gate, &test_last_error));
    assert_ok(weir__group_add(w.group, failing_task, "early", &test_last_error));
    for (int i = 0; i < 10; i++)
        assert_ok(weir__group_add(w.group, count_task, &count, &test_last_error));
    gate_open_when(&gate, 1);
    assert_int_equal(weir__group_wait(w.group, NULL), WEIR_CORRUPT);
    assert_int_equal(atomic_load(&count), 0);
    world_end(&w);
    gate_dispose(&gate);
}

static void group_reports_the_callers_cancel(void **state)
{
    (void)state;
    for (int n_threads = 0; n_threads <= 2; n_threads += 2) {
        struct world w;
        struct weir_cancel *outer = NULL;
        atomic_int count = 0;
        assert_ok(weir_cancel_new(weir_env_default(), 0, &outer, &test_last_error));
        world_begin(&w, n_threads, 0, outer);
        weir_cancel_trigger(outer);
        for (int i = 0; i < 5; i++)
            assert_ok(weir__group_add(w.group, count_task, &count, &test_last_error));
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(weir__group_wait(w.group, &err), WEIR_CANCELLED);
        assert_int_equal(err.code, WEIR_CANCELLED);
        assert_int_equal(atomic_load(&count), 0);
        world_end(&w);
        weir_cancel_free(outer);
    }
}

static void group_reports_the_callers_deadline(void **state)
{
    (void)state;
    struct test_env t;
    struct world w;
    struct gate gate;
    struct weir_cancel *outer = NULL;
    test_env_init(&t);
    test_env_simulate(&t, 0);
    gate_init(&gate);
    assert_ok(weir_cancel_new(&t.env, 100, &outer, &test_last_error));
    world_begin(&w, 2, 0, outer);
    assert_ok(weir__group_add(w.group, obedient_task, &gate, &test_last_error));
    test_env_advance(&t, 1000);
    gate_open_when(&gate, 0);
    assert_int_equal(weir__group_wait(w.group, NULL), WEIR_TIMEOUT);
    world_end(&w);
    weir_cancel_free(outer);
    gate_dispose(&gate);
    test_env_check_leaks(&t);
}

static int cancelled_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)cancel;
    int *status = arg;
    return weir__fail(err, *status, "stopped by its own reasons");
}

/* One thread, in order: a stop is reported first, the real failure comes after it. */
static void group_prefers_a_real_failure_to_an_earlier_stop(void **state)
{
    (void)state;
    struct world w;
    struct gate gate;
    int status = WEIR_CANCELLED;
    gate_init(&gate);
    world_begin(&w, 2, 0, NULL);
    /* Runs already when the stop comes, and fails for real after it. */
    struct weir_error err = WEIR_ERROR_INIT;
    assert_ok(weir__group_add(w.group, gate_task, &gate, &test_last_error));
    gate_open_when(&gate, 1);
    assert_ok(weir__group_add(w.group, cancelled_task, &status, &test_last_error));
    assert_int_equal(weir__group_wait(w.group, &err), WEIR_CANCELLED);
    world_end(&w);

    world_begin(&w, 2, 0, NULL);
    status = WEIR_TIMEOUT; /* nobody's deadline passed: a failure like any other */
    assert_ok(weir__group_add(w.group, cancelled_task, &status, &test_last_error));
    assert_int_equal(weir__group_wait(w.group, &err), WEIR_TIMEOUT);
    assert_string_equal(err.message, "stopped by its own reasons");
    world_end(&w);
    gate_dispose(&gate);
}

struct late {
    struct gate gate;
    struct weir_cancel *outer;
};

static int late_failure_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct late *late = arg;
    gate_pass(&late->gate);
    while (weir_cancel_check(cancel, NULL) == WEIR_OK) {
    }
    return weir__fail(err, WEIR_NO_SPACE, "late but real");
}

static void group_prefers_a_real_failure_to_the_callers_cancel(void **state)
{
    (void)state;
    struct world w;
    struct late late = {.outer = NULL};
    gate_init(&late.gate);
    assert_ok(weir_cancel_new(weir_env_default(), 0, &late.outer, &test_last_error));
    world_begin(&w, 2, 0, late.outer);
    assert_ok(weir__group_add(w.group, late_failure_task, &late, &test_last_error));
    assert_ok(weir__group_add(w.group, until_cancelled_task, &late.gate, &test_last_error));
    gate_open_when(&late.gate, 2);
    weir_cancel_trigger(late.outer);
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir__group_wait(w.group, &err), WEIR_NO_SPACE);
    assert_string_equal(err.message, "late but real");
    world_end(&w);
    weir_cancel_free(late.outer);
    gate_dispose(&late.gate);
}

static void group_freed_without_wait_cancels_and_joins(void **state)
{
    (void)state;
    struct world w;
    struct gate gate;
    gate_init(&gate);
    world_begin(&w, 2, 0, NULL);
    assert_ok(weir__group_add(w.group, until_cancelled_task, &gate, &test_last_error));
    gate_open_when(&gate, 1);
    for (int i = 0; i < 20; i++)
        assert_ok(weir__group_add(w.group, until_cancelled_task, &gate, &test_last_error));
    world_end(&w); /* hangs unless the running tasks are cancelled */
    gate_dispose(&gate);
}

struct nested {
    const struct weir_env *env;
    struct weir__pool *pool;
    atomic_int *count;
    int depth;
};

static int nested_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    const struct nested *mine = arg;
    if (mine->depth == 0) {
        atomic_fetch_add(mine->count, 1);
        return WEIR_OK;
    }
    struct nested below = *mine;
    below.depth--;
    AUTO(group) struct weir__group *group = NULL;
    TRY(weir__group_new(mine->env, mine->pool, cancel, 0, &group, err));
    for (int i = 0; i < 4; i++)
        TRY(weir__group_add(group, nested_task, &below, err));
    return weir__group_wait(group, err);
}

static void group_may_be_used_by_a_task_of_the_same_pool(void **state)
{
    (void)state;
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
        struct world w;
        atomic_int count = 0;
        world_begin(&w, n_threads, 0, NULL);
        struct nested top = {&w.t.env, w.pool, &count, 4};
        for (int i = 0; i < 4; i++)
            assert_ok(weir__group_add(w.group, nested_task, &top, &test_last_error));
        assert_ok(weir__group_wait(w.group, &test_last_error));
        assert_int_equal(atomic_load(&count), 4 * 4 * 4 * 4 * 4);
        world_end(&w);
    }
}

static int silent_task(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)arg;
    (void)cancel;
    (void)err;
    return WEIR_BUSY; /* without filling err */
}

static void group_fills_the_error_of_a_silent_task(void **state)
{
    (void)state;
    struct world w;
    struct weir_error err = WEIR_ERROR_INIT;
    world_begin(&w, 1, 0, NULL);
    assert_ok(weir__group_add(w.group, silent_task, NULL, &test_last_error));
    assert_int_equal(weir__group_wait(w.group, &err), WEIR_BUSY);
    assert_int_equal(err.code, WEIR_BUSY);
    world_end(&w);
}

static void pool_refuses_silly_sizes_and_reports_no_memory(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__pool *pool = NULL;
    assert_int_equal(weir__pool_new(&t.env, 0, &pool, NULL), WEIR_INVALID);
    assert_int_equal(weir__pool_new(&t.env, WEIR__POOL_MAX_THREADS + 1, &pool, NULL), WEIR_INVALID);
    int status = WEIR_NO_MEMORY;
    for (int64_t n = 1; status != WEIR_OK; n++) {
        t.n_allocations = 0;
        t.fail_allocation_at = n;
        struct weir__group *group = NULL;
        status = weir__pool_new(&t.env, 2, &pool, NULL);
        if (status == WEIR_OK)
            status = weir__group_new(&t.env, pool, NULL, 0, &group, NULL);
        assert_true(status == WEIR_OK || status == WEIR_NO_MEMORY);
        weir__group_freep(&group);
        weir__pool_freep(&pool);
        test_env_check_leaks(&t);
    }
    assert_int_equal(weir__pool_threads(NULL), 0);
    weir__pool_free(NULL);
    weir__group_free(NULL);
}

static void cond_wait_gives_up_after_its_time(void **state)
{
    (void)state;
    struct gate gate;
    gate_init(&gate);
    weir__mutex_lock(&gate.mutex);
    while (weir__cond_wait_us(&gate.changed, &gate.mutex, 1)) { /* spurious wake-ups may come */
    }
    assert_false(weir__cond_wait_us(&gate.changed, &gate.mutex, -5));
    assert_true(gate.mutex.held);
    weir__mutex_unlock(&gate.mutex);
    gate_dispose(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_runs_every_task_once),
        cmocka_unit_test(group_runs_inline_without_a_pool),
        cmocka_unit_test(group_really_runs_tasks_side_by_side),
        cmocka_unit_test(group_never_runs_more_than_its_limit),
        cmocka_unit_test(group_keeps_the_failure_not_the_cancellation_it_caused),
        cmocka_unit_test(group_skips_what_was_not_started_when_one_failed),
        cmocka_unit_test(group_reports_the_callers_cancel),
        cmocka_unit_test(group_reports_the_callers_deadline),
        cmocka_unit_test(group_prefers_a_real_failure_to_an_earlier_stop),
        cmocka_unit_test(group_prefers_a_real_failure_to_the_callers_cancel),
        cmocka_unit_test(group_freed_without_wait_cancels_and_joins),
        cmocka_unit_test(group_may_be_used_by_a_task_of_the_same_pool),
        cmocka_unit_test(group_fills_the_error_of_a_silent_task),
        cmocka_unit_test(pool_refuses_silly_sizes_and_reports_no_memory),
        cmocka_unit_test(cond_wait_gives_up_after_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
