/* probe.c: is a value surely absent from a column chunk? Bloom filter, then the dictionary page
 * when every data page is encoded by it (spec/parquet.md 11, 13).
 *
 * Hints only: whatever is wrong with them, the answer is "may hold". */
#include "format/parquet/prune.h"

#include "format/parquet/chunks.h"
#include "format/parquet/footer.h"

#define BLOOM_MAX_BYTES (128 << 20)
#define BLOOM_HEADER_BYTES 64u
#define BLOOM_BLOCK_BYTES 32u

bool weir__bloom_may_hold(const uint8_t *bits, size_t n, uint64_t hash)
{
    static const uint32_t salts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                      0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
    uint64_t n_blocks = n / BLOOM_BLOCK_BYTES;
    const uint8_t *block = bits + ((hash >> 32) * n_blocks >> 32) * BLOOM_BLOCK_BYTES;
    for (size_t i = 0; i < COUNT_OF(salts); i++) {
        uint32_t bit = (uint32_t)hash * salts[i] >> 27;
        if (!(weir__load32(block + 4 * i) >> bit & 1))
            return false;
    }
    return true;
}

static bool read_bloom(struct weir_parquet_reader *reader, const struct parquet_column_chunk *chunk,
                       uint64_t hash)
{
    uint64_t offset = (uint64_t)chunk->bloom_offset, end = reader->input.size_bytes;
    const uint8_t *data;
    uint8_t *block;
    struct parquet_bloom_header header;
    size_t head = end - offset < BLOOM_HEADER_BYTES ? (size_t)(end - offset) : BLOOM_HEADER_BYTES;
    size_t header_bytes;
    if (weir__parquet_bytes(reader, offset, head, &data, &block, NULL) != WEIR_OK)
        return true;
    int status = weir__bloom_header_read(data, head, &header, &header_bytes, NULL);
    weir__free(reader->env, block);
    if (status != WEIR_OK || header.algorithm != 1 || header.hash != 1 || header.compression != 1)
        return true;
    offset += header_bytes;
    if (header.bitset_bytes <= 0 || header.bitset_bytes > BLOOM_MAX_BYTES ||
        header.bitset_bytes % (int32_t)BLOOM_BLOCK_BYTES != 0 ||
        (uint64_t)header.bitset_bytes > end - offset)
        return true;
    size_t n = (size_t)header.bitset_bytes;
    if (weir__parquet_bytes(reader, offset, n, &data, &block, NULL) != WEIR_OK)
        return true;
    bool may = weir__bloom_may_hold(data, n, hash);
    weir__free(reader->env, block);
    return may;
}

static bool is_dictionary_encoding(int32_t encoding)
{
    return encoding == PARQUET_PLAIN_DICTIONARY || encoding == PARQUET_RLE_DICTIONARY;
}

static bool all_dictionary(const struct parquet_column_chunk *chunk)
{
    bool has_data = false;
    for (size_t i = 0; i < chunk->n_encoding_stats; i++) {
        const struct parquet_encoding_stat *stat = &chunk->encoding_stats[i];
        if (stat->page_type == PARQUET_DICTIONARY_PAGE || stat->count == 0)
            continue;
        if (!is_dictionary_encoding(stat->encoding))
            return false;
        has_data = true;
    }
    return has_data;
}

static bool dictionary_holds(const struct weir__dictionary *dictionary,
                             const struct weir__condition *condition)
{
    for (uint32_t i = 0; i < dictionary->n; i++) {
        struct weir__str value = {(const char *)dictionary->data + i * dictionary->width,
                                  dictionary->width};
        if (dictionary->entries)
            value =
                (struct weir__str){(const char *)dictionary->data + dictionary->entries[i].offset,
                                   dictionary->entries[i].len};
        if (weir__condition_compare(condition, value) == 0)
            return true;
    }
    return false;
}

/* Only the bytes before the first data page are read. */
static bool read_dictionary(struct weir_parquet_reader *reader,
                            const struct weir__condition *condition,
                            const struct parquet_column_chunk *chunk)
{
    uint64_t offset, n;
    const uint8_t *data;
    uint8_t *block;
    if (weir__parquet_chunk_range(reader, chunk, &offset, &n, NULL) != WEIR_OK ||
        chunk->data_page_offset <= (int64_t)offset ||
        (uint64_t)chunk->data_page_offset - offset > n)
        return true;
    n = (uint64_t)chunk->data_page_offset - offset;
    if (weir__parquet_bytes(reader, offset, (size_t)n, &data, &block, NULL) != WEIR_OK)
        return true;
    struct weir__chunk_bytes bytes = {data, (size_t)n, (size_t)n, offset};
    struct weir__pages pages;
    bool may = true, is_end;
    if (weir__pages_init(&pages, &reader->context, condition->leaf, chunk, bytes, NULL) ==
        WEIR_OK) {
        /* Fails at the end of these bytes, with the dictionary read. */
        if (weir__pages_next(&pages, &is_end, NULL) != WEIR_OK && pages.has_dictionary)
            may = dictionary_holds(&pages.dictionary, condition);
        weir__pages_dispose(&pages);
    }
    weir__free(reader->env, block);
    return may;
}

bool weir__chunk_may_hold(struct weir_parquet_reader *reader,
                          const struct weir__condition *condition,
                          const struct parquet_column_chunk *chunk)
{
    uint8_t plain[8];
    struct weir__str value;
    if (condition->compare != WEIR_EQ || chunk->n_values <= 0)
        return true;
    bool has_bloom =
        chunk->bloom_offset > 0 && (uint64_t)chunk->bloom_offset < reader->input.size_bytes;
    if (has_bloom && weir__condition_plain(condition, plain, &value) &&
        !read_bloom(reader, chunk, weir__xxh64(value.data, value.len, 0)))
        return false;
    return !all_dictionary(chunk) || read_dictionary(reader, condition, chunk);
}
