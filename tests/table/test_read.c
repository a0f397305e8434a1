/* Snapshot reads on a memory store: spec/table-store.md 4.4, 7, 9, 10, 18. */
#include "table/fixture.h"

#define ORPHAN "0190a8b4d3a87f4ab1c2d3e4f5a6b7c8"

static const struct row rows_abc[] = {{"a", 1, 1, "one"}, {"b", 2, 1, "two"}, {"c", 3, 1, "three"}};

/* ---- What is visible ------------------------------------------------------------------------- */

static void read_costs_a_list_a_look_and_a_get_for_each_file(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    struct counts before = counts_now(&f);
    struct weir_reader_options requested = {.schema = &f.schema};
    struct weir_reader *reader = NULL;
    assert_ok(weir_reader_new(f.table, &requested, NULL, &reader, &test_last_error));
    assert_rows(&f, reader, NULL, NULL, "a:1:1:one\nb:2:1:two\nc:3:1:three\n");
    assert_requests(&f, before, 0, 3, 3, 1); /* a memory store is always verified */
    weir_reader_free(reader);
    before = counts_now(&f);
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:one\nb:2:1:two\nc:3:1:three\n");
    assert_requests(&f, before, 0, 3, 3, 1); /* the newest file gives the schema, read once */
    fixture_end(&f);
}

static void read_of_an_empty_table_gives_nothing(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    assert_rows(&f, f.reader, NULL, NULL, "");
    assert_rows(&f, f.reader, "part=a", NULL, "");
    fixture_end(&f);
}

static void read_of_an_empty_pattern_list_asks_nothing(void **state)
{
    struct fixture f;
    static const char *const none[] = {"unused"};
    struct weir__buf out;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    out = weir__buf_make(&f.t.env, 1024);
    struct counts before = counts_now(&f);
    assert_ok(rows_read(&f, f.reader, none, 0, NULL, &out, &test_last_error));
    assert_int_equal(out.len, 0);
    assert_requests(&f, before, 0, 0, 0, 0);
    fixture_end(&f);
}

static void read_refuses_a_bad_pattern_before_any_request(void **state)
{
    struct fixture f;
    static const char *const patterns[] = {"part=a", "other=b"};
    struct weir_error err = WEIR_ERROR_INIT;
    struct ArrowArrayStream rows = {0};
    (void)state;
    fixture_begin(&f, false);
    struct counts before = counts_now(&f);
    assert_int_equal(weir_read(f.reader, patterns, 2, NULL, NULL, &rows, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "pattern 1 'other=b'"));
    assert_requests(&f, before, 0, 0, 0, 0);
    fixture_end(&f);
}

static void read_takes_the_union_of_patterns_once(void **state)
{
    struct fixture f;
    static const char *const patterns[] = {"part=b..d", "part=c", "part=c*", "part=c"};
    struct weir__buf out;
    const char *text = NULL;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    out = weir__buf_make(&f.t.env, 1024);
    assert_ok(rows_read(&f, f.reader, patterns, 4, NULL, &out, &test_last_error));
    assert_ok(weir__buf_text(&out, &text, &test_last_error));
    assert_string_equal(text, "b:2:1:two\nc:3:1:three\n");
    weir__buf_dispose(&out);
    fixture_end(&f);
}

static void read_of_exact_partitions_names_odd_values(void **state)
{
    struct fixture f;
    static const struct row odd[] = {{"[x]*", 1, 1, "odd"}, {"xx", 2, 1, "plain"}};
    static const char *const partitions[] = {"part=[x]*"};
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, odd, 2, NULL);
    struct weir_read_options options = {.partitions = partitions, .n_partitions = 1};
    assert_rows(&f, f.reader, NULL, &options, "[x]*:1:1:odd\n");
    fixture_end(&f);
}

