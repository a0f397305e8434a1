/* writer.c: the Parquet file: row groups cut by rows and bytes, columns encoded side by side,
 * indexes and footer last.
 *
 * The hard idea: rows are processed in steps of one page's rows, counted from the row group's
 * begin. A step that spans two batches is put together first, so where batches were cut leaves no
 * trace in the file. */
#include "format/parquet/column_writer.h"
#include "format/parquet/meta_write.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_ROW_GROUP_ROWS 1048576
#define DEFAULT_ROW_GROUP_BYTES (128ll << 20)
#define DEFAULT_PAGE_BYTES (1ll << 20)
#define DEFAULT_PAGE_ROWS 20000
#define DEFAULT_DICTIONARY_BYTES (1ll << 20)
#define DEFAULT_BOUND_BYTES 64
#define MAX_SORTING 16
#define BLOOM_MAX_BYTES (128u << 20)

struct weir_parquet_writer {
    const struct weir_env *env;
    struct ArrowSchema arrow_schema;
    struct weir__write_schema schema;
    struct weir_sink sink;
    struct weir__column_options *column_options;
    struct weir__column_writer *columns;
    size_t n_columns;
    int64_t row_group_rows, row_group_bytes, page_rows;
    bool no_page_index, is_failed, is_finished;
    struct weir__pool *pool;
    struct weir__arena arena;  /* what the footer says */
    struct ArrowArray pending; /* rows of a step not yet full */
    int64_t group_rows, file_rows;
    uint64_t offset;                                         /* bytes written */
    struct weir__buf row_groups;                             /* struct parquet_row_group */
    struct weir__buf column_indexes, offset_indexes, blooms; /* bytes, written before the footer */
    struct weir__buf kv; /* struct weir__str pairs: names then values interleaved */
    struct weir__sort_key sorting[MAX_SORTING];
    size_t n_sorting;
    bool is_sorted;             /* of the row group at hand */
    struct ArrowArray last_row; /* of the step before, when sorting is checked */
};

static int emit(struct weir_parquet_writer *w, const void *data, size_t n, struct weir_error *err)
{
    if (n == 0)
        return WEIR_OK;
    TRY(w->sink.write(w->sink.ctx, data, n, err));
    w->offset += n;
    return WEIR_OK;
}

/* ---- making ---- */

static int64_t or_default(int64_t value, int64_t fallback)
{
    return value ? value : fallback;
}

static int codec_of(enum weir_compression compression, int32_t *out, struct weir_error *err)
{
    static const int32_t codecs[] = {PARQUET_SNAPPY, PARQUET_UNCOMPRESSED, PARQUET_SNAPPY,
                                     PARQUET_GZIP,   PARQUET_ZSTD,         PARQUET_LZ4_RAW};
    if ((unsigned)compression >= COUNT_OF(codecs))
        return weir__fail(err, WEIR_INVALID, "unknown compression %d", (int)compression);
    *out = codecs[compression];
    return WEIR_OK;
}

static int check_options(const struct weir_parquet_write_options *o, struct weir_error *err)
{
    if (o->row_group_rows < 0 || o->row_group_bytes < 0 || o->page_bytes < 0 || o->page_rows < 0 ||
        o->dictionary_bytes < 0 || o->statistics_bytes < 0)
        return weir__fail(err, WEIR_INVALID, "a Parquet size option is negative");
    if (o->page_rows > 1 << 24 || o->page_bytes > 1 << 30)
        return weir__fail(err, WEIR_INVALID, "pages of over 16,777,216 rows or 1 GiB");
    if (o->threads < 0 || o->threads > WEIR__POOL_MAX_THREADS)
        return weir__fail(err, WEIR_INVALID, "%d threads: give 1 to %d", o->threads,
                          WEIR__POOL_MAX_THREADS);
    if (o->n_sorting > MAX_SORTING)
        return weir__fail(err, WEIR_INVALID, "at most %d sorting columns", MAX_SORTING);
    return WEIR_OK;
}

