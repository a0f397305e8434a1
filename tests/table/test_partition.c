/* Rows to partitions: spec/table-store.md 4.2, 5.1, 5.5, 18.1. */
#include "table/fixture.h"

#include "table/partition.h"

/* One column of a batch, for formats. */
static void column_batch(const struct weir_env *env, const char *format, const int64_t *values,
                         size_t n, struct ArrowSchema *schema, struct ArrowArray *batch)
{
    struct weir__builder *builder = NULL;
    assert_ok(weir__schema_make(env, "+s", "", false, 1, schema, &test_last_error));
    assert_ok(
        weir__schema_make(env, format, "part", true, 0, schema->children[0], &test_last_error));
    assert_ok(weir__builder_new(env, schema, &builder, &test_last_error));
    for (size_t i = 0; i < n; i++) {
        struct weir__builder *column = weir__builder_child(builder, 0);
        assert_ok(values[i] == INT64_MIN ? weir__builder_null(column, &test_last_error)
                                         : weir__builder_int(column, values[i], &test_last_error));
        assert_ok(weir__builder_close(builder, &test_last_error));
    }
    assert_ok(weir__builder_finish(builder, batch, &test_last_error));
    weir__builder_free(builder);
}

static struct weir_writer *writer_with(struct fixture *f, const struct weir_writer_options *options)
{
    struct weir_writer *writer = NULL;
    assert_ok(weir_writer_new(f->table, options, NULL, &writer, &test_last_error));
    return writer;
}

struct format_case {
    const char *arrow, *format;
    int64_t value;
    const char *expected; /* NULL = refused */
};

static const struct format_case format_cases[] = {
    {"l", NULL, -42, "part=-42"},
    {"c", NULL, 7, "part=7"},
    {"L", NULL, 42, "part=42"},
    {"b", NULL, 1, "part=true"},
    {"b", NULL, 0, "part=false"},
    {"tdD", NULL, 19799, "part=2024-03-17"},
    {"tdD", "month", 19799, "part=2024-03"},
    {"tdD", NULL, -1, "part=1969-12-31"},
    {"tsu:UTC", "date", T0_US, "part=2024-03-17"},
    {"tsu:UTC", "month", T0_US, "part=2024-03"},
    {"tsu:UTC", "hour", T0_US, "part=2024-03-17T14"},
    {"tsu:UTC", "rfc3339", T0_US, "part=2024-03-17T14:00:00Z"},
    {"tsu:", "%Y", T0_US, "part=2024"},
    {"tsm:UTC", "date", T0_US / 1000, "part=2024-03-17"},
    {"tss:UTC", "date", -1, "part=1969-12-31"},
    {"tsu:UTC", "%Y/%m", T0_US, NULL}, /* a '/' in the value */
    {"tsu:UTC", NULL, T0_US, NULL},    /* there is no default format */
    {"l", "date", 1, NULL},
    {"tDu", NULL, 1, NULL}, /* durations name no partition */
    {"l", NULL, INT64_MIN, "part=__HIVE_DEFAULT_PARTITION__"},
};

static void value_of_each_type_has_its_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(format_cases); i++) {
        const struct format_case *c = &format_cases[i];
        struct fixture f;
        struct ArrowSchema schema = {0};
        struct ArrowArray batch = {0};
        char key[WEIR_PARTITION_KEY_MAX_BYTES + 1];
        fixture_begin(&f, false);
        struct weir_partition_rule rule = {.part = "part", .format = c->format};
        struct weir_writer_options options = {.partition_rules = &rule, .n_partition_rules = 1};
        struct weir_writer *writer = writer_with(&f, &options);
        column_batch(&f.t.env, c->arrow, &c->value, 1, &schema, &batch);
        struct weir_partition_groups groups = {0};
        int status = weir_partition_key_of_row(writer, &schema, &batch, 0, key, &test_last_error);
        int grouped = weir_group_by_partition(writer, &schema, &batch, 1, &groups, NULL);
        if (c->expected) {
            assert_ok(status);
            assert_ok(grouped);
            assert_string_equal(key, c->expected);
            assert_int_equal(groups.n, 1);
            assert_string_equal(groups.items[0].partition, c->expected);
        } else {
            assert_int_equal(status, WEIR_INVALID);
            assert_int_equal(grouped, WEIR_INVALID);
        }
        weir_partition_groups_dispose(&groups);
        weir__array_freep(&batch);
        weir__schema_freep(&schema);
        weir_writer_free(writer);
        fixture_end(&f);
    }
}

