/* The write protocol on a memory store: spec/table-store.md 5, 6, 15, 20. */
#include "table/fixture.h"

#include "table/key.h"

static const struct row one_row[] = {{"a", 1, 1, "x"}};
static const struct row three_parts[] = {
    {"b", 2, 1, "two"}, {"a", 1, 1, "one"}, {"c", 3, 1, NULL}, {"a", 4, 1, "four"}};

static void write_comes_back_in_partition_order(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, three_parts, 4, NULL);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:one\na:4:1:four\nb:2:1:two\nc:3:1:~\n");
    fixture_end(&f);
}

static void write_reports_each_partition_in_key_order(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = "job-1"};
    assert_ok(rows_write(&f, three_parts, 4, &options, &r, &test_last_error));
    assert_int_equal(r.n, 3);
    static const char *const partitions[] = {"part=a", "part=b", "part=c"};
    static const int64_t counts[] = {2, 1, 1};
    for (size_t i = 0; i < r.n; i++) {
        char expected[256];
        const struct weir_write_result *item = &r.items[i];
        assert_string_equal(item->partition, partitions[i]);
        assert_string_equal(item->token, "job-1");
        assert_int_equal(item->row_count, counts[i]);
        assert_int_equal(item->state, WEIR_WRITE_COMMITTED);
        assert_int_equal(item->code, WEIR_OK);
        assert_string_equal(item->message, "");
        assert_int_equal(item->inserted_at_us, T0_US);
        assert_int_equal(strlen(item->attempt_id), 32);
        (void)snprintf(expected, sizeof expected, "t/data/%s/job-1-%s.parquet", item->partition,
                       item->attempt_id);
        assert_string_equal(item->data_key, expected);
        assert_ptr_equal(item->offset, item->ref_key);
        (void)snprintf(expected, sizeof expected, "t/_ref/%016lld-job-1-%s;%s.ref",
                       (long long)(T0_US + (int64_t)i), item->attempt_id, item->partition);
        assert_string_equal(item->ref_key, expected);
    }
    weir_write_results_dispose(&r);
    weir_write_results_dispose(&r); /* twice is fine */
    fixture_end(&f);
}

