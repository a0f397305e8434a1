/* bench_parquet.c: weir's side of `bench/run parquet`: times one operation a command, on rows held
 * in memory.
 *
 * usage: bench_parquet ROWS.arrow, then commands on stdin, one a line; each answers with seconds
 * and bytes: write CODEC PATH      rows in memory -> Parquet file read PATH             Parquet
 * file -> Arrow batches in memory, released after the clock stopped */
#include <weir/weir.h>

#include "base/base.h"
#include "columnar/columnar.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define BENCH_MAX_BATCHES 65536

struct rows {
    struct ArrowSchema schema;
    struct ArrowArray *batches;
    size_t n;
};

static void die(const struct weir_error *err)
{
    (void)fprintf(stderr, "bench_parquet: %s\n", err->message);
    exit(1);
}

static double now_seconds(void)
{
    const struct weir_env *env = weir_env_default();
    return (double)env->monotonic_us(env->clock_ctx) / 1e6;
}

static int rows_collect(struct ArrowArrayStream *stream, struct rows *out, struct weir_error *err)
{
    TRY(weir__stream_schema(stream, &out->schema, err));
    out->batches = calloc(BENCH_MAX_BATCHES, sizeof *out->batches);
    for (out->n = 0; out->n < BENCH_MAX_BATCHES; out->n++) {
        TRY(weir__stream_next(stream, &out->batches[out->n], err));
        if (!out->batches[out->n].release)
            return WEIR_OK;
    }
    return weir__fail(err, WEIR_INVALID, "more than %d batches", BENCH_MAX_BATCHES);
}

static void rows_release(struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        weir__array_freep(&rows->batches[i]);
    weir__schema_freep(&rows->schema);
    free(rows->batches);
    *rows = (struct rows){0};
}

static int write_file(const struct rows *rows, const char *codec, const char *path,
                      struct weir_error *err)
{
    const struct weir_env *env = weir_env_default();
    AUTO(file) struct weir__file file = WEIR__FILE_NONE;
    TRY(weir__file_open(env, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, &file, err));
    struct weir_parquet_write_options options = {0};
    TRY(weir_compression_from_name(codec, &options.compression, err));
    struct weir_sink sink = weir__file_sink(&file);
    struct weir_parquet_writer *writer = NULL;
    TRY(weir_parquet_writer_new(env, &rows->schema, &options, &sink, &writer, err));
    int status = WEIR_OK;
    for (size_t i = 0; i < rows->n && status == WEIR_OK; i++)
        status = weir_parquet_writer_write(writer, &rows->batches[i], err);
    if (status == WEIR_OK)
        status = weir_parquet_writer_finish(writer, NULL, err);
    weir_parquet_writer_free(writer);
    return status;
}

static int read_file(const char *path, struct rows *out, struct weir_error *err)
{
    const struct weir_env *env = weir_env_default();
    AUTO(file) struct weir__file file = WEIR__FILE_NONE;
    TRY(weir__file_open(env, AT_FDCWD, path, O_RDONLY, 0, &file, err));
    struct weir_input input;
    TRY(weir__file_input(&file, &input, err));
    struct weir_parquet_reader *reader = NULL;
    TRY(weir_parquet_reader_open(env, &input, NULL, &reader, err));
    AUTO(stream) struct ArrowArrayStream stream = {0};
    int status = weir_parquet_reader_scan(reader, NULL, &stream, err);
    if (status == WEIR_OK)
        status = rows_collect(&stream, out, err);
    weir__stream_freep(&stream);
    weir_parquet_reader_free(reader);
    return status;
}

static int load(const char *path, struct rows *out, struct weir_error *err)
{
    const struct weir_env *env = weir_env_default();
    AUTO(file) struct weir__file file = WEIR__FILE_NONE;
    TRY(weir__file_open(env, AT_FDCWD, path, O_RDONLY, 0, &file, err));
    struct weir_input input;
    TRY(weir__file_input(&file, &input, err));
    AUTO(stream) struct ArrowArrayStream stream = {0};
    TRY(weir_ipc_read_file(env, &input, &stream, err));
    return rows_collect(&stream, out, err);
}

static int run_command(const struct rows *rows, const char *verb, const char *first,
                       const char *second, struct weir_error *err)
{
    if (weir__str_is(weir__str_of(verb), "write")) {
        double began = now_seconds();
        TRY(write_file(rows, first, second, err));
        (void)printf("%.6f\n", now_seconds() - began);
        return WEIR_OK;
    }
    struct rows got = {0};
    double began = now_seconds();
    TRY(read_file(first, &got, err));
    double seconds = now_seconds() - began;
    int64_t n_rows = 0;
    for (size_t i = 0; i < got.n; i++)
        n_rows += got.batches[i].length;
    rows_release(&got);
    (void)printf("%.6f %jd\n", seconds, (intmax_t)n_rows);
    return WEIR_OK;
}

int main(int argc, char **argv)
{
    struct weir_error err = WEIR_ERROR_INIT;
    struct rows rows = {0};
    if (argc != 2) {
        (void)fprintf(stderr, "usage: bench_parquet ROWS.arrow <commands\n");
        return 2;
    }
    if (load(argv[1], &rows, &err))
        die(&err);
    (void)printf("ready\n");
    (void)fflush(stdout);
    char line[4096], verb[16], first[1024], second[1024];
    while (fgets(line, (int)sizeof line, stdin)) {
        int n = sscanf(line, "%15s %1023s %1023s", verb, first, second);
        if (n < 2)
            break;
        if (run_command(&rows, verb, first, second, &err))
            die(&err);
        (void)fflush(stdout);
    }
    rows_release(&rows);
    return 0;
}