static int leaf_find(const struct weir_parquet_writer *w, const char *dotted, const char *what,
                     size_t *out, struct weir_error *err)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        if (weir__str_is(weir__write_schema_leaf(&w->schema, i)->dotted, dotted)) {
            *out = i;
            return WEIR_OK;
        }
    }
    return weir__fail(err, WEIR_INVALID, "%s: no leaf column %s", what, dotted);
}

static int columns_make(struct weir_parquet_writer *w, const struct weir_parquet_write_options *o,
                        struct weir_error *err)
{
    int32_t codec = PARQUET_UNCOMPRESSED;
    TRY(codec_of(o->compression, &codec, err));
    size_t n = weir__write_schema_leaves(&w->schema);
    w->column_options = weir__alloc_zero(w->env, n ? n : 1, sizeof *w->column_options, err);
    w->columns = weir__alloc_zero(w->env, n ? n : 1, sizeof *w->columns, err);
    if (!w->column_options || !w->columns)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        w->column_options[i] = (struct weir__column_options){
            .codec = codec,
            .level = o->compression_level,
            .compat_v1 = o->compat_v1,
            .page_v2 = o->data_page_v2 && !o->compat_v1,
            .no_dictionary = o->no_dictionary,
            .no_statistics = o->no_statistics,
            .no_crc = o->no_crc,
            .page_bytes = or_default(o->page_bytes, DEFAULT_PAGE_BYTES),
            .dictionary_bytes = (size_t)or_default(o->dictionary_bytes, DEFAULT_DICTIONARY_BYTES),
            .bound_bytes = (size_t)or_default(o->statistics_bytes, DEFAULT_BOUND_BYTES),
        };
        weir__column_writer_init(&w->columns[i], w->env, weir__write_schema_leaf(&w->schema, i),
                                 &w->column_options[i]);
        w->n_columns = i + 1;
    }
    for (size_t i = 0; i < o->n_bloom_columns; i++) {
        size_t at = 0;
        TRY(leaf_find(w, o->bloom_columns[i], "bloom filter", &at, err));
        if (w->schema.leaves.len &&
            weir__write_schema_leaf(&w->schema, at)->physical == PARQUET_BOOLEAN)
            return weir__fail(err, WEIR_INVALID, "bloom filter: column %s is boolean",
                              o->bloom_columns[i]);
        w->column_options[at].wants_bloom = true;
    }
    return WEIR_OK;
}

static int sorting_make(struct weir_parquet_writer *w, const struct weir_parquet_write_options *o,
                        struct weir_error *err)
{
    for (size_t i = 0; i < o->n_sorting; i++) {
        int64_t column = weir__schema_find(&w->arrow_schema, o->sorting[i].column);
        if (column < 0)
            return weir__fail(err, WEIR_INVALID, "sorting: no column %s", o->sorting[i].column);
        w->sorting[i] = (struct weir__sort_key){column, o->sorting[i].is_descending,
                                                !o->sorting[i].nulls_first};
    }
    w->n_sorting = o->n_sorting;
    w->is_sorted = o->n_sorting > 0;
    return WEIR_OK;
}

static int arena_copy(struct weir_parquet_writer *w, struct weir__str text, struct weir__str *out,
                      struct weir_error *err)
{
    char *copy = weir__arena_alloc(&w->arena, text.len, 1, err);
    if (!copy)
        return WEIR_NO_MEMORY;
    if (text.len)
        memcpy(copy, text.data, text.len);
    *out = (struct weir__str){copy, text.len};
    return WEIR_OK;
}

static int kv_add(struct weir_parquet_writer *w, struct weir__str name, struct weir__str value,
                  struct weir_error *err)
{
    struct weir__str pair[2] = {STR_NULL, STR_NULL};
    TRY(arena_copy(w, name, &pair[0], err));
    if (value.data)
        TRY(arena_copy(w, value, &pair[1], err));
    return weir__buf_append(&w->kv, pair, sizeof pair, err);
}

