/* writer.c: weir_write: group, name everything, check everything, then run the partitions. */
#include "table/writer.h"

#include "table/config.h"
#include "table/grammar.h"

#define ENCODE_POOL_DEFAULT_BYTES ((size_t)48 << 20)

/* ---- Making a writer ------------------------------------------------------------------------- */

static void writer_free(struct weir_writer *writer)
{
    weir__buf_dispose(&writer->spare.locked.buf);
    weir__mutex_dispose(&writer->spare.mutex);
    weir__mutex_dispose(&writer->partition_fn_mutex);
    weir__region_dispose(&writer->region);
    struct weir_table *table = writer->table;
    writer->magic = 0;
    weir__free(table->env, writer);
    weir_table_free(table);
}

void weir_writer_free(struct weir_writer *writer)
{
    if (!writer)
        return;
    ASSERT(writer->magic == WEIR__WRITER_MAGIC);
    writer_free(writer);
}

void weir__writer_freep(struct weir_writer **writer)
{
    weir_writer_free(*writer);
    *writer = NULL;
}

struct weir_table *weir_writer_table(const struct weir_writer *writer)
{
    return writer->table;
}

static int rule_for(struct weir__region *region, const char *part,
                    const struct weir_writer_options *options, struct weir_partition_rule *out,
                    struct weir_error *err)
{
    out->part = part;
    out->column = part;
    for (size_t i = 0; i < options->n_partition_rules; i++) {
        const struct weir_partition_rule *rule = &options->partition_rules[i];
        if (strcmp(rule->part, part) != 0)
            continue;
        if (rule->column)
            out->column = weir__region_text(region, weir__str_of(rule->column), err);
        if (rule->format)
            out->format = weir__region_text(region, weir__str_of(rule->format), err);
        if (!out->column || (rule->format && !out->format))
            return WEIR_NO_MEMORY;
    }
    return WEIR_OK;
}

static int rules_check(const struct weir_table_description *description,
                       const struct weir_writer_options *options, struct weir_error *err)
{
    if (options->partition_fn && options->n_partition_rules > 0)
        return weir__fail(err, WEIR_INVALID, "partition_fn and partition_rules are both given");
    for (size_t i = 0; i < options->n_partition_rules; i++) {
        const char *part = options->partition_rules[i].part;
        size_t n_same = 0;
        bool is_known = false;
        for (size_t j = 0; part && j < options->n_partition_rules; j++) {
            const char *other = options->partition_rules[j].part;
            n_same += other && strcmp(other, part) == 0;
        }
        for (size_t j = 0; part && j < description->n_partition_by; j++)
            is_known = is_known || strcmp(description->partition_by[j], part) == 0;
        if (!is_known || n_same != 1) {
            return weir__fail(err, WEIR_INVALID,
                              "partition rule %zu for part '%s' is not for one part of the table",
                              i, part ? part : "");
        }
    }
    return WEIR_OK;
}

static int rules_copy(struct weir_writer *writer, const struct weir_table_description *description,
                      const struct weir_writer_options *options, struct weir_error *err)
{
    struct weir__region *region = &writer->region;
    struct weir__partitioner *p = &writer->partitioner;
    size_t n = description->n_partition_by;
    struct weir_partition_rule *rules = weir__region_alloc(region, n, sizeof *rules, err);
    const char **columns = weir__region_alloc(region, n, sizeof *columns, err);
    p->parts = weir__region_texts(region, description->partition_by, n, err);
    if (!rules || !columns || !p->parts)
        return WEIR_NO_MEMORY;
    TRY(rules_check(description, options, err));
    for (size_t i = 0; i < n; i++) {
        TRY(rule_for(region, p->parts[i], options, &rules[i], err));
        columns[i] = rules[i].column;
    }
    p->env = writer->table->env;
    p->rules = rules;
    p->n_rules = n;
    p->fn = options->partition_fn;
    p->fn_arg = options->partition_arg;
    p->empty_as_null = options->empty_as_null;
    if (options->drop_partition_columns && !p->fn) {
        writer->dropped = columns;
        writer->n_dropped = n;
    }
    return WEIR_OK;
}

