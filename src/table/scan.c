/* scan.c: a cursor over partitions, files and row groups. */
#include "table/scan.h"

#include "format/format.h"
#include "table/collapse.h"
#include "table/columns.h"
#include "table/partition.h"

#define MAX_BATCH_ROWS 65536
#define MAX_BODY_BYTES (INT64_C(256) << 20)

/* An open data file. It does not move: the format reader points into it. */
struct source {
    const struct weir_env *env;
    struct weir__region region; /* of the adapter */
    struct weir__body body;
    struct weir_parquet_reader *parquet;
    struct weir__adapter adapter;
    struct ArrowArrayStream rows;
    int64_t n_unnamed; /* rows left of a file of which no column is wanted */
};

struct weir__scan {
    int n_refs;
    const struct weir_env *env;
    struct weir_reader *reader;
    struct weir__snapshot *snapshot;
    const struct weir_cancel *cancel;
    struct weir__columns columns;
    bool history;
    int64_t batch_rows;
    int64_t max_body_bytes;
    /* Where we are. */
    size_t position;       /* 1 = the first partition */
    size_t file;           /* next one to open */
    struct source *source; /* NULL: none open */
    /* The file that gave the schema stays open until its turn: it is fetched once. */
    const struct weir__data_file *kept_file;
    struct source *kept;
    /* A partition that was collapsed. */
    bool is_gathered;
    struct ArrowArray gathered;
    int64_t *survivors;
    int64_t n_survivors, next_survivor;
    struct weir_error failure; /* code WEIR_OK: none */
};

/* ---- One file -------------------------------------------------------------------------------- */

static void source_close(struct source **source)
{
    struct source *s = TAKE(*source);
    if (!s)
        return;
    weir__stream_freep(&s->rows);
    weir__adapter_dispose(&s->adapter);
    weir_parquet_reader_free(s->parquet);
    weir__body_dispose(&s->body);
    weir__region_dispose(&s->region);
    weir__free(s->env, s);
}

/* Local files are read in ranges; whole bodies pay off where each range is a request. */
static bool wants_body(const struct weir__scan *scan, const struct weir__data_file *file)
{
    const char *type = weir_storage_type(scan->reader->table->store);
    return strcmp(type, "local") != 0 && file->size_bytes <= scan->max_body_bytes;
}

static int file_open(struct weir__scan *scan, const struct weir__data_file *file,
                     struct source **out, struct weir_error *err)
{
    struct weir__requester r = weir__table_requester(scan->reader->table);
    struct source *source = weir__alloc_zero(scan->env, 1, sizeof *source, err);
    if (!source)
        return WEIR_NO_MEMORY;
    source->env = scan->env;
    source->region = weir__region_make(scan->env);
    int status = weir__request_body(&r, file->key, wants_body(scan, file), scan->max_body_bytes,
                                    scan->cancel, &source->body, err);
    if (status == WEIR_OK) {
        status =
            weir_parquet_reader_open(scan->env, &source->body.input, NULL, &source->parquet, err);
        if (status != WEIR_OK)
            status = weir__error_prefix(err, status, "%s", file->key);
    }
    if (status != WEIR_OK) {
        source_close(&source);
        return status;
    }
    *out = source;
    return WEIR_OK;
}

static int file_begin(struct weir__scan *scan, const struct weir__data_file *file,
                      const char *partition, int64_t batch_rows, struct weir_error *err)
{
    AUTO(schema) struct ArrowSchema schema = {0};
    if (file == scan->kept_file && scan->kept) {
        scan->source = TAKE(scan->kept);
    } else {
        TRY(file_open(scan, file, &scan->source, err));
    }
    struct source *source = scan->source;
    TRY(weir_parquet_reader_schema(source->parquet, &schema, err));
    struct weir__target target = {scan->columns.items, scan->columns.n, file->key, partition};
    TRY(weir__adapter_make(&target, &schema, &source->region, &source->adapter, err));
    if (source->adapter.n_names == 0) {
        source->n_unnamed = weir_parquet_reader_rows(source->parquet);
        return WEIR_OK;
    }
    struct weir_parquet_scan_options options = {.columns = source->adapter.names,
                                                .n_columns = source->adapter.n_names,
                                                .batch_rows = batch_rows};
    int status = weir_parquet_reader_scan(source->parquet, &options, &source->rows, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "%s", file->key);
    return WEIR_OK;
}

