/* The commit machine, marker texts and the retry rule, without any store: spec/table-store.md 2.4,
 * 5.2, 5.3, 5.6, 6.4, 12.2. */
#include "support/support.h"

#include "table/commit.h"
#include "table/retry.h"

#define OURS "0190a8b4d3a87f4ab1c2d3e4f5a6b7c8"
#define THEIRS "0190a8b4d3a87f4ab1c2d3e4f5a6b7c9"
#define TIMEOUT_US 30000000

static struct weir__commit machine(bool has_token, enum weir_commit_mode mode)
{
    struct weir__commit m = {.has_token = has_token, .mode = mode, .commit_timeout_us = TIMEOUT_US};
    memcpy(m.attempt, OURS, sizeof OURS);
    weir__commit_begin(&m);
    return m;
}

static void step(struct weir__commit *m, enum weir__commit_step expected, int code)
{
    struct weir__commit_outcome outcome = {.code = code, .n_tries = 1};
    assert_int_equal(m->step, expected);
    weir__commit_advance(m, &outcome);
}

static struct weir__commit_outcome found(const char *attempt, int64_t ref_us, int64_t modified_us)
{
    struct weir__commit_outcome outcome = {.marker_is_there = true,
                                           .marker_modified_us = modified_us};
    outcome.marker.ref_us = ref_us;
    memcpy(outcome.marker.attempt, attempt, WEIR__ATTEMPT_BYTES);
    return outcome;
}

static void to_put_commit(struct weir__commit *m)
{
    if (m->step == WEIR__STEP_LOOK)
        step(m, WEIR__STEP_LOOK, WEIR_OK);
    step(m, WEIR__STEP_PREPARE, WEIR_OK);
    step(m, WEIR__STEP_PUT_DATA, WEIR_OK);
    step(m, WEIR__STEP_PUT_REF, WEIR_OK);
}

static void assert_done(const struct weir__commit *m, enum weir_write_state state, int code)
{
    assert_int_equal(m->step, WEIR__STEP_DONE);
    assert_int_equal(m->state, state);
    assert_int_equal(m->code, code);
}

static void commit_looks_first_only_with_a_token_in_head_first_mode(void **state)
{
    (void)state;
    assert_int_equal(machine(true, WEIR_COMMIT_HEAD_FIRST).step, WEIR__STEP_LOOK);
    assert_int_equal(machine(true, WEIR_COMMIT_OPTIMISTIC).step, WEIR__STEP_PREPARE);
    assert_int_equal(machine(true, WEIR_COMMIT_FIRST_TRY).step, WEIR__STEP_PREPARE);
    assert_int_equal(machine(false, WEIR_COMMIT_HEAD_FIRST).step, WEIR__STEP_PREPARE);
}

static void commit_is_ok_when_all_steps_are(void **state)
{
    struct weir__commit m = machine(true, WEIR_COMMIT_HEAD_FIRST);
    (void)state;
    to_put_commit(&m);
    step(&m, WEIR__STEP_PUT_COMMIT, WEIR_OK);
    assert_done(&m, WEIR_WRITE_COMMITTED, WEIR_OK);
}

/* Table 5.3: what a failure of each step means. */
static void commit_failure_of_each_step_has_its_state(void **state)
{
    (void)state;
    struct weir__commit m = machine(true, WEIR_COMMIT_HEAD_FIRST);
    step(&m, WEIR__STEP_LOOK, WEIR_UNAVAILABLE);
    assert_done(&m, WEIR_WRITE_FAILED, WEIR_UNAVAILABLE);

    m = machine(false, WEIR_COMMIT_HEAD_FIRST);
    step(&m, WEIR__STEP_PREPARE, WEIR_INVALID);
    assert_done(&m, WEIR_WRITE_FAILED, WEIR_INVALID);

    m = machine(false, WEIR_COMMIT_HEAD_FIRST);
    step(&m, WEIR__STEP_PREPARE, WEIR_OK);
    step(&m, WEIR__STEP_PUT_DATA, WEIR_CANCELLED);
    assert_done(&m, WEIR_WRITE_FAILED, WEIR_CANCELLED);

    m = machine(false, WEIR_COMMIT_HEAD_FIRST);
    step(&m, WEIR__STEP_PREPARE, WEIR_OK);
    step(&m, WEIR__STEP_PUT_DATA, WEIR_OK);
    step(&m, WEIR__STEP_PUT_REF, WEIR_IO);
    assert_done(&m, WEIR_WRITE_FAILED, WEIR_IO);

    m = machine(false, WEIR_COMMIT_HEAD_FIRST);
    to_put_commit(&m);
    step(&m, WEIR__STEP_PUT_COMMIT, WEIR_UNAVAILABLE);
    assert_done(&m, WEIR_WRITE_UNKNOWN, WEIR_UNAVAILABLE);
}

