/* assemble.c: offsets and validity of structs, lists and maps out of the levels of one leaf below
 * them (the reverse of Dremel's shredding; spec/parquet.md 6).
 *
 * A field's slots begin at entries with rep <= slot_rep and def >= slot_def. All leaves below a
 * field tell the same story about it, so the first one is asked; the others must agree in
 * length. */
#include "format/parquet/column_reader.h"

#include <inttypes.h>

struct levels {
    const uint8_t *def, *rep; /* def NULL: every entry is a present row; rep NULL: all 0 */
    size_t n;
};

static struct levels levels_of(const struct weir__leaf_out *out, int64_t n_rows)
{
    if (!out->keeps_levels)
        return (struct levels){NULL, NULL, (size_t)n_rows};
    return (struct levels){out->def, out->rep, out->n_levels};
}

static inline bool is_slot(const struct levels *levels, size_t i, uint8_t max_rep, uint8_t min_def)
{
    return (!levels->rep || levels->rep[i] <= max_rep) &&
           (!levels->def || levels->def[i] >= min_def);
}

static size_t count_slots(const struct parquet_field *field, const struct levels *levels)
{
    if (!levels->def)
        return levels->n;
    size_t n = 0;
    for (size_t i = 0; i < levels->n; i++)
        n += is_slot(levels, i, field->slot_rep, field->slot_def);
    return n;
}

/* Validity of a nullable field; no buffer while there is no null. */
static int make_validity(const struct weir_env *env, const struct parquet_field *field,
                         const struct levels *levels, struct ArrowArray *array,
                         struct weir_error *err)
{
    if (!field->is_nullable || !levels->def)
        return WEIR_OK;
    uint8_t *bits = weir__alloc_zero(env, (size_t)array->length / 8 + 1, 1, err);
    if (!bits)
        return WEIR_NO_MEMORY;
    size_t slot = 0, n_set = 0;
    for (size_t i = 0; i < levels->n; i++) {
        if (!is_slot(levels, i, field->slot_rep, field->slot_def))
            continue;
        if (levels->def[i] >= field->def) {
            weir__bit_set(bits, (int64_t)slot);
            n_set++;
        }
        slot++;
    }
    array->null_count = array->length - (int64_t)n_set;
    if (array->null_count > 0)
        weir__array_own(array, 0, bits);
    else
        weir__free(env, bits);
    return WEIR_OK;
}

static int check_child(const struct parquet_field *field, const struct ArrowArray *child,
                       int64_t length, struct weir_error *err)
{
    if (child->length == length)
        return WEIR_OK;
    return weir__fail(err, WEIR_CORRUPT,
                      "columns below %.*s give %" PRId64 " and %" PRId64 " entries",
                      STR_ARG(field->name), (int64_t)length, (int64_t)child->length);
}

static int assemble_struct(const struct weir_env *env, const struct parquet_field *field,
                           struct weir__leaf_out *outs, int64_t n_rows, struct ArrowArray *array,
                           struct weir_error *err)
{
    struct levels levels = levels_of(outs, n_rows);
    array->length = (int64_t)count_slots(field, &levels);
    TRY(make_validity(env, field, &levels, array, err));
    for (size_t i = 0; i < field->n_children; i++) {
        const struct parquet_field *child = &field->children[i];
        TRY(weir__assemble(env, child, outs + (child->first_leaf - field->first_leaf), n_rows,
                           array->children[i], err));
        TRY(check_child(child, array->children[i], array->length, err));
    }
    return WEIR_OK;
}

/* Offsets of a list or map: item counts so far at each slot; returns the items in all. */
#define FILL_OFFSETS(name, type)                                                                   \
    static size_t name(const struct parquet_field *field, const struct levels *levels,             \
                       type *offsets)                                                              \
    {                                                                                              \
        size_t slot = 0, items = 0;                                                                \
        for (size_t i = 0; i < levels->n; i++) {                                                   \
            if (is_slot(levels, i, field->slot_rep, field->slot_def))                              \
                offsets[slot++] = (type)items;                                                     \
            items += is_slot(levels, i, (uint8_t)(field->slot_rep + 1), field->item_def);          \
        }                                                                                          \
        offsets[slot] = (type)items;                                                               \
        return items;                                                                              \
    }

