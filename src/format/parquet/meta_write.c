/* meta_write.c: footer, page headers and indexes as Thrift (field ids: spec/parquet.md 4). Reads
 * like the field lists. */
#include "format/parquet/meta_write.h"

#include "format/parquet/thrift_write.h"

static void put_exact(struct weir__thrift_out *out, int32_t id, int8_t flag)
{
    if (flag >= 0)
        weir__thrift_put_bool(out, id, flag == 1);
}

static void put_statistics(struct weir__thrift_out *out, int32_t id,
                           const struct parquet_statistics *s)
{
    weir__thrift_enter_struct(out, id);
    if (s->legacy_max.data)
        weir__thrift_put_bytes(out, 1, s->legacy_max);
    if (s->legacy_min.data)
        weir__thrift_put_bytes(out, 2, s->legacy_min);
    if (s->has_null_count)
        weir__thrift_put_i64(out, 3, s->null_count);
    if (s->has_distinct_count)
        weir__thrift_put_i64(out, 4, s->distinct_count);
    if (s->max.data)
        weir__thrift_put_bytes(out, 5, s->max);
    if (s->min.data)
        weir__thrift_put_bytes(out, 6, s->min);
    if (s->max.data)
        put_exact(out, 7, s->max_is_exact);
    if (s->min.data)
        put_exact(out, 8, s->min_is_exact);
    if (s->has_nan_count)
        weir__thrift_put_i64(out, 9, s->nan_count);
    weir__thrift_leave_struct(out);
}

static void put_data_page(struct weir__thrift_out *out, const struct parquet_page_header *h)
{
    weir__thrift_enter_struct(out, 5);
    weir__thrift_put_i32(out, 1, h->n_values);
    weir__thrift_put_i32(out, 2, h->encoding);
    weir__thrift_put_i32(out, 3, h->definition_encoding);
    weir__thrift_put_i32(out, 4, h->repetition_encoding);
    weir__thrift_leave_struct(out);
}

static void put_data_page_v2(struct weir__thrift_out *out, const struct parquet_page_header *h)
{
    weir__thrift_enter_struct(out, 8);
    weir__thrift_put_i32(out, 1, h->n_values);
    weir__thrift_put_i32(out, 2, h->n_nulls);
    weir__thrift_put_i32(out, 3, h->n_rows);
    weir__thrift_put_i32(out, 4, h->encoding);
    weir__thrift_put_i32(out, 5, h->definition_bytes);
    weir__thrift_put_i32(out, 6, h->repetition_bytes);
    weir__thrift_put_bool(out, 7, h->is_compressed);
    weir__thrift_leave_struct(out);
}

int weir__meta_write_page(const struct parquet_page_header *h, struct weir__buf *buf,
                          struct weir_error *err)
{
    struct weir__thrift_out out = weir__thrift_out_make(buf, err);
    weir__thrift_put_i32(&out, 1, h->type);
    weir__thrift_put_i32(&out, 2, h->uncompressed_bytes);
    weir__thrift_put_i32(&out, 3, h->compressed_bytes);
    if (h->has_crc)
        weir__thrift_put_i32(&out, 4, h->crc);
    if (h->type == PARQUET_DATA_PAGE)
        put_data_page(&out, h);
    if (h->type == PARQUET_DICTIONARY_PAGE) {
        weir__thrift_enter_struct(&out, 7);
        weir__thrift_put_i32(&out, 1, h->n_values);
        weir__thrift_put_i32(&out, 2, h->encoding);
        weir__thrift_leave_struct(&out);
    }
    if (h->type == PARQUET_DATA_PAGE_V2)
        put_data_page_v2(&out, h);
    return weir__thrift_out_end(&out);
}

