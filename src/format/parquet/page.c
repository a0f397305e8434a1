/* page.c: from the bytes of a column chunk to an open data page. */
#include "format/parquet/page.h"

#include "format/parquet/footer.h"

#include <inttypes.h>

int weir__pages_prefix(const struct weir__pages *pages, int status, struct weir_error *err)
{
    return weir__error_prefix(err, status, "page %" PRId64 " at byte %" PRIu64,
                              (int64_t)pages->ordinal,
                              (uint64_t)(pages->bytes.offset + pages->page_at));
}

int weir__pages_init(struct weir__pages *pages, struct weir__page_context *context,
                     const struct parquet_leaf *leaf, const struct parquet_column_chunk *chunk,
                     struct weir__chunk_bytes bytes, struct weir_error *err)
{
    if (chunk->n_values < 0)
        return weir__fail(err, WEIR_CORRUPT, "column chunk of %" PRId64 " values",
                          (int64_t)chunk->n_values);
    *pages = (struct weir__pages){.context = context,
                                  .leaf = leaf,
                                  .chunk = chunk,
                                  .bytes = bytes,
                                  .entries_left = chunk->n_values,
                                  .ordinal = -1,
                                  .plain = {context->env, context->spare.data, context->spare.cap},
                                  .decoded = {context->env, NULL, 0},
                                  .prefixes = {context->env, NULL, 0},
                                  .last = {context->env, NULL, 0}};
    context->spare = (struct weir__scratch){context->env, NULL, 0};
    return WEIR_OK;
}

/* The larger block goes back to the context, the other is freed. */
static void keep_larger(struct weir__scratch *spare, struct weir__scratch *mine)
{
    if (mine->cap > spare->cap) {
        struct weir__scratch other = *spare;
        *spare = *mine;
        *mine = other;
    }
    weir__scratch_dispose(mine);
}

void weir__pages_dispose(struct weir__pages *pages)
{
    if (!pages->context)
        return;
    weir__dictionary_dispose(pages->context->env, &pages->dictionary);
    keep_larger(&pages->context->spare, &pages->plain);
    weir__scratch_dispose(&pages->decoded);
    weir__scratch_dispose(&pages->prefixes);
    weir__scratch_dispose(&pages->last);
}

/* Sizes are signed and must fit the chunk and the cap. */
static int check_sizes(const struct weir__pages *pages, const struct parquet_page_header *header,
                       size_t left, struct weir_error *err)
{
    if (header->compressed_bytes < 0 || header->uncompressed_bytes < 0)
        return weir__fail(err, WEIR_CORRUPT, "page sizes %d and %d", header->compressed_bytes,
                          header->uncompressed_bytes);
    if ((size_t)header->compressed_bytes > left)
        return weir__fail(err, WEIR_CORRUPT, "page of %d bytes where %zu are left in the chunk",
                          header->compressed_bytes, left);
    if ((size_t)header->uncompressed_bytes > pages->context->max_page_bytes)
        return weir__fail(err, WEIR_CORRUPT, "page of %d bytes is above the limit of %zu",
                          header->uncompressed_bytes, pages->context->max_page_bytes);
    return WEIR_OK;
}

static int check_crc(const struct weir__pages *pages, const struct parquet_page_header *header,
                     const uint8_t *body, struct weir_error *err)
{
    if (!header->has_crc || !pages->context->verify_crc)
        return WEIR_OK;
    uint32_t got = weir__crc32(0, body, (size_t)header->compressed_bytes);
    if (got != (uint32_t)header->crc)
        return weir__fail(err, WEIR_CORRUPT, "checksum is %08x, the page header says %08x", got,
                          (uint32_t)header->crc);
    return WEIR_OK;
}

/* n stored bytes as `plain` bytes into out (which has that room). */
static int unpack_body(struct weir__pages *pages, const uint8_t *in, size_t n, uint8_t *out,
                       size_t plain, struct weir_error *err)
{
    if (plain == 0)
        return WEIR_OK;
    return weir__codec_decompress(&pages->context->codec, pages->chunk->codec, in, n, out, plain,
                                  err);
}

static int check_plain_size(const struct parquet_page_header *header, struct weir_error *err)
{
    if (header->compressed_bytes != header->uncompressed_bytes)
        return weir__fail(err, WEIR_CORRUPT, "uncompressed page of %d bytes says it has %d",
                          header->compressed_bytes, header->uncompressed_bytes);
    return WEIR_OK;
}