static int parquet_options(struct weir_writer *writer,
                           const struct weir_table_description *description,
                           const struct weir_writer_options *options, struct weir_error *err)
{
    if (options->parquet)
        writer->parquet = *options->parquet;
    if (options->compression != WEIR_COMPRESSION_DEFAULT) {
        writer->parquet.compression = options->compression;
    } else if (writer->parquet.compression == WEIR_COMPRESSION_DEFAULT) {
        writer->parquet.compression = description->compression;
    }
    int compression = (int)writer->parquet.compression;
    if (compression < WEIR_COMPRESSION_DEFAULT || compression > WEIR_COMPRESSION_LZ4_RAW)
        return weir__fail(err, WEIR_INVALID, "compression %d is unknown", compression);
    return WEIR_OK;
}

static int writer_fill(struct weir_writer *writer, const struct weir_table_description *description,
                       const struct weir_writer_options *options, struct weir_error *err)
{
    const char *inserted_at =
        options->inserted_at_column ? options->inserted_at_column : description->inserted_at_column;
    if (options->n_views > 0 || (!options->views && description->n_views > 0))
        return weir__fail(err, WEIR_UNSUPPORTED, "writing materialized views is not built in yet");
    TRY(rules_copy(writer, description, options, err));
    TRY(parquet_options(writer, description, options, err));
    if (inserted_at && inserted_at[0] != '\0') {
        writer->inserted_at = weir__region_text(&writer->region, weir__str_of(inserted_at), err);
        if (!writer->inserted_at)
            return WEIR_NO_MEMORY;
    }
    return WEIR_OK;
}