/* The next adapted batch of an open file; released at its end. */
static int file_next(struct weir__scan *scan, struct source *source, struct ArrowArray *out,
                     struct weir_error *err)
{
    AUTO(array) struct ArrowArray batch = {0};
    int64_t n_rows = 0;
    TRY(weir_cancel_check(scan->cancel, err));
    if (source->adapter.n_names == 0) {
        n_rows = source->n_unnamed < scan->batch_rows ? source->n_unnamed : scan->batch_rows;
        source->n_unnamed -= n_rows;
    } else {
        do {
            weir__array_freep(&batch);
            int status = weir__stream_next(&source->rows, &batch, err);
            if (status != WEIR_OK)
                return weir__error_prefix(err, status, "%s", source->adapter.target.file);
            n_rows = batch.release ? batch.length : 0;
        } while (batch.release && n_rows == 0);
    }
    if (n_rows == 0)
        return WEIR_OK;
    return weir__adapter_apply(&source->adapter, &batch, n_rows, out, err);
}

/* ---- One partition --------------------------------------------------------------------------- */

static const struct weir__partition_files *current(const struct weir__scan *scan)
{
    ASSERT(scan->position > 0 && scan->position <= scan->snapshot->n_partitions);
    return &scan->snapshot->partitions[scan->position - 1];
}

/* The next batch in decode order; released at the end of the partition. */
static int decode_next(struct weir__scan *scan, int64_t batch_rows, struct ArrowArray *out,
                       struct weir_error *err)
{
    const struct weir__partition_files *partition = current(scan);
    for (;;) {
        if (!scan->source) {
            if (scan->file == partition->n_files)
                return WEIR_OK;
            TRY(file_begin(scan, &partition->files[scan->file], partition->partition, batch_rows,
                           err));
            scan->file++;
        }
        TRY(file_next(scan, scan->source, out, err));
        if (out->release)
            return WEIR_OK;
        source_close(&scan->source);
    }
}

struct gather {
    struct ArrowArray *items;
    size_t n, cap;
};

static int gather_all(struct weir__scan *scan, struct gather *gather, struct weir_error *err)
{
    for (;;) {
        struct ArrowArray batch = {0};
        TRY(decode_next(scan, 0, &batch, err));
        if (!batch.release)
            return WEIR_OK;
        if (gather->n == gather->cap) {
            size_t cap = gather->cap ? gather->cap * 2 : 16;
            struct ArrowArray *grown =
                weir__resize(scan->env, gather->items, cap * sizeof *grown, err);
            if (!grown) {
                weir__array_freep(&batch);
                return WEIR_NO_MEMORY;
            }
            gather->items = grown;
            gather->cap = cap;
        }
        weir__array_move(&batch, &gather->items[gather->n++]);
    }
}

static int gather_join(struct weir__scan *scan, struct gather *gather, struct ArrowArray *out,
                       struct weir_error *err)
{
    if (gather->n == 1) {
        weir__array_move(&gather->items[0], out);
        return WEIR_OK;
    }
    const struct ArrowArray **list = weir__alloc_zero(scan->env, gather->n, sizeof(void *), err);
    if (!list)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < gather->n; i++)
        list[i] = &gather->items[i];
    int status = weir__concat(scan->env, &scan->columns.all, list, gather->n, out, err);
    weir__free(scan->env, list);
    return status;
}

static void gather_dispose(const struct weir_env *env, struct gather *gather)
{
    for (size_t i = 0; i < gather->n; i++)
        weir__array_freep(&gather->items[i]);
    weir__free(env, gather->items);
}

