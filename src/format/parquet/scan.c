/* scan.c: rows of a Parquet file as a stream of record batches.
 *
 * Row groups are visited in order; of each, the projected column chunks are fetched by coalesced
 * ranges (chunks.c), then read column by column. A string column whose bytes would pass 2^31 stops
 * early; the batch is cut there, and what other columns have read further is carried over to the
 * next batch. */
#include "format/parquet/chunks.h"
#include "format/parquet/column_reader.h"
#include "format/parquet/prune.h"
#include "format/parquet/reader.h"

#include <inttypes.h>

#define HINT_MAX_ROWS (INT64_C(1) << 24)
/* Rows dropped at once, so that what is passed over takes little memory. */
#define DROP_MAX_ROWS 4096
#define HINT_MAX_BYTES (INT64_C(1) << 30)

/* A projected top-level column, with what is open of it in the current row group. */
struct scan_field {
    const struct parquet_field *field;
    struct weir__column_reader *columns; /* one per leaf */
    struct weir__leaf_out *outs;
    bool is_open;
    int64_t rows_read;
    struct ArrowArray carry; /* read ahead of the last batch; released = none */
};

struct scan {
    struct weir_parquet_reader *reader;
    struct scan_field *fields;
    size_t n_fields;
    int64_t batch_rows;
    int64_t group, end_group;
    const struct parquet_row_group *open; /* NULL: no row group is open */
    int64_t row_at;                       /* next row of the open row group */
    struct weir__row_range whole;         /* the one range without predicates */
    const struct weir__row_range *ranges; /* rows to read; ranges[range_at] is the current one */
    size_t n_ranges, range_at;
    struct weir__chunks chunks;
    struct weir__pruner *pruner; /* NULL: no predicates */
};

static void field_close(const struct weir_env *env, struct scan_field *f)
{
    for (size_t i = 0; i < f->field->n_leaves && f->columns; i++)
        weir__column_reader_dispose(&f->columns[i]);
    for (size_t i = 0; i < f->field->n_leaves && f->outs; i++)
        weir__leaf_out_dispose(&f->outs[i]);
    weir__free(env, TAKE(f->columns));
    weir__free(env, TAKE(f->outs));
    f->is_open = false;
}

static void group_close(struct scan *scan)
{
    for (size_t i = 0; i < scan->n_fields; i++) {
        field_close(scan->reader->env, &scan->fields[i]);
        weir__array_freep(&scan->fields[i].carry);
    }
    weir__chunks_clear(&scan->chunks);
    scan->open = NULL;
}

static void scan_free(void *ctx)
{
    struct scan *scan = ctx;
    if (!scan)
        return;
    const struct weir_env *env = scan->reader->env;
    if (scan->fields)
        group_close(scan);
    weir__chunks_dispose(&scan->chunks);
    weir__pruner_free(scan->pruner);
    weir__free(env, scan->fields);
    weir__free(env, scan);
}

/* ---- schema -------------------------------------------------------------------------------- */

static int scan_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    const struct scan *scan = ctx;
    const struct weir_env *env = scan->reader->env;
    struct ArrowSchema whole AUTO(schema) = {.release = NULL};
    TRY(weir_parquet_reader_schema(scan->reader, &whole, err));
    struct ArrowSchema schema AUTO(schema) = {.release = NULL};
    TRY(weir__schema_make(env, "+s", "", false, (int64_t)scan->n_fields, &schema, err));
    for (size_t i = 0; i < scan->n_fields; i++)
        TRY(weir__parquet_arrow_schema(env, scan->fields[i].field, schema.children[i], err));
    size_t n = weir__schema_metadata_count(&whole);
    struct weir__str *names = weir__alloc(env, n * 2 * sizeof *names, err);
    if (!names)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        (void)weir__schema_metadata_at(&whole, i, &names[i], &names[n + i]); /* i < count */
    int status =
        n > 0 ? weir__schema_set_metadata(env, &schema, names, names + n, n, err) : WEIR_OK;
    weir__free(env, names);
    TRY(status);
    *out = schema;
    schema.release = NULL;
    return WEIR_OK;
}