/* The dictionary keeps its own copy of the page, for as long as the chunk is read. */
static int open_dictionary(struct weir__pages *pages, const struct parquet_page_header *header,
                           const uint8_t *body, struct weir_error *err)
{
    const struct weir_env *env = pages->context->env;
    if (pages->has_dictionary || pages->ordinal >= 0)
        return weir__fail(err, WEIR_CORRUPT, "dictionary page is not the first page");
    if (!header->has_dictionary || header->n_values < 0)
        return weir__fail(err, WEIR_CORRUPT, "dictionary page of %d values", header->n_values);
    if (header->encoding != PARQUET_PLAIN && header->encoding != PARQUET_PLAIN_DICTIONARY)
        return weir__fail(err, WEIR_UNSUPPORTED, "dictionary page in encoding %d",
                          header->encoding);
    size_t n = (size_t)header->compressed_bytes, plain = (size_t)header->uncompressed_bytes;
    if (pages->chunk->codec == PARQUET_UNCOMPRESSED)
        TRY(check_plain_size(header, err));
    else
        TRY(weir__codec_check(pages->chunk->codec, n, plain, err));
    uint8_t *data = weir__alloc(env, plain + WEIR__SLACK_BYTES, err);
    if (!data)
        return WEIR_NO_MEMORY;
    int status = WEIR_OK;
    if (pages->chunk->codec == PARQUET_UNCOMPRESSED)
        memcpy(data, body, plain);
    else
        status = unpack_body(pages, body, n, data, plain, err);
    pages->dictionary.n = (uint32_t)header->n_values;
    pages->dictionary.type = pages->leaf->type;
    pages->dictionary.width = (size_t)pages->leaf->physical_bytes;
    if (pages->leaf->type == PARQUET_BOOLEAN)
        pages->dictionary.width = 1;
    if (status == WEIR_OK)
        status =
            weir__dictionary_init(env, &pages->dictionary, data, plain, pages->leaf->is_utf8, err);
    if (status != WEIR_OK)
        weir__free(env, data);
    pages->has_dictionary = status == WEIR_OK;
    return status;
}

static int open_levels(struct weir__levels *levels, uint8_t max, int32_t encoding, size_t n,
                       struct weir__cursor *c, struct weir_error *err)
{
    *levels = (struct weir__levels){.max = max, .width = weir__bit_width(max)};
    if (max == 0)
        return WEIR_OK;
    if (encoding == PARQUET_BIT_PACKED) {
        levels->mode = WEIR__LEVELS_PACKED;
        levels->packed_bytes = (n * levels->width + 7) / 8;
        if (!weir__cursor_take(c, levels->packed_bytes, &levels->packed))
            return weir__fail(err, WEIR_CORRUPT, "bit-packed levels run past the page");
        return WEIR_OK;
    }
    if (encoding != PARQUET_RLE)
        return weir__fail(err, WEIR_UNSUPPORTED, "levels in encoding %d", encoding);
    uint32_t bytes;
    const uint8_t *stream;
    if (!weir__cursor_u32le(c, &bytes) || !weir__cursor_take(c, bytes, &stream))
        return weir__fail(err, WEIR_CORRUPT, "level stream runs past the page");
    levels->mode = WEIR__LEVELS_RLE;
    return weir__hybrid_init(&levels->hybrid, stream, bytes, levels->width, err);
}

int weir__levels_read(struct weir__levels *levels, uint8_t *out, size_t n, struct weir_error *err)
{
    if (levels->mode == WEIR__LEVELS_NONE) {
        memset(out, 0, n);
        return WEIR_OK;
    }
    if (levels->mode == WEIR__LEVELS_PACKED) {
        /* Windows are multiples of 8 but for the last, so each begins at a byte. */
        ASSERT(levels->packed_at % 8 == 0);
        size_t skip = levels->packed_at / 8 * levels->width;
        TRY(weir__unpack_msb(levels->packed + skip, levels->packed_bytes - skip, levels->width, out,
                             n, err));
        levels->packed_at += n;
    } else {
        TRY(weir__hybrid_u8(&levels->hybrid, out, n, err));
    }
    uint8_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = out[i] > most ? out[i] : most;
    if (most > levels->max)
        return weir__fail(err, WEIR_CORRUPT, "level %u above the maximum of %u", most, levels->max);
    return WEIR_OK;
}