static void gathered_clear(struct weir__scan *scan)
{
    weir__array_freep(&scan->gathered);
    weir__free(scan->env, scan->survivors);
    scan->survivors = NULL;
    scan->n_survivors = scan->next_survivor = 0;
    scan->is_gathered = false;
}

static int partition_gather(struct weir__scan *scan, struct weir_error *err)
{
    struct gather gather = {0};
    int status = gather_all(scan, &gather, err);
    if (status == WEIR_OK && gather.n > 0)
        status = gather_join(scan, &gather, &scan->gathered, err);
    gather_dispose(scan->env, &gather);
    TRY(status);
    scan->is_gathered = true;
    if (!scan->gathered.release)
        return WEIR_OK;
    return weir__collapse(scan->reader, &scan->columns.all, &scan->gathered, scan->history,
                          &scan->survivors, &scan->n_survivors, err);
}

/* The gathered batch without the columns that only dedup needed; borrowed. */
static int delivered_view(struct weir__scan *scan, struct weir__region *region,
                          struct ArrowArray *out, struct weir_error *err)
{
    static const void *const no_validity[1];
    size_t n = (size_t)scan->columns.delivered.n_children;
    struct ArrowArray *arrays = weir__region_alloc(region, n, sizeof *arrays, err);
    struct ArrowArray **list = weir__region_pointers(region, n, err);
    const void **buffers = weir__region_alloc(region, 1, sizeof *buffers, err);
    if (!arrays || !list || !buffers)
        return WEIR_NO_MEMORY;
    memcpy(buffers, no_validity, sizeof no_validity);
    for (size_t i = 0; i < n; i++) { /* internal columns come last */
        arrays[i] = weir__borrow_column(&scan->gathered, (int64_t)i);
        list[i] = &arrays[i];
    }
    *out = weir__borrow(&scan->gathered);
    out->offset = 0;
    out->null_count = 0;
    out->n_buffers = 1;
    out->buffers = buffers;
    out->n_children = (int64_t)n;
    out->children = list;
    return WEIR_OK;
}

static int survivors_next(struct weir__scan *scan, struct ArrowArray *out, struct weir_error *err)
{
    if (!scan->is_gathered)
        TRY(partition_gather(scan, err));
    int64_t left = scan->n_survivors - scan->next_survivor;
    int64_t n = left < scan->batch_rows ? left : scan->batch_rows;
    if (n == 0) {
        gathered_clear(scan);
        scan->is_gathered = true; /* and empty: asking again gives nothing */
        return WEIR_OK;
    }
    AUTO(region) struct weir__region region = weir__region_make(scan->env);
    struct ArrowArray view = {0};
    TRY(weir_cancel_check(scan->cancel, err));
    TRY(delivered_view(scan, &region, &view, err));
    TRY(weir__take(scan->env, &scan->columns.delivered, &view,
                   scan->survivors + scan->next_survivor, n, out, err));
    scan->next_survivor += n;
    return WEIR_OK;
}

int weir__scan_next(struct weir__scan *scan, struct ArrowArray *out, struct weir_error *err)
{
    struct weir_error failure = WEIR_ERROR_INIT;
    struct ArrowArray batch = {0};
    int status = scan->failure.code;
    if (status == WEIR_OK) {
        status = scan->reader->has_rules ? survivors_next(scan, &batch, &failure)
                                         : decode_next(scan, scan->batch_rows, &batch, &failure);
        failure.code = status;
        if (status != WEIR_OK)
            scan->failure = failure;
    }
    if (status != WEIR_OK) {
        if (err)
            *err = scan->failure;
        return status;
    }
    *out = batch;
    return WEIR_OK;
}

const char *weir__scan_advance(struct weir__scan *scan)
{
    source_close(&scan->source);
    gathered_clear(scan);
    scan->file = 0;
    if (scan->position >= scan->snapshot->n_partitions) {
        scan->position = scan->snapshot->n_partitions + 1;
        return NULL;
    }
    scan->position++;
    return current(scan)->partition;
}