/* Several values can give one key; their rows stay in input order. */
static void times_of_one_day_share_a_partition(void **state)
{
    struct fixture f;
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {0};
    struct weir_partition_groups groups = {0};
    static const int64_t day = INT64_C(86400000000);
    const int64_t values[] = {T0_US + day, T0_US,      INT64_MIN,
                              T0_US + 1,   T0_US - 40, T0_US + day + 5};
    (void)state;
    fixture_begin(&f, false);
    struct weir_partition_rule rule = {.part = "part", .format = "date"};
    struct weir_writer_options options = {.partition_rules = &rule, .n_partition_rules = 1};
    struct weir_writer *writer = writer_with(&f, &options);
    column_batch(&f.t.env, "tsu:UTC", values, COUNT_OF(values), &schema, &batch);
    assert_ok(weir_group_by_partition(writer, &schema, &batch, 1, &groups, &test_last_error));
    assert_int_equal(groups.n, 3);
    assert_string_equal(groups.items[0].partition, "part=2024-03-17");
    assert_string_equal(groups.items[1].partition, "part=2024-03-18");
    assert_string_equal(groups.items[2].partition, "part=__HIVE_DEFAULT_PARTITION__");
    struct weir__view view = {0};
    assert_ok(weir__view_make(schema.children[0], groups.items[0].rows.children[0], &view,
                              &test_last_error));
    assert_int_equal(view.length, 3);
    assert_int_equal(weir__view_int(&view, 0), T0_US);
    assert_int_equal(weir__view_int(&view, 1), T0_US + 1);
    assert_int_equal(weir__view_int(&view, 2), T0_US - 40);
    weir_partition_groups_dispose(&groups);
    weir__array_freep(&batch);
    weir__schema_freep(&schema);
    weir_writer_free(writer);
    fixture_end(&f);
}

static void groups_join_batches_in_input_order(void **state)
{
    struct fixture f;
    struct ArrowArray batches[3] = {{0}};
    struct weir_partition_groups groups = {0};
    static const struct row first[] = {{"b", 1, 1, "x"}, {"a", 2, 1, "x"}};
    static const struct row second[] = {{"a", 3, 1, "x"}, {"a", 4, 1, "x"}, {"c", 5, 1, "x"}};
    (void)state;
    fixture_begin(&f, false);
    rows_batch(&f.t.env, &f.schema, first, 2, &batches[0]);
    rows_batch(&f.t.env, &f.schema, NULL, 0, &batches[1]);
    rows_batch(&f.t.env, &f.schema, second, 3, &batches[2]);
    assert_ok(weir_group_by_partition(f.writer, &f.schema, batches, 3, &groups, &test_last_error));
    assert_int_equal(groups.n, 3);
    struct weir__buf out = weir__buf_make(&f.t.env, 1024);
    const char *text = NULL;
    for (size_t i = 0; i < groups.n; i++)
        batch_print(&f.schema, &groups.items[i].rows, &out);
    assert_ok(weir__buf_text(&out, &text, &test_last_error));
    assert_string_equal(text, "a:2:1:x\na:3:1:x\na:4:1:x\nb:1:1:x\nc:5:1:x\n");
    weir__buf_dispose(&out);
    weir_partition_groups_dispose(&groups);

    struct weir_write_results r = {0};
    assert_ok(weir_write(f.writer, &f.schema, batches, 3, NULL, NULL, &r, &test_last_error));
    assert_rows(&f, f.reader, NULL, NULL, "a:2:1:x\na:3:1:x\na:4:1:x\nb:1:1:x\nc:5:1:x\n");
    weir_write_results_dispose(&r);
    for (size_t i = 0; i < 3; i++)
        weir__array_freep(&batches[i]);
    fixture_end(&f);
}

