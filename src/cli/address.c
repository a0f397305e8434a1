/* address.c: an ADDRESS as an open table, and objects as paths that other programs understand. */
#include "cli/cli.h"

#include <stdio.h>

int cli_fail_argument(const struct weir_error *err)
{
    int code = cli_fail(err);
    return err->code == WEIR_INVALID ? CLI_USAGE : code;
}

int cli_table_open(struct cli *cli, const char *address, struct cli_table *out,
                   struct weir_error *err)
{
    struct weir_local_options local = {.no_create = true};
    struct weir_storage_options options = {.local = &local};
    TRY(weir_storage_open(cli->env, address, &options, cli->cancel, &out->store, err));
    return weir_table_open(cli->env, out->store, NULL, NULL, cli->cancel, &out->table, err);
}

void weir__cli_table_freep(struct cli_table *table)
{
    weir_table_free(table->table);
    weir_storage_close(table->store);
    *table = (struct cli_table){0};
}

int cli_object_path(struct weir_storage *store, const char *key, char *buf, size_t cap,
                    struct weir_error *err)
{
    if (weir__str_is(weir__str_of(weir_storage_type(store)), "local"))
        return weir_storage_local_full_path(store, key, buf, cap, err);
    int n = snprintf(buf, cap, "%s", key);
    if (n < 0 || (size_t)n >= cap)
        return weir__fail(err, WEIR_INVALID, "key of over %zu bytes: %s", cap, key);
    return WEIR_OK;
}