static void commit_honours_cancel_only_until_the_data_is_put(void **state)
{
    (void)state;
    assert_true(weir__commit_step_is_cancellable(WEIR__STEP_LOOK));
    assert_true(weir__commit_step_is_cancellable(WEIR__STEP_PREPARE));
    assert_true(weir__commit_step_is_cancellable(WEIR__STEP_PUT_DATA));
    assert_false(weir__commit_step_is_cancellable(WEIR__STEP_PUT_REF));
    assert_false(weir__commit_step_is_cancellable(WEIR__STEP_PUT_COMMIT));
    assert_false(weir__commit_step_is_cancellable(WEIR__STEP_RECOVER));
    assert_false(weir__commit_step_is_cancellable(WEIR__STEP_RESTAMP));
}

static void commit_found_by_the_look_is_existing(void **state)
{
    struct weir__commit m = machine(true, WEIR_COMMIT_HEAD_FIRST);
    struct weir__commit_outcome outcome = found(THEIRS, 1000, 2000);
    (void)state;
    weir__commit_advance(&m, &outcome);
    assert_done(&m, WEIR_WRITE_EXISTING, WEIR_OK);
    assert_string_equal(m.marker.attempt, THEIRS);
    assert_false(m.late_suspected);
}

/* T6: the answer of our own commit was lost, and the retry met it. */
static void commit_recovers_its_own_marker_as_a_success(void **state)
{
    static const int refusals[] = {WEIR_ALREADY_EXISTS, WEIR_PRECONDITION, WEIR_PERMISSION};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct weir__commit m = machine(false, WEIR_COMMIT_HEAD_FIRST);
        struct weir__commit_outcome outcome = found(OURS, 1000, 1000);
        to_put_commit(&m);
        step(&m, WEIR__STEP_PUT_COMMIT, refusals[i]);
        assert_int_equal(m.step, WEIR__STEP_RECOVER);
        weir__commit_advance(&m, &outcome);
        assert_done(&m, WEIR_WRITE_COMMITTED, WEIR_OK);
    }
}

static void commit_recovery_obeys_the_timeout_too(void **state)
{
    struct weir__commit m = machine(false, WEIR_COMMIT_HEAD_FIRST);
    struct weir__commit_outcome outcome = found(OURS, 1000, 1000);
    (void)state;
    outcome.elapsed_us = TIMEOUT_US + 1;
    to_put_commit(&m);
    step(&m, WEIR__STEP_PUT_COMMIT, WEIR_ALREADY_EXISTS);
    weir__commit_advance(&m, &outcome);
    assert_done(&m, WEIR_WRITE_COMMITTED_LATE, WEIR_COMMITTED_AFTER_TIMEOUT);
}

static void commit_recovers_another_marker_as_existing(void **state)
{
    struct weir__commit m = machine(true, WEIR_COMMIT_OPTIMISTIC);
    struct weir__commit_outcome outcome = found(THEIRS, 1000, 1000);
    (void)state;
    to_put_commit(&m);
    step(&m, WEIR__STEP_PUT_COMMIT, WEIR_ALREADY_EXISTS);
    weir__commit_advance(&m, &outcome);
    assert_done(&m, WEIR_WRITE_EXISTING, WEIR_OK);
    assert_string_equal(m.marker.attempt, THEIRS);
}

static void commit_refused_without_a_marker_gives_the_refusal(void **state)
{
    (void)state;
    struct weir__commit m = machine(true, WEIR_COMMIT_OPTIMISTIC);
    to_put_commit(&m);
    step(&m, WEIR__STEP_PUT_COMMIT, WEIR_PERMISSION);
    step(&m, WEIR__STEP_RECOVER, WEIR_OK);
    assert_done(&m, WEIR_WRITE_FAILED, WEIR_PERMISSION);

    /* An earlier try may still land: nobody can say that it is not committed. */
    m = machine(true, WEIR_COMMIT_OPTIMISTIC);
    struct weir__commit_outcome repeated = {.code = WEIR_PERMISSION, .n_tries = 2};
    to_put_commit(&m);
    weir__commit_advance(&m, &repeated);
    step(&m, WEIR__STEP_RECOVER, WEIR_OK);
    assert_done(&m, WEIR_WRITE_UNKNOWN, WEIR_PERMISSION);
}

static void commit_with_a_failed_recovery_is_unknown(void **state)
{
    struct weir__commit m = machine(true, WEIR_COMMIT_OPTIMISTIC);
    (void)state;
    to_put_commit(&m);
    step(&m, WEIR__STEP_PUT_COMMIT, WEIR_ALREADY_EXISTS);
    step(&m, WEIR__STEP_RECOVER, WEIR_UNAVAILABLE);
    assert_done(&m, WEIR_WRITE_UNKNOWN, WEIR_UNAVAILABLE);
}