/* T2: every special byte, on both stores. */
static void read_finds_values_with_special_bytes(void **state)
{
    static const struct row odd[] = {{"a;b 50%off", 1, 1, "x"}, {"t=10:15@x+y", 2, 1, "x"},
                                     {"日本", 3, 1, "x"},       {"x(1)*!", 4, 1, "x"},
                                     {"%2F", 5, 1, "x"},        {"...", 6, 1, "x"}};
    (void)state;
    for (int is_local = 0; is_local < 2; is_local++) {
        struct fixture f;
        fixture_begin(&f, is_local);
        rows_write_ok(&f, odd, 5, NULL);
        assert_rows(&f, f.reader, NULL, NULL,
                    "%2F:5:1:x\na;b 50%off:1:1:x\nt=10:15@x+y:2:1:x\nx(1)*!:4:1:x\n"
                    "日本:3:1:x\n");
        assert_int_equal(rows_write(&f, odd + 5, 1, NULL, NULL, NULL), WEIR_INVALID); /* ".." */
        fixture_end(&f);
    }
}

/* Partitions are ordered by their key, not by the key of their objects: '!' sorts before '/'. */
static void read_orders_partitions_by_their_key(void **state)
{
    static const struct row rows[] = {{"a!", 1, 1, "x"}, {"a", 2, 1, "x"}, {"a-b", 3, 1, "x"}};
    (void)state;
    for (int is_local = 0; is_local < 2; is_local++) {
        struct fixture f;
        fixture_begin(&f, is_local);
        rows_write_ok(&f, rows, 3, NULL);
        assert_rows(&f, f.reader, NULL, NULL, "a:2:1:x\na!:1:1:x\na-b:3:1:x\n");
        fixture_end(&f);
    }
}

/* Files of a partition come in order of their key, whatever was written first. */
static void read_orders_files_by_their_key(void **state)
{
    struct fixture f;
    static const struct row first[] = {{"a", 1, 1, "first"}};
    static const struct row second[] = {{"a", 2, 1, "second"}};
    static const struct row third[] = {{"a", 3, 1, "third"}};
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, first, 1, "z");
    rows_write_ok(&f, second, 1, "m");
    rows_write_ok(&f, third, 1, "m-a");
    struct weir_data_files files = {0};
    assert_ok(weir_files(f.table, NULL, 0, NULL, NULL, &files, &test_last_error));
    assert_int_equal(files.n, 3);
    for (size_t i = 1; i < files.n; i++)
        assert_true(strcmp(files.items[i - 1].key, files.items[i].key) < 0);
    assert_string_equal(files.items[2].token, "z");
    weir_data_files_dispose(&files);
    fixture_end(&f);
}

static void read_ignores_orphans_and_what_is_not_ours(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 1, "job");
    object_put(&f, "t/data/part=a/job-" ORPHAN ".parquet", "not parquet");
    object_put(&f, "t/data/part=a/lost-" ORPHAN ".parquet", "not parquet");
    object_put(&f, "t/data/part=a/_SUCCESS", "");
    object_put(&f, "t/data/part=a/x.crc", "");
    object_put(&f, "t/data/loose-" ORPHAN ".parquet", "not parquet");
    object_put(&f, "t/data/part=a/deeper/x-" ORPHAN ".parquet", "not parquet");
    object_put(&f, "t/data/part=a/deeper/x.commit", "");
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:one\n");
    fixture_end(&f);
}

/* A marker that names a file which is gone shows nothing, not the wrong file. */
static void read_shows_no_other_attempt_than_the_committed_one(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = "job"};
    assert_ok(rows_write(&f, rows_abc, 1, &options, &r, &test_last_error));
    object_put(&f, "t/data/part=a/job-" ORPHAN ".parquet", "not parquet");
    assert_ok(weir_storage_delete(f.store, r.items[0].data_key, NULL, NULL, &test_last_error));
    assert_rows(&f, f.reader, NULL, NULL, "");
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