/* A batch that is a window into a larger one. */
static void groups_respect_the_offset_of_a_batch(void **state)
{
    struct fixture f;
    struct ArrowArray batch = {0};
    struct weir_write_results r = {0};
    static const struct row rows[] = {{"no", 0, 0, "no"},
                                      {"b", 1, 1, "x"},
                                      {"a", 2, 1, NULL},
                                      {"b", 3, 1, "y"},
                                      {"no", 0, 0, "no"}};
    (void)state;
    fixture_begin(&f, false);
    rows_batch(&f.t.env, &f.schema, rows, 5, &batch);
    batch.offset = 1;
    batch.length = 3;
    assert_ok(weir_write(f.writer, &f.schema, &batch, 1, NULL, NULL, &r, &test_last_error));
    assert_rows(&f, f.reader, NULL, NULL, "a:2:1:~\nb:1:1:x\nb:3:1:y\n");
    weir_write_results_dispose(&r);
    batch.length = 1; /* one partition: the batch itself is encoded, not a copy */
    assert_ok(weir_write(f.writer, &f.schema, &batch, 1, NULL, NULL, &r, &test_last_error));
    assert_rows(&f, f.reader, "part=b", NULL, "b:1:1:x\nb:3:1:y\nb:1:1:x\n");
    weir_write_results_dispose(&r);
    weir__array_freep(&batch);
    fixture_end(&f);
}

static void empty_value_is_refused_unless_it_counts_as_null(void **state)
{
    struct fixture f;
    static const struct row rows[] = {{"a", 1, 1, "x"}, {"", 2, 1, "x"}};
    struct weir_error err = WEIR_ERROR_INIT;
    (void)state;
    fixture_begin(&f, false);
    struct counts before = counts_now(&f);
    assert_int_equal(rows_write(&f, rows, 2, NULL, NULL, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "row 2"));
    assert_non_null(strstr(err.message, "'part'"));
    assert_requests(&f, before, 0, 0, 0, 0); /* nothing of part=a either */
    struct weir_writer_options options = {.empty_as_null = true};
    weir_writer_free(f.writer);
    f.writer = writer_with(&f, &options);
    rows_write_ok(&f, rows, 2, NULL);
    assert_rows(&f, f.reader, "part=__HIVE_DEFAULT_PARTITION__", NULL, ":2:1:x\n");
    fixture_end(&f);
}

static void bad_value_in_any_row_writes_nothing(void **state)
{
    static const char *const bad[] = {"a/b", "a..b", "tab\t", "del\x7f", "back\\slash"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fixture f;
        const struct row rows[] = {{"ok", 1, 1, "x"}, {bad[i], 2, 1, "x"}};
        fixture_begin(&f, false);
        struct counts before = counts_now(&f);
        assert_int_equal(rows_write(&f, rows, 2, NULL, NULL, NULL), WEIR_INVALID);
        assert_requests(&f, before, 0, 0, 0, 0);
        fixture_end(&f);
    }
}

static void key_that_is_too_long_is_refused_before_any_request(void **state)
{
    (void)state;
    for (int is_local = 0; is_local < 2; is_local++) {
        struct fixture f;
        struct weir_error err = WEIR_ERROR_INIT;
        char value[1100];
        size_t len = is_local ? 240 : 1000; /* a local ref name needs 87 bytes more */
        memset(value, 'v', len);
        value[len] = '\0';
        const struct row rows[] = {{"ok", 1, 1, "x"}, {value, 2, 1, "x"}};
        fixture_begin(&f, is_local);
        struct counts before = counts_now(&f);
        assert_int_equal(rows_write(&f, rows, 2, NULL, NULL, &err), WEIR_INVALID);
        assert_true(err.message[0] != '\0');
        assert_requests(&f, before, 0, 0, 0, 0);
        fixture_end(&f);
    }
}

static void missing_partition_column_is_named(void **state)
{
    struct fixture f;
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {0};
    struct weir_write_results r = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    const int64_t value = 1;
    (void)state;
    fixture_begin(&f, false);
    struct weir_partition_rule rule = {.part = "part", .column = "elsewhere"};
    struct weir_writer_options options = {.partition_rules = &rule, .n_partition_rules = 1};
    struct weir_writer *writer = writer_with(&f, &options);
    column_batch(&f.t.env, "l", &value, 1, &schema, &batch);
    assert_int_equal(weir_write(writer, &schema, &batch, 1, NULL, NULL, &r, &err), WEIR_INVALID);
    assert_non_null(strstr(err.message, "'elsewhere'"));
    weir__array_freep(&batch);
    weir__schema_freep(&schema);
    weir_writer_free(writer);
    fixture_end(&f);
}

