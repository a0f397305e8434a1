/* test_memory.c: the test controls of memory stores (spec/storage.md 8). */
#include "support/support.h"

#include "storage/store.h"

#include <stdio.h>
#include <stdlib.h>

#define START_US INT64_C(1700000000000000)

struct world {
    struct test_env t;
    struct weir_storage *st;
};

static int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    test_env_init(&w->t);
    test_env_simulate(&w->t, START_US);
    *state = w;
    return weir_storage_open_memory(&w->t.env, NULL, &w->st, NULL) == WEIR_OK ? 0 : -1;
}

static int world_teardown(void **state)
{
    struct world *w = *state;
    weir_storage_unref(w->st);
    test_env_check_leaks(&w->t);
    free(w);
    return 0;
}

static int put(struct world *w, const char *key, struct weir_put_result *result)
{
    return weir_storage_put(w->st, key, "1", 1, NULL, NULL, result, &test_last_error);
}

static bool exists(struct world *w, const char *key)
{
    bool found = false;
    assert_ok(weir_storage_exists(w->st, key, NULL, &found, &test_last_error));
    return found;
}

static int listed(struct world *w)
{
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    int n = -1;
    assert_ok(weir_storage_list(w->st, "", NULL, NULL, &it, &test_last_error));
    do {
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        n++;
    } while (object);
    return n;
}

static void latency_passes_on_the_seams_clock(void **state)
{
    struct world *w = *state;
    assert_ok(weir_storage_mem_set_latency(w->st, WEIR_VERB_PUT, 50000, &test_last_error));
    assert_ok(weir_storage_mem_set_latency(w->st, WEIR_VERB_ANY, 1000, &test_last_error));
    int64_t before = w->t.monotonic_us;
    assert_ok(put(w, "k", NULL));
    assert_int_equal(w->t.monotonic_us - before, 51000);
    assert_true(exists(w, "k"));
    assert_int_equal(w->t.monotonic_us - before, 52000);
}

static void calls_fail_as_often_as_asked(void **state)
{
    struct world *w = *state;
    assert_ok(weir_storage_mem_fail_next(w->st, WEIR_VERB_PUT, 1, 2, WEIR_UNAVAILABLE,
                                         WEIR_MEM_FAIL_BEFORE, &test_last_error));
    assert_ok(put(w, "a", NULL));
    assert_int_equal(put(w, "b", NULL), WEIR_UNAVAILABLE);
    assert_true(exists(w, "a")); /* another verb */
    assert_int_equal(put(w, "b", NULL), WEIR_UNAVAILABLE);
    assert_false(exists(w, "b"));
    assert_ok(put(w, "b", NULL));
    assert_ok(weir_storage_mem_fail_next(w->st, WEIR_VERB_ANY, 0, 1, WEIR_TIMEOUT,
                                         WEIR_MEM_FAIL_BEFORE, &test_last_error));
    assert_int_equal(weir_storage_delete(w->st, "a", NULL, NULL, NULL), WEIR_TIMEOUT);
    assert_true(exists(w, "a"));
    struct weir_storage_counters stats = {0};
    weir_storage_stats(w->st, &stats);
    assert_int_equal(stats.errors, 3);
}

static void write_is_ambiguous_when_its_answer_is_lost(void **state)
{
    struct world *w = *state;
    struct weir_put_result result = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    assert_ok(weir_storage_mem_fail_next(w->st, WEIR_VERB_PUT, 0, 1, WEIR_TIMEOUT,
                                         WEIR_MEM_FAIL_AFTER, &test_last_error));
    assert_int_equal(weir_storage_put(w->st, "k", "1", 1, NULL, NULL, &result, &err), WEIR_TIMEOUT);
    assert_true(result.is_ambiguous);
    assert_true(err.retryable);
    assert_true(exists(w, "k"));
}

static void list_is_late_when_told_so(void **state)
{
    struct world *w = *state;
    assert_ok(put(w, "old", NULL));
    assert_ok(weir_storage_mem_set_list_delay(w->st, 1000000, &test_last_error));
    assert_ok(put(w, "new", NULL));
    assert_ok(put(w, "old", NULL)); /* not new */
    assert_int_equal(listed(w), 1);
    assert_true(exists(w, "new"));
    test_env_advance(&w->t, 999999);
    assert_int_equal(listed(w), 1);
    test_env_advance(&w->t, 1);
    assert_int_equal(listed(w), 2);
}

