/* rows.c: any format behind one reader and one writer. */
#include <weir/format.h>

#include "format/format.h"

struct weir_rows_writer {
    const struct weir_env *env;
    const struct weir__rows_writer_ops *ops;
    void *ctx;
};

/* An input read from its first byte to its last. */
struct input_source {
    const struct weir_input *input;
    uint64_t at;
};

static int input_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct input_source *from = ctx;
    uint64_t left = from->input->size_bytes - from->at;
    size_t n = left < cap ? (size_t)left : cap;
    if (n > 0 && from->input->bytes)
        memcpy(buf, (const uint8_t *)from->input->bytes + from->at, n);
    else if (n > 0)
        TRY(from->input->read_at(from->input->ctx, from->at, buf, n, err));
    from->at += n;
    *out_got = n;
    return WEIR_OK;
}

/* A stream of text over an input: it keeps the place in the input with the stream. */
struct input_rows {
    const struct weir_env *env;
    struct input_source place;
    struct weir_source source;
    struct ArrowArrayStream inner;
};

static int input_rows_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct input_rows *rows = ctx;
    return weir__stream_schema(&rows->inner, out, err);
}

static int input_rows_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct input_rows *rows = ctx;
    return weir__stream_next(&rows->inner, out, err);
}

static void input_rows_free(void *ctx)
{
    struct input_rows *rows = ctx;
    weir__stream_freep(&rows->inner);
    weir__free(rows->env, rows);
}

static const struct weir__stream_ops input_rows_ops = {input_rows_schema, input_rows_next,
                                                       input_rows_free};

static int read_text(const struct weir_env *env, enum weir_file_format format,
                     const struct weir_source *source, const struct weir_text_read_options *text,
                     struct ArrowArrayStream *out, struct weir_error *err)
{
    return format == WEIR_FORMAT_CSV ? weir_csv_read(env, source, text, out, err)
                                     : weir_ndjson_read(env, source, text, out, err);
}

static int read_text_input(const struct weir_env *env, enum weir_file_format format,
                           const struct weir_input *input,
                           const struct weir_text_read_options *text, struct ArrowArrayStream *out,
                           struct weir_error *err)
{
    struct weir_text_read_options options = text ? *text : (struct weir_text_read_options){0};
    if (!options.name)
        options.name = input->name;
    struct input_rows *rows = weir__alloc_zero(env, 1, sizeof *rows, err);
    if (!rows)
        return WEIR_NO_MEMORY;
    rows->env = env;
    rows->place.input = input;
    rows->source = (struct weir_source){input_read, NULL, &rows->place};
    int status = read_text(env, format, &rows->source, &options, &rows->inner, err);
    if (status == WEIR_OK)
        status = weir__stream_make(env, &input_rows_ops, rows, out, err);
    if (status)
        input_rows_free(rows);
    return status;
}

static int fail_format(enum weir_file_format format, const char *why, struct weir_error *err)
{
    return weir__fail(err, WEIR_UNSUPPORTED, "file format %d: %s", (int)format, why);
}

int weir_rows_read(const struct weir_env *env, enum weir_file_format format,
                   const struct weir_input *input, const struct weir_text_read_options *text,
                   struct ArrowArrayStream *out, struct weir_error *err)
{
    switch (format) {
    case WEIR_FORMAT_NDJSON:
    case WEIR_FORMAT_CSV:
        return read_text_input(env, format, input, text, out, err);
    default:
        return fail_format(format, "cannot be read", err);
    }
}

int weir_rows_read_source(const struct weir_env *env, enum weir_file_format format,
                          const struct weir_source *source,
                          const struct weir_text_read_options *text, struct ArrowArrayStream *out,
                          struct weir_error *err)
{
    switch (format) {
    case WEIR_FORMAT_NDJSON:
    case WEIR_FORMAT_CSV:
        return read_text(env, format, source, text, out, err);
    default:
        return fail_format(format, "cannot be read from a pipe", err);
    }
}

/* ---- writing ---- */

static int parquet_write(void *ctx, const struct ArrowArray *batch, struct weir_error *err)
{
    return weir_parquet_writer_write(ctx, batch, err);
}

static int parquet_finish(void *ctx, struct weir_error *err)
{
    struct weir_parquet_write_stats stats;
    return weir_parquet_writer_finish(ctx, &stats, err);
}

static void parquet_free(void *ctx)
{
    weir_parquet_writer_free(ctx);
}

static const struct weir__rows_writer_ops parquet_ops = {parquet_write, parquet_finish,
                                                         parquet_free};

static int make_parquet_writer(struct weir_rows_writer *writer, const struct ArrowSchema *schema,
                               const struct weir_rows_write_options *options,
                               const struct weir_sink *sink, struct weir_error *err)
{
    struct weir_parquet_write_options by_compression = {0};
    if (options)
        by_compression.compression = options->compression;
    const struct weir_parquet_write_options *chosen =
        options && options->parquet ? options->parquet : &by_compression;
    struct weir_parquet_writer *parquet = NULL;
    TRY(weir_parquet_writer_new(writer->env, schema, chosen, sink, &parquet, err));
    writer->ops = &parquet_ops;
    writer->ctx = parquet;
    return WEIR_OK;
}

static int make_writer(struct weir_rows_writer *writer, enum weir_file_format format,
                       const struct ArrowSchema *schema,
                       const struct weir_rows_write_options *options, const struct weir_sink *sink,
                       struct weir_error *err)
{
    switch (format) {
    case WEIR_FORMAT_NDJSON:
        return weir__ndjson_writer_new(writer->env, schema, sink, &writer->ops, &writer->ctx, err);
    case WEIR_FORMAT_CSV:
        return weir__csv_writer_new(writer->env, schema, options, sink, &writer->ops, &writer->ctx,
                                    err);
    case WEIR_FORMAT_PARQUET:
        return make_parquet_writer(writer, schema, options, sink, err);
    default:
        return fail_format(format, "cannot be written", err);
    }
}

int weir_rows_writer_new(const struct weir_env *env, enum weir_file_format format,
                         const struct ArrowSchema *schema,
                         const struct weir_rows_write_options *options,
                         const struct weir_sink *sink, struct weir_rows_writer **out,
                         struct weir_error *err)
{
    struct weir_rows_writer *writer = weir__alloc_zero(env, 1, sizeof *writer, err);
    if (!writer)
        return WEIR_NO_MEMORY;
    writer->env = env;
    int status = make_writer(writer, format, schema, options, sink, err);
    if (status) {
        weir__free(env, writer);
        return status;
    }
    *out = writer;
    return WEIR_OK;
}

int weir_rows_writer_write(struct weir_rows_writer *writer, const struct ArrowArray *batch,
                           struct weir_error *err)
{
    return writer->ops->write(writer->ctx, batch, err);
}

int weir_rows_writer_finish(struct weir_rows_writer *writer, struct weir_error *err)
{
    return writer->ops->finish(writer->ctx, err);
}

void weir_rows_writer_free(struct weir_rows_writer *writer)
{
    if (!writer)
        return;
    writer->ops->free(writer->ctx);
    weir__free(writer->env, writer);
}
