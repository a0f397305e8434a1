/* schema_read.c: the depth-first schema list resolved into fields and leaves (spec/parquet.md 6).
 *
 * Not here: what an annotated leaf is in Arrow (leaf_type.c), ARROW:schema (schema_merge.c). */
#include "format/parquet/schema_read.h"

#define SCHEMA_MAX_DEPTH 64

struct walk {
    struct weir__arena *arena;
    const struct parquet_schema_element *elements;
    size_t n_elements, at;
    struct parquet_schema *schema;
    struct weir__str names[SCHEMA_MAX_DEPTH + 1]; /* the path to the current element */
    size_t depth;
    struct weir_error *err;
};

/* Where the walk stands: the levels that the ancestors have added up to. */
struct place {
    uint8_t def, rep; /* so far */
    uint8_t slot_def; /* of the innermost repeated ancestor */
};

static int read_field(struct walk *w, struct place place, struct parquet_field *out);

static bool is_group(const struct parquet_schema_element *element)
{
    return !element->has_type;
}

static int make_path(struct walk *w, struct parquet_leaf *leaf)
{
    size_t bytes = 0;
    for (size_t i = 0; i < w->depth; i++)
        bytes += w->names[i].len + 1;
    struct weir__str *names = weir__arena_alloc(w->arena, w->depth, sizeof *names, w->err);
    char *text = weir__arena_alloc(w->arena, bytes, 1, w->err);
    if (!names || !text)
        return WEIR_NO_MEMORY;

    size_t at = 0;
    for (size_t i = 0; i < w->depth; i++) {
        names[i] = w->names[i];
        if (i > 0)
            text[at++] = '.';
        if (names[i].len > 0)
            memcpy(text + at, names[i].data, names[i].len);
        at += names[i].len;
    }
    leaf->names = names;
    leaf->n_names = w->depth;
    leaf->path = (struct weir__str){text, at};
    return WEIR_OK;
}

static int physical_bytes(const struct parquet_schema_element *element, int32_t *out,
                          struct weir_error *err)
{
    static const int32_t sizes[] = {0, 4, 8, 12, 4, 8, 0};
    if (element->type < 0 || element->type > PARQUET_FIXED)
        return weir__fail(err, WEIR_CORRUPT, "schema: column %.*s has unknown physical type %d",
                          STR_ARG(element->name), element->type);
    if (element->type == PARQUET_FIXED && element->type_length <= 0)
        return weir__fail(err, WEIR_CORRUPT, "schema: column %.*s has fixed length %d",
                          STR_ARG(element->name), element->type_length);
    *out = element->type == PARQUET_FIXED ? element->type_length : sizes[element->type];
    return WEIR_OK;
}

static int read_leaf(struct walk *w, const struct parquet_schema_element *element,
                     struct place place, struct parquet_field *out)
{
    struct parquet_leaf *leaf = &w->schema->leaves[w->schema->n_leaves];
    memset(leaf, 0, sizeof *leaf);
    leaf->element = element;
    leaf->type = element->type;
    TRY(physical_bytes(element, &leaf->physical_bytes, w->err));
    leaf->max_def = place.def;
    leaf->max_rep = place.rep;
    leaf->slot_def = place.slot_def;
    leaf->is_nullable = out->is_nullable;
    TRY(make_path(w, leaf));
    bool fits = true;
    TRY(weir__parquet_leaf_type(w->arena, leaf, &out->format, &fits, w->err));
    if (!fits)
        w->schema->n_warnings++;

    out->shape = PARQUET_SHAPE_LEAF;
    out->first_leaf = w->schema->n_leaves++;
    out->n_leaves = 1;
    return WEIR_OK;
}

/* Open the group at w->at - 1: its name joins the path of what is below. */
static int enter(struct walk *w, const struct parquet_schema_element *element)
{
    if (w->depth >= SCHEMA_MAX_DEPTH)
        return weir__fail(w->err, WEIR_CORRUPT, "schema is nested deeper than %d",
                          SCHEMA_MAX_DEPTH);
    w->names[w->depth++] = element->name;
    return WEIR_OK;
}

