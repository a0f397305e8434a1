/* partition.c: grouping. Keys are made once for each distinct value, not once for each row: the
 * columns are grouped by value first (times after cutting them to the resolution of their format),
 * then equal keys are joined, then rows are dealt out by counting. */
#include "table/partition.h"

#include "table/grammar.h"
#include "table/key.h"

#include <stdlib.h>

/* A batch cut into groups of equal values. */
struct grouped {
    int64_t *group_of_row;
    const char **keys; /* of each group */
    size_t n_groups;
    size_t *ordinals; /* of each group: its partition */
};

/* One group of one batch, for sorting. */
struct group_name {
    const char *key;
    size_t batch, group;
};

static int group_name_compare(const void *a, const void *b)
{
    const struct group_name *left = a;
    const struct group_name *right = b;
    int order = strcmp(left->key, right->key); /* keys have no NUL: this is bytewise */
    if (order == 0 && left->batch != right->batch)
        order = left->batch < right->batch ? -1 : 1;
    if (order == 0)
        order = left->group < right->group ? -1 : left->group > right->group;
    return order;
}

static int key_by_rules(const struct weir__partitioner *p, const struct weir__value_rule *rules,
                        const struct ArrowSchema *schema, const struct ArrowArray *batch,
                        int64_t row, struct weir__buf *out, struct weir_error *err)
{
    for (size_t i = 0; i < p->n_rules; i++) {
        if (i > 0)
            TRY(weir__buf_byte(out, '/', err));
        TRY(weir__buf_append_text(out, p->parts[i], err));
        TRY(weir__buf_byte(out, '=', err));
        int status = weir__value_append(&rules[i], schema, batch, row, p->empty_as_null, out, err);
        if (status != WEIR_OK)
            return weir__error_prefix(err, status, "row %jd", (intmax_t)row + 1);
    }
    return WEIR_OK;
}

static int key_by_callback(const struct weir__partitioner *p, const struct ArrowSchema *schema,
                           const struct ArrowArray *batch, int64_t row, struct weir__buf *out,
                           struct weir_error *err)
{
    char key[WEIR_PARTITION_KEY_MAX_BYTES];
    size_t len = 0;
    TRY(p->fn(p->fn_arg, schema, batch, row, key, &len, err));
    if (len > sizeof key) {
        return weir__fail(err, WEIR_INVALID, "row %jd: partition key of %zu bytes",
                          (intmax_t)row + 1, len);
    }
    int status =
        weir__partition_check(p->parts, p->n_rules, (struct weir__str){key, len}, true, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "row %jd", (intmax_t)row + 1);
    return weir__buf_append(out, key, len, err);
}

static int rules_make(const struct weir__partitioner *p, const struct ArrowSchema *schema,
                      struct weir__region *region, struct weir__value_rule **out,
                      struct weir_error *err)
{
    struct weir__value_rule *rules = weir__region_alloc(region, p->n_rules, sizeof *rules, err);
    if (!rules)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < p->n_rules; i++)
        TRY(weir__value_rule_make(&p->rules[i], schema, &rules[i], err));
    *out = rules;
    return WEIR_OK;
}

int weir__partition_key(const struct weir__partitioner *p, const struct ArrowSchema *schema,
                        const struct ArrowArray *batch, int64_t row, struct weir__buf *out,
                        struct weir_error *err)
{
    AUTO(region) struct weir__region region = weir__region_make(p->env);
    struct weir__value_rule *rules = NULL;
    if (p->fn)
        return key_by_callback(p, schema, batch, row, out, err);
    TRY(rules_make(p, schema, &region, &rules, err));
    return key_by_rules(p, rules, schema, batch, row, out, err);
}

/* ---- Grouping by value ----------------------------------------------------------------------- */

/* A temporary struct batch of the columns that decide; its arrays are borrowed or in the region. */
struct deciding {
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ArrowSchema *schemas, **schema_list;
    struct ArrowArray *arrays, **array_list;
    const void *no_validity[1];
};

static const char int64_format[] = "l";
static const char struct_format[] = "+s";

static int64_t floor_step(int64_t value, int64_t step)
{
    return value / step - (value % step < 0);
}

