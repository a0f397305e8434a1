/* input.c: a file or standard input as a stream of record batches, counting bytes for the progress
 * bar. */
#include "cli/cli.h"

#include <fcntl.h>
#include <sys/stat.h>

static int counted_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct cli_input *in = ctx;
    TRY(in->source.read(in->source.ctx, buf, cap, out_got, err));
    in->n_read_bytes += (int64_t)*out_got;
    return WEIR_OK;
}

static int input_format(const char *path, const char *name, bool is_pipe,
                        enum weir_file_format *out, struct weir_error *err)
{
    if (name)
        return weir_file_format_from_name(name, out, err);
    *out = weir_file_format_from_path(path);
    if (*out != WEIR_FORMAT_UNKNOWN)
        return WEIR_OK;
    if (!is_pipe)
        return weir__fail(err, WEIR_INVALID,
                          "%s: cannot tell the format from the name; give --format", path);
    *out = WEIR_FORMAT_NDJSON;
    return WEIR_OK;
}

int cli_input_open(struct cli *cli, const char *path, const char *format_name,
                   const struct weir_text_read_options *text, struct cli_input *out,
                   struct weir_error *err)
{
    bool is_stdin = weir__str_is(weir__str_of(path), "-");
    *out = (struct cli_input){.file = WEIR__FILE_NONE, .size_bytes = -1};
    enum weir_file_format format;
    TRY(input_format(path, format_name, is_stdin, &format, err));
    if (is_stdin)
        out->file = (struct weir__file){.env = cli->env, .fd = 0, .name = "standard input"};
    else
        TRY(weir__file_open(cli->env, AT_FDCWD, path, O_RDONLY, 0, &out->file, err));
    struct weir_file_stat stat;
    TRY(weir__file_stat(&out->file, &stat, err));
    if (S_ISDIR(stat.mode))
        return weir__fail(err, WEIR_INVALID, "%s: is a directory", path);
    struct weir_text_read_options with_name = text ? *text : (struct weir_text_read_options){0};
    with_name.name = is_stdin ? "standard input" : path;
    bool is_seekable = S_ISREG(stat.mode);
    if (is_seekable)
        out->size_bytes = stat.size_bytes;
    if (is_seekable && (format == WEIR_FORMAT_PARQUET || format == WEIR_FORMAT_ARROW)) {
        TRY(weir__file_input(&out->file, &out->input, err));
        return weir_rows_read(cli->env, format, &out->input, &with_name, &out->rows, err);
    }
    out->source = weir__file_source(&out->file);
    out->counted = (struct weir_source){counted_read, NULL, out};
    return weir_rows_read_source(cli->env, format, &out->counted, &with_name, &out->rows, err);
}

void weir__cli_input_freep(struct cli_input *input)
{
    weir__stream_freep(&input->rows);
    if (input->file.fd > 2)
        weir__file_freep(&input->file);
}

int cli_rows_copy(struct cli *cli, const char *verb, const struct cli_input *in,
                  struct ArrowArrayStream *rows, struct weir_rows_writer *writer,
                  struct weir_error *err)
{
    struct cli_progress progress;
    cli_progress_start(cli, verb, in ? in->size_bytes : -1, &progress);
    int64_t n_rows = 0;
    for (;;) {
        AUTO(array) struct ArrowArray batch = {0};
        int status = weir_cancel_check(cli->cancel, err);
        if (status == WEIR_OK)
            status = weir__stream_next(rows, &batch, err);
        if (status == WEIR_OK && batch.release)
            status = weir_rows_writer_write(writer, &batch, err);
        if (status != WEIR_OK || !batch.release) {
            cli_progress_end(&progress);
            return status;
        }
        n_rows += batch.length;
        cli_progress_show(&progress, in ? in->n_read_bytes : 0, n_rows);
    }
}
