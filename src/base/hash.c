/* hash.c: checksums and hashes, each from the library that does it fastest. */
#include "base/hash.h"

#include "base/macros.h"

#include <libdeflate.h>
#include <openssl/evp.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint32_t weir__crc32(uint32_t crc, const void *data, size_t n)
{
    return n ? libdeflate_crc32(crc, data, n) : crc;
}

uint64_t weir__xxh64(const void *data, size_t n, uint64_t seed)
{
    return XXH64(data ? data : "", n, seed);
}

/* The finaliser of MurmurHash3 with the constants of David Stafford's mix 13. */
uint64_t weir__hash_u64(uint64_t value)
{
    value ^= value >> 30;
    value *= UINT64_C(0xbf58476d1ce4e5b9);
    value ^= value >> 27;
    value *= UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

uint64_t weir__hash_bytes(const void *data, size_t n)
{
    return XXH3_64bits(data ? data : "", n);
}

void weir__sha256(const void *data, size_t n, uint8_t out[32])
{
    unsigned n_written = 0;
    /* Fails only when OpenSSL cannot allocate or has no SHA-256: nothing a caller could mend. */
    int is_done = EVP_Digest(data ? data : "", n, out, &n_written, EVP_sha256(), NULL);
    ASSERT(is_done == 1 && n_written == 32);
}

void weir__hex(const void *data, size_t n, char *out)
{
    static const char digits[17] = "0123456789abcdef";
    const uint8_t *at = data;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[at[i] >> 4];
        out[2 * i + 1] = digits[at[i] & 15];
    }
}