static void pages_are_as_small_as_asked(void **state)
{
    struct world *w = *state;
    struct weir_storage_counters before = {0}, after = {0};
    for (int i = 0; i < 7; i++) {
        char key[8];
        (void)snprintf(key, sizeof key, "k%d", i);
        assert_ok(put(w, key, NULL));
    }
    assert_ok(weir_storage_mem_set_page_size(w->st, 3, &test_last_error));
    weir_storage_stats(w->st, &before);
    assert_int_equal(listed(w), 7);
    weir_storage_stats(w->st, &after);
    assert_int_equal(after.requests[WEIR_VERB_LIST] - before.requests[WEIR_VERB_LIST], 3);
}

static void common_prefixes_come_once_when_pages_are_small(void **state)
{
    static const char *const keys[] = {"a/1", "a/2", "a/3", "a0", "b/1", "b/2", "c"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        assert_ok(put(w, keys[i], NULL));
    struct weir_list_options options = {.delimiter = true};
    for (int64_t page_size = 1; page_size <= 4; page_size++) {
        AUTO(object_iter) struct weir_object_iter *it = NULL;
        const struct weir_object *object = NULL;
        char seen[64] = "";
        assert_ok(weir_storage_mem_set_page_size(w->st, page_size, &test_last_error));
        assert_ok(weir_storage_list(w->st, "", &options, NULL, &it, &test_last_error));
        for (size_t at = 0;;) {
            assert_ok(weir_object_iter_next(it, &object, &test_last_error));
            if (!object)
                break;
            at += (size_t)snprintf(seen + at, sizeof seen - at, "%s ", object->key);
        }
        assert_string_equal(seen, "a/ a0 b/ c ");
    }
}

/* A failure in the middle of a listing is final, and what came before stays good. */
static void list_fails_on_the_page_that_fails(void **state)
{
    struct world *w = *state;
    assert_ok(put(w, "a", NULL));
    assert_ok(put(w, "b", NULL));
    assert_ok(weir_storage_mem_set_page_size(w->st, 1, &test_last_error));
    assert_ok(weir_storage_mem_fail_next(w->st, WEIR_VERB_LIST, 1, 1, WEIR_TIMEOUT,
                                         WEIR_MEM_FAIL_BEFORE, &test_last_error));
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(w->st, "", NULL, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_int_equal(weir_object_iter_next(it, &object, NULL), WEIR_TIMEOUT);
    assert_int_equal(weir_object_iter_next(it, &object, NULL), WEIR_TIMEOUT);
}

static void times_are_those_of_the_seam(void **state)
{
    struct world *w = *state;
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    test_env_advance(&w->t, 77);
    assert_ok(put(w, "k", NULL));
    assert_ok(weir_storage_head(w->st, "k", NULL, NULL, &head, &test_last_error));
    assert_int_equal(head.modified_us, START_US + 77);
}

static void readers_keep_their_version_when_it_is_replaced(void **state)
{
    struct world *w = *state;
    struct weir_put_result first = {0}, second = {0};
    assert_ok(put(w, "k", &first));
    assert_ok(put(w, "k", &second));
    assert_string_not_equal(first.etag, second.etag); /* versions, not contents */
}

static void conditions_are_probed_with_one_scratch_object(void **state)
{
    struct world *w = *state;
    uint32_t caps = 0;
    assert_ok(weir_storage_probe_conditions(w->st, NULL, &caps, &test_last_error));
    assert_true(caps & WEIR_CAP_IF_ABSENT);
    assert_true(caps & WEIR_CAP_IF_ETAG);
    assert_int_equal(listed(w), 0);
    struct weir_storage_counters stats = {0};
    weir_storage_stats(w->st, &stats);
    assert_int_equal(stats.requests[WEIR_VERB_PUT], 3);
    assert_int_equal(stats.requests[WEIR_VERB_DELETE], 1);
}

static void controls_refuse_what_is_no_memory_store(void **state)
{
    struct world *w = *state;
    char *dir = test_dir_make();
    AUTO(storage) struct weir_storage *local = NULL;
    assert_ok(weir_storage_open_local(&w->t.env, dir, NULL, NULL, &local, &test_last_error));
    assert_int_equal(weir_storage_mem_set_latency(local, WEIR_VERB_PUT, 1, NULL), WEIR_UNSUPPORTED);
    assert_int_equal(weir_storage_mem_fail_next(w->st, WEIR_VERB_COUNT, 0, 1, WEIR_IO,
                                                WEIR_MEM_FAIL_BEFORE, NULL),
                     WEIR_INVALID);
    assert_int_equal(weir_storage_mem_set_page_size(w->st, 1001, NULL), WEIR_INVALID);
    test_dir_remove(dir);
}

/* ---- A store made by others ----------------------------------------------------------------- */

/* Answers 200 to every put, whatever the condition: some look-alikes of S3 do. */
static int careless_put(void *ctx, const struct weir_storage_request *request,
                        struct weir_put_result *out, struct weir_error *err)
{
    (void)ctx;
    (void)request;
    (void)out;
    (void)err;
    return WEIR_OK;
}

/* Reads the source, loses what it read and starts again. */
static int careless_stream(void *ctx, const struct weir_storage_request *request,
                           struct weir_put_result *out, struct weir_error *err)
{
    const struct weir_source *source = request->source;
    char block[64];
    size_t got = 1;
    (void)ctx;
    TRY(source->read(source->ctx, block, 4, &got, err));
    if (!source->rewind)
        return weir__fail(err, WEIR_UNAVAILABLE, "cannot start again");
    TRY(source->rewind(source->ctx, err));
    while (got) {
        TRY(source->read(source->ctx, block, sizeof block, &got, err));
        out->size_bytes += (int64_t)got;
    }
    return WEIR_OK;
}

static int careless_batch(void *ctx, const struct weir_storage_request *request,
                          const char *const *keys, size_t n, struct weir_delete_failures *failures,
                          struct weir_error *err)
{
    struct weir_error cause = WEIR_ERROR_INIT;
    (void)ctx;
    (void)request;
    (void)keys;
    for (size_t i = 1; i < n && failures; i += 2) {
        (void)weir__fail(&cause, WEIR_PERMISSION, "odd keys stay");
        TRY(weir__delete_failures_add(failures, i, &cause, err));
    }
    return n > 1 ? weir__fail(err, WEIR_PERMISSION, "odd keys stay") : WEIR_OK;
}

static int careless_get(void *ctx, const struct weir_storage_request *request,
                        struct weir_get_result *out, struct weir_error *err)
{
    (void)ctx;
    (void)out;
    /* Announces ten bytes and sends three. */
    if (request->expect)
        TRY(request->expect(request->expect_ctx, 10, err));
    return request->sink->write(request->sink->ctx, "abc", 3, err);
}

static int careless_head(void *ctx, const struct weir_storage_request *request,
                         struct weir_head *out, struct weir_error *err)
{
    (void)ctx;
    (void)request;
    out->size_bytes = 10;
    return weir_head_add_meta(out, "X-Name", "v", err);
}

/* Gives the same page twice and out of order in between. */
static int careless_list(void *ctx, const struct weir_storage_request *request,
                         struct weir_storage_page *page, struct weir_error *err)
{
    static const char *const keys[] = {"a", "b", "b", "a", "c"};
    int *n_pages = ctx;
    (void)request;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct weir_object object = {.key = keys[i], .etag = ""};
        TRY(weir_storage_page_add(page, &object, err));
    }
    page->is_last = ++*n_pages == 2;
    return WEIR_OK;
}

static int careless_delete(void *ctx, const struct weir_storage_request *request,
                           struct weir_error *err)
{
    (void)ctx;
    (void)request;
    (void)err;
    return WEIR_OK;
}

static const struct weir_storage_ops careless_ops = {
    .type = "careless",
    .caps = WEIR_CAP_IF_ABSENT | WEIR_CAP_IF_ETAG,
    .put = careless_put,
    .put_stream = careless_stream,
    .delete_batch = careless_batch,
    .get_stream = careless_get,
    .head = careless_head,
    .list = careless_list,
    .delete_object = careless_delete,
};

static void front_holds_the_contract_when_a_backend_does_not(void **state)
{
    struct world *w = *state;
    int n_pages = 0;
    AUTO(storage) struct weir_storage *st = NULL;
    assert_ok(weir_storage_open_ops(&w->t.env, &careless_ops, &n_pages, &st, &test_last_error));
    struct weir_storage_bytes got = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir_storage_get(st, "k", NULL, NULL, &got, &err), WEIR_IO);
    assert_int_equal(err.detail, WEIR_DETAIL_INCOMPLETE);
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    assert_ok(weir_storage_head(st, "k", NULL, NULL, &head, &test_last_error));
    assert_string_equal(head.meta[0].name, "x-name");

    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    char keys[16] = "";
    assert_ok(weir_storage_list(st, "", NULL, NULL, &it, &test_last_error));
    for (size_t n = 0;; n++) {
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        if (!object)
            break;
        keys[n] = object->key[0];
    }
    assert_string_equal(keys, "abc");

    uint32_t caps = 0;
    assert_ok(weir_storage_probe_conditions(st, NULL, &caps, &test_last_error));
    assert_int_equal(caps, 0);
    struct weir_put_options absent = {.if_absent = true};
    assert_int_equal(weir_storage_put(st, "k", "", 0, &absent, NULL, NULL, NULL), WEIR_UNSUPPORTED);
    assert_int_equal(weir_storage_append(st, "k", NULL, 0, 0, NULL, NULL, NULL, NULL),
                     WEIR_INVALID);
    assert_int_equal(weir_storage_list_directories(st, "", NULL, &it, NULL), WEIR_UNSUPPORTED);

    /* Random access goes by ranged gets, which notice the short answer. */
    AUTO(storage_input) struct weir__storage_input in = {0};
    char block[10];
    assert_ok(weir__storage_input(st, "k", false, NULL, NULL, &in, &test_last_error));
    assert_ok(in.input.read_at(in.input.ctx, 0, block, 3, &test_last_error));
    assert_int_equal(in.input.read_at(in.input.ctx, 0, block, 10, NULL), WEIR_IO);
    assert_int_equal(in.input.read_at(in.input.ctx, 0, block, 2, NULL), WEIR_IO);
}

