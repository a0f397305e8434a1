/* Torture: each allocation and each file call of a write and a read fails once. Never is half a
 * partition visible, nothing leaks, and a repeat with the same token completes the write once. */
#include "table/fixture.h"

#include <errno.h>

static const struct row rows[] = {
    {"a", 1, 1, "one"}, {"b", 2, 1, "two"}, {"a", 3, 1, "three"}, {"b", 4, 1, NULL}};
static const char whole_a[] = "a:1:1:one\na:3:1:three\n";
static const char whole_b[] = "b:2:1:two\nb:4:1:~\n";

static struct ArrowArray batch_of(struct fixture *f)
{
    struct ArrowArray batch = {0};
    rows_batch(&f->t.env, &f->schema, rows, COUNT_OF(rows), &batch);
    return batch;
}

/* Open, write with a token, read: everything that may fail. */
static int scenario(struct fixture *f, const struct ArrowArray *batch, struct weir__buf *out,
                    struct weir_error *err)
{
    struct weir_table_options options = {
        .partition_parts = fixture_parts, .n_partition_parts = 1, .max_inflight = 1};
    struct weir_reader_options rules = {
        .entity_columns = fixture_entity, .n_entity_columns = 1, .version_column = "version"};
    struct weir_writer_options written = {.inserted_at_column = "_inserted_at"};
    struct weir_write_options token = {.token = "job"};
    struct weir_table *table = NULL;
    struct weir_writer *writer = NULL;
    struct weir_reader *reader = NULL;
    struct weir_write_results results = {0};
    int status = weir_table_open(&f->t.env, f->store, "t", &options, NULL, &table, err);
    if (status == WEIR_OK)
        status = weir_writer_new(table, &written, NULL, &writer, err);
    if (status == WEIR_OK)
        status = weir_reader_new(table, &rules, NULL, &reader, err);
    if (status == WEIR_OK)
        status = weir_write(writer, &f->schema, batch, 1, &token, NULL, &results, err);
    weir_write_results_dispose(&results);
    if (status == WEIR_OK)
        status = rows_read(f, reader, NULL, 0, NULL, out, err);
    weir_reader_free(reader);
    weir_writer_free(writer);
    weir_table_free(table);
    return status;
}

static void assert_whole_or_nothing(struct fixture *f)
{
    static const char *const patterns[] = {"part=a", "part=b"};
    static const char *const whole[] = {whole_a, whole_b};
    for (size_t i = 0; i < 2; i++) {
        struct weir__buf out = weir__buf_make(weir_env_default(), 4096);
        const char *text = NULL;
        assert_ok(rows_read(f, f->reader, &patterns[i], 1, NULL, &out, &test_last_error));
        assert_ok(weir__buf_text(&out, &text, &test_last_error));
        if (text[0] != '\0')
            assert_string_equal(text, whole[i]);
        weir__buf_dispose(&out);
    }
}

static void assert_completes(struct fixture *f, const struct ArrowArray *batch)
{
    struct weir__buf out = weir__buf_make(weir_env_default(), 4096);
    const char *text = NULL;
    assert_ok(scenario(f, batch, &out, &test_last_error));
    assert_ok(weir__buf_text(&out, &text, &test_last_error));
    assert_string_equal(text, "a:1:1:one\na:3:1:three\nb:2:1:two\nb:4:1:~\n");
    weir__buf_dispose(&out);
}

static void each_allocation_may_fail(void **state)
{
    int64_t n = 0;
    (void)state;
    for (int64_t at = 1; at == 1 || at <= n; at++) {
        struct fixture f;
        struct weir_error err = WEIR_ERROR_INIT;
        fixture_begin(&f, false);
        struct ArrowArray batch = batch_of(&f);
        struct weir__buf out = weir__buf_make(weir_env_default(), 4096);
        int64_t before = f.t.n_allocations;
        f.t.fail_allocation_at = before + at;
        int status = scenario(&f, &batch, &out, &err);
        f.t.fail_allocation_at = 0;
        if (at == 1)
            n = 20000; /* until one run gets through */
        if (status == WEIR_OK && f.t.n_allocations - before < at)
            n = 0; /* the run made fewer: all have failed once */
        else if (status != WEIR_OK)
            assert_int_equal(status, WEIR_NO_MEMORY);
        weir__buf_dispose(&out);
        assert_whole_or_nothing(&f);
        assert_completes(&f, &batch);
        weir__array_freep(&batch);
        fixture_end(&f); /* checks that nothing leaked */
    }
}

