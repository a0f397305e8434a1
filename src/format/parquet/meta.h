/* meta.h: a Parquet footer as C structs: what thrift_read.c fills and thrift_write.c prints
 * (spec/parquet.md 4).
 *
 * Everything decoded lives in one arena (struct weir__parquet_meta.arena) and is freed with it.
 * Strings are views into the arena, not NUL-terminated. Enums are kept as the raw integers of the
 * file: a value outside of the table is an error only where it decides decoding. */
#ifndef WEIR_FORMAT_PARQUET_META_H
#define WEIR_FORMAT_PARQUET_META_H

#include "format/format.h"

enum parquet_type {
    PARQUET_BOOLEAN = 0,
    PARQUET_INT32 = 1,
    PARQUET_INT64 = 2,
    PARQUET_INT96 = 3,
    PARQUET_FLOAT = 4,
    PARQUET_DOUBLE = 5,
    PARQUET_BYTE_ARRAY = 6,
    PARQUET_FIXED = 7
};

enum parquet_repetition { PARQUET_REQUIRED = 0, PARQUET_OPTIONAL = 1, PARQUET_REPEATED = 2 };

enum parquet_encoding {
    PARQUET_PLAIN = 0,
    PARQUET_PLAIN_DICTIONARY = 2,
    PARQUET_RLE = 3,
    PARQUET_BIT_PACKED = 4,
    PARQUET_DELTA_BINARY_PACKED = 5,
    PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
    PARQUET_DELTA_BYTE_ARRAY = 7,
    PARQUET_RLE_DICTIONARY = 8,
    PARQUET_BYTE_STREAM_SPLIT = 9,
    PARQUET_ALP = 10
};

enum parquet_codec {
    PARQUET_UNCOMPRESSED = 0,
    PARQUET_SNAPPY = 1,
    PARQUET_GZIP = 2,
    PARQUET_LZO = 3,
    PARQUET_BROTLI = 4,
    PARQUET_LZ4 = 5,
    PARQUET_ZSTD = 6,
    PARQUET_LZ4_RAW = 7
};

enum parquet_page_type {
    PARQUET_DATA_PAGE = 0,
    PARQUET_INDEX_PAGE = 1,
    PARQUET_DICTIONARY_PAGE = 2,
    PARQUET_DATA_PAGE_V2 = 3
};

/* LogicalType union ids (spec/parquet.md 6.2); 0 = none. */
enum parquet_logical {
    PARQUET_LOGICAL_NONE = 0,
    PARQUET_LOGICAL_STRING = 1,
    PARQUET_LOGICAL_MAP = 2,
    PARQUET_LOGICAL_LIST = 3,
    PARQUET_LOGICAL_ENUM = 4,
    PARQUET_LOGICAL_DECIMAL = 5,
    PARQUET_LOGICAL_DATE = 6,
    PARQUET_LOGICAL_TIME = 7,
    PARQUET_LOGICAL_TIMESTAMP = 8,
    PARQUET_LOGICAL_INTEGER = 10,
    PARQUET_LOGICAL_UNKNOWN = 11,
    PARQUET_LOGICAL_JSON = 12,
    PARQUET_LOGICAL_BSON = 13,
    PARQUET_LOGICAL_UUID = 14,
    PARQUET_LOGICAL_FLOAT16 = 15,
    PARQUET_LOGICAL_VARIANT = 16,
    PARQUET_LOGICAL_GEOMETRY = 17,
    PARQUET_LOGICAL_GEOGRAPHY = 18,
    PARQUET_LOGICAL_FILE = 19,
    PARQUET_LOGICAL_INTERVAL = 1000 /* only a converted type; not an id of the union */
};

enum parquet_time_unit { PARQUET_MILLIS = 1, PARQUET_MICROS = 2, PARQUET_NANOS = 3 };

/* ConvertedType values; -1 = none. */
enum parquet_converted {
    PARQUET_CONVERTED_NONE = -1,
    PARQUET_CONVERTED_UTF8 = 0,
    PARQUET_CONVERTED_MAP = 1,
    PARQUET_CONVERTED_MAP_KEY_VALUE = 2,
    PARQUET_CONVERTED_LIST = 3,
    PARQUET_CONVERTED_ENUM = 4,
    PARQUET_CONVERTED_DECIMAL = 5,
    PARQUET_CONVERTED_DATE = 6,
    PARQUET_CONVERTED_TIME_MILLIS = 7,
    PARQUET_CONVERTED_TIME_MICROS = 8,
    PARQUET_CONVERTED_TIMESTAMP_MILLIS = 9,
    PARQUET_CONVERTED_TIMESTAMP_MICROS = 10,
    PARQUET_CONVERTED_UINT_8 = 11,
    PARQUET_CONVERTED_UINT_16 = 12,
    PARQUET_CONVERTED_UINT_32 = 13,
    PARQUET_CONVERTED_UINT_64 = 14,
    PARQUET_CONVERTED_INT_8 = 15,
    PARQUET_CONVERTED_INT_16 = 16,
    PARQUET_CONVERTED_INT_32 = 17,
    PARQUET_CONVERTED_INT_64 = 18,
    PARQUET_CONVERTED_JSON = 19,
    PARQUET_CONVERTED_BSON = 20,
    PARQUET_CONVERTED_INTERVAL = 21
};

