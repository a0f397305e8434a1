/* footer.c: the structs of parquet.thrift as tables (spec/parquet.md 4).
 *
 * Required fields are only those without which nothing can be decoded; the rest of what
 * parquet.thrift calls required is left out by real writers. */
#include "format/parquet/footer.h"

#include "format/parquet/thrift_read.h"

#define FIELD(id, kind, type, member)                                                              \
    {                                                                                              \
        id, WEIR__THRIFT_##kind, false, offsetof(struct type, member), 0, NULL, NULL               \
    }
#define NEEDED(id, kind, type, member)                                                             \
    {                                                                                              \
        id, WEIR__THRIFT_##kind, true, offsetof(struct type, member), 0, NULL, NULL                \
    }
#define MAYBE(id, kind, type, member, flag)                                                        \
    {                                                                                              \
        id, WEIR__THRIFT_##kind, false, offsetof(struct type, member),                             \
            offsetof(struct type, flag), NULL, NULL                                                \
    }
#define LIST(id, kind, type, member, count, table)                                                 \
    {                                                                                              \
        id, WEIR__THRIFT_##kind, false, offsetof(struct type, member),                             \
            offsetof(struct type, count), table, NULL                                              \
    }
#define NEEDED_LIST(id, kind, type, member, count, table)                                          \
    {                                                                                              \
        id, WEIR__THRIFT_##kind, true, offsetof(struct type, member),                              \
            offsetof(struct type, count), table, NULL                                              \
    }
#define NESTED(id, type, member, table)                                                            \
    {                                                                                              \
        id, WEIR__THRIFT_STRUCT, false, offsetof(struct type, member), 0, table, NULL              \
    }
/* A struct of the file whose fields lie flat in the C struct that holds it. */
#define FLAT(id, type, flag, table)                                                                \
    {                                                                                              \
        id, WEIR__THRIFT_STRUCT, false, 0, offsetof(struct type, flag), table, NULL                \
    }
#define CALL(id, function)                                                                         \
    {                                                                                              \
        id, WEIR__THRIFT_CALL, false, 0, 0, NULL, function                                         \
    }
#define TABLE(name, rows, type, min_bytes, defaults)                                               \
    {                                                                                              \
        name, rows, COUNT_OF(rows), sizeof(struct type), min_bytes, defaults                       \
    }

/* ---- statistics -------------------------------------------------------------------------- */

static const struct weir__thrift_member statistics_rows[] = {
    FIELD(1, STRING, parquet_statistics, legacy_max),
    FIELD(2, STRING, parquet_statistics, legacy_min),
    MAYBE(3, I64, parquet_statistics, null_count, has_null_count),
    MAYBE(4, I64, parquet_statistics, distinct_count, has_distinct_count),
    FIELD(5, STRING, parquet_statistics, max),
    FIELD(6, STRING, parquet_statistics, min),
    FIELD(7, TRISTATE, parquet_statistics, max_is_exact),
    FIELD(8, TRISTATE, parquet_statistics, min_is_exact),
    MAYBE(9, I64, parquet_statistics, nan_count, has_nan_count),
};

static void statistics_defaults(void *out)
{
    struct parquet_statistics *statistics = out;
    statistics->max_is_exact = -1;
    statistics->min_is_exact = -1;
}

static const struct weir__thrift_table statistics_table =
    TABLE("statistics", statistics_rows, parquet_statistics, 1, statistics_defaults);

/* ---- schema ------------------------------------------------------------------------------ */

static const struct weir__thrift_member decimal_rows[] = {
    FIELD(1, I32, parquet_logical_type, scale),
    FIELD(2, I32, parquet_logical_type, precision),
};
static const struct weir__thrift_table decimal_table =
    TABLE("decimal type", decimal_rows, parquet_logical_type, 1, NULL);

