/* codec.c: one function per codec, each from bytes to exactly the promised number of bytes. */
#include "format/parquet/codec.h"

#include <brotli/decode.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zstd.h>

#define RATIO_SLACK_BYTES 64u

static const char *const codec_names[] = {"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO",
                                          "BROTLI",       "LZ4",    "ZSTD", "LZ4_RAW"};

const char *weir__codec_name(int32_t codec)
{
    return codec >= 0 && (size_t)codec < COUNT_OF(codec_names) ? codec_names[codec] : "UNKNOWN";
}

int weir__codec_check(int32_t codec, size_t compressed, size_t plain, struct weir_error *err)
{
    /* The most that one byte can stand for; 0 = no bound but the page cap. */
    static const uint16_t ratios[] = {1, 22, 1032, 0, 0, 255, 0, 255};
    if (codec < 0 || codec > PARQUET_LZ4_RAW || codec == PARQUET_LZO)
        return weir__fail(err, WEIR_UNSUPPORTED, "codec %s (%d)", weir__codec_name(codec), codec);
    if (ratios[codec] && plain > (uint64_t)compressed * ratios[codec] + RATIO_SLACK_BYTES)
        return weir__fail(err, WEIR_CORRUPT, "%zu bytes of %s cannot hold %zu bytes", compressed,
                          codec_names[codec], plain);
    return WEIR_OK;
}

static int decode_snappy(const uint8_t *in, size_t n, uint8_t *out, size_t plain)
{
    size_t declared = 0;
    if (snappy_uncompressed_length((const char *)in, n, &declared) != SNAPPY_OK ||
        declared != plain)
        return WEIR_CORRUPT;
    size_t got = plain;
    snappy_status status = snappy_uncompress((const char *)in, n, (char *)out, &got);
    return status == SNAPPY_OK && got == plain ? WEIR_OK : WEIR_CORRUPT;
}

static bool is_zlib(const uint8_t *in, size_t n)
{
    return n >= 2 && (in[0] & 15) == 8 && (in[0] * 256 + in[1]) % 31 == 0;
}

/* RFC 1952 members, one after the other, or one zlib stream. */
static int decode_gzip(struct weir__codec *codec, const uint8_t *in, size_t n, uint8_t *out,
                       size_t plain, struct weir_error *err)
{
    if (!codec->deflate)
        codec->deflate = libdeflate_alloc_decompressor();
    if (!codec->deflate)
        return weir__fail_memory(err, sizeof(struct weir__codec));
    size_t at = 0, filled = 0;
    do {
        size_t used = 0, made = 0;
        enum libdeflate_result result =
            is_zlib(in + at, n - at)
                ? libdeflate_zlib_decompress_ex(codec->deflate, in + at, n - at, out + filled,
                                                plain - filled, &used, &made)
                : libdeflate_gzip_decompress_ex(codec->deflate, in + at, n - at, out + filled,
                                                plain - filled, &used, &made);
        if (result != LIBDEFLATE_SUCCESS || used == 0)
            return WEIR_CORRUPT;
        at += used;
        filled += made;
    } while (at < n);
    return filled == plain ? WEIR_OK : WEIR_CORRUPT;
}

static int decode_zstd(struct weir__codec *codec, const uint8_t *in, size_t n, uint8_t *out,
                       size_t plain, struct weir_error *err)
{
    if (!codec->zstd)
        codec->zstd = ZSTD_createDCtx();
    if (!codec->zstd)
        return weir__fail_memory(err, sizeof(struct weir__codec));
    size_t got = ZSTD_decompressDCtx(codec->zstd, out, plain, in, n);
    return !ZSTD_isError(got) && got == plain ? WEIR_OK : WEIR_CORRUPT;
}

static int decode_brotli(const uint8_t *in, size_t n, uint8_t *out, size_t plain)
{
    size_t got = plain;
    BrotliDecoderResult result = BrotliDecoderDecompress(n, in, &got, out);
    return result == BROTLI_DECODER_RESULT_SUCCESS && got == plain ? WEIR_OK : WEIR_CORRUPT;
}

static int decode_lz4_block(const uint8_t *in, size_t n, uint8_t *out, size_t plain)
{
    if (n > INT32_MAX || plain > INT32_MAX)
        return WEIR_CORRUPT;
    int got = LZ4_decompress_safe((const char *)in, (char *)out, (int)n, (int)plain);
    return got >= 0 && (size_t)got == plain ? WEIR_OK : WEIR_CORRUPT;
}