static void open_values(struct weir__pages *pages, const uint8_t *data, size_t n,
                        const uint8_t *safe_end)
{
    const struct parquet_leaf *leaf = pages->leaf;
    size_t last_len = pages->context->may_carry ? pages->values.last_len : 0;
    bool is_boolean = leaf->type == PARQUET_BOOLEAN;
    pages->values = (struct weir__page_values){
        .type = leaf->type,
        .encoding = pages->header.encoding,
        .width = is_boolean ? 1 : (size_t)leaf->physical_bytes,
        .is_utf8 = leaf->is_utf8,
        .data = data,
        .at = data,
        .end = data + n,
        .safe_end = safe_end,
        .max_values = pages->n_entries,
        .max_bytes = pages->context->max_page_bytes,
        .dict = pages->has_dictionary ? &pages->dictionary : NULL,
        .scratch = &pages->decoded,
        .prefixes = &pages->prefixes,
        .last = &pages->last,
        .last_len = last_len,
        .may_carry = pages->context->may_carry,
    };
}

/* v1: levels and values are compressed as one. */
static int open_data(struct weir__pages *pages, const uint8_t *body, struct weir_error *err)
{
    const struct parquet_page_header *header = &pages->header;
    const struct parquet_leaf *leaf = pages->leaf;
    size_t n = (size_t)header->compressed_bytes, plain = (size_t)header->uncompressed_bytes;
    const uint8_t *data = body, *safe_end = pages->bytes.data + pages->bytes.readable;
    if (pages->chunk->codec == PARQUET_UNCOMPRESSED) {
        TRY(check_plain_size(header, err));
    } else {
        TRY(weir__codec_check(pages->chunk->codec, n, plain, err));
        TRY(weir__scratch_reserve(&pages->plain, plain, err));
        TRY(unpack_body(pages, body, n, pages->plain.data, plain, err));
        data = pages->plain.data;
        safe_end = data + plain + WEIR__SLACK_BYTES;
    }
    struct weir__cursor c = weir__cursor_make(data, plain);
    TRY(open_levels(&pages->rep, leaf->max_rep, header->repetition_encoding, pages->n_entries, &c,
                    err));
    TRY(open_levels(&pages->def, leaf->max_def, header->definition_encoding, pages->n_entries, &c,
                    err));
    open_values(pages, c.at, weir__cursor_left(&c), safe_end);
    return WEIR_OK;
}

static int open_v2_levels(struct weir__levels *levels, uint8_t max, const uint8_t *data, size_t n,
                          struct weir_error *err)
{
    *levels = (struct weir__levels){.max = max, .width = weir__bit_width(max)};
    if (max == 0)
        return WEIR_OK;
    levels->mode = WEIR__LEVELS_RLE;
    return weir__hybrid_init(&levels->hybrid, data, n, levels->width, err);
}

/* v2: levels are never compressed, values are when the header says so. */
static int open_data_v2(struct weir__pages *pages, const uint8_t *body, struct weir_error *err)
{
    const struct parquet_page_header *header = &pages->header;
    size_t n = (size_t)header->compressed_bytes, plain = (size_t)header->uncompressed_bytes;
    if (header->repetition_bytes < 0 || header->definition_bytes < 0 || header->n_nulls < 0 ||
        header->n_nulls > header->n_values || header->n_rows < 0 ||
        header->n_rows > header->n_values)
        return weir__fail(err, WEIR_CORRUPT, "v2 page of %d values, %d nulls, %d rows",
                          header->n_values, header->n_nulls, header->n_rows);
    size_t rep = (size_t)header->repetition_bytes, def = (size_t)header->definition_bytes;
    if (rep + def > n || rep + def > plain)
        return weir__fail(err, WEIR_CORRUPT, "v2 page of %zu bytes has %zu bytes of levels", n,
                          rep + def);
    TRY(open_v2_levels(&pages->rep, pages->leaf->max_rep, body, rep, err));
    TRY(open_v2_levels(&pages->def, pages->leaf->max_def, body + rep, def, err));
    body += rep + def;
    n -= rep + def;
    plain -= rep + def;
    const uint8_t *safe_end = pages->bytes.data + pages->bytes.readable;
    if (pages->chunk->codec != PARQUET_UNCOMPRESSED && header->is_compressed && n > 0) {
        TRY(weir__codec_check(pages->chunk->codec, n, plain, err));
        TRY(weir__scratch_reserve(&pages->plain, plain, err));
        TRY(unpack_body(pages, body, n, pages->plain.data, plain, err));
        body = pages->plain.data;
        safe_end = body + plain + WEIR__SLACK_BYTES;
        n = plain;
    } else if (n > 0) {
        TRY(check_plain_size(header, err));
    }
    open_values(pages, body, n, safe_end);
    return WEIR_OK;
}

