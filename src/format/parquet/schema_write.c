/* schema_write.c: an Arrow schema as Parquet schema elements (spec/parquet.md 2, 6).
 *
 * One walk writes the elements depth-first and, at each leaf, keeps the steps that led to it. */
#include "format/parquet/schema_write.h"

#define SCHEMA_MAX_STEPS (3 * WEIR__MAX_NESTING)

/* The way from the root to the node at hand. */
struct trail {
    struct weir__write_schema *out;
    struct weir__step steps[SCHEMA_MAX_STEPS];
    size_t n_steps;
    struct weir__str path[SCHEMA_MAX_STEPS];
    size_t n_path;
    int definition, repetition, depth;
};

static int node_write(struct trail *trail, const struct ArrowSchema *node, struct weir__str name,
                      bool is_optional, struct weir_error *err);

static struct parquet_schema_element element_make(struct weir__str name, int32_t repetition)
{
    return (struct parquet_schema_element){
        .type = -1, .repetition = repetition, .name = name, .converted = PARQUET_CONVERTED_NONE};
}

static int element_add(struct trail *trail, const struct parquet_schema_element *element,
                       struct weir_error *err)
{
    return weir__buf_append(&trail->out->elements, element, sizeof *element, err);
}

static int block_keep(struct trail *trail, void *block, struct weir_error *err)
{
    int status = weir__buf_append(&trail->out->blocks, &block, sizeof block, err);
    if (status != WEIR_OK)
        weir__free(trail->out->env, block);
    return status;
}

/* A copy that lives as long as the schema. */
static int keep_copy(struct trail *trail, const void *data, size_t n, const void **out,
                     struct weir_error *err)
{
    void *copy = weir__alloc(trail->out->env, n, err);
    if (!copy)
        return WEIR_NO_MEMORY;
    if (n)
        memcpy(copy, data, n);
    TRY(block_keep(trail, copy, err));
    *out = copy;
    return WEIR_OK;
}

static void int_leaf(struct parquet_schema_element *e, int bits, bool is_signed)
{
    static const int32_t converted[2][4] = {{PARQUET_CONVERTED_UINT_8, PARQUET_CONVERTED_UINT_16,
                                             PARQUET_CONVERTED_UINT_32, PARQUET_CONVERTED_UINT_64},
                                            {PARQUET_CONVERTED_INT_8, PARQUET_CONVERTED_INT_16,
                                             PARQUET_CONVERTED_INT_32, PARQUET_CONVERTED_INT_64}};
    e->type = bits == 64 ? PARQUET_INT64 : PARQUET_INT32;
    if (is_signed && bits >= 32)
        return; /* what the physical type says already */
    e->converted = converted[is_signed][bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3];
    e->logical = (struct parquet_logical_type){
        .id = PARQUET_LOGICAL_INTEGER, .bit_width = bits, .is_signed = is_signed};
}

/* Bytes of the smallest two's complement that holds `precision` decimal digits. */
static int32_t decimal_bytes(int32_t precision)
{
    double bits = (double)precision * 3.3219280948873626 + 1.0;
    int32_t whole = (int32_t)bits;
    return (whole + ((double)whole < bits) + 7) / 8;
}

static void decimal_leaf(const struct weir__type *type, struct parquet_schema_element *e)
{
    e->type = type->precision <= 9    ? PARQUET_INT32
              : type->precision <= 18 ? PARQUET_INT64
                                      : PARQUET_FIXED;
    if (e->type == PARQUET_FIXED)
        e->type_length = decimal_bytes(type->precision);
    e->converted = PARQUET_CONVERTED_DECIMAL;
    e->has_decimal = true;
    e->scale = type->scale;
    e->precision = type->precision;
    e->logical = (struct parquet_logical_type){
        .id = PARQUET_LOGICAL_DECIMAL, .precision = type->precision, .scale = type->scale};
}

/* TIME and TIMESTAMP; seconds become milliseconds. */
static void time_leaf(const struct weir__type *type, struct parquet_schema_element *e)
{
    bool is_stamp = type->kind == WEIR__KIND_TIMESTAMP;
    int32_t unit = type->unit == WEIR__UNIT_NANO    ? PARQUET_NANOS
                   : type->unit == WEIR__UNIT_MICRO ? PARQUET_MICROS
                                                    : PARQUET_MILLIS;
    e->type = type->kind == WEIR__KIND_TIME32 ? PARQUET_INT32 : PARQUET_INT64;
    e->logical = (struct parquet_logical_type){
        .id = is_stamp ? PARQUET_LOGICAL_TIMESTAMP : PARQUET_LOGICAL_TIME,
        .unit = unit,
        .is_adjusted_to_utc = is_stamp ? type->zone != NULL : false};
    if (unit == PARQUET_MILLIS)
        e->converted =
            is_stamp ? PARQUET_CONVERTED_TIMESTAMP_MILLIS : PARQUET_CONVERTED_TIME_MILLIS;
    if (unit == PARQUET_MICROS)
        e->converted =
            is_stamp ? PARQUET_CONVERTED_TIMESTAMP_MICROS : PARQUET_CONVERTED_TIME_MICROS;
}