int weir_writer_new(struct weir_table *table, const struct weir_writer_options *options,
                    const struct weir_cancel *cancel, struct weir_writer **out,
                    struct weir_error *err)
{
    static const struct weir_writer_options defaults = {0};
    struct weir_table_description description = {0};
    ASSERT(table && table->magic == WEIR__TABLE_MAGIC && out);
    if (!options)
        options = &defaults;
    TRY(weir__table_require_parts(table, cancel, &description, err));
    struct weir_writer *made = weir__alloc_zero(table->env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->magic = WEIR__WRITER_MAGIC;
    made->table = weir__table_ref(table);
    made->region = weir__region_make(table->env);
    weir__mutex_init(&made->spare.mutex);
    weir__mutex_init(&made->partition_fn_mutex);
    made->spare.locked.buf = weir__buf_make(table->env, WEIR__DATA_FILE_MAX_BYTES);
    made->spare.max_bytes =
        options->encode_pool_max_bytes ? options->encode_pool_max_bytes : ENCODE_POOL_DEFAULT_BYTES;
    AUTO(writer) struct weir_writer *writer = made;
    TRY(writer_fill(writer, &description, options, err));
    *out = TAKE(writer);
    return WEIR_OK;
}

/* ---- One write ------------------------------------------------------------------------------- */

static int options_check(const struct weir_writer *writer, const struct weir_write_options *options,
                         struct weir_error *err)
{
    if (options->token && options->token_fn)
        return weir__fail(err, WEIR_INVALID, "token and token_fn are both given");
    if (options->token)
        TRY(weir__token_check(weir__str_of(options->token), err));
    if ((int)options->commit_mode < WEIR_COMMIT_HEAD_FIRST ||
        (int)options->commit_mode > WEIR_COMMIT_FIRST_TRY) {
        return weir__fail(err, WEIR_INVALID, "commit mode %d is unknown",
                          (int)options->commit_mode);
    }
    if (options->key) {
        TRY(weir__partition_check(writer->partitioner.parts, writer->partitioner.n_rules,
                                  weir__str_of(options->key), true, err));
    }
    return WEIR_OK;
}

/* Validate foreign arrays once, at the door. Returns the number of rows. */
static int input_check(const struct weir__input *input, int64_t *out_rows, struct weir_error *err)
{
    int64_t n_rows = 0;
    for (size_t i = 0; i < input->n_batches; i++) {
        int status = weir_batch_validate(input->schema, &input->batches[i], err);
        if (status != WEIR_OK)
            return input->n_batches > 1 ? weir__error_prefix(err, status, "batch %zu", i) : status;
        n_rows += input->batches[i].length;
    }
    *out_rows = n_rows;
    return WEIR_OK;
}

static int group(struct weir_writer *writer, const struct weir__input *input, const char *key,
                 struct weir__region *region, struct weir__rows **out, size_t *out_n,
                 struct weir_error *err)
{
    if (key) {
        struct weir__rows *rows = weir__region_alloc(region, 1, sizeof *rows, err);
        if (!rows)
            return WEIR_NO_MEMORY;
        TRY(weir__partition_single(input, key, region, rows, err));
        *out = rows;
        *out_n = 1;
        return WEIR_OK;
    }
    if (!writer->partitioner.fn)
        return weir__partition_group(&writer->partitioner, input, region, out, out_n, err);
    weir__mutex_lock(&writer->partition_fn_mutex); /* never twice at once: as promised */
    int status = weir__partition_group(&writer->partitioner, input, region, out, out_n, err);
    weir__mutex_unlock(&writer->partition_fn_mutex);
    return status;
}

/* The rows of one partition as one batch, for token callbacks and previews. */
static int rows_collect(const struct weir_env *env, const struct weir__input *input,
                        const struct weir__rows *rows, struct ArrowArray *out,
                        struct weir_error *err)
{
    AUTO(region) struct weir__region region = weir__region_make(env);
    struct ArrowArray *taken = weir__region_alloc(&region, rows->n_pieces, sizeof *taken, err);
    const struct ArrowArray **list = weir__region_pointers(&region, rows->n_pieces, err);
    if (!taken || !list)
        return WEIR_NO_MEMORY;
    int status = WEIR_OK;
    for (size_t i = 0; status == WEIR_OK && i < rows->n_pieces; i++) {
        const struct weir__piece *piece = &rows->pieces[i];
        const struct ArrowArray *batch = &input->batches[piece->batch];
        if (piece->rows) {
            status =
                weir__take(env, input->schema, batch, piece->rows, piece->n_rows, &taken[i], err);
        }
        list[i] = piece->rows ? &taken[i] : batch;
    }
    if (status == WEIR_OK && rows->n_pieces == 1 && taken[0].release) {
        weir__array_move(&taken[0], out);
    } else if (status == WEIR_OK) {
        status = weir__concat(env, input->schema, list, rows->n_pieces, out, err);
    }
    for (size_t i = 0; i < rows->n_pieces; i++)
        weir__array_freep(&taken[i]);
    return status;
}

/* The token of a partition into out[WEIR_TOKEN_MAX_BYTES + 1]; *out_has is false for "none". */
static int token_choose(struct weir_writer *writer, const struct weir__input *input,
                        const struct weir__rows *rows, const struct weir_write_options *options,
                        struct weir__str *out, char *space, struct weir_error *err)
{
    *out = weir__str_of(options->token);
    if (!options->token_fn)
        return WEIR_OK;
    AUTO(array) struct ArrowArray batch = {0};
    size_t len = 0;
    TRY(rows_collect(writer->table->env, input, rows, &batch, err));
    int status = options->token_fn(options->token_arg, rows->partition, input->schema, &batch,
                                   space, &len, err);
    if (status == WEIR_OK && len > WEIR_TOKEN_MAX_BYTES) {
        status = weir__fail(err, WEIR_INVALID, "token is longer than %d bytes: %zu",
                            WEIR_TOKEN_MAX_BYTES, len);
    }
    *out = (struct weir__str){space, len};
    if (status == WEIR_OK)
        status = weir__token_check(*out, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "token of partition %s", rows->partition);
    return WEIR_OK;
}

struct write_job {
    struct weir__write shared;
    struct weir__rows *rows;
    size_t n;
    bool *has_token; /* of each partition */
    struct weir__results *results;
};

/* Texts of one partition, and whether the store can hold its keys. */
static int job_name(struct weir_writer *writer, struct write_job *job, size_t i,
                    const struct weir_write_options *options, struct weir_error *err)
{
    struct weir_table *table = writer->table;
    char space[WEIR_TOKEN_MAX_BYTES + 1] = {0};
    char id[WEIR__UUID_TEXT_BYTES] = {0};
    struct weir__attempt attempt = {.partition = weir__str_of(job->rows[i].partition)};
    TRY(token_choose(writer, job->shared.input, &job->rows[i], options, &attempt.token, space,
                     err));
    TRY(weir__uuid_next(table->uuids, id, err));
    attempt.id = weir__str_of(id);
    job->has_token[i] = attempt.token.data != NULL;
    if (!job->has_token[i])
        attempt.token = attempt.id;
    TRY(weir__result_name(job->results, i, table->prefix, &attempt, err));
    const struct weir__result *record = &job->results->records[i];
    TRY(weir__table_key_check(table->store, record->data_key, err));
    TRY(weir__table_key_check(table->store, record->marker_key, err));
    return weir__table_key_check(table->store, record->ref_key, err);
}

static int job_run(void *arg, size_t i, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct write_job *job = arg;
    return weir__attempt_run(&job->shared, &job->rows[i], job->has_token[i],
                             &job->results->records[i], cancel, err);
}

static bool is_real_failure(const struct weir_write_result *item)
{
    return item->code != WEIR_OK && item->code != WEIR_COMMITTED_AFTER_TIMEOUT &&
           item->code != WEIR_CANCELLED;
}

/* The code of the whole call: spec/table-store.md 5.4. `fan_status` matters when nothing ran. */
static int verdict(const struct weir__results *results, int fan_status,
                   const struct weir_cancel *cancel, const struct weir_error *fan_error,
                   struct weir_error *err)
{
    const struct weir__result *late = NULL;
    bool is_stopped = false;
    for (size_t i = 0; i < results->n; i++) {
        const struct weir__result *record = &results->records[i];
        if (is_real_failure(record->public)) {
            if (err)
                *err = record->error;
            return weir__error_prefix(err, record->public->code, "write %s",
                                      record->public->partition);
        }
        if (record->public->code == WEIR_COMMITTED_AFTER_TIMEOUT && !late)
            late = record;
        is_stopped = is_stopped || record->public->code == WEIR_CANCELLED ||
                     record->public->state == WEIR_WRITE_NOT_STARTED;
    }
    if (is_stopped) {
        TRY(weir_cancel_check(cancel, err));
        if (err && fan_status != WEIR_OK)
            *err = *fan_error;
        return fan_status != WEIR_OK ? fan_status
                                     : weir__fail(err, WEIR_CANCELLED, "write was cancelled");
    }
    if (late) {
        if (err)
            *err = late->error;
        return WEIR_COMMITTED_AFTER_TIMEOUT;
    }
    return WEIR_OK;
}

/* What the partitions that never ran say about themselves. */
static void skipped_mark(struct weir__results *results)
{
    for (size_t i = 0; i < results->n; i++) {
        struct weir__result *record = &results->records[i];
        if (record->public->state != WEIR_WRITE_NOT_STARTED)
            continue;
        (void)weir__fail(&record->error, WEIR_CANCELLED, "not started");
        weir__result_fail(record, WEIR_CANCELLED);
    }
}

static int job_prepare(struct weir_writer *writer, struct write_job *job,
                       const struct weir_write_options *options, struct weir__region *region,
                       struct weir_error *err)
{
    struct weir_table *table = writer->table;
    const struct weir_env *env = table->env;
    TRY(group(writer, job->shared.input, options->key, region, &job->rows, &job->n, err));
    TRY(weir__results_new(env, job->n, &job->results, err));
    job->has_token = weir__region_alloc(region, job->n, sizeof *job->has_token, err);
    if (!job->has_token)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < job->n; i++)
        TRY(job_name(writer, job, i, options, err));
    job->shared.table = table;
    job->shared.parquet = &writer->parquet;
    job->shared.spare = &writer->spare;
    job->shared.mode = options->commit_mode;
    job->shared.restamp_if_late = options->restamp_if_late;
    job->shared.inserted_at_us =
        options->inserted_at_us ? options->inserted_at_us : env->wall_us(env->clock_ctx);
    return WEIR_OK;
}

