/* codec.h: pages decompressed, whatever the codec (spec/parquet.md 8). Contexts are made when
 * first needed and reused from page to page. Compression is in compress.h. */
#ifndef WEIR_FORMAT_PARQUET_CODEC_H
#define WEIR_FORMAT_PARQUET_CODEC_H

#include "format/parquet/meta.h"

struct ZSTD_DCtx_s;
struct libdeflate_decompressor;

struct weir__codec {
    struct ZSTD_DCtx_s *zstd;
    struct libdeflate_decompressor *deflate;
};

/* "SNAPPY" and so on, as parquet.thrift spells them; "UNKNOWN" for other values. */
const char *weir__codec_name(int32_t codec);
/* Could `compressed` bytes of this codec give `plain` bytes? Asked before room is made. Errors:
 * WEIR_CORRUPT, WEIR_UNSUPPORTED (LZO, unknown codecs). */
WEIR_NODISCARD int weir__codec_check(int32_t codec, size_t compressed, size_t plain,
                                     struct weir_error *err);
/* Exactly `plain` bytes into `out`, or WEIR_CORRUPT. */
WEIR_NODISCARD int weir__codec_decompress(struct weir__codec *codec, int32_t id, const uint8_t *in,
                                          size_t n, uint8_t *out, size_t plain,
                                          struct weir_error *err);
void weir__codec_dispose(struct weir__codec *codec);

#endif
