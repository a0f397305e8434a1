/* cmd_inspect.c: `weir inspect FILE.parquet`: schema, row groups, encodings, statistics, metadata.
 */
#include "cli/cli.h"

#include <fcntl.h>

struct inspect_options {
    bool json, values, no_verify_crc;
};

static const struct weir__param inspect_params[] = {
    {.name = "json",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct inspect_options, json),
     .help = "one JSON object instead of text"},
    {.name = "values",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct inspect_options, values),
     .help = "decode every page too: checks the file, and adds counts and a CRC of each column's "
             "values"},
    {.name = "no-verify-crc",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct inspect_options, no_verify_crc),
     .help = "do not compare page checksums"},
};

static const struct weir__params inspect_command = {
    .usage = "weir inspect [options] FILE.parquet...",
    .summary = "schema, row groups, encodings and statistics of a Parquet file",
    .items = inspect_params,
    .n_items = COUNT_OF(inspect_params),
};

static int inspect_file(struct cli *cli, const struct inspect_options *options, const char *path,
                        struct weir_error *err)
{
    AUTO(file) struct weir__file file = WEIR__FILE_NONE;
    TRY(weir__file_open(cli->env, AT_FDCWD, path, O_RDONLY, 0, &file, err));
    struct weir_input input;
    TRY(weir__file_input(&file, &input, err));
    struct weir_parquet_read_options read = {.no_verify_crc = options->no_verify_crc};
    struct weir_parquet_reader *reader = NULL;
    TRY(weir_parquet_reader_open(cli->env, &input, &read, &reader, err));
    AUTO(cli_output) struct cli_output output = {0};
    int status = cli_output_open(cli, NULL, &output, err);
    struct weir_sink sink = cli_output_sink(&output);
    struct weir_parquet_inspect_options what = {.as_json = options->json,
                                                .with_values = options->values};
    if (status == WEIR_OK)
        status = weir_parquet_inspect(reader, &what, &sink, err);
    if (status == WEIR_OK)
        status = cli_output_commit(&output, err);
    weir_parquet_reader_free(reader);
    return status;
}

static int inspect_run(struct cli *cli, const char *const *argv)
{
    struct inspect_options options = {0};
    struct weir__texts operands = {0};
    int code;
    if (!cli_parse(cli, &inspect_command, argv, &options, &operands, &code))
        return code;
    if (operands.n == 0)
        return cli_usage("inspect: give at least one Parquet file");
    struct weir_error err = WEIR_ERROR_INIT;
    for (size_t i = 0; i < operands.n; i++) {
        if (inspect_file(cli, &options, operands.items[i], &err))
            return cli_fail(&err);
    }
    return CLI_OK;
}

const struct cli_command cli_inspect = {"inspect", &inspect_command, inspect_run};
