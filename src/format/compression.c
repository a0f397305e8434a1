/* compression.c: names of the compressions. */
#include <weir/format.h>

#include "base/base.h"

struct compression_name {
    const char *name;
    enum weir_compression compression;
};

/* The first name of a compression is the one it is called by. */
static const struct compression_name names[] = {
    {"default", WEIR_COMPRESSION_DEFAULT},   {"uncompressed", WEIR_COMPRESSION_UNCOMPRESSED},
    {"none", WEIR_COMPRESSION_UNCOMPRESSED}, {"snappy", WEIR_COMPRESSION_SNAPPY},
    {"gzip", WEIR_COMPRESSION_GZIP},         {"zstd", WEIR_COMPRESSION_ZSTD},
    {"lz4_raw", WEIR_COMPRESSION_LZ4_RAW},   {"lz4", WEIR_COMPRESSION_LZ4_RAW},
};

int weir_compression_from_name(const char *name, enum weir_compression *out, struct weir_error *err)
{
    for (size_t i = 1; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *out = names[i].compression;
            return WEIR_OK;
        }
    }
    return weir__fail(err, WEIR_INVALID, "unknown compression '%s'", name);
}

const char *weir_compression_name(enum weir_compression compression)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (names[i].compression == compression)
            return names[i].name;
    }
    return "unknown";
}