static void bytes_leaf(const struct ArrowSchema *node, const struct weir__type *type,
                       struct parquet_schema_element *e)
{
    struct weir__str extension = STR_NULL;
    (void)weir__schema_metadata_get(node, "ARROW:extension:name", &extension);
    if (type->kind == WEIR__KIND_FIXED_BINARY) {
        e->type = PARQUET_FIXED;
        e->type_length = type->width_bytes;
        if (type->width_bytes == 16 && weir__str_is(extension, "arrow.uuid"))
            e->logical.id = PARQUET_LOGICAL_UUID;
        return;
    }
    e->type = PARQUET_BYTE_ARRAY;
    if (!weir__kind_is_string(type->kind))
        return;
    bool is_json = weir__str_is(extension, "arrow.json");
    e->converted = is_json ? PARQUET_CONVERTED_JSON : PARQUET_CONVERTED_UTF8;
    e->logical.id = is_json ? PARQUET_LOGICAL_JSON : PARQUET_LOGICAL_STRING;
}

static int leaf_element(const struct ArrowSchema *node, const struct weir__type *type,
                        struct parquet_schema_element *e, struct weir_error *err)
{
    char words[128];
    switch (type->kind) {
    case WEIR__KIND_NULL:
        e->type = PARQUET_INT32;
        e->logical.id = PARQUET_LOGICAL_UNKNOWN;
        return WEIR_OK;
    case WEIR__KIND_BOOL:
        e->type = PARQUET_BOOLEAN;
        return WEIR_OK;
    case WEIR__KIND_INT8:
    case WEIR__KIND_INT16:
    case WEIR__KIND_INT32:
    case WEIR__KIND_INT64:
        int_leaf(e, type->width_bytes * 8, true);
        return WEIR_OK;
    case WEIR__KIND_UINT8:
    case WEIR__KIND_UINT16:
    case WEIR__KIND_UINT32:
    case WEIR__KIND_UINT64:
        int_leaf(e, type->width_bytes * 8, false);
        return WEIR_OK;
    case WEIR__KIND_FLOAT16:
        e->type = PARQUET_FIXED;
        e->type_length = 2;
        e->logical.id = PARQUET_LOGICAL_FLOAT16;
        return WEIR_OK;
    case WEIR__KIND_FLOAT32:
        e->type = PARQUET_FLOAT;
        return WEIR_OK;
    case WEIR__KIND_FLOAT64:
        e->type = PARQUET_DOUBLE;
        return WEIR_OK;
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256:
        decimal_leaf(type, e);
        return WEIR_OK;
    case WEIR__KIND_DATE32:
    case WEIR__KIND_DATE64:
        e->type = PARQUET_INT32;
        e->converted = PARQUET_CONVERTED_DATE;
        e->logical.id = PARQUET_LOGICAL_DATE;
        return WEIR_OK;
    case WEIR__KIND_TIME32:
    case WEIR__KIND_TIME64:
    case WEIR__KIND_TIMESTAMP:
        time_leaf(type, e);
        return WEIR_OK;
    case WEIR__KIND_DURATION:
        e->type = PARQUET_INT64;
        return WEIR_OK;
    case WEIR__KIND_INTERVAL_DAY_TIME:
        e->type = PARQUET_FIXED;
        e->type_length = 12;
        e->converted = PARQUET_CONVERTED_INTERVAL;
        return WEIR_OK;
    case WEIR__KIND_BINARY:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_STRING:
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
    case WEIR__KIND_FIXED_BINARY:
        bytes_leaf(node, type, e);
        return WEIR_OK;
    default:
        weir__type_describe(type, words);
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: Parquet has no type for %s",
                          node->name ? node->name : "", words);
    }
}

