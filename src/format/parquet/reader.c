/* reader.c: open a Parquet file: the footer read, checked and made an Arrow schema
 * (spec/parquet.md 3, 13). */
#include "format/parquet/reader.h"

#include "format/parquet/footer.h"

#include <inttypes.h>

#define TAIL_BYTES 65536u
#define LEAST_FILE_BYTES 12u
#define DEFAULT_FOOTER_BYTES (INT64_C(256) << 20)
#define DEFAULT_PAGE_BYTES INT32_MAX /* as much as a page header can say */
/* A footer's structs take more memory than its bytes, but not without limit. */
#define ARENA_FACTOR 128u
#define ARENA_LEAST_BYTES (1u << 20)

const char *weir__parquet_name(const struct weir_parquet_reader *reader)
{
    return reader->input.name ? reader->input.name : "parquet";
}

int weir__parquet_bytes(const struct weir_parquet_reader *reader, uint64_t offset, size_t n,
                        const uint8_t **out, uint8_t **out_block, struct weir_error *err)
{
    const struct weir_input *input = &reader->input;
    *out_block = NULL;
    ASSERT(offset <= input->size_bytes && n <= input->size_bytes - offset);
    if (input->bytes) {
        *out = (const uint8_t *)input->bytes + offset;
        return WEIR_OK;
    }
    uint8_t *block = weir__alloc(reader->env, n + WEIR__SLACK_BYTES, err);
    if (!block)
        return WEIR_NO_MEMORY;
    int status = input->read_at(input->ctx, offset, block, n, err);
    if (status != WEIR_OK) {
        weir__free(reader->env, block);
        return status;
    }
    memset(block + n, 0, WEIR__SLACK_BYTES);
    *out_block = block;
    *out = block;
    return WEIR_OK;
}

static int check_tail(const uint8_t *tail, uint64_t size, uint64_t max_footer, uint32_t *out_bytes,
                      struct weir_error *err)
{
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return weir__fail(err, WEIR_UNSUPPORTED, "footer is encrypted");
    if (memcmp(tail + 4, "PAR1", 4) != 0)
        return weir__fail(err, WEIR_CORRUPT, "not a Parquet file: no PAR1 at the end");
    uint32_t bytes = weir__load32(tail);
    if (bytes == 0 || bytes > size - LEAST_FILE_BYTES)
        return weir__fail(err, WEIR_CORRUPT, "footer of %u bytes in a file of %" PRIu64, bytes,
                          (uint64_t)size);
    if (bytes > max_footer)
        return weir__fail(err, WEIR_CORRUPT, "footer of %u bytes is above the limit of %" PRIu64,
                          bytes, (uint64_t)max_footer);
    *out_bytes = bytes;
    return WEIR_OK;
}

/* The footer's bytes, in the arena, with one request or two. */
static int read_footer(struct weir_parquet_reader *reader, const uint8_t **out,
                       struct weir_error *err)
{
    uint64_t size = reader->input.size_bytes;
    if (size < LEAST_FILE_BYTES)
        return weir__fail(err, WEIR_CORRUPT, "not a Parquet file: %" PRIu64 " bytes",
                          (uint64_t)size);
    size_t tail = size < TAIL_BYTES ? (size_t)size : TAIL_BYTES;
    const uint8_t *bytes;
    uint8_t *block;
    TRY(weir__parquet_bytes(reader, size - tail, tail, &bytes, &block, err));
    uint64_t max = (uint64_t)reader->options.max_footer_bytes;
    uint32_t footer = 0;
    int status = check_tail(bytes + tail - 8, size, max, &footer, err);
    reader->arena =
        weir__arena_make(reader->env, ARENA_LEAST_BYTES + (size_t)footer * ARENA_FACTOR);
    uint8_t *copy = status == WEIR_OK ? weir__arena_alloc(&reader->arena, footer, 1, err) : NULL;
    if (status == WEIR_OK && !copy)
        status = WEIR_NO_MEMORY;
    size_t have = footer < tail - 8 ? footer : tail - 8;
    if (status == WEIR_OK)
        memcpy(copy + footer - have, bytes + tail - 8 - have, have);
    weir__free(reader->env, block);
    if (status == WEIR_OK && have < footer) {
        TRY(weir__parquet_bytes(reader, size - 8 - footer, footer - have, &bytes, &block, err));
        memcpy(copy, bytes, footer - have);
        weir__free(reader->env, block);
    }
    reader->footer_bytes = footer;
    reader->footer_offset = size - 8 - footer;
    *out = copy;
    return status;
}