struct parquet_logical_type {
    int32_t id;               /* enum parquet_logical, or an unknown union id */
    int32_t precision, scale; /* DECIMAL */
    bool is_adjusted_to_utc;  /* TIME, TIMESTAMP */
    int32_t unit;             /* enum parquet_time_unit */
    int32_t bit_width;        /* INTEGER */
    bool is_signed;
};

struct parquet_schema_element {
    int32_t type; /* enum parquet_type; -1 = group */
    bool has_type;
    int32_t type_length;
    int32_t repetition; /* -1 = absent (root) */
    struct weir__str name;
    int32_t n_children;
    int32_t converted; /* enum parquet_converted */
    int32_t scale, precision;
    bool has_decimal; /* scale or precision was present */
    bool has_field_id;
    int32_t field_id;
    struct parquet_logical_type logical;
};

struct parquet_statistics {
    struct weir__str legacy_max, legacy_min; /* fields 1, 2; data NULL = absent */
    bool has_null_count, has_distinct_count, has_nan_count;
    int64_t null_count, distinct_count, nan_count;
    struct weir__str max, min;         /* fields 5, 6; data NULL = absent */
    int8_t max_is_exact, min_is_exact; /* -1 = absent, 0, 1 */
};

struct parquet_encoding_stat {
    int32_t page_type, encoding, count;
};

struct parquet_size_statistics {
    bool has_byte_array_bytes;
    int64_t byte_array_bytes;
    const int64_t *repetition_histogram, *definition_histogram;
    size_t n_repetition, n_definition;
};

struct parquet_column_chunk {
    struct weir__str file_path;
    int64_t file_offset;
    bool has_meta;     /* false: only an encrypted copy of it, or none at all */
    bool is_encrypted; /* the chunk names a key */
    bool has_dictionary_page_offset;
    int32_t type, codec;
    const int32_t *encodings;
    size_t n_encodings;
    const struct weir__str *path;
    size_t n_path;
    int64_t n_values, total_uncompressed, total_compressed;
    const struct weir__str *kv_names, *kv_values; /* chunk key-value metadata */
    size_t n_kv;
    int64_t data_page_offset, index_page_offset,
        dictionary_page_offset; /* 0 = absent for the last two */
    struct parquet_statistics statistics;
    const struct parquet_encoding_stat *encoding_stats;
    size_t n_encoding_stats;
    int64_t bloom_offset; /* 0 = none */
    int32_t bloom_bytes;  /* 0 = unknown */
    struct parquet_size_statistics sizes;
    int64_t offset_index_offset, column_index_offset; /* 0 = none */
    int32_t offset_index_bytes, column_index_bytes;
};

struct parquet_sorting_column {
    int32_t column;
    bool is_descending, nulls_first;
};

struct parquet_row_group {
    struct parquet_column_chunk *columns; /* one per leaf, in schema order */
    size_t n_columns;
    int64_t total_byte_size, n_rows, file_offset, total_compressed;
    const struct parquet_sorting_column *sorting;
    size_t n_sorting;
    int32_t ordinal;
};

enum parquet_column_order {
    PARQUET_ORDER_UNKNOWN = 0,
    PARQUET_ORDER_TYPE = 1,
    PARQUET_ORDER_IEEE754 = 2,
    PARQUET_ORDER_INT96 = 3
};

struct parquet_file_meta {
    int32_t version;
    struct parquet_schema_element *schema; /* depth-first, root first */
    size_t n_schema;
    int64_t n_rows; /* as the footer says */
    struct parquet_row_group *row_groups;
    size_t n_row_groups;
    struct weir__str *kv_names, *kv_values; /* value data NULL = key without value */
    size_t n_kv;
    struct weir__str created_by;
    int32_t *column_orders; /* enum parquet_column_order, one per leaf; NULL = absent */
    size_t n_column_orders;
    bool is_encrypted; /* some columns are, under a plain footer */
};

struct parquet_page_header {
    int32_t type; /* enum parquet_page_type */
    int32_t uncompressed_bytes, compressed_bytes;
    bool has_crc;
    int32_t crc; /* the unsigned checksum's bits */
    bool has_data, has_dictionary, has_data_v2;
    int32_t n_values;
    int32_t encoding;
    int32_t definition_encoding, repetition_encoding; /* v1 */
    int32_t n_nulls, n_rows;                          /* v2 */
    int32_t definition_bytes, repetition_bytes;       /* v2 */
    bool is_compressed;                               /* v2; default true */
    bool is_sorted;                                   /* dictionary */
    struct parquet_statistics statistics;
};

struct parquet_column_index {
    bool *null_pages;
    struct weir__str *min_values, *max_values;
    size_t n_pages;
    int32_t boundary_order;
    int64_t *null_counts; /* NULL = absent */
    int64_t *nan_counts;
    int64_t *repetition_histograms, *definition_histograms; /* n_pages x (max level + 1), or NULL */
    size_t n_repetition, n_definition;                      /* total entries */
};

struct parquet_page_location {
    int64_t offset;
    int32_t compressed_bytes; /* header included */
    int64_t first_row;
};

struct parquet_offset_index {
    struct parquet_page_location *pages;
    size_t n_pages;
    int64_t *byte_array_bytes; /* NULL = absent */
    size_t n_byte_array_bytes;
};

#endif