/* ---- columns ------------------------------------------------------------------------------- */

/* Does any list, map or nullable struct in this tree take its story from leaf `leaf`? */
static bool is_asked(const struct parquet_field *field, size_t leaf)
{
    if (field->shape == PARQUET_SHAPE_LEAF)
        return false;
    if (field->first_leaf == leaf)
        return true;
    for (size_t i = 0; i < field->n_children; i++) {
        if (is_asked(&field->children[i], leaf))
            return true;
    }
    return false;
}

/* Buffers sized once by what the footer says; a lie costs address space only. */
static int hint_sizes(struct scan *scan, struct weir__leaf_out *out,
                      const struct parquet_column_chunk *chunk, int64_t rows,
                      struct weir_error *err)
{
    int64_t n = chunk->n_values < rows ? chunk->n_values : rows;
    if (out->leaf->max_rep > 0 || n > HINT_MAX_ROWS)
        return WEIR_OK;
    TRY(weir__leaf_out_reserve(out, (size_t)n, err));
    int64_t bytes = chunk->sizes.has_byte_array_bytes ? chunk->sizes.byte_array_bytes
                                                      : chunk->total_uncompressed;
    if (out->leaf->convert != PARQUET_AS_BYTES || bytes <= 0 || bytes > HINT_MAX_BYTES)
        return WEIR_OK;
    if (rows < scan->open->n_rows)
        bytes = (int64_t)((double)bytes * (double)rows / (double)scan->open->n_rows * 1.125) + 4096;
    return weir__bytes_reserve(&out->bytes, (size_t)bytes, err);
}

static int field_open(struct scan *scan, struct scan_field *f, struct weir_error *err)
{
    const struct weir_env *env = scan->reader->env;
    size_t n = f->field->n_leaves;
    f->columns = weir__alloc_zero(env, n, sizeof *f->columns, err);
    f->outs = weir__alloc_zero(env, n, sizeof *f->outs, err);
    if (!f->columns || !f->outs)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        size_t leaf = f->field->first_leaf + i;
        const struct parquet_leaf *info = &scan->reader->schema.leaves[leaf];
        struct weir__chunk_bytes bytes = weir__chunks_get(&scan->chunks, leaf);
        TRY(weir__column_reader_init(&f->columns[i], &scan->reader->context, info,
                                     &scan->open->columns[leaf], bytes, err));
        weir__leaf_out_init(&f->outs[i], env, info, scan->reader->options.strict);
        f->outs[i].keeps_levels = info->max_def > 0 && is_asked(f->field, leaf);
    }
    f->is_open = true;
    f->rows_read = 0;
    return WEIR_OK;
}

static int leaf_prefix(const struct scan *scan, const struct parquet_leaf *leaf, int status,
                       struct weir_error *err)
{
    return weir__error_prefix(err, status, "%s: row group %" PRId64 ", column %.*s",
                              weir__parquet_name(scan->reader), scan->group, STR_ARG(leaf->path));
}

/* Read and drop up to `rows` rows, of a flat column not beyond the page that is open. */
static int leaf_drop(struct scan *scan, struct scan_field *f, size_t i, int64_t rows,
                     int64_t *out_rows, struct weir_error *err)
{
    struct weir__leaf_out dropped;
    int64_t left = weir__column_reader_left(&f->columns[i]);
    if (f->outs[i].leaf->max_rep == 0 && left > 0 && left < rows)
        rows = left;
    rows = rows < DROP_MAX_ROWS ? rows : DROP_MAX_ROWS;
    weir__leaf_out_init(&dropped, scan->reader->env, f->outs[i].leaf, false);
    dropped.keeps_levels = f->outs[i].keeps_levels;
    int status = weir__column_reader_rows(&f->columns[i], &dropped, rows, out_rows, err);
    weir__leaf_out_dispose(&dropped);
    return status;
}

