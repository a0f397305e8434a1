/* hash.h: checksums and hashes, each from a library or a few lines. Seeds are fixed: results are
 * the same every run. */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint32_t weir__crc32(uint32_t crc, const void *data,
                     size_t n); /* the gzip polynomial; start with 0 */
uint64_t weir__xxh64(const void *data, size_t n, uint64_t seed);
uint64_t weir__hash_u64(uint64_t value); /* a strong integer mix for hash tables */
uint64_t weir__hash_bytes(const void *data,
                          size_t n); /* fast, for hash tables; not stable on storage */
void weir__sha256(const void *data, size_t n, uint8_t out[32]);
void weir__hex(const void *data, size_t n, char *out); /* 2n lower-case digits, no NUL */

#endif