static int check_chunk(const struct parquet_column_chunk *chunk, const struct parquet_leaf *leaf,
                       struct weir_error *err)
{
    if (!chunk->has_meta)
        return chunk->is_encrypted ? WEIR_OK
                                   : weir__fail(err, WEIR_CORRUPT, "column %.*s lacks its metadata",
                                                STR_ARG(leaf->path));
    if (chunk->type != leaf->type)
        return weir__fail(err, WEIR_CORRUPT, "column %.*s has physical type %d, the schema %d",
                          STR_ARG(leaf->path), chunk->type, leaf->type);
    bool is_same = chunk->n_path == leaf->n_names;
    for (size_t i = 0; i < leaf->n_names && is_same; i++)
        is_same = weir__str_eq(chunk->path[i], leaf->names[i]);
    if (!is_same)
        return weir__fail(err, WEIR_CORRUPT, "column %.*s stands where another is due",
                          STR_ARG(leaf->path));
    return WEIR_OK;
}

static int check_group(const struct weir_parquet_reader *reader,
                       const struct parquet_row_group *group, struct weir_error *err)
{
    if (group->n_rows < 0)
        return weir__fail(err, WEIR_CORRUPT, "%" PRId64 " rows", (int64_t)group->n_rows);
    if (group->n_columns != reader->schema.n_leaves)
        return weir__fail(err, WEIR_CORRUPT, "%zu column chunks for %zu columns", group->n_columns,
                          reader->schema.n_leaves);
    for (size_t i = 0; i < group->n_columns; i++)
        TRY(check_chunk(&group->columns[i], &reader->schema.leaves[i], err));
    return WEIR_OK;
}

static int check_groups(struct weir_parquet_reader *reader, struct weir_error *err)
{
    for (size_t i = 0; i < reader->meta.n_row_groups; i++) {
        const struct parquet_row_group *group = &reader->meta.row_groups[i];
        int status = check_group(reader, group, err);
        if (status != WEIR_OK)
            return weir__error_prefix(err, status, "row group %zu", i);
        if (__builtin_add_overflow(reader->n_rows, group->n_rows, &reader->n_rows))
            return weir__fail(err, WEIR_CORRUPT, "row counts overflow");
    }
    return WEIR_OK;
}

int weir__parquet_chunk_range(const struct weir_parquet_reader *reader,
                              const struct parquet_column_chunk *chunk, uint64_t *out_offset,
                              uint64_t *out_bytes, struct weir_error *err)
{
    if (chunk->is_encrypted)
        return weir__fail(err, WEIR_UNSUPPORTED, "column is encrypted");
    if (chunk->file_path.len > 0)
        return weir__fail(err, WEIR_UNSUPPORTED, "column lies in another file, %.*s",
                          STR_ARG(chunk->file_path));
    int64_t start = chunk->data_page_offset;
    if (chunk->dictionary_page_offset > 0 && chunk->dictionary_page_offset < start)
        start = chunk->dictionary_page_offset;
    uint64_t end = reader->footer_offset;
    if (start < 4 || chunk->total_compressed < 0 || (uint64_t)start > end ||
        (uint64_t)chunk->total_compressed > end - (uint64_t)start)
        return weir__fail(err, WEIR_CORRUPT,
                          "column chunk of %" PRId64 " bytes at %" PRId64 " is not in the file",
                          (int64_t)chunk->total_compressed, (int64_t)start);
    *out_offset = (uint64_t)start;
    *out_bytes = (uint64_t)chunk->total_compressed;
    return WEIR_OK;
}

/* ARROW:schema is a hint: whatever is wrong with it, the file stays readable. */
static void read_origin(struct weir_parquet_reader *reader)
{
    for (size_t i = 0; i < reader->meta.n_kv; i++) {
        if (!weir__str_is(reader->meta.kv_names[i], "ARROW:schema"))
            continue;
        struct weir__buf message AUTO(buf) = weir__buf_make(reader->env, reader->footer_bytes);
        if (weir__base64_decode(reader->meta.kv_values[i], &message, NULL) != WEIR_OK ||
            weir__ipc_schema_decode(reader->env, message.data, message.len, &reader->origin,
                                    NULL) != WEIR_OK)
            reader->origin.release = NULL;
        return;
    }
}

static bool is_old_parquet_mr(struct weir__str created_by)
{
    static const char *const carried[] = {"parquet-mr version 1.5", "parquet-mr version 1.6",
                                          "parquet-mr version 1.7"};
    for (size_t i = 0; i < COUNT_OF(carried); i++) {
        if (weir__str_starts(created_by, weir__str_of(carried[i])))
            return true;
    }
    return false;
}