static void read_is_strict_about_a_missing_file(void **state)
{
    struct fixture f;
    struct ArrowArrayStream rows = {0};
    struct ArrowArray batch = {0};
    struct weir_write_results r = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    fixture_begin(&f, false);
    assert_ok(rows_write(&f, rows_abc, 3, NULL, &r, &test_last_error));
    struct weir_reader_options requested = {.schema = &f.schema};
    struct weir_reader *reader = NULL;
    assert_ok(weir_reader_new(f.table, &requested, NULL, &reader, &test_last_error));
    assert_ok(weir_read(reader, NULL, 0, NULL, NULL, &rows, &test_last_error));
    assert_ok(weir_storage_delete(f.store, r.items[1].data_key, NULL, NULL, &test_last_error));
    assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
    weir__array_freep(&batch);
    assert_int_equal(weir__stream_next(&rows, &batch, &err), WEIR_NOT_FOUND);
    assert_non_null(strstr(err.message, r.items[1].data_key));
    assert_int_not_equal(weir__stream_next(&rows, &batch, NULL), WEIR_OK); /* and stays failed */
    weir__stream_freep(&rows);
    weir_reader_free(reader);
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

static void read_fails_on_a_corrupt_marker(void **state)
{
    struct fixture f;
    struct weir_error err = WEIR_ERROR_INIT;
    struct weir__buf out;
    (void)state;
    fixture_begin(&f, false);
    object_put(&f, "t/data/part=a/job-" ORPHAN ".parquet", "not parquet");
    object_put(&f, "t/data/part=a/job.commit", "attemptid=x\n");
    out = weir__buf_make(&f.t.env, 1024);
    assert_int_equal(rows_read(&f, f.reader, NULL, 0, NULL, &out, &err), WEIR_CORRUPT);
    assert_non_null(strstr(err.message, "t/data/part=a/job.commit"));
    fixture_end(&f);
}

static void read_fails_on_a_file_that_is_no_parquet(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    struct weir__buf out;
    (void)state;
    fixture_begin(&f, false);
    assert_ok(rows_write(&f, rows_abc, 1, NULL, &r, &test_last_error));
    object_put(&f, r.items[0].data_key, "not parquet at all");
    out = weir__buf_make(&f.t.env, 1024);
    assert_int_equal(rows_read(&f, f.reader, NULL, 0, NULL, &out, &err), WEIR_CORRUPT);
    assert_non_null(strstr(err.message, r.items[0].data_key));
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

static void read_goes_over_many_listing_pages(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    assert_ok(weir_storage_mem_set_page_size(f.store, 3, &test_last_error));
    for (int i = 0; i < 8; i++)
        rows_write_ok(&f, rows_abc, 3, NULL);
    struct weir_data_files files = {0};
    assert_ok(weir_files(f.table, NULL, 0, NULL, NULL, &files, &test_last_error));
    assert_int_equal(files.n, 24);
    weir_data_files_dispose(&files);
    fixture_end(&f);
}

static void read_goes_on_after_a_failed_listing_page(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    assert_ok(weir_storage_mem_set_page_size(f.store, 2, &test_last_error));
    rows_write_ok(&f, rows_abc, 3, NULL);
    assert_ok(weir_storage_mem_fail_next(f.store, WEIR_VERB_LIST, 1, 2, WEIR_UNAVAILABLE,
                                         WEIR_MEM_FAIL_BEFORE, &test_last_error));
    assert_rows(&f, f.reader, NULL, NULL, "a:1:1:one\nb:2:1:two\nc:3:1:three\n");
    fixture_end(&f);
}

static void read_surfaces_a_failing_get(void **state)
{
    struct fixture f;
    struct weir__buf out;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    out = weir__buf_make(&f.t.env, 1024);
    assert_ok(weir_storage_mem_fail_next(f.store, WEIR_VERB_GET, 2, 100, WEIR_PERMISSION,
                                         WEIR_MEM_FAIL_BEFORE, &test_last_error));
    assert_int_equal(rows_read(&f, f.reader, NULL, 0, NULL, &out, NULL), WEIR_PERMISSION);
    assert_int_equal(out.len, 0);
    fixture_end(&f);
}

/* ---- Columns --------------------------------------------------------------------------------- */

static void read_delivers_only_the_columns_asked_for(void **state)
{
    struct fixture f;
    static const char *const columns[] = {"text", "id"};
    static const char *const missing[] = {"nope"};
    static const char *const twice[] = {"id", "id"};
    struct ArrowSchema schema = {0};
    struct ArrowArrayStream rows = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    struct weir_read_options options = {.columns = columns, .n_columns = 2};
    assert_rows(&f, f.reader, "part=b", &options, "~:2:~:two\n");
    assert_ok(weir_read(f.reader, NULL, 0, &options, NULL, &rows, &test_last_error));
    assert_ok(weir__stream_schema(&rows, &schema, &test_last_error));
    assert_int_equal(schema.n_children, 2);
    assert_string_equal(schema.children[0]->name, "text"); /* in the order asked for */
    weir__schema_freep(&schema);
    weir__stream_freep(&rows);
    options = (struct weir_read_options){.columns = missing, .n_columns = 1};
    assert_int_equal(weir_read(f.reader, NULL, 0, &options, NULL, &rows, &err), WEIR_NOT_FOUND);
    assert_non_null(strstr(err.message, "'nope'"));
    options = (struct weir_read_options){.columns = twice, .n_columns = 2};
    assert_int_equal(weir_read(f.reader, NULL, 0, &options, NULL, &rows, &err), WEIR_INVALID);
    fixture_end(&f);
}

static void read_fills_a_column_that_a_file_lacks(void **state)
{
    struct fixture f;
    struct ArrowSchema wide = {0};
    struct weir_reader *reader = NULL;
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {0};
    struct weir__view view = {0};
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 1, NULL);
    const struct weir_env *env = &f.t.env;
    assert_ok(weir__schema_make(env, "+s", "", false, 4, &wide, &test_last_error));
    assert_ok(weir__schema_make(env, "l", "id", false, 0, wide.children[0], &test_last_error));
    assert_ok(weir__schema_make(env, "u", "note", true, 0, wide.children[1], &test_last_error));
    assert_ok(weir__schema_make(env, "u", "name", false, 0, wide.children[2], &test_last_error));
    assert_ok(weir__schema_make(env, "g", "price", false, 0, wide.children[3], &test_last_error));
    struct weir_reader_options options = {.schema = &wide};
    assert_ok(weir_reader_new(f.table, &options, NULL, &reader, &test_last_error));
    assert_ok(weir_read_all(reader, NULL, 0, NULL, NULL, &schema, &batch, &test_last_error));
    assert_int_equal(batch.length, 1);
    assert_ok(weir__view_make(schema.children[1], batch.children[1], &view, &test_last_error));
    assert_true(weir__view_is_null(&view, 0)); /* nullable: null */
    assert_ok(weir__view_make(schema.children[2], batch.children[2], &view, &test_last_error));
    assert_false(weir__view_is_null(&view, 0)); /* else the zero of its type */
    assert_int_equal(weir__view_bytes(&view, 0).len, 0);
    assert_ok(weir__view_make(schema.children[3], batch.children[3], &view, &test_last_error));
    assert_true(weir__view_float(&view, 0) == 0);
    weir__array_freep(&batch);
    weir__schema_freep(&schema);
    weir__schema_freep(&wide);
    weir_reader_free(reader);
    fixture_end(&f);
}

static void read_widens_types_and_refuses_to_narrow(void **state)
{
    struct fixture f;
    struct ArrowSchema narrow = {0};
    struct ArrowSchema other = {0};
    struct ArrowArray batch = {0};
    struct weir__builder *builder = NULL;
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    fixture_begin(&f, false);
    const struct weir_env *env = &f.t.env;
    assert_ok(weir__schema_make(env, "+s", "", false, 1, &narrow, &test_last_error));
    assert_ok(weir__schema_make(env, "i", "id", false, 0, narrow.children[0], &test_last_error));
    assert_ok(weir__builder_new(env, &narrow, &builder, &test_last_error));
    assert_ok(weir__builder_int(weir__builder_child(builder, 0), 7, &test_last_error));
    assert_ok(weir__builder_close(builder, &test_last_error));
    assert_ok(weir__builder_finish(builder, &batch, &test_last_error));
    struct weir_write_results r = {0};
    assert_ok(weir_write_with_key(f.writer, "part=a", &narrow, &batch, 1, NULL, NULL, &r,
                                  &test_last_error));
    rows_write_ok(&f, rows_abc + 1, 1, NULL); /* the newest file says int64 */
    struct weir_reader_options wide = {.schema = &f.schema};
    struct weir_reader *reader = NULL;
    assert_ok(weir_reader_new(f.table, &wide, NULL, &reader, &test_last_error));
    assert_rows(&f, reader, NULL, NULL, "~:7:0:~\nb:2:1:two\n");
    weir_reader_free(reader);

    assert_ok(weir__schema_make(env, "+s", "", false, 1, &other, &test_last_error));
    assert_ok(weir__schema_make(env, "s", "id", false, 0, other.children[0], &test_last_error));
    struct weir_reader_options narrower = {.schema = &other};
    struct weir__buf out = weir__buf_make(env, 1024);
    assert_ok(weir_reader_new(f.table, &narrower, NULL, &reader, &test_last_error));
    assert_int_equal(rows_read(&f, reader, NULL, 0, NULL, &out, &err), WEIR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "id"));
    assert_non_null(strstr(err.message, r.items[0].data_key));
    weir_reader_free(reader);
    weir_write_results_dispose(&r);
    weir__builder_free(builder);
    weir__array_freep(&batch);
    weir__schema_freep(&other);
    weir__schema_freep(&narrow);
    fixture_end(&f);
}