/* Column of times cut to the resolution of the format. */
static int column_of_steps(const struct weir__value_rule *rule, const struct ArrowSchema *schema,
                           const struct ArrowArray *column, struct weir__region *region,
                           struct ArrowSchema *out_schema, struct ArrowArray *out,
                           struct weir_error *err)
{
    struct weir__view view = {0};
    TRY(weir__view_make(schema, column, &view, err));
    int64_t *steps = weir__region_alloc(region, (size_t)column->length, sizeof *steps, err);
    uint8_t *validity = weir__region_alloc(region, (size_t)column->length / 8 + 1, 1, err);
    const void **buffers = weir__region_alloc(region, 2, sizeof *buffers, err);
    if (!steps || !validity || !buffers)
        return WEIR_NO_MEMORY;
    int64_t n_nulls = 0;
    for (int64_t i = 0; i < column->length; i++) {
        if (weir__view_is_null(&view, i)) {
            n_nulls++;
            continue;
        }
        weir__bit_set(validity, i);
        steps[i] = floor_step(weir__view_int(&view, i), rule->per_resolution);
    }
    buffers[0] = n_nulls > 0 ? validity : NULL;
    buffers[1] = steps;
    *out_schema = *schema;
    out_schema->format = int64_format;
    *out = weir__borrow(column);
    out->null_count = n_nulls;
    out->offset = 0;
    out->buffers = buffers;
    return WEIR_OK;
}

static int deciding_make(const struct weir__partitioner *p, const struct weir__value_rule *rules,
                         const struct ArrowSchema *schema, const struct ArrowArray *batch,
                         struct weir__region *region, struct deciding *out, struct weir_error *err)
{
    size_t n = p->n_rules;
    out->schemas = weir__region_alloc(region, n, sizeof *out->schemas, err);
    out->schema_list = weir__region_pointers(region, n, err);
    out->arrays = weir__region_alloc(region, n, sizeof *out->arrays, err);
    out->array_list = weir__region_pointers(region, n, err);
    if (!out->schemas || !out->schema_list || !out->arrays || !out->array_list)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct ArrowSchema *column_schema = schema->children[rules[i].column];
        out->arrays[i] = weir__borrow_column(batch, rules[i].column);
        out->schemas[i] = *column_schema;
        out->schema_list[i] = &out->schemas[i];
        out->array_list[i] = &out->arrays[i];
        if (rules[i].per_resolution > 0 && !rules[i].type.is_dictionary) {
            struct ArrowArray column = out->arrays[i];
            TRY(column_of_steps(&rules[i], column_schema, &column, region, &out->schemas[i],
                                &out->arrays[i], err));
        }
    }
    out->schema = *schema;
    out->schema.format = struct_format;
    out->schema.n_children = (int64_t)n;
    out->schema.children = out->schema_list;
    out->array = weir__borrow(batch);
    out->array.offset = 0;
    out->array.null_count = 0;
    out->array.n_buffers = 1;
    out->array.buffers = out->no_validity;
    out->array.n_children = (int64_t)n;
    out->array.children = out->array_list;
    return WEIR_OK;
}

static int keys_of_groups(const struct weir__partitioner *p, const struct weir__value_rule *rules,
                          const struct weir__input *one, const int64_t *first,
                          struct weir__region *region, struct grouped *out, struct weir_error *err)
{
    AUTO(buf) struct weir__buf key = weir__buf_make(p->env, WEIR__KEY_MAX_BYTES);
    for (size_t g = 0; g < out->n_groups; g++) {
        weir__buf_clear(&key);
        TRY(key_by_rules(p, rules, one->schema, one->batches, first[g], &key, err));
        out->keys[g] =
            weir__region_text(region, (struct weir__str){(const char *)key.data, key.len}, err);
        if (!out->keys[g])
            return WEIR_NO_MEMORY;
    }
    return WEIR_OK;
}