/* Pass over rows that the predicates rule out: whole pages unread, the rest read and dropped. */
static int leaf_skip(struct scan *scan, struct scan_field *f, size_t i, int64_t rows,
                     struct weir_error *err)
{
    while (rows > 0) {
        int64_t got = 0;
        TRY(weir__column_reader_skip(&f->columns[i], rows, &got, err));
        rows -= got;
        if (rows == 0)
            break;
        TRY(leaf_drop(scan, f, i, rows, &got, err));
        if (got == 0)
            return weir__fail(err, WEIR_CORRUPT, "column chunk has fewer rows than its row group");
        rows -= got;
    }
    return WEIR_OK;
}

/* `rows` rows of leaf i; fewer only when its batch is full. */
static int leaf_read(struct scan *scan, struct scan_field *f, size_t i, int64_t rows,
                     int64_t *out_rows, struct weir_error *err)
{
    size_t leaf = f->field->first_leaf + i;
    TRY(hint_sizes(scan, &f->outs[i], &scan->open->columns[leaf], rows, err));
    TRY(weir__column_reader_rows(&f->columns[i], &f->outs[i], rows, out_rows, err));
    if (*out_rows < rows && f->columns[i].is_at_end)
        return weir__fail(err, WEIR_CORRUPT,
                          "column chunk has %" PRId64 " rows, its row group %" PRId64,
                          scan->row_at + *out_rows, scan->open->n_rows);
    if (scan->row_at + *out_rows == scan->open->n_rows)
        TRY(weir__column_reader_finish(&f->columns[i], err));
    return WEIR_OK;
}

static int field_read(struct scan *scan, struct scan_field *f, int64_t rows, struct ArrowArray *out,
                      struct weir_error *err)
{
    if (!f->is_open)
        TRY(field_open(scan, f, err));
    for (size_t i = 0; i < f->field->n_leaves; i++) {
        int64_t got = 0;
        int status = leaf_skip(scan, f, i, scan->row_at - f->rows_read, err);
        if (status == WEIR_OK)
            status = leaf_read(scan, f, i, rows, &got, err);
        if (status == WEIR_OK && got < rows && (f->field->n_leaves > 1 || got == 0))
            status = weir__fail(err, WEIR_UNSUPPORTED, "values of more than 2 GiB in one batch");
        if (status != WEIR_OK)
            return leaf_prefix(scan, &scan->reader->schema.leaves[f->field->first_leaf + i], status,
                               err);
        rows = got;
    }
    int status = weir__assemble(scan->reader->env, f->field, f->outs, rows, out, err);
    if (status == WEIR_OK && out->length != rows)
        status = weir__fail(err, WEIR_CORRUPT, "%" PRId64 " entries for %" PRId64 " rows",
                            (int64_t)out->length, (int64_t)rows);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "%s: row group %" PRId64,
                                  weir__parquet_name(scan->reader), scan->group);
    f->rows_read = scan->row_at + rows;
    if (f->rows_read == scan->open->n_rows)
        field_close(scan->reader->env, f); /* its memory serves the next column */
    return WEIR_OK;
}

/* ---- batches ------------------------------------------------------------------------------- */

/* The first `rows` of an array stay in it, the rest becomes f->carry. */
static int split_off(struct scan *scan, struct scan_field *f, int64_t rows,
                     struct ArrowArray *array, struct weir_error *err)
{
    const struct weir_env *env = scan->reader->env;
    struct ArrowSchema schema AUTO(schema) = {.release = NULL};
    TRY(weir__parquet_arrow_schema(env, f->field, &schema, err));
    struct ArrowArray head AUTO(array) = {.release = NULL};
    struct ArrowArray tail AUTO(array) = {.release = NULL};
    TRY(weir__slice(env, &schema, array, 0, rows, &head, err));
    TRY(weir__slice(env, &schema, array, rows, array->length - rows, &tail, err));
    weir__array_freep(array);
    weir__array_move(&head, array);
    weir__array_move(&tail, &f->carry);
    return WEIR_OK;
}