static int write_rows(struct weir_writer *writer, struct write_job *job,
                      const struct weir_write_options *options, const struct weir_cancel *cancel,
                      struct weir_write_results *out, struct weir_error *err)
{
    const struct weir_env *env = writer->table->env;
    AUTO(region) struct weir__region region = weir__region_make(env);
    struct weir__shape shape = {0};
    TRY(job_prepare(writer, job, options, &region, err));
    TRY(weir__shape_make(&region, job->shared.input->schema, writer->inserted_at, writer->dropped,
                         options->key ? 0 : writer->n_dropped, &shape, err));
    job->shared.shape = &shape;

    struct weir_error fan_error = WEIR_ERROR_INIT;
    int status = weir__table_fan_out(writer->table, job->n, job_run, job, cancel, &fan_error);
    weir__shape_dispose(&shape);
    skipped_mark(job->results);
    status = verdict(job->results, status, cancel, &fan_error, err);
    weir__results_give(&job->results, out);
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): these parameters are the specification's. */
int weir_write(struct weir_writer *writer, const struct ArrowSchema *schema,
               const struct ArrowArray *batches, size_t n_batches,
               const struct weir_write_options *options, const struct weir_cancel *cancel,
               struct weir_write_results *out, struct weir_error *err)
{
    static const struct weir_write_options defaults = {0};
    ASSERT(writer && writer->magic == WEIR__WRITER_MAGIC && schema && out);
    if (!options)
        options = &defaults;
    struct weir__input input = {schema, batches, n_batches};
    struct write_job job = {.shared = {.input = &input}};
    int64_t n_rows = 0;
    TRY(options_check(writer, options, err));
    TRY(input_check(&input, &n_rows, err));
    if (n_rows == 0)
        return WEIR_OK;
    TRY(weir_cancel_check(cancel, err));
    int status = write_rows(writer, &job, options, cancel, out, err);
    weir__results_free(job.results); /* NULL when they were given away */
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): these parameters are the specification's. */
int weir_write_with_key(struct weir_writer *writer, const char *key,
                        const struct ArrowSchema *schema, const struct ArrowArray *batches,
                        size_t n_batches, const struct weir_write_options *options,
                        const struct weir_cancel *cancel, struct weir_write_results *out,
                        struct weir_error *err)
{
    struct weir_write_options with_key = {0};
    if (options)
        with_key = *options;
    with_key.key = key ? key : "";
    return weir_write(writer, schema, batches, n_batches, &with_key, cancel, out, err);
}