FILL_OFFSETS(fill_offsets32, int32_t)
FILL_OFFSETS(fill_offsets64, int64_t)

static bool is_large(const struct parquet_field *field)
{
    return strcmp(field->format, "+L") == 0;
}

static int make_offsets(const struct weir_env *env, const struct parquet_field *field,
                        const struct levels *levels, struct ArrowArray *array, size_t *out_items,
                        struct weir_error *err)
{
    if (levels->n > INT32_MAX && !is_large(field))
        return weir__fail(err, WEIR_UNSUPPORTED, "%.*s holds more than 2^31 items in one batch",
                          STR_ARG(field->name));
    size_t size = is_large(field) ? sizeof(int64_t) : sizeof(int32_t);
    void *offsets = weir__alloc_zero(env, (size_t)array->length + 1, size, err);
    if (!offsets)
        return WEIR_NO_MEMORY;
    *out_items = is_large(field) ? fill_offsets64(field, levels, offsets)
                                 : fill_offsets32(field, levels, offsets);
    weir__array_own(array, 1, offsets);
    return WEIR_OK;
}

static int assemble_list(const struct weir_env *env, const struct parquet_field *field,
                         struct weir__leaf_out *outs, int64_t n_rows, struct ArrowArray *array,
                         struct weir_error *err)
{
    struct levels levels = levels_of(outs, n_rows);
    size_t items;
    ASSERT(levels.def && levels.rep);
    array->length = (int64_t)count_slots(field, &levels);
    TRY(make_validity(env, field, &levels, array, err));
    TRY(make_offsets(env, field, &levels, array, &items, err));
    TRY(weir__assemble(env, &field->children[0], outs, n_rows, array->children[0], err));
    return check_child(&field->children[0], array->children[0], (int64_t)items, err);
}

static int assemble_map(const struct weir_env *env, const struct parquet_field *field,
                        struct weir__leaf_out *outs, int64_t n_rows, struct ArrowArray *array,
                        struct weir_error *err)
{
    struct levels levels = levels_of(outs, n_rows);
    size_t items;
    ASSERT(levels.def && levels.rep);
    array->length = (int64_t)count_slots(field, &levels);
    TRY(make_validity(env, field, &levels, array, err));
    TRY(make_offsets(env, field, &levels, array, &items, err));
    struct ArrowArray *entries = array->children[0];
    TRY(weir__array_make(env, 1, 2, false, entries, err));
    entries->length = (int64_t)items;
    for (size_t i = 0; i < 2; i++) {
        const struct parquet_field *child = &field->children[i];
        TRY(weir__assemble(env, child, outs + (child->first_leaf - field->first_leaf), n_rows,
                           entries->children[i], err));
        TRY(check_child(child, entries->children[i], entries->length, err));
    }
    return WEIR_OK;
}

int weir__assemble(const struct weir_env *env, const struct parquet_field *field,
                   struct weir__leaf_out *outs, int64_t n_rows, struct ArrowArray *array,
                   struct weir_error *err)
{
    if (field->shape == PARQUET_SHAPE_LEAF)
        return weir__leaf_out_finish(outs, array, err);
    bool is_struct = field->shape == PARQUET_SHAPE_STRUCT;
    bool is_map = field->shape == PARQUET_SHAPE_MAP;
    struct ArrowArray made AUTO(array) = {.release = NULL};
    TRY(weir__array_make(env, is_struct ? 1 : 2, is_map ? 1 : (int64_t)field->n_children, false,
                         &made, err));
    if (is_struct)
        TRY(assemble_struct(env, field, outs, n_rows, &made, err));
    else if (is_map)
        TRY(assemble_map(env, field, outs, n_rows, &made, err));
    else
        TRY(assemble_list(env, field, outs, n_rows, &made, err));
    weir__array_move(&made, array);
    return WEIR_OK;
}