static bool is_full(const struct scan_field *f)
{
    for (size_t i = 0; i < f->field->n_leaves && f->columns; i++) {
        if (f->columns[i].is_full)
            return true;
    }
    return false;
}

static int field_batch(struct scan *scan, struct scan_field *f, int64_t rows,
                       struct ArrowArray *out, struct weir_error *err)
{
    if (f->carry.release) {
        weir__array_move(&f->carry, out);
        return WEIR_OK;
    }
    int status = field_read(scan, f, rows, out, err);
    /* A nested column cannot stop in the middle: it is begun again, with half of the rows. */
    while (status != WEIR_OK && rows > 1 && is_full(f)) {
        field_close(scan->reader->env, f);
        f->rows_read = 0;
        rows /= 2;
        status = field_read(scan, f, rows, out, err);
    }
    return status;
}

static int make_batch(struct scan *scan, int64_t rows, struct ArrowArray *out,
                      struct weir_error *err)
{
    struct ArrowArray batch AUTO(array) = {.release = NULL};
    TRY(weir__array_make(scan->reader->env, 1, (int64_t)scan->n_fields, false, &batch, err));
    for (size_t i = 0; i < scan->n_fields; i++) {
        TRY(field_batch(scan, &scan->fields[i], rows, batch.children[i], err));
        if (batch.children[i]->length < rows)
            rows = batch.children[i]->length;
    }
    for (size_t i = 0; i < scan->n_fields; i++) {
        if (batch.children[i]->length > rows)
            TRY(split_off(scan, &scan->fields[i], rows, batch.children[i], err));
    }
    batch.length = rows;
    scan->row_at += rows;
    weir__array_move(&batch, out);
    return WEIR_OK;
}

/* The rows to read of a row group; none: it is skipped. */
static int choose_rows(struct scan *scan, const struct parquet_row_group *group,
                       struct weir_error *err)
{
    scan->whole = (struct weir__row_range){0, group->n_rows};
    scan->ranges = &scan->whole;
    scan->n_ranges = group->n_rows > 0 ? 1 : 0;
    scan->range_at = 0;
    if (scan->n_ranges > 0 && scan->pruner)
        TRY(weir__pruner_group(scan->pruner, (size_t)scan->group, &scan->ranges, &scan->n_ranges,
                               err));
    scan->row_at = scan->n_ranges > 0 ? scan->ranges[0].begin : 0;
    return WEIR_OK;
}

static int fetch_group(struct scan *scan, const struct parquet_row_group *group,
                       struct weir_error *err)
{
    for (size_t i = 0; i < scan->n_fields; i++) {
        const struct parquet_field *field = scan->fields[i].field;
        for (size_t j = 0; j < field->n_leaves; j++)
            TRY(weir__chunks_want(&scan->chunks, group, field->first_leaf + j, err));
    }
    return weir__chunks_fetch(&scan->chunks, err);
}

/* Open the next row group that may hold a row; scan->open stays NULL at the end. */
static int next_group(struct scan *scan, struct weir_error *err)
{
    while (!scan->open && ++scan->group < scan->end_group) {
        const struct parquet_row_group *group = &scan->reader->meta.row_groups[scan->group];
        TRY(choose_rows(scan, group, err));
        if (scan->n_ranges == 0)
            continue;
        TRY(fetch_group(scan, group, err));
        scan->open = group;
    }
    return WEIR_OK;
}

/* Step over to the next range, or close the row group behind its last one. */
static void next_range(struct scan *scan)
{
    if (!scan->open || scan->row_at < scan->ranges[scan->range_at].end)
        return;
    if (++scan->range_at < scan->n_ranges)
        scan->row_at = scan->ranges[scan->range_at].begin;
    else
        group_close(scan);
}

/* A row group that cannot even be fetched; no batch follows. */
static int scan_failed(struct scan *scan, int status, struct weir_error *err)
{
    int64_t group = scan->group;
    scan->group = scan->end_group;
    return weir__error_prefix(err, status, "%s: row group %" PRId64,
                              weir__parquet_name(scan->reader), group);
}

