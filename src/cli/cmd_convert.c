/* cmd_convert.c: `weir convert IN OUT`: rows of one file into another format. */
#include "cli/cli.h"

struct convert_options {
    const char *from, *to, *compression;
    bool no_header;
    int64_t row_group_rows, threads;
    bool compat_v1, data_page_v2;
};

static const struct weir__param convert_params[] = {
    {.name = "from",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct convert_options, from),
     .choices = "ndjson|csv|parquet|arrow|arrow-stream",
     .value = "FORMAT",
     .help = "format of IN; default: by its name"},
    {.name = "to",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct convert_options, to),
     .choices = "ndjson|csv|parquet|arrow|arrow-stream",
     .value = "FORMAT",
     .help = "format of OUT; default: by its name"},
    {.name = "compression",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct convert_options, compression),
     .choices = "zstd|snappy|gzip|lz4|uncompressed",
     .value = "CODEC",
     .help = "of Parquet pages (default zstd) or Arrow bodies (default uncompressed)"},
    {.name = "row-group-rows",
     .type = WEIR__PARAM_INT,
     .offset = offsetof(struct convert_options, row_group_rows),
     .min = 1,
     .max = INT32_MAX,
     .def = "1048576",
     .value = "N",
     .help = "Parquet rows in a row group at most"},
    {.name = "threads",
     .type = WEIR__PARAM_INT,
     .offset = offsetof(struct convert_options, threads),
     .min = 1,
     .max = 64,
     .def = "1",
     .value = "N",
     .help = "Parquet columns encoded at once; the bytes are the same for any number"},
    {.name = "compat-v1",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct convert_options, compat_v1),
     .help = "Parquet for old readers: plain and dictionary encodings only"},
    {.name = "data-page-v2",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct convert_options, data_page_v2),
     .help = "Parquet data pages of version 2"},
    {.name = "no-header",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct convert_options, no_header),
     .help = "CSV without a line of column names, read and written"},
};

static const struct weir__params convert_command = {
    .usage = "weir convert [options] IN OUT",
    .summary = "rows of one file into another format",
    .details = "IN and OUT may be - for standard input and output.",
    .items = convert_params,
    .n_items = COUNT_OF(convert_params),
};

static int convert_into(struct cli *cli, const struct convert_options *options, const char *to_path,
                        struct cli_input *in, struct weir_error *err)
{
    enum weir_file_format format = WEIR_FORMAT_UNKNOWN;
    if (options->to)
        TRY(weir_file_format_from_name(options->to, &format, err));
    else
        format = weir_file_format_from_path(to_path);
    if (format == WEIR_FORMAT_UNKNOWN)
        return weir__fail(err, WEIR_INVALID, "%s: cannot tell the format from the name; give --to",
                          to_path);
    struct weir_parquet_write_options parquet = {
        .row_group_rows = options->row_group_rows,
        .threads = (int32_t)options->threads,
        .compat_v1 = options->compat_v1,
        .data_page_v2 = options->data_page_v2,
        .compression = WEIR_COMPRESSION_ZSTD,
    };
    struct weir_rows_write_options write = {.no_header = options->no_header, .parquet = &parquet};
    if (options->compression) {
        TRY(weir_compression_from_name(options->compression, &write.compression, err));
        parquet.compression = write.compression;
    }
    AUTO(schema) struct ArrowSchema schema = {0};
    TRY(weir__stream_schema(&in->rows, &schema, err));
    AUTO(cli_output) struct cli_output output = {0};
    TRY(cli_output_open(cli, to_path, &output, err));
    struct weir_sink sink = cli_output_sink(&output);
    struct weir_rows_writer *writer = NULL;
    TRY(weir_rows_writer_new(cli->env, format, &schema, &write, &sink, &writer, err));
    int status = cli_rows_copy(cli, "convert", in, &in->rows, writer, err);
    if (status == WEIR_OK)
        status = weir_rows_writer_finish(writer, err);
    weir_rows_writer_free(writer);
    TRY(status);
    return cli_output_commit(&output, err);
}

static int convert_run(struct cli *cli, const char *const *argv)
{
    struct convert_options options = {0};
    struct weir__texts operands = {0};
    int code;
    if (!cli_parse(cli, &convert_command, argv, &options, &operands, &code))
        return code;
    if (operands.n != 2)
        return cli_usage("convert: give IN and OUT, not %zu operands", operands.n);
    struct weir_error err = WEIR_ERROR_INIT;
    struct weir_text_read_options text = {.no_header = options.no_header};
    AUTO(cli_input) struct cli_input in = {.file = WEIR__FILE_NONE};
    if (cli_input_open(cli, operands.items[0], options.from, &text, &in, &err))
        return cli_fail(&err);
    if (convert_into(cli, &options, operands.items[1], &in, &err))
        return cli_fail(&err);
    return CLI_OK;
}

const struct cli_command cli_convert = {"convert", &convert_command, convert_run};