static void read_fills_partition_columns_from_the_path(void **state)
{
    struct fixture f;
    static const struct row rows[] = {{"a", 1, 1, "one"}, {NULL, 2, 1, "two"}};
    static const char *const columns[] = {"part", "id"};
    static const char *const only_path[] = {"part"};
    struct weir_writer *writer = NULL;
    (void)state;
    fixture_begin(&f, false);
    struct weir_writer_options drop = {.drop_partition_columns = true};
    assert_ok(weir_writer_new(f.table, &drop, NULL, &writer, &test_last_error));
    weir_writer_free(f.writer);
    f.writer = writer;
    rows_write_ok(&f, rows, 2, NULL);
    assert_rows(&f, f.reader, NULL, NULL, "~:2:1:two\n~:1:1:one\n"); /* not in the files */
    struct weir_read_options all = {.hive_columns = true};
    assert_rows(&f, f.reader, NULL, &all, "~:2:1:two\na:1:1:one\n"); /* null stays null */
    struct weir_read_options some = {.hive_columns = true, .columns = columns, .n_columns = 2};
    assert_rows(&f, f.reader, NULL, &some, "~:2:~:~\na:1:~:~\n");
    struct weir_read_options path = {.hive_columns = true, .columns = only_path, .n_columns = 1};
    assert_rows(&f, f.reader, NULL, &path, "~:~:~:~\na:~:~:~\n");
    fixture_end(&f);
}

