/* test_resume.c: the contract of unfinished transfers, for every kind of store that can append:
 * staging files and who sees them (spec/storage.md 4.1, 5.5), append, copy. */
#include "contract.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT "0123456789"
#define TEXT_SHA256 "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"

/* Leave a staging file with the first `n` bytes of TEXT. */
static void leave_partial(struct fixture *f, const char *key, size_t n)
{
    struct text_source s;
    (void)text_source_init(&s, TEXT, n, 3);
    s.fails_at_end = true;
    assert_int_equal(weir_storage_put_stream(f->st, key, &s.source, -1, NULL, NULL, NULL, NULL),
                     WEIR_CORRUPT);
}

static struct weir_head head_of(struct fixture *f, const char *key)
{
    struct weir_head head = {.size_bytes = -1};
    assert_ok(weir_storage_head(f->st, key, NULL, NULL, &head, &test_last_error));
    struct weir_head shown = head;
    weir_head_dispose(&head);
    return shown;
}

static bool exists(struct fixture *f, const char *key)
{
    bool found = false;
    assert_ok(weir_storage_exists(f->st, key, NULL, &found, &test_last_error));
    return found;
}

static int append_text(struct fixture *f, const char *key, const char *text, int64_t size,
                       int64_t total, const char *sha256, bool *out_is_promoted,
                       struct weir_error *err)
{
    struct text_source s;
    struct weir_append_options options = {.sha256 = sha256};
    return weir_storage_append(f->st, key, text_source_init(&s, text, strlen(text), 3), size, total,
                               &options, NULL, out_is_promoted, err);
}

static void partial_is_seen_as_the_matrix_says(void **state)
{
    struct fixture *f = *state;
    struct block_sink sink;
    leave_partial(f, "d/x", 4);
    struct weir_list_options with = {.include_partial = true};
    assert_list(f, "", NULL, "");
    assert_list(f, "", &with, "d/x (partial)");
    assert_false(exists(f, "d/x"));
    assert_missing(f, "d/x");
    assert_int_equal(head_of(f, "d/x").size_bytes, 4);
    assert_true(head_of(f, "d/x").is_partial);
    struct weir_get_options partial = {.allow_partial = true};
    assert_int_equal(
        weir_storage_get_stream(f->st, "d/x", block_sink_init(&sink), NULL, NULL, NULL, NULL),
        WEIR_NOT_FOUND);
    assert_ok(weir_storage_get_stream(f->st, "d/x", block_sink_init(&sink), &partial, NULL, NULL,
                                      &test_last_error));
    assert_int_equal(sink.n, 4);
    assert_memory_equal(sink.bytes, TEXT, 4);
    struct weir_storage_bytes got = {0};
    assert_int_equal(weir_storage_get(f->st, "d/x", &partial, NULL, &got, NULL), WEIR_NOT_FOUND);

    put_text(f, "d/x", "final"); /* replaces x, leaves its staging alone */
    assert_false(head_of(f, "d/x").is_partial);
    assert_list(f, "", &with, "d/x");
    assert_ok(weir_storage_get_stream(f->st, "d/x", block_sink_init(&sink), &partial, NULL, NULL,
                                      &test_last_error));
    assert_int_equal(sink.n, 5);
    bool is_promoted = false;
    assert_ok(append_text(f, "d/x", &TEXT[4], 6, 10, NULL, &is_promoted, &test_last_error));
    assert_true(is_promoted);
    assert_object(f, "d/x", TEXT);

    leave_partial(f, "d/x", 4);
    assert_ok(weir_storage_delete(f->st, "d/x", NULL, NULL, &test_last_error));
    assert_int_equal(head_of(f, "d/x").size_bytes, -1);
    leave_partial(f, "d/x", 4);
    static const char *const keys[] = {"d/x"};
    assert_ok(weir_storage_delete_batch(f->st, keys, 1, NULL, NULL, NULL, &test_last_error));
    assert_int_equal(head_of(f, "d/x").size_bytes, -1);
}

