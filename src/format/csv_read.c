/* csv_read.c: CSV records into column buffers.
 *
 * Not here: where fields begin and end (csv_split.h) and what their text means (text_value.h). */
#include <weir/format.h>

#include "format/csv_infer.h"
#include "format/text_value.h"

#include <inttypes.h>

struct csv {
    const struct weir_env *env;
    struct weir__text_settings settings;
    struct weir__text_window window;
    struct weir__csv_split split;
    struct ArrowSchema schema;
    struct weir__text_column root;
    struct weir__text_column **columns; /* of the fields of a record; NULL: dropped */
    size_t n_columns;
    struct weir__buf scratch;
    int64_t rows_a_batch;
};

/* The column names as members of `root`, from the header or made up. */
static int names_read(struct csv *c, struct weir__infer *root, struct weir_error *err)
{
    for (size_t i = 0; i < c->split.n_fields; i++) {
        char made_up[24] = "c";
        struct weir__str name;
        TRY(weir__csv_field_text(&c->split.fields[i], &c->scratch, &name, err));
        if (c->settings.no_header || name.len == 0)
            name = (struct weir__str){made_up, 1 + weir__format_u64(i, made_up + 1)};
        struct weir__infer *column;
        int status = weir__infer_member(root, name, &column, err);
        if (status)
            return weir__error_prefix(err, status, "%s: header", c->settings.name);
        if (root->n_members != i + 1) {
            char shown[64];
            return weir__fail(err, WEIR_INVALID, "%s: header: column %s given twice",
                              c->settings.name, weir__text_shown(name, shown));
        }
    }
    return WEIR_OK;
}

/* Without a header the first record is looked at for its number of fields, and read again. */
static int header_read(struct csv *c, struct weir__infer *root, struct weir_error *err)
{
    bool has_record = false;
    c->split.row = c->settings.no_header ? 0 : -1;
    TRY(weir__csv_split_next(&c->split, &has_record, err));
    size_t before = c->window.begin;
    if (!has_record)
        return WEIR_OK;
    TRY(names_read(c, root, err));
    if (c->settings.no_header) {
        /* the window may have moved, but the record is still in it */
        c->window.begin = (size_t)(c->split.fields[0].data - c->window.data) -
                          (c->split.fields[0].is_quoted ? 1 : 0);
        ASSERT(c->window.begin < before);
        weir__csv_split_restart(&c->split, 0);
    }
    return WEIR_OK;
}

/* Which column of the given schema each field is. */
static int fields_match(struct csv *c, const struct weir__infer *root, struct weir_error *err)
{
    if (c->settings.no_header && root->n_members > (size_t)c->root.n_children &&
        !c->settings.ignore_unknown) {
        c->split.row = 1;
        return weir__csv_fail_fields(&c->split, (size_t)c->root.n_children, err);
    }
    for (size_t i = 0; i < c->n_columns; i++) {
        const struct weir__infer *member = root->members[i];
        struct weir__text_column *column = NULL;
        if (!c->settings.no_header) {
            column = weir__text_column_find(&c->root, member->name, member->name_len);
        } else if (i < (size_t)c->root.n_children) {
            column = &c->root.children[i];
        }
        if (!column && !c->settings.ignore_unknown) {
            char shown[64];
            struct weir__str name = {member->name, member->name_len};
            return weir__fail(err, WEIR_INVALID, "%s: header: unknown column %s", c->settings.name,
                              weir__text_shown(name, shown));
        }
        c->columns[i] = column;
    }
    return WEIR_OK;
}

static int fail_column(const struct csv *c, const struct weir__text_column *column,
                       const char *problem, struct weir_error *err)
{
    return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": column %s: %s", c->settings.name,
                      c->split.row, column->name, problem);
}

static int null_put(struct csv *c, struct weir__text_column *column, int64_t i,
                    struct weir_error *err)
{
    if (!column->is_nullable)
        return fail_column(c, column, "empty, but the column is not nullable", err);
    return weir__text_null(column, i, err);
}

