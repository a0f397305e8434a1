/* Creating and opening tables: spec/table-store.md 3. */
#include "table/fixture.h"

struct store {
    struct test_env t;
    struct weir_storage *store;
};

static void begin(struct store *s)
{
    test_env_init(&s->t);
    test_env_simulate(&s->t, T0_US);
    assert_ok(weir_storage_open_memory(&s->t.env, NULL, &s->store, &test_last_error));
}

static void end(struct store *s)
{
    weir_storage_unref(s->store);
    test_env_check_leaks(&s->t);
}

static void assert_object(struct store *s, const char *key, const char *body)
{
    struct weir_storage_bytes bytes = {0};
    assert_ok(weir_storage_get(s->store, key, NULL, NULL, &bytes, &test_last_error));
    assert_string_equal((const char *)bytes.data, body);
    weir_storage_bytes_dispose(&bytes);
}

static void put(struct store *s, const char *key, const char *body)
{
    assert_ok(
        weir_storage_put(s->store, key, body, strlen(body), NULL, NULL, NULL, &test_last_error));
}

static int open_table(struct store *s, const char *prefix, struct weir_table **out,
                      struct weir_error *err)
{
    return weir_table_open(&s->t.env, s->store, prefix, NULL, NULL, out, err);
}

static void init_writes_the_timing_objects(void **state)
{
    struct store s;
    (void)state;
    begin(&s);
    assert_ok(weir_table_init(&s.t.env, s.store, "/billing/", NULL, NULL, &test_last_error));
    assert_object(&s, "billing/_config/commit-timeout", "30s");
    assert_object(&s, "billing/_config/max-clock-skew", "5s");
    bool exists = true;
    assert_ok(weir_storage_exists(s.store, "billing/_config/table.json", NULL, &exists,
                                  &test_last_error));
    assert_false(exists); /* nothing described */
    end(&s);
}

static void init_writes_the_description(void **state)
{
    struct store s;
    static const char *const columns[] = {"c1", "c2"};
    static const char *const parts[] = {"a", "b"};
    static const char *const entity[] = {"c"};
    struct weir_view view = {.name = "n", .columns = columns, .n_columns = 2};
    struct weir_table_init_options options = {.commit_timeout_us = 60000000,
                                              .max_clock_skew_us = WEIR_MAX_CLOCK_SKEW_NONE,
                                              .partition_by = parts,
                                              .n_partition_by = 2,
                                              .entity_key = entity,
                                              .n_entity_key = 1,
                                              .version_column = "v",
                                              .inserted_at_column = "_inserted_at",
                                              .compression = WEIR_COMPRESSION_ZSTD,
                                              .views = &view,
                                              .n_views = 1};
    (void)state;
    begin(&s);
    assert_ok(weir_table_init(&s.t.env, s.store, "", &options, NULL, &test_last_error));
    assert_object(&s, "_config/commit-timeout", "1m");
    assert_object(&s, "_config/max-clock-skew", "0s");
    assert_object(&s, "_config/table.json",
                  "{\"version\":1,\"partition_by\":[\"a\",\"b\"],\"entity_key\":[\"c\"],"
                  "\"version_column\":\"v\",\"inserted_at\":\"_inserted_at\","
                  "\"compression\":\"zstd\",\"views\":[{\"name\":\"n\",\"columns\":"
                  "[\"c1\",\"c2\"]}]}");
    struct weir_table *table = NULL;
    struct weir_table_description d = {0};
    assert_ok(open_table(&s, "", &table, &test_last_error));
    assert_ok(weir_table_describe(table, NULL, &d, &test_last_error));
    assert_string_equal(d.partition_by[1], "b");
    assert_int_equal(d.n_views, 1);
    weir_table_free(table);
    end(&s);
}

static void init_is_idempotent_and_refuses_other_values(void **state)
{
    struct store s;
    struct weir_error err = WEIR_ERROR_INIT;
    static const char *const parts[] = {"a"};
    static const char *const other_parts[] = {"b"};
    struct weir_table_init_options options = {.partition_by = parts, .n_partition_by = 1};
    (void)state;
    begin(&s);
    assert_ok(weir_table_init(&s.t.env, s.store, "t", &options, NULL, &test_last_error));
    assert_ok(weir_table_init(&s.t.env, s.store, "t", &options, NULL, &test_last_error));
    options.commit_timeout_us = 31000000;
    assert_int_equal(weir_table_init(&s.t.env, s.store, "t", &options, NULL, &err),
                     WEIR_ALREADY_EXISTS);
    assert_non_null(strstr(err.message, "t/_config/commit-timeout"));
    assert_non_null(strstr(err.message, "30s"));
    options.commit_timeout_us = 0;
    options.partition_by = other_parts;
    assert_int_equal(weir_table_init(&s.t.env, s.store, "t", &options, NULL, &err),
                     WEIR_ALREADY_EXISTS);
    assert_object(&s, "t/_config/commit-timeout", "30s");
    end(&s);
}

