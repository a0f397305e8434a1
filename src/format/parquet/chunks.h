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

struct weir__chunks {
    const struct weir_parquet_reader *reader;
    struct weir__chunk_want *wants; /* sorted by offset once fetched */
    size_t n_wants, cap_wants;
    uint8_t **blocks;
    size_t n_blocks;
};

void weir__chunks_init(struct weir__chunks *chunks, const struct weir_parquet_reader *reader);
void weir__chunks_dispose(struct weir__chunks *chunks); /* may be used again */
WEIR_NODISCARD int weir__chunks_want(struct weir__chunks *chunks,
                                     const struct parquet_row_group *group, size_t leaf,
                                     struct weir_error *err);
WEIR_NODISCARD int weir__chunks_fetch(struct weir__chunks *chunks, struct weir_error *err);
/* Of a leaf that was wanted and fetched. */
struct weir__chunk_bytes weir__chunks_get(const struct weir__chunks *chunks, size_t leaf);

#endif