static int string_put(struct weir__text_column *column, int64_t i,
                      const struct weir__csv_field *field, struct weir_error *err)
{
    TRY(weir__text_slot(column, i, err));
    TRY(weir__text_bytes_room(column, field->len, err));
    uint8_t *to = column->bytes + column->n_bytes;
    if (LIKELY(field->len <= 32 && !field->has_doubled)) {
        memcpy(to, field->data, 32); /* both sides have room, and a fixed length is no call */
        column->n_bytes += field->len;
    } else {
        column->n_bytes += weir__csv_field_copy(field, to);
    }
    weir__text_bytes_end(column, i);
    return WEIR_OK;
}

/* The common shapes of the common types; *out_done false: let the general road decide. */
static int short_put(struct weir__text_column *column, int64_t i,
                     const struct weir__csv_field *field, bool *out_done, struct weir_error *err)
{
    struct weir__str text = {(const char *)field->data, field->len};
    int64_t integer;
    double number;
    *out_done = false;
    if (column->type.kind == WEIR__KIND_INT64 && weir__text_short_i64(text, &integer)) {
        TRY(weir__text_slot(column, i, err));
        weir__text_put_i64(column, i, integer);
        *out_done = true;
    } else if (column->type.kind == WEIR__KIND_FLOAT64 && weir__text_short_f64(text, &number)) {
        TRY(weir__text_slot(column, i, err));
        weir__text_put_f64(column, i, number);
        *out_done = true;
    }
    return WEIR_OK;
}

static int field_put(struct csv *c, struct weir__text_column *column, int64_t i,
                     const struct weir__csv_field *field, struct weir_error *err)
{
    struct weir__str text;
    bool is_done;
    bool is_string =
        column->type.kind == WEIR__KIND_STRING || column->type.kind == WEIR__KIND_LARGE_STRING;
    bool has_empty = is_string || weir__kind_is_binary(column->type.kind);
    if (weir__csv_field_is_null(&c->settings, field) || (field->len == 0 && !has_empty))
        return null_put(c, column, i, err);
    if (is_string)
        return string_put(column, i, field, err);
    TRY(short_put(column, i, field, &is_done, err));
    if (is_done)
        return WEIR_OK;
    TRY(weir__csv_field_text(field, &c->scratch, &text, err));
    int status = weir__text_put(column, i, text, err);
    if (status == WEIR__TEXT_MISFIT)
        return weir__text_fail_misfit(column, c->settings.name, c->split.row, text, err);
    return status;
}

static int record_put(struct csv *c, int64_t i, struct weir_error *err)
{
    if (UNLIKELY(c->split.n_fields != c->n_columns))
        return weir__csv_fail_fields(&c->split, c->n_columns, err);
    TRY(weir__text_slot(&c->root, i, err));
    for (size_t k = 0; k < c->n_columns; k++) {
        if (c->columns[k])
            TRY(field_put(c, c->columns[k], i, &c->split.fields[k], err));
    }
    for (int64_t k = 0; c->root.has_required && k < c->root.n_children; k++) {
        const struct weir__text_column *column = &c->root.children[k];
        if (!column->is_nullable && column->length != i + 1)
            return fail_column(c, column, "missing, but the column is not nullable", err);
    }
    return WEIR_OK;
}

static int csv_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct csv *c = ctx;
    int64_t n_rows = 0, n_bytes = 0;
    while (n_rows < c->rows_a_batch && n_bytes < c->settings.batch_bytes) {
        bool has_record = false;
        TRY(weir__csv_split_next(&c->split, &has_record, err));
        if (!has_record)
            break;
        n_bytes += (int64_t)c->split.n_bytes;
        TRY(record_put(c, n_rows, err));
        n_rows++;
    }
    if (n_rows == 0) {
        *out = (struct ArrowArray){0};
        return WEIR_OK;
    }
    return weir__text_column_finish(&c->root, n_rows, out, err);
}