size_t weir__scan_position(const struct weir__scan *scan)
{
    return scan->position;
}

/* ---- Making ---------------------------------------------------------------------------------- */

int weir__scan_copy_schema(const struct weir__scan *scan, struct ArrowSchema *out,
                           struct weir_error *err)
{
    return weir__schema_copy(scan->env, &scan->columns.delivered, out, err);
}

int weir__scan_failure(const struct weir__scan *scan, struct weir_error *err)
{
    if (scan->failure.code != WEIR_OK && err)
        *err = scan->failure;
    return scan->failure.code;
}

bool weir__scan_is_done(const struct weir__scan *scan)
{
    return scan->position > scan->snapshot->n_partitions;
}

struct weir__scan *weir__scan_ref(struct weir__scan *scan)
{
    scan->n_refs++;
    return scan;
}

void weir__scan_unref(struct weir__scan *scan)
{
    if (!scan || --scan->n_refs > 0)
        return;
    source_close(&scan->source);
    source_close(&scan->kept);
    gathered_clear(scan);
    weir__columns_dispose(&scan->columns);
    weir__snapshot_free(scan->snapshot);
    const struct weir_env *env = scan->env;
    weir_reader_free(scan->reader);
    weir__free(env, scan);
}

void weir__scan_freep(struct weir__scan **scan)
{
    weir__scan_unref(*scan);
    *scan = NULL;
}

/* Largest modification time, ties by key. */
static const struct weir__data_file *newest_file(const struct weir__snapshot *snapshot)
{
    const struct weir__data_file *newest = NULL;
    for (size_t i = 0; i < snapshot->n_files; i++) {
        const struct weir__data_file *file = &snapshot->files[i];
        if (!newest || file->modified_us > newest->modified_us ||
            (file->modified_us == newest->modified_us && strcmp(file->key, newest->key) > 0))
            newest = file;
    }
    return newest;
}

static int base_schema(struct weir__scan *scan, struct ArrowSchema *out, struct weir_error *err)
{
    const struct weir__data_file *newest = newest_file(scan->snapshot);
    if (scan->reader->schema.release)
        return weir__schema_copy(scan->env, &scan->reader->schema, out, err);
    if (!newest)
        return weir__schema_make(scan->env, "+s", "", false, 0, out, err);
    TRY(file_open(scan, newest, &scan->kept, err));
    scan->kept_file = newest;
    return weir_parquet_reader_schema(scan->kept->parquet, out, err);
}

static int scan_fill(struct weir__scan *scan, const struct weir__selection *selection,
                     const struct weir_read_options *options, struct weir_error *err)
{
    struct weir_reader *reader = scan->reader;
    AUTO(schema) struct ArrowSchema base = {0};
    scan->history = options->history;
    scan->batch_rows = options->max_batch_rows > 0 ? options->max_batch_rows : MAX_BATCH_ROWS;
    scan->max_body_bytes = options->max_body_bytes > 0 ? options->max_body_bytes : MAX_BODY_BYTES;
    TRY(weir__snapshot_take(reader->table, selection, scan->cancel, &scan->snapshot, err));
    TRY(base_schema(scan, &base, err));
    return weir__columns_choose(reader, options, &base,
                                scan->snapshot->n_files == 0 && !reader->schema.release,
                                &scan->columns, err);
}

int weir__scan_new(struct weir_reader *reader, const struct weir__selection *selection,
                   const struct weir_read_options *options, const struct weir_cancel *cancel,
                   struct weir__scan **out, struct weir_error *err)
{
    struct weir__scan *made = weir__alloc_zero(reader->table->env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->n_refs = 1;
    made->env = reader->table->env;
    made->reader = weir__reader_ref(reader);
    made->cancel = cancel;
    AUTO(scan) struct weir__scan *scan = made;
    TRY(scan_fill(scan, selection, options, err));
    *out = TAKE(scan);
    return WEIR_OK;
}
