/* inspect.h: what inspect gathers about a leaf, and how it is worded. */
#ifndef WEIR_FORMAT_PARQUET_INSPECT_H
#define WEIR_FORMAT_PARQUET_INSPECT_H

#include "format/parquet/leaf_values.h"
#include "format/parquet/stat_bound.h"

struct weir__leaf_facts {
    const struct parquet_leaf *leaf;
    int32_t codec;
    bool has_mixed_codecs;
    uint32_t encodings; /* a bit each */
    uint8_t encoding_order[32];
    size_t n_encodings;
    int64_t n_values, compressed, uncompressed;
    bool has_nulls; /* the count is known */
    int64_t nulls, non_null, plain_bytes;
    uint32_t crc;
    bool lacks_bounds;
    struct weir__stat_bound min, max;
};

#define WEIR__TYPE_TEXT_BYTES 96

const char *weir__leaf_physical_text(const struct parquet_leaf *leaf);
const char *weir__leaf_repetition_text(const struct parquet_leaf *leaf);
/* "TIMESTAMP(us, utc)"; "" when there is none. */
void weir__leaf_logical_text(const struct parquet_leaf *leaf, char out[WEIR__TYPE_TEXT_BYTES]);
WEIR_NODISCARD int weir__encodings_text(struct weir__buf *out, const struct weir__leaf_facts *facts,
                                        struct weir_error *err);
/* A bound as a JSON value: numbers as text in quotes, byte arrays as a string when they are UTF-8
 * and in hex else. */
WEIR_NODISCARD int weir__stat_bound_json(struct weir__buf *out, const struct parquet_leaf *leaf,
                                         struct weir__str value, struct weir_error *err);

#endif
