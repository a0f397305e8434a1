/* cmd_write.c: `weir write ADDRESS FILE...`: append rows, in batches, each an own commit.
 *
 * The hard idea: where input is cut into batches depends only on its bytes and the options, never
 * on timing, so that a repeat with the same --token meets the same batches and finds the ones that
 * were committed. */
#include "cli/cli.h"
#include "cli/lists.h"

#include <stdio.h>

#define WRITE_MAX_CHUNKS 4096
#define WRITE_CHUNK_ROWS 65536
#define WRITE_CHUNK_BYTES (8 << 20)

struct write_options {
    const char *format, *token, *key, *compression;
    struct weir__texts rules;
    bool optimistic, json, no_header, ignore_unknown, empty_as_null;
    int64_t batch_rows;
    uint64_t batch_bytes;
};

static const struct weir__param write_params[] = {
    {.name = "format",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct write_options, format),
     .choices = "ndjson|csv|parquet|arrow|arrow-stream",
     .value = "FORMAT",
     .help = "of the input; default: by the file's name, ndjson for -"},
    {.name = "token",
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct write_options, token),
     .value = "T",
     .help = "names this input: repeating it with the same token adds nothing. Batch n has T.n"},
    {.name = "key",
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct write_options, key),
     .value = "a=x/b=y",
     .help = "write all rows to this partition instead of by their columns"},
    {.name = "optimistic",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct write_options, optimistic),
     .help = "do not look for an earlier commit first; the commit itself is conditional"},
    {.name = "compression",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct write_options, compression),
     .choices = "zstd|snappy|gzip|lz4|uncompressed",
     .value = "CODEC",
     .help = "of the data files; default: the table's, else zstd"},
    {.name = "partition-rule",
     .type = WEIR__PARAM_TEXTS,
     .offset = offsetof(struct write_options, rules),
     .value = "PART=COLUMN[:FORMAT]",
     .help =
         "where a part's value comes from; FORMAT (date, month, hour, or strftime) for timestamps"},
    {.name = "batch-rows",
     .type = WEIR__PARAM_INT,
     .offset = offsetof(struct write_options, batch_rows),
     .min = 1,
     .max = 100000000,
     .def = "1000000",
     .value = "N",
     .help = "rows in one commit at most"},
    {.name = "batch-bytes",
     .type = WEIR__PARAM_SIZE,
     .offset = offsetof(struct write_options, batch_bytes),
     .min = 1,
     .max = INT64_MAX,
     .def = "96MiB",
     .value = "SIZE",
     .help = "bytes in memory after which a batch is committed early"},
    {.name = "ignore-unknown",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct write_options, ignore_unknown),
     .help = "drop NDJSON members that the first rows did not have, instead of failing"},
    {.name = "empty-as-null",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct write_options, empty_as_null),
     .help = "an empty partition value counts as null"},
    {.name = "no-header",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct write_options, no_header),
     .help = "CSV without a line of column names"},
    {.name = "json",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct write_options, json),
     .help = "one JSON object for each partition written"},
};

static const struct weir__params write_command = {
    .usage = "weir write [options] ADDRESS FILE...|-",
    .summary = "append rows to a table",
    .details = "Prints one result for each partition of each batch. A batch is visible as a whole, "
               "partition by "
               "partition; after a failure repeat the command with the same --token.",
    .items = write_params,
    .n_items = COUNT_OF(write_params),
};

/* One run of the command. Owned by write_run's stack. */
struct write_job {
    struct cli *cli;
    const struct write_options *options;
    struct weir_writer *writer;
    struct cli_output *output;
    struct cli_progress progress;
    int64_t n_batches, n_rows, n_committed, n_existing, n_failed;
    /* the batch being gathered */
    struct ArrowSchema schema;
    struct ArrowArray chunks[WRITE_MAX_CHUNKS];
    size_t n_chunks;
    int64_t pending_rows, pending_bytes;
};

