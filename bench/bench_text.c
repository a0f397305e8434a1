/* bench_text.c: how fast are CSV and NDJSON read and written on one core?
 *
 *     bench_text [ROWS] [ROUNDS]
 *
 * Rows of ten columns (integers, a country, a URL, a price, a position, a nullable quantity, a
 * flag, a time, a note that sometimes needs quotes) are made once from a fixed seed. Each figure is
 * the median and the best of the rounds, in MB of text a second; a round before them warms up. */
#include "format/format.h"

#include <stdio.h>
#include <stdlib.h>

struct memory {
    const uint8_t *data;
    size_t len, at;
};

static int memory_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    (void)err;
    struct memory *from = ctx;
    size_t n = from->len - from->at < cap ? from->len - from->at : cap;
    memcpy(buf, from->data + from->at, n);
    from->at += n;
    *out_got = n;
    return WEIR_OK;
}

static int buffer_write(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    return weir__buf_append(ctx, buf, n, err);
}

static void must(int status, const struct weir_error *err)
{
    if (status == WEIR_OK)
        return;
    fprintf(stderr, "bench_text: %s\n", err->message);
    exit(1);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void make_rows(int64_t n, struct weir__buf *out)
{
    static const char *const countries[] = {"US", "DE", "FR", "GB"};
    static const char *const notes[] = {"\"hello world\"", "\"a \\\"quoted\\\" note\"", "\"\"",
                                        "null"};
    static const char *const quantities[] = {"null", "1", "2", "3"};
    struct weir_error err = WEIR_ERROR_INIT;
    uint64_t seed = 1;
    for (int64_t i = 0; i < n; i++) {
        uint64_t r = next_random(&seed);
        uint64_t s = next_random(&seed);
        char at[40];
        size_t at_len =
            weir__rfc3339_format(1700000000 + i * 3, (int32_t)(r % 1000000) * 1000, 6, true, at);
        must(weir__buf_printf(out, &err,
                              "{\"id\":%d,\"user\":%d,\"country\":\"%s\",\"url\":\"https://"
                              "example.com/p/%d?q=%d\",\"price\":%d.%02d,\"lat\":%d.%09d,"
                              "\"qty\":%s,\"ok\":%s,\"at\":\"%.*s\",\"note\":%s}\n",
                              (int)i, (int)(r % 1000000), countries[s & 3], (int)(s % 1000000),
                              (int)i, (int)(s % 1000), (int)(r % 100), (int)(s % 90),
                              (int)(r % 1000000000), quantities[r >> 3 & 3],
                              r & 1 ? "true" : "false", (int)at_len, at, notes[s >> 4 & 3]),
             &err);
    }
}

/* One pass: read `text`, and write what was read when `out` is given. Returns seconds. */
static double pass(const struct weir__buf *text, enum weir_file_format from_format,
                   enum weir_file_format to_format, struct weir__buf *out)
{
    const struct weir_env *env = weir_env_default();
    struct weir_error err = WEIR_ERROR_INIT;
    struct memory memory = {text->data, text->len, 0};
    struct weir_source source = {memory_read, NULL, &memory};
    struct weir_sink sink = {buffer_write, out};
    AUTO(stream) struct ArrowArrayStream rows = {0};
    AUTO(schema) struct ArrowSchema schema = {0};
    struct weir_rows_writer *writer = NULL;
    int64_t read_us = 0, write_us = 0;
    int64_t begin = env->monotonic_us(env->clock_ctx);
    must(weir_rows_read_source(env, from_format, &source, NULL, &rows, &err), &err);
    must(weir__stream_schema(&rows, &schema, &err), &err);
    if (out)
        must(weir_rows_writer_new(env, to_format, &schema, NULL, &sink, &writer, &err), &err);
    for (bool has_more = true; has_more;) {
        AUTO(array) struct ArrowArray batch = {0};
        must(weir__stream_next(&rows, &batch, &err), &err);
        int64_t middle = env->monotonic_us(env->clock_ctx);
        read_us += middle - begin;
        has_more = batch.release != NULL;
        if (has_more && out)
            must(weir_rows_writer_write(writer, &batch, &err), &err);
        begin = env->monotonic_us(env->clock_ctx);
        write_us += begin - middle;
    }
    weir_rows_writer_free(writer);
    return (double)(out ? write_us : read_us) / 1e6;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void report(const char *what, double mb, double *seconds, int n)
{
    qsort(seconds, (size_t)n, sizeof *seconds, compare_doubles);
    printf("%-14s %7.0f MB/s median, %7.0f best\n", what, mb / seconds[n / 2], mb / seconds[0]);
}

int main(int argc, char **argv)
{
    static const enum weir_file_format formats[] = {WEIR_FORMAT_NDJSON, WEIR_FORMAT_CSV};
    static const char *const names[][2] = {{"read ndjson", "write ndjson"},
                                           {"read csv", "write csv"}};
    int64_t n_rows = argc > 1 ? strtoll(argv[1], NULL, 10) : 500000;
    int n_rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 7;
    const struct weir_env *env = weir_env_default();
    double seconds[64];
    if (n_rows < 1 || n_rounds < 1 || n_rounds > 64)
        return 2;
    struct weir__buf ndjson = weir__buf_make(env, SIZE_MAX / 2);
    struct weir__buf out = weir__buf_make(env, SIZE_MAX / 2);
    make_rows(n_rows, &ndjson);
    for (size_t k = 0; k < COUNT_OF(formats); k++) {
        weir__buf_clear(&out);
        (void)pass(&ndjson, WEIR_FORMAT_NDJSON, formats[k], &out); /* warms up, and sizes `out` */
        double mb = (double)out.len / 1e6;
        for (int i = 0; i < n_rounds; i++) {
            weir__buf_clear(&out);
            seconds[i] = pass(&ndjson, WEIR_FORMAT_NDJSON, formats[k], &out);
        }
        report(names[k][1], mb, seconds, n_rounds);
        for (int i = 0; i < n_rounds; i++)
            seconds[i] = pass(&out, formats[k], formats[k], NULL);
        report(names[k][0], mb, seconds, n_rounds);
    }
    weir__buf_dispose(&out);
    weir__buf_dispose(&ndjson);
    return 0;
}
