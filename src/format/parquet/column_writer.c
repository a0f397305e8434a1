/* column_writer.c: rows of one leaf into encoded, compressed, checksummed pages. */
#include "format/parquet/column_writer.h"

#include "format/parquet/encode.h"
#include "format/parquet/meta_write.h"

#define CODEC_SAMPLE_LEAST 512 /* smaller bodies say nothing about how well a column compresses */

void weir__column_writer_init(struct weir__column_writer *column, const struct weir_env *env,
                              const struct weir__write_leaf *leaf,
                              const struct weir__column_options *options)
{
    size_t most = SIZE_MAX / 2;
    size_t width = leaf->physical == PARQUET_BYTE_ARRAY                                  ? 0
                   : leaf->physical == PARQUET_INT32 || leaf->physical == PARQUET_FLOAT  ? 4
                   : leaf->physical == PARQUET_INT64 || leaf->physical == PARQUET_DOUBLE ? 8
                   : leaf->physical == PARQUET_BOOLEAN                                   ? 1
                                                       : (size_t)leaf->type_length;
    *column = (struct weir__column_writer){
        .env = env,
        .leaf = leaf,
        .options = options,
        .compressor = {.level = options->level},
        .space = weir__shred_space_make(env),
        .dictionary = weir__dictionary_out_make(env, width),
        .indices = weir__buf_make(env, most),
        .page = weir__buf_make(env, most),
        .body = weir__buf_make(env, most),
        .packed = weir__buf_make(env, most),
        .pages = weir__buf_make(env, most),
        .page_records = weir__buf_make(env, most),
        .bounds_bytes = weir__buf_make(env, most),
        .hashes = weir__buf_make(env, most),
        .page_bounds = weir__bounds_make(env),
        .chunk_bounds = weir__bounds_make(env),
    };
    weir__column_restart(column);
}

void weir__column_restart(struct weir__column_writer *column)
{
    weir__dictionary_out_clear(&column->dictionary);
    weir__buf_clear(&column->pages);
    weir__buf_clear(&column->page_records);
    weir__buf_clear(&column->bounds_bytes);
    weir__buf_clear(&column->hashes);
    weir__bounds_clear(&column->chunk_bounds);
    column->n_rows = column->n_levels = column->n_nulls = 0;
    column->uncompressed_bytes = column->byte_array_bytes = 0;
    memset(column->definition_histogram, 0, sizeof column->definition_histogram);
    memset(column->repetition_histogram, 0, sizeof column->repetition_histogram);
    column->is_started = column->has_dictionary = false;
    column->codec_is_chosen = column->fallback_is_chosen = false;
    column->codec = column->options->codec;
    column->n_pages[0] = column->n_pages[1] = 0;
    column->ascending = column->descending = true;
    column->pages_lack_bounds = false;
}

void weir__column_writer_dispose(struct weir__column_writer *column)
{
    weir__compressor_dispose(&column->compressor);
    weir__shred_space_dispose(&column->space);
    weir__dictionary_out_dispose(&column->dictionary);
    struct weir__buf *bufs[] = {&column->indices, &column->page,        &column->body,
                                &column->packed,  &column->pages,       &column->page_records,
                                &column->hashes,  &column->bounds_bytes};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        weir__buf_dispose(bufs[i]);
    weir__bounds_dispose(&column->page_bounds);
    weir__bounds_dispose(&column->chunk_bounds);
}

int64_t weir__column_bytes(const struct weir__column_writer *column)
{
    size_t dictionary = column->dictionary.fixed.len + column->dictionary.bytes.len;
    return (int64_t)(column->pages.len + (column->has_dictionary ? dictionary : 0));
}

/* ---- choices, made on the first page that needs them ---- */

static bool is_integer(const struct weir__write_leaf *leaf)
{
    return leaf->physical == PARQUET_INT32 || leaf->physical == PARQUET_INT64;
}

