/* compress.h: pages compressed (spec/parquet.md 8). Decompression is in codec.h. */
#ifndef WEIR_FORMAT_PARQUET_COMPRESS_H
#define WEIR_FORMAT_PARQUET_COMPRESS_H

#include "format/parquet/meta.h"

struct ZSTD_CCtx_s;
struct libdeflate_compressor;

/* Contexts made when first needed and reused from page to page; one thread at a time. */
struct weir__compressor {
    int32_t codec; /* enum parquet_codec */
    int32_t level; /* 0 = the default here */
    struct ZSTD_CCtx_s *zstd;
    struct libdeflate_compressor *deflate;
};

/* Appends the compressed bytes. Errors: WEIR_NO_MEMORY. */
WEIR_NODISCARD int weir__compress(struct weir__compressor *compressor, const uint8_t *data,
                                  size_t n, struct weir__buf *out, struct weir_error *err);
void weir__compressor_dispose(struct weir__compressor *compressor);

#endif