/* ---- Streams and previews -------------------------------------------------------------------- */

struct batches {
    const struct weir_env *env;
    struct ArrowArray *items;
    size_t n, cap;
};

static void batches_dispose(struct batches *batches)
{
    for (size_t i = 0; i < batches->n; i++)
        weir__array_freep(&batches->items[i]);
    weir__free(batches->env, batches->items);
}

static int batches_read(struct batches *batches, struct ArrowArrayStream *rows,
                        const struct weir_cancel *cancel, struct weir_error *err)
{
    for (;;) {
        struct ArrowArray batch = {0};
        TRY(weir_cancel_check(cancel, err));
        TRY(weir__stream_next(rows, &batch, err));
        if (!batch.release)
            return WEIR_OK;
        if (batches->n == batches->cap) {
            size_t cap = batches->cap ? batches->cap * 2 : 16;
            struct ArrowArray *grown =
                weir__resize(batches->env, batches->items, cap * sizeof *grown, err);
            if (!grown) {
                weir__array_freep(&batch);
                return WEIR_NO_MEMORY;
            }
            batches->items = grown;
            batches->cap = cap;
        }
        weir__array_move(&batch, &batches->items[batches->n++]);
    }
}

int weir_write_stream(struct weir_writer *writer, struct ArrowArrayStream *rows,
                      const struct weir_write_options *options, const struct weir_cancel *cancel,
                      struct weir_write_results *out, struct weir_error *err)
{
    ASSERT(writer && writer->magic == WEIR__WRITER_MAGIC && rows && out);
    AUTO(schema) struct ArrowSchema schema = {0};
    struct batches batches = {.env = writer->table->env};
    TRY(weir__stream_schema(rows, &schema, err));
    int status = batches_read(&batches, rows, cancel, err);
    if (status == WEIR_OK)
        status = weir_write(writer, &schema, batches.items, batches.n, options, cancel, out, err);
    batches_dispose(&batches);
    return status;
}