static enum weir__leaf_order leaf_order(const struct weir__type *type,
                                        const struct parquet_schema_element *e)
{
    switch (type->kind) {
    case WEIR__KIND_NULL:
    case WEIR__KIND_INTERVAL_DAY_TIME:
        return WEIR__ORDER_NONE;
    case WEIR__KIND_UINT8:
    case WEIR__KIND_UINT16:
    case WEIR__KIND_UINT32:
    case WEIR__KIND_UINT64:
        return WEIR__ORDER_UNSIGNED;
    case WEIR__KIND_FLOAT16:
    case WEIR__KIND_FLOAT32:
    case WEIR__KIND_FLOAT64:
        return WEIR__ORDER_FLOAT;
    default:
        break;
    }
    if (e->type == PARQUET_FIXED && e->converted == PARQUET_CONVERTED_DECIMAL)
        return WEIR__ORDER_DECIMAL;
    return e->type == PARQUET_FIXED || e->type == PARQUET_BYTE_ARRAY ? WEIR__ORDER_BYTES
                                                                     : WEIR__ORDER_SIGNED;
}

static int dotted_path(struct trail *trail, struct weir__str *out, struct weir_error *err)
{
    AUTO(buf) struct weir__buf text = weir__buf_make(trail->out->env, 1u << 20);
    for (size_t i = 0; i < trail->n_path; i++) {
        if (i)
            TRY(weir__buf_byte(&text, '.', err));
        TRY(weir__buf_append(&text, trail->path[i].data, trail->path[i].len, err));
    }
    const void *copy;
    TRY(keep_copy(trail, text.data, text.len, &copy, err));
    *out = (struct weir__str){copy, text.len};
    return WEIR_OK;
}

static int leaf_add(struct trail *trail, const struct ArrowSchema *node,
                    const struct weir__type *type, const struct parquet_schema_element *e,
                    struct weir_error *err)
{
    struct weir__write_leaf leaf = {
        .type = *type,
        .schema = node,
        .physical = e->type,
        .type_length = e->type_length,
        .is_utf8 = e->logical.id == PARQUET_LOGICAL_STRING || e->logical.id == PARQUET_LOGICAL_JSON,
        .order = leaf_order(type, e),
        .max_definition = (uint8_t)trail->definition,
        .max_repetition = (uint8_t)trail->repetition,
        .n_steps = trail->n_steps,
        .n_path = trail->n_path,
    };
    const void *copy;
    TRY(keep_copy(trail, trail->steps, trail->n_steps * sizeof *trail->steps, &copy, err));
    leaf.steps = copy;
    TRY(keep_copy(trail, trail->path, trail->n_path * sizeof *trail->path, &copy, err));
    leaf.path = copy;
    TRY(dotted_path(trail, &leaf.dotted, err));
    return weir__buf_append(&trail->out->leaves, &leaf, sizeof leaf, err);
}

static void step_add(struct trail *trail, enum weir__step_op op, int64_t child,
                     const struct ArrowSchema *node)
{
    ASSERT(trail->n_steps < SCHEMA_MAX_STEPS);
    trail->steps[trail->n_steps++] = (struct weir__step){op, child, node};
}

static int struct_write(struct trail *trail, const struct ArrowSchema *node, struct weir_error *err)
{
    for (int64_t i = 0; i < node->n_children; i++) {
        size_t kept = trail->n_steps;
        const struct ArrowSchema *child = node->children[i];
        step_add(trail, WEIR__STEP_CHILD, i, node);
        TRY(node_write(trail, child, weir__str_of(child->name),
                       (child->flags & ARROW_FLAG_NULLABLE) != 0, err));
        trail->n_steps = kept;
    }
    return WEIR_OK;
}

/* <name> (LIST) { repeated group list { element } } */
static int list_write(struct trail *trail, const struct ArrowSchema *node, struct weir_error *err)
{
    struct parquet_schema_element middle = element_make(weir__str_of("list"), PARQUET_REPEATED);
    middle.n_children = 1;
    TRY(element_add(trail, &middle, err));
    step_add(trail, WEIR__STEP_LIST, 0, node);
    trail->path[trail->n_path++] = middle.name;
    trail->definition++;
    trail->repetition++;
    const struct ArrowSchema *item = node->children[0];
    TRY(node_write(trail, item, weir__str_of("element"), (item->flags & ARROW_FLAG_NULLABLE) != 0,
                   err));
    trail->definition--;
    trail->repetition--;
    trail->n_path--;
    return WEIR_OK;
}

/* <name> (MAP) { repeated group key_value { required key; value } } */
static int map_write(struct trail *trail, const struct ArrowSchema *node, struct weir_error *err)
{
    const struct ArrowSchema *entries = node->children[0];
    if (entries->n_children != 2)
        return weir__fail(err, WEIR_INVALID, "column %s: a map needs keys and values",
                          node->name ? node->name : "");
    struct parquet_schema_element middle =
        element_make(weir__str_of("key_value"), PARQUET_REPEATED);
    middle.n_children = 2;
    TRY(element_add(trail, &middle, err));
    step_add(trail, WEIR__STEP_LIST, 0, node);
    trail->path[trail->n_path++] = middle.name;
    trail->definition++;
    trail->repetition++;
    for (int64_t i = 0; i < 2; i++) {
        size_t kept = trail->n_steps;
        const struct ArrowSchema *child = entries->children[i];
        step_add(trail, WEIR__STEP_CHILD, i, entries);
        bool is_optional = i == 1 && (child->flags & ARROW_FLAG_NULLABLE) != 0;
        TRY(node_write(trail, child, weir__str_of(i ? "value" : "key"), is_optional, err));
        trail->n_steps = kept;
    }
    trail->definition--;
    trail->repetition--;
    trail->n_path--;
    return WEIR_OK;
}

