/* test_objects.c: the contract of single objects, for every kind of store: put, get, head, delete,
 * conditions, streams. */
#include "contract.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const odd_keys[] = {
    "a/x",
    "a-b",
    "a.b",
    "\xC3\xA9",
    "x y",
    "x+y",
    "x%2Fy",
    "p=1..2/z",
    "..hidden/x",
    ".hidden",
    "a..b",
    "A",
    "q;r,s",
    "t:10@x~$&'()*!",
    "db/cpu/2025/11/25/16/cpu_20251125_160000_000000001.parquet",
};

static void object_reads_back_whole_when_put(void **state)
{
    struct fixture *f = *state;
    put_text(f, "dir/hello", "hello weir");
    assert_object(f, "dir/hello", "hello weir");
    put_text(f, "dir/hello", "again");
    assert_object(f, "dir/hello", "again");
    put_text(f, "empty", "");
    assert_object(f, "empty", "");
    assert_string_equal(weir_storage_type(f->st), f->opener->type);
}

/* Each key holds its own name; if two keys were one object, one of them would read wrong. */
static void keys_name_distinct_objects_when_odd(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(odd_keys); i++)
        put_text(f, odd_keys[i], odd_keys[i]);
    for (size_t i = 0; i < COUNT_OF(odd_keys); i++)
        assert_object(f, odd_keys[i], odd_keys[i]);
    char *text = list_text(f, "", NULL);
    size_t n = 1;
    for (const char *at = text; *at; at++)
        n += *at == '\n';
    free(text);
    assert_int_equal(n, COUNT_OF(odd_keys));
}