static void writer_refuses_rules_that_do_not_fit_the_parts(void **state)
{
    struct fixture f;
    struct weir_writer *writer = NULL;
    (void)state;
    fixture_begin(&f, false);
    struct weir_partition_rule other = {.part = "other"};
    struct weir_partition_rule twice[] = {{.part = "part"}, {.part = "part"}};
    struct weir_writer_options unknown = {.partition_rules = &other, .n_partition_rules = 1};
    struct weir_writer_options doubled = {.partition_rules = twice, .n_partition_rules = 2};
    struct weir_writer_options codec = {.compression = (enum weir_compression)77};
    assert_int_equal(weir_writer_new(f.table, &unknown, NULL, &writer, NULL), WEIR_INVALID);
    assert_int_equal(weir_writer_new(f.table, &doubled, NULL, &writer, NULL), WEIR_INVALID);
    assert_int_equal(weir_writer_new(f.table, &codec, NULL, &writer, NULL), WEIR_INVALID);
    struct weir_view view = {.name = "v", .columns = fixture_parts, .n_columns = 1};
    struct weir_writer_options views = {.views = &view, .n_views = 1};
    assert_int_equal(weir_writer_new(f.table, &views, NULL, &writer, NULL), WEIR_UNSUPPORTED);
    fixture_end(&f);
}

static int key_by_id(void *arg, const struct ArrowSchema *schema, const struct ArrowArray *batch,
                     int64_t row, char *out_key, size_t *out_len, struct weir_error *err)
{
    struct weir__view view = {0};
    (void)arg;
    TRY(weir__view_make(schema->children[1], batch->children[1], &view, err));
    int n = snprintf(out_key, WEIR_PARTITION_KEY_MAX_BYTES, "part=%s",
                     weir__view_int(&view, row) % 2 ? "odd" : "even");
    *out_len = (size_t)n;
    return WEIR_OK;
}

static void partition_callback_replaces_the_rules(void **state)
{
    struct fixture f;
    static const struct row rows[] = {
        {"x", 1, 1, "a"}, {"x", 2, 1, "b"}, {"x", 3, 1, "c"}, {"x", 4, 1, "d"}};
    (void)state;
    fixture_begin(&f, false);
    struct weir_writer_options options = {.partition_fn = key_by_id};
    weir_writer_free(f.writer);
    f.writer = writer_with(&f, &options);
    rows_write_ok(&f, rows, 4, NULL);
    assert_rows(&f, f.reader, "part=odd", NULL, "x:1:1:a\nx:3:1:c\n");
    assert_rows(&f, f.reader, "part=even", NULL, "x:2:1:b\nx:4:1:d\n");
    fixture_end(&f);
}

static void write_with_key_does_not_check_rows_against_it(void **state)
{
    struct fixture f;
    struct ArrowArray batch = {0};
    struct weir_write_results r = {0};
    static const struct row rows[] = {{"x", 1, 1, "a"}, {"y", 2, 1, "b"}};
    (void)state;
    fixture_begin(&f, false);
    rows_batch(&f.t.env, &f.schema, rows, 2, &batch);
    assert_ok(weir_write_with_key(f.writer, "part=z", &f.schema, &batch, 1, NULL, NULL, &r,
                                  &test_last_error));
    assert_int_equal(r.n, 1);
    assert_string_equal(r.items[0].partition, "part=z");
    assert_rows(&f, f.reader, "part=z", NULL, "x:1:1:a\ny:2:1:b\n");
    weir_write_results_dispose(&r);
    static const char *const bad[] = {"", "part=", "other=z", "part=z/x=1", "part=a..b"};
    struct counts before = counts_now(&f);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(
            weir_write_with_key(f.writer, bad[i], &f.schema, &batch, 1, NULL, NULL, &r, NULL),
            WEIR_INVALID);
    assert_requests(&f, before, 0, 0, 0, 0);
    weir__array_freep(&batch);
    fixture_end(&f);
}

/* ---- The insertion time ---------------------------------------------------------------------- */

static void inserted_at_column_is_appended(void **state)
{
    struct fixture f;
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {0};
    struct weir__view view = {0};
    static const struct row rows[] = {{"a", 1, 1, "x"}, {"b", 2, 1, "y"}, {"a", 3, 1, "z"}};
    (void)state;
    fixture_begin(&f, false);
    struct weir_writer_options options = {.inserted_at_column = "_inserted_at"};
    weir_writer_free(f.writer);
    f.writer = writer_with(&f, &options);
    rows_write_ok(&f, rows, 3, NULL);
    assert_ok(weir_read_all(f.reader, NULL, 0, NULL, NULL, &schema, &batch, &test_last_error));
    int64_t at = weir__schema_find(&schema, "_inserted_at");
    assert_int_equal(at, 4);
    assert_string_equal(schema.children[4]->format, "tsu:UTC");
    assert_ok(weir__view_make(schema.children[at], batch.children[at], &view, &test_last_error));
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(weir__view_int(&view, i), T0_US);
    weir__array_freep(&batch);
    weir__schema_freep(&schema);
    fixture_end(&f);
}