static int alloc_children(struct walk *w, struct parquet_field *out, size_t n)
{
    out->children = weir__arena_alloc(w->arena, n, sizeof *out->children, w->err);
    out->n_children = n;
    return out->children ? WEIR_OK : WEIR_NO_MEMORY;
}

static int read_struct(struct walk *w, const struct parquet_schema_element *element,
                       struct place place, struct parquet_field *out)
{
    out->shape = PARQUET_SHAPE_STRUCT;
    out->format = "+s";
    out->first_leaf = w->schema->n_leaves;
    size_t n = (size_t)element->n_children;
    /* Each child is at least one entry of the list. */
    if (n > w->n_elements - w->at)
        return weir__fail(w->err, WEIR_CORRUPT, "schema: group %.*s declares %zu children",
                          STR_ARG(element->name), n);
    if (n > WEIR__MAX_COLUMNS)
        return weir__fail(w->err, WEIR_UNSUPPORTED, "schema: group %.*s has %zu children",
                          STR_ARG(element->name), n);
    TRY(alloc_children(w, out, n));
    for (size_t i = 0; i < n; i++)
        TRY(read_field(w, place, &out->children[i]));
    out->n_leaves = w->schema->n_leaves - out->first_leaf;
    return WEIR_OK;
}

static bool is_tuple_name(struct weir__str name, struct weir__str list)
{
    static const struct weir__str suffix = {"_tuple", 6};
    return weir__str_is(name, "array") ||
           (name.len == list.len + suffix.len && weir__str_starts(name, list) &&
            weir__str_ends(name, suffix));
}

/* Does the repeated child R of a list stand for the element itself? (6.3, in this order) */
static bool is_repeated_the_element(const struct walk *w, size_t r, struct weir__str list)
{
    const struct parquet_schema_element *repeated = &w->elements[r];
    if (is_group(repeated) == false || repeated->n_children != 1)
        return true;
    if (r + 1 < w->n_elements && w->elements[r + 1].repetition == PARQUET_REPEATED)
        return true;
    return is_tuple_name(repeated->name, list);
}

static int read_body(struct walk *w, const struct parquet_schema_element *element,
                     struct place place, struct parquet_field *out);

/* Levels below the repeated element that stands right under `place`. */
static struct place below_repeated(struct place place)
{
    uint8_t def = (uint8_t)(place.def + 1);
    return (struct place){def, (uint8_t)(place.rep + 1), def};
}

static void init_item(struct parquet_field *item, const struct parquet_schema_element *element,
                      struct place place)
{
    item->name = element->name;
    item->element = element;
    item->is_nullable = false;
    item->slot_def = place.slot_def;
    item->slot_rep = place.rep;
    item->def = place.def;
}

/* The group was read; its repeated child is next in the list. */
static int read_list(struct walk *w, const struct parquet_schema_element *element,
                     struct place place, struct parquet_field *out)
{
    const struct parquet_schema_element *repeated = &w->elements[w->at];
    struct place inner = below_repeated(place);
    bool is_element = is_repeated_the_element(w, w->at, element->name);
    out->shape = PARQUET_SHAPE_LIST;
    out->format = "+l";
    out->item_def = inner.def;
    out->first_leaf = w->schema->n_leaves;
    TRY(alloc_children(w, out, 1));
    w->at++;
    if (is_element) {
        init_item(&out->children[0], repeated, inner);
        TRY(read_body(w, repeated, inner, &out->children[0]));
    } else {
        TRY(enter(w, repeated));
        TRY(read_field(w, inner, &out->children[0]));
        w->depth--;
    }
    out->n_leaves = w->schema->n_leaves - out->first_leaf;
    return WEIR_OK;
}

