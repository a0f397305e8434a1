/* measure.c: how many bytes the rows of an array take, for flow control. Slices count only what
 * they show. */
#include "columnar/array.h"

static int64_t variable_bytes(const struct weir__view *view)
{
    if (view->length == 0)
        return 0;
    if (view->offsets32)
        return (int64_t)view->offsets32[view->length] - view->offsets32[0] + 4 * view->length;
    if (view->offsets64)
        return view->offsets64[view->length] - view->offsets64[0] + 8 * view->length;
    int64_t total = 16 * view->length; /* views: the long strings lie elsewhere */
    for (int64_t i = 0; i < view->length; i++) {
        size_t len = weir__view_is_null(view, i) ? 0 : weir__view_bytes(view, i).len;
        total += len > 12 ? (int64_t)len : 0;
    }
    return total;
}

/* Children of lists are counted whole: exact enough, and no walk over offsets. */
static int64_t measure(const struct ArrowSchema *schema, const struct ArrowArray *array, int depth)
{
    struct weir__view view;
    if (depth > WEIR__MAX_NESTING || weir__view_make(schema, array, &view, NULL) != WEIR_OK)
        return 0;
    int64_t total = view.validity ? view.length / 8 : 0;
    if (view.type.is_dictionary) {
        total += 4 * view.length;
        if (array->dictionary)
            total += measure(schema->dictionary, array->dictionary, depth + 1);
        return total;
    }
    if (weir__kind_is_binary(view.type.kind))
        return total + variable_bytes(&view);
    if (view.type.kind == WEIR__KIND_BOOL)
        total += view.length / 8;
    total += (int64_t)view.type.width_bytes * view.length;
    if (view.type.kind == WEIR__KIND_LIST || view.type.kind == WEIR__KIND_MAP)
        total += 4 * view.length;
    for (int64_t i = 0; i < array->n_children; i++)
        total += measure(schema->children[i], array->children[i], depth + 1);
    return total;
}

int64_t weir__array_bytes(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    return measure(schema, array, 0);
}
