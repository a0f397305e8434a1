/* adapt.c: what a file has is moved or cast; what it lacks is null, the zero of its type, or the
 * text from the path. */
#include "table/adapt.h"

#include <weir/table.h>

#include "table/grammar.h"

int weir__adapter_make(const struct weir__target *target, const struct ArrowSchema *file_schema,
                       struct weir__region *region, struct weir__adapter *out,
                       struct weir_error *err)
{
    const struct weir_env *env = region->env;
    const struct weir__column *columns = target->columns;
    size_t n_columns = target->n_columns;
    struct weir__adapter adapter = {.env = env, .target = *target};
    adapter.from = weir__region_alloc(region, n_columns, sizeof *adapter.from, err);
    adapter.names = weir__region_alloc(region, n_columns, sizeof *adapter.names, err);
    int64_t *sources = weir__region_alloc(region, n_columns, sizeof *sources, err);
    if (!adapter.from || !adapter.names || !sources)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n_columns; i++) {
        int64_t at = weir__schema_find(file_schema, columns[i].schema->name);
        adapter.from[i] = at >= 0 ? (int64_t)adapter.n_names : -1;
        if (at >= 0) {
            sources[adapter.n_names] = at;
            adapter.names[adapter.n_names++] = columns[i].schema->name;
        }
    }
    TRY(weir__schema_make(env, "+s", "", false, (int64_t)adapter.n_names, &adapter.schema, err));
    for (size_t i = 0; i < adapter.n_names; i++) {
        int status = weir__schema_copy(env, file_schema->children[sources[i]],
                                       adapter.schema.children[i], err);
        if (status != WEIR_OK) {
            weir__adapter_dispose(&adapter);
            return status;
        }
    }
    *out = adapter;
    return WEIR_OK;
}

void weir__adapter_dispose(struct weir__adapter *adapter)
{
    weir__schema_freep(&adapter->schema);
}

/* ---- Columns that a file lacks --------------------------------------------------------------- */

static int zero_append(struct weir__builder *builder, const struct weir__type *type,
                       struct weir_error *err)
{
    static const uint8_t zeros[32];
    switch (type->kind) {
    case WEIR__KIND_FLOAT16:
    case WEIR__KIND_FLOAT32:
    case WEIR__KIND_FLOAT64:
        return weir__builder_float(builder, 0, err);
    case WEIR__KIND_BINARY:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_STRING:
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
        return weir__builder_bytes_append(builder, "", 0, err);
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256:
        return weir__builder_bytes_append(builder, zeros, (size_t)type->width_bytes, err);
    case WEIR__KIND_LIST:
    case WEIR__KIND_LARGE_LIST:
    case WEIR__KIND_MAP:
        return weir__builder_close(builder, err); /* an empty one */
    default:
        return weir__builder_int(builder, 0, err);
    }
}

static bool has_zero(const struct weir__type *type)
{
    switch (type->kind) {
    case WEIR__KIND_STRUCT:
    case WEIR__KIND_FIXED_LIST:
    case WEIR__KIND_FIXED_BINARY:
    case WEIR__KIND_INTERVAL_DAY_TIME:
    case WEIR__KIND_INTERVAL_MONTH_DAY_NANO:
        return false;
    default:
        return true;
    }
}

static int filled_make(const struct weir__adapter *adapter, const struct weir__column *column,
                       int64_t n_rows, struct ArrowArray *out, struct weir_error *err)
{
    AUTO(builder) struct weir__builder *builder = NULL;
    struct weir__type type = {0};
    bool is_nullable = (column->schema->flags & ARROW_FLAG_NULLABLE) != 0;
    TRY(weir__type_parse(column->schema, &type, err));
    if (!is_nullable && !has_zero(&type)) {
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "%s lacks column '%s', which is not nullable and has no zero value",
                          adapter->target.file, column->schema->name);
    }
    TRY(weir__builder_new(adapter->env, column->schema, &builder, err));
    for (int64_t i = 0; i < n_rows; i++)
        TRY(is_nullable ? weir__builder_null(builder, err) : zero_append(builder, &type, err));
    return weir__builder_finish(builder, out, err);
}