static void partial_is_dropped_when_asked(void **state)
{
    struct fixture *f = *state;
    struct text_source s;
    struct weir_put_options options = {.discard_partial = true};
    (void)text_source_init(&s, TEXT, 4, 3);
    s.fails_at_end = true;
    assert_int_equal(weir_storage_put_stream(f->st, "x", &s.source, -1, &options, NULL, NULL, NULL),
                     WEIR_CORRUPT);
    assert_int_equal(head_of(f, "x").size_bytes, -1);
}

static void stream_begins_at_zero_when_a_partial_is_there(void **state)
{
    struct fixture *f = *state;
    struct text_source s;
    leave_partial(f, "x", 9);
    assert_ok(weir_storage_put_stream(f->st, "x", text_source_init(&s, "abc", 3, 3), 3, NULL, NULL,
                                      NULL, &test_last_error));
    assert_object(f, "x", "abc");
    assert_int_equal(append_text(f, "x", "z", 1, -1, NULL, NULL, NULL), WEIR_NOT_FOUND);
}

static void append_publishes_when_all_bytes_came(void **state)
{
    struct fixture *f = *state;
    bool is_promoted = false;
    leave_partial(f, "x", 4);
    assert_ok(append_text(f, "x", &TEXT[4], 6, 10, TEXT_SHA256, &is_promoted, &test_last_error));
    assert_true(is_promoted);
    assert_object(f, "x", TEXT);
    assert_int_equal(append_text(f, "nope/x", "z", 1, -1, NULL, NULL, NULL), WEIR_NOT_FOUND);
    leave_partial(f, "y", 10);
    assert_ok(append_text(f, "y", "", 0, 10, TEXT_SHA256, NULL, &test_last_error));
    assert_object(f, "y", TEXT);
}

static void append_keeps_or_cuts_back_when_the_bytes_are_wrong(void **state)
{
    struct fixture *f = *state;
    struct weir_error err = WEIR_ERROR_INIT;
    leave_partial(f, "x", 4);
    assert_int_equal(append_text(f, "x", "45", 6, 10, NULL, NULL, &err), WEIR_IO);
    assert_int_equal(err.detail, WEIR_DETAIL_INCOMPLETE);
    assert_int_equal(head_of(f, "x").size_bytes, 6);
    assert_int_equal(append_text(f, "x", "6789+", 4, 10, NULL, NULL, &err), WEIR_INVALID);
    assert_int_equal(head_of(f, "x").size_bytes, 6);
    assert_int_equal(append_text(f, "x", "678", 3, 10, NULL, NULL, &err), WEIR_INVALID);
    assert_int_equal(head_of(f, "x").size_bytes, 6);
    assert_int_equal(append_text(f, "x", "678X", 4, 10, TEXT_SHA256, NULL, &err), WEIR_CORRUPT);
    assert_false(exists(f, "x"));
    assert_int_equal(append_text(f, "x", "", 0, -1, "nonsense", NULL, &err), WEIR_INVALID);
}

/* A source that, while it is read, sees what other writers of the same key get told. */
struct intruder {
    struct fixture *f;
    int stream_status, append_status;
    bool is_done;
};

static int intruder_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct intruder *in = ctx;
    (void)cap;
    (void)err;
    *out_got = in->is_done ? 0 : 1;
    if (in->is_done)
        return WEIR_OK;
    in->is_done = true;
    struct text_source s;
    in->stream_status = weir_storage_put_stream(in->f->st, "x", text_source_init(&s, "z", 1, 1), 1,
                                                NULL, NULL, NULL, NULL);
    in->append_status = append_text(in->f, "x", "z", 1, -1, NULL, NULL, NULL);
    memcpy(buf, "a", 1);
    return WEIR_OK;
}

static void second_writer_is_turned_away_when_one_streams(void **state)
{
    struct fixture *f = *state;
    struct intruder in = {.f = f};
    struct weir_source source = {intruder_read, NULL, &in};
    assert_ok(weir_storage_put_stream(f->st, "x", &source, 1, NULL, NULL, NULL, &test_last_error));
    assert_int_equal(in.stream_status, WEIR_UNAVAILABLE);
    assert_int_equal(in.append_status, WEIR_UNAVAILABLE);
    assert_object(f, "x", "a");
}

/* The staging file is deleted and made anew by another writer while we stream: neither may publish
 * the bytes of the other. */