static const struct weir__thrift_member time_rows[] = {
    FIELD(1, BOOL, parquet_logical_type, is_adjusted_to_utc),
    FIELD(2, UNION, parquet_logical_type, unit),
};
static const struct weir__thrift_table time_table =
    TABLE("time type", time_rows, parquet_logical_type, 1, NULL);

static const struct weir__thrift_member integer_rows[] = {
    FIELD(1, I8, parquet_logical_type, bit_width),
    FIELD(2, BOOL, parquet_logical_type, is_signed),
};
static const struct weir__thrift_table integer_table =
    TABLE("integer type", integer_rows, parquet_logical_type, 1, NULL);

static const struct weir__thrift_table *logical_table(int32_t id)
{
    switch (id) {
    case PARQUET_LOGICAL_DECIMAL:
        return &decimal_table;
    case PARQUET_LOGICAL_TIME:
    case PARQUET_LOGICAL_TIMESTAMP:
        return &time_table;
    case PARQUET_LOGICAL_INTEGER:
        return &integer_table;
    default:
        return NULL;
    }
}

/* The LogicalType union: the member's id, and the parameters of the members that have any. */
static int read_logical(struct weir__thrift *t, uint8_t wire_type, void *out,
                        struct weir_error *err)
{
    struct parquet_logical_type *logical = &((struct parquet_schema_element *)out)->logical;
    TRY(weir__thrift_enter(t, wire_type, err));
    int32_t id = 0;
    uint8_t inner;
    TRY(weir__thrift_field(t, &id, &inner, err));
    while (inner != WEIR__WIRE_STOP) {
        const struct weir__thrift_table *table = logical_table(id);
        if (logical->id != 0)
            return weir__fail(err, WEIR_CORRUPT, "logical type has more than one member");
        logical->id = id;
        if (table && inner == WEIR__WIRE_STRUCT)
            TRY(weir__thrift_struct(t, table, logical, err));
        else
            TRY(weir__thrift_skip(t, inner, err));
        TRY(weir__thrift_field(t, &id, &inner, err));
    }
    weir__thrift_leave(t);
    return WEIR_OK;
}

static const struct weir__thrift_member element_rows[] = {
    MAYBE(1, I32, parquet_schema_element, type, has_type),
    FIELD(2, I32, parquet_schema_element, type_length),
    FIELD(3, I32, parquet_schema_element, repetition),
    NEEDED(4, STRING, parquet_schema_element, name),
    FIELD(5, I32, parquet_schema_element, n_children),
    FIELD(6, I32, parquet_schema_element, converted),
    MAYBE(7, I32, parquet_schema_element, scale, has_decimal),
    MAYBE(8, I32, parquet_schema_element, precision, has_decimal),
    MAYBE(9, I32, parquet_schema_element, field_id, has_field_id),
    CALL(10, read_logical),
};

static void element_defaults(void *out)
{
    struct parquet_schema_element *element = out;
    element->type = -1;
    element->repetition = -1;
    element->converted = PARQUET_CONVERTED_NONE;
}

static const struct weir__thrift_table element_table =
    TABLE("schema element", element_rows, parquet_schema_element, 3, element_defaults);

/* ---- key-value metadata ------------------------------------------------------------------ */

struct key_value {
    struct weir__str name, value;
};

static const struct weir__thrift_member key_value_rows[] = {
    NEEDED(1, STRING, key_value, name),
    FIELD(2, STRING, key_value, value),
};
static const struct weir__thrift_table key_value_table =
    TABLE("key-value pair", key_value_rows, key_value, 3, NULL);

struct key_values {
    struct weir__str *names, *values;
    size_t n;
};