static void put_logical(struct weir__thrift_out *out, const struct parquet_logical_type *l)
{
    weir__thrift_enter_struct(out, 10);
    weir__thrift_enter_struct(out, l->id);
    switch (l->id) {
    case PARQUET_LOGICAL_DECIMAL:
        weir__thrift_put_i32(out, 1, l->scale);
        weir__thrift_put_i32(out, 2, l->precision);
        break;
    case PARQUET_LOGICAL_TIME:
    case PARQUET_LOGICAL_TIMESTAMP:
        weir__thrift_put_bool(out, 1, l->is_adjusted_to_utc);
        weir__thrift_enter_struct(out, 2);
        weir__thrift_enter_struct(out, l->unit);
        weir__thrift_leave_struct(out);
        weir__thrift_leave_struct(out);
        break;
    case PARQUET_LOGICAL_INTEGER:
        weir__thrift_put_i8(out, 1, (int8_t)l->bit_width);
        weir__thrift_put_bool(out, 2, l->is_signed);
        break;
    default:
        break;
    }
    weir__thrift_leave_struct(out);
    weir__thrift_leave_struct(out);
}

static void put_element(struct weir__thrift_out *out, const struct parquet_schema_element *e)
{
    weir__thrift_enter_struct(out, 0);
    if (e->type >= 0)
        weir__thrift_put_i32(out, 1, e->type);
    if (e->type == PARQUET_FIXED)
        weir__thrift_put_i32(out, 2, e->type_length);
    if (e->repetition >= 0)
        weir__thrift_put_i32(out, 3, e->repetition);
    weir__thrift_put_bytes(out, 4, e->name);
    if (e->type < 0)
        weir__thrift_put_i32(out, 5, e->n_children);
    if (e->converted >= 0)
        weir__thrift_put_i32(out, 6, e->converted);
    if (e->has_decimal) {
        weir__thrift_put_i32(out, 7, e->scale);
        weir__thrift_put_i32(out, 8, e->precision);
    }
    if (e->has_field_id)
        weir__thrift_put_i32(out, 9, e->field_id);
    if (e->logical.id)
        put_logical(out, &e->logical);
    weir__thrift_leave_struct(out);
}

static void put_key_values(struct weir__thrift_out *out, int32_t id, const struct weir__str *names,
                           const struct weir__str *values, size_t n)
{
    if (n == 0)
        return;
    weir__thrift_put_list(out, id, WEIR__THRIFT_STRUCT, n);
    for (size_t i = 0; i < n; i++) {
        weir__thrift_enter_struct(out, 0);
        weir__thrift_put_bytes(out, 1, names[i]);
        if (values[i].data)
            weir__thrift_put_bytes(out, 2, values[i]);
        weir__thrift_leave_struct(out);
    }
}

static void put_sizes(struct weir__thrift_out *out, const struct parquet_size_statistics *s)
{
    if (!s->has_byte_array_bytes && s->n_repetition == 0 && s->n_definition == 0)
        return;
    weir__thrift_enter_struct(out, 16);
    if (s->has_byte_array_bytes)
        weir__thrift_put_i64(out, 1, s->byte_array_bytes);
    if (s->n_repetition) {
        weir__thrift_put_list(out, 2, WEIR__THRIFT_I64, s->n_repetition);
        for (size_t i = 0; i < s->n_repetition; i++)
            weir__thrift_item_int(out, s->repetition_histogram[i]);
    }
    if (s->n_definition) {
        weir__thrift_put_list(out, 3, WEIR__THRIFT_I64, s->n_definition);
        for (size_t i = 0; i < s->n_definition; i++)
            weir__thrift_item_int(out, s->definition_histogram[i]);
    }
    weir__thrift_leave_struct(out);
}