/* Floats: split streams when they compress better by a tenth, tried on the page at hand. */
static int split_pays(struct weir__column_writer *column, const struct weir__page_values *values,
                      bool *out, struct weir_error *err)
{
    struct weir__page_values sample = *values;
    sample.n = sample.n < 4096 ? sample.n : 4096;
    size_t sizes[2];
    column->compressor.codec = column->options->codec;
    for (int split = 0; split < 2; split++) {
        weir__buf_clear(&column->body);
        weir__buf_clear(&column->packed);
        TRY(split ? weir__encode_split(&sample, &column->body, err)
                  : weir__encode_plain(&sample, false, &column->body, err));
        TRY(weir__compress(&column->compressor, column->body.data, column->body.len,
                           &column->packed, err));
        sizes[split] = column->packed.len;
    }
    *out = sizes[1] * 10 < sizes[0] * 9;
    return WEIR_OK;
}

static int choose_fallback(struct weir__column_writer *column,
                           const struct weir__page_values *values, struct weir_error *err)
{
    const struct weir__write_leaf *leaf = column->leaf;
    column->fallback_is_chosen = true;
    column->fallback = PARQUET_PLAIN;
    if (column->options->compat_v1 || values->n == 0)
        return WEIR_OK;
    if (leaf->physical == PARQUET_BYTE_ARRAY)
        column->fallback = PARQUET_DELTA_LENGTH_BYTE_ARRAY;
    if (is_integer(leaf)) {
        size_t plain = (size_t)values->n * values->width;
        if (weir__delta_estimate(values->fixed, values->n, values->width) * 4 < plain * 3)
            column->fallback = PARQUET_DELTA_BINARY_PACKED;
    }
    bool is_float = leaf->physical == PARQUET_FLOAT || leaf->physical == PARQUET_DOUBLE;
    if (is_float && column->options->codec != PARQUET_UNCOMPRESSED) {
        bool pays;
        TRY(split_pays(column, values, &pays, err));
        column->fallback = pays ? PARQUET_BYTE_STREAM_SPLIT : PARQUET_PLAIN;
    }
    return WEIR_OK;
}

static int chunk_start(struct weir__column_writer *column, const struct weir__page_values *values,
                       struct weir_error *err)
{
    column->is_started = true;
    column->has_dictionary = !column->options->no_dictionary &&
                             column->leaf->physical != PARQUET_BOOLEAN &&
                             column->leaf->type.kind != WEIR__KIND_NULL;
    if (column->has_dictionary && values->n > 0)
        return weir__dictionary_pays(column->env, values, &column->has_dictionary, err);
    return WEIR_OK;
}

/* ---- one page ---- */

/* One level block; v1 puts a length before it. */
static int levels_put(struct weir__column_writer *column, const struct weir__shredded *rows,
                      bool is_definition, int32_t *out_bytes, struct weir_error *err)
{
    const struct weir__write_leaf *leaf = column->leaf;
    struct weir__buf *out = &column->page;
    uint8_t max = is_definition ? leaf->max_definition : leaf->max_repetition;
    *out_bytes = 0;
    if (max == 0)
        return WEIR_OK;
    uint32_t width = 32 - (uint32_t)__builtin_clz(max);
    size_t begin = out->len;
    if (!column->options->page_v2)
        TRY(weir__buf_append(out, "\0\0\0", 4, err));
    size_t data = out->len;
    if (!rows->is_flat)
        TRY(weir__encode_hybrid_bytes(is_definition ? rows->definition : rows->repetition,
                                      rows->n_levels, width, out, err));
    else if (rows->validity && rows->n_values > 0)
        TRY(weir__encode_validity(rows->validity, rows->validity_at, rows->n_levels, out, err));
    else
        TRY(weir__encode_run(rows->n_values > 0 ? max : 0, rows->n_levels, width, out, err));
    uint32_t n_bytes = (uint32_t)(out->len - data);
    if (!column->options->page_v2)
        memcpy(out->data + begin, &n_bytes, sizeof n_bytes);
    *out_bytes = (int32_t)(out->len - begin);
    return WEIR_OK;
}