static int kv_make(struct weir_parquet_writer *w, const struct weir_parquet_write_options *o,
                   struct weir_error *err)
{
    if (!o->no_arrow_schema) {
        AUTO(buf) struct weir__buf message = weir__buf_make(w->env, SIZE_MAX / 2);
        AUTO(buf) struct weir__buf text = weir__buf_make(w->env, SIZE_MAX / 2);
        TRY(weir__ipc_schema_encode(w->env, &w->arrow_schema, &message, err));
        TRY(weir__base64_encode(message.data, message.len, &text, err));
        TRY(kv_add(w, weir__str_of("ARROW:schema"),
                   (struct weir__str){(const char *)text.data, text.len}, err));
    }
    for (size_t i = 0; i < o->n_metadata; i++)
        TRY(kv_add(w, weir__str_of(o->metadata[i].name), weir__str_of(o->metadata[i].value), err));
    return WEIR_OK;
}

static int writer_fill(struct weir_parquet_writer *w, const struct ArrowSchema *schema,
                       const struct weir_parquet_write_options *o, struct weir_error *err)
{
    TRY(check_options(o, err));
    if (!schema->format || strcmp(schema->format, "+s") != 0)
        return weir__fail(err, WEIR_INVALID,
                          "a Parquet file holds record batches (a struct), not '%s'",
                          schema->format ? schema->format : "");
    TRY(weir__schema_copy(w->env, schema, &w->arrow_schema, err));
    TRY(weir__write_schema_make(w->env, &w->arrow_schema, &w->schema, err));
    TRY(columns_make(w, o, err));
    TRY(sorting_make(w, o, err));
    TRY(kv_make(w, o, err));
    w->row_group_rows = or_default(o->row_group_rows, DEFAULT_ROW_GROUP_ROWS);
    w->row_group_bytes = or_default(o->row_group_bytes, DEFAULT_ROW_GROUP_BYTES);
    w->page_rows = or_default(o->page_rows, DEFAULT_PAGE_ROWS);
    w->no_page_index = o->no_page_index || o->no_statistics;
    if (o->threads > 1)
        TRY(weir__pool_new(w->env, o->threads, &w->pool, err));
    return WEIR_OK;
}

int weir_parquet_writer_new(const struct weir_env *env, const struct ArrowSchema *schema,
                            const struct weir_parquet_write_options *options,
                            const struct weir_sink *sink, struct weir_parquet_writer **out,
                            struct weir_error *err)
{
    static const struct weir_parquet_write_options defaults;
    struct weir_parquet_writer *w = weir__alloc_zero(env, 1, sizeof *w, err);
    if (!w)
        return WEIR_NO_MEMORY;
    size_t most = SIZE_MAX / 2;
    w->env = env;
    w->sink = *sink;
    w->arena = weir__arena_make(env, most);
    struct weir__buf *bufs[] = {
        &w->row_groups, &w->column_indexes,  &w->offset_indexes, &w->blooms,
        &w->kv,         &w->schema.elements, &w->schema.leaves,  &w->schema.blocks};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        *bufs[i] = weir__buf_make(env, most);
    w->schema.env = env;
    int status = writer_fill(w, schema, options ? options : &defaults, err);
    if (status != WEIR_OK) {
        weir_parquet_writer_free(w);
        return status;
    }
    *out = w;
    return WEIR_OK;
}

void weir_parquet_writer_free(struct weir_parquet_writer *w)
{
    if (!w)
        return;
    weir__pool_free(w->pool);
    for (size_t i = 0; i < w->n_columns; i++)
        weir__column_writer_dispose(&w->columns[i]);
    weir__free(w->env, w->columns);
    weir__free(w->env, w->column_options);
    weir__write_schema_dispose(&w->schema);
    weir__schema_freep(&w->arrow_schema);
    weir__array_freep(&w->pending);
    weir__array_freep(&w->last_row);
    weir__arena_dispose(&w->arena);
    weir__buf_dispose(&w->row_groups);
    weir__buf_dispose(&w->column_indexes);
    weir__buf_dispose(&w->offset_indexes);
    weir__buf_dispose(&w->blooms);
    weir__buf_dispose(&w->kv);
    weir__free(w->env, w);
}