static int group_by_rules(const struct weir__partitioner *p, const struct weir__value_rule *rules,
                          const struct ArrowSchema *schema, const struct ArrowArray *batch,
                          struct weir__region *region, struct grouped *out, struct weir_error *err)
{
    struct deciding deciding = {0};
    int64_t *columns = weir__region_alloc(region, p->n_rules, sizeof *columns, err);
    int64_t *first = NULL;
    int64_t n_groups = 0;
    if (!columns)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < p->n_rules; i++)
        columns[i] = (int64_t)i;
    TRY(deciding_make(p, rules, schema, batch, region, &deciding, err));
    TRY(weir__group_by(p->env, &deciding.schema, &deciding.array, columns, p->n_rules,
                       out->group_of_row, &first, &n_groups, err));
    out->n_groups = (size_t)n_groups;
    out->keys = weir__region_alloc(region, out->n_groups, sizeof *out->keys, err);
    const struct weir__input one = {schema, batch, 1};
    int status =
        out->keys ? keys_of_groups(p, rules, &one, first, region, out, err) : WEIR_NO_MEMORY;
    weir__free(p->env, first);
    return status;
}

/* Each row asks the callback; runs of equal keys share a group, the rest is joined by sorting. */
static int group_by_callback(const struct weir__partitioner *p, const struct ArrowSchema *schema,
                             const struct ArrowArray *batch, struct weir__region *region,
                             struct grouped *out, struct weir_error *err)
{
    AUTO(buf) struct weir__buf key = weir__buf_make(p->env, WEIR__KEY_MAX_BYTES);
    out->keys = weir__region_alloc(region, (size_t)batch->length, sizeof *out->keys, err);
    if (!out->keys)
        return WEIR_NO_MEMORY;
    for (int64_t row = 0; row < batch->length; row++) {
        weir__buf_clear(&key);
        TRY(key_by_callback(p, schema, batch, row, &key, err));
        struct weir__str text = {(const char *)key.data, key.len};
        if (out->n_groups == 0 || !weir__str_is(text, out->keys[out->n_groups - 1])) {
            out->keys[out->n_groups] = weir__region_text(region, text, err);
            if (!out->keys[out->n_groups++])
                return WEIR_NO_MEMORY;
        }
        out->group_of_row[row] = (int64_t)out->n_groups - 1;
    }
    return WEIR_OK;
}

/* ---- Joining and dealing --------------------------------------------------------------------- */

/* Number the distinct keys in bytewise order; every group learns its number. */
static int ordinals_assign(struct grouped *batches, size_t n_batches, struct weir__region *region,
                           struct weir__rows **out, size_t *out_n, struct weir_error *err)
{
    size_t n = 0;
    for (size_t b = 0; b < n_batches; b++)
        n += batches[b].n_groups;
    struct group_name *names = weir__region_alloc(region, n, sizeof *names, err);
    struct weir__rows *rows = weir__region_alloc(region, n, sizeof *rows, err);
    if (!names || !rows)
        return WEIR_NO_MEMORY;
    size_t at = 0;
    for (size_t b = 0; b < n_batches; b++) {
        batches[b].ordinals =
            weir__region_alloc(region, batches[b].n_groups, sizeof *batches[b].ordinals, err);
        if (!batches[b].ordinals)
            return WEIR_NO_MEMORY;
        for (size_t g = 0; g < batches[b].n_groups; g++)
            names[at++] = (struct group_name){batches[b].keys[g], b, g};
    }
    if (n > 0)
        qsort(names, n, sizeof *names, group_name_compare);
    size_t n_rows = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(names[i].key, names[i - 1].key) != 0)
            rows[n_rows++].partition = names[i].key;
        if (i == 0 || strcmp(names[i].key, names[i - 1].key) != 0 ||
            names[i].batch != names[i - 1].batch)
            rows[n_rows - 1].n_pieces++;
        batches[names[i].batch].ordinals[names[i].group] = n_rows - 1;
    }
    *out = rows;
    *out_n = n_rows;
    return WEIR_OK;
}

/* Append a piece for each partition of one batch. `slots` has one entry for each partition, all 0
 * between calls: how many rows, then where they begin. */
