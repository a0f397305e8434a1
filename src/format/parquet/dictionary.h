/* dictionary.h: the distinct values of one column chunk, numbered by first appearance. */
#ifndef WEIR_FORMAT_PARQUET_DICTIONARY_H
#define WEIR_FORMAT_PARQUET_DICTIONARY_H

#include "format/parquet/shred.h"

/* Owns its buffers. Fixed-width values of up to 8 bytes and texts of up to 7 are keyed by one word;
 * the others by hash. */
struct weir__dictionary_out {
    const struct weir_env *env;
    size_t width;             /* 0 = texts */
    int64_t n;                /* values */
    struct weir__buf fixed;   /* values end to end */
    struct weir__buf bytes;   /* texts end to end */
    struct weir__buf offsets; /* int32_t, n + 1 */
    struct weir__buf slots;   /* struct slot */
    size_t mask;
    unsigned shift; /* 64 - log2 of the number of slots */
};

struct weir__dictionary_out weir__dictionary_out_make(const struct weir_env *env, size_t width);
void weir__dictionary_out_clear(struct weir__dictionary_out *dictionary);
void weir__dictionary_out_dispose(struct weir__dictionary_out *dictionary);
/* Number of every value into out_indices[0..n). *out_is_full, with nothing promised about the
 * indices, when the values would take more than max_bytes as PLAIN. */
WEIR_NODISCARD int weir__dictionary_out_add(struct weir__dictionary_out *dictionary,
                                            const struct weir__page_values *values,
                                            size_t max_bytes, uint32_t *out_indices,
                                            bool *out_is_full, struct weir_error *err);
/* The values, to be encoded as the dictionary page. */
void weir__dictionary_out_values(const struct weir__dictionary_out *dictionary,
                                 struct weir__page_values *out);
/* Would a dictionary pay? Looks at about 2,000 values spread over the page. */
WEIR_NODISCARD int weir__dictionary_pays(const struct weir_env *env,
                                         const struct weir__page_values *values, bool *out,
                                         struct weir_error *err);

#endif