static void operations_refuse_when_key_is_bad(void **state)
{
    struct fixture *f = *state;
    struct weir_storage_bytes bytes = {0};
    struct weir_head head = {.size_bytes = 77};
    struct weir_object_iter *it = NULL;
    bool exists = true;
    assert_int_equal(weir_storage_put(f->st, "../x", "", 0, NULL, NULL, NULL, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_get(f->st, "/x", NULL, NULL, &bytes, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_head(f->st, "a//b", NULL, NULL, &head, NULL), WEIR_INVALID);
    assert_int_equal(head.size_bytes, 77);
    assert_int_equal(weir_storage_exists(f->st, "", NULL, &exists, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_delete(f->st, "a/", NULL, NULL, NULL), WEIR_INVALID);
    assert_int_equal(weir_storage_list(f->st, "a//", NULL, NULL, &it, NULL), WEIR_INVALID);
    assert_null(it);
}

static void put_refuses_when_conditions_do_not_hold(void **state)
{
    struct fixture *f = *state;
    struct weir_put_options absent = {.if_absent = true};
    struct weir_put_result first = {0}, second = {0};
    assert_ok(weir_storage_put(f->st, "k", "one", 3, &absent, NULL, &first, &test_last_error));
    assert_int_equal(first.size_bytes, 3);
    assert_int_equal(weir_storage_put(f->st, "k", "two", 3, &absent, NULL, NULL, NULL),
                     WEIR_ALREADY_EXISTS);
    assert_object(f, "k", "one");

    struct weir_put_options same = {.if_etag = first.etag};
    assert_ok(weir_storage_put(f->st, "k", "two", 3, &same, NULL, &second, &test_last_error));
    assert_string_not_equal(first.etag, second.etag);
    assert_int_equal(weir_storage_put(f->st, "k", "three", 5, &same, NULL, NULL, NULL),
                     WEIR_PRECONDITION);
    assert_int_equal(weir_storage_put(f->st, "none", "x", 1, &same, NULL, NULL, NULL),
                     WEIR_PRECONDITION);
    assert_object(f, "k", "two");
    assert_missing(f, "none");

    struct weir_put_options both = {.if_absent = true, .if_etag = "x"};
    assert_int_equal(weir_storage_put(f->st, "k", "", 0, &both, NULL, NULL, NULL), WEIR_INVALID);
}

static void etag_is_the_same_when_asked_of_put_head_and_get(void **state)
{
    struct fixture *f = *state;
    struct weir_put_result put = {0};
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    assert_ok(weir_storage_put(f->st, "k", "one", 3, NULL, NULL, &put, &test_last_error));
    assert_ok(weir_storage_head(f->st, "k", NULL, NULL, &head, &test_last_error));
    assert_ok(weir_storage_get(f->st, "k", NULL, NULL, &got, &test_last_error));
    assert_true(put.etag[0] != 0);
    assert_string_equal(put.etag, head.etag);
    assert_string_equal(put.etag, got.etag);
    assert_int_equal(head.size_bytes, 3);
    assert_true(head.modified_us > 0);
    assert_false(head.is_partial);

    struct weir_get_options right = {.if_etag = put.etag}, wrong = {.if_etag = "h-0"};
    struct block_sink sink;
    assert_ok(weir_storage_get_stream(f->st, "k", block_sink_init(&sink), &right, NULL, NULL,
                                      &test_last_error));
    assert_int_equal(
        weir_storage_get_stream(f->st, "k", block_sink_init(&sink), &wrong, NULL, NULL, NULL),
        WEIR_PRECONDITION);
    assert_int_equal(sink.n, 0);
}

/* Past 1 MiB a local store tells versions by inode and time instead of content. */
static void large_objects_keep_the_contract(void **state)
{
    enum { N = (3 << 20) + 17 };
    struct fixture *f = *state;
    char *large = malloc(N);
    for (size_t i = 0; i < N; i++)
        large[i] = (char)(i * 31 + (i >> 12));
    static const char *const keys[] = {"put", "stream"};
    struct weir_put_result results[2] = {0};
    struct text_source s;
    assert_ok(weir_storage_put(f->st, "put", large, N, NULL, NULL, &results[0], &test_last_error));
    assert_ok(weir_storage_put_stream(f->st, "stream", text_source_init(&s, large, N, 100000), N,
                                      NULL, NULL, &results[1], &test_last_error));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        AUTO(storage_bytes) struct weir_storage_bytes got = {0}, part = {0};
        AUTO(head) struct weir_head head = {.size_bytes = -1};
        struct weir_get_options range = {.offset = 1 << 20, .length = 1000};
        assert_ok(weir_storage_get(f->st, keys[i], NULL, NULL, &got, &test_last_error));
        assert_int_equal(got.n_bytes, N);
        assert_memory_equal(got.data, large, N);
        assert_ok(weir_storage_get(f->st, keys[i], &range, NULL, &part, &test_last_error));
        assert_memory_equal(part.data, large + (1 << 20), 1000);
        assert_ok(weir_storage_head(f->st, keys[i], NULL, NULL, &head, &test_last_error));
        assert_string_equal(head.etag, results[i].etag);
        assert_string_equal(got.etag, results[i].etag);
        struct weir_put_options wrong = {.if_etag = "h-00000000000000000000000000000000"};
        struct weir_put_options right = {.if_etag = results[i].etag};
        assert_int_equal(weir_storage_put(f->st, keys[i], "x", 1, &wrong, NULL, NULL, NULL),
                         WEIR_PRECONDITION);
        assert_ok(weir_storage_put(f->st, keys[i], "x", 1, &right, NULL, NULL, &test_last_error));
        assert_object(f, keys[i], "x");
    }
    free(large);
}

static void etag_is_left_out_when_not_wanted(void **state)
{
    struct fixture *f = *state;
    struct weir_get_options get = {.no_etag = true};
    struct weir_head_options look = {.no_etag = true};
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    put_text(f, "k", "one");
    assert_ok(weir_storage_get(f->st, "k", &get, NULL, &got, &test_last_error));
    assert_ok(weir_storage_head(f->st, "k", &look, NULL, &head, &test_last_error));
    assert_string_equal(got.etag, "");
    assert_string_equal(head.etag, "");
    assert_int_equal(head.size_bytes, 3);
}

/* A listing tells a version, too, and it is good for a condition. */
static void etag_of_a_listing_holds_when_used_as_condition(void **state)
{
    struct fixture *f = *state;
    put_text(f, "k", "one");
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(f->st, "", NULL, NULL, &it, &test_last_error));
    assert_ok(weir_object_iter_next(it, &object, &test_last_error));
    assert_non_null(object);
    assert_int_equal(object->size_bytes, 3);
    struct weir_put_options same = {.if_etag = object->etag};
    assert_ok(weir_storage_put(f->st, "k", "two", 3, &same, NULL, NULL, &test_last_error));
    assert_object(f, "k", "two");
}

static void metadata_comes_back_in_lower_case_or_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weir_kv meta[] = {{"RowCount", "3"}, {"attemptid", "Ab"}};
    struct weir_put_options options = {.meta = meta, .n_meta = 2};
    int status = weir_storage_put(f->st, "k", "x", 1, &options, NULL, NULL, &test_last_error);
    if (!(weir_storage_caps(f->st) & WEIR_CAP_META)) {
        assert_int_equal(status, WEIR_UNSUPPORTED);
        assert_missing(f, "k");
        return;
    }
    assert_ok(status);
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    assert_ok(weir_storage_head(f->st, "k", NULL, NULL, &head, &test_last_error));
    assert_int_equal(head.n_meta, 2);
    assert_string_equal(head.meta[0].name, "rowcount");
    assert_string_equal(head.meta[0].value, "3");
    assert_string_equal(head.meta[1].value, "Ab");
}

