/* int96.c: the unit of INT96 timestamps, which no schema tells (spec/parquet.md 6.2).
 *
 * Nanoseconds hold the years 1677 to 2262 only. The values of a small file are looked at once when
 * it is opened; if one does not fit, or the file is too large to look, the column is microseconds,
 * which hold every date that the engines writing INT96 know. */
#include "format/parquet/column_reader.h"
#include "format/parquet/leaf_values.h"

#define LOOK_MAX_BYTES (INT64_C(64) << 20)

static int look(void *ctx, const struct weir__leaf_block *block, struct weir_error *err)
{
    bool *fits = ctx;
    int64_t ignored;
    for (size_t i = 0; i < block->n && *fits; i++)
        *fits = weir__int96_fits(block->fixed + i * 12, 1, &ignored);
    (void)err;
    return WEIR_OK;
}

static bool fits_nanoseconds(struct weir_parquet_reader *reader, size_t leaf)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < reader->meta.n_row_groups; i++) {
        if (__builtin_add_overflow(bytes, reader->meta.row_groups[i].columns[leaf].total_compressed,
                                   &bytes) ||
            bytes < 0 || bytes > LOOK_MAX_BYTES)
            return false;
    }
    bool fits = true;
    for (size_t i = 0; i < reader->meta.n_row_groups && fits; i++) {
        /* What is broken there is reported when the rows are read. */
        if (weir__leaf_values(reader, i, leaf, look, &fits, NULL) != WEIR_OK)
            break;
    }
    return fits;
}

static void settle(struct weir_parquet_reader *reader, struct parquet_field *field)
{
    for (size_t i = 0; i < field->n_children; i++)
        settle(reader, &field->children[i]);
    if (field->shape != PARQUET_SHAPE_LEAF || field->origin)
        return;
    struct parquet_leaf *leaf = &reader->schema.leaves[field->first_leaf];
    if (leaf->convert != PARQUET_AS_INT96 || fits_nanoseconds(reader, field->first_leaf))
        return;
    leaf->factor = 1000;
    field->format = "tsu:";
}

void weir__parquet_int96_settle(struct weir_parquet_reader *reader)
{
    settle(reader, &reader->schema.root);
}