static int reader_init(struct weir_parquet_reader *reader, struct weir_error *err)
{
    const uint8_t *footer = NULL;
    TRY(read_footer(reader, &footer, err));
    TRY(weir__footer_read(&reader->arena, footer, reader->footer_bytes, &reader->meta, err));
    if (reader->meta.version < 0 || reader->meta.version > 2)
        return weir__fail(err, WEIR_UNSUPPORTED, "format version %d", reader->meta.version);
    TRY(weir__parquet_schema_read(&reader->arena, &reader->meta, &reader->schema, err));
    TRY(check_groups(reader, err));
    if (!reader->options.ignore_arrow_schema)
        read_origin(reader);
    if (reader->origin.release)
        TRY(weir__parquet_schema_merge(&reader->arena, &reader->schema, &reader->origin, err));
    reader->context = (struct weir__page_context){
        .env = reader->env,
        .verify_crc = !reader->options.no_verify_crc,
        .may_carry = is_old_parquet_mr(reader->meta.created_by),
        .max_page_bytes = (size_t)reader->options.max_page_bytes,
        .spare = {reader->env, NULL, 0},
    };
    weir__parquet_settle(reader);
    return WEIR_OK;
}

int weir_parquet_reader_open(const struct weir_env *env, const struct weir_input *input,
                             const struct weir_parquet_read_options *options,
                             struct weir_parquet_reader **out, struct weir_error *err)
{
    struct weir_parquet_reader *reader = weir__alloc_zero(env, 1, sizeof *reader, err);
    if (!reader)
        return WEIR_NO_MEMORY;
    reader->magic = WEIR__PARQUET_READER_MAGIC;
    reader->env = env;
    reader->input = *input;
    if (options)
        reader->options = *options;
    if (reader->options.max_footer_bytes <= 0)
        reader->options.max_footer_bytes = DEFAULT_FOOTER_BYTES;
    if (reader->options.max_page_bytes <= 0)
        reader->options.max_page_bytes = DEFAULT_PAGE_BYTES;
    int status = reader_init(reader, err);
    if (status != WEIR_OK) {
        status = weir__error_prefix(err, status, "%s", weir__parquet_name(reader));
        weir_parquet_reader_free(reader);
        return status;
    }
    *out = reader;
    return WEIR_OK;
}

void weir_parquet_reader_free(struct weir_parquet_reader *reader)
{
    if (!reader)
        return;
    ASSERT(reader->magic == WEIR__PARQUET_READER_MAGIC);
    reader->magic = 0;
    weir__schema_freep(&reader->origin);
    weir__codec_dispose(&reader->context.codec);
    weir__scratch_dispose(&reader->context.spare);
    weir__arena_dispose(&reader->arena);
    weir__free(reader->env, reader);
}

/* Key-value metadata of the file, but for the copy of the schema. */
static int file_metadata(const struct weir_parquet_reader *reader, struct ArrowSchema *schema,
                         struct weir_error *err)
{
    const struct parquet_file_meta *meta = &reader->meta;
    size_t bytes = meta->n_kv * 2 * sizeof(struct weir__str);
    struct weir__str *names = weir__alloc(reader->env, bytes, err);
    if (!names)
        return WEIR_NO_MEMORY;
    struct weir__str *values = names + meta->n_kv;
    size_t n = 0;
    for (size_t i = 0; i < meta->n_kv; i++) {
        if (weir__str_is(meta->kv_names[i], "ARROW:schema"))
            continue;
        names[n] = meta->kv_names[i];
        values[n++] = meta->kv_values[i];
    }
    int status =
        n > 0 ? weir__schema_set_metadata(reader->env, schema, names, values, n, err) : WEIR_OK;
    weir__free(reader->env, names);
    return status;
}

int weir_parquet_reader_schema(const struct weir_parquet_reader *reader, struct ArrowSchema *out,
                               struct weir_error *err)
{
    ASSERT(reader->magic == WEIR__PARQUET_READER_MAGIC);
    struct ArrowSchema schema AUTO(schema) = {.release = NULL};
    TRY(weir__parquet_arrow_schema(reader->env, &reader->schema.root, &schema, err));
    TRY(file_metadata(reader, &schema, err));
    *out = schema;
    schema.release = NULL;
    return WEIR_OK;
}

int64_t weir_parquet_reader_rows(const struct weir_parquet_reader *reader)
{
    return reader->n_rows;
}

int64_t weir_parquet_reader_row_groups(const struct weir_parquet_reader *reader)
{
    return (int64_t)reader->meta.n_row_groups;
}

int64_t weir_parquet_reader_uncompressed_bytes(const struct weir_parquet_reader *reader)
{
    int64_t sum = 0;
    for (size_t i = 0; i < reader->meta.n_row_groups; i++) {
        int64_t bytes = reader->meta.row_groups[i].total_byte_size;
        if (bytes > 0 && __builtin_add_overflow(sum, bytes, &sum))
            return INT64_MAX;
    }
    return sum;
}
