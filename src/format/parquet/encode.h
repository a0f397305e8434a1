/* encode.h: the encodings that weir writes (spec/parquet.md 5, 7), appended to a buffer. */
#ifndef WEIR_FORMAT_PARQUET_ENCODE_H
#define WEIR_FORMAT_PARQUET_ENCODE_H

#include "format/parquet/shred.h"

/* PLAIN of any physical type. `is_bool`: width-1 values become bits. */
WEIR_NODISCARD int weir__encode_plain(const struct weir__page_values *values, bool is_bool,
                                      struct weir__buf *out, struct weir_error *err);
/* The RLE / bit-packed hybrid of values below 2^width, without a length prefix. */
WEIR_NODISCARD int weir__encode_hybrid(const uint32_t *values, int64_t n, uint32_t width,
                                       struct weir__buf *out, struct weir_error *err);
WEIR_NODISCARD int weir__encode_hybrid_bytes(const uint8_t *values, int64_t n, uint32_t width,
                                             struct weir__buf *out, struct weir_error *err);
/* Validity bits as definition levels of maximum 1: one packed run, no per-value work. */
WEIR_NODISCARD int weir__encode_validity(const uint8_t *bits, int64_t at, int64_t n,
                                         struct weir__buf *out, struct weir_error *err);
/* One run of n equal values. */
WEIR_NODISCARD int weir__encode_run(uint32_t value, int64_t n, uint32_t width,
                                    struct weir__buf *out, struct weir_error *err);
/* DELTA_BINARY_PACKED of 4- or 8-byte integers. */
WEIR_NODISCARD int weir__encode_delta(const void *values, int64_t n, size_t width,
                                      struct weir__buf *out, struct weir_error *err);
/* DELTA_LENGTH_BYTE_ARRAY. */
WEIR_NODISCARD int weir__encode_delta_length(const struct weir__page_values *values,
                                             struct weir__buf *out, struct weir_error *err);
/* BYTE_STREAM_SPLIT of values->width streams. */
WEIR_NODISCARD int weir__encode_split(const struct weir__page_values *values, struct weir__buf *out,
                                      struct weir_error *err);
/* Bytes that weir__encode_delta would take, about: to choose an encoding. */
size_t weir__delta_estimate(const void *values, int64_t n, size_t width);

#endif