static void inserted_at_column_of_the_batch_is_replaced_only_in_the_file(void **state)
{
    static const char *const formats[] = {"tsu:UTC", "tsm:UTC", "tss:UTC", "tsn:UTC"};
    static const int64_t resolutions_us[] = {1, 1000, 1000000, 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct fixture f;
        struct ArrowSchema schema = {0};
        struct ArrowSchema read_schema = {0};
        struct ArrowArray batch = {0};
        struct ArrowArray read = {0};
        struct weir__view view = {0};
        struct weir_write_results r = {0};
        const int64_t values[] = {5, INT64_MIN};
        fixture_begin(&f, false);
        struct weir_writer_options options = {.inserted_at_column = "part"};
        struct weir_writer *writer = writer_with(&f, &options);
        column_batch(&f.t.env, formats[i], values, 2, &schema, &batch);
        assert_ok(weir_write_with_key(writer, "part=z", &schema, &batch, 1, NULL, NULL, &r,
                                      &test_last_error));
        assert_int_equal(r.items[0].inserted_at_us, T0_US);
        assert_ok(
            weir_read_all(f.reader, NULL, 0, NULL, NULL, &read_schema, &read, &test_last_error));
        assert_ok(
            weir__view_make(read_schema.children[0], read.children[0], &view, &test_last_error));
        /* Parquet may keep a finer unit than the batch had, never a coarser one. */
        int64_t expected = T0_US / resolutions_us[i] * resolutions_us[i];
        int64_t per_second = weir__unit_per_second(view.type.unit);
        for (int64_t row = 0; row < 2; row++) {
            int64_t value = weir__view_int(&view, row);
            int64_t us = per_second > 1000000 ? value / (per_second / 1000000)
                                              : value * (1000000 / per_second);
            assert_int_equal(us, expected);
        }
        assert_false(weir__view_is_null(&view, 1));
        assert_ok(weir__view_make(schema.children[0], batch.children[0], &view, &test_last_error));
        assert_int_equal(weir__view_int(&view, 0), 5); /* the caller's stays as it was */
        assert_true(weir__view_is_null(&view, 1));
        weir_write_results_dispose(&r);
        weir__array_freep(&read);
        weir__schema_freep(&read_schema);
        weir__array_freep(&batch);
        weir__schema_freep(&schema);
        weir_writer_free(writer);
        fixture_end(&f);
    }
}

static void inserted_at_column_must_be_a_timestamp(void **state)
{
    struct fixture f;
    static const struct row rows[] = {{"a", 1, 1, "x"}};
    (void)state;
    fixture_begin(&f, false);
    struct weir_writer_options options = {.inserted_at_column = "version"};
    weir_writer_free(f.writer);
    f.writer = writer_with(&f, &options);
    struct counts before = counts_now(&f);
    assert_int_equal(rows_write(&f, rows, 1, NULL, NULL, NULL), WEIR_INVALID);
    assert_requests(&f, before, 0, 0, 0, 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_of_each_type_has_its_text),
        cmocka_unit_test(times_of_one_day_share_a_partition),
        cmocka_unit_test(groups_join_batches_in_input_order),
        cmocka_unit_test(groups_respect_the_offset_of_a_batch),
        cmocka_unit_test(empty_value_is_refused_unless_it_counts_as_null),
        cmocka_unit_test(bad_value_in_any_row_writes_nothing),
        cmocka_unit_test(key_that_is_too_long_is_refused_before_any_request),
        cmocka_unit_test(missing_partition_column_is_named),
        cmocka_unit_test(writer_refuses_rules_that_do_not_fit_the_parts),
        cmocka_unit_test(partition_callback_replaces_the_rules),
        cmocka_unit_test(write_with_key_does_not_check_rows_against_it),
        cmocka_unit_test(inserted_at_column_is_appended),
        cmocka_unit_test(inserted_at_column_of_the_batch_is_replaced_only_in_the_file),
        cmocka_unit_test(inserted_at_column_must_be_a_timestamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