/* ---- Dedup: spec/table-store.md 9.3 ---------------------------------------------------------- */

static struct weir_reader *dedup_reader(struct fixture *f)
{
    struct weir_reader_options options = {
        .entity_columns = fixture_entity, .n_entity_columns = 1, .version_column = "version"};
    struct weir_reader *reader = NULL;
    assert_ok(weir_reader_new(f->table, &options, NULL, &reader, &test_last_error));
    return reader;
}

static const struct row versions_1[] = {{"a", 2, 1, "2v1"}, {"a", 1, 3, "1v3"}, {"a", 1, 1, "1v1"}};
static const struct row versions_2[] = {
    {"a", 1, 3, "1v3 again"}, {"a", 1, 2, "1v2"}, {"b", 1, 1, "b"}};

static void read_gives_the_latest_version_of_each_entity(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    struct weir_reader *reader = dedup_reader(&f);
    rows_write_ok(&f, versions_1, 3, "t1");
    rows_write_ok(&f, versions_2, 3, "t2");
    /* Sorted by entity; on equal versions the row of the later file; never across partitions. */
    assert_rows(&f, reader, NULL, NULL, "a:1:3:1v3 again\na:2:1:2v1\nb:1:1:b\n");
    weir_reader_free(reader);
    fixture_end(&f);
}

static void read_of_history_collapses_only_replicas(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    struct weir_reader *reader = dedup_reader(&f);
    rows_write_ok(&f, versions_1, 3, "t1");
    rows_write_ok(&f, versions_2, 3, "t2");
    struct weir_read_options history = {.history = true};
    assert_rows(&f, reader, NULL, &history,
                "a:1:1:1v1\na:1:2:1v2\na:1:3:1v3\na:2:1:2v1\nb:1:1:b\n");
    weir_reader_free(reader);
    fixture_end(&f);
}

