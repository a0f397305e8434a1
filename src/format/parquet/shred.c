/* shred.c: nested rows turned into definition and repetition levels (the Dremel encoding).
 *
 * The hard idea: keep a list of level entries, one a row at first, and walk the leaf's steps. An
 * optional node ends the entries that are null; a list replaces each live entry by one for each
 * item. Entries that ended keep the level they had. Flat columns, the common case, never build the
 * list: their validity bitmap is their levels. */
#include "format/parquet/shred.h"

struct weir__shred_space weir__shred_space_make(const struct weir_env *env)
{
    size_t most = SIZE_MAX / 2;
    return (struct weir__shred_space){weir__buf_make(env, most), weir__buf_make(env, most),
                                      weir__buf_make(env, most), weir__buf_make(env, most),
                                      weir__buf_make(env, most), weir__buf_make(env, most),
                                      weir__buf_make(env, most)};
}

void weir__shred_space_dispose(struct weir__shred_space *space)
{
    weir__buf_dispose(&space->definition);
    weir__buf_dispose(&space->repetition);
    weir__buf_dispose(&space->rows);
    weir__buf_dispose(&space->spare);
    weir__buf_dispose(&space->fixed);
    weir__buf_dispose(&space->offsets);
    weir__buf_dispose(&space->bytes);
}

#define ENDED (-1)

struct entries {
    struct weir__shred_space *space;
    int64_t n;
    uint8_t definition, repetition; /* levels of the node at hand */
};

static int64_t *entry_rows(const struct entries *e)
{
    return (int64_t *)(void *)e->space->rows.data;
}

static int entries_start(struct entries *e, int64_t first, int64_t n, struct weir_error *err)
{
    weir__buf_clear(&e->space->rows);
    weir__buf_clear(&e->space->definition);
    weir__buf_clear(&e->space->repetition);
    TRY(weir__buf_reserve(&e->space->rows, (size_t)n * sizeof(int64_t), err));
    TRY(weir__buf_reserve(&e->space->definition, (size_t)n, err));
    TRY(weir__buf_reserve(&e->space->repetition, (size_t)n, err));
    for (int64_t i = 0; i < n; i++)
        entry_rows(e)[i] = first + i;
    if (n) {
        memset(e->space->definition.data, 0, (size_t)n);
        memset(e->space->repetition.data, 0, (size_t)n);
    }
    e->n = n;
    return WEIR_OK;
}

static bool element_is_null(const struct weir__view *view, const struct weir__view *values,
                            int64_t row)
{
    if (view->type.kind == WEIR__KIND_NULL || weir__view_is_null(view, row))
        return true;
    return values && weir__view_is_null(values, weir__view_index(view, row));
}

/* Positions in entries are relative to the view, so the array's own offset is the view's business.
 */
static void step_null(struct entries *e, const struct weir__view *view,
                      const struct weir__view *values)
{
    int64_t *rows = entry_rows(e);
    uint8_t *definition = e->space->definition.data;
    for (int64_t i = 0; i < e->n; i++) {
        if (rows[i] == ENDED)
            continue;
        if (element_is_null(view, values, rows[i]))
            rows[i] = ENDED;
        else
            definition[i] = (uint8_t)(e->definition + 1);
    }
    e->definition++;
}

static void item_range(const struct weir__view *view, int64_t row, int64_t *from, int64_t *to)
{
    if (view->offsets32) {
        *from = view->offsets32[row];
        *to = view->offsets32[row + 1];
    } else if (view->offsets64) {
        *from = view->offsets64[row];
        *to = view->offsets64[row + 1];
    } else {
        *from = (view->offset + row) * view->type.list_size;
        *to = *from + view->type.list_size;
    }
}

static int64_t expanded_count(const struct entries *e, const struct weir__view *view)
{
    int64_t total = 0;
    for (int64_t i = 0; i < e->n; i++) {
        int64_t from = 0, to = 1, row = entry_rows(e)[i];
        if (row != ENDED)
            item_range(view, row, &from, &to);
        total += to > from ? to - from : 1;
    }
    return total;
}

/* Expand every live entry into its items; an empty list ends with the level it has. */
static int step_list(struct entries *e, const struct weir__view *view, struct weir_error *err)
{
    struct weir__shred_space *space = e->space;
    size_t total = (size_t)expanded_count(e, view);
    weir__buf_clear(&space->spare);
    TRY(weir__buf_reserve(&space->spare, total * (sizeof(int64_t) + 2), err));
    int64_t *rows = (int64_t *)(void *)space->spare.data;
    uint8_t *definition = (uint8_t *)(rows + total);
    uint8_t *repetition = definition + total;
    size_t at = 0;
    for (int64_t i = 0; i < e->n; i++) {
        int64_t from = 0, to = 0, row = entry_rows(e)[i];
        if (row != ENDED)
            item_range(view, row, &from, &to);
        repetition[at] = space->repetition.data[i];
        if (from >= to) {
            rows[at] = ENDED;
            definition[at++] = space->definition.data[i];
            continue;
        }
        for (int64_t k = from; k < to; k++, at++) {
            rows[at] = k;
            definition[at] = (uint8_t)(e->definition + 1);
            if (k > from)
                repetition[at] = (uint8_t)(e->repetition + 1);
        }
    }
    ASSERT(at == total);
    TRY(weir__buf_reserve(&space->rows, total * sizeof(int64_t), err));
    TRY(weir__buf_reserve(&space->definition, total, err));
    TRY(weir__buf_reserve(&space->repetition, total, err));
    memcpy(space->rows.data, rows, total * sizeof(int64_t));
    memcpy(space->definition.data, definition, total);
    memcpy(space->repetition.data, repetition, total);
    e->n = (int64_t)total;
    e->definition++;
    e->repetition++;
    return WEIR_OK;
}

