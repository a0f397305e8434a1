/* test_cancel.c: the flag that stops long operations. */
#include "support/support.h"

#include <signal.h>

static void cancel_says_nothing_until_triggered(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir_cancel *cancel = NULL;
    struct weir_error err = WEIR_ERROR_INIT;
    assert_ok(weir_cancel_new(&t.env, 0, &cancel, &test_last_error));
    assert_int_equal(weir_cancel_check(cancel, &err), WEIR_OK);
    assert_int_equal(err.code, WEIR_OK);
    weir_cancel_trigger(cancel);
    weir_cancel_trigger(cancel);
    assert_int_equal(weir_cancel_check(cancel, &err), WEIR_CANCELLED);
    assert_int_equal(err.code, WEIR_CANCELLED);
    weir_cancel_free(cancel);
    test_env_check_leaks(&t);
}

static void cancel_times_out_at_its_deadline(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    test_env_simulate(&t, 0);
    struct weir_cancel *cancel = NULL;
    struct weir_error err = WEIR_ERROR_INIT;
    assert_ok(weir_cancel_new(&t.env, 1001, &cancel, &test_last_error));
    test_env_advance(&t, 999); /* began at 1 */
    assert_int_equal(weir_cancel_check(cancel, NULL), WEIR_OK);
    test_env_advance(&t, 1);
    assert_int_equal(weir_cancel_check(cancel, &err), WEIR_TIMEOUT);
    assert_true(err.retryable);
    weir_cancel_trigger(cancel); /* the caller's word is the stronger one */
    assert_int_equal(weir_cancel_check(cancel, NULL), WEIR_CANCELLED);
    weir_cancel_free(cancel);
    test_env_check_leaks(&t);
}

static void cancel_of_null_is_never_cancelled(void **state)
{
    (void)state;
    weir_cancel_trigger(NULL);
    assert_int_equal(weir_cancel_check(NULL, NULL), WEIR_OK);
    weir_cancel_free(NULL);
}

static void cancel_refuses_a_negative_deadline_and_reports_no_memory(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir_cancel *cancel = NULL;
    assert_int_equal(weir_cancel_new(&t.env, -1, &cancel, NULL), WEIR_INVALID);
    t.fail_allocation_at = 1;
    assert_int_equal(weir_cancel_new(&t.env, 0, &cancel, NULL), WEIR_NO_MEMORY);
    assert_null(cancel);
    test_env_check_leaks(&t);
}

static struct weir_cancel *signalled;

static void on_signal(int number)
{
    (void)number;
    weir_cancel_trigger(signalled);
}

static void cancel_can_be_triggered_from_a_signal_handler(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    assert_ok(weir_cancel_new(&t.env, 0, &signalled, &test_last_error));
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_int_equal(weir_cancel_check(signalled, NULL), WEIR_CANCELLED);
    weir_cancel_free(signalled);
    test_env_check_leaks(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel_says_nothing_until_triggered),
        cmocka_unit_test(cancel_times_out_at_its_deadline),
        cmocka_unit_test(cancel_of_null_is_never_cancelled),
        cmocka_unit_test(cancel_refuses_a_negative_deadline_and_reports_no_memory),
        cmocka_unit_test(cancel_can_be_triggered_from_a_signal_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