static void commit_is_late_only_beyond_the_timeout(void **state)
{
    (void)state;
    for (int64_t over = 0; over <= 1; over++) {
        struct weir__commit m = machine(false, WEIR_COMMIT_HEAD_FIRST);
        struct weir__commit_outcome outcome = {.elapsed_us = TIMEOUT_US + over};
        to_put_commit(&m);
        weir__commit_advance(&m, &outcome);
        assert_done(&m, over ? WEIR_WRITE_COMMITTED_LATE : WEIR_WRITE_COMMITTED,
                    over ? WEIR_COMMITTED_AFTER_TIMEOUT : WEIR_OK);
    }
}

static void commit_restamps_a_late_one_when_asked(void **state)
{
    struct weir__commit m = machine(false, WEIR_COMMIT_HEAD_FIRST);
    struct weir__commit_outcome late = {.elapsed_us = TIMEOUT_US + 1};
    (void)state;
    m.restamp_if_late = true;
    to_put_commit(&m);
    weir__commit_advance(&m, &late);
    step(&m, WEIR__STEP_RESTAMP, WEIR_OK);
    assert_done(&m, WEIR_WRITE_COMMITTED, WEIR_OK);

    m = machine(false, WEIR_COMMIT_HEAD_FIRST);
    m.restamp_if_late = true;
    to_put_commit(&m);
    weir__commit_advance(&m, &late);
    step(&m, WEIR__STEP_RESTAMP, WEIR_UNAVAILABLE); /* durable all the same */
    assert_done(&m, WEIR_WRITE_COMMITTED_LATE, WEIR_COMMITTED_AFTER_TIMEOUT);
}

static void commit_restamps_an_existing_one_that_looks_late(void **state)
{
    struct weir__commit m = machine(true, WEIR_COMMIT_HEAD_FIRST);
    struct weir__commit_outcome outcome = found(THEIRS, 1000, 1000 + TIMEOUT_US);
    (void)state;
    weir__commit_advance(&m, &outcome);
    assert_done(&m, WEIR_WRITE_EXISTING, WEIR_OK);
    assert_true(m.late_suspected);

    m = machine(true, WEIR_COMMIT_HEAD_FIRST);
    m.restamp_if_late = true;
    weir__commit_advance(&m, &outcome);
    step(&m, WEIR__STEP_RESTAMP, WEIR_OK);
    assert_done(&m, WEIR_WRITE_EXISTING, WEIR_OK);
    assert_false(m.late_suspected);
}

static void late_is_suspected_a_second_before_the_timeout(void **state)
{
    struct weir__marker marker = {.ref_us = 5000000};
    (void)state;
    assert_false(weir__late_suspected(&marker, 5000000 + TIMEOUT_US - 1000000, TIMEOUT_US));
    assert_true(weir__late_suspected(&marker, 5000000 + TIMEOUT_US - 999999, TIMEOUT_US));
    assert_false(weir__late_suspected(&marker, 0, TIMEOUT_US)); /* unknown */
}

/* ---- Marker texts ---------------------------------------------------------------------------- */

static const char marker_body[] = "attemptid=" OURS "\nrefmicrots=1710684000123456\n"
                                  "insertedat=1710684000000000\nrowcount=7\n";

static void marker_is_the_same_as_metadata_and_as_body(void **state)
{
    struct test_env t;
    struct weir__marker marker = {.attempt = OURS,
                                  .ref_us = 1710684000123456,
                                  .inserted_at_us = 1710684000000000,
                                  .row_count = 7};
    struct weir__marker back = {0};
    struct weir__marker_text text;
    (void)state;
    test_env_init(&t);
    struct weir__buf body = weir__buf_make(&t.env, 1024);
    weir__marker_write(&marker, &text);
    assert_ok(weir__marker_body(&text, &body, &test_last_error));
    assert_int_equal(body.len, sizeof marker_body - 1);
    assert_memory_equal(body.data, marker_body, body.len);
    assert_string_equal(text.meta[0].name, "attemptid");
    assert_string_equal(text.meta[3].value, "7");
    assert_ok(weir__marker_from_body((struct weir__str){(const char *)body.data, body.len}, "k",
                                     &back, &test_last_error));
    assert_memory_equal(&back, &marker, sizeof back);
    memset(&back, 0, sizeof back);
    text.meta[1].name = "RefMicroTs"; /* names are read case-insensitively */
    assert_ok(weir__marker_from_meta(text.meta, 4, "k", &back, &test_last_error));
    assert_memory_equal(&back, &marker, sizeof back);
    weir__buf_dispose(&body);
    test_env_check_leaks(&t);
}