static void head_says_minus_one_when_missing(void **state)
{
    struct fixture *f = *state;
    AUTO(head) struct weir_head head = {.size_bytes = 5};
    bool exists = true;
    put_text(f, "dir/x", "1");
    assert_ok(weir_storage_head(f->st, "nope/deep", NULL, NULL, &head, &test_last_error));
    assert_int_equal(head.size_bytes, -1);
    assert_ok(weir_storage_exists(f->st, "nope", NULL, &exists, &test_last_error));
    assert_false(exists);
    /* A directory is not an object. */
    assert_ok(weir_storage_exists(f->st, "dir", NULL, &exists, &test_last_error));
    assert_false(exists);
    assert_missing(f, "dir");
    assert_ok(weir_storage_delete(f->st, "dir", NULL, NULL, &test_last_error));
    assert_ok(weir_storage_exists(f->st, "dir/x", NULL, &exists, &test_last_error));
    assert_true(exists);
}

struct range_row {
    int64_t offset, length;
    int status;
    int detail;
    const char *bytes;
};

static void get_follows_the_table_of_ranges(void **state)
{
    static const struct range_row rows[] = {
        {0, 0, WEIR_OK, 0, "0123456789"},
        {3, 0, WEIR_OK, 0, "3456789"},
        {3, 4, WEIR_OK, 0, "3456"},
        {8, 100, WEIR_OK, 0, "89"},
        {9, 1, WEIR_OK, 0, "9"},
        {10, 0, WEIR_INVALID, WEIR_DETAIL_RANGE, ""},
        {11, 5, WEIR_INVALID, WEIR_DETAIL_RANGE, ""},
        {-1, 0, WEIR_INVALID, WEIR_DETAIL_NONE, ""},
        {0, -1, WEIR_INVALID, WEIR_DETAIL_NONE, ""},
    };
    struct fixture *f = *state;
    put_text(f, "k", "0123456789");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct weir_get_options options = {.offset = rows[i].offset, .length = rows[i].length};
        struct block_sink sink;
        uint64_t n = 99;
        struct weir_error err = WEIR_ERROR_INIT;
        int status =
            weir_storage_get_stream(f->st, "k", block_sink_init(&sink), &options, NULL, &n, &err);
        assert_int_equal(status, rows[i].status);
        assert_int_equal(err.detail, rows[i].detail);
        assert_int_equal(n, strlen(rows[i].bytes));
        assert_memory_equal(sink.bytes, rows[i].bytes, n);
        AUTO(storage_bytes) struct weir_storage_bytes got = {0};
        assert_int_equal(weir_storage_get(f->st, "k", &options, NULL, &got, NULL), status);
        assert_int_equal(got.n_bytes, n);
    }
    put_text(f, "empty", "");
    struct block_sink sink;
    assert_ok(weir_storage_get_stream(f->st, "empty", block_sink_init(&sink), NULL, NULL, NULL,
                                      &test_last_error));
}

static void get_refuses_before_allocating_when_too_large(void **state)
{
    struct fixture *f = *state;
    put_text(f, "k", "0123456789");
    struct weir_get_options options = {.max_bytes = 9};
    struct weir_storage_bytes got = {0};
    assert_int_equal(weir_storage_get(f->st, "k", &options, NULL, &got, NULL), WEIR_INVALID);
    assert_null(got.data);
    options.max_bytes = 10;
    assert_ok(weir_storage_get(f->st, "k", &options, NULL, &got, &test_last_error));
    weir_storage_bytes_dispose(&got);
}