static void write_puts_three_objects_for_a_partition(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct weir_head head = {0};
    char marker[128];
    (void)state;
    fixture_begin(&f, false);
    assert_ok(rows_write(&f, one_row, 1, NULL, &r, &test_last_error));
    const struct weir_write_result *item = &r.items[0];
    assert_string_equal(item->token, item->attempt_id); /* automatic: the attempt is the token */
    assert_int_equal(keys_count(&f, "t/data/"), 2);
    assert_int_equal(keys_count(&f, "t/_ref/"), 1);
    (void)snprintf(marker, sizeof marker, "t/data/part=a/%s.commit", item->token);
    assert_ok(weir_storage_head(f.store, marker, NULL, NULL, &head, &test_last_error));
    assert_int_equal(head.size_bytes, 0); /* the body stays empty where there is metadata */
    assert_int_equal(head.n_meta, 4);
    for (size_t i = 0; i < head.n_meta; i++) {
        if (strcmp(head.meta[i].name, "attemptid") == 0)
            assert_string_equal(head.meta[i].value, item->attempt_id);
        else if (strcmp(head.meta[i].name, "rowcount") == 0)
            assert_string_equal(head.meta[i].value, "1");
        else
            assert_string_equal(head.meta[i].value, "1710684000123456");
    }
    weir_head_dispose(&head);
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

static void marker_on_a_local_store_is_four_lines(void **state)
{
    struct fixture f;
    struct weir_storage_bytes body = {0};
    struct weir_write_results r = {0};
    char expected[256];
    (void)state;
    fixture_begin(&f, true);
    struct weir_write_options options = {.token = "job"};
    assert_ok(rows_write(&f, one_row, 1, &options, &r, &test_last_error));
    assert_ok(
        weir_storage_get(f.store, "t/data/part=a/job.commit", NULL, NULL, &body, &test_last_error));
    (void)snprintf(expected, sizeof expected,
                   "attemptid=%s\nrefmicrots=%lld\ninsertedat=%lld\nrowcount=1\n",
                   r.items[0].attempt_id, (long long)T0_US, (long long)T0_US);
    assert_string_equal((const char *)body.data, expected);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:x\n");
    weir_storage_bytes_dispose(&body);
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

/* ---- Requests -------------------------------------------------------------------------------- */

static void write_costs_what_the_budget_says(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    struct counts before = counts_now(&f);
    rows_write_ok(&f, one_row, 1, NULL);
    assert_requests(&f, before, 3, 0, 0, 0);

    before = counts_now(&f);
    rows_write_ok(&f, one_row, 1, "job"); /* token, first time */
    assert_requests(&f, before, 3, 1, 0, 0);

    before = counts_now(&f);
    rows_write_ok(&f, one_row, 1, "job"); /* committed already */
    assert_requests(&f, before, 0, 1, 0, 0);

    before = counts_now(&f);
    struct weir_write_options first = {.token = "job2", .commit_mode = WEIR_COMMIT_FIRST_TRY};
    assert_ok(rows_write(&f, one_row, 1, &first, NULL, &test_last_error));
    assert_requests(&f, before, 3, 0, 0, 0);

    before = counts_now(&f);
    struct weir_write_options again = {.token = "job2", .commit_mode = WEIR_COMMIT_OPTIMISTIC};
    assert_ok(rows_write(&f, one_row, 1, &again, NULL, &test_last_error));
    assert_requests(&f, before, 3, 1, 0, 0); /* the last PUT is refused, a HEAD tells why */

    before = counts_now(&f);
    rows_write_ok(&f, three_parts, 4, NULL);
    assert_requests(&f, before, 9, 0, 0, 0);
    fixture_end(&f);
}

static void lookup_costs_one_head(void **state)
{
    struct fixture f;
    struct weir_write_results wrote = {0};
    struct weir_write_results r = {0};
    bool found = false;
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = "job"};
    assert_ok(rows_write(&f, one_row, 1, &options, &wrote, &test_last_error));
    test_env_advance(&f.t, 1000000);
    struct counts before = counts_now(&f);
    assert_ok(weir_lookup_commit(f.writer, "part=a", "job", NULL, &found, &r, &test_last_error));
    assert_requests(&f, before, 0, 1, 0, 0);
    assert_true(found);
    assert_string_equal(r.items[0].data_key, wrote.items[0].data_key);
    assert_string_equal(r.items[0].ref_key, wrote.items[0].ref_key);
    assert_string_equal(r.items[0].offset, wrote.items[0].offset);
    assert_string_equal(r.items[0].attempt_id, wrote.items[0].attempt_id);
    assert_int_equal(r.items[0].inserted_at_us, wrote.items[0].inserted_at_us);
    assert_int_equal(r.items[0].row_count, 1);
    assert_int_equal(r.items[0].state, WEIR_WRITE_EXISTING);
    weir_write_results_dispose(&r);

    assert_ok(weir_lookup_commit(f.writer, "part=b", "job", NULL, &found, &r, &test_last_error));
    assert_false(found); /* a token is of one partition */
    assert_int_equal(r.n, 0);
    assert_int_equal(weir_lookup_commit(f.writer, "nope", "job", NULL, &found, &r, NULL),
                     WEIR_INVALID);
    assert_int_equal(weir_lookup_commit(f.writer, "part=a", "", NULL, &found, &r, NULL),
                     WEIR_INVALID);
    weir_write_results_dispose(&wrote);
    fixture_end(&f);
}

static void write_of_no_rows_asks_nothing(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    struct counts before = counts_now(&f);
    assert_ok(rows_write(&f, NULL, 0, NULL, &r, &test_last_error));
    assert_int_equal(r.n, 0);
    assert_ok(weir_write(f.writer, &f.schema, NULL, 0, NULL, NULL, &r, &test_last_error));
    struct weir_write_options with_key = {.key = "part=a"};
    assert_ok(rows_write(&f, NULL, 0, &with_key, &r, &test_last_error));
    assert_int_equal(r.n, 0);
    assert_requests(&f, before, 0, 0, 0, 0);
    fixture_end(&f);
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

static void write_with_the_same_token_returns_the_same_result(void **state)
{
    struct fixture f;
    struct weir_write_results first = {0};
    struct weir_write_results second = {0};
    static const struct row other[] = {{"a", 9, 9, "other"}};
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = "job", .inserted_at_us = 77};
    assert_ok(rows_write(&f, one_row, 1, &options, &first, &test_last_error));
    test_env_advance(&f.t, 1000000);
    options.inserted_at_us = 88; /* ignored: the commit is there */
    assert_ok(rows_write(&f, other, 1, &options, &second, &test_last_error));
    assert_int_equal(second.items[0].state, WEIR_WRITE_EXISTING);
    assert_string_equal(second.items[0].data_key, first.items[0].data_key);
    assert_string_equal(second.items[0].ref_key, first.items[0].ref_key);
    assert_int_equal(second.items[0].inserted_at_us, 77);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:x\n");
    weir_write_results_dispose(&first);
    weir_write_results_dispose(&second);
    fixture_end(&f);
}

static void optimistic_write_keeps_the_first_commit(void **state)
{
    struct fixture f;
    struct weir_write_results first = {0};
    struct weir_write_results second = {0};
    static const struct row other[] = {{"a", 9, 9, "other"}};
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = "job", .commit_mode = WEIR_COMMIT_OPTIMISTIC};
    assert_ok(rows_write(&f, one_row, 1, &options, &first, &test_last_error));
    assert_ok(rows_write(&f, other, 1, &options, &second, &test_last_error));
    assert_int_equal(second.items[0].state, WEIR_WRITE_EXISTING);
    assert_string_equal(second.items[0].data_key, first.items[0].data_key);
    assert_string_equal(second.items[0].offset, first.items[0].offset);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:x\n"); /* its own file is an orphan */
    assert_int_equal(keys_count(&f, "t/data/"), 3);
    weir_write_results_dispose(&first);
    weir_write_results_dispose(&second);
    fixture_end(&f);
}