static void chunks_release(struct write_job *job)
{
    for (size_t i = 0; i < job->n_chunks; i++)
        weir__array_freep(&job->chunks[i]);
    job->n_chunks = 0;
    job->pending_rows = 0;
    job->pending_bytes = 0;
}

static int result_json(struct write_job *job, const struct weir_write_result *result,
                       struct weir__buf *line, struct weir_error *err)
{
    TRY(weir__buf_append_text(line, "{\"partition\":", err));
    TRY(weir__json_quote(line, weir__str_of(result->partition), err));
    TRY(weir__buf_printf(line, err, ",\"state\":\"%s\",\"rows\":%jd,\"token\":",
                         weir_write_state_name(result->state), (intmax_t)result->row_count));
    TRY(weir__json_quote(line, weir__str_of(result->token), err));
    TRY(weir__buf_append_text(line, ",\"data_key\":", err));
    TRY(weir__json_quote(line, weir__str_of(result->data_key), err));
    TRY(weir__buf_append_text(line, ",\"offset\":", err));
    TRY(weir__json_quote(line, weir__str_of(result->offset), err));
    TRY(weir__buf_printf(line, err, ",\"inserted_at_us\":%jd,\"batch\":%jd,\"status\":\"%s\"}\n",
                         (intmax_t)result->inserted_at_us, (intmax_t)job->n_batches,
                         weir_status_name(result->code)));
    return WEIR_OK;
}

static int results_print(struct write_job *job, const struct weir_write_results *results,
                         struct weir_error *err)
{
    AUTO(buf) struct weir__buf line = weir__buf_make(job->cli->env, 1u << 20);
    struct weir_sink sink = cli_output_sink(job->output);
    for (size_t i = 0; i < results->n; i++) {
        const struct weir_write_result *result = &results->items[i];
        bool is_in = result->state == WEIR_WRITE_COMMITTED ||
                     result->state == WEIR_WRITE_COMMITTED_LATE ||
                     result->state == WEIR_WRITE_EXISTING;
        job->n_existing += result->state == WEIR_WRITE_EXISTING;
        job->n_committed += is_in;
        job->n_failed += !is_in;
        weir__buf_clear(&line);
        if (job->options->json)
            TRY(result_json(job, result, &line, err));
        else
            TRY(weir__buf_printf(&line, err, "%-14s %10jd rows  %s\n",
                                 weir_write_state_name(result->state), (intmax_t)result->row_count,
                                 result->partition));
        TRY(sink.write(sink.ctx, line.data, line.len, err));
    }
    return WEIR_OK;
}

/* Batch 1 has the token itself, batch n "T.n". */
static int batch_token(struct write_job *job, struct weir__buf *out, const char **token,
                       struct weir_error *err)
{
    *token = job->options->token;
    if (!job->options->token || job->n_batches == 1)
        return WEIR_OK;
    TRY(weir__buf_printf(out, err, "%s.%jd", job->options->token, (intmax_t)job->n_batches));
    return weir__buf_text(out, token, err);
}

static int batch_commit(struct write_job *job, struct weir_error *err)
{
    if (job->pending_rows == 0) {
        chunks_release(job);
        return WEIR_OK;
    }
    job->n_batches++;
    AUTO(buf) struct weir__buf text = weir__buf_make(job->cli->env, 1024);
    struct weir_write_options write = {
        .key = job->options->key,
        .commit_mode = job->options->optimistic ? WEIR_COMMIT_OPTIMISTIC : WEIR_COMMIT_HEAD_FIRST,
        .restamp_if_late = true,
    };
    TRY(batch_token(job, &text, &write.token, err));
    struct weir_write_results results = {0};
    int status = weir_write(job->writer, &job->schema, job->chunks, job->n_chunks, &write,
                            job->cli->cancel, &results, err);
    chunks_release(job);
    struct weir_error print_err = WEIR_ERROR_INIT;
    int printed = results_print(job, &results, &print_err);
    weir_write_results_dispose(&results);
    if (status == WEIR_OK && printed != WEIR_OK && err)
        *err = print_err;
    return status ? status : printed;
}