static void read_without_rules_gives_everything_in_decode_order(void **state)
{
    struct fixture f;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, versions_1, 3, "t1");
    rows_write_ok(&f, versions_2, 3, "t2");
    static const char all[] = "a:2:1:2v1\na:1:3:1v3\na:1:1:1v1\na:1:3:1v3 again\na:1:2:1v2\n"
                              "b:1:1:b\n";
    struct weir_read_options history = {.history = true};
    assert_rows(&f, f.reader, NULL, NULL, all);
    assert_rows(&f, f.reader, NULL, &history, all);
    fixture_end(&f);
}

static void read_dedups_by_columns_that_were_not_asked_for(void **state)
{
    struct fixture f;
    static const char *const columns[] = {"text"};
    (void)state;
    fixture_begin(&f, false);
    struct weir_reader *reader = dedup_reader(&f);
    rows_write_ok(&f, versions_1, 3, "t1");
    rows_write_ok(&f, versions_2, 3, "t2");
    struct weir_read_options options = {.columns = columns, .n_columns = 1, .max_batch_rows = 1};
    assert_rows(&f, reader, NULL, &options, "~:~:~:1v3 again\n~:~:~:2v1\n~:~:~:b\n");
    weir_reader_free(reader);
    fixture_end(&f);
}

static int entity_of_row(void *arg, const struct ArrowSchema *schema,
                         const struct ArrowArray *batch, int64_t row, const struct weir_sink *out,
                         struct weir_error *err)
{
    struct weir__view view = {0};
    char text[32];
    (void)arg;
    int64_t at = weir__schema_find(schema, "id");
    TRY(weir__view_make(schema->children[at], batch->children[at], &view, err));
    int n = snprintf(text, sizeof text, "%lld", (long long)weir__view_int(&view, row));
    return out->write(out->ctx, text, (size_t)n, err);
}

static int version_of_row(void *arg, const struct ArrowSchema *schema,
                          const struct ArrowArray *batch, int64_t row, int64_t *out_version,
                          struct weir_error *err)
{
    struct weir__view view = {0};
    (void)arg;
    int64_t at = weir__schema_find(schema, "version");
    TRY(weir__view_make(schema->children[at], batch->children[at], &view, err));
    *out_version = -weir__view_int(&view, row); /* the lowest one wins */
    return WEIR_OK;
}

static void read_asks_callbacks_for_entity_and_version(void **state)
{
    struct fixture f;
    static const char *const columns[] = {"text"};
    struct weir_reader *reader = NULL;
    (void)state;
    fixture_begin(&f, false);
    struct weir_reader_options options = {.entity_fn = entity_of_row, .version_fn = version_of_row};
    assert_ok(weir_reader_new(f.table, &options, NULL, &reader, &test_last_error));
    rows_write_ok(&f, versions_1, 3, "t1");
    rows_write_ok(&f, versions_2, 3, "t2");
    struct weir_read_options text = {.columns = columns, .n_columns = 1};
    assert_rows(&f, reader, NULL, &text, "~:~:~:1v1\n~:~:~:2v1\n~:~:~:b\n");
    weir_reader_free(reader);
    fixture_end(&f);
}

static void reader_needs_both_rules_or_neither(void **state)
{
    struct fixture f;
    struct weir_reader *reader = NULL;
    (void)state;
    fixture_begin(&f, false);
    struct weir_reader_options entity = {.entity_columns = fixture_entity, .n_entity_columns = 1};
    struct weir_reader_options version = {.version_column = "version"};
    struct weir_reader_options both = {.entity_columns = fixture_entity,
                                       .n_entity_columns = 1,
                                       .entity_fn = entity_of_row,
                                       .version_column = "version"};
    assert_int_equal(weir_reader_new(f.table, &entity, NULL, &reader, NULL), WEIR_INVALID);
    assert_int_equal(weir_reader_new(f.table, &version, NULL, &reader, NULL), WEIR_INVALID);
    assert_int_equal(weir_reader_new(f.table, &both, NULL, &reader, NULL), WEIR_INVALID);
    fixture_end(&f);
}