static int read_key_values(struct weir__thrift *t, uint8_t wire_type, struct key_values *out,
                           struct weir_error *err)
{
    uint8_t element;
    size_t n;
    TRY(weir__thrift_list(t, wire_type, key_value_table.min_bytes, &element, &n, err));
    out->names = weir__arena_alloc(t->arena, n, sizeof *out->names, err);
    out->values = weir__arena_alloc(t->arena, n, sizeof *out->values, err);
    if (!out->names || !out->values)
        return WEIR_NO_MEMORY;
    if (n > 0 && element != WEIR__WIRE_STRUCT)
        return weir__fail(err, WEIR_CORRUPT, "key-value metadata is not a list of structs");
    for (size_t i = 0; i < n; i++) {
        struct key_value pair = {STR_NULL, STR_NULL};
        TRY(weir__thrift_struct(t, &key_value_table, &pair, err));
        out->names[i] = pair.name;
        out->values[i] = pair.value;
    }
    out->n = n;
    return WEIR_OK;
}

static int read_chunk_key_values(struct weir__thrift *t, uint8_t wire_type, void *out,
                                 struct weir_error *err)
{
    struct parquet_column_chunk *chunk = out;
    struct key_values pairs = {NULL, NULL, 0};
    TRY(read_key_values(t, wire_type, &pairs, err));
    chunk->kv_names = pairs.names;
    chunk->kv_values = pairs.values;
    chunk->n_kv = pairs.n;
    return WEIR_OK;
}

static int read_file_key_values(struct weir__thrift *t, uint8_t wire_type, void *out,
                                struct weir_error *err)
{
    struct parquet_file_meta *meta = out;
    struct key_values pairs = {NULL, NULL, 0};
    TRY(read_key_values(t, wire_type, &pairs, err));
    meta->kv_names = pairs.names;
    meta->kv_values = pairs.values;
    meta->n_kv = pairs.n;
    return WEIR_OK;
}

/* ---- column chunks ----------------------------------------------------------------------- */

static const struct weir__thrift_member encoding_stat_rows[] = {
    FIELD(1, I32, parquet_encoding_stat, page_type),
    FIELD(2, I32, parquet_encoding_stat, encoding),
    FIELD(3, I32, parquet_encoding_stat, count),
};
static const struct weir__thrift_table encoding_stat_table =
    TABLE("encoding statistics", encoding_stat_rows, parquet_encoding_stat, 1, NULL);

static const struct weir__thrift_member size_rows[] = {
    MAYBE(1, I64, parquet_size_statistics, byte_array_bytes, has_byte_array_bytes),
    LIST(2, LIST_I64, parquet_size_statistics, repetition_histogram, n_repetition, NULL),
    LIST(3, LIST_I64, parquet_size_statistics, definition_histogram, n_definition, NULL),
};
static const struct weir__thrift_table size_table =
    TABLE("size statistics", size_rows, parquet_size_statistics, 1, NULL);

static const struct weir__thrift_member column_rows[] = {
    NEEDED(1, I32, parquet_column_chunk, type),
    LIST(2, LIST_I32, parquet_column_chunk, encodings, n_encodings, NULL),
    NEEDED_LIST(3, LIST_STRING, parquet_column_chunk, path, n_path, NULL),
    NEEDED(4, I32, parquet_column_chunk, codec),
    NEEDED(5, I64, parquet_column_chunk, n_values),
    NEEDED(6, I64, parquet_column_chunk, total_uncompressed),
    NEEDED(7, I64, parquet_column_chunk, total_compressed),
    CALL(8, read_chunk_key_values),
    NEEDED(9, I64, parquet_column_chunk, data_page_offset),
    FIELD(10, I64, parquet_column_chunk, index_page_offset),
    MAYBE(11, I64, parquet_column_chunk, dictionary_page_offset, has_dictionary_page_offset),
    NESTED(12, parquet_column_chunk, statistics, &statistics_table),
    LIST(13, LIST_STRUCT, parquet_column_chunk, encoding_stats, n_encoding_stats,
         &encoding_stat_table),
    FIELD(14, I64, parquet_column_chunk, bloom_offset),
    FIELD(15, I32, parquet_column_chunk, bloom_bytes),
    NESTED(16, parquet_column_chunk, sizes, &size_table),
};
static const struct weir__thrift_table column_table =
    TABLE("column metadata", column_rows, parquet_column_chunk, 10, NULL);

