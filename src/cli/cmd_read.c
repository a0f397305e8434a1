/* cmd_read.c: `weir read ADDRESS`: the committed rows of a table. */
#include "cli/cli.h"
#include "cli/lists.h"

struct read_options {
    struct weir__texts patterns;
    const char *columns, *format, *output, *compression;
    bool history, hive_columns;
    int64_t batch_rows;
};

static const struct weir__param read_params[] = {
    {.name = "pattern",
     .type = WEIR__PARAM_TEXTS,
     .offset = offsetof(struct read_options, patterns),
     .value = "P",
     .help = "partitions to read: part=value, part=begin*, part=from..to, *; repeatable"},
    {.name = "columns",
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct read_options, columns),
     .value = "c,...",
     .help = "only these columns, in this order"},
    {.name = "history",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct read_options, history),
     .help = "all versions instead of the latest of each entity"},
    {.name = "hive-columns",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct read_options, hive_columns),
     .help = "fill columns that files lack from the partition's name"},
    {.name = "format",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct read_options, format),
     .choices = "ndjson|csv|parquet|arrow|arrow-stream",
     .value = "FORMAT",
     .help = "of the output; default: by the name of -o, else ndjson"},
    {.name = "output",
     .letter = 'o',
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct read_options, output),
     .value = "FILE",
     .help = "write here; appears only when complete"},
    {.name = "compression",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct read_options, compression),
     .choices = "zstd|snappy|gzip|lz4|uncompressed",
     .value = "CODEC",
     .help = "of Parquet output (default zstd)"},
    {.name = "batch-rows",
     .type = WEIR__PARAM_INT,
     .offset = offsetof(struct read_options, batch_rows),
     .min = 1,
     .max = 10000000,
     .def = "65536",
     .value = "N",
     .help = "rows handled at once"},
};

static const struct weir__params read_command = {
    .usage = "weir read [options] ADDRESS",
    .summary = "the committed rows of a table",
    .details = "Partitions come in order of their names. Ranges compare text, so write "
               "2026-03-01..2026-04-01 "
               "and pad numbers with zeros.",
    .items = read_params,
    .n_items = COUNT_OF(read_params),
};

static int read_into(struct cli *cli, const struct read_options *options,
                     struct ArrowArrayStream *rows, struct weir_error *err)
{
    enum weir_file_format format = WEIR_FORMAT_UNKNOWN;
    if (options->format)
        TRY(weir_file_format_from_name(options->format, &format, err));
    else if (options->output)
        format = weir_file_format_from_path(options->output);
    if (format == WEIR_FORMAT_UNKNOWN)
        format = WEIR_FORMAT_NDJSON;
    struct weir_rows_write_options write = {0};
    if (options->compression)
        TRY(weir_compression_from_name(options->compression, &write.compression, err));
    else if (format == WEIR_FORMAT_PARQUET)
        write.compression = WEIR_COMPRESSION_ZSTD;
    AUTO(schema) struct ArrowSchema schema = {0};
    TRY(weir__stream_schema(rows, &schema, err));
    AUTO(cli_output) struct cli_output output = {0};
    TRY(cli_output_open(cli, options->output, &output, err));
    struct weir_sink sink = cli_output_sink(&output);
    struct weir_rows_writer *writer = NULL;
    TRY(weir_rows_writer_new(cli->env, format, &schema, &write, &sink, &writer, err));
    int status = cli_rows_copy(cli, "read", NULL, rows, writer, err);
    if (status == WEIR_OK)
        status = weir_rows_writer_finish(writer, err);
    weir_rows_writer_free(writer);
    TRY(status);
    return cli_output_commit(&output, err);
}

/* *out_is_argument: the failure came from what was asked for, before any row was read. */
static int read_table(struct cli *cli, const struct read_options *options, const char *address,
                      bool *out_is_argument, struct weir_error *err)
{
    AUTO(cli_table) struct cli_table table = {0};
    AUTO(cli_list) struct cli_list columns = {0};
    *out_is_argument = true;
    if (options->columns)
        TRY(cli_list_split(cli, "", 0, options->columns, &columns, err));
    TRY(cli_table_open(cli, address, &table, err));
    struct weir_reader *reader = NULL;
    TRY(weir_reader_new(table.table, NULL, cli->cancel, &reader, err));
    struct weir_read_options read = {
        .history = options->history,
        .columns = columns.items,
        .n_columns = columns.n,
        .hive_columns = options->hive_columns,
        .max_batch_rows = options->batch_rows,
    };
    AUTO(stream) struct ArrowArrayStream rows = {0};
    int status = weir_read(reader, options->patterns.n ? options->patterns.items : NULL,
                           options->patterns.n, &read, cli->cancel, &rows, err);
    weir_reader_free(reader);
    TRY(status);
    *out_is_argument = false;
    return read_into(cli, options, &rows, err);
}

static int read_run(struct cli *cli, const char *const *argv)
{
    struct read_options options = {0};
    struct weir__texts operands = {0};
    int code;
    if (!cli_parse(cli, &read_command, argv, &options, &operands, &code))
        return code;
    if (operands.n != 1)
        return cli_usage("read: give one ADDRESS, not %zu", operands.n);
    struct weir_error err = WEIR_ERROR_INIT;
    bool is_argument = false;
    if (read_table(cli, &options, operands.items[0], &is_argument, &err))
        return is_argument ? cli_fail_argument(&err) : cli_fail(&err);
    return CLI_OK;
}

const struct cli_command cli_read = {"read", &read_command, read_run};