static void put_column_meta(struct weir__thrift_out *out, const struct parquet_column_chunk *c)
{
    weir__thrift_enter_struct(out, 3);
    weir__thrift_put_i32(out, 1, c->type);
    weir__thrift_put_list(out, 2, WEIR__THRIFT_I32, c->n_encodings);
    for (size_t i = 0; i < c->n_encodings; i++)
        weir__thrift_item_int(out, c->encodings[i]);
    weir__thrift_put_list(out, 3, WEIR__THRIFT_BINARY, c->n_path);
    for (size_t i = 0; i < c->n_path; i++)
        weir__thrift_item_bytes(out, c->path[i]);
    weir__thrift_put_i32(out, 4, c->codec);
    weir__thrift_put_i64(out, 5, c->n_values);
    weir__thrift_put_i64(out, 6, c->total_uncompressed);
    weir__thrift_put_i64(out, 7, c->total_compressed);
    weir__thrift_put_i64(out, 9, c->data_page_offset);
    if (c->dictionary_page_offset)
        weir__thrift_put_i64(out, 11, c->dictionary_page_offset);
    const struct parquet_statistics *s = &c->statistics;
    if (s->has_null_count || s->min.data || s->max.data)
        put_statistics(out, 12, s);
    if (c->n_encoding_stats) {
        weir__thrift_put_list(out, 13, WEIR__THRIFT_STRUCT, c->n_encoding_stats);
        for (size_t i = 0; i < c->n_encoding_stats; i++) {
            weir__thrift_enter_struct(out, 0);
            weir__thrift_put_i32(out, 1, c->encoding_stats[i].page_type);
            weir__thrift_put_i32(out, 2, c->encoding_stats[i].encoding);
            weir__thrift_put_i32(out, 3, c->encoding_stats[i].count);
            weir__thrift_leave_struct(out);
        }
    }
    if (c->bloom_offset) {
        weir__thrift_put_i64(out, 14, c->bloom_offset);
        weir__thrift_put_i32(out, 15, c->bloom_bytes);
    }
    put_sizes(out, &c->sizes);
    weir__thrift_leave_struct(out);
}

static void put_chunk(struct weir__thrift_out *out, const struct parquet_column_chunk *c)
{
    weir__thrift_enter_struct(out, 0);
    weir__thrift_put_i64(out, 2, 0);
    put_column_meta(out, c);
    if (c->offset_index_offset) {
        weir__thrift_put_i64(out, 4, c->offset_index_offset);
        weir__thrift_put_i32(out, 5, c->offset_index_bytes);
    }
    if (c->column_index_offset) {
        weir__thrift_put_i64(out, 6, c->column_index_offset);
        weir__thrift_put_i32(out, 7, c->column_index_bytes);
    }
    weir__thrift_leave_struct(out);
}

static void put_row_group(struct weir__thrift_out *out, const struct parquet_row_group *g)
{
    weir__thrift_enter_struct(out, 0);
    weir__thrift_put_list(out, 1, WEIR__THRIFT_STRUCT, g->n_columns);
    for (size_t i = 0; i < g->n_columns; i++)
        put_chunk(out, &g->columns[i]);
    weir__thrift_put_i64(out, 2, g->total_byte_size);
    weir__thrift_put_i64(out, 3, g->n_rows);
    if (g->n_sorting) {
        weir__thrift_put_list(out, 4, WEIR__THRIFT_STRUCT, g->n_sorting);
        for (size_t i = 0; i < g->n_sorting; i++) {
            weir__thrift_enter_struct(out, 0);
            weir__thrift_put_i32(out, 1, g->sorting[i].column);
            weir__thrift_put_bool(out, 2, g->sorting[i].is_descending);
            weir__thrift_put_bool(out, 3, g->sorting[i].nulls_first);
            weir__thrift_leave_struct(out);
        }
    }
    weir__thrift_put_i64(out, 5, g->file_offset);
    weir__thrift_put_i64(out, 6, g->total_compressed);
    if (g->ordinal <= INT16_MAX)
        weir__thrift_put_i16(out, 7, g->ordinal);
    weir__thrift_leave_struct(out);
}

