/* cmd_init.c: `weir init ADDRESS`: create a table. */
#include "cli/cli.h"
#include "cli/lists.h"

#include <stdio.h>

struct init_options {
    const char *partition_by, *entity_key, *version_column, *inserted_at, *compression;
    int64_t commit_timeout_us, max_clock_skew_us;
    struct weir__texts views;
    bool json;
};

static const struct weir__param init_params[] = {
    {.name = "partition-by",
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct init_options, partition_by),
     .value = "a[,b]",
     .help = "columns whose values name the partitions, in order (required)"},
    {.name = "entity-key",
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct init_options, entity_key),
     .value = "c[,d]",
     .help = "columns that say which thing a row is about; reads then give its latest version"},
    {.name = "version-column",
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct init_options, version_column),
     .value = "v",
     .help = "integer, date or timestamp: the highest is the latest"},
    {.name = "inserted-at",
     .type = WEIR__PARAM_TEXT,
     .offset = offsetof(struct init_options, inserted_at),
     .value = "COLUMN",
     .help = "timestamp column that weir fills with the time of the write"},
    {.name = "compression",
     .type = WEIR__PARAM_CHOICE,
     .offset = offsetof(struct init_options, compression),
     .choices = "zstd|snappy|gzip|lz4|uncompressed",
     .def = "zstd",
     .value = "CODEC",
     .help = "of the data files"},
    {.name = "commit-timeout",
     .type = WEIR__PARAM_DURATION,
     .offset = offsetof(struct init_options, commit_timeout_us),
     .def = "30s",
     .value = "DURATION",
     .min = 1000,
     .max = INT64_MAX,
     .help = "a writer's time from announcing to committing"},
    {.name = "max-clock-skew",
     .type = WEIR__PARAM_DURATION,
     .offset = offsetof(struct init_options, max_clock_skew_us),
     .def = "5s",
     .value = "DURATION",
     .min = 0,
     .max = INT64_MAX,
     .help = "largest clock difference between writers and readers"},
    {.name = "view",
     .type = WEIR__PARAM_TEXTS,
     .offset = offsetof(struct init_options, views),
     .value = "NAME=c1,c2",
     .help = "stored in the description; writing to it comes later"},
    {.name = "json",
     .type = WEIR__PARAM_FLAG,
     .offset = offsetof(struct init_options, json),
     .help = "print the result as JSON"},
};

static const struct weir__params init_command = {
    .usage = "weir init [options] --partition-by a[,b] ADDRESS",
    .summary = "create a table",
    .details = "Timing and description are stored with the table, so that later commands need no "
               "flags. Doing it again with the same values changes nothing.",
    .items = init_params,
    .n_items = COUNT_OF(init_params),
};

#define INIT_MAX_VIEWS 32

/* NAME=c1,c2 into a view; the strings stay in `lists`. */
static int view_parse(struct cli *cli, const char *text, struct cli_list *columns,
                      struct weir_view *out, struct weir_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || equals[1] == '\0')
        return weir__fail(err, WEIR_INVALID, "--view '%s': give NAME=column[,column]", text);
    TRY(cli_list_split(cli, text, (size_t)(equals - text), equals + 1, columns, err));
    *out = (struct weir_view){
        .name = columns->label, .columns = columns->items, .n_columns = columns->n};
    return WEIR_OK;
}

static int init_table(struct cli *cli, const struct init_options *options, const char *address,
                      struct weir_error *err)
{
    AUTO(cli_list) struct cli_list parts = {0};
    AUTO(cli_list) struct cli_list entity = {0};
    TRY(cli_list_split(cli, "", 0, options->partition_by, &parts, err));
    if (options->entity_key)
        TRY(cli_list_split(cli, "", 0, options->entity_key, &entity, err));
    struct cli_list view_lists[INIT_MAX_VIEWS] = {{0}};
    struct weir_view views[INIT_MAX_VIEWS];
    int status = WEIR_OK;
    if (options->views.n > INIT_MAX_VIEWS)
        status = weir__fail(err, WEIR_INVALID, "at most %d views", INIT_MAX_VIEWS);
    for (size_t i = 0; i < options->views.n && status == WEIR_OK; i++)
        status = view_parse(cli, options->views.items[i], &view_lists[i], &views[i], err);
    struct weir_table_init_options init = {
        .commit_timeout_us = options->commit_timeout_us,
        .max_clock_skew_us =
            options->max_clock_skew_us ? options->max_clock_skew_us : WEIR_MAX_CLOCK_SKEW_NONE,
        .partition_by = parts.items,
        .n_partition_by = parts.n,
        .entity_key = entity.n ? entity.items : NULL,
        .n_entity_key = entity.n,
        .version_column = options->version_column,
        .inserted_at_column = options->inserted_at,
        .views = options->views.n ? views : NULL,
        .n_views = options->views.n,
    };
    if (status == WEIR_OK)
        status = weir_compression_from_name(options->compression, &init.compression, err);
    struct weir_storage *store = NULL;
    if (status == WEIR_OK)
        status = weir_storage_open(cli->env, address, NULL, cli->cancel, &store, err);
    if (status == WEIR_OK)
        status = weir_table_init(cli->env, store, NULL, &init, cli->cancel, err);
    weir_storage_close(store);
    for (size_t i = 0; i < INIT_MAX_VIEWS; i++)
        weir__cli_list_freep(&view_lists[i]);
    return status;
}

static int result_print(struct cli *cli, const struct init_options *options, const char *address)
{
    struct weir_error err = WEIR_ERROR_INIT;
    AUTO(buf) struct weir__buf line = weir__buf_make(cli->env, 64u << 10);
    int status = WEIR_OK;
    if (options->json) {
        status = weir__buf_append_text(&line, "{\"state\":\"ready\",\"address\":", &err);
        if (status == WEIR_OK)
            status = weir__json_quote(&line, weir__str_of(address), &err);
        if (status == WEIR_OK)
            status = weir__buf_append_text(&line, "}\n", &err);
    } else {
        status = weir__buf_printf(&line, &err, "table %s is ready, partitioned by %s\n", address,
                                  options->partition_by);
    }
    if (status != WEIR_OK)
        return cli_fail(&err);
    (void)fwrite(line.data, 1, line.len, stdout);
    return CLI_OK;
}

static int init_run(struct cli *cli, const char *const *argv)
{
    struct init_options options = {0};
    struct weir__texts operands = {0};
    int code;
    if (!cli_parse(cli, &init_command, argv, &options, &operands, &code))
        return code;
    if (operands.n != 1)
        return cli_usage("init: give one ADDRESS, not %zu", operands.n);
    if (!options.partition_by)
        return cli_usage("init: give --partition-by");
    if (!options.entity_key != !options.version_column)
        return cli_usage("init: give both --entity-key and --version-column, or neither");
    struct weir_error err = WEIR_ERROR_INIT;
    if (init_table(cli, &options, operands.items[0], &err))
        return cli_fail_argument(&err);
    return result_print(cli, &options, operands.items[0]);
}

const struct cli_command cli_init = {"init", &init_command, init_run};