static int read_crypto(struct weir__thrift *t, uint8_t wire_type, void *out, struct weir_error *err)
{
    ((struct parquet_column_chunk *)out)->is_encrypted = true;
    return weir__thrift_skip(t, wire_type, err);
}

static const struct weir__thrift_member chunk_rows[] = {
    FIELD(1, STRING, parquet_column_chunk, file_path),
    FIELD(2, I64, parquet_column_chunk, file_offset),
    FLAT(3, parquet_column_chunk, has_meta, &column_table),
    FIELD(4, I64, parquet_column_chunk, offset_index_offset),
    FIELD(5, I32, parquet_column_chunk, offset_index_bytes),
    FIELD(6, I64, parquet_column_chunk, column_index_offset),
    FIELD(7, I32, parquet_column_chunk, column_index_bytes),
    CALL(8, read_crypto),
};

static void chunk_defaults(void *out)
{
    statistics_defaults(&((struct parquet_column_chunk *)out)->statistics);
}

static const struct weir__thrift_table chunk_table =
    TABLE("column chunk", chunk_rows, parquet_column_chunk, 6, chunk_defaults);

static const struct weir__thrift_member sorting_rows[] = {
    FIELD(1, I32, parquet_sorting_column, column),
    FIELD(2, BOOL, parquet_sorting_column, is_descending),
    FIELD(3, BOOL, parquet_sorting_column, nulls_first),
};
static const struct weir__thrift_table sorting_table =
    TABLE("sorting column", sorting_rows, parquet_sorting_column, 1, NULL);

static const struct weir__thrift_member group_rows[] = {
    NEEDED_LIST(1, LIST_STRUCT, parquet_row_group, columns, n_columns, &chunk_table),
    FIELD(2, I64, parquet_row_group, total_byte_size),
    NEEDED(3, I64, parquet_row_group, n_rows),
    LIST(4, LIST_STRUCT, parquet_row_group, sorting, n_sorting, &sorting_table),
    FIELD(5, I64, parquet_row_group, file_offset),
    FIELD(6, I64, parquet_row_group, total_compressed),
    FIELD(7, I16, parquet_row_group, ordinal),
};
static const struct weir__thrift_table group_table =
    TABLE("row group", group_rows, parquet_row_group, 5, NULL);

/* ---- the footer -------------------------------------------------------------------------- */

static int read_encryption(struct weir__thrift *t, uint8_t wire_type, void *out,
                           struct weir_error *err)
{
    ((struct parquet_file_meta *)out)->is_encrypted = true;
    return weir__thrift_skip(t, wire_type, err);
}

static const struct weir__thrift_member file_rows[] = {
    NEEDED(1, I32, parquet_file_meta, version),
    NEEDED_LIST(2, LIST_STRUCT, parquet_file_meta, schema, n_schema, &element_table),
    NEEDED(3, I64, parquet_file_meta, n_rows),
    NEEDED_LIST(4, LIST_STRUCT, parquet_file_meta, row_groups, n_row_groups, &group_table),
    CALL(5, read_file_key_values),
    FIELD(6, STRING, parquet_file_meta, created_by),
    LIST(7, LIST_UNION, parquet_file_meta, column_orders, n_column_orders, NULL),
    CALL(8, read_encryption),
};
static const struct weir__thrift_table file_table =
    TABLE("footer", file_rows, parquet_file_meta, 1, NULL);

int weir__footer_read(struct weir__arena *arena, const void *data, size_t n,
                      struct parquet_file_meta *out, struct weir_error *err)
{
    struct parquet_file_meta meta;
    memset(&meta, 0, sizeof meta);
    struct weir__thrift t = weir__thrift_make(data, n, arena);
    TRY(weir__thrift_struct(&t, &file_table, &meta, err));
    *out = meta;
    return WEIR_OK;
}