/* ---- indexes and bloom filters of one chunk ---- */

static int column_index_put(struct weir_parquet_writer *w, struct weir__column_writer *column,
                            struct parquet_column_chunk *meta, struct weir_error *err)
{
    const struct weir__page_record *records =
        (const struct weir__page_record *)(const void *)column->page_records.data;
    size_t n = column->page_records.len / sizeof *records;
    if (column->pages_lack_bounds || n == 0 || column->leaf->order == WEIR__ORDER_NONE)
        return WEIR_OK;
    struct weir__arena arena = weir__arena_make(w->env, SIZE_MAX / 2);
    struct parquet_column_index index = {
        .null_pages = weir__arena_alloc(&arena, n, sizeof(bool), err),
        .min_values = weir__arena_alloc(&arena, n, sizeof(struct weir__str), err),
        .max_values = weir__arena_alloc(&arena, n, sizeof(struct weir__str), err),
        .n_pages = n,
        .boundary_order = column->ascending    ? 1
                          : column->descending ? 2
                                               : 0,
        .null_counts = weir__arena_alloc(&arena, n, sizeof(int64_t), err),
    };
    int64_t *nans = weir__arena_alloc(&arena, n, sizeof(int64_t), err);
    int status =
        index.null_pages && index.min_values && index.max_values && index.null_counts && nans
            ? WEIR_OK
            : WEIR_NO_MEMORY;
    for (size_t i = 0; i < n && status == WEIR_OK; i++) {
        const char *bytes = (const char *)column->bounds_bytes.data;
        index.null_pages[i] = !records[i].has_bounds;
        index.null_counts[i] = records[i].n_nulls;
        nans[i] = records[i].n_nans;
        if (records[i].has_bounds) {
            index.min_values[i] = (struct weir__str){bytes + records[i].min_at, records[i].min_len};
            index.max_values[i] = (struct weir__str){bytes + records[i].max_at, records[i].max_len};
        }
    }
    index.nan_counts = column->leaf->order == WEIR__ORDER_FLOAT ? nans : NULL;
    meta->column_index_offset = (int64_t)w->column_indexes.len + 1; /* made absolute at the end */
    if (status == WEIR_OK)
        status = weir__meta_write_column_index(&index, &w->column_indexes, err);
    meta->column_index_bytes =
        (int32_t)((int64_t)w->column_indexes.len + 1 - meta->column_index_offset);
    weir__arena_dispose(&arena);
    return status;
}

static int offset_index_put(struct weir_parquet_writer *w, struct weir__column_writer *column,
                            struct parquet_column_chunk *meta, struct weir_error *err)
{
    const struct weir__page_record *records =
        (const struct weir__page_record *)(const void *)column->page_records.data;
    size_t n = column->page_records.len / sizeof *records;
    struct weir__arena arena = weir__arena_make(w->env, SIZE_MAX / 2);
    struct parquet_offset_index index = {
        .pages = weir__arena_alloc(&arena, n, sizeof *index.pages, err), .n_pages = n};
    int64_t *bytes = weir__arena_alloc(&arena, n, sizeof *bytes, err);
    int status = index.pages && bytes ? WEIR_OK : WEIR_NO_MEMORY;
    for (size_t i = 0; i < n && status == WEIR_OK; i++) {
        index.pages[i] = (struct parquet_page_location){meta->data_page_offset + records[i].offset,
                                                        records[i].bytes, records[i].first_row};
        bytes[i] = records[i].byte_array_bytes;
    }
    if (column->leaf->physical == PARQUET_BYTE_ARRAY) {
        index.byte_array_bytes = bytes;
        index.n_byte_array_bytes = n;
    }
    meta->offset_index_offset = (int64_t)w->offset_indexes.len + 1;
    if (status == WEIR_OK)
        status = weir__meta_write_offset_index(&index, &w->offset_indexes, err);
    meta->offset_index_bytes =
        (int32_t)((int64_t)w->offset_indexes.len + 1 - meta->offset_index_offset);
    weir__arena_dispose(&arena);
    return status;
}

