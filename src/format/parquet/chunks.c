/* chunks.c: wanted chunks sorted, joined over small gaps, and read. */
#include "format/parquet/chunks.h"

#include <stdlib.h>

#define GAP_BYTES (UINT64_C(1) << 20)
#define REQUEST_BYTES (UINT64_C(16) << 20)
/* Old writers left the dictionary page's header out of total_compressed_size. */
#define TOLERANCE_BYTES 100u

void weir__chunks_init(struct weir__chunks *chunks, const struct weir_parquet_reader *reader)
{
    *chunks = (struct weir__chunks){.reader = reader};
}

void weir__chunks_clear(struct weir__chunks *chunks)
{
    chunks->n_wants = 0;
    for (size_t i = 0; i < chunks->n_blocks; i++)
        chunks->blocks[i].is_used = false;
}

void weir__chunks_dispose(struct weir__chunks *chunks)
{
    const struct weir_env *env = chunks->reader->env;
    for (size_t i = 0; i < chunks->n_blocks; i++)
        weir__free(env, chunks->blocks[i].data);
    weir__free(env, chunks->blocks);
    weir__free(env, chunks->wants);
    weir__chunks_init(chunks, chunks->reader);
}

static int add_block(struct weir__chunks *chunks, struct weir__chunk_block **out,
                     struct weir_error *err)
{
    for (size_t i = 0; i < chunks->n_blocks; i++) {
        if (!chunks->blocks[i].data) {
            *out = &chunks->blocks[i];
            return WEIR_OK;
        }
    }
    if (chunks->n_blocks == chunks->cap_blocks) {
        size_t cap = chunks->cap_blocks ? chunks->cap_blocks * 2 : 16;
        struct weir__chunk_block *blocks =
            weir__resize(chunks->reader->env, chunks->blocks, cap * sizeof *blocks, err);
        if (!blocks)
            return WEIR_NO_MEMORY;
        chunks->blocks = blocks;
        chunks->cap_blocks = cap;
    }
    *out = &chunks->blocks[chunks->n_blocks++];
    **out = (struct weir__chunk_block){NULL, 0, false};
    return WEIR_OK;
}

/* Room for n bytes: the smallest idle block that holds them and is not wastefully large, else a
 * new one in place of an idle one, so that memory does not pile up over row groups. */
static int take_block(struct weir__chunks *chunks, size_t n, uint8_t **out, struct weir_error *err)
{
    struct weir__chunk_block *best = NULL, *idle = NULL;
    for (size_t i = 0; i < chunks->n_blocks; i++) {
        struct weir__chunk_block *block = &chunks->blocks[i];
        if (block->is_used || !block->data)
            continue;
        idle = block;
        if (block->cap >= n && block->cap / 2 <= n && (!best || block->cap < best->cap))
            best = block;
    }
    if (!best && idle) {
        weir__free(chunks->reader->env, idle->data);
        idle->data = NULL;
    }
    if (!best) {
        size_t cap = n + n / 8;
        TRY(add_block(chunks, &best, err));
        best->data = weir__alloc(chunks->reader->env, cap + WEIR__SLACK_BYTES, err);
        if (!best->data)
            return WEIR_NO_MEMORY;
        best->cap = cap;
    }
    best->is_used = true;
    *out = best->data;
    return WEIR_OK;
}

int weir__chunks_want(struct weir__chunks *chunks, const struct parquet_row_group *group,
                      size_t leaf, struct weir_error *err)
{
    if (chunks->n_wants == chunks->cap_wants) {
        size_t cap = chunks->cap_wants ? chunks->cap_wants * 2 : 16;
        struct weir__chunk_want *wants =
            weir__resize(chunks->reader->env, chunks->wants, cap * sizeof *wants, err);
        if (!wants)
            return WEIR_NO_MEMORY;
        chunks->wants = wants;
        chunks->cap_wants = cap;
    }
    const struct parquet_column_chunk *chunk = &group->columns[leaf];
    struct weir__chunk_want want = {.leaf = leaf};
    if (chunk->n_values != 0 || chunk->is_encrypted) {
        int status = weir__parquet_chunk_range(chunks->reader, chunk, &want.offset, &want.n, err);
        if (status != WEIR_OK)
            return weir__error_prefix(err, status, "column %.*s",
                                      STR_ARG(chunks->reader->schema.leaves[leaf].path));
        want.end = want.offset + want.n + TOLERANCE_BYTES;
        if (want.end > chunks->reader->footer_offset)
            want.end = chunks->reader->footer_offset;
    }
    chunks->wants[chunks->n_wants++] = want;
    return WEIR_OK;
}

static int by_offset(const void *a, const void *b)
{
    const struct weir__chunk_want *left = a, *right = b;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* One request for wants [first, last). */
static int fetch_range(struct weir__chunks *chunks, size_t first, size_t last, uint64_t end,
                       struct weir_error *err)
{
    const struct weir_input *input = &chunks->reader->input;
    uint64_t begin = chunks->wants[first].offset;
    size_t n = (size_t)(end - begin), readable = (size_t)(input->size_bytes - begin);
    const uint8_t *data = input->bytes ? (const uint8_t *)input->bytes + begin : NULL;
    if (!data) {
        uint8_t *block;
        TRY(take_block(chunks, n, &block, err));
        TRY(input->read_at(input->ctx, begin, block, n, err));
        memset(block + n, 0, WEIR__SLACK_BYTES);
        readable = n + WEIR__SLACK_BYTES;
        data = block;
    }
    for (size_t i = first; i < last; i++) {
        struct weir__chunk_want *want = &chunks->wants[i];
        want->data = data + (want->offset - begin);
        want->readable = readable - (size_t)(want->offset - begin);
        want->n = want->end - want->offset;
    }
    return WEIR_OK;
}

int weir__chunks_fetch(struct weir__chunks *chunks, struct weir_error *err)
{
    if (chunks->n_wants == 0)
        return WEIR_OK;
    struct weir__chunk_want *wants = chunks->wants;
    qsort(wants, chunks->n_wants, sizeof *wants, by_offset);
    size_t first = 0;
    while (first < chunks->n_wants && wants[first].end == 0)
        first++; /* no bytes to read for these */
    while (first < chunks->n_wants) {
        uint64_t begin = wants[first].offset, end = wants[first].end;
        size_t last = first + 1;
        for (; last < chunks->n_wants; last++) {
            uint64_t wider = wants[last].end > end ? wants[last].end : end;
            bool is_near = wants[last].offset <= end || wants[last].offset - end <= GAP_BYTES;
            if (!is_near || wider - begin > REQUEST_BYTES)
                break;
            end = wider;
        }
        TRY(fetch_range(chunks, first, last, end, err));
        first = last;
    }
    return WEIR_OK;
}

struct weir__chunk_bytes weir__chunks_get(const struct weir__chunks *chunks, size_t leaf)
{
    for (size_t i = 0; i < chunks->n_wants; i++) {
        const struct weir__chunk_want *want = &chunks->wants[i];
        if (want->leaf == leaf)
            return (struct weir__chunk_bytes){want->data, (size_t)want->n, want->readable,
                                              want->offset};
    }
    return (struct weir__chunk_bytes){NULL, 0, 0, 0};
}