static void get_returns_the_sinks_failure_as_it_is(void **state)
{
    struct fixture *f = *state;
    char *large = malloc(1 << 20);
    memset(large, 'x', 1 << 20);
    assert_ok(weir_storage_put(f->st, "k", large, 1 << 20, NULL, NULL, NULL, &test_last_error));
    free(large);
    struct block_sink sink;
    uint64_t n = 1;
    struct weir_error err = WEIR_ERROR_INIT;
    (void)block_sink_init(&sink);
    sink.fail_after = 10;
    struct weir_storage_counters before = {0}, after = {0};
    weir_storage_stats(f->st, &before);
    assert_int_equal(weir_storage_get_stream(f->st, "k", &sink.sink, NULL, NULL, &n, &err),
                     WEIR_CORRUPT);
    assert_string_equal(err.message, "the sink broke");
    assert_int_equal(err.detail, WEIR_DETAIL_CALLER);
    assert_int_equal(n, 0);
    weir_storage_stats(f->st, &after);
    assert_int_equal(before.errors, after.errors);
}

static void stream_is_published_when_its_size_is_right(void **state)
{
    struct fixture *f = *state;
    static const int64_t sizes[] = {-1, 10};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct text_source s;
        struct weir_put_result result = {0};
        assert_ok(weir_storage_put_stream(f->st, "d/k", text_source_init(&s, "0123456789", 10, 3),
                                          sizes[i], NULL, NULL, &result, &test_last_error));
        assert_int_equal(result.size_bytes, 10);
        assert_object(f, "d/k", "0123456789");
        AUTO(head) struct weir_head head = {.size_bytes = -1};
        assert_ok(weir_storage_head(f->st, "d/k", NULL, NULL, &head, &test_last_error));
        assert_string_equal(head.etag, result.etag);
    }
    struct text_source s;
    assert_ok(weir_storage_put_stream(f->st, "e", text_source_init(&s, "", 0, 1), 0, NULL, NULL,
                                      NULL, &test_last_error));
    assert_object(f, "e", "");
}

static void stream_is_not_published_when_its_size_is_wrong(void **state)
{
    struct fixture *f = *state;
    static const int64_t sizes[] = {9, 11, 0};
    put_text(f, "k", "old");
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct text_source s;
        assert_int_equal(weir_storage_put_stream(f->st, "k",
                                                 text_source_init(&s, "0123456789", 10, 4),
                                                 sizes[i], NULL, NULL, NULL, NULL),
                         WEIR_INVALID);
        assert_object(f, "k", "old");
    }
    struct text_source s;
    struct weir_error err = WEIR_ERROR_INIT;
    (void)text_source_init(&s, "0123456789", 10, 4);
    s.fails_at_end = true;
    assert_int_equal(weir_storage_put_stream(f->st, "k", &s.source, -1, NULL, NULL, NULL, &err),
                     WEIR_CORRUPT);
    assert_int_equal(err.detail, WEIR_DETAIL_CALLER);
    assert_object(f, "k", "old");
}

static void stream_obeys_conditions_when_given(void **state)
{
    struct fixture *f = *state;
    struct weir_put_options absent = {.if_absent = true}, etag = {.if_etag = "h-nope"};
    struct text_source s;
    put_text(f, "k", "old");
    assert_int_equal(weir_storage_put_stream(f->st, "k", text_source_init(&s, "new", 3, 3), 3,
                                             &absent, NULL, NULL, NULL),
                     WEIR_ALREADY_EXISTS);
    assert_int_equal(s.at, 0); /* not a byte was taken */
    assert_int_equal(weir_storage_put_stream(f->st, "k", text_source_init(&s, "new", 3, 3), 3,
                                             &etag, NULL, NULL, NULL),
                     WEIR_PRECONDITION);
    assert_object(f, "k", "old");
    assert_ok(weir_storage_put_stream(f->st, "n", text_source_init(&s, "new", 3, 3), 3, &absent,
                                      NULL, NULL, &test_last_error));
    assert_object(f, "n", "new");
}

static void delete_is_fine_when_repeated(void **state)
{
    struct fixture *f = *state;
    put_text(f, "a/k", "1");
    assert_ok(weir_storage_delete(f->st, "a/k", NULL, NULL, &test_last_error));
    assert_missing(f, "a/k");
    assert_ok(weir_storage_delete(f->st, "a/k", NULL, NULL, &test_last_error));
    assert_ok(weir_storage_delete(f->st, "never/was", NULL, NULL, &test_last_error));
}

static void batch_deletes_the_rest_when_one_fails(void **state)
{
    struct fixture *f = *state;
    static const char *const keys[] = {"a", "b//bad", "nope", "c", "a"};
    put_text(f, "a", "1");
    put_text(f, "c", "1");
    put_text(f, "keep", "1");
    struct weir_delete_failures failures = {0};
    assert_int_equal(
        weir_storage_delete_batch(f->st, keys, COUNT_OF(keys), NULL, NULL, &failures, NULL),
        WEIR_INVALID);
    assert_int_equal(failures.n, 1);
    assert_int_equal(failures.items[0].index, 1);
    assert_int_equal(failures.items[0].code, WEIR_INVALID);
    weir_delete_failures_dispose(&failures);
    assert_list(f, "", NULL, "keep");
    assert_ok(weir_storage_delete_batch(f->st, NULL, 0, NULL, NULL, &failures, &test_last_error));
    weir_delete_failures_dispose(&failures);
}

