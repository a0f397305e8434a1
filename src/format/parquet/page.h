/* page.h: the pages of one column chunk, one after the other: header, checksum, decompression,
 * and the page's three parts laid open (spec/parquet.md 5). */
#ifndef WEIR_FORMAT_PARQUET_PAGE_H
#define WEIR_FORMAT_PARQUET_PAGE_H

#include "format/parquet/codec.h"
#include "format/parquet/decode.h"
#include "format/parquet/schema_read.h"

/* What page readers share: contexts and limits. */
struct weir__page_context {
    const struct weir_env *env;
    struct weir__codec codec;
    bool verify_crc;
    bool may_carry; /* created by a parquet-mr whose prefix coding runs on from page to page */
    size_t max_page_bytes;
    struct weir__scratch spare; /* for the next pages to be opened: memory that is paid for */
};

/* The bytes of one column chunk. */
struct weir__chunk_bytes {
    const uint8_t *data;
    size_t n;        /* of the chunk */
    size_t readable; /* from `data` on, at least n: bytes behind the chunk that may be read */
    uint64_t offset; /* in the file, for messages */
};

enum weir__level_mode {
    WEIR__LEVELS_NONE,  /* the maximum is 0 */
    WEIR__LEVELS_RLE,   /* hybrid */
    WEIR__LEVELS_PACKED /* legacy, most significant bit first */
};

struct weir__levels {
    enum weir__level_mode mode;
    struct weir__hybrid hybrid;
    const uint8_t *packed;
    size_t packed_bytes, packed_at; /* packed_at: values taken */
    uint32_t width;
    uint8_t max;
};

struct weir__pages {
    struct weir__page_context *context;
    const struct parquet_leaf *leaf;
    const struct parquet_column_chunk *chunk;
    struct weir__chunk_bytes bytes;
    size_t at;            /* of the next page header */
    int64_t entries_left; /* level entries of pages not yet opened */
    int64_t ordinal;      /* of the current data page, -1 = none yet */
    size_t page_at;       /* where the current page's header begins */
    struct weir__dictionary dictionary;
    bool has_dictionary;
    /* The current data page. */
    struct parquet_page_header header;
    size_t n_entries;
    struct weir__levels rep, def;
    struct weir__page_values values;
    struct weir__scratch plain;                   /* decompressed */
    struct weir__scratch decoded, prefixes, last; /* of the decoders */
    size_t last_len;
};

/* `context`, `leaf` and `chunk` are borrowed. Errors: WEIR_CORRUPT, WEIR_UNSUPPORTED. */
WEIR_NODISCARD int weir__pages_init(struct weir__pages *pages, struct weir__page_context *context,
                                    const struct parquet_leaf *leaf,
                                    const struct parquet_column_chunk *chunk,
                                    struct weir__chunk_bytes bytes, struct weir_error *err);
void weir__pages_dispose(struct weir__pages *pages);
/* Open the next data page; `*out_is_end`: there is none. Dictionary pages on the way are kept. */
WEIR_NODISCARD int weir__pages_next(struct weir__pages *pages, bool *out_is_end,
                                    struct weir_error *err);
/* Pass over whole data pages, of at most n_entries level entries in all, without reading them. */
WEIR_NODISCARD int weir__pages_skip(struct weir__pages *pages, int64_t n_entries,
                                    int64_t *out_entries, struct weir_error *err);
/* Put "page 3 at byte 1234" before the message. */
int weir__pages_prefix(const struct weir__pages *pages, int status, struct weir_error *err);
/* n levels, each checked against the maximum. */
WEIR_NODISCARD int weir__levels_read(struct weir__levels *levels, uint8_t *out, size_t n,
                                     struct weir_error *err);

#endif
