/* weir/format.h: file formats: Parquet, CSV, NDJSON and Arrow IPC, each to and from Arrow record
 * batches.
 *
 *     struct ArrowArrayStream rows;
 *     weir_parquet_reader_open(env, &input, NULL, &reader, &err);
 *     weir_parquet_reader_scan(reader, NULL, &rows, &err);      // all columns, all row groups
 *     ... rows.get_next ...
 *     rows.release(&rows);
 *     weir_parquet_reader_free(reader);
 *
 * Glossary: row group, column chunk, page, codec, encoding, statistics as in the Apache Parquet
 * format; schema inference = guessing column types from a sample of the text, after which they are
 * frozen. Threads: readers and writers belong to one thread at a time; options and schemas are only
 * read. Since: 0.1 */
#ifndef WEIR_FORMAT_H
#define WEIR_FORMAT_H

#include <weir/columnar.h>
#include <weir/env.h>
#include <weir/error.h>
#include <weir/io.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Default 0 is snappy in the library; the program's default is zstd. */
enum weir_compression {
    WEIR_COMPRESSION_DEFAULT = 0,
    WEIR_COMPRESSION_UNCOMPRESSED = 1,
    WEIR_COMPRESSION_SNAPPY = 2,
    WEIR_COMPRESSION_GZIP = 3,
    WEIR_COMPRESSION_ZSTD = 4,
    WEIR_COMPRESSION_LZ4_RAW = 5
};

/* "uncompressed" or "none", "snappy", "gzip", "zstd", "lz4" or "lz4_raw".
 *
 * Threads:  any.
 * Errors:   WEIR_INVALID naming the unknown name.
 * Since:    0.1 */
WEIR_NODISCARD int weir_compression_from_name(const char *name, enum weir_compression *out,
                                              struct weir_error *err);
const char *weir_compression_name(enum weir_compression compression);

enum weir_file_format {
    WEIR_FORMAT_UNKNOWN = 0,
    WEIR_FORMAT_NDJSON = 1,
    WEIR_FORMAT_CSV = 2,
    WEIR_FORMAT_PARQUET = 3,
    WEIR_FORMAT_ARROW = 4,       /* IPC file on write; file or stream on read */
    WEIR_FORMAT_ARROW_STREAM = 5 /* IPC stream */
};

/* "ndjson", "jsonl", "json", "csv", "parquet", "arrow", "feather", "arrows", "arrow-stream".
 *
 * Threads:  any.
 * Since:    0.1 */
WEIR_NODISCARD int weir_file_format_from_name(const char *name, enum weir_file_format *out,
                                              struct weir_error *err);
/* By the suffix of a file name (.ndjson .jsonl .json .csv .parquet .arrow .feather .ipc .arrows);
 * WEIR_FORMAT_UNKNOWN if none fits. */
enum weir_file_format weir_file_format_from_path(const char *path);

/* ---- Parquet: writing
 * ------------------------------------------------------------------------------------------- */

struct weir_sorting_column {
    const char *column; /* dotted path of a leaf */
    bool is_descending;
    bool nulls_first;
};

struct weir_parquet_write_options {
    uint32_t struct_size;
    enum weir_compression compression;
    int32_t compression_level; /* 0 = the codec's default here (zstd 1, gzip 6) */
    bool compat_v1;            /* data page v1, only PLAIN and RLE_DICTIONARY */
    bool data_page_v2;         /* v2 pages; default v1 */
    bool no_dictionary;
    bool no_statistics; /* neither statistics nor page index */
    bool no_page_index;
    bool no_crc;
    bool no_arrow_schema;     /* leave ARROW:schema out */
    int64_t row_group_rows;   /* 0 = 1,048,576 */
    int64_t row_group_bytes;  /* 0 = 128 MiB, encoded */
    int64_t page_bytes;       /* 0 = 1 MiB */
    int64_t page_rows;        /* 0 = 20,000 */
    int64_t dictionary_bytes; /* cap of one dictionary page; 0 = 1 MiB */
    int32_t statistics_bytes; /* bounds longer than this are truncated; 0 = 64 */
    int32_t threads; /* column chunks encoded at once; 0 = 1. The bytes do not depend on it */
    const char *const *bloom_columns; /* dotted leaf paths */
    size_t n_bloom_columns;
    const struct weir_kv *metadata; /* file key-value metadata */
    size_t n_metadata;
    const struct weir_sorting_column *sorting; /* declared only if verified while encoding */
    size_t n_sorting;
};

