/* cmd_files.c: `weir files ADDRESS`: the committed data files, for other engines. */
#include "cli/cli.h"

#include <stdio.h>

struct files_options {
    struct weir__texts patterns;
    bool json;
};

static const struct weir__param files_params[] = {
    {.name = "pattern",
     .type = WEIR__PARAM_TEXTS,
     .offset = offsetof(struct files_options, patterns),
     .value = "P",
     .help = "partitions: part=value, part=begin*, part=from..to, *; repeatable"},
    {.name = "json",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct files_options, json),
     .help = "one JSON object a file: path, key, partition, token, attempt_id, size_bytes"},
};

static const struct weir__params files_command = {
    .usage = "weir files [options] ADDRESS",
    .summary = "the committed data files, for other engines",
    .details = "One path a line; files of writes that never committed are left out.",
    .items = files_params,
    .n_items = COUNT_OF(files_params),
};

static int file_print(struct cli_output *output, const char *path,
                      const struct weir_data_file *file, bool as_json, struct weir__buf *line,
                      struct weir_error *err)
{
    struct weir_sink sink = cli_output_sink(output);
    weir__buf_clear(line);
    if (!as_json) {
        TRY(weir__buf_printf(line, err, "%s\n", path));
        return sink.write(sink.ctx, line->data, line->len, err);
    }
    TRY(weir__buf_append_text(line, "{\"path\":", err));
    TRY(weir__json_quote(line, weir__str_of(path), err));
    TRY(weir__buf_append_text(line, ",\"key\":", err));
    TRY(weir__json_quote(line, weir__str_of(file->key), err));
    TRY(weir__buf_append_text(line, ",\"partition\":", err));
    TRY(weir__json_quote(line, weir__str_of(file->partition), err));
    TRY(weir__buf_append_text(line, ",\"token\":", err));
    TRY(weir__json_quote(line, weir__str_of(file->token), err));
    TRY(weir__buf_printf(line, err, ",\"attempt_id\":\"%s\",\"size_bytes\":%jd}\n",
                         file->attempt_id, (intmax_t)file->size_bytes));
    return sink.write(sink.ctx, line->data, line->len, err);
}

static int files_print(struct cli *cli, struct weir_storage *store,
                       const struct weir_data_files *files, bool as_json, struct weir_error *err)
{
    AUTO(cli_output) struct cli_output output = {0};
    AUTO(buf) struct weir__buf line = weir__buf_make(cli->env, 64u << 10);
    TRY(cli_output_open(cli, NULL, &output, err));
    for (size_t i = 0; i < files->n; i++) {
        char path[8192];
        TRY(cli_object_path(store, files->items[i].key, path, sizeof path, err));
        TRY(file_print(&output, path, &files->items[i], as_json, &line, err));
    }
    return cli_output_commit(&output, err);
}

static int files_list(struct cli *cli, const struct files_options *options, const char *address,
                      struct weir_error *err)
{
    AUTO(cli_table) struct cli_table table = {0};
    TRY(cli_table_open(cli, address, &table, err));
    struct weir_data_files files = {0};
    TRY(weir_files(table.table, options->patterns.n ? options->patterns.items : NULL,
                   options->patterns.n, NULL, cli->cancel, &files, err));
    int status = files_print(cli, table.store, &files, options->json, err);
    weir_data_files_dispose(&files);
    return status;
}

static int files_run(struct cli *cli, const char *const *argv)
{
    struct files_options options = {0};
    struct weir__texts operands = {0};
    int code;
    if (!cli_parse(cli, &files_command, argv, &options, &operands, &code))
        return code;
    if (operands.n != 1)
        return cli_usage("files: give one ADDRESS, not %zu", operands.n);
    struct weir_error err = WEIR_ERROR_INIT;
    if (files_list(cli, &options, operands.items[0], &err))
        return cli_fail_argument(&err);
    return CLI_OK;
}

const struct cli_command cli_files = {"files", &files_command, files_run};
