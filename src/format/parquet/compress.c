/* compress.c: one page, one block, by the libraries. */
#include "format/parquet/compress.h"

#include <libdeflate.h>
#include <lz4.h>
#include <snappy-c.h>
#include <zstd.h>

#define ZSTD_DEFAULT_LEVEL 1
#define GZIP_DEFAULT_LEVEL 6

static int compress_zstd(struct weir__compressor *c, const uint8_t *data, size_t n,
                         struct weir__buf *out, struct weir_error *err)
{
    if (!c->zstd)
        c->zstd = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(n);
    if (!c->zstd)
        return weir__fail_memory(err, room);
    TRY(weir__buf_reserve(out, room, err));
    size_t got = ZSTD_compressCCtx(c->zstd, out->data + out->len, room, data, n,
                                   c->level ? c->level : ZSTD_DEFAULT_LEVEL);
    if (ZSTD_isError(got))
        return weir__fail_memory(err, room);
    out->len += got;
    return WEIR_OK;
}

static int compress_gzip(struct weir__compressor *c, const uint8_t *data, size_t n,
                         struct weir__buf *out, struct weir_error *err)
{
    if (!c->deflate)
        c->deflate = libdeflate_alloc_compressor(c->level ? c->level : GZIP_DEFAULT_LEVEL);
    if (!c->deflate)
        return weir__fail_memory(err, n);
    size_t room = libdeflate_gzip_compress_bound(c->deflate, n);
    TRY(weir__buf_reserve(out, room, err));
    out->len += libdeflate_gzip_compress(c->deflate, data, n, out->data + out->len, room);
    return WEIR_OK;
}

static int compress_snappy(const uint8_t *data, size_t n, struct weir__buf *out,
                           struct weir_error *err)
{
    size_t room = snappy_max_compressed_length(n);
    TRY(weir__buf_reserve(out, room, err));
    snappy_status status =
        snappy_compress((const char *)data, n, (char *)out->data + out->len, &room);
    ASSERT(status == SNAPPY_OK); /* the room is what the library asked for */
    out->len += room;
    return WEIR_OK;
}

static int compress_lz4(const uint8_t *data, size_t n, struct weir__buf *out,
                        struct weir_error *err)
{
    if (n > LZ4_MAX_INPUT_SIZE)
        return weir__fail(err, WEIR_UNSUPPORTED, "a page of %zu bytes is too large for lz4", n);
    int room = LZ4_compressBound((int)n);
    TRY(weir__buf_reserve(out, (size_t)room, err));
    int got = LZ4_compress_default((const char *)data, (char *)out->data + out->len, (int)n, room);
    ASSERT(got > 0);
    out->len += (size_t)got;
    return WEIR_OK;
}

int weir__compress(struct weir__compressor *c, const uint8_t *data, size_t n, struct weir__buf *out,
                   struct weir_error *err)
{
    switch (c->codec) {
    case PARQUET_SNAPPY:
        return compress_snappy(data, n, out, err);
    case PARQUET_GZIP:
        return compress_gzip(c, data, n, out, err);
    case PARQUET_ZSTD:
        return compress_zstd(c, data, n, out, err);
    case PARQUET_LZ4_RAW:
        return compress_lz4(data, n, out, err);
    default:
        ASSERT(c->codec == PARQUET_UNCOMPRESSED);
        return weir__buf_append(out, data, n, err);
    }
}

void weir__compressor_dispose(struct weir__compressor *c)
{
    (void)ZSTD_freeCCtx(c->zstd); /* NULL is fine; nothing to report */
    if (c->deflate)
        libdeflate_free_compressor(c->deflate);
    c->zstd = NULL;
    c->deflate = NULL;
}