struct weir_parquet_write_stats {
    int64_t n_rows;
    int64_t n_row_groups;
    int64_t file_bytes;
};

struct weir_parquet_writer;

/* Begin a Parquet file on `sink` (borrowed until finish or free). Writes the magic on the first
 * batch.
 *
 * Errors:   WEIR_UNSUPPORTED for a column type Parquet cannot hold, naming it; WEIR_INVALID for bad
 * options. Since:    0.1 */
WEIR_NODISCARD int weir_parquet_writer_new(const struct weir_env *env,
                                           const struct ArrowSchema *schema,
                                           const struct weir_parquet_write_options *options,
                                           const struct weir_sink *sink,
                                           struct weir_parquet_writer **out,
                                           struct weir_error *err);

/* Append the rows of a struct batch. `batch` is borrowed for the call. Row groups go to the sink as
 * they fill; the bytes of the file depend only on rows, schema and options, not on how rows were
 * cut into batches.
 *
 * Blocks:   on the sink.
 * Errors:   the sink's, WEIR_INVALID when the batch does not fit the schema. After a failure only
 * free is allowed. Since:    0.1 */
WEIR_NODISCARD int weir_parquet_writer_write(struct weir_parquet_writer *writer,
                                             const struct ArrowArray *batch,
                                             struct weir_error *err);

/* Write the last row group and the footer. The file is whole only after this returned WEIR_OK.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_parquet_writer_finish(struct weir_parquet_writer *writer,
                                              struct weir_parquet_write_stats *out_stats,
                                              struct weir_error *err);

/* Free; without a finish the file is abandoned. NULL is fine.
 *
 * Since:    0.1 */
void weir_parquet_writer_free(struct weir_parquet_writer *writer);

/* ---- Parquet: reading
 * ------------------------------------------------------------------------------------------- */

struct weir_parquet_read_options {
    uint32_t struct_size;
    bool no_verify_crc;
    bool strict; /* out-of-range small integers are an error instead of kept */
    bool ignore_arrow_schema;
    int64_t max_page_bytes;   /* refuse pages that decompress to more; 0 = 2 GiB */
    int64_t max_footer_bytes; /* 0 = 256 MiB */
};

enum weir_compare {
    WEIR_EQ = 1,
    WEIR_NE,
    WEIR_LT,
    WEIR_LE,
    WEIR_GT,
    WEIR_GE,
    WEIR_IS_NULL,
    WEIR_NOT_NULL
};

/* One condition on a top-level column. The member that fits the column's type is read: integers,
 * dates, times and timestamps (in the column's unit) `i`, floats `f`, strings and binary `bytes`.
 */
struct weir_predicate {
    const char *column;
    enum weir_compare compare;
    int64_t i;
    double f;
    const char *bytes;
    size_t n_bytes;
};

struct weir_parquet_scan_options {
    uint32_t struct_size;
    const char *const *columns; /* top-level columns in output order; NULL = all */
    size_t n_columns;
    int64_t batch_rows; /* rows in one batch at most; 0 = one batch per row group */
    int64_t first_row_group;
    int64_t n_row_groups; /* 0 = to the end */
    /* All must hold. Row groups and pages that cannot match are skipped; the rest is NOT filtered
     * row by row. */
    const struct weir_predicate *predicates;
    size_t n_predicates;
};

struct weir_parquet_reader;