static int thief_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct intruder *in = ctx;
    (void)cap;
    (void)err;
    *out_got = in->is_done ? 0 : 1;
    if (in->is_done)
        return WEIR_OK;
    in->is_done = true;
    assert_ok(weir_storage_delete(in->f->st, "x", NULL, NULL, &test_last_error));
    leave_partial(in->f, "x", 7);
    memcpy(buf, "a", 1);
    return WEIR_OK;
}

static void stream_publishes_only_its_own_bytes_when_staging_is_swapped(void **state)
{
    struct fixture *f = *state;
    struct intruder in = {.f = f};
    struct weir_source source = {thief_read, NULL, &in};
    int status = weir_storage_put_stream(f->st, "x", &source, 1, NULL, NULL, NULL, NULL);
    if (status == WEIR_OK) { /* memory: its content was its own all along */
        assert_object(f, "x", "a");
        return;
    }
    assert_int_equal(status, WEIR_UNAVAILABLE);
    assert_missing(f, "x");
    assert_int_equal(head_of(f, "x").size_bytes, 7);
    assert_true(head_of(f, "x").is_partial);
}

/* ---- Copy ----------------------------------------------------------------------------------- */

static void copy_moves_the_object_and_tells_its_hash(void **state)
{
    struct fixture *f = *state;
    AUTO(storage) struct weir_storage *other = NULL;
    assert_ok(weir_storage_open_memory(&f->t.env, NULL, &other, &test_last_error));
    put_text(f, "x", TEXT);
    struct weir_copy_result result = {0};
    assert_ok(weir_storage_copy(f->st, "x", other, "y", NULL, NULL, &result, &test_last_error));
    assert_int_equal(result.size_bytes, 10);
    assert_int_equal(result.copied_bytes, 10);
    assert_string_equal(result.sha256, TEXT_SHA256);
    assert_ok(weir_storage_copy(other, "y", f->st, "z", NULL, NULL, &result, &test_last_error));
    assert_object(f, "z", TEXT);
    put_text(f, "empty", "");
    assert_ok(weir_storage_copy(f->st, "empty", f->st, "e2", NULL, NULL, NULL, &test_last_error));
    assert_object(f, "e2", "");
    assert_int_equal(weir_storage_copy(f->st, "no", other, "y", NULL, NULL, NULL, NULL),
                     WEIR_NOT_FOUND);
    struct weir_copy_options absent = {.no_overwrite = true};
    assert_int_equal(weir_storage_copy(other, "y", f->st, "z", &absent, NULL, NULL, NULL),
                     WEIR_ALREADY_EXISTS);
}

static void copy_continues_a_staging_file_when_asked(void **state)
{
    struct fixture *f = *state;
    AUTO(storage) struct weir_storage *other = NULL;
    assert_ok(weir_storage_open_memory(&f->t.env, NULL, &other, &test_last_error));
    assert_ok(weir_storage_put(other, "y", TEXT, 10, NULL, NULL, NULL, &test_last_error));
    struct weir_copy_options resume = {.resume = true};
    struct weir_copy_result result = {0};
    leave_partial(f, "x", 4);
    assert_ok(weir_storage_copy(other, "y", f->st, "x", &resume, NULL, &result, &test_last_error));
    assert_int_equal(result.resumed_bytes, 4);
    assert_int_equal(result.copied_bytes, 6);
    assert_object(f, "x", TEXT);

    assert_ok(weir_storage_copy(other, "y", f->st, "x", &resume, NULL, &result, &test_last_error));
    assert_true(result.was_complete);
    put_text(f, "x", "9876543210"); /* the same size, other bytes */
    assert_ok(weir_storage_copy(other, "y", f->st, "x", &resume, NULL, &result, &test_last_error));
    assert_false(result.was_complete);
    assert_object(f, "x", TEXT);
}