/* Take rows [from, from + n) of a chunk into the pending batch. */
static int chunk_add(struct write_job *job, struct ArrowArray *chunk, int64_t from, int64_t n,
                     struct weir_error *err)
{
    struct ArrowArray *slot = &job->chunks[job->n_chunks];
    if (from == 0 && n == chunk->length)
        weir__array_move(chunk, slot);
    else
        TRY(weir__slice(job->cli->env, &job->schema, chunk, from, n, slot, err));
    job->n_chunks++;
    job->pending_rows += n;
    job->pending_bytes += weir__array_bytes(&job->schema, slot);
    return WEIR_OK;
}

static int chunk_take(struct write_job *job, struct ArrowArray *chunk, struct weir_error *err)
{
    int64_t length = chunk->length;
    for (int64_t at = 0; at < length;) {
        int64_t room = job->options->batch_rows - job->pending_rows;
        int64_t n = length - at < room ? length - at : room;
        TRY(chunk_add(job, chunk, at, n, err));
        at += n;
        job->n_rows += n;
        if (job->pending_rows >= job->options->batch_rows ||
            job->pending_bytes >= (int64_t)job->options->batch_bytes ||
            job->n_chunks == WRITE_MAX_CHUNKS)
            TRY(batch_commit(job, err));
    }
    return WEIR_OK;
}

static int write_stream(struct write_job *job, struct cli_input *in, struct weir_error *err)
{
    TRY(weir__stream_schema(&in->rows, &job->schema, err));
    for (;;) {
        AUTO(array) struct ArrowArray chunk = {0};
        TRY(weir_cancel_check(job->cli->cancel, err));
        TRY(weir__stream_next(&in->rows, &chunk, err));
        if (!chunk.release)
            return batch_commit(job, err);
        TRY(chunk_take(job, &chunk, err));
        cli_progress_show(&job->progress, in->n_read_bytes, job->n_rows);
    }
}

static int write_file(struct write_job *job, const char *path, struct weir_error *err)
{
    int64_t rows = job->options->batch_rows;
    struct weir_text_read_options text = {
        .batch_rows = rows < WRITE_CHUNK_ROWS ? rows : WRITE_CHUNK_ROWS,
        .batch_bytes = WRITE_CHUNK_BYTES,
        .ignore_unknown = job->options->ignore_unknown,
        .no_header = job->options->no_header,
    };
    AUTO(cli_input) struct cli_input in = {.file = WEIR__FILE_NONE};
    TRY(cli_input_open(job->cli, path, job->options->format, &text, &in, err));
    cli_progress_start(job->cli, "write", in.size_bytes, &job->progress);
    int status = write_stream(job, &in, err);
    cli_progress_end(&job->progress);
    chunks_release(job);
    weir__schema_freep(&job->schema);
    return status;
}

/* PART=COLUMN[:FORMAT] */
static int rule_parse(struct cli *cli, const char *text, struct cli_list *fields,
                      struct weir_partition_rule *out, struct weir_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || equals[1] == '\0' || equals[1] == ':')
        return weir__fail(err, WEIR_INVALID, "--partition-rule '%s': give PART=COLUMN[:FORMAT]",
                          text);
    const char *colon = strchr(equals, ':');
    AUTO(buf) struct weir__buf column = weir__buf_make(cli->env, 1u << 16);
    size_t column_len = colon ? (size_t)(colon - equals - 1) : strlen(equals + 1);
    TRY(weir__buf_append(&column, equals + 1, column_len, err));
    const char *name;
    TRY(weir__buf_text(&column, &name, err));
    TRY(cli_list_split(cli, text, (size_t)(equals - text), name, fields, err));
    *out = (struct weir_partition_rule){
        .part = fields->label, .column = fields->items[0], .format = colon ? colon + 1 : NULL};
    return WEIR_OK;
}

#define WRITE_MAX_RULES 32

