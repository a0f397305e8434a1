/* cast.c: the lossless widenings of spec/table-store.md 7.4, top-level and inside structs: integers
 * to wider ones, float to double, string to large_string and back, dictionary to plain and back,
 * timestamps to a finer unit. */
#include "columnar/builder.h"
#include "columnar/kernels.h"

enum cast_how { CAST_NONE, CAST_COPY, CAST_INT, CAST_FLOAT, CAST_BYTES, CAST_SCALE };

static bool is_signed_int(enum weir__kind kind)
{
    return kind >= WEIR__KIND_INT8 && kind <= WEIR__KIND_INT64;
}

static bool is_unsigned_int(enum weir__kind kind)
{
    return kind >= WEIR__KIND_UINT8 && kind <= WEIR__KIND_UINT64;
}

static bool is_text_pair(enum weir__kind from, enum weir__kind to)
{
    return weir__kind_is_binary(from) && weir__kind_is_binary(to) &&
           weir__kind_is_string(from) == weir__kind_is_string(to);
}

static bool same_values(const struct weir__type *from, const struct weir__type *to)
{
    bool same_zone = !from->zone == !to->zone;
    return from->kind == to->kind && from->unit == to->unit && same_zone &&
           from->width_bytes == to->width_bytes && from->precision == to->precision &&
           from->scale == to->scale && from->list_size == to->list_size;
}

static enum cast_how how_to(const struct weir__type *from, const struct weir__type *to)
{
    if (same_values(from, to))
        return CAST_COPY;
    bool wider = to->width_bytes > from->width_bytes;
    if (is_signed_int(from->kind) && is_signed_int(to->kind) && wider)
        return CAST_INT;
    if (is_unsigned_int(from->kind) && is_unsigned_int(to->kind) && wider)
        return CAST_INT;
    if (is_unsigned_int(from->kind) && is_signed_int(to->kind) && wider)
        return CAST_INT;
    bool float_wider = (from->kind == WEIR__KIND_FLOAT16 || from->kind == WEIR__KIND_FLOAT32) &&
                       (to->kind == WEIR__KIND_FLOAT32 || to->kind == WEIR__KIND_FLOAT64);
    if (float_wider && wider)
        return CAST_FLOAT;
    if (is_text_pair(from->kind, to->kind))
        return CAST_BYTES;
    if (from->kind == WEIR__KIND_TIMESTAMP && to->kind == WEIR__KIND_TIMESTAMP &&
        !from->zone == !to->zone && from->unit < to->unit)
        return CAST_SCALE;
    return CAST_NONE;
}

static int cast_one(struct weir__builder *builder, const struct weir__view *from, int64_t i,
                    enum cast_how how, int64_t factor, struct weir_error *err)
{
    int64_t value;
    struct weir__str bytes;
    switch (how) {
    case CAST_INT:
        return weir__builder_int(builder, weir__view_int(from, i), err);
    case CAST_FLOAT:
        return weir__builder_float(builder, weir__view_float(from, i), err);
    case CAST_BYTES:
        bytes = weir__view_bytes(from, i);
        return weir__builder_bytes_append(builder, bytes.data, bytes.len, err);
    case CAST_SCALE:
        if (__builtin_mul_overflow(weir__view_int(from, i), factor, &value))
            return weir__fail(err, WEIR_UNSUPPORTED, "column %s: a time beyond the finer unit",
                              from->schema->name);
        return weir__builder_int(builder, value, err);
    default:
        return weir__builder_copy(builder, from, i, err);
    }
}

static int cast_scalars(const struct weir_env *env, const struct weir__view *from,
                        const struct ArrowSchema *to_schema, const struct weir__type *to,
                        struct ArrowArray *out, struct weir_error *err)
{
    enum cast_how how = how_to(&from->type, to);
    if (how == CAST_NONE) {
        char old_words[128], new_words[128];
        weir__type_describe(&from->type, old_words);
        weir__type_describe(to, new_words);
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: %s cannot become %s without loss",
                          to_schema->name ? to_schema->name : "", old_words, new_words);
    }
    struct weir__view values = *from;
    if (from->type.is_dictionary)
        TRY(weir__view_make(from->schema->dictionary, from->array->dictionary, &values, err));
    int64_t factor = how == CAST_SCALE
                         ? weir__unit_per_second(to->unit) / weir__unit_per_second(from->type.unit)
                         : 1;
    AUTO(builder) struct weir__builder *builder = NULL;
    TRY(weir__builder_new(env, to_schema, &builder, err));
    for (int64_t i = 0; i < from->length; i++) {
        bool is_null = from->type.kind == WEIR__KIND_NULL || weir__view_is_null(from, i);
        int64_t at = i;
        if (!is_null && from->type.is_dictionary) {
            at = weir__view_index(from, i);
            is_null = weir__view_is_null(&values, at);
        }
        if (is_null)
            TRY(weir__builder_null(builder, err));
        else
            TRY(cast_one(builder, &values, at, how, factor, err));
    }
    return weir__builder_finish(builder, out, err);
}