static void init_changes_nothing_of_a_table_with_other_timing(void **state)
{
    struct store s;
    static const char *const parts[] = {"a"};
    struct weir_table_init_options options = {.partition_by = parts, .n_partition_by = 1};
    (void)state;
    begin(&s);
    put(&s, "t/_config/commit-timeout", "20s");
    put(&s, "t/_config/max-clock-skew", "5s");
    assert_int_equal(weir_table_init(&s.t.env, s.store, "t", &options, NULL, NULL),
                     WEIR_ALREADY_EXISTS);
    bool exists = true;
    assert_ok(
        weir_storage_exists(s.store, "t/_config/table.json", NULL, &exists, &test_last_error));
    assert_false(exists);
    end(&s);
}

static void init_takes_equal_timing_in_another_spelling(void **state)
{
    struct store s;
    (void)state;
    begin(&s);
    put(&s, "t/_config/commit-timeout", " 0.5m\n");
    put(&s, "t/_config/max-clock-skew", "5000ms");
    assert_ok(weir_table_init(&s.t.env, s.store, "t", NULL, NULL, &test_last_error));
    assert_object(&s, "t/_config/commit-timeout", " 0.5m\n");
    end(&s);
}

static void init_refuses_bad_options(void **state)
{
    struct store s;
    static const char *const bad_parts[] = {"a=b"};
    static const char *const entity[] = {"c"};
    (void)state;
    begin(&s);
    struct weir_table_init_options low = {.commit_timeout_us = 999};
    struct weir_table_init_options negative = {.max_clock_skew_us = -2};
    struct weir_table_init_options parts = {.partition_by = bad_parts, .n_partition_by = 1};
    struct weir_table_init_options half = {.entity_key = entity, .n_entity_key = 1};
    const struct weir_table_init_options *const all[] = {&low, &negative, &parts, &half};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_int_equal(weir_table_init(&s.t.env, s.store, "t", all[i], NULL, NULL), WEIR_INVALID);
    struct weir_storage_counters c = {0};
    weir_storage_stats(s.store, &c);
    assert_int_equal(c.requests[WEIR_VERB_ANY], 0);
    end(&s);
}

static void open_reads_the_timing_with_two_requests(void **state)
{
    struct store s;
    struct weir_table *table = NULL;
    struct weir_storage_counters before = {0};
    struct weir_storage_counters after = {0};
    (void)state;
    begin(&s);
    assert_ok(weir_table_init(&s.t.env, s.store, "a/b", NULL, NULL, &test_last_error));
    weir_storage_stats(s.store, &before);
    assert_ok(open_table(&s, "/a/b/", &table, &test_last_error));
    weir_storage_stats(s.store, &after);
    assert_int_equal(after.requests[WEIR_VERB_ANY] - before.requests[WEIR_VERB_ANY], 2);
    assert_int_equal(after.requests[WEIR_VERB_GET] - before.requests[WEIR_VERB_GET], 2);
    assert_string_equal(weir_table_prefix(table), "a/b");
    assert_string_equal(weir_table_consistency(table), "strong-global");
    assert_int_equal(weir_table_max_inflight(table), 32);
    assert_int_equal(weir_table_commit_timeout_us(table), 30000000);
    assert_int_equal(weir_table_max_clock_skew_us(table), 5000000);
    assert_int_equal(weir_table_settle_window_us(table), 35000000);
    assert_ptr_equal(weir_table_store(table), s.store);
    weir_table_free(table);
    end(&s);
}

static void open_names_what_is_missing_or_broken(void **state)
{
    struct store s;
    struct weir_table *table = NULL;
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    begin(&s);
    assert_int_equal(open_table(&s, "t", &table, &err), WEIR_NOT_FOUND);
    assert_non_null(strstr(err.message, "t/_config/"));
    assert_non_null(strstr(err.message, "weir init"));
    put(&s, "t/_config/commit-timeout", "0s");
    put(&s, "t/_config/max-clock-skew", "5s");
    assert_int_equal(open_table(&s, "t", &table, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "t/_config/commit-timeout"));
    assert_non_null(strstr(err.message, "floor of 1ms"));
    put(&s, "t/_config/commit-timeout", "soon");
    assert_int_equal(open_table(&s, "t", &table, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "soon"));
    assert_null(table);
    end(&s);
}

