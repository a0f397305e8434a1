/* schema_merge.c: ARROW:schema, honoured where it agrees with the Parquet schema
 * (spec/parquet.md 12).
 *
 * The two trees are walked side by side; a subtree whose shape or physical type disagrees keeps
 * what the Parquet schema says, without error. */
#include "format/parquet/schema_read.h"

/* Change what a leaf becomes. */
static void retype(struct parquet_leaf *leaf, const struct weir__type *type,
                   enum parquet_convert convert, int64_t factor)
{
    leaf->kind = type->kind;
    leaf->convert = convert;
    leaf->value_bytes = type->width_bytes;
    leaf->factor = factor;
}

static bool merge_timestamp(struct parquet_leaf *leaf, const struct parquet_field *field,
                            const struct weir__type *type)
{
    static const int64_t nanoseconds[] = {1000000000, 1000000, 1000, 1};
    bool has_zone = field->format[4] != '\0'; /* "tsu:" or "tsu:UTC" */
    if (leaf->convert == PARQUET_AS_INT96) {
        retype(leaf, type, PARQUET_AS_INT96, nanoseconds[type->unit]);
        return true;
    }
    if (has_zone != (type->zone != NULL))
        return false;
    static const char units[] = "smun";
    if (field->format[2] == units[type->unit])
        return true;
    if (type->unit != WEIR__UNIT_SECOND || field->format[2] != 'm')
        return false;
    retype(leaf, type, PARQUET_AS_SCALED, -1000);
    return true;
}

static bool merge_same_kind(struct parquet_leaf *leaf, const struct parquet_field *field,
                            const struct weir__type *type)
{
    switch (type->kind) {
    case WEIR__KIND_TIMESTAMP:
        return merge_timestamp(leaf, field, type);
    case WEIR__KIND_TIME32:
        if (type->unit == WEIR__UNIT_SECOND)
            retype(leaf, type, PARQUET_AS_SCALED, -1000);
        return true;
    case WEIR__KIND_TIME64:
        return field->format[2] == (type->unit == WEIR__UNIT_MICRO ? 'u' : 'n');
    case WEIR__KIND_FIXED_BINARY:
        return type->width_bytes == leaf->value_bytes;
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256: {
        struct parquet_logical_type logical = weir__parquet_logical(leaf->element);
        return type->precision == logical.precision && type->scale == logical.scale;
    }
    default:
        return true;
    }
}

static bool is_decimal(enum weir__kind kind)
{
    return kind == WEIR__KIND_DECIMAL128 || kind == WEIR__KIND_DECIMAL256;
}

static bool merge_bytes(struct parquet_leaf *leaf, const struct weir__type *type)
{
    bool to_text = type->kind == WEIR__KIND_LARGE_STRING && leaf->kind == WEIR__KIND_STRING;
    bool to_binary = type->kind == WEIR__KIND_LARGE_BINARY && leaf->kind == WEIR__KIND_BINARY;
    if (!to_text && !to_binary)
        return false;
    leaf->kind = type->kind;
    leaf->is_large = true;
    return true;
}

static bool is_plain(const struct parquet_leaf *leaf, enum weir__kind kind)
{
    return leaf->convert == PARQUET_AS_IS && leaf->kind == kind;
}

/* true: the leaf is now what `type` says. */
static bool merge_kind(struct parquet_leaf *leaf, const struct parquet_field *field,
                       const struct weir__type *type)
{
    if (leaf->kind == type->kind)
        return merge_same_kind(leaf, field, type);
    if (is_decimal(leaf->kind) && is_decimal(type->kind)) {
        if (!merge_same_kind(leaf, field, type))
            return false;
        retype(leaf, type, PARQUET_AS_DECIMAL, 0);
        return true;
    }
    switch (type->kind) {
    case WEIR__KIND_DATE64:
        if (!is_plain(leaf, WEIR__KIND_DATE32))
            return false;
        retype(leaf, type, PARQUET_AS_SCALED, 86400000);
        return true;
    case WEIR__KIND_DURATION:
        if (!is_plain(leaf, WEIR__KIND_INT64))
            return false;
        break;
    case WEIR__KIND_UINT32:
        if (!is_plain(leaf, WEIR__KIND_INT64))
            return false;
        retype(leaf, type, PARQUET_AS_NARROW, 0);
        return true;
    case WEIR__KIND_INTERVAL_MONTHS:
        if (!is_plain(leaf, WEIR__KIND_INT32))
            return false;
        break;
    default:
        return merge_bytes(leaf, type);
    }
    retype(leaf, type, PARQUET_AS_IS, 0);
    return true;
}