static void operations_stop_when_cancelled(void **state)
{
    struct fixture *f = *state;
    struct weir_cancel *cancel = NULL;
    struct weir_storage_bytes got = {0};
    assert_ok(weir_cancel_new(&f->t.env, 0, &cancel, &test_last_error));
    put_text(f, "k", "old");
    weir_cancel_trigger(cancel);
    assert_int_equal(weir_storage_put(f->st, "k", "new", 3, NULL, cancel, NULL, NULL),
                     WEIR_CANCELLED);
    assert_int_equal(weir_storage_get(f->st, "k", NULL, cancel, &got, NULL), WEIR_CANCELLED);
    assert_int_equal(weir_storage_delete(f->st, "k", NULL, cancel, NULL), WEIR_CANCELLED);
    assert_object(f, "k", "old");
    weir_cancel_free(cancel);
}

static void counters_count_requests_and_bytes(void **state)
{
    struct fixture *f = *state;
    struct weir_storage_counters before = {0}, after = {0};
    weir_storage_stats(f->st, &before);
    put_text(f, "k", "12345");
    assert_object(f, "k", "12345");
    assert_missing(f, "nope");
    bool exists;
    assert_ok(weir_storage_exists(f->st, "k", NULL, &exists, &test_last_error));
    assert_list(f, "", NULL, "k");
    assert_ok(weir_storage_delete(f->st, "k", NULL, NULL, &test_last_error));
    weir_storage_stats(f->st, &after);
    assert_int_equal(after.requests[WEIR_VERB_PUT] - before.requests[WEIR_VERB_PUT], 1);
    assert_int_equal(after.requests[WEIR_VERB_GET] - before.requests[WEIR_VERB_GET], 2);
    assert_int_equal(after.requests[WEIR_VERB_HEAD] - before.requests[WEIR_VERB_HEAD], 1);
    assert_int_equal(after.requests[WEIR_VERB_LIST] - before.requests[WEIR_VERB_LIST], 1);
    assert_int_equal(after.requests[WEIR_VERB_DELETE] - before.requests[WEIR_VERB_DELETE], 1);
    assert_int_equal(after.requests[WEIR_VERB_ANY] - before.requests[WEIR_VERB_ANY], 6);
    assert_int_equal(after.put_bytes - before.put_bytes, 5);
    assert_int_equal(after.get_bytes - before.get_bytes, 5);
    assert_int_equal(after.errors, before.errors);
    assert_int_equal(after.in_flight, 0);
}

/* ---- Threads -------------------------------------------------------------------------------- */

#define N_RACERS 8
#define N_ROUNDS 25

struct racer {
    struct fixture *f;
    pthread_barrier_t *start;
    char name[8];
    bool is_streaming;
    int results[N_ROUNDS];
};

static void *racer_run(void *arg)
{
    struct racer *r = arg;
    struct weir_put_options absent = {.if_absent = true};
    for (int i = 0; i < N_ROUNDS; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "race/%d", i);
        (void)pthread_barrier_wait(r->start);
        struct text_source s;
        size_t n = strlen(r->name);
        if (r->is_streaming)
            r->results[i] = weir_storage_put_stream(
                r->f->st, key, text_source_init(&s, r->name, n, 1), -1, &absent, NULL, NULL, NULL);
        else
            r->results[i] = weir_storage_put(r->f->st, key, r->name, n, &absent, NULL, NULL, NULL);
    }
    return NULL;
}