static void remember_message(void *ctx, enum weir_log_level level, const char *message,
                             const char *facts)
{
    (void)level;
    (void)facts;
    (void)snprintf(ctx, 256, "%s", message);
}

static void open_warns_of_a_short_commit_timeout(void **state)
{
    struct store s;
    struct weir_table *table = NULL;
    char message[256] = "";
    (void)state;
    begin(&s);
    s.t.env.log = remember_message;
    s.t.env.log_ctx = message;
    put(&s, "t/_config/commit-timeout", "7999ms");
    put(&s, "t/_config/max-clock-skew", "0");
    assert_ok(open_table(&s, "t", &table, &test_last_error));
    assert_non_null(strstr(message, "commit timeout"));
    weir_table_free(table);
    message[0] = '\0';
    put(&s, "t/_config/commit-timeout", "8s");
    assert_ok(open_table(&s, "t", &table, &test_last_error));
    assert_string_equal(message, "");
    weir_table_free(table);
    end(&s);
}

static void table_without_known_parts_makes_no_writer_or_reader(void **state)
{
    struct store s;
    struct weir_table *table = NULL;
    struct weir_writer *writer = NULL;
    struct weir_reader *reader = NULL;
    (void)state;
    begin(&s);
    assert_ok(weir_table_init(&s.t.env, s.store, "t", NULL, NULL, &test_last_error));
    assert_ok(open_table(&s, "t", &table, &test_last_error));
    assert_int_equal(weir_writer_new(table, NULL, NULL, &writer, NULL), WEIR_INVALID);
    assert_int_equal(weir_reader_new(table, NULL, NULL, &reader, NULL), WEIR_INVALID);
    weir_table_free(table);
    end(&s);
}

static void table_reads_its_description_once(void **state)
{
    struct store s;
    static const char *const parts[] = {"a"};
    struct weir_table_init_options options = {.partition_by = parts, .n_partition_by = 1};
    struct weir_storage_counters before = {0};
    struct weir_storage_counters after = {0};
    struct weir_table *table = NULL;
    (void)state;
    begin(&s);
    assert_ok(weir_table_init(&s.t.env, s.store, "t", &options, NULL, &test_last_error));
    assert_ok(open_table(&s, "t", &table, &test_last_error));
    weir_storage_stats(s.store, &before);
    for (int i = 0; i < 3; i++) {
        struct weir_writer *writer = NULL;
        struct weir_reader *reader = NULL;
        assert_ok(weir_writer_new(table, NULL, NULL, &writer, &test_last_error));
        assert_ok(weir_reader_new(table, NULL, NULL, &reader, &test_last_error));
        weir_writer_free(writer);
        weir_reader_free(reader);
    }
    weir_storage_stats(s.store, &after);
    assert_int_equal(after.requests[WEIR_VERB_ANY] - before.requests[WEIR_VERB_ANY], 1);
    weir_table_free(table);
    end(&s);
}

static void handles_keep_their_table_alive(void **state)
{
    struct store s;
    struct weir_table *table = NULL;
    struct weir_writer *writer = NULL;
    (void)state;
    begin(&s);
    assert_ok(weir_table_init(&s.t.env, s.store, "t", NULL, NULL, &test_last_error));
    struct weir_table_options options = {.partition_parts = fixture_parts, .n_partition_parts = 1};
    assert_ok(weir_table_open(&s.t.env, s.store, "t", &options, NULL, &table, &test_last_error));
    assert_ok(weir_writer_new(table, NULL, NULL, &writer, &test_last_error));
    weir_table_free(table);
    assert_string_equal(weir_table_prefix(weir_writer_table(writer)), "t");
    weir_writer_free(writer);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_writes_the_timing_objects),
        cmocka_unit_test(init_writes_the_description),
        cmocka_unit_test(init_is_idempotent_and_refuses_other_values),
        cmocka_unit_test(init_changes_nothing_of_a_table_with_other_timing),
        cmocka_unit_test(init_takes_equal_timing_in_another_spelling),
        cmocka_unit_test(init_refuses_bad_options),
        cmocka_unit_test(open_reads_the_timing_with_two_requests),
        cmocka_unit_test(open_names_what_is_missing_or_broken),
        cmocka_unit_test(open_warns_of_a_short_commit_timeout),
        cmocka_unit_test(table_without_known_parts_makes_no_writer_or_reader),
        cmocka_unit_test(table_reads_its_description_once),
        cmocka_unit_test(handles_keep_their_table_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