static int group_write(struct trail *trail, const struct ArrowSchema *node,
                       const struct weir__type *type, struct parquet_schema_element *e,
                       struct weir_error *err)
{
    if (node->n_children == 0)
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "column %s: Parquet cannot hold a struct without fields",
                          node->name ? node->name : "");
    e->n_children = type->kind == WEIR__KIND_STRUCT ? (int32_t)node->n_children : 1;
    if (type->kind == WEIR__KIND_MAP) {
        e->converted = PARQUET_CONVERTED_MAP;
        e->logical.id = PARQUET_LOGICAL_MAP;
    } else if (type->kind != WEIR__KIND_STRUCT) {
        e->converted = PARQUET_CONVERTED_LIST;
        e->logical.id = PARQUET_LOGICAL_LIST;
    }
    TRY(element_add(trail, e, err));
    if (type->kind == WEIR__KIND_STRUCT)
        return struct_write(trail, node, err);
    if (type->kind == WEIR__KIND_MAP)
        return map_write(trail, node, err);
    return list_write(trail, node, err);
}

static void field_id_read(const struct ArrowSchema *node, struct parquet_schema_element *e)
{
    struct weir__str text;
    int64_t id;
    if (weir__schema_metadata_get(node, "PARQUET:field_id", &text) && weir__parse_i64(text, &id) &&
        id >= INT32_MIN && id <= INT32_MAX) {
        e->has_field_id = true;
        e->field_id = (int32_t)id;
    }
}

static int node_write(struct trail *trail, const struct ArrowSchema *node, struct weir__str name,
                      bool is_optional, struct weir_error *err)
{
    if (++trail->depth > WEIR__MAX_NESTING)
        return weir__fail(err, WEIR_INVALID, "column %.*s: nested too deep", STR_ARG(name));
    struct weir__type type;
    TRY(weir__type_parse(node, &type, err));
    /* a null column has no values to require */
    is_optional = is_optional || type.kind == WEIR__KIND_NULL;
    struct parquet_schema_element e =
        element_make(name, is_optional ? PARQUET_OPTIONAL : PARQUET_REQUIRED);
    field_id_read(node, &e);
    size_t kept = trail->n_steps;
    if (is_optional) {
        step_add(trail, WEIR__STEP_NULL, 0, node);
        trail->definition++;
    }
    trail->path[trail->n_path++] = name;
    if (type.kind >= WEIR__KIND_LIST && !type.is_dictionary) {
        TRY(group_write(trail, node, &type, &e, err));
    } else {
        TRY(leaf_element(node, &type, &e, err));
        TRY(element_add(trail, &e, err));
        TRY(leaf_add(trail, node, &type, &e, err));
    }
    trail->n_path--;
    trail->definition -= is_optional;
    trail->n_steps = kept;
    trail->depth--;
    return WEIR_OK;
}

int weir__write_schema_make(const struct weir_env *env, const struct ArrowSchema *schema,
                            struct weir__write_schema *out, struct weir_error *err)
{
    size_t most = SIZE_MAX / 2;
    *out = (struct weir__write_schema){env, weir__buf_make(env, most), weir__buf_make(env, most),
                                       weir__buf_make(env, most)};
    AUTO(buf) struct weir__buf space = weir__buf_make(env, most);
    TRY(weir__buf_reserve(&space, sizeof(struct trail), err));
    struct trail *trail = (struct trail *)(void *)space.data;
    memset(trail, 0, sizeof *trail);
    trail->out = out;
    struct parquet_schema_element root = element_make(weir__str_of("schema"), -1);
    root.n_children = (int32_t)schema->n_children;
    TRY(element_add(trail, &root, err));
    return struct_write(trail, schema, err);
}

void weir__write_schema_dispose(struct weir__write_schema *schema)
{
    void **blocks = (void **)(void *)schema->blocks.data;
    for (size_t i = 0; i < schema->blocks.len / sizeof(void *); i++)
        weir__free(schema->env, blocks[i]);
    weir__buf_dispose(&schema->blocks);
    weir__buf_dispose(&schema->elements);
    weir__buf_dispose(&schema->leaves);
}