static int hash_order(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static size_t distinct_hashes(struct weir__buf *hashes)
{
    uint64_t *h = (uint64_t *)(void *)hashes->data;
    size_t n = hashes->len / sizeof *h, kept = 0;
    qsort(h, n, sizeof *h, hash_order);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || h[kept - 1] != h[i])
            h[kept++] = h[i];
    }
    return kept;
}

/* Split-block filter: about 10.5 bits a distinct value, a power of two so that every reader takes
 * it. */
static int bloom_put(struct weir_parquet_writer *w, struct weir__column_writer *column,
                     struct parquet_column_chunk *meta, struct weir_error *err)
{
    static const uint32_t salts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                      0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
    size_t n = distinct_hashes(&column->hashes);
    size_t n_bytes = 32;
    while (n_bytes * 8 < n * 21 / 2 && n_bytes < BLOOM_MAX_BYTES)
        n_bytes *= 2;
    size_t begin = w->blooms.len;
    TRY(weir__meta_write_bloom(n_bytes, &w->blooms, err));
    TRY(weir__buf_reserve(&w->blooms, n_bytes, err));
    uint8_t *bits = w->blooms.data + w->blooms.len;
    memset(bits, 0, n_bytes);
    const uint64_t *hashes = (const uint64_t *)(const void *)column->hashes.data;
    for (size_t i = 0; i < n; i++) {
        uint64_t block = ((hashes[i] >> 32) * (n_bytes / 32)) >> 32;
        for (size_t k = 0; k < 8; k++) {
            uint32_t bit = ((uint32_t)hashes[i] * salts[k]) >> 27;
            uint8_t *byte = bits + block * 32 + k * 4 + bit / 8;
            *byte = (uint8_t)(*byte | 1u << (bit % 8));
        }
    }
    w->blooms.len += n_bytes;
    meta->bloom_offset = (int64_t)begin + 1;
    meta->bloom_bytes = (int32_t)(w->blooms.len - begin);
    return WEIR_OK;
}

/* ---- row groups ---- */

static int chunk_emit(struct weir_parquet_writer *w, size_t i, struct parquet_row_group *group,
                      struct weir_error *err)
{
    struct weir__column_writer *column = &w->columns[i];
    struct weir__chunk_out chunk = {.dictionary_page = weir__buf_make(w->env, SIZE_MAX / 2)};
    int64_t begin = (int64_t)w->offset;
    int status = weir__column_finish(column, &w->arena, &chunk, err);
    if (status == WEIR_OK)
        status = emit(w, chunk.dictionary_page.data, chunk.dictionary_page.len, err);
    if (status == WEIR_OK)
        status = emit(w, column->pages.data, column->pages.len, err);
    struct parquet_column_chunk *meta = &chunk.meta;
    meta->data_page_offset += begin;
    meta->dictionary_page_offset = chunk.dictionary_page.len ? begin : 0;
    weir__buf_dispose(&chunk.dictionary_page);
    TRY(status);
    if (!w->no_page_index) {
        TRY(column_index_put(w, column, meta, err));
        TRY(offset_index_put(w, column, meta, err));
    }
    if (w->column_options[i].wants_bloom)
        TRY(bloom_put(w, column, meta, err));
    group->columns[i] = *meta;
    group->total_byte_size += meta->total_uncompressed;
    group->total_compressed += meta->total_compressed;
    weir__column_restart(column);
    return WEIR_OK;
}

