/* description.c: table.json: what the table says about itself, so that later commands need no
 * flags. Unknown members are left alone; other implementations ignore the whole object. */
#include "table/config.h"

#define DESCRIPTION_VERSION 1

/* A member that is absent or null leaves *out alone. */
static int string_read(struct weir__region *region, const struct weir__json *object,
                       const char *name, const char **out, struct weir_error *err)
{
    const struct weir__json *value = weir__json_member(object, name);
    struct weir__str text = STR_NULL;
    if (!value)
        return WEIR_OK;
    if (!weir__json_string(value, &text) || memchr(text.data, '\0', text.len))
        return weir__fail(err, WEIR_INVALID, "member \"%s\" is not a string", name);
    *out = weir__region_text(region, text, err);
    return *out ? WEIR_OK : WEIR_NO_MEMORY;
}

static int strings_read(struct weir__region *region, const struct weir__json *object,
                        const char *name, const char *const **out, size_t *out_n,
                        struct weir_error *err)
{
    const struct weir__json *list = weir__json_member(object, name);
    if (!list)
        return WEIR_OK;
    if (!weir__json_is_array(list))
        return weir__fail(err, WEIR_INVALID, "member \"%s\" is not an array of strings", name);
    size_t n = weir__json_count(list);
    const char **texts = weir__region_alloc(region, n, sizeof *texts, err);
    if (!texts)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        struct weir__str text = STR_NULL;
        if (!weir__json_string(weir__json_at(list, i), &text) || memchr(text.data, '\0', text.len))
            return weir__fail(err, WEIR_INVALID, "member \"%s\" is not an array of strings", name);
        texts[i] = weir__region_text(region, text, err);
        if (!texts[i])
            return WEIR_NO_MEMORY;
    }
    *out = texts;
    *out_n = n;
    return WEIR_OK;
}

static int view_read(struct weir__region *region, const struct weir__json *object,
                     struct weir_view *out, struct weir_error *err)
{
    const char *const *formats = NULL;
    size_t n_formats = 0;
    if (!weir__json_is_object(object))
        return weir__fail(err, WEIR_INVALID, "an item of \"views\" is not an object");
    TRY(string_read(region, object, "name", &out->name, err));
    TRY(strings_read(region, object, "columns", &out->columns, &out->n_columns, err));
    TRY(strings_read(region, object, "formats", &formats, &n_formats, err));
    if (n_formats != 0 && n_formats != out->n_columns) {
        return weir__fail(err, WEIR_INVALID, "a view has %zu columns and %zu formats",
                          out->n_columns, n_formats);
    }
    if (n_formats == 0)
        return WEIR_OK;
    const char **copy = weir__region_alloc(region, n_formats, sizeof *copy, err);
    if (!copy)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n_formats; i++)
        copy[i] = formats[i][0] != '\0' ? formats[i] : NULL;
    out->formats = copy;
    return WEIR_OK;
}

static int views_read(struct weir__region *region, const struct weir__json *object,
                      struct weir_table_description *out, struct weir_error *err)
{
    const struct weir__json *list = weir__json_member(object, "views");
    if (!list)
        return WEIR_OK;
    if (!weir__json_is_array(list))
        return weir__fail(err, WEIR_INVALID, "member \"views\" is not an array");
    size_t n = weir__json_count(list);
    struct weir_view *views = weir__region_alloc(region, n, sizeof *views, err);
    if (!views)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(view_read(region, weir__json_at(list, i), &views[i], err));
    out->views = views;
    out->n_views = n;
    return WEIR_OK;
}

