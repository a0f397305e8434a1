/* config.c: the two timing objects, and what makes a description valid. */
#include "table/config.h"

#include "table/grammar.h"

static struct weir__str trimmed(struct weir__str text)
{
    while (text.len > 0 && strchr(" \t\r\n\v\f", text.data[0]) && text.data[0] != '\0')
        text = (struct weir__str){text.data + 1, text.len - 1};
    while (text.len > 0 && strchr(" \t\r\n\v\f", text.data[text.len - 1]) &&
           text.data[text.len - 1] != '\0')
        text.len--;
    return text;
}

int weir__timing_parse(struct weir__str body, const char *key, int64_t floor_us, int64_t *out_us,
                       struct weir_error *err)
{
    struct weir__str text = trimmed(body);
    int shown = text.len < 64 ? (int)text.len : 64;
    int64_t ns = 0;
    int status = weir__duration_parse(text, &ns, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "%s: '%.*s'", key, shown, text.data);
    /* Compared in nanoseconds, so that -1ns is below a floor of 0. */
    if (ns < floor_us * 1000) {
        char value[WEIR__TIMING_TEXT_BYTES] = {0};
        char floor[WEIR__TIMING_TEXT_BYTES] = {0};
        value[weir__duration_format(ns, value)] = '\0';
        weir__timing_format(floor_us, floor);
        return weir__fail(err, WEIR_INVALID, "%s: '%.*s' is %s, which is below the floor of %s",
                          key, shown, text.data, value, floor);
    }
    *out_us = ns / 1000 + (ns % 1000 != 0); /* up: a window may be longer, never shorter */
    return WEIR_OK;
}

void weir__timing_format(int64_t us, char out[WEIR__TIMING_TEXT_BYTES])
{
    out[weir__duration_format(us * 1000, out)] = '\0';
}

static int view_check(const struct weir_view *views, size_t i, struct weir_error *err)
{
    const struct weir_view *view = &views[i];
    if (!view->name || view->name[0] == '\0' || strchr(view->name, '/') ||
        weir__find_dots(weir__str_of(view->name)) >= 0)
        return weir__fail(err, WEIR_INVALID, "view %zu has no name or one with '/' or '..'", i);
    for (size_t j = 0; j < i; j++) {
        if (strcmp(views[j].name, view->name) == 0)
            return weir__fail(err, WEIR_INVALID, "view '%s' is given twice", view->name);
    }
    int status = weir__parts_check("view column", view->columns, view->n_columns, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "view '%s'", view->name);
    return WEIR_OK;
}

int weir__description_check(const struct weir_table_description *description,
                            struct weir_error *err)
{
    const struct weir_table_description *d = description;
    if (d->n_partition_by > 0)
        TRY(weir__parts_check("partition part", d->partition_by, d->n_partition_by, err));
    if ((d->n_entity_key > 0) != (d->version_column != NULL)) {
        return weir__fail(err, WEIR_INVALID,
                          "entity key and version column must be given both or neither");
    }
    for (size_t i = 0; i < d->n_entity_key; i++) {
        if (!d->entity_key[i] || d->entity_key[i][0] == '\0')
            return weir__fail(err, WEIR_INVALID, "entity key column %zu is empty", i);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(d->entity_key[i], d->entity_key[j]) == 0) {
                return weir__fail(err, WEIR_INVALID, "entity key column '%s' is given twice",
                                  d->entity_key[i]);
            }
        }
    }
    if (d->version_column && d->version_column[0] == '\0')
        return weir__fail(err, WEIR_INVALID, "version column is empty");
    for (size_t i = 0; i < d->n_views; i++)
        TRY(view_check(d->views, i, err));
    return WEIR_OK;
}

bool weir__description_is_empty(const struct weir_table_description *description)
{
    const struct weir_table_description *d = description;
    return d->n_partition_by == 0 && d->n_entity_key == 0 && !d->version_column &&
           !d->inserted_at_column && d->compression == WEIR_COMPRESSION_DEFAULT && d->n_views == 0;
}

int weir__views_copy(struct weir__region *region, const struct weir_view *from, size_t n,
                     const struct weir_view **out, struct weir_error *err)
{
    for (size_t i = 0; i < n; i++)
        TRY(view_check(from, i, err));
    struct weir_view *views = weir__region_alloc(region, n, sizeof *views, err);
    if (!views)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const char **formats = weir__region_alloc(region, from[i].n_columns, sizeof *formats, err);
        views[i].n_columns = from[i].n_columns;
        views[i].name = weir__region_text(region, weir__str_of(from[i].name), err);
        views[i].columns = weir__region_texts(region, from[i].columns, from[i].n_columns, err);
        views[i].formats = formats;
        if (!formats || !views[i].name || !views[i].columns)
            return WEIR_NO_MEMORY;
        for (size_t j = 0; j < from[i].n_columns; j++) {
            if (!from[i].formats || !from[i].formats[j])
                continue;
            formats[j] = weir__region_text(region, weir__str_of(from[i].formats[j]), err);
            if (!formats[j])
                return WEIR_NO_MEMORY;
        }
    }
    *out = views;
    return WEIR_OK;
}

static int text_copy(struct weir__region *region, const char *from, const char **out,
                     struct weir_error *err)
{
    if (!from)
        return WEIR_OK;
    *out = weir__region_text(region, weir__str_of(from), err);
    return *out ? WEIR_OK : WEIR_NO_MEMORY;
}

int weir__description_copy(struct weir__region *region, const struct weir_table_description *from,
                           struct weir_table_description *out, struct weir_error *err)
{
    struct weir_table_description copy = {.n_partition_by = from->n_partition_by,
                                          .n_entity_key = from->n_entity_key,
                                          .compression = from->compression,
                                          .n_views = from->n_views};
    copy.partition_by = weir__region_texts(region, from->partition_by, from->n_partition_by, err);
    copy.entity_key = weir__region_texts(region, from->entity_key, from->n_entity_key, err);
    if (!copy.partition_by || !copy.entity_key)
        return WEIR_NO_MEMORY;
    TRY(text_copy(region, from->version_column, &copy.version_column, err));
    TRY(text_copy(region, from->inserted_at_column, &copy.inserted_at_column, err));
    TRY(weir__views_copy(region, from->views, from->n_views, &copy.views, err));
    *out = copy;
    return WEIR_OK;
}
