/* reader.c: reader handles, and the three shapes in which rows are handed out. */
#include "table/reader.h"

#include "table/config.h"
#include "table/scan.h"

/* ---- Making a reader ------------------------------------------------------------------------- */

struct weir_reader *weir__reader_ref(struct weir_reader *reader)
{
    atomic_fetch_add(&reader->n_refs, 1);
    return reader;
}

void weir_reader_free(struct weir_reader *reader)
{
    if (!reader)
        return;
    ASSERT(reader->magic == WEIR__READER_MAGIC);
    if (atomic_fetch_sub(&reader->n_refs, 1) != 1)
        return;
    struct weir_table *table = reader->table;
    weir__schema_freep(&reader->schema);
    weir__region_dispose(&reader->region);
    reader->magic = 0;
    weir__free(table->env, reader);
    weir_table_free(table);
}

void weir__reader_freep(struct weir_reader **reader)
{
    weir_reader_free(*reader);
    *reader = NULL;
}

struct weir_table *weir_reader_table(const struct weir_reader *reader)
{
    return reader->table;
}

static int rules_check(const struct weir_reader_options *options, struct weir_error *err)
{
    bool has_columns = options->n_entity_columns > 0;
    bool has_entity = has_columns || options->entity_fn;
    bool has_version = options->version_column || options->version_fn;
    if (has_columns && options->entity_fn)
        return weir__fail(err, WEIR_INVALID, "entity_columns and entity_fn are both given");
    if (options->version_column && options->version_fn)
        return weir__fail(err, WEIR_INVALID, "version_column and version_fn are both given");
    if (has_entity != has_version) {
        return weir__fail(err, WEIR_INVALID,
                          "entity rule and version rule must be given both or neither");
    }
    return WEIR_OK;
}

static int rules_fill(struct weir_reader *reader, const struct weir_table_description *description,
                      const struct weir_reader_options *options, struct weir_error *err)
{
    struct weir_table_description rules = {.entity_key = options->entity_columns,
                                           .n_entity_key = options->n_entity_columns,
                                           .version_column = options->version_column};
    bool is_given = options->entity_fn || options->n_entity_columns > 0;
    if (!is_given && !options->no_dedup) {
        rules.entity_key = description->entity_key;
        rules.n_entity_key = description->n_entity_key;
        rules.version_column = description->version_column;
    }
    reader->n_entity_columns = rules.n_entity_key;
    reader->entity_columns =
        weir__region_texts(&reader->region, rules.entity_key, rules.n_entity_key, err);
    if (!reader->entity_columns)
        return WEIR_NO_MEMORY;
    if (rules.version_column) {
        reader->version_column =
            weir__region_text(&reader->region, weir__str_of(rules.version_column), err);
        if (!reader->version_column)
            return WEIR_NO_MEMORY;
    }
    reader->entity_fn = options->entity_fn;
    reader->entity_arg = options->entity_arg;
    reader->version_fn = options->version_fn;
    reader->version_arg = options->version_arg;
    reader->has_rules = rules.n_entity_key > 0 || options->entity_fn;
    return WEIR_OK;
}

static int reader_fill(struct weir_reader *reader, const struct weir_table_description *description,
                       const struct weir_reader_options *options, struct weir_error *err)
{
    TRY(rules_check(options, err));
    TRY(rules_fill(reader, description, options, err));
    reader->n_parts = description->n_partition_by;
    reader->parts =
        weir__region_texts(&reader->region, description->partition_by, reader->n_parts, err);
    if (!reader->parts)
        return WEIR_NO_MEMORY;
    if (!options->schema)
        return WEIR_OK;
    if (!options->schema->format || strcmp(options->schema->format, "+s") != 0)
        return weir__fail(err, WEIR_INVALID, "requested schema is not a struct of columns");
    return weir__schema_copy(reader->table->env, options->schema, &reader->schema, err);
}