/* Value of a part in the path; false = null. */
static bool path_value(const char *partition, int64_t part, struct weir__str *out)
{
    struct weir__segments it = weir__segments_of(weir__str_of(partition));
    struct weir__str segment = STR_NULL;
    for (int64_t i = 0; weir__segments_next(&it, &segment); i++) {
        const char *equals = segment.len > 0 ? memchr(segment.data, '=', segment.len) : NULL;
        if (i != part || !equals)
            continue;
        size_t skip = (size_t)(equals - segment.data) + 1;
        *out = (struct weir__str){segment.data + skip, segment.len - skip};
        return !weir__str_is(*out, WEIR_NULL_PARTITION);
    }
    return false;
}

static int path_column(const struct weir__adapter *adapter, const struct weir__column *column,
                       int64_t n_rows, struct ArrowArray *out, struct weir_error *err)
{
    AUTO(builder) struct weir__builder *builder = NULL;
    struct weir__str value = STR_NULL;
    struct weir__type type = {0};
    TRY(weir__type_parse(column->schema, &type, err));
    if (!weir__kind_is_string(type.kind)) {
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "%s lacks column '%s', and its path gives only text",
                          adapter->target.file, column->schema->name);
    }
    bool is_there = path_value(adapter->target.partition, column->part, &value);
    TRY(weir__builder_new(adapter->env, column->schema, &builder, err));
    for (int64_t i = 0; i < n_rows; i++) {
        TRY(is_there ? weir__builder_bytes_append(builder, value.data, value.len, err)
                     : weir__builder_null(builder, err));
    }
    return weir__builder_finish(builder, out, err);
}

/* ---- Columns that a file has ----------------------------------------------------------------- */

/* Fold the offset of the batch into a child that is about to leave it. */
static void child_detach(struct ArrowArray *batch, int64_t i, struct ArrowArray *out)
{
    int64_t offset = batch->offset;
    int64_t length = batch->length;
    weir__array_move(batch->children[i], out);
    if (offset != 0 || out->length != length) {
        out->offset += offset;
        out->length = length;
        out->null_count = -1;
    }
}

static int nulls_check(const struct weir__adapter *adapter, const struct weir__column *column,
                       const struct ArrowArray *array, struct weir_error *err)
{
    struct weir__view view = {0};
    if ((column->schema->flags & ARROW_FLAG_NULLABLE) != 0)
        return WEIR_OK;
    TRY(weir__view_make(column->schema, array, &view, err));
    if (view.null_count > 0) {
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "%s has nulls in column '%s', which is not nullable",
                          adapter->target.file, column->schema->name);
    }
    return WEIR_OK;
}

static int present_column(const struct weir__adapter *adapter, const struct weir__column *column,
                          int64_t from, struct ArrowArray *batch, struct ArrowArray *out,
                          struct weir_error *err)
{
    AUTO(array) struct ArrowArray array = {0};
    const struct ArrowSchema *have = adapter->schema.children[from];
    child_detach(batch, from, &array);
    if (!weir__schema_equal(have, column->schema)) {
        AUTO(array) struct ArrowArray cast = {0};
        int status = weir__cast(adapter->env, have, &array, column->schema, &cast, err);
        if (status != WEIR_OK)
            return weir__error_prefix(err, status, "%s", adapter->target.file);
        weir__array_freep(&array);
        weir__array_move(&cast, &array);
        TRY(nulls_check(adapter, column, &array, err));
    }
    weir__array_move(&array, out);
    return WEIR_OK;
}

static int columns_apply(const struct weir__adapter *adapter, struct ArrowArray *batch,
                         int64_t n_rows, struct ArrowArray *out, struct weir_error *err)
{
    for (size_t i = 0; i < adapter->target.n_columns; i++) {
        const struct weir__column *column = &adapter->target.columns[i];
        if (adapter->from[i] >= 0) {
            TRY(present_column(adapter, column, adapter->from[i], batch, out->children[i], err));
        } else if (column->part >= 0) {
            TRY(path_column(adapter, column, n_rows, out->children[i], err));
        } else {
            TRY(filled_make(adapter, column, n_rows, out->children[i], err));
        }
    }
    return WEIR_OK;
}

int weir__adapter_apply(const struct weir__adapter *adapter, struct ArrowArray *batch,
                        int64_t n_rows, struct ArrowArray *out, struct weir_error *err)
{
    AUTO(array) struct ArrowArray taken = {0};
    AUTO(array) struct ArrowArray made = {0};
    weir__array_move(batch, &taken);
    TRY(weir__array_make(adapter->env, 1, (int64_t)adapter->target.n_columns, false, &made, err));
    made.length = n_rows;
    TRY(columns_apply(adapter, &taken, n_rows, &made, err));
    weir__array_move(&made, out);
    return WEIR_OK;
}