static uint32_t index_width(int64_t n)
{
    return n > 1 ? 64u - (uint32_t)__builtin_clzll((uint64_t)n - 1) : 0;
}

/* Dictionary indices into the body; *out_done false when the dictionary is full and the page must
 * fall back. */
static int body_by_dictionary(struct weir__column_writer *column,
                              const struct weir__page_values *values, bool *out_done,
                              struct weir_error *err)
{
    bool is_full;
    weir__buf_clear(&column->indices);
    TRY(weir__buf_reserve(&column->indices, (size_t)values->n * sizeof(uint32_t), err));
    uint32_t *indices = (uint32_t *)(void *)column->indices.data;
    TRY(weir__dictionary_out_add(&column->dictionary, values, column->options->dictionary_bytes,
                                 indices, &is_full, err));
    *out_done = !is_full;
    if (is_full)
        return WEIR_OK;
    uint32_t width = index_width(column->dictionary.n);
    TRY(weir__buf_byte(&column->page, (uint8_t)width, err));
    return weir__encode_hybrid(indices, values->n, width, &column->page, err);
}

static int body_by_fallback(struct weir__column_writer *column,
                            const struct weir__page_values *values, struct weir_error *err)
{
    if (!column->fallback_is_chosen)
        TRY(choose_fallback(column, values, err));
    switch (column->fallback) {
    case PARQUET_DELTA_BINARY_PACKED:
        return weir__encode_delta(values->fixed, values->n, values->width, &column->page, err);
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        return weir__encode_delta_length(values, &column->page, err);
    case PARQUET_BYTE_STREAM_SPLIT:
        return weir__encode_split(values, &column->page, err);
    default:
        return weir__encode_plain(values, column->leaf->physical == PARQUET_BOOLEAN, &column->page,
                                  err);
    }
}

/* Values behind the levels in column->page; returns the encoding. */
static int body_put(struct weir__column_writer *column, const struct weir__page_values *values,
                    int32_t *out_encoding, struct weir_error *err)
{
    bool done = false;
    bool may_use = column->has_dictionary && column->n_pages[1] == 0;
    if (may_use)
        TRY(body_by_dictionary(column, values, &done, err));
    if (!done)
        TRY(body_by_fallback(column, values, err));
    column->n_pages[done ? 0 : 1]++;
    *out_encoding = done ? PARQUET_RLE_DICTIONARY : column->fallback;
    return WEIR_OK;
}

/* The page's bytes as they go to the file: borrowed from column->page or column->packed. */
struct packed_page {
    const uint8_t *levels, *data; /* v2: levels stand before the data as they are */
    size_t n_levels, n_data;
};

/* A page that does not compress settles the codec of the whole chunk: cheaper both ways. */
static void codec_settle(struct weir__column_writer *column, size_t plain, size_t packed)
{
    if (column->codec_is_chosen || plain < CODEC_SAMPLE_LEAST)
        return;
    column->codec_is_chosen = true;
    if (packed * 105 > plain * 100 && column->pages.len == 0)
        column->codec = PARQUET_UNCOMPRESSED;
}

/* v1: levels and values compressed together; v2: values alone. Uncompressed bytes are not copied.
 */
static int page_pack(struct weir__column_writer *column, size_t n_levels,
                     struct parquet_page_header *header, struct packed_page *out,
                     struct weir_error *err)
{
    bool is_v2 = header->type == PARQUET_DATA_PAGE_V2;
    size_t split = is_v2 ? n_levels : 0;
    const uint8_t *plain = column->page.data + split;
    size_t n_plain = column->page.len - split;
    header->uncompressed_bytes = (int32_t)column->page.len;
    *out = (struct packed_page){column->page.data, plain, split, n_plain};
    if (column->codec == PARQUET_UNCOMPRESSED || n_plain == 0)
        return WEIR_OK;
    weir__buf_clear(&column->packed);
    column->compressor.codec = column->codec;
    TRY(weir__compress(&column->compressor, plain, n_plain, &column->packed, err));
    codec_settle(column, n_plain, column->packed.len);
    bool keeps = column->codec != PARQUET_UNCOMPRESSED && !(is_v2 && column->packed.len >= n_plain);
    if (!keeps)
        return WEIR_OK;
    header->is_compressed = true;
    out->data = column->packed.data;
    out->n_data = column->packed.len;
    return WEIR_OK;
}

