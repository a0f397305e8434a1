/* chunks.h: the bytes of the column chunks wanted of one row group, fetched by few large ranges
 * (spec/parquet.md 13). */
#ifndef WEIR_FORMAT_PARQUET_CHUNKS_H
#define WEIR_FORMAT_PARQUET_CHUNKS_H

#include "format/parquet/reader.h"

struct weir__chunk_want {
    size_t leaf;
    uint64_t offset, n; /* of the chunk; n 0 = it holds no values */
    uint64_t end;       /* n and the tolerance behind it */
    const uint8_t *data;
    size_t readable;
};

/* A block outlives its row group: fresh memory of that size costs more than reading into it. */
struct weir__chunk_block {
    uint8_t *data;
    size_t cap; /* and WEIR__SLACK_BYTES more */
    bool is_used;
};

struct weir__chunks {
    const struct weir_parquet_reader *reader;
    struct weir__chunk_want *wants; /* sorted by offset once fetched */
    size_t n_wants, cap_wants;
    struct weir__chunk_block *blocks;
    size_t n_blocks, cap_blocks;
};

void weir__chunks_init(struct weir__chunks *chunks, const struct weir_parquet_reader *reader);
void weir__chunks_clear(struct weir__chunks *chunks); /* nothing is wanted; keeps its memory */
void weir__chunks_dispose(struct weir__chunks *chunks);
WEIR_NODISCARD int weir__chunks_want(struct weir__chunks *chunks,
                                     const struct parquet_row_group *group, size_t leaf,
                                     struct weir_error *err);
WEIR_NODISCARD int weir__chunks_fetch(struct weir__chunks *chunks, struct weir_error *err);
/* Of a leaf that was wanted and fetched. */
struct weir__chunk_bytes weir__chunks_get(const struct weir__chunks *chunks, size_t leaf);

#endif