/* A broken marker is never "not committed". */
static void marker_that_lacks_or_breaks_a_field_is_corrupt(void **state)
{
    struct weir__marker marker = {.attempt = OURS, .ref_us = 1, .row_count = 1};
    struct weir__marker_text text;
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    static const char *const bad_values[] = {"", "x", "1.5", "99999999999999999999"};
    for (size_t field = 0; field < WEIR__MARKER_FIELDS; field++) {
        struct weir__marker back = {0};
        weir__marker_write(&marker, &text);
        const char *name = text.meta[field].name;
        text.meta[field].name = "other";
        assert_int_equal(weir__marker_from_meta(text.meta, 4, "a/b.commit", &back, &err),
                         WEIR_CORRUPT);
        assert_non_null(strstr(err.message, name));
        assert_non_null(strstr(err.message, "a/b.commit"));
        text.meta[field].name = name;
        for (size_t i = 0; i < COUNT_OF(bad_values); i++) {
            text.meta[field].value = bad_values[i];
            assert_int_equal(weir__marker_from_meta(text.meta, 4, "k", &back, &err), WEIR_CORRUPT);
        }
    }
    struct weir__marker back = {0};
    assert_int_equal(weir__marker_from_body(STR_NULL, "k", &back, NULL), WEIR_CORRUPT);
    static const char cut[] = "attemptid=" OURS "\nrefmicrots=1";
    assert_int_equal(weir__marker_from_body(weir__str_of(cut), "k", &back, NULL), WEIR_CORRUPT);
}

/* ---- Retry ----------------------------------------------------------------------------------- */

static void retry_follows_the_table(void **state)
{
    static const int yes[] = {WEIR_UNAVAILABLE, WEIR_TIMEOUT};
    static const int no[] = {WEIR_NOT_FOUND, WEIR_PERMISSION,    WEIR_PRECONDITION,
                             WEIR_INVALID,   WEIR_CANCELLED,     WEIR_IO,
                             WEIR_NO_MEMORY, WEIR_ALREADY_EXISTS};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        struct weir_error e = {.code = yes[i]};
        assert_true(weir__retry_is_transient(&e));
    }
    for (size_t i = 0; i < COUNT_OF(no); i++) {
        struct weir_error e = {.code = no[i]};
        assert_false(weir__retry_is_transient(&e));
    }
    struct weir_error cut = {.code = WEIR_IO, .detail = WEIR_DETAIL_INCOMPLETE};
    assert_true(weir__retry_is_transient(&cut));
    struct weir_error flagged = {.code = WEIR_CORRUPT, .retryable = true};
    assert_true(weir__retry_is_transient(&flagged));
}

static void retry_sleeps_within_its_windows(void **state)
{
    static const int64_t from[] = {100000, 300000, 500000, 500000};
    static const int64_t to[] = {300000, 500000, 800000, 800000};
    static const uint32_t randoms[] = {0, 1, 199999, 200000, 300000, UINT32_MAX};
    (void)state;
    for (int attempt = 2; attempt <= WEIR__RETRY_ATTEMPTS; attempt++) {
        for (size_t i = 0; i < COUNT_OF(randoms); i++) {
            int64_t us = weir__retry_delay_us(attempt, randoms[i]);
            assert_true(us >= from[attempt - 2] && us < to[attempt - 2]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_looks_first_only_with_a_token_in_head_first_mode),
        cmocka_unit_test(commit_is_ok_when_all_steps_are),
        cmocka_unit_test(commit_failure_of_each_step_has_its_state),
        cmocka_unit_test(commit_honours_cancel_only_until_the_data_is_put),
        cmocka_unit_test(commit_found_by_the_look_is_existing),
        cmocka_unit_test(commit_recovers_its_own_marker_as_a_success),
        cmocka_unit_test(commit_recovery_obeys_the_timeout_too),
        cmocka_unit_test(commit_recovers_another_marker_as_existing),
        cmocka_unit_test(commit_refused_without_a_marker_gives_the_refusal),
        cmocka_unit_test(commit_with_a_failed_recovery_is_unknown),
        cmocka_unit_test(commit_is_late_only_beyond_the_timeout),
        cmocka_unit_test(commit_restamps_a_late_one_when_asked),
        cmocka_unit_test(commit_restamps_an_existing_one_that_looks_late),
        cmocka_unit_test(late_is_suspected_a_second_before_the_timeout),
        cmocka_unit_test(marker_is_the_same_as_metadata_and_as_body),
        cmocka_unit_test(marker_that_lacks_or_breaks_a_field_is_corrupt),
        cmocka_unit_test(retry_follows_the_table),
        cmocka_unit_test(retry_sleeps_within_its_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
