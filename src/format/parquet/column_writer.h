/* column_writer.h: one column chunk at a time: rows in, encoded pages out (spec/parquet.md 2).
 *
 * Every choice (dictionary or not, fallback encoding, codec) is made on the chunk's first page and
 * is a pure function of its values and the options, so the same rows give the same bytes on any
 * number of threads. */
#ifndef WEIR_FORMAT_PARQUET_COLUMN_WRITER_H
#define WEIR_FORMAT_PARQUET_COLUMN_WRITER_H

#include "format/parquet/arena.h"
#include "format/parquet/bounds.h"
#include "format/parquet/compress.h"
#include "format/parquet/dictionary.h"

struct weir__column_options {
    int32_t codec; /* enum parquet_codec */
    int32_t level;
    bool compat_v1, page_v2, no_dictionary, no_statistics, no_crc;
    int64_t page_bytes;
    size_t dictionary_bytes, bound_bytes;
    bool wants_bloom;
};

/* One data page, for the indexes. Offsets are within the chunk's data pages. */
struct weir__page_record {
    int64_t offset, first_row, n_nulls, n_nans, byte_array_bytes;
    int32_t bytes; /* header included */
    bool has_bounds;
    size_t min_at, min_len, max_at, max_len; /* in `bounds_bytes` */
};

#define WEIR__COLUMN_ENCODINGS 8

struct weir__column_writer {
    const struct weir_env *env;
    const struct weir__write_leaf *leaf;
    const struct weir__column_options *options;
    struct weir__compressor compressor;
    struct weir__shred_space space;
    struct weir__dictionary_out dictionary;
    struct weir__buf indices, page, body, packed; /* page: levels, then values */

    /* the chunk at hand */
    struct weir__buf pages;        /* encoded data pages */
    struct weir__buf page_records; /* struct weir__page_record */
    struct weir__buf bounds_bytes;
    struct weir__buf hashes; /* uint64_t, bloom filter */
    struct weir__bounds page_bounds, chunk_bounds;
    int64_t n_rows, n_levels, n_nulls, uncompressed_bytes, byte_array_bytes;
    int64_t definition_histogram[256], repetition_histogram[256];
    bool is_started, has_dictionary, codec_is_chosen, fallback_is_chosen;
    int32_t codec, fallback;
    int32_t n_pages[2]; /* by dictionary index, by fallback encoding */
    bool ascending, descending, pages_lack_bounds;
};

void weir__column_writer_init(struct weir__column_writer *column, const struct weir_env *env,
                              const struct weir__write_leaf *leaf,
                              const struct weir__column_options *options);
void weir__column_writer_dispose(struct weir__column_writer *column);

/* Encode rows [from, from + n) of the batch as one page, or several when they are large. */
WEIR_NODISCARD int weir__column_write(struct weir__column_writer *column,
                                      const struct ArrowArray *batch, int64_t from, int64_t n,
                                      struct weir_error *err);
/* Bytes that the chunk takes so far (dictionary about). */
int64_t weir__column_bytes(const struct weir__column_writer *column);

/* What a finished chunk leaves behind. The page bytes stay the column's until weir__column_restart.
 */
struct weir__chunk_out {
    struct weir__buf dictionary_page; /* header and body, or empty */
    struct parquet_column_chunk
        meta; /* offsets relative to the chunk's begin; arrays in the arena */
};

WEIR_NODISCARD int weir__column_finish(struct weir__column_writer *column,
                                       struct weir__arena *arena, struct weir__chunk_out *out,
                                       struct weir_error *err);
void weir__column_restart(struct weir__column_writer *column);

#endif