static int sorting_declare(struct weir_parquet_writer *w, struct parquet_row_group *group,
                           struct weir_error *err)
{
    if (!w->is_sorted || w->n_sorting == 0)
        return WEIR_OK;
    struct parquet_sorting_column *list =
        weir__arena_alloc(&w->arena, w->n_sorting, sizeof *list, err);
    if (!list)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < w->n_sorting; i++) {
        const char *name = w->arrow_schema.children[w->sorting[i].column]->name;
        size_t leaf = 0;
        TRY(leaf_find(w, name, "sorting", &leaf, err));
        list[i] = (struct parquet_sorting_column){(int32_t)leaf, w->sorting[i].is_descending,
                                                  !w->sorting[i].nulls_last};
    }
    group->sorting = list;
    group->n_sorting = w->n_sorting;
    return WEIR_OK;
}

static int group_finish(struct weir_parquet_writer *w, struct weir_error *err)
{
    if (w->group_rows == 0)
        return WEIR_OK;
    struct parquet_row_group group = {
        .n_rows = w->group_rows,
        .n_columns = w->n_columns,
        .file_offset = (int64_t)w->offset,
        .ordinal = (int32_t)(w->row_groups.len / sizeof group),
    };
    group.columns = weir__arena_alloc(&w->arena, w->n_columns, sizeof *group.columns, err);
    if (!group.columns)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < w->n_columns; i++)
        TRY(chunk_emit(w, i, &group, err));
    TRY(sorting_declare(w, &group, err));
    TRY(weir__buf_append(&w->row_groups, &group, sizeof group, err));
    w->group_rows = 0;
    w->is_sorted = w->n_sorting > 0;
    weir__array_freep(&w->last_row);
    return WEIR_OK;
}

static int sorting_check(struct weir_parquet_writer *w, const struct ArrowArray *batch,
                         int64_t from, int64_t n, struct weir_error *err)
{
    if (!w->is_sorted)
        return WEIR_OK;
    int order = 0;
    if (w->last_row.release)
        TRY(weir__compare_rows(&w->arrow_schema, &w->last_row, 0, batch, from, w->sorting,
                               w->n_sorting, &order, err));
    for (int64_t i = 1; i < n && order <= 0; i++)
        TRY(weir__compare_rows(&w->arrow_schema, batch, from + i - 1, batch, from + i, w->sorting,
                               w->n_sorting, &order, err));
    w->is_sorted = order <= 0;
    weir__array_freep(&w->last_row);
    if (!w->is_sorted)
        return WEIR_OK;
    return weir__slice(w->env, &w->arrow_schema, batch, from + n - 1, 1, &w->last_row, err);
}

struct column_task {
    struct weir__column_writer *column;
    const struct ArrowArray *batch;
    int64_t from, n;
};

static int column_run(void *arg, const struct weir_cancel *cancel, struct weir_error *err)
{
    (void)cancel;
    struct column_task *task = arg;
    return weir__column_write(task->column, task->batch, task->from, task->n, err);
}

static int columns_parallel(struct weir_parquet_writer *w, const struct ArrowArray *batch,
                            int64_t from, int64_t n, struct weir_error *err)
{
    struct column_task *tasks = weir__alloc_zero(w->env, w->n_columns, sizeof *tasks, err);
    if (!tasks)
        return WEIR_NO_MEMORY;
    struct weir__group *group = NULL;
    int status = weir__group_new(w->env, w->pool, NULL, 0, &group, err);
    for (size_t i = 0; i < w->n_columns && status == WEIR_OK; i++) {
        tasks[i] = (struct column_task){&w->columns[i], batch, from, n};
        status = weir__group_add(group, column_run, &tasks[i], err);
    }
    if (status == WEIR_OK)
        status = weir__group_wait(group, err);
    if (group)
        weir__group_free(group);
    weir__free(w->env, tasks);
    return status;
}