/* Key and value of the repeated group that is next; a map without values is a list of keys. */
static int read_map(struct walk *w, struct place place, struct parquet_field *out)
{
    const struct parquet_schema_element *entries = &w->elements[w->at++];
    struct place inner = below_repeated(place);
    size_t n = (size_t)entries->n_children;
    out->shape = n == 2 ? PARQUET_SHAPE_MAP : PARQUET_SHAPE_LIST;
    out->format = n == 2 ? "+m" : "+l";
    out->item_def = inner.def;
    out->first_leaf = w->schema->n_leaves;
    TRY(alloc_children(w, out, n));
    TRY(enter(w, entries));
    for (size_t i = 0; i < n; i++)
        TRY(read_field(w, inner, &out->children[i]));
    w->depth--;
    if (n == 2) { /* Arrow's keys are never null; one that is gets refused when read */
        out->children[0].is_nullable = false;
        if (out->children[0].shape == PARQUET_SHAPE_LEAF) {
            w->schema->leaves[out->children[0].first_leaf].is_nullable = false;
            w->schema->leaves[out->children[0].first_leaf].is_key = true;
        }
    }
    out->n_leaves = w->schema->n_leaves - out->first_leaf;
    return WEIR_OK;
}

/* A list or map group has one child, which is repeated; anything else is read as it stands. */
static bool has_repeated_child(const struct walk *w, const struct parquet_schema_element *element)
{
    return element->n_children == 1 && w->at < w->n_elements &&
           w->elements[w->at].repetition == PARQUET_REPEATED;
}

static bool is_entries(const struct parquet_schema_element *entries)
{
    return is_group(entries) && (entries->n_children == 1 || entries->n_children == 2);
}

/* An element whose own repetition has been dealt with. */
static int read_body(struct walk *w, const struct parquet_schema_element *element,
                     struct place place, struct parquet_field *out)
{
    TRY(enter(w, element));
    int32_t id = weir__parquet_logical(element).id;
    int status;
    if (!is_group(element))
        status = read_leaf(w, element, place, out);
    else if (element->n_children < 1)
        status = weir__fail(w->err, WEIR_CORRUPT, "schema: group %.*s has %d children",
                            STR_ARG(element->name), element->n_children);
    else if (id == PARQUET_LOGICAL_LIST && has_repeated_child(w, element))
        status = read_list(w, element, place, out);
    else if (id == PARQUET_LOGICAL_MAP && has_repeated_child(w, element) &&
             is_entries(&w->elements[w->at]))
        status = read_map(w, place, out);
    else
        status = read_struct(w, element, place, out);
    w->depth--;
    return status;
}

/* A repeated field outside of any list: a required list of required elements. */
static int read_bare_repeated(struct walk *w, const struct parquet_schema_element *element,
                              struct place place, struct parquet_field *out)
{
    struct place inner = below_repeated(place);
    out->shape = PARQUET_SHAPE_LIST;
    out->format = "+l";
    out->item_def = inner.def;
    out->first_leaf = w->schema->n_leaves;
    TRY(alloc_children(w, out, 1));
    init_item(&out->children[0], element, inner);
    TRY(read_body(w, element, inner, &out->children[0]));
    out->n_leaves = w->schema->n_leaves - out->first_leaf;
    return WEIR_OK;
}

static int read_field(struct walk *w, struct place place, struct parquet_field *out)
{
    if (w->at >= w->n_elements)
        return weir__fail(w->err, WEIR_CORRUPT, "schema: list ends before its tree does");
    const struct parquet_schema_element *element = &w->elements[w->at++];
    if (element->repetition < 0 || element->repetition > PARQUET_REPEATED)
        return weir__fail(w->err, WEIR_CORRUPT, "schema: column %.*s has no valid repetition",
                          STR_ARG(element->name));
    bool is_optional = element->repetition == PARQUET_OPTIONAL;
    out->name = element->name;
    out->element = element;
    out->is_nullable = is_optional;
    out->slot_def = place.slot_def;
    out->slot_rep = place.rep;
    place.def = (uint8_t)(place.def + (is_optional ? 1 : 0));
    out->def = place.def;
    if (element->repetition == PARQUET_REPEATED)
        return read_bare_repeated(w, element, place, out);
    return read_body(w, element, place, out);
}