static int writer_make(struct write_job *job, struct weir_table *table, struct weir_error *err)
{
    const struct write_options *options = job->options;
    struct weir_table_description description;
    TRY(weir_table_describe(table, job->cli->cancel, &description, err));
    if (options->token)
        TRY(weir_token_check(options->token, err));
    if (options->key)
        TRY(weir_partition_key_check(description.partition_by, description.n_partition_by,
                                     options->key, err));
    struct weir_writer_options make = {
        .compression = description.compression ? description.compression : WEIR_COMPRESSION_ZSTD,
        .empty_as_null = options->empty_as_null,
    };
    if (options->compression)
        TRY(weir_compression_from_name(options->compression, &make.compression, err));
    struct cli_list fields[WRITE_MAX_RULES] = {{0}};
    struct weir_partition_rule rules[WRITE_MAX_RULES];
    int status = WEIR_OK;
    if (options->rules.n > WRITE_MAX_RULES)
        status = weir__fail(err, WEIR_INVALID, "at most %d partition rules", WRITE_MAX_RULES);
    for (size_t i = 0; i < options->rules.n && status == WEIR_OK; i++)
        status = rule_parse(job->cli, options->rules.items[i], &fields[i], &rules[i], err);
    if (options->rules.n) {
        make.partition_rules = rules;
        make.n_partition_rules = options->rules.n;
    }
    if (status == WEIR_OK)
        status = weir_writer_new(table, &make, job->cli->cancel, &job->writer, err);
    for (size_t i = 0; i < WRITE_MAX_RULES; i++)
        weir__cli_list_freep(&fields[i]);
    return status;
}

static void summary_print(const struct write_job *job)
{
    if (job->options->json)
        return;
    (void)fprintf(stderr, "%jd rows in %jd %s, %jd partition %s", (intmax_t)job->n_rows,
                  (intmax_t)job->n_batches, job->n_batches == 1 ? "batch" : "batches",
                  (intmax_t)job->n_committed, job->n_committed == 1 ? "write" : "writes");
    if (job->n_existing)
        (void)fprintf(stderr, " (%jd were there already)", (intmax_t)job->n_existing);
    (void)fprintf(stderr, "\n");
}

static int write_files(struct write_job *job, const struct weir__texts *operands,
                       struct weir_error *err)
{
    for (size_t i = 1; i < operands->n; i++)
        TRY(write_file(job, operands->items[i], err));
    return WEIR_OK;
}

static int write_table(struct write_job *job, const struct weir__texts *operands)
{
    struct weir_error err = WEIR_ERROR_INIT;
    AUTO(cli_table) struct cli_table table = {0};
    if (cli_table_open(job->cli, operands->items[0], &table, &err) ||
        writer_make(job, table.table, &err))
        return cli_fail_argument(&err);
    int status = write_files(job, operands, &err);
    weir_writer_free(job->writer);
    struct weir_error flush_err = WEIR_ERROR_INIT;
    if (cli_output_commit(job->output, &flush_err) && status == WEIR_OK)
        return cli_fail(&flush_err);
    if (status == WEIR_OK) {
        summary_print(job);
        return CLI_OK;
    }
    int code = cli_fail(&err);
    return job->n_committed > 0 ? CLI_PARTLY : code;
}

static int write_run(struct cli *cli, const char *const *argv)
{
    struct write_options options = {0};
    struct weir__texts operands = {0};
    int code;
    if (!cli_parse(cli, &write_command, argv, &options, &operands, &code))
        return code;
    if (operands.n < 2)
        return cli_usage("write: give an ADDRESS and at least one FILE (or - for standard input)");
    struct weir_error err = WEIR_ERROR_INIT;
    struct write_job *job = weir__alloc_zero(cli->env, 1, sizeof *job, &err);
    if (!job)
        return cli_fail(&err);
    AUTO(cli_output) struct cli_output output = {0};
    job->cli = cli;
    job->options = &options;
    job->output = &output;
    code = cli_output_open(cli, NULL, &output, &err) ? cli_fail(&err) : write_table(job, &operands);
    weir__free(cli->env, job);
    return code;
}

const struct cli_command cli_write = {"write", &write_command, write_run};