/* One step: at most a page's rows, never past the row group's end. */
static int step_write(struct weir_parquet_writer *w, const struct ArrowArray *batch, int64_t from,
                      int64_t n, struct weir_error *err)
{
    TRY(sorting_check(w, batch, from, n, err));
    if (w->pool) {
        TRY(columns_parallel(w, batch, from, n, err));
    } else {
        for (size_t i = 0; i < w->n_columns; i++)
            TRY(weir__column_write(&w->columns[i], batch, from, n, err));
    }
    w->group_rows += n;
    w->file_rows += n;
    int64_t n_bytes = 0;
    for (size_t i = 0; i < w->n_columns; i++)
        n_bytes += weir__column_bytes(&w->columns[i]);
    if (w->group_rows >= w->row_group_rows || n_bytes >= w->row_group_bytes)
        return group_finish(w, err);
    return WEIR_OK;
}

static int64_t step_rows(const struct weir_parquet_writer *w)
{
    int64_t left = w->row_group_rows - w->group_rows;
    return left < w->page_rows ? left : w->page_rows;
}

/* Put rows [from, from + n) to the pending ones. */
static int pending_add(struct weir_parquet_writer *w, const struct ArrowArray *batch, int64_t from,
                       int64_t n, struct weir_error *err)
{
    struct ArrowArray cut = *batch;
    cut.offset += from;
    cut.length = n;
    const struct ArrowArray *parts[2] = {&w->pending, &cut};
    bool has_pending = w->pending.release != NULL;
    AUTO(array) struct ArrowArray joined = {0};
    TRY(weir__concat(w->env, &w->arrow_schema, has_pending ? parts : parts + 1, has_pending ? 2 : 1,
                     &joined, err));
    weir__array_freep(&w->pending);
    weir__array_move(&joined, &w->pending);
    return WEIR_OK;
}

static int rows_write(struct weir_parquet_writer *w, const struct ArrowArray *batch,
                      struct weir_error *err)
{
    int64_t at = 0;
    while (at < batch->length) {
        int64_t left = batch->length - at;
        int64_t waiting = w->pending.release ? w->pending.length : 0;
        int64_t need = step_rows(w) - waiting;
        if (waiting == 0 && left >= need) {
            TRY(step_write(w, batch, at, need, err));
            at += need;
            continue;
        }
        int64_t take = left < need ? left : need;
        TRY(pending_add(w, batch, at, take, err));
        at += take;
        if (take == need) {
            AUTO(array) struct ArrowArray step = {0};
            weir__array_move(&w->pending, &step);
            TRY(step_write(w, &step, 0, step.length, err));
        }
    }
    return WEIR_OK;
}

int weir_parquet_writer_write(struct weir_parquet_writer *w, const struct ArrowArray *batch,
                              struct weir_error *err)
{
    ASSERT(!w->is_finished);
    if (w->is_failed)
        return weir__fail(err, WEIR_INVALID, "an earlier write to this Parquet file failed");
    if (batch->n_children != w->arrow_schema.n_children)
        return weir__fail(err, WEIR_INVALID, "a batch of %jd columns for a schema of %jd",
                          (intmax_t)batch->n_children, (intmax_t)w->arrow_schema.n_children);
    w->is_failed = true;
    if (w->offset == 0)
        TRY(emit(w, "PAR1", 4, err));
    TRY(rows_write(w, batch, err));
    w->is_failed = false;
    return WEIR_OK;
}

/* ---- footer ---- */

/* Indexes and filters were collected with offsets relative to their block + 1 (0 = none). */
static void offsets_settle(struct weir_parquet_writer *w, int64_t blooms, int64_t column_indexes,
                           int64_t offset_indexes)
{
    struct parquet_row_group *groups = (struct parquet_row_group *)(void *)w->row_groups.data;
    for (size_t g = 0; g < w->row_groups.len / sizeof *groups; g++) {
        for (size_t i = 0; i < groups[g].n_columns; i++) {
            struct parquet_column_chunk *c = &groups[g].columns[i];
            c->bloom_offset += c->bloom_offset ? blooms - 1 : 0;
            c->column_index_offset += c->column_index_offset ? column_indexes - 1 : 0;
            c->offset_index_offset += c->offset_index_offset ? offset_indexes - 1 : 0;
        }
    }
}

