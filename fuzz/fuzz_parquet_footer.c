/* fuzz_parquet_footer.c: Thrift of every kind that the reader meets: footer (with the schema made
 * of it), page header, page indexes, bloom filter header. The first byte picks one. */
#include "format/parquet/footer.h"
#include "format/parquet/schema_read.h"

#include <stdlib.h>

#define ARENA_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_footer(struct weir__arena *arena, const uint8_t *data, size_t size)
{
    struct parquet_file_meta meta;
    struct parquet_schema schema;
    struct ArrowSchema arrow AUTO(schema) = {.release = NULL};
    struct weir_error err = WEIR_ERROR_INIT;
    if (weir__footer_read(arena, data, size, &meta, &err) != WEIR_OK ||
        weir__parquet_schema_read(arena, &meta, &schema, &err) != WEIR_OK)
        return;
    /* What was resolved can be shown as Arrow, and merged with itself. */
    if (weir__parquet_arrow_schema(arena->env, &schema.root, &arrow, &err) != WEIR_OK)
        return;
    if (weir__parquet_schema_merge(arena, &schema, &arrow, &err) != WEIR_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct weir__arena arena AUTO(arena) = weir__arena_make(weir_env_default(), ARENA_BYTES);
    struct parquet_page_header page;
    struct parquet_column_index columns;
    struct parquet_offset_index offsets;
    struct parquet_bloom_header bloom;
    size_t used = 0;
    int status = WEIR_OK;
    switch (data[0] % 5) {
    case 0:
        read_footer(&arena, data + 1, size - 1);
        break;
    case 1:
        status = weir__page_header_read(data + 1, size - 1, &page, &used, NULL);
        break;
    case 2:
        status = weir__column_index_read(&arena, data + 1, size - 1, &columns, NULL);
        break;
    case 3:
        status = weir__offset_index_read(&arena, data + 1, size - 1, &offsets, NULL);
        break;
    default:
        status = weir__bloom_header_read(data + 1, size - 1, &bloom, &used, NULL);
    }
    if (used > size || (status != WEIR_OK && status != WEIR_CORRUPT && status != WEIR_NO_MEMORY))
        abort();
    return 0;
}
