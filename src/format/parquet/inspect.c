/* inspect.c: a Parquet file shown: as text for people, or as one JSON object.
 *
 * Not here: how bounds and types are worded (inspect_text.c). */
#include "format/parquet/inspect.h"

#include <inttypes.h>

#define INSPECT_MAX_BYTES ((size_t)1 << 30)

/* ---- the values of a leaf, as PLAIN would write them -------------------------------------- */

static int feed(struct weir__leaf_facts *facts, const void *data, size_t n)
{
    facts->crc = weir__crc32(facts->crc, data, n);
    facts->plain_bytes += (int64_t)n;
    return WEIR_OK;
}

#define FEED_VALUES 512u

/* Every NaN counts as the canonical quiet one. */
static void feed_floats(struct weir__leaf_facts *facts, const uint8_t *in, size_t n)
{
    float values[FEED_VALUES];
    for (size_t at = 0; at < n; at += FEED_VALUES) {
        size_t take = n - at < FEED_VALUES ? n - at : FEED_VALUES;
        memcpy(values, in + at * sizeof *values, take * sizeof *values);
        for (size_t i = 0; i < take; i++) {
            if (values[i] != values[i])
                memcpy(&values[i], &(uint32_t){0x7fc00000}, sizeof *values);
        }
        (void)feed(facts, values, take * sizeof *values);
    }
}

static void feed_doubles(struct weir__leaf_facts *facts, const uint8_t *in, size_t n)
{
    double values[FEED_VALUES];
    for (size_t at = 0; at < n; at += FEED_VALUES) {
        size_t take = n - at < FEED_VALUES ? n - at : FEED_VALUES;
        memcpy(values, in + at * sizeof *values, take * sizeof *values);
        for (size_t i = 0; i < take; i++) {
            if (values[i] != values[i])
                memcpy(&values[i], &(uint64_t){0x7ff8000000000000}, sizeof *values);
        }
        (void)feed(facts, values, take * sizeof *values);
    }
}

static void feed_bytes(struct weir__leaf_facts *facts, const struct weir__bytes *bytes)
{
    const int32_t *offsets = bytes->offsets;
    for (size_t i = 0; i < bytes->n; i++) {
        uint32_t len = (uint32_t)(offsets[i + 1] - offsets[i]);
        (void)feed(facts, &len, sizeof len);
        if (len > 0)
            (void)feed(facts, bytes->data + offsets[i], len);
    }
}

static int facts_sink(void *ctx, const struct weir__leaf_block *block, struct weir_error *err)
{
    struct weir__leaf_facts *facts = ctx;
    (void)err;
    facts->non_null += (int64_t)block->n;
    facts->nulls += (int64_t)(block->n_entries - block->n);
    if (block->n == 0)
        return WEIR_OK;
    if (block->bytes)
        feed_bytes(facts, block->bytes);
    else if (facts->leaf->type == PARQUET_FLOAT)
        feed_floats(facts, block->fixed, block->n);
    else if (facts->leaf->type == PARQUET_DOUBLE)
        feed_doubles(facts, block->fixed, block->n);
    else if (facts->leaf->type == PARQUET_BOOLEAN)
        return feed(facts, block->fixed, block->n);
    else
        return feed(facts, block->fixed, block->n * (size_t)facts->leaf->physical_bytes);
    return WEIR_OK;
}

/* ---- gathering ---------------------------------------------------------------------------- */

/* Which of two bounds is kept; unknown order or absence in one group makes it unknown in all. */
static void gather_bounds(struct weir__leaf_facts *facts, const struct weir_parquet_reader *reader,
                          size_t leaf, const struct parquet_column_chunk *chunk)
{
    struct weir__stat_bound min, max;
    weir__stat_bounds_get(reader, leaf, chunk, &min, &max);
    const struct parquet_statistics *statistics = &chunk->statistics;
    bool is_all_null = statistics->has_null_count && statistics->null_count == chunk->n_values;
    if (is_all_null)
        return;
    if (!min.is_known || !max.is_known) {
        facts->lacks_bounds = true;
        return;
    }
    if (!facts->min.is_known ||
        weir__stat_bound_compare(&reader->schema.leaves[leaf], min.value, facts->min.value) < 0)
        facts->min = min;
    if (!facts->max.is_known ||
        weir__stat_bound_compare(&reader->schema.leaves[leaf], max.value, facts->max.value) > 0)
        facts->max = max;
}