static int footer_write(struct weir_parquet_writer *w, struct weir_error *err)
{
    char created_by[64];
    int n =
        snprintf(created_by, sizeof created_by, "weir version %s (build none)", WEIR_VERSION_TEXT);
    size_t n_kv = w->kv.len / (2 * sizeof(struct weir__str));
    const struct weir__str *pairs = (const struct weir__str *)(const void *)w->kv.data;
    struct weir__str *names = weir__arena_alloc(&w->arena, n_kv, sizeof *names, err);
    struct weir__str *values = weir__arena_alloc(&w->arena, n_kv, sizeof *values, err);
    int32_t *orders = weir__arena_alloc(&w->arena, w->n_columns, sizeof *orders, err);
    if (!names || !values || !orders)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n_kv; i++) {
        names[i] = pairs[2 * i];
        values[i] = pairs[2 * i + 1];
    }
    for (size_t i = 0; i < w->n_columns; i++)
        orders[i] = PARQUET_ORDER_TYPE;
    struct parquet_file_meta meta = {
        .version = 1,
        .schema = (struct parquet_schema_element *)(void *)w->schema.elements.data,
        .n_schema = w->schema.elements.len / sizeof(struct parquet_schema_element),
        .n_rows = w->file_rows,
        .row_groups = (struct parquet_row_group *)(void *)w->row_groups.data,
        .n_row_groups = w->row_groups.len / sizeof(struct parquet_row_group),
        .kv_names = names,
        .kv_values = values,
        .n_kv = n_kv,
        .created_by = {created_by, (size_t)n},
        .column_orders = orders,
        .n_column_orders = w->n_columns,
    };
    AUTO(buf) struct weir__buf footer = weir__buf_make(w->env, UINT32_MAX);
    TRY(weir__meta_write_file(&meta, &footer, err));
    uint32_t length = (uint32_t)footer.len;
    TRY(weir__buf_append(&footer, &length, sizeof length, err));
    TRY(weir__buf_append(&footer, "PAR1", 4, err));
    return emit(w, footer.data, footer.len, err);
}

static int finish(struct weir_parquet_writer *w, struct weir_error *err)
{
    if (w->offset == 0)
        TRY(emit(w, "PAR1", 4, err));
    if (w->pending.release) {
        AUTO(array) struct ArrowArray step = {0};
        weir__array_move(&w->pending, &step);
        TRY(step_write(w, &step, 0, step.length, err));
    }
    TRY(group_finish(w, err));
    int64_t blooms = (int64_t)w->offset;
    TRY(emit(w, w->blooms.data, w->blooms.len, err));
    int64_t column_indexes = (int64_t)w->offset;
    TRY(emit(w, w->column_indexes.data, w->column_indexes.len, err));
    int64_t offset_indexes = (int64_t)w->offset;
    TRY(emit(w, w->offset_indexes.data, w->offset_indexes.len, err));
    offsets_settle(w, blooms, column_indexes, offset_indexes);
    return footer_write(w, err);
}

int weir_parquet_writer_finish(struct weir_parquet_writer *w,
                               struct weir_parquet_write_stats *out_stats, struct weir_error *err)
{
    ASSERT(!w->is_finished);
    if (w->is_failed)
        return weir__fail(err, WEIR_INVALID, "an earlier write to this Parquet file failed");
    w->is_failed = true;
    TRY(finish(w, err));
    w->is_finished = true;
    if (out_stats)
        *out_stats = (struct weir_parquet_write_stats){
            .n_rows = w->file_rows,
            .n_row_groups = (int64_t)(w->row_groups.len / sizeof(struct parquet_row_group)),
            .file_bytes = (int64_t)w->offset,
        };
    return WEIR_OK;
}