int weir_reader_new(struct weir_table *table, const struct weir_reader_options *options,
                    const struct weir_cancel *cancel, struct weir_reader **out,
                    struct weir_error *err)
{
    static const struct weir_reader_options defaults = {0};
    struct weir_table_description description = {0};
    ASSERT(table && table->magic == WEIR__TABLE_MAGIC && out);
    if (!options)
        options = &defaults;
    TRY(weir__table_require_parts(table, cancel, &description, err));
    struct weir_reader *made = weir__alloc_zero(table->env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->magic = WEIR__READER_MAGIC;
    atomic_init(&made->n_refs, 1);
    made->table = weir__table_ref(table);
    made->region = weir__region_make(table->env);
    AUTO(reader) struct weir_reader *reader = made;
    TRY(reader_fill(reader, &description, options, err));
    *out = TAKE(reader);
    return WEIR_OK;
}

/* ---- Rows as one stream ---------------------------------------------------------------------- */

static int scan_begin(struct weir_reader *reader, const char *const *patterns, size_t n_patterns,
                      const struct weir_read_options *options, const struct weir_cancel *cancel,
                      struct weir__scan **out, struct weir_error *err)
{
    static const struct weir_read_options defaults = {0};
    ASSERT(reader && reader->magic == WEIR__READER_MAGIC);
    if (!options)
        options = &defaults;
    struct weir_table_description description = {.partition_by = reader->parts,
                                                 .n_partition_by = reader->n_parts};
    struct weir__selection selection = {0};
    if (options->max_batch_rows < 0 || options->max_body_bytes < 0 || options->read_ahead_bytes < 0)
        return weir__fail(err, WEIR_INVALID, "a limit of the read options is negative");
    TRY(weir__selection_make(patterns, n_patterns, options, &description, &selection, err));
    return weir__scan_new(reader, &selection, options, cancel, out, err);
}

static int rows_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct weir__scan *scan = ctx;
    return weir__scan_copy_schema(scan, out, err);
}

static int rows_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct weir__scan *scan = ctx;
    for (;;) {
        if (weir__scan_position(scan) > 0 && !weir__scan_is_done(scan)) {
            TRY(weir__scan_next(scan, out, err));
            if (out->release)
                return WEIR_OK;
        }
        if (!weir__scan_advance(scan))
            return WEIR_OK;
    }
}

static void rows_free(void *ctx)
{
    weir__scan_unref(ctx);
}

static const struct weir__stream_ops rows_ops = {rows_schema, rows_next, rows_free};

int weir_read(struct weir_reader *reader, const char *const *patterns, size_t n_patterns,
              const struct weir_read_options *options, const struct weir_cancel *cancel,
              struct ArrowArrayStream *out, struct weir_error *err)
{
    AUTO(scan) struct weir__scan *scan = NULL;
    ASSERT(out);
    TRY(scan_begin(reader, patterns, n_patterns, options, cancel, &scan, err));
    TRY(weir__stream_make(reader->table->env, &rows_ops, scan, out, err));
    scan = NULL; /* the stream's now */
    return WEIR_OK;
}

/* ---- Rows as one batch ----------------------------------------------------------------------- */

struct collected {
    const struct weir_env *env;
    struct ArrowArray *items;
    size_t n, cap;
};

static int collect(struct collected *all, struct ArrowArrayStream *rows, struct weir_error *err)
{
    for (;;) {
        struct ArrowArray batch = {0};
        TRY(weir__stream_next(rows, &batch, err));
        if (!batch.release)
            return WEIR_OK;
        if (all->n == all->cap) {
            size_t cap = all->cap ? all->cap * 2 : 16;
            struct ArrowArray *grown = weir__resize(all->env, all->items, cap * sizeof *grown, err);
            if (!grown) {
                weir__array_freep(&batch);
                return WEIR_NO_MEMORY;
            }
            all->items = grown;
            all->cap = cap;
        }
        weir__array_move(&batch, &all->items[all->n++]);
    }
}

