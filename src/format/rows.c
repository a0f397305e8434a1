/* rows.c: any format behind one reader and one writer. */
#include <weir/format.h>

#include "format/format.h"

#define PARQUET_BATCH_ROWS 65536

struct weir_rows_writer {
    const struct weir_env *env;
    const struct weir__rows_writer_ops *ops;
    void *ctx;
};

/* A stream together with what it reads from, which must live as long. */
struct held_rows {
    const struct weir_env *env;
    struct ArrowArrayStream inner;
    const struct weir_input *input; /* read from its first byte to its last */
    uint64_t input_at;
    const struct weir_source *pipe;
    uint8_t head[8]; /* of the pipe, looked at before it is read */
    size_t n_head, head_at;
    struct weir_source source; /* over input or pipe */
    struct weir_parquet_reader *parquet;
};

static int held_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct held_rows *rows = ctx;
    return weir__stream_schema(&rows->inner, out, err);
}

static int held_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct held_rows *rows = ctx;
    return weir__stream_next(&rows->inner, out, err);
}

static void held_free(void *ctx)
{
    struct held_rows *rows = ctx;
    weir__stream_freep(&rows->inner);
    weir_parquet_reader_free(rows->parquet);
    weir__free(rows->env, rows);
}

static const struct weir__stream_ops held_ops = {held_schema, held_next, held_free};

/* `out` owns `rows` on success; on failure they are freed here. */
static int held_finish(struct held_rows *rows, int status, struct ArrowArrayStream *out,
                       struct weir_error *err)
{
    if (status == WEIR_OK)
        status = weir__stream_make(rows->env, &held_ops, rows, out, err);
    if (status)
        held_free(rows);
    return status;
}

static int read_text(const struct weir_env *env, enum weir_file_format format,
                     const struct weir_source *source, const struct weir_text_read_options *text,
                     struct ArrowArrayStream *out, struct weir_error *err)
{
    return format == WEIR_FORMAT_CSV ? weir_csv_read(env, source, text, out, err)
                                     : weir_ndjson_read(env, source, text, out, err);
}

static int input_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct held_rows *rows = ctx;
    const struct weir_input *input = rows->input;
    uint64_t left = input->size_bytes - rows->input_at;
    size_t n = left < cap ? (size_t)left : cap;
    if (n > 0 && input->bytes) {
        memcpy(buf, (const uint8_t *)input->bytes + rows->input_at, n);
    } else if (n > 0) {
        TRY(input->read_at(input->ctx, rows->input_at, buf, n, err));
    }
    rows->input_at += n;
    *out_got = n;
    return WEIR_OK;
}

static int read_text_input(const struct weir_env *env, enum weir_file_format format,
                           const struct weir_input *input,
                           const struct weir_text_read_options *text, struct ArrowArrayStream *out,
                           struct weir_error *err)
{
    struct weir_text_read_options options = text ? *text : (struct weir_text_read_options){0};
    if (!options.name)
        options.name = input->name;
    struct held_rows *rows = weir__alloc_zero(env, 1, sizeof *rows, err);
    if (!rows)
        return WEIR_NO_MEMORY;
    rows->env = env;
    rows->input = input;
    rows->source = (struct weir_source){input_read, NULL, rows};
    int status = read_text(env, format, &rows->source, &options, &rows->inner, err);
    return held_finish(rows, status, out, err);
}

/* Batches are as long as those of text, not as long as row groups, which may be large. */
static int read_parquet(const struct weir_env *env, const struct weir_input *input,
                        const struct weir_text_read_options *text, struct ArrowArrayStream *out,
                        struct weir_error *err)
{
    struct weir_parquet_scan_options scan = {.batch_rows = PARQUET_BATCH_ROWS};
    if (text && text->batch_rows > 0)
        scan.batch_rows = text->batch_rows;
    struct held_rows *rows = weir__alloc_zero(env, 1, sizeof *rows, err);
    if (!rows)
        return WEIR_NO_MEMORY;
    rows->env = env;
    int status = weir_parquet_reader_open(env, input, NULL, &rows->parquet, err);
    if (status == WEIR_OK)
        status = weir_parquet_reader_scan(rows->parquet, &scan, &rows->inner, err);
    return held_finish(rows, status, out, err);
}