/* Read and check the footer. `input` is borrowed for the life of the reader; its read_at gets few,
 * large ranges.
 *
 * Errors:   WEIR_CORRUPT naming what is broken, WEIR_UNSUPPORTED (encrypted footer), the input's
 * own. Since:    0.1 */
WEIR_NODISCARD int weir_parquet_reader_open(const struct weir_env *env,
                                            const struct weir_input *input,
                                            const struct weir_parquet_read_options *options,
                                            struct weir_parquet_reader **out,
                                            struct weir_error *err);
void weir_parquet_reader_free(struct weir_parquet_reader *reader);

/* The file as an Arrow schema (a struct); `*out` belongs to the caller.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_parquet_reader_schema(const struct weir_parquet_reader *reader,
                                              struct ArrowSchema *out, struct weir_error *err);
int64_t weir_parquet_reader_rows(const struct weir_parquet_reader *reader);
int64_t weir_parquet_reader_row_groups(const struct weir_parquet_reader *reader);
/* Sum of the row groups' uncompressed bytes. */
int64_t weir_parquet_reader_uncompressed_bytes(const struct weir_parquet_reader *reader);

/* Stream the rows. The reader must outlive the stream; several streams may exist at once on one
 * thread. Memory is about one row group of the projected columns (encoded) plus one batch.
 *
 * Errors:   WEIR_NOT_FOUND for a column that is not there. The stream: WEIR_CORRUPT naming row
 * group, column, page and offset; no partial batch is delivered. Since:    0.1 */
WEIR_NODISCARD int weir_parquet_reader_scan(struct weir_parquet_reader *reader,
                                            const struct weir_parquet_scan_options *options,
                                            struct ArrowArrayStream *out, struct weir_error *err);

struct weir_parquet_inspect_options {
    uint32_t struct_size;
    bool as_json;
    bool with_values; /* decode every page: adds non_null, plain_bytes and plain_crc32 per leaf */
};

/* Print schema, row groups, column chunks, encodings, statistics and key-value metadata to `sink`,
 * as text for people or as one JSON object whose "leaves" array has per leaf column: path,
 * physical_type, logical_type, repetition, max_def, max_rep, codec, encodings, num_values, nulls,
 * min, max. plain_crc32 is the CRC-32 of all non-null leaf values in order, each as PLAIN would
 * write it (a boolean as one byte, any NaN as the canonical quiet NaN).
 *
 * Errors:   WEIR_CORRUPT with with_values, as a scan would give.
 * Since:    0.1 */
WEIR_NODISCARD int weir_parquet_inspect(struct weir_parquet_reader *reader,
                                        const struct weir_parquet_inspect_options *options,
                                        const struct weir_sink *sink, struct weir_error *err);

/* ---- CSV and NDJSON
 * ---------------------------------------------------------------------------------------------- */

struct weir_text_read_options {
    uint32_t struct_size;
    const struct ArrowSchema *schema; /* given: it wins, nothing is inferred; columns not in it are
                                         refused unless ignore_unknown */
    const char *name;                 /* for messages: a file name or "-" */
    int64_t sample_rows;              /* 0 = 10,000 */
    int64_t sample_bytes;             /* 0 = 8 MiB; whichever comes first */
    int64_t batch_rows;               /* 0 = 65,536 */
    int64_t batch_bytes;   /* a batch is also cut after this many bytes of input; 0 = 64 MiB */
    int64_t max_row_bytes; /* 0 = 16 MiB */
    bool ignore_unknown;   /* NDJSON members that the schema lacks: drop instead of refuse */
    bool all_strings;      /* CSV: no inference */
    bool no_timestamps;    /* do not turn RFC 3339 text into timestamps, dates */
    char delimiter;        /* CSV; 0 = ',' */
    bool no_header;        /* CSV: columns are c0, c1, ... */
    const char *
        null_text; /* CSV: cell text that means null besides the empty unquoted cell; NULL = none */
};