/* Two local stores know by their versions that the object is there already; nothing is read. */
static void copy_reads_nothing_when_versions_tell_the_content(void **state)
{
    struct fixture *f = *state;
    struct weir_copy_options resume = {.resume = true};
    struct weir_copy_result result = {0};
    struct weir_storage_counters before = {0}, after = {0};
    put_text(f, "x", TEXT);
    put_text(f, "y", TEXT);
    weir_storage_stats(f->st, &before);
    assert_ok(weir_storage_copy(f->st, "x", f->st, "y", &resume, NULL, &result, &test_last_error));
    weir_storage_stats(f->st, &after);
    assert_true(result.was_complete);
    assert_int_equal(after.requests[WEIR_VERB_PUT], before.requests[WEIR_VERB_PUT]);
    if (strcmp(f->opener->type, "local") == 0)
        assert_int_equal(after.requests[WEIR_VERB_GET], before.requests[WEIR_VERB_GET]);
    struct weir_copy_options bad = {.sha256 = "12"};
    assert_int_equal(weir_storage_copy(f->st, "x", f->st, "y", &bad, NULL, NULL, NULL),
                     WEIR_INVALID);
}

/* The staging file holds other bytes: found out before promotion, thrown away, done again. */
static void copy_begins_again_when_the_staging_is_foreign(void **state)
{
    struct fixture *f = *state;
    AUTO(storage) struct weir_storage *other = NULL;
    assert_ok(weir_storage_open_memory(&f->t.env, NULL, &other, &test_last_error));
    assert_ok(weir_storage_put(other, "y", "abcdefghij", 10, NULL, NULL, NULL, &test_last_error));
    struct weir_copy_options resume = {.resume = true};
    struct weir_copy_result result = {0};
    leave_partial(f, "x", 4);
    assert_ok(weir_storage_copy(other, "y", f->st, "x", &resume, NULL, &result, &test_last_error));
    assert_int_equal(result.resumed_bytes, 0);
    assert_object(f, "x", "abcdefghij");
    leave_partial(f, "x2", 10); /* as long as the object: never trusted */
    assert_ok(weir_storage_copy(other, "y", f->st, "x2", &resume, NULL, &result, &test_last_error));
    assert_object(f, "x2", "abcdefghij");
}

static void copy_fails_when_the_source_never_matches(void **state)
{
    struct fixture *f = *state;
    AUTO(storage) struct weir_storage *other = NULL;
    assert_ok(weir_storage_open_memory(&f->t.env, NULL, &other, &test_last_error));
    assert_ok(weir_storage_put(other, "y", "abc", 3, NULL, NULL, NULL, &test_last_error));
    struct weir_copy_options wrong = {.sha256 = TEXT_SHA256};
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir_storage_copy(other, "y", f->st, "x", &wrong, NULL, NULL, &err),
                     WEIR_CORRUPT);
    assert_int_equal(err.detail, WEIR_DETAIL_NONE);
    assert_missing(f, "x");
    put_text(f, "x", "old"); /* an object in place stays */
    assert_int_equal(weir_storage_copy(other, "y", f->st, "x", &wrong, NULL, NULL, NULL),
                     WEIR_CORRUPT);
    assert_object(f, "x", "old");
}

/* ---- Random access -------------------------------------------------------------------------- */

static void input_reads_ranges_of_one_version(void **state)
{
    struct fixture *f = *state;
    put_text(f, "x", TEXT);
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        AUTO(storage_input) struct weir__storage_input in = {0};
        char got[16] = "";
        assert_ok(weir__storage_input(f->st, "x", in_memory, NULL, NULL, &in, &test_last_error));
        assert_int_equal(in.input.size_bytes, 10);
        assert_true((in.input.bytes != NULL) == (in_memory != 0));
        assert_ok(in.input.read_at(in.input.ctx, 3, got, 4, &test_last_error));
        assert_string_equal(got, "3456");
        assert_int_equal(in.input.read_at(in.input.ctx, 8, got, 3, NULL), WEIR_IO);
        put_text(f, "x", "a new version");
        /* Either still the old version, or told that it is gone; never a mixture. */
        int status = in.input.read_at(in.input.ctx, 0, got, 4, NULL);
        if (status == WEIR_OK)
            assert_memory_equal(got, "0123", 4);
        else
            assert_int_equal(status, WEIR_PRECONDITION);
        put_text(f, "x", TEXT);
    }
    struct weir__storage_input in = {0};
    assert_int_equal(weir__storage_input(f->st, "no", false, NULL, NULL, &in, NULL),
                     WEIR_NOT_FOUND);
    assert_int_equal(weir__storage_input(f->st, "no", true, NULL, NULL, &in, NULL), WEIR_NOT_FOUND);
}

