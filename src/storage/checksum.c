/* checksum.c: SHA-256 over streams, and the content version of small objects. */
#include "storage/store.h"

#include <openssl/evp.h>

struct weir__sha256_stream {
    const struct weir_env *env;
    EVP_MD_CTX *digest;
};

int weir__sha256_stream_new(const struct weir_env *env, struct weir__sha256_stream **out,
                            struct weir_error *err)
{
    struct weir__sha256_stream *hash = weir__alloc_zero(env, 1, sizeof *hash, err);
    if (!hash)
        return WEIR_NO_MEMORY;
    hash->env = env;
    hash->digest = EVP_MD_CTX_new();
    if (!hash->digest || EVP_DigestInit_ex(hash->digest, EVP_sha256(), NULL) != 1) {
        weir__sha256_stream_freep(&hash);
        return weir__fail(err, WEIR_NO_MEMORY, "cannot start a SHA-256");
    }
    *out = hash;
    return WEIR_OK;
}

void weir__sha256_stream_add(struct weir__sha256_stream *hash, const void *data, size_t n)
{
    int is_done = EVP_DigestUpdate(hash->digest, data, n);
    ASSERT(is_done == 1); /* cannot fail once it was started */
}

void weir__sha256_stream_finish(struct weir__sha256_stream *hash, char out_hex[65])
{
    uint8_t digest[32];
    unsigned n_written = 0;
    int is_done = EVP_DigestFinal_ex(hash->digest, digest, &n_written);
    ASSERT(is_done == 1 && n_written == sizeof digest);
    weir__hex(digest, sizeof digest, out_hex);
    out_hex[64] = 0;
}

void weir__sha256_stream_freep(struct weir__sha256_stream **hash)
{
    if (!*hash)
        return;
    EVP_MD_CTX_free((*hash)->digest);
    weir__free((*hash)->env, *hash);
    *hash = NULL;
}

void weir__etag_of_bytes(const void *data, size_t n, char out[WEIR_ETAG_BYTES])
{
    uint8_t digest[32];
    weir__sha256(data, n, digest);
    memcpy(out, "h-", 2);
    weir__hex(digest, 16, out + 2);
    out[34] = 0;
}