static int token_of_partition(void *arg, const char *partition, const struct ArrowSchema *schema,
                              const struct ArrowArray *rows, char *out_token, size_t *out_len,
                              struct weir_error *err)
{
    int *calls = arg;
    (void)schema;
    (*calls)++;
    if (strcmp(partition, "part=bad") == 0)
        return weir__fail(err, WEIR_INVALID, "no token for you");
    *out_len = (size_t)snprintf(out_token, WEIR_TOKEN_MAX_BYTES, "%c-%lld", partition[5],
                                (long long)rows->length);
    return WEIR_OK;
}

static void token_callback_runs_once_for_each_partition(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    static const struct row bad[] = {{"a", 1, 1, "x"}, {"bad", 2, 1, "y"}};
    int calls = 0;
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token_fn = token_of_partition, .token_arg = &calls};
    assert_ok(rows_write(&f, three_parts, 4, &options, &r, &test_last_error));
    assert_int_equal(calls, 3);
    assert_string_equal(r.items[0].token, "a-2");
    assert_string_equal(r.items[2].token, "c-1");
    weir_write_results_dispose(&r);
    struct counts before = counts_now(&f);
    assert_int_equal(rows_write(&f, bad, 2, &options, NULL, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "part=bad"));
    assert_requests(&f, before, 0, 0, 0, 0);
    options.token = "both";
    assert_int_equal(rows_write(&f, one_row, 1, &options, NULL, NULL), WEIR_INVALID);
    fixture_end(&f);
}

static void empty_token_is_an_error_not_no_token(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = ""};
    struct counts before = counts_now(&f);
    assert_int_equal(rows_write(&f, one_row, 1, &options, NULL, NULL), WEIR_INVALID);
    options.token = "a;b";
    assert_int_equal(rows_write(&f, one_row, 1, &options, NULL, NULL), WEIR_INVALID);
    assert_requests(&f, before, 0, 0, 0, 0);
    fixture_end(&f);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static void fail_put(struct fixture *f, int64_t skip, int64_t n, int code,
                     enum weir_mem_failure when)
{
    assert_ok(
        weir_storage_mem_fail_next(f->store, WEIR_VERB_PUT, skip, n, code, when, &test_last_error));
}

