/* output.c: data to stdout or to a file. A file appears under its name only when whole: it is
 * written beside it and renamed, so a failed command leaves nothing half-visible. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#define OUTPUT_BUFFER_BYTES (256u << 10)

int cli_output_open(struct cli *cli, const char *path, struct cli_output *out,
                    struct weir_error *err)
{
    bool is_stdout = path == NULL || weir__str_is(weir__str_of(path), "-");
    *out = (struct cli_output){
        .env = cli->env,
        .buffer = weir__buf_make(cli->env, OUTPUT_BUFFER_BYTES),
        .path = is_stdout ? NULL : path,
        .file = {.env = cli->env,
                 .fd = is_stdout ? 1 : -1,
                 .name = is_stdout ? "standard output" : path},
    };
    if (is_stdout)
        return WEIR_OK;
    AUTO(buf) struct weir__buf name = weir__buf_make(cli->env, 8192);
    TRY(weir__buf_printf(&name, err, "%s.weir-tmp", path));
    out->staging_path = weir__strndup(cli->env, (const char *)name.data, name.len, err);
    if (!out->staging_path)
        return WEIR_NO_MEMORY;
    int status = weir__file_open(cli->env, AT_FDCWD, out->staging_path,
                                 O_WRONLY | O_CREAT | O_TRUNC, 0666, &out->file, err);
    out->file.name = path;
    return status;
}

static int output_flush(struct cli_output *output, struct weir_error *err)
{
    size_t n = output->buffer.len;
    weir__buf_clear(&output->buffer);
    return n ? weir__file_write(&output->file, output->buffer.data, n, err) : WEIR_OK;
}

static int output_write(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    struct cli_output *output = ctx;
    if (output->buffer.len + n > OUTPUT_BUFFER_BYTES)
        TRY(output_flush(output, err));
    if (n > OUTPUT_BUFFER_BYTES)
        return weir__file_write(&output->file, data, n, err);
    return weir__buf_append(&output->buffer, data, n, err);
}

struct weir_sink cli_output_sink(struct cli_output *output)
{
    return (struct weir_sink){output_write, output};
}

int cli_output_text(struct cli_output *output, struct weir_error *err, const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ASSERT(n >= 0);
    size_t len = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    return output_write(output, line, len, err);
}

int cli_output_commit(struct cli_output *output, struct weir_error *err)
{
    TRY(output_flush(output, err));
    if (!output->path)
        return WEIR_OK;
    TRY(weir__file_sync(&output->file, err));
    TRY(weir__file_close(&output->file, err));
    int status = output->env->file->rename(output->env->file_ctx, AT_FDCWD, output->staging_path,
                                           AT_FDCWD, output->path, 0);
    if (status < 0)
        return weir__fail_errno(err, -status, "%s: cannot rename the finished file", output->path);
    weir__free(output->env, output->staging_path);
    output->staging_path = NULL;
    return WEIR_OK;
}

void cli_output_dispose(struct cli_output *output)
{
    if (!output->env)
        return;
    weir__buf_dispose(&output->buffer);
    if (output->path && output->file.fd >= 0)
        weir__file_freep(&output->file);
    if (output->staging_path) {
        /* Best effort: what could not be removed is named .weir-tmp and never taken for a result.
         */
        (void)output->env->file->unlink(output->env->file_ctx, AT_FDCWD, output->staging_path, 0);
        weir__free(output->env, output->staging_path);
    }
    output->staging_path = NULL;
}

void weir__cli_output_freep(struct cli_output *output)
{
    cli_output_dispose(output);
}