static void reader_takes_the_rules_of_the_description(void **state)
{
    struct fixture f;
    struct weir_table *table = NULL;
    struct weir_reader *reader = NULL;
    struct weir_reader *raw = NULL;
    (void)state;
    fixture_begin(&f, false);
    struct weir_table_init_options init = {.partition_by = fixture_parts,
                                           .n_partition_by = 1,
                                           .entity_key = fixture_entity,
                                           .n_entity_key = 1,
                                           .version_column = "version"};
    assert_ok(weir_table_init(&f.t.env, f.store, "t", &init, NULL, &test_last_error));
    assert_ok(weir_table_open(&f.t.env, f.store, "t", NULL, NULL, &table, &test_last_error));
    assert_ok(weir_reader_new(table, NULL, NULL, &reader, &test_last_error));
    struct weir_reader_options no_dedup = {.no_dedup = true};
    assert_ok(weir_reader_new(table, &no_dedup, NULL, &raw, &test_last_error));
    rows_write_ok(&f, versions_1, 3, "t1");
    assert_rows(&f, reader, NULL, NULL, "a:1:3:1v3\na:2:1:2v1\n");
    assert_rows(&f, raw, NULL, NULL, "a:2:1:2v1\na:1:3:1v3\na:1:1:1v1\n");
    weir_reader_free(raw);
    weir_reader_free(reader);
    weir_table_free(table);
    fixture_end(&f);
}

/* ---- Streams and iterators ------------------------------------------------------------------- */

static void stream_keeps_to_max_batch_rows_and_outlives_its_reader(void **state)
{
    struct fixture f;
    struct ArrowArrayStream rows = {0};
    struct ArrowArray batch = {0};
    struct row many[10];
    int64_t n = 0;
    (void)state;
    fixture_begin(&f, false);
    for (int i = 0; i < 10; i++)
        many[i] = (struct row){"a", i, 1, "x"};
    rows_write_ok(&f, many, 10, NULL);
    struct weir_read_options options = {.max_batch_rows = 4};
    assert_ok(weir_read(f.reader, NULL, 0, &options, NULL, &rows, &test_last_error));
    fixture_close(&f);
    for (;;) {
        assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
        if (!batch.release)
            break;
        assert_true(batch.length > 0 && batch.length <= 4);
        n += batch.length;
        weir__array_freep(&batch);
    }
    assert_int_equal(n, 10);
    assert_ok(weir__stream_next(&rows, &batch, &test_last_error)); /* the end stays the end */
    assert_null(batch.release);
    weir__stream_freep(&rows);
    fixture_end(&f);
}

static void stream_can_be_left_in_the_middle(void **state)
{
    struct fixture f;
    struct ArrowArrayStream rows = {0};
    struct ArrowArray batch = {0};
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    assert_ok(weir_read(f.reader, NULL, 0, NULL, NULL, &rows, &test_last_error));
    assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
    weir__array_freep(&batch);
    weir__stream_freep(&rows);
    fixture_end(&f);
}

static void stream_stops_when_cancelled(void **state)
{
    struct fixture f;
    struct ArrowArrayStream rows = {0};
    struct ArrowArray batch = {0};
    struct weir_cancel *cancel = NULL;
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    assert_ok(weir_cancel_new(&f.t.env, 0, &cancel, &test_last_error));
    assert_ok(weir_read(f.reader, NULL, 0, NULL, cancel, &rows, &test_last_error));
    assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
    weir__array_freep(&batch);
    weir_cancel_trigger(cancel);
    assert_int_equal(weir__stream_next(&rows, &batch, NULL), WEIR_CANCELLED);
    weir__stream_freep(&rows);
    weir_cancel_free(cancel);
    fixture_end(&f);
}