struct tape {
    size_t at;
};

static int tape_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    static const char text[] = "0123456789";
    struct tape *tape = ctx;
    size_t left = sizeof text - 1 - tape->at;
    (void)err;
    *out_got = left < cap ? left : cap;
    memcpy(buf, text + tape->at, *out_got);
    tape->at += *out_got;
    return WEIR_OK;
}

static int tape_rewind(void *ctx, struct weir_error *err)
{
    struct tape *tape = ctx;
    (void)err;
    tape->at = 0;
    return WEIR_OK;
}

/* The size is checked over the last run through the source, not over all of them. */
static void source_is_counted_anew_when_rewound(void **state)
{
    struct world *w = *state;
    struct tape tape = {0};
    struct weir_source source = {tape_read, tape_rewind, &tape}, once = {tape_read, NULL, &tape};
    struct weir_put_result result = {0};
    AUTO(storage) struct weir_storage *st = NULL;
    assert_ok(weir_storage_open_ops(&w->t.env, &careless_ops, NULL, &st, &test_last_error));
    assert_ok(weir_storage_put_stream(st, "k", &source, 10, NULL, NULL, &result, &test_last_error));
    assert_int_equal(result.size_bytes, 10);
    tape.at = 0;
    assert_int_equal(weir_storage_put_stream(st, "k", &source, 11, NULL, NULL, NULL, NULL),
                     WEIR_INVALID);
    tape.at = 0;
    assert_int_equal(weir_storage_put_stream(st, "k", &once, 10, NULL, NULL, NULL, NULL),
                     WEIR_UNAVAILABLE);
}