/* Header, levels and data to the end of `out`. */
static int page_append(const struct weir__column_writer *column, struct parquet_page_header *header,
                       const struct packed_page *packed, struct weir__buf *out,
                       struct weir_error *err)
{
    if (packed->n_levels + packed->n_data > INT32_MAX || header->uncompressed_bytes < 0)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %.*s: a page of over 2 GiB",
                          STR_ARG(column->leaf->dotted));
    header->compressed_bytes = (int32_t)(packed->n_levels + packed->n_data);
    header->has_crc = !column->options->no_crc;
    if (header->has_crc) {
        uint32_t crc = weir__crc32(0, packed->levels, packed->n_levels);
        header->crc = (int32_t)weir__crc32(crc, packed->data, packed->n_data);
    }
    TRY(weir__meta_write_page(header, out, err));
    TRY(weir__buf_append(out, packed->levels, packed->n_levels, err));
    return weir__buf_append(out, packed->data, packed->n_data, err);
}

/* ---- bookkeeping ---- */

static void histograms_add(struct weir__column_writer *column, const struct weir__shredded *rows)
{
    if (rows->is_flat) {
        column->definition_histogram[column->leaf->max_definition] += rows->n_values;
        if (column->leaf->max_definition)
            column->definition_histogram[0] += rows->n_levels - rows->n_values;
        column->repetition_histogram[0] += rows->n_levels;
        return;
    }
    for (int64_t i = 0; i < rows->n_levels; i++) {
        column->definition_histogram[rows->definition[i]]++;
        column->repetition_histogram[rows->repetition[i]]++;
    }
}

static int hashes_add(struct weir__column_writer *column, const struct weir__page_values *values,
                      struct weir_error *err)
{
    for (int64_t i = 0; column->options->wants_bloom && i < values->n; i++) {
        const uint8_t *data = values->offsets ? values->bytes + values->offsets[i]
                                              : values->fixed + (size_t)i * values->width;
        size_t len =
            values->offsets ? (size_t)(values->offsets[i + 1] - values->offsets[i]) : values->width;
        uint64_t hash = weir__xxh64(data, len, 0);
        TRY(weir__buf_append(&column->hashes, &hash, sizeof hash, err));
    }
    return WEIR_OK;
}

static struct weir__str record_bound(const struct weir__column_writer *column, size_t at,
                                     size_t len)
{
    return (struct weir__str){(const char *)column->bounds_bytes.data + at, len};
}

static void order_follow(struct weir__column_writer *column, const struct weir__page_record *last,
                         const struct weir__page_record *next)
{
    const struct weir__write_leaf *leaf = column->leaf;
    int low = weir__bound_compare(leaf, record_bound(column, last->min_at, last->min_len),
                                  record_bound(column, next->min_at, next->min_len));
    int high = weir__bound_compare(leaf, record_bound(column, last->max_at, last->max_len),
                                   record_bound(column, next->max_at, next->max_len));
    column->ascending = column->ascending && low <= 0 && high <= 0;
    column->descending = column->descending && low >= 0 && high >= 0;
}

static int record_bounds(struct weir__column_writer *column, struct weir__page_record *record,
                         struct weir_error *err)
{
    const struct weir__bounds *bounds = &column->page_bounds;
    struct weir__buf *out = &column->bounds_bytes;
    bool ignored;
    record->has_bounds = bounds->is_set;
    if (!bounds->is_set)
        return WEIR_OK;
    struct weir__str min = {(const char *)bounds->min.data, bounds->min.len};
    struct weir__str max = {(const char *)bounds->max.data, bounds->max.len};
    record->min_at = out->len;
    TRY(weir__bound_min_cut(column->leaf, min, column->options->bound_bytes, out, &ignored, err));
    record->min_len = out->len - record->min_at;
    record->max_at = out->len;
    TRY(weir__bound_max_cut(column->leaf, max, column->options->bound_bytes, out, &ignored, err));
    record->max_len = out->len - record->max_at;
    const struct weir__page_record *records =
        (const struct weir__page_record *)(const void *)column->page_records.data;
    for (size_t i = column->page_records.len / sizeof *records; i > 0; i--) {
        if (!records[i - 1].has_bounds)
            continue;
        order_follow(column, &records[i - 1], record);
        break;
    }
    return WEIR_OK;
}

