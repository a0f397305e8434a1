/* query.c: what query engines need to find the files of a table by themselves (spec/storage.md 10).
 */
#include "storage/store.h"

#define RESULT_MAX_BYTES ((size_t)16 * 1024)

/* The result ends up inside SQL. */
static int name_check(const char *name, const char *what, struct weir_error *err)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.=";
    if (name && *name && name[strspn(name, plain)] == 0)
        return WEIR_OK;
    char shown[WEIR__KEY_SHOWN_BYTES];
    return weir__fail(err, WEIR_INVALID, "%s name %s: may hold only A-Za-z0-9_-.=", what,
                      weir__key_shown(name ? name : "", shown));
}

int weir_storage_glob(const struct weir_storage *st, const char *db, const char *table,
                      struct weir_storage_bytes *out, struct weir_error *err)
{
    TRY(name_check(db, "database", err));
    TRY(name_check(table, "table", err));
    const char *base = weir_storage_local_base(st);
    if (!base)
        return weir__fail(err, WEIR_UNSUPPORTED, "a %s store has no glob", weir_storage_type(st));
    AUTO(buf) struct weir__buf text = weir__buf_make(weir__storage_env(st), RESULT_MAX_BYTES);
    TRY(weir__buf_printf(&text, err, "%s/%s/%s/**/*.parquet", base[1] ? base : "", db, table));
    return weir__storage_bytes_take(&text, out, err);
}

int weir_storage_local_base_or(const struct weir_storage *st, const char *feature,
                               const char *fallback, struct weir_storage_bytes *out,
                               struct weir_error *err)
{
    const char *type = weir_storage_type(st), *result = weir_storage_local_base(st);
    bool is_remote = strcmp(type, "s3") == 0 || strcmp(type, "azure") == 0;
    if (!result)
        result = is_remote || !fallback ? "" : fallback;
    if (is_remote) {
        weir__log(weir__storage_env(st), WEIR_LOG_WARNING,
                  "feature not fully supported on this store", "feature=%s store=%s",
                  feature ? feature : "", type);
    }
    AUTO(buf) struct weir__buf text = weir__buf_make(weir__storage_env(st), RESULT_MAX_BYTES);
    TRY(weir__buf_append_text(&text, result, err));
    return weir__storage_bytes_take(&text, out, err);
}