static int scan_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct scan *scan = ctx;
    next_range(scan);
    if (!scan->open) {
        int status = next_group(scan, err);
        if (status != WEIR_OK)
            return scan_failed(scan, status, err);
    }
    if (!scan->open) {
        out->release = NULL;
        return WEIR_OK;
    }
    int64_t rows = scan->ranges[scan->range_at].end - scan->row_at;
    if (scan->batch_rows > 0 && rows > scan->batch_rows)
        rows = scan->batch_rows;
    for (size_t i = 0; i < scan->n_fields; i++) {
        const struct ArrowArray *carry = &scan->fields[i].carry;
        if (carry->release && carry->length < rows)
            rows = carry->length;
    }
    int status = make_batch(scan, rows, out, err);
    if (status != WEIR_OK) { /* no batch follows a failed one */
        group_close(scan);
        scan->group = scan->end_group;
    }
    return status;
}

/* ---- projection ---------------------------------------------------------------------------- */

static int find_column(const struct weir_parquet_reader *reader, const char *name,
                       const struct parquet_field **out, struct weir_error *err)
{
    const struct parquet_field *root = &reader->schema.root;
    for (size_t i = 0; i < root->n_children; i++) {
        if (weir__str_is(root->children[i].name, name)) {
            *out = &root->children[i];
            return WEIR_OK;
        }
    }
    return weir__fail(err, WEIR_NOT_FOUND, "%s: no column %s", weir__parquet_name(reader), name);
}

static int project(struct scan *scan, const struct weir_parquet_scan_options *options,
                   struct weir_error *err)
{
    const struct parquet_field *root = &scan->reader->schema.root;
    bool is_all = !options->columns;
    size_t n = is_all ? root->n_children : options->n_columns;
    scan->fields = weir__alloc_zero(scan->reader->env, n, sizeof *scan->fields, err);
    if (!scan->fields)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (is_all)
            scan->fields[i].field = &root->children[i];
        else
            TRY(find_column(scan->reader, options->columns[i], &scan->fields[i].field, err));
        scan->n_fields = i + 1;
    }
    return WEIR_OK;
}

static int scan_init(struct scan *scan, const struct weir_parquet_scan_options *options,
                     struct weir_error *err)
{
    int64_t n_groups = weir_parquet_reader_row_groups(scan->reader);
    int64_t first = options->first_row_group, n = options->n_row_groups;
    if (first < 0 || n < 0 || first > n_groups || n > n_groups - first || options->batch_rows < 0)
        return weir__fail(
            err, WEIR_INVALID, "%s: row groups %" PRId64 " and on, %" PRId64 " of %" PRId64,
            weir__parquet_name(scan->reader), (int64_t)first, (int64_t)n, (int64_t)n_groups);
    scan->batch_rows = options->batch_rows;
    scan->group = first - 1;
    scan->end_group = n > 0 ? first + n : n_groups;
    TRY(project(scan, options, err));
    if (options->n_predicates == 0)
        return WEIR_OK;
    return weir__pruner_new(scan->reader, options->predicates, options->n_predicates, &scan->pruner,
                            err);
}

int weir_parquet_reader_scan(struct weir_parquet_reader *reader,
                             const struct weir_parquet_scan_options *options,
                             struct ArrowArrayStream *out, struct weir_error *err)
{
    static const struct weir__stream_ops ops = {scan_schema, scan_next, scan_free};
    static const struct weir_parquet_scan_options all = {.struct_size = 0};
    ASSERT(reader->magic == WEIR__PARQUET_READER_MAGIC);
    struct scan *scan = weir__alloc_zero(reader->env, 1, sizeof *scan, err);
    if (!scan)
        return WEIR_NO_MEMORY;
    scan->reader = reader;
    weir__chunks_init(&scan->chunks, reader);
    int status = scan_init(scan, options ? options : &all, err);
    if (status == WEIR_OK)
        status = weir__stream_make(reader->env, &ops, scan, out, err);
    if (status != WEIR_OK)
        scan_free(scan);
    return status;
}