static void gather_encodings(struct weir__leaf_facts *facts,
                             const struct parquet_column_chunk *chunk)
{
    for (size_t i = 0; i < chunk->n_encodings; i++) {
        int32_t encoding = chunk->encodings[i];
        if (encoding < 0 || encoding > 31 || facts->encodings >> encoding & 1)
            continue;
        facts->encodings |= 1u << encoding;
        facts->encoding_order[facts->n_encodings++] = (uint8_t)encoding;
    }
}

static int gather(struct weir_parquet_reader *reader, size_t leaf, bool with_values,
                  struct weir__leaf_facts *facts, struct weir_error *err)
{
    *facts = (struct weir__leaf_facts){.leaf = &reader->schema.leaves[leaf], .codec = -1};
    facts->has_nulls = true;
    for (size_t i = 0; i < reader->meta.n_row_groups; i++) {
        const struct parquet_column_chunk *chunk = &reader->meta.row_groups[i].columns[leaf];
        const struct parquet_statistics *statistics = &chunk->statistics;
        if (facts->codec == -1)
            facts->codec = chunk->codec;
        facts->has_mixed_codecs |= facts->codec != chunk->codec;
        facts->n_values += chunk->n_values;
        facts->compressed += chunk->total_compressed;
        facts->uncompressed += chunk->total_uncompressed;
        gather_encodings(facts, chunk);
        gather_bounds(facts, reader, leaf, chunk);
        if (!with_values && statistics->has_null_count)
            facts->nulls += statistics->null_count;
        facts->has_nulls &= with_values || statistics->has_null_count;
        if (with_values)
            TRY(weir__leaf_values(reader, i, leaf, facts_sink, facts, err));
    }
    return WEIR_OK;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static int json_pair(struct weir__buf *out, const char *name, struct weir__str value,
                     struct weir_error *err)
{
    TRY(weir__buf_printf(out, err, ",\"%s\":", name));
    return weir__json_quote(out, value, err);
}

static int json_bounds(struct weir__buf *out, const struct weir__leaf_facts *facts,
                       struct weir_error *err)
{
    if (facts->lacks_bounds || !facts->min.is_known || !facts->max.is_known)
        return WEIR_OK;
    TRY(weir__buf_append_text(out, ",\"min\":", err));
    TRY(weir__stat_bound_json(out, facts->leaf, facts->min.value, err));
    TRY(weir__buf_append_text(out, ",\"max\":", err));
    TRY(weir__stat_bound_json(out, facts->leaf, facts->max.value, err));
    if (!facts->min.is_exact || !facts->max.is_exact)
        TRY(weir__buf_append_text(out, ",\"bounds_exact\":false", err));
    return WEIR_OK;
}

static int json_leaf(struct weir__buf *out, const struct weir__leaf_facts *facts, bool with_values,
                     struct weir_error *err)
{
    const struct parquet_leaf *leaf = facts->leaf;
    char type[WEIR__TYPE_TEXT_BYTES];
    weir__leaf_logical_text(leaf, type);
    TRY(weir__buf_append_text(out, "{\"path\":", err));
    TRY(weir__json_quote(out, leaf->path, err));
    TRY(json_pair(out, "physical_type", weir__str_of(weir__leaf_physical_text(leaf)), err));
    if (leaf->type == PARQUET_FIXED)
        TRY(weir__buf_printf(out, err, ",\"type_length\":%d", leaf->physical_bytes));
    if (type[0])
        TRY(json_pair(out, "logical_type", weir__str_of(type), err));
    if (leaf->element->has_field_id)
        TRY(weir__buf_printf(out, err, ",\"field_id\":%d", leaf->element->field_id));
    TRY(json_pair(out, "repetition", weir__str_of(weir__leaf_repetition_text(leaf)), err));
    TRY(weir__buf_printf(out, err, ",\"max_def\":%u,\"max_rep\":%u", leaf->max_def, leaf->max_rep));
    TRY(json_pair(out, "codec",
                  weir__str_of(facts->has_mixed_codecs ? "MIXED" : weir__codec_name(facts->codec)),
                  err));
    TRY(weir__buf_append_text(out, ",\"encodings\":\"", err));
    TRY(weir__encodings_text(out, facts, err));
    TRY(weir__buf_printf(out, err,
                         "\",\"num_values\":%" PRId64 ",\"compressed_bytes\":%" PRId64
                         ",\"uncompressed_bytes\":%" PRId64,
                         facts->n_values, facts->compressed, facts->uncompressed));
    if (facts->has_nulls)
        TRY(weir__buf_printf(out, err, ",\"nulls\":%" PRId64, facts->nulls));
    if (with_values)
        TRY(weir__buf_printf(out, err,
                             ",\"non_null\":%" PRId64 ",\"plain_bytes\":%" PRId64
                             ",\"plain_crc32\":\"%08x\"",
                             facts->non_null, facts->plain_bytes, facts->crc));
    TRY(json_bounds(out, facts, err));
    return weir__buf_append_text(out, "}", err);
}

static int json_metadata(struct weir__buf *out, const struct weir_parquet_reader *reader,
                         struct weir_error *err)
{
    const struct parquet_file_meta *meta = &reader->meta;
    TRY(weir__buf_append_text(out, ",\"metadata\":{", err));
    for (size_t i = 0; i < meta->n_kv; i++) {
        if (i > 0)
            TRY(weir__buf_append_text(out, ",", err));
        TRY(weir__json_quote(out, meta->kv_names[i], err));
        TRY(weir__buf_append_text(out, ":", err));
        if (meta->kv_values[i].data)
            TRY(weir__json_quote(out, meta->kv_values[i], err));
        else
            TRY(weir__buf_append_text(out, "null", err));
    }
    return weir__buf_append_text(out, "}", err);
}

static int json_groups(struct weir__buf *out, const struct weir_parquet_reader *reader,
                       struct weir_error *err)
{
    TRY(weir__buf_printf(out, err, ",\"row_groups\":%zu,\"row_group_list\":[",
                         reader->meta.n_row_groups));
    for (size_t i = 0; i < reader->meta.n_row_groups; i++) {
        const struct parquet_row_group *group = &reader->meta.row_groups[i];
        int64_t compressed = 0;
        for (size_t j = 0; j < group->n_columns; j++)
            (void)__builtin_add_overflow(compressed, group->columns[j].total_compressed,
                                         &compressed);
        TRY(weir__buf_printf(out, err,
                             "%s{\"rows\":%" PRId64 ",\"compressed_bytes\":%" PRId64
                             ",\"uncompressed_bytes\":%" PRId64 "}",
                             i > 0 ? "," : "", group->n_rows, compressed, group->total_byte_size));
    }
    return weir__buf_append_text(out, "]", err);
}

static int json_head(struct weir__buf *out, const struct weir_parquet_reader *reader,
                     struct weir_error *err)
{
    TRY(weir__buf_append_text(out, "{\"file\":", err));
    TRY(weir__json_quote(out, weir__str_of(weir__parquet_name(reader)), err));
    TRY(weir__buf_printf(out, err, ",\"file_bytes\":%" PRIu64 ",\"footer_bytes\":%u,\"version\":%d",
                         reader->input.size_bytes, reader->footer_bytes, reader->meta.version));
    TRY(json_pair(out, "created_by", reader->meta.created_by, err));
    TRY(weir__buf_printf(out, err, ",\"rows\":%" PRId64, reader->n_rows));
    if (reader->meta.n_rows != reader->n_rows)
        TRY(weir__buf_printf(out, err, ",\"footer_num_rows\":%" PRId64, reader->meta.n_rows));
    if (reader->schema.n_warnings > 0)
        TRY(weir__buf_printf(out, err, ",\"ignored_annotations\":%zu", reader->schema.n_warnings));
    TRY(json_groups(out, reader, err));
    return json_metadata(out, reader, err);
}

static int inspect_json(struct weir_parquet_reader *reader, bool with_values, struct weir__buf *out,
                        struct weir_error *err)
{
    TRY(json_head(out, reader, err));
    TRY(weir__buf_append_text(out, ",\"leaves\":[", err));
    for (size_t i = 0; i < reader->schema.n_leaves; i++) {
        struct weir__leaf_facts facts;
        TRY(gather(reader, i, with_values, &facts, err));
        if (i > 0)
            TRY(weir__buf_append_text(out, ",", err));
        TRY(json_leaf(out, &facts, with_values, err));
    }
    return weir__buf_append_text(out, "]}\n", err);
}

/* ---- text --------------------------------------------------------------------------------- */

static int text_head(struct weir__buf *out, const struct weir_parquet_reader *reader,
                     struct weir_error *err)
{
    const struct parquet_file_meta *meta = &reader->meta;
    TRY(weir__buf_printf(out, err, "%s\n", weir__parquet_name(reader)));
    TRY(weir__buf_printf(out, err,
                         "  %" PRId64 " rows in %zu row groups, %zu columns, %" PRIu64
                         " bytes (footer %u)\n",
                         reader->n_rows, meta->n_row_groups, reader->schema.n_leaves,
                         reader->input.size_bytes, reader->footer_bytes));
    TRY(weir__buf_printf(out, err, "  created by %.*s, format version %d\n",
                         STR_ARG(meta->created_by), meta->version));
    if (meta->n_rows != reader->n_rows)
        TRY(weir__buf_printf(out, err, "  warning: the footer says %" PRId64 " rows\n",
                             meta->n_rows));
    if (reader->schema.n_warnings > 0)
        TRY(weir__buf_printf(out, err, "  warning: %zu annotations do not fit and are ignored\n",
                             reader->schema.n_warnings));
    for (size_t i = 0; i < meta->n_kv; i++)
        TRY(weir__buf_printf(out, err, "  metadata %.*s (%zu bytes)\n", STR_ARG(meta->kv_names[i]),
                             meta->kv_values[i].len));
    return WEIR_OK;
}

static int text_bounds(struct weir__buf *out, const struct weir__leaf_facts *facts,
                       struct weir_error *err)
{
    if (facts->lacks_bounds || !facts->min.is_known || !facts->max.is_known)
        return WEIR_OK;
    TRY(weir__buf_append_text(out, "    from ", err));
    TRY(weir__stat_bound_json(out, facts->leaf, facts->min.value, err));
    TRY(weir__buf_append_text(out, " to ", err));
    TRY(weir__stat_bound_json(out, facts->leaf, facts->max.value, err));
    bool is_exact = facts->min.is_exact && facts->max.is_exact;
    return weir__buf_append_text(out, is_exact ? "\n" : " (not exact)\n", err);
}

static int text_leaf(struct weir__buf *out, const struct weir__leaf_facts *facts, bool with_values,
                     struct weir_error *err)
{
    char type[WEIR__TYPE_TEXT_BYTES];
    weir__leaf_logical_text(facts->leaf, type);
    TRY(weir__buf_printf(out, err, "  %.*s: %s %s%s%s\n", STR_ARG(facts->leaf->path),
                         weir__leaf_repetition_text(facts->leaf),
                         weir__leaf_physical_text(facts->leaf), type[0] ? " " : "", type));
    TRY(weir__buf_printf(out, err, "    %" PRId64 " values", facts->n_values));
    if (facts->has_nulls)
        TRY(weir__buf_printf(out, err, ", %" PRId64 " null", facts->nulls));
    TRY(weir__buf_printf(out, err, "; %s %" PRId64 " -> %" PRId64 " bytes; ",
                         facts->has_mixed_codecs ? "MIXED" : weir__codec_name(facts->codec),
                         facts->uncompressed, facts->compressed));
    TRY(weir__encodings_text(out, facts, err));
    TRY(weir__buf_append_text(out, "\n", err));
    if (with_values)
        TRY(weir__buf_printf(out, err, "    plain %" PRId64 " bytes, crc32 %08x\n",
                             facts->plain_bytes, facts->crc));
    return text_bounds(out, facts, err);
}

static int inspect_text(struct weir_parquet_reader *reader, bool with_values, struct weir__buf *out,
                        struct weir_error *err)
{
    TRY(text_head(out, reader, err));
    for (size_t i = 0; i < reader->schema.n_leaves; i++) {
        struct weir__leaf_facts facts;
        TRY(gather(reader, i, with_values, &facts, err));
        TRY(text_leaf(out, &facts, with_values, err));
    }
    for (size_t i = 0; i < reader->meta.n_row_groups; i++)
        TRY(weir__buf_printf(
            out, err, "  row group %zu: %" PRId64 " rows, %" PRId64 " bytes uncompressed\n", i,
            reader->meta.row_groups[i].n_rows, reader->meta.row_groups[i].total_byte_size));
    return WEIR_OK;
}

int weir_parquet_inspect(struct weir_parquet_reader *reader,
                         const struct weir_parquet_inspect_options *options,
                         const struct weir_sink *sink, struct weir_error *err)
{
    ASSERT(reader->magic == WEIR__PARQUET_READER_MAGIC);
    struct weir__buf out AUTO(buf) = weir__buf_make(reader->env, INSPECT_MAX_BYTES);
    bool with_values = options && options->with_values;
    if (options && options->as_json)
        TRY(inspect_json(reader, with_values, &out, err));
    else
        TRY(inspect_text(reader, with_values, &out, err));
    return sink->write(sink->ctx, out.data, out.len, err);
}
