/* columns.c: names to columns: from the files, from the path, or only for dedup. */
#include "table/columns.h"

static const char path_format[] = "u";

/* While choosing: where each column comes from. */
struct choice {
    const char *name;
    int64_t base; /* column of the base schema, -1 = none */
    int64_t part; /* partition part, -1 = none */
    bool is_internal;
};

struct choices {
    const struct weir_reader *reader;
    const struct ArrowSchema *base;
    bool hive_columns;
    struct choice *items;
    size_t n;
};

static int64_t part_of(const struct weir_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->n_parts; i++) {
        if (strcmp(reader->parts[i], name) == 0)
            return (int64_t)i;
    }
    return -1;
}

static bool is_chosen(const struct choices *choices, const char *name)
{
    for (size_t i = 0; i < choices->n; i++) {
        if (strcmp(choices->items[i].name, name) == 0)
            return true;
    }
    return false;
}

/* False: there is no such column. */
static bool choose(struct choices *choices, const char *name, bool is_internal)
{
    struct choice choice = {name, weir__schema_find(choices->base, name),
                            choices->hive_columns ? part_of(choices->reader, name) : -1,
                            is_internal};
    if (choice.base < 0 && choice.part < 0)
        return false;
    choices->items[choices->n++] = choice;
    return true;
}

static int choose_requested(struct choices *choices, const struct weir_read_options *options,
                            struct weir_error *err)
{
    for (size_t i = 0; i < options->n_columns; i++) {
        const char *name = options->columns[i];
        if (is_chosen(choices, name))
            return weir__fail(err, WEIR_INVALID, "column '%s' is requested twice", name);
        if (!choose(choices, name, false))
            return weir__fail(err, WEIR_NOT_FOUND, "column '%s' is not in the table", name);
    }
    return WEIR_OK;
}

static void choose_all(struct choices *choices)
{
    for (int64_t i = 0; i < choices->base->n_children; i++) {
        const char *name = choices->base->children[i]->name;
        int64_t part = choices->hive_columns ? part_of(choices->reader, name) : -1;
        choices->items[choices->n++] = (struct choice){name, i, part, false};
    }
    for (size_t i = 0; choices->hive_columns && i < choices->reader->n_parts; i++) {
        if (weir__schema_find(choices->base, choices->reader->parts[i]) < 0)
            (void)choose(choices, choices->reader->parts[i], false); /* it is a part: is there */
    }
}

/* Columns that only dedup looks at. Parts dropped from the files serve as well. */
static int choose_internal(struct choices *choices, struct weir_error *err)
{
    const struct weir_reader *reader = choices->reader;
    choices->hive_columns = true;
    for (size_t i = 0; !reader->entity_fn && i < reader->n_entity_columns; i++) {
        const char *name = reader->entity_columns[i];
        if (!is_chosen(choices, name) && !choose(choices, name, true))
            return weir__fail(err, WEIR_NOT_FOUND, "entity column '%s' is not in the table", name);
    }
    const char *name = reader->version_column;
    if (!reader->version_fn && !is_chosen(choices, name) && !choose(choices, name, true))
        return weir__fail(err, WEIR_NOT_FOUND, "version column '%s' is not in the table", name);
    if (!reader->entity_fn && !reader->version_fn)
        return WEIR_OK;
    for (int64_t i = 0; i < choices->base->n_children; i++) { /* callbacks may look at any */
        name = choices->base->children[i]->name;
        if (!is_chosen(choices, name))
            (void)choose(choices, name, true); /* it is in the base: is there */
    }
    return WEIR_OK;
}

static int columns_make(const struct weir_env *env, const struct choices *choices,
                        struct weir__columns *out, struct weir_error *err)
{
    int64_t n_delivered = 0;
    out->items = weir__region_alloc(&out->region, choices->n, sizeof *out->items, err);
    if (!out->items)
        return WEIR_NO_MEMORY;
    TRY(weir__schema_make(env, "+s", "", false, (int64_t)choices->n, &out->all, err));
    for (size_t i = 0; i < choices->n; i++) {
        const struct choice *choice = &choices->items[i];
        struct ArrowSchema *column = out->all.children[i];
        if (choice->base >= 0) {
            TRY(weir__schema_copy(env, choices->base->children[choice->base], column, err));
        } else {
            TRY(weir__schema_make(env, path_format, choice->name, true, 0, column, err));
        }
        out->items[i] = (struct weir__column){column, choice->part, choice->is_internal};
        n_delivered += !choice->is_internal;
    }
    out->n = choices->n;
    out->delivered = out->all;
    out->delivered.release = NULL; /* borrowed */
    out->delivered.n_children = n_delivered;
    return WEIR_OK;
}

int weir__columns_choose(const struct weir_reader *reader, const struct weir_read_options *options,
                         const struct ArrowSchema *base, bool is_empty, struct weir__columns *out,
                         struct weir_error *err)
{
    const struct weir_env *env = reader->table->env;
    AUTO(region) struct weir__region scratch = weir__region_make(env);
    struct choices choices = {.reader = reader, .base = base};
    size_t most = (size_t)base->n_children + options->n_columns + reader->n_parts +
                  reader->n_entity_columns + 1;
    out->region = weir__region_make(env);
    choices.hive_columns = options->hive_columns;
    choices.items = weir__region_alloc(&scratch, most, sizeof *choices.items, err);
    if (!choices.items)
        return WEIR_NO_MEMORY;
    if (!is_empty) {
        if (options->columns) {
            TRY(choose_requested(&choices, options, err));
        } else {
            choose_all(&choices);
        }
        if (reader->has_rules)
            TRY(choose_internal(&choices, err));
    }
    return columns_make(env, &choices, out, err);
}

void weir__columns_dispose(struct weir__columns *columns)
{
    weir__schema_freep(&columns->all);
    if (columns->region.env)
        weir__region_dispose(&columns->region);
}