static int open_body(struct weir__pages *pages, const struct parquet_page_header *header,
                     const uint8_t *body, struct weir_error *err)
{
    bool is_v2 = header->type == PARQUET_DATA_PAGE_V2;
    if (!is_v2 && header->type != PARQUET_DATA_PAGE)
        return weir__fail(err, WEIR_CORRUPT, "page type %d", header->type);
    if (is_v2 ? !header->has_data_v2 : !header->has_data)
        return weir__fail(err, WEIR_CORRUPT, "page header lacks its data part");
    if (header->n_values < 0 || header->n_values > pages->entries_left)
        return weir__fail(err, WEIR_CORRUPT,
                          "page of %d values where the chunk has %" PRId64 " left",
                          header->n_values, (int64_t)pages->entries_left);
    pages->header = *header;
    pages->n_entries = (size_t)header->n_values;
    pages->entries_left -= header->n_values;
    return is_v2 ? open_data_v2(pages, body, err) : open_data(pages, body, err);
}

/* One page of any kind; `*out_is_data` tells which. */
static int open_page(struct weir__pages *pages, bool *out_is_data, struct weir_error *err)
{
    struct parquet_page_header header;
    size_t left = pages->bytes.n - pages->at, header_bytes;
    const uint8_t *at = pages->bytes.data + pages->at;
    pages->page_at = pages->at;
    TRY(weir__page_header_read(at, left, &header, &header_bytes, err));
    TRY(check_sizes(pages, &header, left - header_bytes, err));
    const uint8_t *body = at + header_bytes;
    pages->at += header_bytes + (size_t)header.compressed_bytes;
    TRY(check_crc(pages, &header, body, err));
    *out_is_data = false;
    if (header.type == PARQUET_INDEX_PAGE)
        return WEIR_OK;
    if (header.type == PARQUET_DICTIONARY_PAGE)
        return open_dictionary(pages, &header, body, err);
    *out_is_data = true;
    pages->ordinal++;
    return open_body(pages, &header, body, err);
}

int weir__pages_next(struct weir__pages *pages, bool *out_is_end, struct weir_error *err)
{
    bool is_data = false;
    *out_is_end = false;
    while (!is_data) { /* each turn moves on by at least a header */
        if (pages->entries_left == 0) {
            *out_is_end = true;
            return WEIR_OK;
        }
        if (pages->at >= pages->bytes.n) {
            pages->page_at = pages->at;
            return weir__pages_prefix(pages,
                                      weir__fail(err, WEIR_CORRUPT,
                                                 "column chunk ends, %" PRId64
                                                 " of its values are missing",
                                                 (int64_t)pages->entries_left),
                                      err);
        }
        int status = open_page(pages, &is_data, err);
        if (status != WEIR_OK)
            return weir__pages_prefix(pages, status, err);
    }
    return WEIR_OK;
}

/* Pass over the page at pages->at if it is within n entries; `*out_entries` -1: it is not.
 * A dictionary page on the way is read: data pages behind it need it. */
static int skip_page(struct weir__pages *pages, int64_t n, int64_t *out_entries,
                     struct weir_error *err)
{
    struct parquet_page_header header;
    size_t left = pages->bytes.n - pages->at, header_bytes;
    *out_entries = -1;
    pages->page_at = pages->at;
    TRY(weir__page_header_read(pages->bytes.data + pages->at, left, &header, &header_bytes, err));
    TRY(check_sizes(pages, &header, left - header_bytes, err));
    bool is_data = header.type == PARQUET_DATA_PAGE || header.type == PARQUET_DATA_PAGE_V2;
    if (header.type == PARQUET_DICTIONARY_PAGE || header.type == PARQUET_INDEX_PAGE) {
        *out_entries = 0;
        return open_page(pages, &is_data, err);
    }
    if (!is_data || header.n_values < 0 || header.n_values > n ||
        header.n_values > pages->entries_left)
        return WEIR_OK;
    pages->at += header_bytes + (size_t)header.compressed_bytes;
    pages->entries_left -= header.n_values;
    pages->ordinal++;
    *out_entries = header.n_values;
    return WEIR_OK;
}

int weir__pages_skip(struct weir__pages *pages, int64_t n_entries, int64_t *out_entries,
                     struct weir_error *err)
{
    *out_entries = 0;
    /* A page whose first value leans on the page before cannot be reached by a jump. */
    while (!pages->context->may_carry && *out_entries < n_entries && pages->entries_left > 0 &&
           pages->at < pages->bytes.n) {
        int64_t passed;
        int status = skip_page(pages, n_entries - *out_entries, &passed, err);
        if (status != WEIR_OK)
            return weir__pages_prefix(pages, status, err);
        if (passed < 0)
            break;
        *out_entries += passed;
    }
    return WEIR_OK;
}