static int cast_any(const struct weir_env *env, const struct ArrowSchema *from_schema,
                    const struct ArrowArray *from, const struct ArrowSchema *to_schema, int depth,
                    struct ArrowArray *out, struct weir_error *err);

/* Structs child by child; the parent's own validity is copied by weir__take of an empty struct's
 * shape. */
static int cast_struct(const struct weir_env *env, const struct weir__view *from,
                       const struct ArrowSchema *to_schema, int depth, struct ArrowArray *out,
                       struct weir_error *err)
{
    int64_t n = from->array->n_children;
    AUTO(array) struct ArrowArray made = {0};
    TRY(weir__array_make(env, 1, n, false, &made, err));
    made.length = from->length;
    made.null_count = from->null_count;
    if (from->validity) {
        uint8_t *bits = weir__alloc_zero(env, (size_t)((from->length + 7) / 8), 1, err);
        if (!bits)
            return WEIR_NO_MEMORY;
        weir__array_own(&made, 0, bits);
        for (int64_t i = 0; i < from->length; i++) {
            if (!weir__view_is_null(from, i))
                weir__bit_set(bits, i);
        }
    }
    for (int64_t c = 0; c < n; c++) {
        struct ArrowArray cut = *from->array->children[c];
        cut.offset += from->offset;
        cut.length = from->length;
        cut.null_count = cut.null_count > 0 ? -1 : cut.null_count;
        TRY(cast_any(env, from->schema->children[c], &cut, to_schema->children[c], depth + 1,
                     made.children[c], err));
    }
    weir__array_move(&made, out);
    return WEIR_OK;
}

static int cast_any(const struct weir_env *env, const struct ArrowSchema *from_schema,
                    const struct ArrowArray *from, const struct ArrowSchema *to_schema, int depth,
                    struct ArrowArray *out, struct weir_error *err)
{
    if (depth > WEIR__MAX_NESTING)
        return weir__fail(err, WEIR_INVALID, "column %s: nested too deep", to_schema->name);
    struct weir__view view;
    struct weir__type to;
    TRY(weir__view_make(from_schema, from, &view, err));
    TRY(weir__type_parse(to_schema, &to, err));
    if (weir__schema_equal(from_schema, to_schema) ||
        (same_values(&view.type, &to) && to.kind < WEIR__KIND_LIST && !to.is_dictionary &&
         !view.type.is_dictionary))
        return weir__slice(env, from_schema, from, 0, from->length, out, err);
    if (view.type.kind == WEIR__KIND_STRUCT && to.kind == WEIR__KIND_STRUCT &&
        from_schema->n_children == to_schema->n_children)
        return cast_struct(env, &view, to_schema, depth, out, err);
    if (to.kind >= WEIR__KIND_LIST || view.type.kind >= WEIR__KIND_LIST) {
        bool same_shape =
            same_values(&view.type, &to) && from_schema->n_children == 1 &&
            to_schema->n_children == 1 &&
            strcmp(from_schema->children[0]->format, to_schema->children[0]->format) == 0;
        if (same_shape) /* names of list items and nullability do not matter */
            return weir__slice(env, from_schema, from, 0, from->length, out, err);
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: nested types differ",
                          to_schema->name ? to_schema->name : "");
    }
    return cast_scalars(env, &view, to_schema, &to, out, err);
}

int weir__cast(const struct weir_env *env, const struct ArrowSchema *from_schema,
               const struct ArrowArray *from, const struct ArrowSchema *to_schema,
               struct ArrowArray *out, struct weir_error *err)
{
    return cast_any(env, from_schema, from, to_schema, 0, out, err);
}