/* ---- Torture -------------------------------------------------------------------------------- */

/* A day in the life of a store; every step may fail for want of memory. */
static int scenario(struct fixture *f)
{
    struct text_source s;
    AUTO(storage) struct weir_storage *other = NULL;
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    AUTO(head) struct weir_head head = {.size_bytes = -1};
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    AUTO(storage_input) struct weir__storage_input in = {0};
    struct weir_list_options list = {.start_after = "a", .delimiter = true};
    struct weir_copy_options resume = {.resume = true};
    const struct weir_object *object = NULL;
    TRY(weir_storage_put(f->st, "d/x", TEXT, 10, NULL, NULL, NULL, NULL));
    TRY(weir_storage_put_stream(f->st, "d/y", text_source_init(&s, TEXT, 10, 4), 10, NULL, NULL,
                                NULL, NULL));
    TRY(weir_storage_get(f->st, "d/x", NULL, NULL, &got, NULL));
    TRY(weir_storage_head(f->st, "d/y", NULL, NULL, &head, NULL));
    TRY(weir__storage_input(f->st, "d/y", false, NULL, NULL, &in, NULL));
    TRY(weir_storage_list(f->st, "", &list, NULL, &it, NULL));
    do
        TRY(weir_object_iter_next(it, &object, NULL));
    while (object);
    TRY(weir_storage_open_memory(&f->t.env, "torture", &other, NULL));
    TRY(weir_storage_copy(f->st, "d/x", other, "x", &resume, NULL, NULL, NULL));
    return weir_storage_delete(f->st, "d/x", NULL, NULL, NULL);
}

static void scenario_leaks_nothing_when_each_allocation_fails(void **state)
{
    struct fixture *f = *state;
    int n_failures = 0;
    for (int64_t k = 1;; k++) {
        f->t.n_allocations = 0;
        f->t.fail_allocation_at = k;
        int status = scenario(f);
        bool is_over = f->t.n_allocations < k;
        f->t.fail_allocation_at = 0;
        if (is_over) {
            assert_int_equal(status, WEIR_OK);
            break;
        }
        /* Some allocations are only caches, without which the work goes on. */
        assert_true(status == WEIR_OK || status == WEIR_NO_MEMORY);
        n_failures += status == WEIR_NO_MEMORY;
        /* What is there is whole. */
        AUTO(storage_bytes) struct weir_storage_bytes got = {0};
        status = weir_storage_get(f->st, "d/x", NULL, NULL, &got, NULL);
        assert_true(status == WEIR_NOT_FOUND || (status == WEIR_OK && got.n_bytes == 10));
    }
    assert_true(n_failures > 10);
}

int main(void)
{
    static const struct contract_case cases[] = {
        CONTRACT_CASE(partial_is_seen_as_the_matrix_says),
        CONTRACT_CASE(partial_is_dropped_when_asked),
        CONTRACT_CASE(stream_begins_at_zero_when_a_partial_is_there),
        CONTRACT_CASE(append_publishes_when_all_bytes_came),
        CONTRACT_CASE(append_keeps_or_cuts_back_when_the_bytes_are_wrong),
        CONTRACT_CASE(second_writer_is_turned_away_when_one_streams),
        CONTRACT_CASE(stream_publishes_only_its_own_bytes_when_staging_is_swapped),
        CONTRACT_CASE(copy_moves_the_object_and_tells_its_hash),
        CONTRACT_CASE(copy_continues_a_staging_file_when_asked),
        CONTRACT_CASE(copy_reads_nothing_when_versions_tell_the_content),
        CONTRACT_CASE(copy_begins_again_when_the_staging_is_foreign),
        CONTRACT_CASE(copy_fails_when_the_source_never_matches),
        CONTRACT_CASE(input_reads_ranges_of_one_version),
        CONTRACT_CASE(scenario_leaks_nothing_when_each_allocation_fails),
    };
    return contract_run("resume", cases, COUNT_OF(cases));
}