static int merge_leaf(struct weir__arena *arena, struct parquet_schema *schema,
                      struct parquet_field *field, const struct ArrowSchema *origin,
                      struct weir_error *err)
{
    struct weir__type type;
    if (origin->n_children != 0 || origin->dictionary ||
        weir__type_parse(origin, &type, NULL) != WEIR_OK)
        return WEIR_OK;
    struct parquet_leaf *leaf = &schema->leaves[field->first_leaf];
    if (!merge_kind(leaf, field, &type))
        return WEIR_OK;
    size_t bytes = strlen(origin->format) + 1;
    char *format = weir__arena_alloc(arena, bytes, 1, err);
    if (!format)
        return WEIR_NO_MEMORY;
    memcpy(format, origin->format, bytes);
    field->format = format;
    field->origin = origin;
    return WEIR_OK;
}

static int merge_field(struct weir__arena *arena, struct parquet_schema *schema,
                       struct parquet_field *field, const struct ArrowSchema *origin,
                       struct weir_error *err);

static bool same_name(const struct parquet_field *field, const struct ArrowSchema *origin)
{
    return weir__str_is(field->name, origin->name ? origin->name : "");
}

static int merge_struct(struct weir__arena *arena, struct parquet_schema *schema,
                        struct parquet_field *field, const struct ArrowSchema *origin,
                        struct weir_error *err)
{
    if (strcmp(origin->format, "+s") != 0 || (size_t)origin->n_children != field->n_children)
        return WEIR_OK;
    for (size_t i = 0; i < field->n_children; i++) {
        if (!same_name(&field->children[i], origin->children[i]))
            return WEIR_OK;
    }
    field->origin = origin;
    for (size_t i = 0; i < field->n_children; i++)
        TRY(merge_field(arena, schema, &field->children[i], origin->children[i], err));
    return WEIR_OK;
}

static int merge_list(struct weir__arena *arena, struct parquet_schema *schema,
                      struct parquet_field *field, const struct ArrowSchema *origin,
                      struct weir_error *err)
{
    struct weir__type type;
    if (weir__type_parse(origin, &type, NULL) != WEIR_OK || origin->n_children != 1)
        return WEIR_OK;
    if (type.kind != WEIR__KIND_LIST && type.kind != WEIR__KIND_LARGE_LIST)
        return WEIR_OK;
    field->format = type.kind == WEIR__KIND_LARGE_LIST ? "+L" : "+l";
    field->origin = origin;
    return merge_field(arena, schema, &field->children[0], origin->children[0], err);
}

static int merge_map(struct weir__arena *arena, struct parquet_schema *schema,
                     struct parquet_field *field, const struct ArrowSchema *origin,
                     struct weir_error *err)
{
    if (strcmp(origin->format, "+m") != 0 || origin->n_children != 1 ||
        origin->children[0]->n_children != 2)
        return WEIR_OK;
    field->origin = origin;
    for (size_t i = 0; i < 2; i++)
        TRY(merge_field(arena, schema, &field->children[i], origin->children[0]->children[i], err));
    return WEIR_OK;
}

/* Depth is bounded by the Parquet tree, which was bounded when it was read. */
static int merge_field(struct weir__arena *arena, struct parquet_schema *schema,
                       struct parquet_field *field, const struct ArrowSchema *origin,
                       struct weir_error *err)
{
    switch (field->shape) {
    case PARQUET_SHAPE_LEAF:
        return merge_leaf(arena, schema, field, origin, err);
    case PARQUET_SHAPE_STRUCT:
        return merge_struct(arena, schema, field, origin, err);
    case PARQUET_SHAPE_LIST:
        return merge_list(arena, schema, field, origin, err);
    default:
        return merge_map(arena, schema, field, origin, err);
    }
}

int weir__parquet_schema_merge(struct weir__arena *arena, struct parquet_schema *schema,
                               const struct ArrowSchema *origin, struct weir_error *err)
{
    return merge_field(arena, schema, &schema->root, origin, err);
}
