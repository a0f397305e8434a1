/* fixture.h: a table on a memory or local store, and rows in and out of it, for the tests of this
 * room. Rows are (part, id, version, text); `part` is the partition column. */
#ifndef WEIR_TESTS_TABLE_FIXTURE_H
#define WEIR_TESTS_TABLE_FIXTURE_H

#include "support/support.h"

#include <weir/table.h>

#include "columnar/columnar.h"
#include "storage/storage.h"

#include <stdio.h>

#define T0_US INT64_C(1710684000123456) /* 2024-03-17T14:00:00.123456Z */

#define HELPER __attribute__((unused)) static

struct row {
    const char *part; /* NULL = null */
    int64_t id, version;
    const char *text; /* NULL = null */
};

struct fixture {
    struct test_env t;
    char *dir; /* local only */
    struct weir_storage *store;
    struct weir_table *table;
    struct weir_writer *writer;
    struct weir_reader *reader;
    struct ArrowSchema schema;
};

static const char *const fixture_parts[] = {"part"};
static const char *const fixture_entity[] = {"id"};

HELPER void rows_schema(const struct weir_env *env, struct ArrowSchema *out)
{
    assert_ok(weir__schema_make(env, "+s", "", false, 4, out, &test_last_error));
    assert_ok(weir__schema_make(env, "u", "part", true, 0, out->children[0], &test_last_error));
    assert_ok(weir__schema_make(env, "l", "id", false, 0, out->children[1], &test_last_error));
    assert_ok(weir__schema_make(env, "l", "version", false, 0, out->children[2], &test_last_error));
    assert_ok(weir__schema_make(env, "u", "text", true, 0, out->children[3], &test_last_error));
}

HELPER int text_append(struct weir__builder *builder, const char *text, struct weir_error *err)
{
    return text ? weir__builder_bytes_append(builder, text, strlen(text), err)
                : weir__builder_null(builder, err);
}

HELPER int rows_append(struct weir__builder *builder, const struct row *rows, size_t n,
                       struct weir_error *err)
{
    for (size_t i = 0; i < n; i++) {
        TRY(text_append(weir__builder_child(builder, 0), rows[i].part, err));
        TRY(weir__builder_int(weir__builder_child(builder, 1), rows[i].id, err));
        TRY(weir__builder_int(weir__builder_child(builder, 2), rows[i].version, err));
        TRY(text_append(weir__builder_child(builder, 3), rows[i].text, err));
        TRY(weir__builder_close(builder, err));
    }
    return WEIR_OK;
}

HELPER void rows_batch(const struct weir_env *env, const struct ArrowSchema *schema,
                       const struct row *rows, size_t n, struct ArrowArray *out)
{
    struct weir__builder *builder = NULL;
    assert_ok(weir__builder_new(env, schema, &builder, &test_last_error));
    assert_ok(rows_append(builder, rows, n, &test_last_error));
    assert_ok(weir__builder_finish(builder, out, &test_last_error));
    weir__builder_free(builder);
}

/* Opens what f->store holds: table, writer and a reader without rules. */
HELPER void fixture_open(struct fixture *f, int32_t max_inflight)
{
    const struct weir_env *env = &f->t.env;
    struct weir_table_options options = {
        .partition_parts = fixture_parts, .n_partition_parts = 1, .max_inflight = max_inflight};
    assert_ok(weir_table_open(env, f->store, "t", &options, NULL, &f->table, &test_last_error));
    assert_ok(weir_writer_new(f->table, NULL, NULL, &f->writer, &test_last_error));
    assert_ok(weir_reader_new(f->table, NULL, NULL, &f->reader, &test_last_error));
}

HELPER void fixture_close(struct fixture *f)
{
    weir_reader_free(f->reader);
    weir_writer_free(f->writer);
    weir_table_free(f->table);
    f->reader = NULL;
    f->writer = NULL;
    f->table = NULL;
}

HELPER void fixture_begin(struct fixture *f, bool is_local)
{
    memset(f, 0, sizeof *f);
    test_env_init(&f->t);
    test_env_simulate(&f->t, T0_US);
    f->t.random_state = 42;
    if (is_local) {
        f->dir = test_dir_make();
        assert_ok(
            weir_storage_open_local(&f->t.env, f->dir, NULL, NULL, &f->store, &test_last_error));
    } else {
        assert_ok(weir_storage_open_memory(&f->t.env, NULL, &f->store, &test_last_error));
    }
    assert_ok(weir_table_init(&f->t.env, f->store, "t", NULL, NULL, &test_last_error));
    rows_schema(&f->t.env, &f->schema);
    fixture_open(f, 1);
}

HELPER void fixture_end(struct fixture *f)
{
    fixture_close(f);
    weir__schema_freep(&f->schema);
    weir_storage_unref(f->store);
    if (f->dir)
        test_dir_remove(f->dir);
    test_env_check_leaks(&f->t);
}