struct owned_groups {
    struct weir__region region;
    size_t n;
    struct weir_partition_rows *items;
};

static void owned_groups_free(struct owned_groups *groups)
{
    const struct weir_env *env = groups->region.env;
    for (size_t i = 0; i < groups->n; i++)
        weir__array_freep(&groups->items[i].rows);
    weir__region_dispose(&groups->region);
    weir__free(env, groups);
}

void weir_partition_groups_dispose(struct weir_partition_groups *groups)
{
    if (groups->private_data)
        owned_groups_free(groups->private_data);
    *groups = (struct weir_partition_groups){0};
}

static int groups_fill(struct weir_writer *writer, const struct weir__input *input,
                       struct owned_groups *groups, struct weir_error *err)
{
    struct weir__rows *rows = NULL;
    size_t n = 0;
    TRY(group(writer, input, NULL, &groups->region, &rows, &n, err));
    groups->items = weir__region_alloc(&groups->region, n, sizeof *groups->items, err);
    if (!groups->items)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        groups->items[i].partition = rows[i].partition;
        groups->n = i + 1;
        TRY(rows_collect(groups->region.env, input, &rows[i], &groups->items[i].rows, err));
    }
    return WEIR_OK;
}

int weir_group_by_partition(struct weir_writer *writer, const struct ArrowSchema *schema,
                            const struct ArrowArray *batches, size_t n_batches,
                            struct weir_partition_groups *out, struct weir_error *err)
{
    ASSERT(writer && writer->magic == WEIR__WRITER_MAGIC && schema && out);
    const struct weir_env *env = writer->table->env;
    struct weir__input input = {schema, batches, n_batches};
    int64_t n_rows = 0;
    TRY(input_check(&input, &n_rows, err));
    if (n_rows == 0)
        return WEIR_OK;
    struct owned_groups *groups = weir__alloc_zero(env, 1, sizeof *groups, err);
    if (!groups)
        return WEIR_NO_MEMORY;
    groups->region = weir__region_make(env);
    int status = groups_fill(writer, &input, groups, err);
    if (status != WEIR_OK) {
        owned_groups_free(groups);
        return status;
    }
    *out = (struct weir_partition_groups){groups->items, groups->n, groups};
    return WEIR_OK;
}

int weir_partition_key_of_row(struct weir_writer *writer, const struct ArrowSchema *schema,
                              const struct ArrowArray *batch, int64_t row, char *out_key,
                              struct weir_error *err)
{
    ASSERT(writer && writer->magic == WEIR__WRITER_MAGIC && schema && batch && out_key);
    AUTO(buf) struct weir__buf key = weir__buf_make(writer->table->env, WEIR__KEY_MAX_BYTES);
    if (row < 0 || row >= batch->length) {
        return weir__fail(err, WEIR_INVALID, "row %jd is not within 0..%jd", (intmax_t)row,
                          (intmax_t)batch->length - 1);
    }
    TRY(weir__partition_key(&writer->partitioner, schema, batch, row, &key, err));
    if (key.len > WEIR_PARTITION_KEY_MAX_BYTES) {
        return weir__fail(err, WEIR_INVALID, "partition key of %zu bytes is longer than %d",
                          key.len, WEIR_PARTITION_KEY_MAX_BYTES);
    }
    memcpy(out_key, key.data, key.len);
    out_key[key.len] = '\0';
    return WEIR_OK;
}
