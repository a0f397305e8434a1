/* decode.h: the values of one data page, in any encoding (spec/parquet.md 7).
 *
 * The hard idea: PLAIN and dictionary pages are read as they are needed; the other encodings are
 * decoded a page at a time, straight into the caller's buffer when the caller wants the whole page
 * (the usual case) and into scratch memory otherwise. */
#ifndef WEIR_FORMAT_PARQUET_DECODE_H
#define WEIR_FORMAT_PARQUET_DECODE_H

#include "format/parquet/level.h"
#include "format/parquet/meta.h"

/* Growable memory that keeps its block between uses; `slack` bytes beyond `cap` may be touched. */
#define WEIR__SLACK_BYTES 128u

struct weir__scratch {
    const struct weir_env *env;
    uint8_t *data;
    size_t cap;
};

/* At least n bytes (and slack); what was in it is lost. */
WEIR_NODISCARD int weir__scratch_reserve(struct weir__scratch *scratch, size_t n,
                                         struct weir_error *err);
void weir__scratch_dispose(struct weir__scratch *scratch);

/* Byte arrays being appended: value i is bytes [offset i, offset i + 1). */
struct weir__bytes {
    const struct weir_env *env;
    uint8_t *data;
    size_t len, cap; /* WEIR__SLACK_BYTES beyond cap may be written */
    size_t max;      /* of len: 2^31 - 1 with 32-bit offsets */
    void *offsets;   /* int32_t or int64_t, n + 1 of them; the caller keeps room for more */
    size_t n;
    bool is_large;
};

WEIR_NODISCARD int weir__bytes_reserve(struct weir__bytes *bytes, size_t extra,
                                       struct weir_error *err);

struct weir__dictionary {
    uint8_t *data; /* owned; WEIR__SLACK_BYTES beyond its end may be read */
    size_t n_bytes;
    uint32_t n;
    int32_t type;
    size_t width; /* of fixed-size values */
    struct {
        uint32_t offset, len;
    } * entries; /* byte arrays: owned */
    uint32_t max_len;
};

/* Make sense of a PLAIN dictionary page of n values; takes over `data` on success only. */
WEIR_NODISCARD int weir__dictionary_init(const struct weir_env *env, struct weir__dictionary *dict,
                                         uint8_t *data, size_t n_bytes, bool is_utf8,
                                         struct weir_error *err);
void weir__dictionary_dispose(const struct weir_env *env, struct weir__dictionary *dict);

struct weir__delta {
    struct weir__cursor in;
    uint64_t block_values, mini_values, n_minis;
    size_t n;       /* values in all */
    uint64_t value; /* the last one */
    uint32_t bits;  /* 32 or 64 */
};

struct weir__page_values {
    int32_t type, encoding;
    size_t width;  /* bytes of a fixed-size value; 1 for booleans, 0 for byte arrays */
    bool is_utf8;  /* check what is appended */
    bool is_ready; /* the head of the page was read */
    const uint8_t *data, *at, *end;
    const uint8_t *safe_end; /* bytes before here may be read, past `end` too */
    size_t max_values;       /* level entries of the page: nothing may hold more values */
    size_t max_bytes;        /* what prefix-coded values may expand to */
    const struct weir__dictionary *dict;
    struct weir__hybrid hybrid;
    size_t bit_at;                  /* PLAIN booleans */
    size_t n_whole, whole_at;       /* page-at-a-time encodings: values in all, values served */
    bool is_decoded;                /* scratch holds them all */
    struct weir__scratch *scratch;  /* decoded values, or lengths */
    struct weir__scratch *prefixes; /* DELTA_BYTE_ARRAY: prefix lengths */
    struct weir__scratch *last;     /* and the value before the next one */
    size_t last_len, expanded;
    bool may_carry; /* old parquet-mr: the value before the first is that of the page before */
};

/* n fixed-size values; booleans as bytes 0 and 1. Errors: WEIR_CORRUPT. */
WEIR_NODISCARD int weir__page_values_fixed(struct weir__page_values *v, uint8_t *out, size_t n,
                                           struct weir_error *err);
/* Append n byte arrays, fewer only when `out` is full (out->max). */
WEIR_NODISCARD int weir__page_values_bytes(struct weir__page_values *v, struct weir__bytes *out,
                                           size_t n, size_t *out_done, struct weir_error *err);

/* ---- one encoding each ------------------------------------------------------------------- */

WEIR_NODISCARD int weir__plain_fixed(struct weir__page_values *v, uint8_t *out, size_t n,
                                     struct weir_error *err);
WEIR_NODISCARD int weir__plain_booleans(struct weir__page_values *v, uint8_t *out, size_t n,
                                        struct weir_error *err);
WEIR_NODISCARD int weir__plain_bytes(struct weir__page_values *v, struct weir__bytes *out, size_t n,
                                     size_t *out_done, struct weir_error *err);
WEIR_NODISCARD int weir__dictionary_fixed(struct weir__page_values *v, uint8_t *out, size_t n,
                                          struct weir_error *err);
WEIR_NODISCARD int weir__dictionary_bytes(struct weir__page_values *v, struct weir__bytes *out,
                                          size_t n, size_t *out_done, struct weir_error *err);

/* Reads the header; d->n values follow, at most `max_values`. */
WEIR_NODISCARD int weir__delta_init(struct weir__delta *d, const void *data, size_t n,
                                    uint32_t bits, size_t max_values, struct weir_error *err);
/* All d->n values; afterwards d->in stands behind the last byte used. */
WEIR_NODISCARD int weir__delta_decode32(struct weir__delta *d, uint32_t *out,
                                        struct weir_error *err);
WEIR_NODISCARD int weir__delta_decode64(struct weir__delta *d, uint64_t *out,
                                        struct weir_error *err);

WEIR_NODISCARD int weir__delta_length_init(struct weir__page_values *v, struct weir_error *err);
WEIR_NODISCARD int weir__delta_length_bytes(struct weir__page_values *v, struct weir__bytes *out,
                                            size_t n, size_t *out_done, struct weir_error *err);
WEIR_NODISCARD int weir__delta_prefix_init(struct weir__page_values *v, struct weir_error *err);
WEIR_NODISCARD int weir__delta_prefix_bytes(struct weir__page_values *v, struct weir__bytes *out,
                                            size_t n, size_t *out_done, struct weir_error *err);
WEIR_NODISCARD int weir__delta_prefix_fixed(struct weir__page_values *v, uint8_t *out, size_t n,
                                            struct weir_error *err);

/* n values of k bytes out of k streams of n bytes. */
void weir__stream_split(const uint8_t *in, size_t n, size_t k, uint8_t *out);

/* ALP: the header gives the count, then all values. */
WEIR_NODISCARD int weir__alp_count(const uint8_t *in, size_t n, size_t *out_count,
                                   struct weir_error *err);
WEIR_NODISCARD int weir__alp_decode(const uint8_t *in, size_t n, bool is_double, uint8_t *out,
                                    struct weir_error *err);

/* Are values [from, bytes->n) UTF-8, each for itself? */
WEIR_NODISCARD int weir__bytes_check_utf8(const struct weir__bytes *bytes, size_t from,
                                          struct weir_error *err);

#endif