/* T6: the commit landed, its answer was lost, the second try meets our own marker. */
static void write_survives_a_lost_answer_of_the_commit(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    struct counts before = counts_now(&f);
    fail_put(&f, 2, 1, WEIR_UNAVAILABLE, WEIR_MEM_FAIL_AFTER);
    assert_ok(rows_write(&f, one_row, 1, NULL, &r, &test_last_error));
    assert_int_equal(r.items[0].state, WEIR_WRITE_COMMITTED);
    assert_int_equal(r.items[0].row_count, 1);
    assert_int_equal(r.items[0].inserted_at_us, T0_US);
    assert_requests(&f, before, 4, 1, 0, 0);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:x\n");
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

static void write_sends_the_whole_body_again_after_a_lost_answer(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    fail_put(&f, 0, 2, WEIR_UNAVAILABLE, WEIR_MEM_FAIL_AFTER);
    rows_write_ok(&f, three_parts, 4, NULL);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:one\na:4:1:four\nb:2:1:two\nc:3:1:~\n");
    fixture_end(&f);
}

static void write_gives_up_after_five_attempts(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    fixture_begin(&f, false);
    fail_put(&f, 0, 100, WEIR_UNAVAILABLE, WEIR_MEM_FAIL_BEFORE);
    struct counts before = counts_now(&f);
    assert_int_equal(rows_write(&f, one_row, 1, NULL, &r, &err), WEIR_UNAVAILABLE);
    assert_requests(&f, before, 5, 0, 0, 0);
    assert_int_equal(r.items[0].state, WEIR_WRITE_FAILED);
    assert_true(f.t.wall_us - T0_US >= 1400000 && f.t.wall_us - T0_US <= 2400000);
    assert_non_null(strstr(err.message, "part=a"));
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

static void write_with_a_failed_commit_is_unknown_and_can_be_repeated(void **state)
{
    static const enum weir_mem_failure whens[] = {WEIR_MEM_FAIL_BEFORE, WEIR_MEM_FAIL_AFTER};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(whens); i++) {
        struct fixture f;
        struct weir_write_results r = {0};
        fixture_begin(&f, false);
        fail_put(&f, 2, 1, WEIR_IO, whens[i]);
        struct weir_write_options options = {.token = "job"};
        assert_int_equal(rows_write(&f, one_row, 1, &options, &r, NULL), WEIR_IO);
        assert_int_equal(r.items[0].state, WEIR_WRITE_UNKNOWN);
        assert_string_equal(r.items[0].token, "job");
        assert_rows(&f, f.reader, NULL, NULL, i == 0 ? "" : "a:1:1:x\n");
        rows_write_ok(&f, one_row, 1, "job");
        assert_rows(&f, f.reader, NULL, NULL, "a:1:1:x\n"); /* once, either way */
        weir_write_results_dispose(&r);
        fixture_end(&f);
    }
}

static void write_failing_before_the_commit_shows_nothing(void **state)
{
    (void)state;
    for (int64_t step = 0; step < 2; step++) {
        struct fixture f;
        struct weir_write_results r = {0};
        fixture_begin(&f, false);
        fail_put(&f, step, 1, WEIR_IO, WEIR_MEM_FAIL_AFTER);
        assert_int_equal(rows_write(&f, one_row, 1, NULL, &r, NULL), WEIR_IO);
        assert_int_equal(r.items[0].state, WEIR_WRITE_FAILED);
        assert_rows(&f, f.reader, NULL, NULL, "");
        weir_write_results_dispose(&r);
        fixture_end(&f);
    }
}

static void write_stops_the_partitions_behind_a_failure(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    fixture_begin(&f, false);
    fail_put(&f, 3, 1, WEIR_PERMISSION, WEIR_MEM_FAIL_BEFORE); /* data file of part=b */
    assert_int_equal(rows_write(&f, three_parts, 4, NULL, &r, &err), WEIR_PERMISSION);
    assert_non_null(strstr(err.message, "part=b"));
    assert_int_equal(r.items[0].state, WEIR_WRITE_COMMITTED);
    assert_int_equal(r.items[1].state, WEIR_WRITE_FAILED);
    assert_int_equal(r.items[2].state, WEIR_WRITE_NOT_STARTED);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:one\na:4:1:four\n");
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

/* T7: only elapsed monotonic time makes a commit late. */
static void commit_is_late_by_the_monotonic_clock(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    assert_ok(weir_storage_mem_set_latency(f.store, WEIR_VERB_PUT, 16000000, &test_last_error));
    assert_int_equal(rows_write(&f, one_row, 1, NULL, &r, &test_last_error),
                     WEIR_COMMITTED_AFTER_TIMEOUT);
    assert_int_equal(r.items[0].state, WEIR_WRITE_COMMITTED_LATE);
    assert_int_equal(r.items[0].row_count, 1);
    assert_true(r.items[0].message[0] != '\0');
    assert_ok(weir_storage_mem_set_latency(f.store, WEIR_VERB_PUT, 0, &test_last_error));
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:x\n"); /* durable all the same */
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

static void late_commit_does_not_stop_the_other_partitions(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    assert_ok(weir_storage_mem_set_latency(f.store, WEIR_VERB_PUT, 16000000, &test_last_error));
    assert_int_equal(rows_write(&f, three_parts, 4, NULL, &r, NULL), WEIR_COMMITTED_AFTER_TIMEOUT);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r.items[i].state, WEIR_WRITE_COMMITTED_LATE);
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

/* A wall clock that steps while time stands still fakes nothing. */
static void stepping_sleep(void *ctx, int64_t us)
{
    struct test_env *t = ctx;
    t->wall_us += 3600000000;
    t->monotonic_us += us;
}

static void commit_is_not_late_when_the_wall_clock_steps(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    f.t.env.sleep_us = stepping_sleep;
    assert_ok(weir_storage_mem_set_latency(f.store, WEIR_VERB_PUT, 1000, &test_last_error));
    assert_ok(rows_write(&f, one_row, 1, NULL, &r, &test_last_error));
    assert_int_equal(r.items[0].state, WEIR_WRITE_COMMITTED);
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

/* T8: a cancel between data file and commit marker. */
struct cancel_at {
    struct test_env *t;
    struct weir_cancel *cancel;
    int put; /* triggers during this PUT, 1-based */
    int seen;
};

static void cancelling_sleep(void *ctx, int64_t us)
{
    struct cancel_at *c = ctx;
    c->t->wall_us += us;
    c->t->monotonic_us += us;
    if (++c->seen == c->put)
        weir_cancel_trigger(c->cancel);
}

static int64_t cancel_wall(void *ctx)
{
    struct cancel_at *c = ctx;
    return c->t->wall_us;
}

static int64_t cancel_monotonic(void *ctx)
{
    struct cancel_at *c = ctx;
    return c->t->monotonic_us;
}

static void cancel_after_the_data_file_does_not_stop_the_commit(void **state)
{
    (void)state;
    for (int put = 2; put <= 3; put++) {
        struct fixture f;
        struct weir_write_results r = {0};
        struct ArrowArray batch = {0};
        struct cancel_at at = {.t = &f.t, .put = put};
        fixture_begin(&f, false);
        assert_ok(weir_cancel_new(&f.t.env, 0, &at.cancel, &test_last_error));
        rows_batch(&f.t.env, &f.schema, one_row, 1, &batch);
        assert_ok(weir_storage_mem_set_latency(f.store, WEIR_VERB_PUT, 1000, &test_last_error));
        struct weir_env before = f.t.env;
        f.t.env.sleep_us = cancelling_sleep;
        f.t.env.wall_us = cancel_wall;
        f.t.env.monotonic_us = cancel_monotonic;
        f.t.env.clock_ctx = &at;
        assert_ok(
            weir_write(f.writer, &f.schema, &batch, 1, NULL, at.cancel, &r, &test_last_error));
        assert_int_equal(r.items[0].state, WEIR_WRITE_COMMITTED);
        assert_int_equal(weir_cancel_check(at.cancel, NULL), WEIR_CANCELLED);
        f.t.env = before;
        assert_rows(&f, f.reader, NULL, NULL, "a:1:1:x\n");
        weir_write_results_dispose(&r);
        weir__array_freep(&batch);
        weir_cancel_free(at.cancel);
        fixture_end(&f);
    }
}

static void cancel_before_the_data_file_writes_nothing(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct ArrowArray batch = {0};
    struct weir_cancel *cancel = NULL;
    (void)state;
    fixture_begin(&f, false);
    assert_ok(weir_cancel_new(&f.t.env, 0, &cancel, &test_last_error));
    weir_cancel_trigger(cancel);
    rows_batch(&f.t.env, &f.schema, one_row, 1, &batch);
    struct counts before = counts_now(&f);
    assert_int_equal(weir_write(f.writer, &f.schema, &batch, 1, NULL, cancel, &r, NULL),
                     WEIR_CANCELLED);
    assert_requests(&f, before, 0, 0, 0, 0);
    weir_write_results_dispose(&r);
    weir__array_freep(&batch);
    weir_cancel_free(cancel);
    fixture_end(&f);
}

/* T13 */
static void write_refuses_a_clock_that_refs_cannot_say(void **state)
{
    static const int64_t clocks[] = {-1, WEIR__REF_MAX_US + 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        struct fixture f;
        fixture_begin(&f, false);
        f.t.wall_us = clocks[i];
        struct weir_write_options options = {.inserted_at_us = 1};
        struct counts before = counts_now(&f);
        assert_int_not_equal(rows_write(&f, one_row, 1, &options, NULL, NULL), WEIR_OK);
        assert_requests(&f, before, 0, 0, 0, 0);
        fixture_end(&f);
    }
}

static void corrupt_marker_is_never_not_committed(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    bool found = false;
    (void)state;
    fixture_begin(&f, false);
    object_put(&f, "t/data/part=a/job.commit", "");
    struct weir_write_options options = {.token = "job"};
    struct counts before = counts_now(&f);
    assert_int_equal(rows_write(&f, one_row, 1, &options, NULL, &err), WEIR_CORRUPT);
    assert_non_null(strstr(err.message, "job.commit"));
    assert_requests(&f, before, 0, 1, 0, 0);
    assert_int_equal(weir_lookup_commit(f.writer, "part=a", "job", NULL, &found, &r, NULL),
                     WEIR_CORRUPT);
    fixture_end(&f);
}

/* ---- Restamp --------------------------------------------------------------------------------- */

static void restamp_writes_one_more_ref(void **state)
{
    struct fixture f;
    struct weir_write_results wrote = {0};
    struct weir_write_results again = {0};
    (void)state;
    fixture_begin(&f, false);
    assert_ok(rows_write(&f, one_row, 1, NULL, &wrote, &test_last_error));
    test_env_advance(&f.t, 5000000);
    struct counts before = counts_now(&f);
    assert_ok(weir_restamp_ref(f.writer, &wrote.items[0], &again, &test_last_error));
    assert_requests(&f, before, 1, 0, 0, 0);
    assert_string_equal(again.items[0].data_key, wrote.items[0].data_key);
    assert_string_equal(again.items[0].token, wrote.items[0].token);
    assert_int_equal(again.items[0].row_count, 1);
    assert_true(strcmp(again.items[0].offset, wrote.items[0].offset) > 0);
    assert_int_equal(keys_count(&f, "t/_ref/"), 2);
    weir_write_results_dispose(&again);
    struct weir_write_result foreign = wrote.items[0];
    foreign.ref_key = "other/_ref/0000000000000001-t-0190a8b4d3a87f4ab1c2d3e4f5a6b7c8;part=a.ref";
    assert_int_equal(weir_restamp_ref(f.writer, &foreign, &again, NULL), WEIR_INVALID);
    assert_int_equal(weir_restamp_ref(f.writer, NULL, &again, NULL), WEIR_INVALID);
    weir_write_results_dispose(&wrote);
    fixture_end(&f);
}

static void late_write_restamps_itself_when_asked(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = "job", .restamp_if_late = true};
    assert_ok(weir_storage_mem_set_latency(f.store, WEIR_VERB_PUT, 16000000, &test_last_error));
    assert_ok(rows_write(&f, one_row, 1, &options, &r, &test_last_error));
    assert_int_equal(r.items[0].state, WEIR_WRITE_COMMITTED);
    assert_int_equal(keys_count(&f, "t/_ref/"), 2);
    weir_write_results_dispose(&r);
    /* A repeat sees a marker much younger than its ref. */
    options.restamp_if_late = false;
    assert_ok(rows_write(&f, one_row, 1, &options, &r, &test_last_error));
    assert_int_equal(r.items[0].state, WEIR_WRITE_EXISTING);
    assert_true(r.items[0].late_suspected);
    weir_write_results_dispose(&r);
    options.restamp_if_late = true;
    assert_ok(rows_write(&f, one_row, 1, &options, &r, &test_last_error));
    assert_int_equal(r.items[0].state, WEIR_WRITE_EXISTING);
    assert_false(r.items[0].late_suspected);
    assert_int_equal(keys_count(&f, "t/_ref/"), 3);
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

/* ---- Threads --------------------------------------------------------------------------------- */

/* The bodies of the data files, in order of their partitions. */
static void bodies_print(struct fixture *f, const struct weir_write_results *r,
                         struct weir__buf *out)
{
    for (size_t i = 0; i < r->n; i++) {
        struct weir_storage_bytes body = {0};
        assert_ok(
            weir_storage_get(f->store, r->items[i].data_key, NULL, NULL, &body, &test_last_error));
        assert_ok(weir__buf_append(out, body.data, body.n_bytes, &test_last_error));
        weir_storage_bytes_dispose(&body);
        if (i > 0)
            assert_true(strcmp(r->items[i - 1].partition, r->items[i].partition) < 0);
    }
}

/* Attempt ids and ref times are the only values that vary; the used encode buffer is not seen. */
static void write_gives_the_same_files_on_any_number_of_threads(void **state)
{
    struct row rows[256];
    char names[256][8];
    struct weir__buf bodies[3];
    static const int32_t inflights[] = {1, 8, 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)snprintf(names[i], sizeof names[i], "p%zu", i % 16);
        rows[i] = (struct row){names[i], (int64_t)i, (int64_t)i % 7, i % 5 ? "text" : NULL};
    }
    for (size_t run = 0; run < COUNT_OF(bodies); run++) {
        struct fixture f;
        struct weir_write_results r = {0};
        fixture_begin(&f, false);
        fixture_close(&f);
        fixture_open(&f, inflights[run]);
        if (run == 2) /* a writer that has been used before */
            rows_write_ok(&f, rows, 100, NULL);
        assert_ok(rows_write(&f, rows, COUNT_OF(rows), NULL, &r, &test_last_error));
        assert_int_equal(r.n, 16);
        bodies[run] = weir__buf_make(weir_env_default(), 1 << 24);
        bodies_print(&f, &r, &bodies[run]);
        assert_true(bodies[run].len > 0);
        assert_int_equal(bodies[run].len, bodies[0].len);
        assert_memory_equal(bodies[run].data, bodies[0].data, bodies[0].len);
        weir_write_results_dispose(&r);
        fixture_end(&f);
    }
    for (size_t run = 0; run < COUNT_OF(bodies); run++)
        weir__buf_dispose(&bodies[run]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_comes_back_in_partition_order),
        cmocka_unit_test(write_reports_each_partition_in_key_order),
        cmocka_unit_test(write_puts_three_objects_for_a_partition),
        cmocka_unit_test(marker_on_a_local_store_is_four_lines),
        cmocka_unit_test(write_costs_what_the_budget_says),
        cmocka_unit_test(lookup_costs_one_head),
        cmocka_unit_test(write_of_no_rows_asks_nothing),
        cmocka_unit_test(write_with_the_same_token_returns_the_same_result),
        cmocka_unit_test(optimistic_write_keeps_the_first_commit),
        cmocka_unit_test(token_callback_runs_once_for_each_partition),
        cmocka_unit_test(empty_token_is_an_error_not_no_token),
        cmocka_unit_test(write_survives_a_lost_answer_of_the_commit),
        cmocka_unit_test(write_sends_the_whole_body_again_after_a_lost_answer),
        cmocka_unit_test(write_gives_up_after_five_attempts),
        cmocka_unit_test(write_with_a_failed_commit_is_unknown_and_can_be_repeated),
        cmocka_unit_test(write_failing_before_the_commit_shows_nothing),
        cmocka_unit_test(write_stops_the_partitions_behind_a_failure),
        cmocka_unit_test(commit_is_late_by_the_monotonic_clock),
        cmocka_unit_test(late_commit_does_not_stop_the_other_partitions),
        cmocka_unit_test(commit_is_not_late_when_the_wall_clock_steps),
        cmocka_unit_test(cancel_after_the_data_file_does_not_stop_the_commit),
        cmocka_unit_test(cancel_before_the_data_file_writes_nothing),
        cmocka_unit_test(write_refuses_a_clock_that_refs_cannot_say),
        cmocka_unit_test(corrupt_marker_is_never_not_committed),
        cmocka_unit_test(restamp_writes_one_more_ref),
        cmocka_unit_test(late_write_restamps_itself_when_asked),
        cmocka_unit_test(write_gives_the_same_files_on_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
