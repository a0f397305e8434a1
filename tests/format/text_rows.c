/* text_rows.c: sources, sinks and printing for the tests of CSV and NDJSON. */
#include "text_rows.h"

static size_t tail_read(struct text_source *from, void *buf, size_t cap)
{
    size_t left = from->tail ? strlen(from->tail) - from->tail_at : 0;
    size_t n = left < cap ? left : cap;
    if (n > 0)
        memcpy(buf, from->tail + from->tail_at, n);
    from->tail_at += n;
    return n;
}

static int source_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct text_source *from = ctx;
    if (from->chunk && cap > from->chunk)
        cap = from->chunk;
    if (from->at == from->len && from->n_repeats > 1) {
        from->n_repeats--;
        from->at = 0;
    }
    size_t n = from->len - from->at;
    if (n > cap)
        n = cap;
    if (from->fail_at && from->at + n > from->fail_at)
        return weir__fail(err, WEIR_IO, "the source failed");
    if (n > 0)
        memcpy(buf, from->data + from->at, n);
    from->at += n;
    *out_got = n ? n : tail_read(from, buf, cap);
    return WEIR_OK;
}

struct weir_source text_source_of(struct text_source *from)
{
    return (struct weir_source){source_read, NULL, from};
}

static int sink_write(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    struct text_sink *to = ctx;
    if (to->fail_at && to->got.len + n > to->fail_at)
        return weir__fail(err, WEIR_IO, "the sink failed");
    return weir__buf_append(&to->got, buf, n, err);
}

struct weir_sink text_sink_of(struct text_sink *to)
{
    return (struct weir_sink){sink_write, to};
}

struct ArrowSchema text_schema_of(const struct text_column_spec *columns)
{
    const struct weir_env *env = weir_env_default();
    struct ArrowSchema schema = {0};
    int64_t n = 0;
    while (columns[n].name)
        n++;
    assert_ok(weir__schema_make(env, "+s", "", false, n, &schema, &test_last_error));
    for (int64_t i = 0; i < n; i++)
        assert_ok(weir__schema_make(env, columns[i].format, columns[i].name,
                                    !columns[i].is_required, 0, schema.children[i],
                                    &test_last_error));
    return schema;
}

void text_schema_line(const struct ArrowSchema *schema, struct weir__buf *out)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *child = schema->children[i];
        assert_ok(weir__buf_printf(out, &test_last_error, i ? " %s:%s" : "%s:%s", child->name,
                                   child->format));
        if (child->n_children == 0)
            continue;
        assert_ok(weir__buf_byte(out, '<', &test_last_error));
        text_schema_line(child, out);
        assert_ok(weir__buf_byte(out, '>', &test_last_error));
    }
}

static int buffer_write(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    return weir__buf_append(ctx, buf, n, err);
}

static int print_batches(const struct weir_env *env, struct ArrowArrayStream *rows,
                         const struct ArrowSchema *schema, struct weir__buf *out)
{
    struct weir_sink sink = {buffer_write, out};
    for (bool is_first = true;; is_first = false) {
        AUTO(array) struct ArrowArray batch = {0};
        TRY(weir__stream_next(rows, &batch, &test_last_error));
        if (!batch.release)
            return WEIR_OK;
        TRY(weir_batch_validate(schema, &batch, &test_last_error));
        if (!is_first)
            assert_ok(weir__buf_append_text(out, "--\n", &test_last_error));
        struct weir_rows_writer *writer = NULL;
        TRY(weir_rows_writer_new(env, WEIR_FORMAT_NDJSON, schema, NULL, &sink, &writer,
                                 &test_last_error));
        int status = weir_rows_writer_write(writer, &batch, &test_last_error);
        if (status == WEIR_OK)
            status = weir_rows_writer_finish(writer, &test_last_error);
        weir_rows_writer_free(writer);
        TRY(status);
    }
}

int text_read_print(const struct weir_env *env, enum weir_file_format format,
                    struct text_source *from, const struct weir_text_read_options *options,
                    struct weir__buf *out)
{
    struct weir_source source = text_source_of(from);
    AUTO(stream) struct ArrowArrayStream rows = {0};
    AUTO(schema) struct ArrowSchema schema = {0};
    test_last_error.message[0] = '\0';
    TRY(weir_rows_read_source(env, format, &source, options, &rows, &test_last_error));
    TRY(weir__stream_schema(&rows, &schema, &test_last_error));
    text_schema_line(&schema, out);
    assert_ok(weir__buf_byte(out, '\n', &test_last_error));
    return print_batches(env, &rows, &schema, out);
}

static int convert_batches(struct ArrowArrayStream *rows, struct weir_rows_writer *writer)
{
    for (;;) {
        AUTO(array) struct ArrowArray batch = {0};
        TRY(weir__stream_next(rows, &batch, &test_last_error));
        if (!batch.release)
            return weir_rows_writer_finish(writer, &test_last_error);
        TRY(weir_rows_writer_write(writer, &batch, &test_last_error));
    }
}

int text_convert(const struct weir_env *env, enum weir_file_format from_format,
                 struct text_source *from, const struct weir_text_read_options *options,
                 enum weir_file_format to_format, struct text_sink *to)
{
    struct weir_source source = text_source_of(from);
    struct weir_sink sink = text_sink_of(to);
    AUTO(stream) struct ArrowArrayStream rows = {0};
    AUTO(schema) struct ArrowSchema schema = {0};
    TRY(weir_rows_read_source(env, from_format, &source, options, &rows, &test_last_error));
    TRY(weir__stream_schema(&rows, &schema, &test_last_error));
    struct weir_rows_writer *writer = NULL;
    TRY(weir_rows_writer_new(env, to_format, &schema, NULL, &sink, &writer, &test_last_error));
    int status = convert_batches(&rows, writer);
    weir_rows_writer_free(writer);
    return status;
}

void text_check(const struct weir__buf *got, const char *wanted)
{
    struct weir__str text = {(const char *)got->data, got->len};
    if (!weir__str_is(text, wanted))
        fail_msg("got\n%.*s\nwanted\n%s", STR_ARG(text), wanted);
}
