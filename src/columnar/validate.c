/* validate.c: foreign arrays checked once, at the door: after this, kernels may trust lengths,
 * offsets and indices.
 *
 * The C interface does not tell buffer sizes, so what is checked is that everything referred to is
 * consistent: lengths of children, monotonic offsets, dictionary indices in range, UTF-8 where it
 * is promised. */
#include "columnar/columnar.h"

static int fail_column(const struct ArrowSchema *schema, struct weir_error *err, const char *what)
{
    return weir__fail(err, WEIR_INVALID, "column %s: %s", schema->name ? schema->name : "", what);
}

static int check_offsets(const struct weir__view *view, struct weir_error *err)
{
    if (view->length == 0)
        return WEIR_OK;
    if (!view->offsets32 && !view->offsets64)
        return fail_column(view->schema, err, "no offsets");
    int64_t last = view->offsets32 ? view->offsets32[0] : view->offsets64[0];
    if (last < 0)
        return fail_column(view->schema, err, "a negative offset");
    for (int64_t i = 1; i <= view->length; i++) {
        int64_t next = view->offsets32 ? view->offsets32[i] : view->offsets64[i];
        if (next < last)
            return fail_column(view->schema, err, "offsets that go back");
        last = next;
    }
    return WEIR_OK;
}

static int check_view_elements(const struct weir__view *view, struct weir_error *err)
{
    int64_t n_data = view->array->n_buffers - 3;
    const int64_t *sizes = n_data > 0 ? view->array->buffers[view->array->n_buffers - 1] : NULL;
    for (int64_t i = 0; i < view->length; i++) {
        int32_t fields[4];
        if (weir__view_is_null(view, i))
            continue;
        memcpy(fields, view->data + 16 * i, sizeof fields);
        if (fields[0] < 0)
            return fail_column(view->schema, err, "a negative length");
        if (fields[0] <= 12)
            continue;
        bool is_inside = fields[2] >= 0 && fields[2] < n_data && fields[3] >= 0 && sizes &&
                         (int64_t)fields[3] + fields[0] <= sizes[fields[2]];
        if (!is_inside)
            return fail_column(view->schema, err, "a view outside of its buffers");
    }
    return WEIR_OK;
}

static int check_text(const struct weir__view *view, struct weir_error *err)
{
    for (int64_t i = 0; i < view->length; i++) {
        if (weir__view_is_null(view, i))
            continue;
        struct weir__str value = weir__view_bytes(view, i);
        if (value.len && !view->data)
            return fail_column(view->schema, err, "no data buffer");
        if (!weir__utf8_valid(value.data, value.len))
            return weir__fail(err, WEIR_INVALID, "column %s: row %jd is not valid UTF-8",
                              view->schema->name ? view->schema->name : "", (intmax_t)i + 1);
    }
    return WEIR_OK;
}

static int check_binary(const struct weir__view *view, struct weir_error *err)
{
    enum weir__kind kind = view->type.kind;
    if (kind == WEIR__KIND_BINARY_VIEW || kind == WEIR__KIND_STRING_VIEW) {
        if (view->length && !view->data)
            return fail_column(view->schema, err, "no views");
        TRY(check_view_elements(view, err));
    } else {
        TRY(check_offsets(view, err));
    }
    return weir__kind_is_string(kind) ? check_text(view, err) : WEIR_OK;
}

static int check(const struct ArrowSchema *schema, const struct ArrowArray *array, int depth,
                 struct weir_error *err);

static int check_dictionary(const struct weir__view *view, int depth, struct weir_error *err)
{
    const struct ArrowArray *values = view->array->dictionary;
    if (!values)
        return fail_column(view->schema, err, "no dictionary");
    for (int64_t i = 0; i < view->length; i++) {
        if (weir__view_is_null(view, i))
            continue;
        int64_t index = weir__view_index(view, i);
        if (index < 0 || index >= values->length)
            return fail_column(view->schema, err, "a dictionary index out of range");
    }
    return check(view->schema->dictionary, values, depth + 1, err);
}

/* Child rows that the parent refers to must be there. */
static int check_nested(const struct weir__view *view, int depth, struct weir_error *err)
{
    const struct ArrowArray *array = view->array;
    enum weir__kind kind = view->type.kind;
    if (array->n_children != view->schema->n_children)
        return fail_column(view->schema, err, "another number of children than its schema");
    int64_t need = view->offset + view->length;
    if (kind != WEIR__KIND_STRUCT && array->n_children != 1)
        return fail_column(view->schema, err, "a list without its one child");
    if (kind == WEIR__KIND_FIXED_LIST) {
        if (__builtin_mul_overflow(need, (int64_t)view->type.list_size, &need))
            return fail_column(view->schema, err, "more items than can be");
    } else if (kind != WEIR__KIND_STRUCT) {
        TRY(check_offsets(view, err));
        need = 0;
        if (view->length)
            need = view->offsets32 ? view->offsets32[view->length] : view->offsets64[view->length];
    }
    for (int64_t i = 0; i < array->n_children; i++) {
        if (!array->children[i] || !view->schema->children[i])
            return fail_column(view->schema, err, "a missing child");
        TRY(check(view->schema->children[i], array->children[i], depth + 1, err));
        if (array->children[i]->length < need)
            return fail_column(view->schema->children[i], err, "fewer rows than its parent needs");
    }
    return WEIR_OK;
}

static int check(const struct ArrowSchema *schema, const struct ArrowArray *array, int depth,
                 struct weir_error *err)
{
    if (depth > WEIR__MAX_NESTING)
        return fail_column(schema, err, "nested too deep");
    if (array->length < 0 || array->offset < 0 || array->n_buffers < 0 ||
        array->length > INT64_MAX - array->offset || array->null_count < -1 ||
        array->null_count > array->length)
        return fail_column(schema, err, "a length, offset or count that cannot be");
    if (array->n_buffers > 0 && !array->buffers)
        return fail_column(schema, err, "no buffers");
    struct weir__view view;
    TRY(weir__view_make(schema, array, &view, err));
    if (array->null_count > 0 && !view.validity && view.type.kind != WEIR__KIND_NULL)
        return fail_column(schema, err, "nulls without a validity bitmap");
    if (view.type.is_dictionary)
        return check_dictionary(&view, depth, err);
    enum weir__kind kind = view.type.kind;
    if (kind == WEIR__KIND_NULL)
        return WEIR_OK;
    if (kind >= WEIR__KIND_LIST)
        return check_nested(&view, depth, err);
    if (weir__kind_is_binary(kind))
        return check_binary(&view, err);
    if (array->length > 0 && !view.data && (kind == WEIR__KIND_BOOL || view.type.width_bytes > 0))
        return fail_column(schema, err, "no data buffer");
    return WEIR_OK;
}

int weir_batch_validate(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                        struct weir_error *err)
{
    if (!schema->format || strcmp(schema->format, "+s") != 0)
        return weir__fail(err, WEIR_INVALID, "a record batch is a struct, not '%s'",
                          schema->format ? schema->format : "");
    return check(schema, batch, 0, err);
}