int weir__parquet_schema_read(struct weir__arena *arena, const struct parquet_file_meta *meta,
                              struct parquet_schema *out, struct weir_error *err)
{
    if (meta->n_schema == 0)
        return weir__fail(err, WEIR_CORRUPT, "schema is empty");
    struct parquet_schema schema;
    memset(&schema, 0, sizeof schema);
    schema.leaves = weir__arena_alloc(arena, meta->n_schema, sizeof *schema.leaves, err);
    if (!schema.leaves)
        return WEIR_NO_MEMORY;

    struct walk w = {.arena = arena,
                     .elements = meta->schema,
                     .n_elements = meta->n_schema,
                     .at = 1,
                     .schema = &schema,
                     .err = err};
    const struct parquet_schema_element *root = &meta->schema[0];
    if (!is_group(root) || root->n_children < 0)
        return weir__fail(err, WEIR_CORRUPT, "schema: the root is no group");
    schema.root.element = root;
    TRY(read_struct(&w, root, (struct place){0, 0, 0}, &schema.root));
    if (w.at != meta->n_schema)
        return weir__fail(err, WEIR_CORRUPT, "schema: %zu elements hang below nothing",
                          meta->n_schema - w.at);
    *out = schema;
    return WEIR_OK;
}

/* ---- the tree as an Arrow schema ----------------------------------------------------------- */

#define FIELD_ID_TEXT_BYTES 24
#define FIELD_MAX_METADATA 256

/* PARQUET:field_id, and what ARROW:schema keeps about the field. */
static int field_metadata(const struct weir_env *env, const struct parquet_field *field,
                          struct ArrowSchema *out, struct weir_error *err)
{
    struct weir__str names[FIELD_MAX_METADATA], values[FIELD_MAX_METADATA];
    size_t n = 0;
    char text[WEIR__I64_TEXT_BYTES];
    if (field->element && field->element->has_field_id) {
        names[n] = weir__str_of("PARQUET:field_id");
        values[n++] = (struct weir__str){text, weir__format_i64(field->element->field_id, text)};
    }
    size_t n_origin = field->origin ? weir__schema_metadata_count(field->origin) : 0;
    for (size_t i = 0; i < n_origin && n < FIELD_MAX_METADATA; i++) {
        if (!weir__schema_metadata_at(field->origin, i, &names[n], &values[n]))
            break;
        n += !weir__str_is(names[n], "PARQUET:field_id");
    }
    return n > 0 ? weir__schema_set_metadata(env, out, names, values, n, err) : WEIR_OK;
}

/* The struct of key and value between a map and its children. */
static int map_entries(const struct weir_env *env, const struct parquet_field *field,
                       struct ArrowSchema *out, struct weir_error *err)
{
    const struct ArrowSchema *origin = field->origin ? field->origin->children[0] : NULL;
    TRY(weir__schema_make(env, "+s", origin && origin->name ? origin->name : "entries", false, 2,
                          out, err));
    for (size_t i = 0; i < 2; i++)
        TRY(weir__parquet_arrow_schema(env, &field->children[i], out->children[i], err));
    return WEIR_OK;
}

int weir__parquet_arrow_schema(const struct weir_env *env, const struct parquet_field *field,
                               struct ArrowSchema *out, struct weir_error *err)
{
    struct ArrowSchema schema AUTO(schema) = {.release = NULL};
    bool is_map = field->shape == PARQUET_SHAPE_MAP;
    /* Names of a file are no C strings: cut at a NUL, which Arrow could not hold. */
    char *name = weir__strndup(env, field->name.data ? field->name.data : "", field->name.len, err);
    if (!name)
        return WEIR_NO_MEMORY;
    const char *shown = field->origin && field->origin->name ? field->origin->name : name;
    int status = weir__schema_make(env, field->format, shown, field->is_nullable,
                                   is_map ? 1 : (int64_t)field->n_children, &schema, err);
    weir__free(env, name);
    TRY(status);

    TRY(field_metadata(env, field, &schema, err));
    if (is_map)
        TRY(map_entries(env, field, schema.children[0], err));
    for (size_t i = 0; !is_map && i < field->n_children; i++)
        TRY(weir__parquet_arrow_schema(env, &field->children[i], schema.children[i], err));
    *out = schema;
    schema.release = NULL;
    return WEIR_OK;
}