static int page_record(struct weir__column_writer *column, const struct weir__shredded *rows,
                       const struct weir__page_values *values, size_t begin, struct weir_error *err)
{
    struct weir__page_record record = {
        .offset = (int64_t)begin,
        .bytes = (int32_t)(column->pages.len - begin),
        .first_row = column->n_rows,
        .n_nulls = rows->n_levels - rows->n_values,
        .byte_array_bytes = values->offsets ? weir__values_bytes(values) : 0,
    };
    if (!column->options->no_statistics) {
        weir__bounds_clear(&column->page_bounds);
        TRY(weir__bounds_add(&column->page_bounds, column->leaf, values, err));
        record.n_nans = column->page_bounds.n_nans;
        TRY(weir__bounds_merge(&column->chunk_bounds, column->leaf, &column->page_bounds, err));
        TRY(record_bounds(column, &record, err));
    }
    if (!record.has_bounds && rows->n_values > 0)
        column->pages_lack_bounds = true; /* only NaNs, or no order: no column index */
    histograms_add(column, rows);
    TRY(hashes_add(column, values, err));
    column->n_rows += rows->n_rows;
    column->n_levels += rows->n_levels;
    column->n_nulls += record.n_nulls;
    column->byte_array_bytes += record.byte_array_bytes;
    return weir__buf_append(&column->page_records, &record, sizeof record, err);
}

static int page_write(struct weir__column_writer *column, const struct weir__shredded *rows,
                      const struct weir__page_values *values, struct weir_error *err)
{
    if (!column->is_started)
        TRY(chunk_start(column, values, err));
    struct parquet_page_header header = {
        .type = column->options->page_v2 ? PARQUET_DATA_PAGE_V2 : PARQUET_DATA_PAGE,
        .n_values = (int32_t)rows->n_levels,
        .definition_encoding = PARQUET_RLE,
        .repetition_encoding = PARQUET_RLE,
        .n_nulls = (int32_t)(rows->n_levels - rows->n_values),
        .n_rows = (int32_t)rows->n_rows,
    };
    weir__buf_clear(&column->page);
    TRY(levels_put(column, rows, false, &header.repetition_bytes, err));
    TRY(levels_put(column, rows, true, &header.definition_bytes, err));
    size_t n_levels = column->page.len;
    TRY(body_put(column, values, &header.encoding, err));
    struct packed_page packed;
    TRY(page_pack(column, n_levels, &header, &packed, err));
    size_t begin = column->pages.len;
    TRY(page_append(column, &header, &packed, &column->pages, err));
    size_t header_bytes = column->pages.len - begin - packed.n_levels - packed.n_data;
    column->uncompressed_bytes += (int64_t)header_bytes + header.uncompressed_bytes;
    return page_record(column, rows, values, begin, err);
}

int weir__column_write(struct weir__column_writer *column, const struct ArrowArray *batch,
                       int64_t from, int64_t n, struct weir_error *err)
{
    struct weir__shredded rows;
    struct weir__page_values values;
    TRY(weir__shred(column->leaf, batch, from, n, &column->space, &rows, err));
    TRY(weir__values_load(column->leaf, &rows, &column->space, &values, err));
    int64_t n_bytes = weir__values_bytes(&values);
    int64_t pieces = (n_bytes + column->options->page_bytes - 1) / column->options->page_bytes;
    if (pieces <= 1 || n <= 1)
        return page_write(column, &rows, &values, err);
    pieces = pieces < n ? pieces : n;
    for (int64_t p = 0; p < pieces; p++) { /* every page begins at a row */
        int64_t begin = n * p / pieces, end = n * (p + 1) / pieces;
        TRY(weir__shred(column->leaf, batch, from + begin, end - begin, &column->space, &rows,
                        err));
        TRY(weir__values_load(column->leaf, &rows, &column->space, &values, err));
        TRY(page_write(column, &rows, &values, err));
    }
    return WEIR_OK;
}