static int csv_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct csv *c = ctx;
    return weir__schema_copy(c->env, &c->schema, out, err);
}

static void csv_free(void *ctx)
{
    struct csv *c = ctx;
    weir__text_column_dispose(&c->root);
    weir__schema_freep(&c->schema);
    weir__csv_split_dispose(&c->split);
    weir__text_window_dispose(&c->window);
    weir__buf_dispose(&c->scratch);
    weir__text_settings_dispose(&c->settings);
    weir__free(c->env, (const void *)c->columns);
    weir__free(c->env, c);
}

static const struct weir__stream_ops csv_ops = {csv_schema, csv_next, csv_free};

/* Values of CSV are scalars: a list or struct has no text of its own. */
static int check_flat(const struct csv *c, struct weir_error *err)
{
    for (int64_t i = 0; i < c->root.n_children; i++) {
        const struct weir__text_column *column = &c->root.children[i];
        char words[128];
        weir__type_describe(&column->type, words);
        if (column->n_children > 0) {
            return weir__fail(err, WEIR_UNSUPPORTED, "%s: column %s: %s cannot be read from CSV",
                              c->settings.name, column->name, words);
        }
    }
    return WEIR_OK;
}

/* The schema, given or from the sample, and which field goes to which column. */
static int columns_begin(struct csv *c, struct weir__infer *root,
                         const struct weir_text_read_options *options, struct weir_error *err)
{
    c->n_columns = root->n_members;
    c->columns =
        weir__alloc_zero(c->env, c->n_columns + 1, sizeof(struct weir__text_column *), err);
    if (!c->columns)
        return WEIR_NO_MEMORY;
    if (c->settings.has_schema) {
        TRY(weir__schema_copy(c->env, options->schema, &c->schema, err));
    } else {
        if (!c->settings.all_strings)
            TRY(weir__csv_infer(&c->split, root, err));
        TRY(weir__infer_schema(root, &c->schema, err));
    }
    TRY(weir__text_column_init(c->env, &c->schema, NULL, &c->root, err));
    if (c->root.type.kind != WEIR__KIND_STRUCT)
        return weir__fail(err, WEIR_INVALID, "%s: the schema is no struct", c->settings.name);
    TRY(check_flat(c, err));
    if (c->settings.has_schema)
        return fields_match(c, root, err);
    weir__infer_mark(root, &c->root);
    for (size_t i = 0; i < c->n_columns; i++)
        c->columns[i] = &c->root.children[i];
    return WEIR_OK;
}

static int csv_begin(struct csv *c, const struct weir_text_read_options *options,
                     struct weir_error *err)
{
    AUTO(infer) struct weir__infer *root = NULL;
    TRY(weir__text_settings_init(c->env, options, &c->settings, err));
    weir__csv_split_init(&c->split, &c->settings, &c->window);
    TRY(weir__infer_new(c->env, &root, err));
    TRY(weir__text_fill_sample(&c->settings, &c->window, err));
    weir__csv_split_restart(&c->split, 0);
    TRY(header_read(c, root, err));
    TRY(columns_begin(c, root, options, err));
    c->rows_a_batch = weir__text_rows_a_batch(&c->root, c->settings.batch_rows);
    return WEIR_OK;
}

int weir_csv_read(const struct weir_env *env, const struct weir_source *source,
                  const struct weir_text_read_options *options, struct ArrowArrayStream *out,
                  struct weir_error *err)
{
    struct csv *c = weir__alloc_zero(env, 1, sizeof *c, err);
    if (!c)
        return WEIR_NO_MEMORY;
    c->env = env;
    c->window = weir__text_window_make(env, source);
    c->scratch = weir__buf_make(env, SIZE_MAX / 2);
    int status = csv_begin(c, options, err);
    if (status == WEIR_OK)
        status = weir__stream_make(env, &csv_ops, c, out, err);
    if (status)
        csv_free(c);
    return status;
}