/* Open a stream of batches over text. Reads the sample at once, infers and freezes the schema
 * (nullable columns; NDJSON columns in order of first appearance). `source` is borrowed until the
 * stream is released.
 *
 * Inferred: int64 (uint64 beyond it, float64 beyond both), float64, bool, date32 (2026-03-17),
 * timestamp[us, UTC] (RFC 3339 with a zone), timestamp[us] (without; dates may be among them),
 * [ns] where the sample needs it, string; in NDJSON also list and struct. A column that is a
 * mixture or only null in the sample is string; in NDJSON it takes later values of any type as
 * their JSON text. CSV: numbers may be quoted, a leading zero ("007") makes text, "" is null but in
 * string and binary columns, blank lines are no rows, and a column without a name is c<N>. NDJSON:
 * a member given twice is an error, one that is missing is null.
 *
 * Errors:   WEIR_INVALID naming file, row (1-based, counting data rows), column and the text that
 * does not fit; nothing is rounded to fit but floating point. WEIR_UNSUPPORTED for given columns of
 * types that have no text (dictionaries, views, intervals; nested ones in CSV). Since:    0.1 */
WEIR_NODISCARD int weir_csv_read(const struct weir_env *env, const struct weir_source *source,
                                 const struct weir_text_read_options *options,
                                 struct ArrowArrayStream *out, struct weir_error *err);
WEIR_NODISCARD int weir_ndjson_read(const struct weir_env *env, const struct weir_source *source,
                                    const struct weir_text_read_options *options,
                                    struct ArrowArrayStream *out, struct weir_error *err);

/* ---- Arrow IPC
 * ---------------------------------------------------------------------------------------------------
 */

/* Stream format from a source; dictionaries (and deltas) are followed. Errors: WEIR_CORRUPT,
 * WEIR_UNSUPPORTED.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_ipc_read_stream(const struct weir_env *env,
                                        const struct weir_source *source, const char *name,
                                        struct ArrowArrayStream *out, struct weir_error *err);
/* File format (or stream format, told apart by the magic) from an input, which must outlive the
 * stream.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_ipc_read_file(const struct weir_env *env, const struct weir_input *input,
                                      struct ArrowArrayStream *out, struct weir_error *err);

/* ---- Any format
 * --------------------------------------------------------------------------------------------------
 */

/* Rows of `input` in the named format. Errors as of the format's own function.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_rows_read(const struct weir_env *env, enum weir_file_format format,
                                  const struct weir_input *input,
                                  const struct weir_text_read_options *text,
                                  struct ArrowArrayStream *out, struct weir_error *err);
/* The same from a pipe. Parquet and IPC files need random access: WEIR_UNSUPPORTED. */
WEIR_NODISCARD int weir_rows_read_source(const struct weir_env *env, enum weir_file_format format,
                                         const struct weir_source *source,
                                         const struct weir_text_read_options *text,
                                         struct ArrowArrayStream *out, struct weir_error *err);

struct weir_rows_write_options {
    uint32_t struct_size;
    enum weir_compression compression; /* Parquet pages; Arrow IPC bodies (zstd, lz4, uncompressed =
                                          the default there) */
    const struct weir_parquet_write_options *parquet; /* wins over compression */
    char delimiter;                                   /* CSV; 0 = ',' */
    bool no_header;                                   /* CSV */
};

struct weir_rows_writer;

/* A writer of any format onto `sink` (borrowed). write borrows the batch; the output is whole after
 * finish.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_rows_writer_new(const struct weir_env *env, enum weir_file_format format,
                                        const struct ArrowSchema *schema,
                                        const struct weir_rows_write_options *options,
                                        const struct weir_sink *sink, struct weir_rows_writer **out,
                                        struct weir_error *err);
WEIR_NODISCARD int weir_rows_writer_write(struct weir_rows_writer *writer,
                                          const struct ArrowArray *batch, struct weir_error *err);
WEIR_NODISCARD int weir_rows_writer_finish(struct weir_rows_writer *writer, struct weir_error *err);
void weir_rows_writer_free(struct weir_rows_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