static int collected_join(struct collected *all, const struct ArrowSchema *schema,
                          struct ArrowArray *out, struct weir_error *err)
{
    if (all->n == 1) {
        weir__array_move(&all->items[0], out);
        return WEIR_OK;
    }
    const struct ArrowArray **list = weir__alloc_zero(all->env, all->n, sizeof(void *), err);
    if (!list)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < all->n; i++)
        list[i] = &all->items[i];
    int status = weir__concat(all->env, schema, list, all->n, out, err);
    weir__free(all->env, list);
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): these parameters are the specification's. */
int weir_read_all(struct weir_reader *reader, const char *const *patterns, size_t n_patterns,
                  const struct weir_read_options *options, const struct weir_cancel *cancel,
                  struct ArrowSchema *out_schema, struct ArrowArray *out_rows,
                  struct weir_error *err)
{
    AUTO(stream) struct ArrowArrayStream rows = {0};
    AUTO(schema) struct ArrowSchema schema = {0};
    ASSERT(out_schema && out_rows);
    TRY(weir_read(reader, patterns, n_patterns, options, cancel, &rows, err));
    TRY(weir__stream_schema(&rows, &schema, err));
    struct collected all = {.env = reader->table->env};
    struct ArrowArray joined = {0};
    int status = collect(&all, &rows, err);
    if (status == WEIR_OK)
        status = collected_join(&all, &schema, &joined, err);
    for (size_t i = 0; i < all.n; i++)
        weir__array_freep(&all.items[i]);
    weir__free(all.env, all.items);
    TRY(status);
    *out_rows = joined;
    *out_schema = schema;
    schema.release = NULL; /* handed over */
    return WEIR_OK;
}

/* ---- Rows by partition ----------------------------------------------------------------------- */

struct weir_partition_iter {
    const struct weir_env *env;
    struct weir__scan *scan;
};

/* The rows of one partition: a view into the scan for as long as it stays there. */
struct partition_rows {
    const struct weir_env *env;
    struct weir__scan *scan;
    size_t position;
};

static int partition_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct partition_rows *rows = ctx;
    return weir__scan_copy_schema(rows->scan, out, err);
}

static int partition_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct partition_rows *rows = ctx;
    if (weir__scan_position(rows->scan) != rows->position)
        return WEIR_OK; /* the iterator went on: this partition ends here */
    return weir__scan_next(rows->scan, out, err);
}

static void partition_free(void *ctx)
{
    struct partition_rows *rows = ctx;
    weir__scan_unref(rows->scan);
    weir__free(rows->env, rows);
}

static const struct weir__stream_ops partition_ops = {partition_schema, partition_next,
                                                      partition_free};

int weir_read_partitions(struct weir_reader *reader, const char *const *patterns, size_t n_patterns,
                         const struct weir_read_options *options, const struct weir_cancel *cancel,
                         struct weir_partition_iter **out, struct weir_error *err)
{
    AUTO(scan) struct weir__scan *scan = NULL;
    ASSERT(out);
    TRY(scan_begin(reader, patterns, n_patterns, options, cancel, &scan, err));
    struct weir_partition_iter *iter = weir__alloc_zero(reader->table->env, 1, sizeof *iter, err);
    if (!iter)
        return WEIR_NO_MEMORY;
    iter->env = reader->table->env;
    iter->scan = TAKE(scan);
    *out = iter;
    return WEIR_OK;
}

int weir_partition_iter_next(struct weir_partition_iter *iter, const char **out_partition,
                             struct ArrowArrayStream *out_rows, struct weir_error *err)
{
    ASSERT(iter && out_partition && out_rows);
    TRY(weir__scan_failure(iter->scan, err));
    const char *partition = weir__scan_advance(iter->scan);
    if (partition) {
        struct partition_rows *rows = weir__alloc_zero(iter->env, 1, sizeof *rows, err);
        if (!rows)
            return WEIR_NO_MEMORY;
        rows->env = iter->env;
        rows->scan = weir__scan_ref(iter->scan);
        rows->position = weir__scan_position(iter->scan);
        int status = weir__stream_make(iter->env, &partition_ops, rows, out_rows, err);
        if (status != WEIR_OK) {
            partition_free(rows);
            return status;
        }
    }
    *out_partition = partition;
    return WEIR_OK;
}

void weir_partition_iter_free(struct weir_partition_iter *iter)
{
    if (!iter)
        return;
    const struct weir_env *env = iter->env;
    weir__scan_unref(iter->scan);
    weir__free(env, iter);
}