/* Half of the racers put, half stream; a stream may also find another stream at it. */
static void put_has_one_winner_when_raced_if_absent(void **state)
{
    struct fixture *f = *state;
    pthread_barrier_t start;
    pthread_t threads[N_RACERS];
    struct racer racers[N_RACERS];
    assert_int_equal(pthread_barrier_init(&start, NULL, N_RACERS), 0);
    for (size_t i = 0; i < N_RACERS; i++) {
        racers[i] = (struct racer){.f = f, .start = &start, .is_streaming = i % 2};
        (void)snprintf(racers[i].name, sizeof racers[i].name, "r%zu", i);
        assert_int_equal(pthread_create(&threads[i], NULL, racer_run, &racers[i]), 0);
    }
    for (size_t i = 0; i < N_RACERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&start);
    for (int round = 0; round < N_ROUNDS; round++) {
        const char *winner = NULL;
        for (size_t i = 0; i < N_RACERS; i++) {
            int result = racers[i].results[round];
            if (result == WEIR_ALREADY_EXISTS ||
                (result == WEIR_UNAVAILABLE && racers[i].is_streaming))
                continue;
            assert_int_equal(racers[i].results[round], WEIR_OK);
            assert_null(winner);
            winner = racers[i].name;
        }
        assert_non_null(winner);
        char key[32];
        (void)snprintf(key, sizeof key, "race/%d", round);
        assert_object(f, key, winner);
    }
}

/* Every thread adds one to a number by compare and swap; no addition may be lost. */
static void *adder_run(void *arg)
{
    struct racer *r = arg;
    (void)pthread_barrier_wait(r->start);
    for (int i = 0; i < N_ROUNDS;) {
        struct weir_storage_bytes got = {0};
        int status = weir_storage_get(r->f->st, "sum", NULL, NULL, &got, NULL);
        if (status != WEIR_OK) {
            r->results[i] = status;
            return NULL;
        }
        char text[32];
        (void)snprintf(text, sizeof text, "%d", atoi((const char *)got.data) + 1);
        struct weir_put_options same = {.if_etag = got.etag};
        status = weir_storage_put(r->f->st, "sum", text, strlen(text), &same, NULL, NULL, NULL);
        weir_storage_bytes_dispose(&got);
        if (status == WEIR_PRECONDITION)
            continue;
        r->results[i++] = status;
    }
    return NULL;
}

static void put_loses_no_update_when_raced_if_etag(void **state)
{
    struct fixture *f = *state;
    enum { N = 4 };
    pthread_barrier_t start;
    pthread_t threads[N];
    struct racer racers[N];
    put_text(f, "sum", "0");
    assert_int_equal(pthread_barrier_init(&start, NULL, N), 0);
    for (size_t i = 0; i < N; i++) {
        racers[i] = (struct racer){.f = f, .start = &start};
        assert_int_equal(pthread_create(&threads[i], NULL, adder_run, &racers[i]), 0);
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&start);
    for (size_t i = 0; i < N; i++)
        for (int round = 0; round < N_ROUNDS; round++)
            assert_int_equal(racers[i].results[round], WEIR_OK);
    char expected[16];
    (void)snprintf(expected, sizeof expected, "%d", N * N_ROUNDS);
    assert_object(f, "sum", expected);
}

int main(void)
{
    static const struct contract_case cases[] = {
        CONTRACT_CASE(object_reads_back_whole_when_put),
        CONTRACT_CASE(keys_name_distinct_objects_when_odd),
        CONTRACT_CASE(operations_refuse_when_key_is_bad),
        CONTRACT_CASE(put_refuses_when_conditions_do_not_hold),
        CONTRACT_CASE(etag_is_the_same_when_asked_of_put_head_and_get),
        CONTRACT_CASE(large_objects_keep_the_contract),
        CONTRACT_CASE(etag_is_left_out_when_not_wanted),
        CONTRACT_CASE(etag_of_a_listing_holds_when_used_as_condition),
        CONTRACT_CASE(metadata_comes_back_in_lower_case_or_is_refused),
        CONTRACT_CASE(head_says_minus_one_when_missing),
        CONTRACT_CASE(get_follows_the_table_of_ranges),
        CONTRACT_CASE(get_refuses_before_allocating_when_too_large),
        CONTRACT_CASE(get_returns_the_sinks_failure_as_it_is),
        CONTRACT_CASE(stream_is_published_when_its_size_is_right),
        CONTRACT_CASE(stream_is_not_published_when_its_size_is_wrong),
        CONTRACT_CASE(stream_obeys_conditions_when_given),
        CONTRACT_CASE(delete_is_fine_when_repeated),
        CONTRACT_CASE(batch_deletes_the_rest_when_one_fails),
        CONTRACT_CASE(operations_stop_when_cancelled),
        CONTRACT_CASE(counters_count_requests_and_bytes),
        CONTRACT_CASE(put_has_one_winner_when_raced_if_absent),
        CONTRACT_CASE(put_loses_no_update_when_raced_if_etag),
    };
    return contract_run("objects", cases, COUNT_OF(cases));
}