/* ---- the chunk ---- */

static int dictionary_page(struct weir__column_writer *column, struct weir__buf *out,
                           struct weir_error *err)
{
    struct weir__page_values values;
    weir__dictionary_out_values(&column->dictionary, &values);
    weir__buf_clear(&column->body);
    if (values.n > 0)
        TRY(weir__encode_plain(&values, false, &column->body, err));
    struct parquet_page_header header = {.type = PARQUET_DICTIONARY_PAGE,
                                         .n_values = (int32_t)values.n,
                                         .encoding = PARQUET_PLAIN,
                                         .uncompressed_bytes = (int32_t)column->body.len};
    struct packed_page packed = {NULL, column->body.data, 0, column->body.len};
    if (column->codec != PARQUET_UNCOMPRESSED && column->body.len > 0) {
        weir__buf_clear(&column->packed);
        column->compressor.codec = column->codec;
        TRY(weir__compress(&column->compressor, column->body.data, column->body.len,
                           &column->packed, err));
        packed.data = column->packed.data;
        packed.n_data = column->packed.len;
    }
    TRY(page_append(column, &header, &packed, out, err));
    column->uncompressed_bytes += (int64_t)(out->len - packed.n_data) + header.uncompressed_bytes;
    return WEIR_OK;
}

static int chunk_encodings(const struct weir__column_writer *column, struct weir__arena *arena,
                           struct parquet_column_chunk *meta, struct weir_error *err)
{
    bool has_pages = column->n_pages[0] > 0;
    int32_t *encodings = weir__arena_alloc(arena, 4, sizeof *encodings, err);
    struct parquet_encoding_stat *stats = weir__arena_alloc(arena, 3, sizeof *stats, err);
    if (!encodings || !stats)
        return WEIR_NO_MEMORY;
    int32_t type = column->options->page_v2 ? PARQUET_DATA_PAGE_V2 : PARQUET_DATA_PAGE;
    size_t n = 0, n_stats = 0;
    if (has_pages) {
        encodings[n++] = PARQUET_PLAIN; /* of the dictionary page */
        stats[n_stats++] =
            (struct parquet_encoding_stat){PARQUET_DICTIONARY_PAGE, PARQUET_PLAIN, 1};
        encodings[n++] = PARQUET_RLE_DICTIONARY;
        stats[n_stats++] =
            (struct parquet_encoding_stat){type, PARQUET_RLE_DICTIONARY, column->n_pages[0]};
    }
    if (column->n_pages[1] > 0) {
        if (!(has_pages && column->fallback == PARQUET_PLAIN))
            encodings[n++] = column->fallback;
        stats[n_stats++] =
            (struct parquet_encoding_stat){type, column->fallback, column->n_pages[1]};
    }
    encodings[n++] = PARQUET_RLE; /* of levels */
    meta->encodings = encodings;
    meta->n_encodings = n;
    meta->encoding_stats = stats;
    meta->n_encoding_stats = n_stats;
    return WEIR_OK;
}

static int arena_text(struct weir__arena *arena, struct weir__str from, struct weir__str *out,
                      struct weir_error *err)
{
    char *copy = weir__arena_alloc(arena, from.len, 1, err);
    if (!copy)
        return WEIR_NO_MEMORY;
    if (from.len)
        memcpy(copy, from.data, from.len);
    *out = (struct weir__str){copy, from.len};
    return WEIR_OK;
}

