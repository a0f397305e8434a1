/* settle.c: column types that only the values can tell (spec/parquet.md 6.2, 14).
 *
 * INT96 timestamps: nanoseconds hold the years 1677 to 2262 only; where a value lies outside, the
 * column is microseconds. Small integers: an INT_8 column may hold anything that fits 32 bits;
 * where it does, the column stays as wide as it is stored (in strict mode reading it fails
 * instead).
 *
 * Statistics answer where they can; else the values of a small file are looked at once when it is
 * opened. Of a large one the annotation is believed, and a value that breaks it is an error. */
#include "format/parquet/column_reader.h"
#include "format/parquet/leaf_values.h"
#include "format/parquet/stat_bound.h"

#define LOOK_MAX_BYTES (INT64_C(64) << 20)

static int look_int96(void *ctx, const struct weir__leaf_block *block, struct weir_error *err)
{
    bool *fits = ctx;
    int64_t ignored;
    (void)err;
    for (size_t i = 0; i < block->n && *fits; i++)
        *fits = weir__int96_fits(block->fixed + i * 12, 1, &ignored);
    return WEIR_OK;
}

struct narrow_look {
    const struct parquet_leaf *leaf;
    bool fits;
};

static int look_narrow(void *ctx, const struct weir__leaf_block *block, struct weir_error *err)
{
    struct narrow_look *look = ctx;
    (void)err;
    for (size_t i = 0; i < block->n && look->fits; i++)
        look->fits = weir__narrow_fits(look->leaf, block->fixed, i);
    return WEIR_OK;
}

static bool is_small(const struct weir_parquet_reader *reader, size_t leaf)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < reader->meta.n_row_groups; i++) {
        if (__builtin_add_overflow(bytes, reader->meta.row_groups[i].columns[leaf].total_compressed,
                                   &bytes) ||
            bytes < 0 || bytes > LOOK_MAX_BYTES)
            return false;
    }
    return true;
}

/* What is broken in the pages is reported when the rows are read. */
static bool int96_fits(struct weir_parquet_reader *reader, size_t leaf)
{
    bool fits = is_small(reader, leaf);
    for (size_t i = 0; i < reader->meta.n_row_groups && fits; i++) {
        if (weir__leaf_values(reader, i, leaf, look_int96, &fits, NULL) != WEIR_OK)
            break;
    }
    return fits;
}

static bool narrow_group_fits(struct weir_parquet_reader *reader, size_t group,
                              struct narrow_look *look, size_t leaf)
{
    const struct parquet_column_chunk *chunk = &reader->meta.row_groups[group].columns[leaf];
    const struct parquet_statistics *statistics = &chunk->statistics;
    struct weir__stat_bound min, max;
    weir__stat_bounds_get(reader, leaf, chunk, &min, &max);
    if (min.is_known && max.is_known)
        return weir__narrow_fits(look->leaf, (const uint8_t *)min.value.data, 0) &&
               weir__narrow_fits(look->leaf, (const uint8_t *)max.value.data, 0);
    bool is_all_null = statistics->has_null_count && statistics->null_count == chunk->n_values;
    if (!is_all_null && is_small(reader, leaf)) {
        int status = weir__leaf_values(reader, group, leaf, look_narrow, look, NULL);
        (void)status; /* told again when the rows are read */
    }
    return look->fits;
}

static bool narrow_fits(struct weir_parquet_reader *reader, size_t leaf)
{
    struct narrow_look look = {&reader->schema.leaves[leaf], true};
    for (size_t i = 0; i < reader->meta.n_row_groups; i++) {
        if (!narrow_group_fits(reader, i, &look, leaf))
            return false;
    }
    return true;
}

static void settle_leaf(struct weir_parquet_reader *reader, struct parquet_field *field)
{
    struct parquet_leaf *leaf = &reader->schema.leaves[field->first_leaf];
    if (leaf->convert == PARQUET_AS_INT96 && !int96_fits(reader, field->first_leaf)) {
        leaf->factor = 1000;
        field->format = "tsu:";
    } else if (leaf->convert == PARQUET_AS_NARROW && !reader->options.strict &&
               leaf->type == PARQUET_INT32 && !narrow_fits(reader, field->first_leaf)) {
        bool is_unsigned = weir__stat_order_of(leaf) == WEIR__STAT_UNSIGNED;
        leaf->convert = PARQUET_AS_IS;
        leaf->kind = is_unsigned ? WEIR__KIND_UINT32 : WEIR__KIND_INT32;
        leaf->value_bytes = 4;
        field->format = is_unsigned ? "I" : "i";
    }
}

/* Depth is bounded as the schema's was. Types from ARROW:schema are settled already. */
static void settle(struct weir_parquet_reader *reader, struct parquet_field *field)
{
    for (size_t i = 0; i < field->n_children; i++)
        settle(reader, &field->children[i]);
    if (field->shape == PARQUET_SHAPE_LEAF && !field->origin)
        settle_leaf(reader, field);
}

void weir__parquet_settle(struct weir_parquet_reader *reader)
{
    settle(reader, &reader->schema.root);
}
