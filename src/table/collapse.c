/* collapse.c: rules as columns are used as they are; callbacks are asked once for each row and
 * become columns of their own. */
#include "table/collapse.h"

#include "table/partition.h"

#define ENTITY_MAX_BYTES ((size_t)1 << 20) /* of one row */

static int bytes_sink(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    struct weir__buf *buf = ctx;
    return weir__buf_append(buf, data, n, err);
}

static int entity_column(const struct weir_reader *reader, const struct ArrowSchema *schema,
                         const struct ArrowArray *batch, struct ArrowSchema *out_schema,
                         struct ArrowArray *out, struct weir_error *err)
{
    const struct weir_env *env = reader->table->env;
    AUTO(builder) struct weir__builder *builder = NULL;
    AUTO(buf) struct weir__buf bytes = weir__buf_make(env, ENTITY_MAX_BYTES);
    struct weir_sink sink = {bytes_sink, &bytes};
    TRY(weir__schema_make(env, "z", "entity", false, 0, out_schema, err));
    TRY(weir__builder_new(env, out_schema, &builder, err));
    for (int64_t row = 0; row < batch->length; row++) {
        weir__buf_clear(&bytes);
        TRY(reader->entity_fn(reader->entity_arg, schema, batch, row, &sink, err));
        TRY(weir__builder_bytes_append(builder, bytes.data, bytes.len, err));
    }
    return weir__builder_finish(builder, out, err);
}

static int version_column(const struct weir_reader *reader, const struct ArrowSchema *schema,
                          const struct ArrowArray *batch, struct ArrowSchema *out_schema,
                          struct ArrowArray *out, struct weir_error *err)
{
    const struct weir_env *env = reader->table->env;
    AUTO(builder) struct weir__builder *builder = NULL;
    TRY(weir__schema_make(env, "l", "version", false, 0, out_schema, err));
    TRY(weir__builder_new(env, out_schema, &builder, err));
    for (int64_t row = 0; row < batch->length; row++) {
        int64_t version = 0;
        TRY(reader->version_fn(reader->version_arg, schema, batch, row, &version, err));
        TRY(weir__builder_int(builder, version, err));
    }
    return weir__builder_finish(builder, out, err);
}

/* The batch with up to two more columns; all borrowed. */
struct extended {
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct ArrowSchema **schema_list;
    struct ArrowArray *arrays, **array_list;
    const void *no_validity[1];
};

static int extend(struct weir__region *region, const struct ArrowSchema *schema,
                  const struct ArrowArray *batch, struct extended *out, struct weir_error *err)
{
    size_t n = (size_t)schema->n_children;
    out->schema_list = weir__region_pointers(region, n + 2, err);
    out->arrays = weir__region_alloc(region, n + 2, sizeof *out->arrays, err);
    out->array_list = weir__region_pointers(region, n + 2, err);
    if (!out->schema_list || !out->arrays || !out->array_list)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        out->schema_list[i] = schema->children[i];
        out->arrays[i] = weir__borrow_column(batch, (int64_t)i);
        out->array_list[i] = &out->arrays[i];
    }
    out->schema = *schema;
    out->schema.children = out->schema_list;
    out->batch = weir__borrow(batch);
    out->batch.offset = 0;
    out->batch.null_count = 0;
    out->batch.n_buffers = 1;
    out->batch.buffers = out->no_validity;
    out->batch.children = out->array_list;
    return WEIR_OK;
}

/* Returns the index of the added column. */
static int64_t extended_add(struct extended *e, struct ArrowSchema *schema,
                            const struct ArrowArray *array)
{
    int64_t i = e->schema.n_children++;
    e->schema_list[i] = schema;
    e->arrays[i] = weir__borrow(array);
    e->array_list[i] = &e->arrays[i];
    e->batch.n_children = e->schema.n_children;
    return i;
}

static int column_of(const struct ArrowSchema *schema, const char *what, const char *name,
                     int64_t *out, struct weir_error *err)
{
    *out = weir__schema_find(schema, name);
    if (*out < 0)
        return weir__fail(err, WEIR_NOT_FOUND, "%s column '%s' is not in the table", what, name);
    return WEIR_OK;
}

int weir__collapse(const struct weir_reader *reader, const struct ArrowSchema *schema,
                   const struct ArrowArray *batch, bool history, int64_t **out_rows, int64_t *out_n,
                   struct weir_error *err)
{
    const struct weir_env *env = reader->table->env;
    AUTO(region) struct weir__region region = weir__region_make(env);
    AUTO(schema) struct ArrowSchema entity_schema = {0};
    AUTO(schema) struct ArrowSchema version_schema = {0};
    AUTO(array) struct ArrowArray entity = {0};
    AUTO(array) struct ArrowArray version = {0};
    struct extended e = {0};
    size_t n_entity = reader->entity_fn ? 1 : reader->n_entity_columns;
    int64_t *entity_columns = weir__region_alloc(&region, n_entity, sizeof *entity_columns, err);
    int64_t version_at = 0;
    if (!entity_columns)
        return WEIR_NO_MEMORY;
    TRY(extend(&region, schema, batch, &e, err));
    if (reader->entity_fn) {
        TRY(entity_column(reader, schema, batch, &entity_schema, &entity, err));
        entity_columns[0] = extended_add(&e, &entity_schema, &entity);
    } else {
        for (size_t i = 0; i < n_entity; i++)
            TRY(column_of(schema, "entity", reader->entity_columns[i], &entity_columns[i], err));
    }
    if (reader->version_fn) {
        TRY(version_column(reader, schema, batch, &version_schema, &version, err));
        version_at = extended_add(&e, &version_schema, &version);
    } else {
        TRY(column_of(schema, "version", reader->version_column, &version_at, err));
    }
    int64_t *rows = weir__alloc_zero(env, (size_t)batch->length, sizeof *rows, err);
    if (!rows)
        return WEIR_NO_MEMORY;
    int status = weir__dedup(env, &e.schema, &e.batch, entity_columns, n_entity, version_at,
                             history ? WEIR__DEDUP_REPLICA : WEIR__DEDUP_LATEST, rows, out_n, err);
    if (status != WEIR_OK) {
        weir__free(env, rows);
        return status;
    }
    *out_rows = rows;
    return WEIR_OK;
}