static int batch_deal(const struct grouped *grouped, size_t batch, int64_t n_rows, int64_t *slots,
                      struct weir__region *region, struct weir__rows *rows, struct weir_error *err)
{
    int64_t *dealt = weir__region_alloc(region, (size_t)n_rows, sizeof *dealt, err);
    if (!dealt)
        return WEIR_NO_MEMORY;
    for (int64_t i = 0; i < n_rows; i++)
        slots[grouped->ordinals[grouped->group_of_row[i]]]++;
    int64_t begin = 0;
    for (size_t g = 0; g < grouped->n_groups; g++) {
        size_t ordinal = grouped->ordinals[g];
        struct weir__rows *to = &rows[ordinal];
        bool is_new = to->n_pieces == 0 || to->pieces[to->n_pieces - 1].batch != batch;
        if (!is_new)
            continue; /* another group of the same key began it */
        int64_t n = slots[ordinal];
        to->pieces[to->n_pieces++] =
            (struct weir__piece){batch, n == n_rows ? NULL : dealt + begin, n};
        to->n_rows += n;
        slots[ordinal] = begin;
        begin += n;
    }
    for (int64_t i = 0; i < n_rows; i++) {
        size_t ordinal = grouped->ordinals[grouped->group_of_row[i]];
        dealt[slots[ordinal]++] = i;
    }
    for (size_t g = 0; g < grouped->n_groups; g++)
        slots[grouped->ordinals[g]] = 0;
    return WEIR_OK;
}

static int rows_deal(const struct weir__input *input, const struct grouped *batches,
                     struct weir__region *region, struct weir__rows *rows, size_t n,
                     struct weir_error *err)
{
    int64_t *slots = weir__region_alloc(region, n, sizeof *slots, err);
    if (!slots)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        rows[i].pieces = weir__region_alloc(region, rows[i].n_pieces, sizeof *rows[i].pieces, err);
        if (!rows[i].pieces)
            return WEIR_NO_MEMORY;
        rows[i].n_pieces = 0; /* counts again while dealing */
    }
    for (size_t b = 0; b < input->n_batches; b++) {
        if (input->batches[b].length > 0)
            TRY(batch_deal(&batches[b], b, input->batches[b].length, slots, region, rows, err));
    }
    return WEIR_OK;
}

int weir__partition_group(const struct weir__partitioner *p, const struct weir__input *input,
                          struct weir__region *region, struct weir__rows **out, size_t *out_n,
                          struct weir_error *err)
{
    struct weir__value_rule *rules = NULL;
    if (!p->fn)
        TRY(rules_make(p, input->schema, region, &rules, err));
    struct grouped *batches = weir__region_alloc(region, input->n_batches, sizeof *batches, err);
    if (!batches)
        return WEIR_NO_MEMORY;
    for (size_t b = 0; b < input->n_batches; b++) {
        const struct ArrowArray *batch = &input->batches[b];
        if (batch->length == 0)
            continue;
        batches[b].group_of_row =
            weir__region_alloc(region, (size_t)batch->length, sizeof(int64_t), err);
        if (!batches[b].group_of_row)
            return WEIR_NO_MEMORY;
        int status = p->fn
                         ? group_by_callback(p, input->schema, batch, region, &batches[b], err)
                         : group_by_rules(p, rules, input->schema, batch, region, &batches[b], err);
        if (status != WEIR_OK && input->n_batches > 1)
            return weir__error_prefix(err, status, "batch %zu", b);
        TRY(status);
    }
    struct weir__rows *rows = NULL;
    size_t n = 0;
    TRY(ordinals_assign(batches, input->n_batches, region, &rows, &n, err));
    TRY(rows_deal(input, batches, region, rows, n, err));
    *out = rows;
    *out_n = n;
    return WEIR_OK;
}

int weir__partition_single(const struct weir__input *input, const char *key,
                           struct weir__region *region, struct weir__rows *out,
                           struct weir_error *err)
{
    struct weir__rows rows = {0};
    rows.partition = weir__region_text(region, weir__str_of(key), err);
    rows.pieces = weir__region_alloc(region, input->n_batches, sizeof *rows.pieces, err);
    if (!rows.partition || !rows.pieces)
        return WEIR_NO_MEMORY;
    for (size_t b = 0; b < input->n_batches; b++) {
        if (input->batches[b].length == 0)
            continue;
        rows.pieces[rows.n_pieces++] = (struct weir__piece){b, NULL, input->batches[b].length};
        rows.n_rows += input->batches[b].length;
    }
    *out = rows;
    return WEIR_OK;
}
