/* leaf_values.c: pages decoded block by block into a sink. */
#include "format/parquet/leaf_values.h"

#include "format/parquet/chunks.h"

#include <inttypes.h>

#define BLOCK_ENTRIES 4096u

struct leaf_walk {
    struct weir__pages pages;
    weir__leaf_sink *sink;
    void *ctx;
    struct weir__scratch fixed;
    struct weir__bytes bytes;
    int32_t offsets[BLOCK_ENTRIES + 1];
    uint8_t levels[BLOCK_ENTRIES];
    int64_t n_rows;
};

static int read_block(struct leaf_walk *walk, size_t n, struct weir_error *err)
{
    struct weir__pages *pages = &walk->pages;
    struct weir__leaf_block block = {.n_entries = n};
    if (pages->leaf->max_rep > 0) {
        TRY(weir__levels_read(&pages->rep, walk->levels, n, err));
        for (size_t i = 0; i < n; i++)
            walk->n_rows += walk->levels[i] == 0;
    } else {
        walk->n_rows += (int64_t)n;
    }
    TRY(weir__levels_read(&pages->def, walk->levels, n, err));
    for (size_t i = 0; i < n; i++)
        block.n += walk->levels[i] == pages->leaf->max_def;
    if (pages->leaf->type == PARQUET_BYTE_ARRAY) {
        size_t done;
        walk->bytes.n = 0;
        walk->bytes.len = 0;
        TRY(weir__page_values_bytes(&pages->values, &walk->bytes, block.n, &done, err));
        if (done < block.n)
            return weir__fail(err, WEIR_UNSUPPORTED, "values of more than 2 GiB");
        block.bytes = &walk->bytes;
    } else {
        TRY(weir__scratch_reserve(&walk->fixed, block.n * pages->values.width, err));
        TRY(weir__page_values_fixed(&pages->values, walk->fixed.data, block.n, err));
        block.fixed = walk->fixed.data;
    }
    return walk->sink(walk->ctx, &block, err);
}

static int read_pages(struct leaf_walk *walk, struct weir_error *err)
{
    bool is_end = false;
    TRY(weir__pages_next(&walk->pages, &is_end, err));
    while (!is_end) {
        for (size_t at = 0; at < walk->pages.n_entries;) {
            size_t left = walk->pages.n_entries - at;
            size_t take = left < BLOCK_ENTRIES ? left : BLOCK_ENTRIES;
            int status = read_block(walk, take, err);
            if (status != WEIR_OK)
                return weir__pages_prefix(&walk->pages, status, err);
            at += take;
        }
        TRY(weir__pages_next(&walk->pages, &is_end, err));
    }
    return WEIR_OK;
}

static int walk_chunk(struct weir_parquet_reader *reader, struct weir__chunks *chunks,
                      struct leaf_walk *walk, const struct parquet_row_group *group, size_t leaf,
                      struct weir_error *err)
{
    TRY(weir__chunks_want(chunks, group, leaf, err));
    TRY(weir__chunks_fetch(chunks, err));
    TRY(weir__pages_init(&walk->pages, &reader->context, &reader->schema.leaves[leaf],
                         &group->columns[leaf], weir__chunks_get(chunks, leaf), err));
    TRY(read_pages(walk, err));
    if (walk->n_rows != group->n_rows)
        return weir__fail(err, WEIR_CORRUPT,
                          "column chunk has %" PRId64 " rows, its row group %" PRId64, walk->n_rows,
                          group->n_rows);
    return WEIR_OK;
}

int weir__leaf_values(struct weir_parquet_reader *reader, size_t group, size_t leaf,
                      weir__leaf_sink *sink, void *ctx, struct weir_error *err)
{
    const struct weir_env *env = reader->env;
    struct leaf_walk *walk = weir__alloc_zero(env, 1, sizeof *walk, err);
    if (!walk)
        return WEIR_NO_MEMORY;
    walk->sink = sink;
    walk->ctx = ctx;
    walk->fixed.env = env;
    walk->bytes = (struct weir__bytes){.env = env, .max = INT32_MAX, .offsets = walk->offsets};
    struct weir__chunks chunks;
    weir__chunks_init(&chunks, reader);
    int status = walk_chunk(reader, &chunks, walk, &reader->meta.row_groups[group], leaf, err);
    weir__pages_dispose(&walk->pages);
    weir__scratch_dispose(&walk->fixed);
    weir__free(env, walk->bytes.data);
    weir__free(env, walk);
    weir__chunks_dispose(&chunks);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "%s: row group %zu, column %.*s",
                                  weir__parquet_name(reader), group,
                                  STR_ARG(reader->schema.leaves[leaf].path));
    return status;
}