/* ---- pages ------------------------------------------------------------------------------- */

static const struct weir__thrift_member data_page_rows[] = {
    NEEDED(1, I32, parquet_page_header, n_values),
    NEEDED(2, I32, parquet_page_header, encoding),
    FIELD(3, I32, parquet_page_header, definition_encoding),
    FIELD(4, I32, parquet_page_header, repetition_encoding),
    NESTED(5, parquet_page_header, statistics, &statistics_table),
};
static const struct weir__thrift_table data_page_table =
    TABLE("data page header", data_page_rows, parquet_page_header, 1, NULL);

static const struct weir__thrift_member dictionary_page_rows[] = {
    NEEDED(1, I32, parquet_page_header, n_values),
    FIELD(2, I32, parquet_page_header, encoding),
    FIELD(3, BOOL, parquet_page_header, is_sorted),
};
static const struct weir__thrift_table dictionary_page_table =
    TABLE("dictionary page header", dictionary_page_rows, parquet_page_header, 1, NULL);

static const struct weir__thrift_member data_page_v2_rows[] = {
    NEEDED(1, I32, parquet_page_header, n_values),
    NEEDED(2, I32, parquet_page_header, n_nulls),
    NEEDED(3, I32, parquet_page_header, n_rows),
    NEEDED(4, I32, parquet_page_header, encoding),
    NEEDED(5, I32, parquet_page_header, definition_bytes),
    NEEDED(6, I32, parquet_page_header, repetition_bytes),
    FIELD(7, BOOL, parquet_page_header, is_compressed),
    NESTED(8, parquet_page_header, statistics, &statistics_table),
};
static const struct weir__thrift_table data_page_v2_table =
    TABLE("v2 data page header", data_page_v2_rows, parquet_page_header, 1, NULL);

static const struct weir__thrift_member page_rows[] = {
    NEEDED(1, I32, parquet_page_header, type),
    NEEDED(2, I32, parquet_page_header, uncompressed_bytes),
    NEEDED(3, I32, parquet_page_header, compressed_bytes),
    MAYBE(4, I32, parquet_page_header, crc, has_crc),
    FLAT(5, parquet_page_header, has_data, &data_page_table),
    FLAT(7, parquet_page_header, has_dictionary, &dictionary_page_table),
    FLAT(8, parquet_page_header, has_data_v2, &data_page_v2_table),
};

static void page_defaults(void *out)
{
    struct parquet_page_header *header = out;
    header->is_compressed = true;
    header->definition_encoding = PARQUET_RLE;
    header->repetition_encoding = PARQUET_RLE;
    statistics_defaults(&header->statistics);
}

static const struct weir__thrift_table page_table =
    TABLE("page header", page_rows, parquet_page_header, 1, page_defaults);

int weir__page_header_read(const void *data, size_t n, struct parquet_page_header *out,
                           size_t *out_bytes, struct weir_error *err)
{
    struct parquet_page_header header;
    memset(&header, 0, sizeof header);
    struct weir__thrift t = weir__thrift_make(data, n, NULL);
    TRY(weir__thrift_struct(&t, &page_table, &header, err));
    if (header.has_data + header.has_dictionary + header.has_data_v2 > 1)
        return weir__fail(err, WEIR_CORRUPT, "page header describes more than one kind of page");
    *out = header;
    *out_bytes = n - weir__cursor_left(&t.in);
    return WEIR_OK;
}

/* ---- page index and bloom filter --------------------------------------------------------- */

struct column_index_counts {
    struct parquet_column_index index;
    size_t n_null_pages, n_min, n_max, n_null_counts, n_nan_counts;
};