static void batch_goes_to_the_backend_in_one_request_when_all_keys_are_good(void **state)
{
    static const char *const keys[] = {"a", "b", "c", "d"}, *const bad[] = {"a", "//", "c"};
    struct world *w = *state;
    struct weir_storage_counters stats = {0};
    struct weir_delete_failures failures = {0};
    AUTO(storage) struct weir_storage *st = NULL;
    assert_ok(weir_storage_open_ops(&w->t.env, &careless_ops, NULL, &st, &test_last_error));
    assert_int_equal(weir_storage_delete_batch(st, keys, 4, NULL, NULL, &failures, NULL),
                     WEIR_PERMISSION);
    assert_int_equal(failures.n, 2);
    assert_int_equal(failures.items[1].index, 3);
    weir_delete_failures_dispose(&failures);
    weir_storage_stats(st, &stats);
    assert_int_equal(stats.requests[WEIR_VERB_DELETE], 1);
    assert_int_equal(weir_storage_delete_batch(st, bad, 3, NULL, NULL, &failures, NULL),
                     WEIR_INVALID);
    assert_int_equal(failures.n, 1);
    assert_int_equal(failures.items[0].index, 1);
    weir_delete_failures_dispose(&failures);
    weir_storage_stats(st, &stats);
    assert_int_equal(stats.requests[WEIR_VERB_DELETE], 3);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(latency_passes_on_the_seams_clock),
        CASE(calls_fail_as_often_as_asked),
        CASE(write_is_ambiguous_when_its_answer_is_lost),
        CASE(list_is_late_when_told_so),
        CASE(pages_are_as_small_as_asked),
        CASE(common_prefixes_come_once_when_pages_are_small),
        CASE(list_fails_on_the_page_that_fails),
        CASE(times_are_those_of_the_seam),
        CASE(readers_keep_their_version_when_it_is_replaced),
        CASE(conditions_are_probed_with_one_scratch_object),
        CASE(controls_refuse_what_is_no_memory_store),
        CASE(source_is_counted_anew_when_rewound),
        CASE(batch_goes_to_the_backend_in_one_request_when_all_keys_are_good),
        CASE(front_holds_the_contract_when_a_backend_does_not),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