/* One weir_write of rows; results may be NULL. */
HELPER int rows_write(struct fixture *f, const struct row *rows, size_t n,
                      const struct weir_write_options *options, struct weir_write_results *results,
                      struct weir_error *err)
{
    struct weir_write_results own = {0};
    struct ArrowArray batch = {0};
    rows_batch(&f->t.env, &f->schema, rows, n, &batch);
    int status =
        weir_write(f->writer, &f->schema, &batch, 1, options, NULL, results ? results : &own, err);
    weir__array_freep(&batch);
    weir_write_results_dispose(&own);
    return status;
}

HELPER void rows_write_ok(struct fixture *f, const struct row *rows, size_t n, const char *token)
{
    struct weir_write_options options = {.token = token};
    assert_ok(rows_write(f, rows, n, &options, NULL, &test_last_error));
}

/* Everything read, as text: "part:id:version:text" lines; "~" for null and for a column that was
 * not asked for. */
HELPER void batch_print(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                        struct weir__buf *out)
{
    static const char *const names[] = {"part", "id", "version", "text"};
    for (int64_t row = 0; row < batch->length; row++) {
        for (size_t c = 0; c < COUNT_OF(names); c++) {
            int64_t at = weir__schema_find(schema, names[c]);
            struct weir__view view = {0};
            const char *end = c + 1 < COUNT_OF(names) ? ":" : "\n";
            if (at >= 0)
                assert_ok(weir__view_make(schema->children[at], batch->children[at], &view,
                                          &test_last_error));
            if (at < 0 || weir__view_is_null(&view, row))
                assert_ok(weir__buf_printf(out, &test_last_error, "~%s", end));
            else if (weir__kind_is_binary(view.type.kind))
                assert_ok(weir__buf_printf(out, &test_last_error, "%.*s%s",
                                           STR_ARG(weir__view_bytes(&view, row)), end));
            else
                assert_ok(weir__buf_printf(out, &test_last_error, "%lld%s",
                                           (long long)weir__view_int(&view, row), end));
        }
    }
}

HELPER int rows_read(struct fixture *f, struct weir_reader *reader, const char *const *patterns,
                     size_t n, const struct weir_read_options *options, struct weir__buf *out,
                     struct weir_error *err)
{
    AUTO(schema) struct ArrowSchema schema = {0};
    AUTO(array) struct ArrowArray batch = {0};
    (void)f;
    TRY(weir_read_all(reader, patterns, n, options, NULL, &schema, &batch, err));
    batch_print(&schema, &batch, out);
    return WEIR_OK;
}

/* Asserts that a read of `pattern` (NULL = all) prints `expected`. */
HELPER void assert_rows(struct fixture *f, struct weir_reader *reader, const char *pattern,
                        const struct weir_read_options *options, const char *expected)
{
    struct weir__buf out = weir__buf_make(&f->t.env, 1 << 24);
    const char *text = NULL;
    assert_ok(rows_read(f, reader, pattern ? &pattern : NULL, pattern ? 1 : 0, options, &out,
                        &test_last_error));
    assert_ok(weir__buf_text(&out, &text, &test_last_error));
    assert_string_equal(text, expected);
    weir__buf_dispose(&out);
}

/* Requests since the last call, as "put/head/get/list". */
struct counts {
    int64_t put, head, get, list;
};

HELPER struct counts counts_now(const struct fixture *f)
{
    struct weir_storage_counters c = {0};
    weir_storage_stats(f->store, &c);
    return (struct counts){c.requests[WEIR_VERB_PUT], c.requests[WEIR_VERB_HEAD],
                           c.requests[WEIR_VERB_GET], c.requests[WEIR_VERB_LIST]};
}

#define assert_requests(f, before, n_put, n_head, n_get, n_list)                                   \
    do {                                                                                           \
        struct counts now_ = counts_now(f);                                                        \
        char got_[64], want_[64];                                                                  \
        (void)snprintf(got_, sizeof got_, "%d/%d/%d/%d", (int)(now_.put - (before).put),           \
                       (int)(now_.head - (before).head), (int)(now_.get - (before).get),           \
                       (int)(now_.list - (before).list));                                          \
        (void)snprintf(want_, sizeof want_, "%d/%d/%d/%d", n_put, n_head, n_get, n_list);          \
        assert_string_equal(got_, want_);                                                          \
    } while (0)

HELPER void object_put(struct fixture *f, const char *key, const char *body)
{
    assert_ok(
        weir_storage_put(f->store, key, body, strlen(body), NULL, NULL, NULL, &test_last_error));
}

/* All keys below a prefix, one a line. */
HELPER void keys_print(struct fixture *f, const char *prefix, struct weir__buf *out)
{
    struct weir_object_iter *it = NULL;
    const struct weir_object *object = NULL;
    assert_ok(weir_storage_list(f->store, prefix, NULL, NULL, &it, &test_last_error));
    for (;;) {
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        if (!object)
            break;
        assert_ok(weir__buf_printf(out, &test_last_error, "%s\n", object->key));
    }
    weir_object_iter_free(it);
}

HELPER size_t keys_count(struct fixture *f, const char *prefix)
{
    struct weir__buf out = weir__buf_make(&f->t.env, 1 << 20);
    size_t n = 0;
    keys_print(f, prefix, &out);
    for (size_t i = 0; i < out.len; i++)
        n += out.data[i] == '\n';
    weir__buf_dispose(&out);
    return n;
}

#endif