static const struct weir__thrift_member column_index_rows[] = {
    NEEDED_LIST(1, LIST_BOOL, column_index_counts, index.null_pages, n_null_pages, NULL),
    NEEDED_LIST(2, LIST_STRING, column_index_counts, index.min_values, n_min, NULL),
    NEEDED_LIST(3, LIST_STRING, column_index_counts, index.max_values, n_max, NULL),
    NEEDED(4, I32, column_index_counts, index.boundary_order),
    LIST(5, LIST_I64, column_index_counts, index.null_counts, n_null_counts, NULL),
    LIST(6, LIST_I64, column_index_counts, index.repetition_histograms, index.n_repetition, NULL),
    LIST(7, LIST_I64, column_index_counts, index.definition_histograms, index.n_definition, NULL),
    LIST(8, LIST_I64, column_index_counts, index.nan_counts, n_nan_counts, NULL),
};
static const struct weir__thrift_table column_index_table =
    TABLE("column index", column_index_rows, column_index_counts, 1, NULL);

int weir__column_index_read(struct weir__arena *arena, const void *data, size_t n,
                            struct parquet_column_index *out, struct weir_error *err)
{
    struct column_index_counts found;
    memset(&found, 0, sizeof found);
    struct weir__thrift t = weir__thrift_make(data, n, arena);
    TRY(weir__thrift_struct(&t, &column_index_table, &found, err));
    size_t pages = found.n_null_pages;
    if (found.n_min != pages || found.n_max != pages ||
        (found.index.null_counts && found.n_null_counts != pages) ||
        (found.index.nan_counts && found.n_nan_counts != pages))
        return weir__fail(err, WEIR_CORRUPT, "column index has lists of different lengths");
    found.index.n_pages = pages;
    *out = found.index;
    return WEIR_OK;
}

static const struct weir__thrift_member location_rows[] = {
    NEEDED(1, I64, parquet_page_location, offset),
    NEEDED(2, I32, parquet_page_location, compressed_bytes),
    NEEDED(3, I64, parquet_page_location, first_row),
};
static const struct weir__thrift_table location_table =
    TABLE("page location", location_rows, parquet_page_location, 7, NULL);

static const struct weir__thrift_member offset_index_rows[] = {
    NEEDED_LIST(1, LIST_STRUCT, parquet_offset_index, pages, n_pages, &location_table),
    LIST(2, LIST_I64, parquet_offset_index, byte_array_bytes, n_byte_array_bytes, NULL),
};
static const struct weir__thrift_table offset_index_table =
    TABLE("offset index", offset_index_rows, parquet_offset_index, 1, NULL);

int weir__offset_index_read(struct weir__arena *arena, const void *data, size_t n,
                            struct parquet_offset_index *out, struct weir_error *err)
{
    struct parquet_offset_index index;
    memset(&index, 0, sizeof index);
    struct weir__thrift t = weir__thrift_make(data, n, arena);
    TRY(weir__thrift_struct(&t, &offset_index_table, &index, err));
    *out = index;
    return WEIR_OK;
}

static const struct weir__thrift_member bloom_rows[] = {
    NEEDED(1, I32, parquet_bloom_header, bitset_bytes),
    NEEDED(2, UNION, parquet_bloom_header, algorithm),
    NEEDED(3, UNION, parquet_bloom_header, hash),
    NEEDED(4, UNION, parquet_bloom_header, compression),
};
static const struct weir__thrift_table bloom_table =
    TABLE("bloom filter header", bloom_rows, parquet_bloom_header, 1, NULL);

int weir__bloom_header_read(const void *data, size_t n, struct parquet_bloom_header *out,
                            size_t *out_bytes, struct weir_error *err)
{
    struct parquet_bloom_header header;
    memset(&header, 0, sizeof header);
    struct weir__thrift t = weir__thrift_make(data, n, NULL);
    TRY(weir__thrift_struct(&t, &bloom_table, &header, err));
    *out = header;
    *out_bytes = n - weir__cursor_left(&t.in);
    return WEIR_OK;
}