/* Inner blocks of [u32 BE compressed size][bytes] until `outer` plain bytes are reached. */
static int decode_hadoop_outer(struct weir__cursor *c, uint8_t *out, size_t outer)
{
    size_t filled = 0;
    do {
        uint32_t inner;
        const uint8_t *block;
        if (!weir__cursor_u32be(c, &inner) || inner > INT32_MAX ||
            !weir__cursor_take(c, inner, &block))
            return WEIR_CORRUPT;
        int got = LZ4_decompress_safe((const char *)block, (char *)out + filled, (int)inner,
                                      (int)(outer - filled));
        if (got < 0 || (got == 0 && filled < outer))
            return WEIR_CORRUPT;
        filled += (size_t)got;
    } while (filled < outer);
    return WEIR_OK;
}

/* Hadoop's framing: outer blocks, each beginning with [u32 BE plain size]. */
static int decode_lz4_hadoop(const uint8_t *in, size_t n, uint8_t *out, size_t plain)
{
    struct weir__cursor c = weir__cursor_make(in, n);
    size_t filled = 0;
    while (weir__cursor_left(&c) > 0) {
        uint32_t outer;
        if (!weir__cursor_u32be(&c, &outer) || outer > plain - filled || outer > INT32_MAX)
            return WEIR_CORRUPT;
        if (decode_hadoop_outer(&c, out + filled, outer) != WEIR_OK)
            return WEIR_CORRUPT;
        filled += outer;
    }
    return filled == plain ? WEIR_OK : WEIR_CORRUPT;
}

static int decode_lz4_frame(const uint8_t *in, size_t n, uint8_t *out, size_t plain,
                            struct weir_error *err)
{
    LZ4F_dctx *context = NULL;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return weir__fail_memory(err, sizeof(struct weir__codec));
    size_t at = 0, filled = 0, hint = 1;
    while (at < n && hint != 0) {
        size_t used = n - at, made = plain - filled;
        hint = LZ4F_decompress(context, out + filled, &made, in + at, &used, NULL);
        if (LZ4F_isError(hint) || (used == 0 && made == 0))
            break;
        at += used;
        filled += made;
    }
    (void)LZ4F_freeDecompressionContext(context);
    return hint == 0 && at == n && filled == plain ? WEIR_OK : WEIR_CORRUPT;
}

/* The legacy id stands for three things that writers did (section 8). */
static int decode_lz4_legacy(const uint8_t *in, size_t n, uint8_t *out, size_t plain,
                             struct weir_error *err)
{
    if (decode_lz4_hadoop(in, n, out, plain) == WEIR_OK)
        return WEIR_OK;
    if (decode_lz4_block(in, n, out, plain) == WEIR_OK)
        return WEIR_OK;
    return decode_lz4_frame(in, n, out, plain, err);
}

static int decode(struct weir__codec *codec, int32_t id, const uint8_t *in, size_t n, uint8_t *out,
                  size_t plain, struct weir_error *err)
{
    switch (id) {
    case PARQUET_SNAPPY:
        return decode_snappy(in, n, out, plain);
    case PARQUET_GZIP:
        return decode_gzip(codec, in, n, out, plain, err);
    case PARQUET_BROTLI:
        return decode_brotli(in, n, out, plain);
    case PARQUET_LZ4:
        return decode_lz4_legacy(in, n, out, plain, err);
    case PARQUET_ZSTD:
        return decode_zstd(codec, in, n, out, plain, err);
    default:
        return decode_lz4_block(in, n, out, plain);
    }
}

int weir__codec_decompress(struct weir__codec *codec, int32_t id, const uint8_t *in, size_t n,
                           uint8_t *out, size_t plain, struct weir_error *err)
{
    TRY(weir__codec_check(id, n, plain, err));
    ASSERT(id != PARQUET_UNCOMPRESSED);
    int status = decode(codec, id, in, n, out, plain, err);
    if (status == WEIR_CORRUPT)
        return weir__fail(err, WEIR_CORRUPT, "%s data of %zu bytes does not give %zu bytes",
                          weir__codec_name(id), n, plain);
    return status;
}

void weir__codec_dispose(struct weir__codec *codec)
{
    (void)ZSTD_freeDCtx(codec->zstd);
    libdeflate_free_decompressor(codec->deflate);
    *codec = (struct weir__codec){NULL, NULL};
}