static int members_read(struct weir__region *region, const struct weir__json *root,
                        struct weir_table_description *out, struct weir_error *err)
{
    int64_t version = 0;
    const char *compression = NULL;
    if (!weir__json_is_object(root))
        return weir__fail(err, WEIR_INVALID, "it is not an object");
    if (!weir__json_integer(weir__json_member(root, "version"), &version))
        return weir__fail(err, WEIR_INVALID, "member \"version\" is missing or no integer");
    if (version != DESCRIPTION_VERSION) {
        return weir__fail(err, WEIR_UNSUPPORTED, "version %jd is newer than this program",
                          (intmax_t)version);
    }
    TRY(strings_read(region, root, "partition_by", &out->partition_by, &out->n_partition_by, err));
    TRY(strings_read(region, root, "entity_key", &out->entity_key, &out->n_entity_key, err));
    TRY(string_read(region, root, "version_column", &out->version_column, err));
    TRY(string_read(region, root, "inserted_at", &out->inserted_at_column, err));
    TRY(string_read(region, root, "compression", &compression, err));
    if (compression)
        TRY(weir_compression_from_name(compression, &out->compression, err));
    return views_read(region, root, out, err);
}

int weir__description_parse(struct weir__region *region, struct weir__str body, const char *key,
                            struct weir_table_description *out, struct weir_error *err)
{
    AUTO(json) struct weir__json *root = NULL;
    struct weir_table_description parsed = {0};
    TRY(weir__json_parse(body, key, &root, err));
    int status = members_read(region, root, &parsed, err);
    if (status == WEIR_OK)
        status = weir__description_check(&parsed, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "%s", key);
    *out = parsed;
    return WEIR_OK;
}

static int string_write(struct weir__buf *out, const char *name, const char *text,
                        struct weir_error *err)
{
    if (!text)
        return WEIR_OK;
    TRY(weir__buf_printf(out, err, ",\"%s\":", name));
    return weir__json_quote(out, weir__str_of(text), err);
}

static int strings_write(struct weir__buf *out, const char *name, const char *const *texts,
                         size_t n, struct weir_error *err)
{
    if (n == 0)
        return WEIR_OK;
    TRY(weir__buf_printf(out, err, ",\"%s\":[", name));
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            TRY(weir__buf_byte(out, ',', err));
        TRY(weir__json_quote(out, weir__str_of(texts[i]), err));
    }
    return weir__buf_byte(out, ']', err);
}

static bool has_formats(const struct weir_view *view)
{
    for (size_t i = 0; view->formats && i < view->n_columns; i++) {
        if (view->formats[i])
            return true;
    }
    return false;
}

static int view_write(struct weir__buf *out, const struct weir_view *view, struct weir_error *err)
{
    TRY(weir__buf_append_text(out, "{\"name\":", err));
    TRY(weir__json_quote(out, weir__str_of(view->name), err));
    TRY(strings_write(out, "columns", view->columns, view->n_columns, err));
    if (has_formats(view)) {
        TRY(weir__buf_append_text(out, ",\"formats\":[", err));
        for (size_t i = 0; i < view->n_columns; i++) {
            if (i > 0)
                TRY(weir__buf_byte(out, ',', err));
            const char *format = view->formats[i] ? view->formats[i] : "";
            TRY(weir__json_quote(out, weir__str_of(format), err));
        }
        TRY(weir__buf_byte(out, ']', err));
    }
    return weir__buf_byte(out, '}', err);
}

int weir__description_write(const struct weir_table_description *description, struct weir__buf *out,
                            struct weir_error *err)
{
    const struct weir_table_description *d = description;
    TRY(weir__buf_printf(out, err, "{\"version\":%d", DESCRIPTION_VERSION));
    TRY(strings_write(out, "partition_by", d->partition_by, d->n_partition_by, err));
    TRY(strings_write(out, "entity_key", d->entity_key, d->n_entity_key, err));
    TRY(string_write(out, "version_column", d->version_column, err));
    TRY(string_write(out, "inserted_at", d->inserted_at_column, err));
    if (d->compression != WEIR_COMPRESSION_DEFAULT)
        TRY(string_write(out, "compression", weir_compression_name(d->compression), err));
    if (d->n_views > 0) {
        TRY(weir__buf_append_text(out, ",\"views\":[", err));
        for (size_t i = 0; i < d->n_views; i++) {
            if (i > 0)
                TRY(weir__buf_byte(out, ',', err));
            TRY(view_write(out, &d->views[i], err));
        }
        TRY(weir__buf_byte(out, ']', err));
    }
    return weir__buf_byte(out, '}', err);
}