static int chunk_statistics(struct weir__column_writer *column, struct weir__arena *arena,
                            struct parquet_statistics *s, struct weir_error *err)
{
    const struct weir__write_leaf *leaf = column->leaf;
    s->has_null_count = true;
    s->null_count = column->n_nulls;
    s->min_is_exact = s->max_is_exact = -1;
    s->has_nan_count = leaf->order == WEIR__ORDER_FLOAT;
    s->nan_count = column->chunk_bounds.n_nans;
    if (!column->chunk_bounds.is_set)
        return WEIR_OK;
    const struct weir__buf *min = &column->chunk_bounds.min, *max = &column->chunk_bounds.max;
    bool exact;
    weir__buf_clear(&column->body);
    TRY(weir__bound_min_cut(leaf, (struct weir__str){(const char *)min->data, min->len},
                            column->options->bound_bytes, &column->body, &exact, err));
    TRY(arena_text(arena, (struct weir__str){(const char *)column->body.data, column->body.len},
                   &s->min, err));
    s->min_is_exact = exact;
    weir__buf_clear(&column->body);
    TRY(weir__bound_max_cut(leaf, (struct weir__str){(const char *)max->data, max->len},
                            column->options->bound_bytes, &column->body, &exact, err));
    TRY(arena_text(arena, (struct weir__str){(const char *)column->body.data, column->body.len},
                   &s->max, err));
    s->max_is_exact = exact;
    bool legacy_agrees = leaf->order == WEIR__ORDER_SIGNED ||
                         (leaf->order == WEIR__ORDER_FLOAT && leaf->physical != PARQUET_FIXED);
    if (legacy_agrees) {
        s->legacy_min = s->min;
        s->legacy_max = s->max;
    }
    return WEIR_OK;
}

static int chunk_sizes(const struct weir__column_writer *column, struct weir__arena *arena,
                       struct parquet_size_statistics *sizes, struct weir_error *err)
{
    const struct weir__write_leaf *leaf = column->leaf;
    sizes->has_byte_array_bytes = leaf->physical == PARQUET_BYTE_ARRAY;
    sizes->byte_array_bytes = column->byte_array_bytes;
    if (leaf->max_repetition == 0 && leaf->max_definition <= 1)
        return WEIR_OK;
    size_t n_definition = (size_t)leaf->max_definition + 1;
    size_t n_repetition = leaf->max_repetition ? (size_t)leaf->max_repetition + 1 : 0;
    int64_t *both = weir__arena_alloc(arena, n_definition + n_repetition, sizeof *both, err);
    if (!both)
        return WEIR_NO_MEMORY;
    memcpy(both, column->definition_histogram, n_definition * sizeof *both);
    memcpy(both + n_definition, column->repetition_histogram, n_repetition * sizeof *both);
    sizes->definition_histogram = both;
    sizes->n_definition = n_definition;
    sizes->repetition_histogram = n_repetition ? both + n_definition : NULL;
    sizes->n_repetition = n_repetition;
    return WEIR_OK;
}

int weir__column_finish(struct weir__column_writer *column, struct weir__arena *arena,
                        struct weir__chunk_out *out, struct weir_error *err)
{
    weir__buf_clear(&out->dictionary_page);
    if (column->n_pages[0] > 0)
        TRY(dictionary_page(column, &out->dictionary_page, err));
    struct parquet_column_chunk *meta = &out->meta;
    *meta = (struct parquet_column_chunk){
        .type = column->leaf->physical,
        .codec = column->codec,
        .path = column->leaf->path,
        .n_path = column->leaf->n_path,
        .n_values = column->n_levels,
        .total_uncompressed = column->uncompressed_bytes,
        .total_compressed = (int64_t)(out->dictionary_page.len + column->pages.len),
        .data_page_offset = (int64_t)out->dictionary_page.len,
    };
    TRY(chunk_encodings(column, arena, meta, err));
    if (!column->options->no_statistics) {
        TRY(chunk_statistics(column, arena, &meta->statistics, err));
        TRY(chunk_sizes(column, arena, &meta->sizes, err));
    }
    return WEIR_OK;
}