static int pipe_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct held_rows *rows = ctx;
    size_t n = rows->n_head - rows->head_at;
    if (n == 0)
        return rows->pipe->read(rows->pipe->ctx, buf, cap, out_got, err);
    if (n > cap)
        n = cap;
    memcpy(buf, rows->head + rows->head_at, n);
    rows->head_at += n;
    *out_got = n;
    return WEIR_OK;
}

/* The stream form; an Arrow file, which its magic tells, keeps its index at the end. */
static int held_open_arrow(struct held_rows *rows, const char *name, struct weir_error *err)
{
    size_t got = 1;
    while (rows->n_head < sizeof rows->head && got > 0) {
        TRY(rows->pipe->read(rows->pipe->ctx, rows->head + rows->n_head,
                             sizeof rows->head - rows->n_head, &got, err));
        rows->n_head += got;
    }
    if (rows->n_head >= 6 && memcmp(rows->head, "ARROW1", 6) == 0) {
        return weir__fail(err, WEIR_UNSUPPORTED, "%s: an Arrow file cannot be read from a pipe",
                          name);
    }
    return weir_ipc_read_stream(rows->env, &rows->source, name, &rows->inner, err);
}

static int read_arrow_pipe(const struct weir_env *env, const struct weir_source *source,
                           const struct weir_text_read_options *text, struct ArrowArrayStream *out,
                           struct weir_error *err)
{
    struct held_rows *rows = weir__alloc_zero(env, 1, sizeof *rows, err);
    if (!rows)
        return WEIR_NO_MEMORY;
    rows->env = env;
    rows->pipe = source;
    rows->source = (struct weir_source){pipe_read, NULL, rows};
    int status = held_open_arrow(rows, text && text->name ? text->name : "input", err);
    return held_finish(rows, status, out, err);
}

static int fail_unknown(enum weir_file_format format, struct weir_error *err)
{
    return weir__fail(err, WEIR_UNSUPPORTED, "unknown file format %d", (int)format);
}

int weir_rows_read(const struct weir_env *env, enum weir_file_format format,
                   const struct weir_input *input, const struct weir_text_read_options *text,
                   struct ArrowArrayStream *out, struct weir_error *err)
{
    switch (format) {
    case WEIR_FORMAT_NDJSON:
    case WEIR_FORMAT_CSV:
        return read_text_input(env, format, input, text, out, err);
    case WEIR_FORMAT_PARQUET:
        return read_parquet(env, input, text, out, err);
    case WEIR_FORMAT_ARROW:
    case WEIR_FORMAT_ARROW_STREAM:
        return weir_ipc_read_file(env, input, out, err);
    default:
        return fail_unknown(format, err);
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
    case WEIR_FORMAT_ARROW:
    case WEIR_FORMAT_ARROW_STREAM:
        return read_arrow_pipe(env, source, text, out, err);
    case WEIR_FORMAT_PARQUET:
        return weir__fail(err, WEIR_UNSUPPORTED, "%s: Parquet cannot be read from a pipe",
                          text && text->name ? text->name : "input");
    default:
        return fail_unknown(format, err);
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
    case WEIR_FORMAT_ARROW:
    case WEIR_FORMAT_ARROW_STREAM:
        return weir__ipc_writer_new(
            writer->env, schema, options ? options->compression : WEIR_COMPRESSION_DEFAULT,
            format == WEIR_FORMAT_ARROW, sink, &writer->ops, &writer->ctx, err);
    default:
        return fail_unknown(format, err);
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