int weir__meta_write_file(const struct parquet_file_meta *meta, struct weir__buf *buf,
                          struct weir_error *err)
{
    struct weir__thrift_out out = weir__thrift_out_make(buf, err);
    weir__thrift_put_i32(&out, 1, meta->version);
    weir__thrift_put_list(&out, 2, WEIR__THRIFT_STRUCT, meta->n_schema);
    for (size_t i = 0; i < meta->n_schema; i++)
        put_element(&out, &meta->schema[i]);
    weir__thrift_put_i64(&out, 3, meta->n_rows);
    weir__thrift_put_list(&out, 4, WEIR__THRIFT_STRUCT, meta->n_row_groups);
    for (size_t i = 0; i < meta->n_row_groups; i++)
        put_row_group(&out, &meta->row_groups[i]);
    put_key_values(&out, 5, meta->kv_names, meta->kv_values, meta->n_kv);
    weir__thrift_put_bytes(&out, 6, meta->created_by);
    weir__thrift_put_list(&out, 7, WEIR__THRIFT_STRUCT, meta->n_column_orders);
    for (size_t i = 0; i < meta->n_column_orders; i++) {
        weir__thrift_enter_struct(&out, 0);
        weir__thrift_enter_struct(&out, meta->column_orders[i]);
        weir__thrift_leave_struct(&out);
        weir__thrift_leave_struct(&out);
    }
    return weir__thrift_out_end(&out);
}

static void put_longs(struct weir__thrift_out *out, int32_t id, const int64_t *values, size_t n)
{
    if (!values)
        return;
    weir__thrift_put_list(out, id, WEIR__THRIFT_I64, n);
    for (size_t i = 0; i < n; i++)
        weir__thrift_item_int(out, values[i]);
}

int weir__meta_write_column_index(const struct parquet_column_index *index, struct weir__buf *buf,
                                  struct weir_error *err)
{
    struct weir__thrift_out out = weir__thrift_out_make(buf, err);
    weir__thrift_put_list(&out, 1, WEIR__THRIFT_TRUE, index->n_pages);
    for (size_t i = 0; i < index->n_pages; i++)
        weir__thrift_item_bool(&out, index->null_pages[i]);
    weir__thrift_put_list(&out, 2, WEIR__THRIFT_BINARY, index->n_pages);
    for (size_t i = 0; i < index->n_pages; i++)
        weir__thrift_item_bytes(&out, index->min_values[i]);
    weir__thrift_put_list(&out, 3, WEIR__THRIFT_BINARY, index->n_pages);
    for (size_t i = 0; i < index->n_pages; i++)
        weir__thrift_item_bytes(&out, index->max_values[i]);
    weir__thrift_put_i32(&out, 4, index->boundary_order);
    put_longs(&out, 5, index->null_counts, index->n_pages);
    put_longs(&out, 6, index->repetition_histograms, index->n_repetition);
    put_longs(&out, 7, index->definition_histograms, index->n_definition);
    put_longs(&out, 8, index->nan_counts, index->n_pages);
    return weir__thrift_out_end(&out);
}

int weir__meta_write_offset_index(const struct parquet_offset_index *index, struct weir__buf *buf,
                                  struct weir_error *err)
{
    struct weir__thrift_out out = weir__thrift_out_make(buf, err);
    weir__thrift_put_list(&out, 1, WEIR__THRIFT_STRUCT, index->n_pages);
    for (size_t i = 0; i < index->n_pages; i++) {
        weir__thrift_enter_struct(&out, 0);
        weir__thrift_put_i64(&out, 1, index->pages[i].offset);
        weir__thrift_put_i32(&out, 2, index->pages[i].compressed_bytes);
        weir__thrift_put_i64(&out, 3, index->pages[i].first_row);
        weir__thrift_leave_struct(&out);
    }
    put_longs(&out, 2, index->byte_array_bytes, index->n_byte_array_bytes);
    return weir__thrift_out_end(&out);
}

int weir__meta_write_bloom(size_t n_bytes, struct weir__buf *buf, struct weir_error *err)
{
    struct weir__thrift_out out = weir__thrift_out_make(buf, err);
    weir__thrift_put_i32(&out, 1, (int64_t)n_bytes);
    for (int32_t id = 2; id <= 4; id++) { /* block algorithm, xxHash, uncompressed: member 1 each */
        weir__thrift_enter_struct(&out, id);
        weir__thrift_enter_struct(&out, 1);
        weir__thrift_leave_struct(&out);
        weir__thrift_leave_struct(&out);
    }
    return weir__thrift_out_end(&out);
}