/* The view of a leaf, and of its dictionary's values when it has one. */
static int leaf_views(const struct weir__write_leaf *leaf, const struct ArrowArray *array,
                      struct weir__view *view, struct weir__view *values, bool *has_values,
                      struct weir_error *err)
{
    TRY(weir__view_make(leaf->schema, array, view, err));
    *has_values = view->type.is_dictionary;
    if (!*has_values)
        return WEIR_OK;
    if (!array->dictionary)
        return weir__fail(err, WEIR_INVALID, "column %.*s: no dictionary", STR_ARG(leaf->dotted));
    return weir__view_make(leaf->schema->dictionary, array->dictionary, values, err);
}

/* The list of live positions, compacted in place; for a dictionary, positions in its values. */
static void rows_compact(struct entries *e, const struct weir__view *indices, int64_t *out_n)
{
    int64_t *rows = entry_rows(e);
    int64_t n = 0;
    for (int64_t i = 0; i < e->n; i++) {
        if (rows[i] != ENDED)
            rows[n++] = indices ? weir__view_index(indices, rows[i]) : rows[i];
    }
    *out_n = n;
}

static int shred_nested(const struct weir__write_leaf *leaf, const struct ArrowArray *batch,
                        int64_t from, int64_t n, struct weir__shred_space *space,
                        struct weir__shredded *out, struct weir_error *err)
{
    struct entries e = {.space = space};
    TRY(entries_start(&e, from, n, err));
    const struct ArrowArray *array = batch;
    struct weir__view view = {0}, values = {0};
    bool has_values = false;
    for (size_t s = 0; s < leaf->n_steps; s++) {
        const struct weir__step *step = &leaf->steps[s];
        bool is_leaf = step->op == WEIR__STEP_NULL && step->schema == leaf->schema;
        if (is_leaf)
            TRY(leaf_views(leaf, array, &view, &values, &has_values, err));
        else
            TRY(weir__view_make(step->schema, array, &view, err));
        if (step->op == WEIR__STEP_NULL) {
            step_null(&e, &view, has_values ? &values : NULL);
            continue;
        }
        if (step->op == WEIR__STEP_LIST)
            TRY(step_list(&e, &view, err));
        else if (view.offset)
            /* struct children do not carry the parent's offset */
            for (int64_t i = 0; i < e.n; i++)
                entry_rows(&e)[i] += entry_rows(&e)[i] == ENDED ? 0 : view.offset;
        array = array->children[step->child];
    }
    TRY(leaf_views(leaf, array, &view, &values, &has_values, err));
    *out = (struct weir__shredded){.n_rows = n,
                                   .n_levels = e.n,
                                   .definition = space->definition.data,
                                   .repetition = space->repetition.data,
                                   .view = has_values ? values : view};
    rows_compact(&e, has_values ? &view : NULL, &out->n_values);
    out->rows = entry_rows(&e);
    return WEIR_OK;
}

/* A top-level leaf: one CHILD step, perhaps one NULL step. */
static int shred_flat(const struct weir__write_leaf *leaf, const struct ArrowArray *array,
                      int64_t first, int64_t n, struct weir__shred_space *space,
                      struct weir__shredded *out, struct weir_error *err)
{
    struct weir__view view;
    TRY(weir__view_make(leaf->schema, array, &view, err));
    *out = (struct weir__shredded){
        .n_rows = n, .n_levels = n, .n_values = n, .is_flat = true, .view = view, .first = first};
    if (view.type.kind == WEIR__KIND_NULL)
        out->n_values = 0;
    if (!view.validity)
        return WEIR_OK;
    out->n_values = weir__bits_count(view.validity, view.offset + first, n);
    if (out->n_values == n)
        return WEIR_OK;
    out->validity = view.validity;
    out->validity_at = view.offset + first;
    weir__buf_clear(&space->rows);
    TRY(weir__buf_reserve(&space->rows, (size_t)n * sizeof(int64_t), err));
    int64_t *rows = (int64_t *)(void *)space->rows.data;
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) {
        rows[k] = first + i;
        k += weir__bit_get(view.validity, out->validity_at + i);
    }
    out->rows = rows;
    return WEIR_OK;
}

int weir__shred(const struct weir__write_leaf *leaf, const struct ArrowArray *batch, int64_t from,
                int64_t n, struct weir__shred_space *space, struct weir__shredded *out,
                struct weir_error *err)
{
    const struct weir__step *steps = leaf->steps;
    bool is_flat = leaf->n_steps == 1 || (leaf->n_steps == 2 && steps[1].op == WEIR__STEP_NULL &&
                                          steps[1].schema == leaf->schema);
    if (is_flat && !leaf->type.is_dictionary)
        return shred_flat(leaf, batch->children[steps[0].child], batch->offset + from, n, space,
                          out, err);
    /* view_make folds the batch's offset into the first step */
    return shred_nested(leaf, batch, from, n, space, out, err);
}