static void partitions_come_one_by_one(void **state)
{
    struct fixture f;
    struct weir_partition_iter *iter = NULL;
    const char *partition = NULL;
    struct ArrowArrayStream rows = {0};
    struct ArrowArray batch = {0};
    static const char *const expected[] = {"part=a", "part=b", "part=c"};
    (void)state;
    fixture_begin(&f, false);
    rows_write_ok(&f, rows_abc, 3, NULL);
    assert_ok(weir_read_partitions(f.reader, NULL, 0, NULL, NULL, &iter, &test_last_error));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(weir_partition_iter_next(iter, &partition, &rows, &test_last_error));
        assert_string_equal(partition, expected[i]);
        if (i != 1) { /* the second one is skipped unread */
            assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
            assert_int_equal(batch.length, 1);
            weir__array_freep(&batch);
            assert_ok(weir__stream_next(&rows, &batch, &test_last_error));
            assert_null(batch.release);
        }
        if (i < 2)
            weir__stream_freep(&rows);
    }
    struct ArrowArrayStream none = {0};
    assert_ok(weir_partition_iter_next(iter, &partition, &none, &test_last_error));
    assert_null(partition);
    weir_partition_iter_free(iter);
    assert_ok(weir__stream_next(&rows, &batch, &test_last_error)); /* ended, not dangling */
    assert_null(batch.release);
    weir__stream_freep(&rows);
    fixture_end(&f);
}

static void files_lists_what_is_committed(void **state)
{
    struct fixture f;
    struct weir_write_results r = {0};
    struct weir_data_files files = {0};
    static const char *const patterns[] = {"part=b*"};
    (void)state;
    fixture_begin(&f, false);
    struct weir_write_options options = {.token = "job"};
    assert_ok(rows_write(&f, rows_abc, 3, &options, &r, &test_last_error));
    assert_ok(weir_files(f.table, patterns, 1, NULL, NULL, &files, &test_last_error));
    assert_int_equal(files.n, 1);
    assert_string_equal(files.items[0].key, r.items[1].data_key);
    assert_string_equal(files.items[0].partition, "part=b");
    assert_string_equal(files.items[0].token, "job");
    assert_string_equal(files.items[0].attempt_id, r.items[1].attempt_id);
    assert_true(files.items[0].size_bytes > 0);
    assert_int_equal(files.items[0].modified_us, T0_US);
    weir_data_files_dispose(&files);
    weir_write_results_dispose(&r);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_costs_a_list_a_look_and_a_get_for_each_file),
        cmocka_unit_test(read_of_an_empty_table_gives_nothing),
        cmocka_unit_test(read_of_an_empty_pattern_list_asks_nothing),
        cmocka_unit_test(read_refuses_a_bad_pattern_before_any_request),
        cmocka_unit_test(read_takes_the_union_of_patterns_once),
        cmocka_unit_test(read_of_exact_partitions_names_odd_values),
        cmocka_unit_test(read_finds_values_with_special_bytes),
        cmocka_unit_test(read_orders_partitions_by_their_key),
        cmocka_unit_test(read_orders_files_by_their_key),
        cmocka_unit_test(read_ignores_orphans_and_what_is_not_ours),
        cmocka_unit_test(read_shows_no_other_attempt_than_the_committed_one),
        cmocka_unit_test(read_is_strict_about_a_missing_file),
        cmocka_unit_test(read_fails_on_a_corrupt_marker),
        cmocka_unit_test(read_fails_on_a_file_that_is_no_parquet),
        cmocka_unit_test(read_goes_over_many_listing_pages),
        cmocka_unit_test(read_goes_on_after_a_failed_listing_page),
        cmocka_unit_test(read_surfaces_a_failing_get),
        cmocka_unit_test(read_delivers_only_the_columns_asked_for),
        cmocka_unit_test(read_fills_a_column_that_a_file_lacks),
        cmocka_unit_test(read_widens_types_and_refuses_to_narrow),
        cmocka_unit_test(read_fills_partition_columns_from_the_path),
        cmocka_unit_test(read_gives_the_latest_version_of_each_entity),
        cmocka_unit_test(read_of_history_collapses_only_replicas),
        cmocka_unit_test(read_without_rules_gives_everything_in_decode_order),
        cmocka_unit_test(read_dedups_by_columns_that_were_not_asked_for),
        cmocka_unit_test(read_asks_callbacks_for_entity_and_version),
        cmocka_unit_test(reader_needs_both_rules_or_neither),
        cmocka_unit_test(reader_takes_the_rules_of_the_description),
        cmocka_unit_test(stream_keeps_to_max_batch_rows_and_outlives_its_reader),
        cmocka_unit_test(stream_can_be_left_in_the_middle),
        cmocka_unit_test(stream_stops_when_cancelled),
        cmocka_unit_test(partitions_come_one_by_one),
        cmocka_unit_test(files_lists_what_is_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