static void each_file_call_may_fail(void **state)
{
    static const int codes[] = {EIO, ENOSPC};
    (void)state;
    for (size_t c = 0; c < COUNT_OF(codes); c++) {
        bool is_done = false;
        for (int64_t at = 1; !is_done; at++) {
            struct fixture f;
            fixture_begin(&f, true);
            struct ArrowArray batch = batch_of(&f);
            struct weir__buf out = weir__buf_make(weir_env_default(), 4096);
            int64_t before = f.t.n_file_calls;
            f.t.fail_file_errno = codes[c];
            f.t.fail_file_call_at = before + at;
            int status = scenario(&f, &batch, &out, NULL);
            (void)status; /* it may survive what it need not have */
            f.t.fail_file_call_at = 0;
            is_done = f.t.n_file_calls - before < at;
            weir__buf_dispose(&out);
            assert_whole_or_nothing(&f);
            assert_completes(&f, &batch);
            weir__array_freep(&batch);
            fixture_end(&f);
        }
    }
}

/* A disk that fails for good at any point: what was reported committed stays readable. */
static void disk_may_fail_for_ever(void **state)
{
    bool is_done = false;
    (void)state;
    for (int64_t at = 1; !is_done; at += 3) {
        struct fixture f;
        fixture_begin(&f, true);
        struct ArrowArray batch = batch_of(&f);
        struct weir_write_results results = {0};
        int64_t before = f.t.n_file_calls;
        f.t.fail_file_errno = EIO;
        f.t.fail_file_call_at = before + at;
        f.t.fail_for_ever = true;
        int status = weir_write(f.writer, &f.schema, &batch, 1, NULL, NULL, &results, NULL);
        (void)status; /* the results say more */
        f.t.fail_file_call_at = 0;
        is_done = f.t.n_file_calls - before < at;
        assert_whole_or_nothing(&f);
        for (size_t i = 0; i < results.n; i++) {
            const char *partition = results.items[i].partition;
            const char *expected = partition[5] == 'a' ? whole_a : whole_b;
            if (results.items[i].state == WEIR_WRITE_COMMITTED)
                assert_rows(&f, f.reader, partition, NULL, expected);
            else if (results.items[i].state != WEIR_WRITE_UNKNOWN)
                assert_rows(&f, f.reader, partition, NULL, "");
        }
        weir_write_results_dispose(&results);
        weir__array_freep(&batch);
        fixture_end(&f);
    }
}

/* The same for requests of an object store: each one fails, before or after it took effect. */
static void each_request_may_fail(void **state)
{
    static const enum weir_mem_failure whens[] = {WEIR_MEM_FAIL_BEFORE, WEIR_MEM_FAIL_AFTER};
    static const int codes[] = {WEIR_UNAVAILABLE, WEIR_IO, WEIR_PERMISSION, WEIR_TIMEOUT};
    (void)state;
    for (size_t c = 0; c < COUNT_OF(codes); c++) {
        for (size_t w = 0; w < COUNT_OF(whens); w++) {
            for (int64_t skip = 0; skip < 24; skip++) {
                struct fixture f;
                fixture_begin(&f, false);
                struct ArrowArray batch = batch_of(&f);
                struct weir__buf out = weir__buf_make(weir_env_default(), 4096);
                assert_ok(weir_storage_mem_fail_next(f.store, WEIR_VERB_ANY, skip, 1, codes[c],
                                                     whens[w], &test_last_error));
                int status = scenario(&f, &batch, &out, NULL);
                bool is_transient = codes[c] == WEIR_UNAVAILABLE || codes[c] == WEIR_TIMEOUT;
                if (is_transient)
                    assert_int_equal(status, WEIR_OK);
                assert_ok(weir_storage_mem_fail_next(f.store, WEIR_VERB_ANY, 0, 0, WEIR_OK,
                                                     WEIR_MEM_FAIL_BEFORE, &test_last_error));
                weir__buf_dispose(&out);
                assert_whole_or_nothing(&f);
                assert_completes(&f, &batch);
                weir__array_freep(&batch);
                fixture_end(&f);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(each_file_call_may_fail),
        cmocka_unit_test(disk_may_fail_for_ever),
        cmocka_unit_test(each_request_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
