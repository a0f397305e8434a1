/* append.c: make a table, append one batch twice with the same token, read the rows back.
 *
 * Build: cc append.c $(pkg-config --cflags --libs weir) */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <weir/weir.h>

/* A record batch of two columns, built by hand as the Arrow C Data Interface describes it: any
 * Arrow library (pyarrow, nanoarrow, DuckDB, Polars) hands out the same two structs. */
static const char day_bytes[] = "2026-03-172026-03-172026-03-18";
static const int32_t day_offsets[] = {0, 10, 20, 30};
static const int64_t amounts[] = {100, 250, 75};

static void keep_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void keep_array(struct ArrowArray *array)
{
    array->release = NULL;
}

static int show(struct ArrowArrayStream *rows)
{
    struct ArrowArray batch;
    int64_t total = 0, n = 0;
    while (rows->get_next(rows, &batch) == 0 && batch.release != NULL) {
        const int64_t *values = (const int64_t *)batch.children[0]->buffers[1];
        for (int64_t i = 0; i < batch.length; i++)
            total += values[batch.children[0]->offset + i];
        n += batch.length;
        batch.release(&batch);
    }
    (void)printf("%lld rows, amounts sum to %lld\n", (long long)n, (long long)total);
    return n == 3 && total == 425 ? 0 : 1;
}

int main(void)
{
    struct ArrowSchema day_schema = {"u", "day", NULL, 0, 0, NULL, NULL, keep_schema, NULL};
    struct ArrowSchema amount_schema = {"l", "amount", NULL, 0, 0, NULL, NULL, keep_schema, NULL};
    struct ArrowSchema *fields[] = {&day_schema, &amount_schema};
    struct ArrowSchema schema = {"+s", "", NULL, 0, 2, fields, NULL, keep_schema, NULL};
    const void *day_buffers[] = {NULL, day_offsets, day_bytes};
    const void *amount_buffers[] = {NULL, amounts};
    struct ArrowArray day = {3, 0, 0, 3, 0, day_buffers, NULL, NULL, keep_array, NULL};
    struct ArrowArray amount = {3, 0, 0, 2, 0, amount_buffers, NULL, NULL, keep_array, NULL};
    struct ArrowArray *columns[] = {&day, &amount};
    const void *none[] = {NULL};
    struct ArrowArray batch = {3, 0, 0, 1, 2, none, columns, NULL, keep_array, NULL};

    const struct weir_env *env = weir_env_default();
    struct weir_error err = WEIR_ERROR_INIT;
    struct weir_storage *store = NULL;
    struct weir_table *table = NULL;
    struct weir_writer *writer = NULL;
    struct weir_reader *reader = NULL;
    struct ArrowArrayStream rows;
    memset(&rows, 0, sizeof rows);
    const char *parts[] = {"day"};
    struct weir_table_init_options init = {.partition_by = parts, .n_partition_by = 1};
    struct weir_write_options once = {.token = "invoice-17"};
    const char *only_amount[] = {"amount"};
    struct weir_read_options narrow = {.columns = only_amount, .n_columns = 1};
    int code = 1;

    if (weir_storage_open(env, "mem://example", NULL, NULL, &store, &err) == WEIR_OK &&
        weir_table_init(env, store, NULL, &init, NULL, &err) == WEIR_OK &&
        weir_table_open(env, store, NULL, NULL, NULL, &table, &err) == WEIR_OK &&
        weir_writer_new(table, NULL, NULL, &writer, &err) == WEIR_OK) {
        for (int i = 0; i < 2 && err.code == WEIR_OK; i++) {
            struct weir_write_results results;
            memset(&results, 0, sizeof results);
            if (weir_write(writer, &schema, &batch, 1, &once, NULL, &results, &err) == WEIR_OK)
                for (size_t p = 0; p < results.n; p++)
                    (void)printf("%s: %s\n", results.items[p].partition,
                                 weir_write_state_name(results.items[p].state));
            weir_write_results_dispose(&results);
        }
    }
    if (err.code == WEIR_OK && weir_reader_new(table, NULL, NULL, &reader, &err) == WEIR_OK &&
        weir_read(reader, NULL, 0, &narrow, NULL, &rows, &err) == WEIR_OK) {
        code = show(&rows);
        rows.release(&rows);
    }
    if (err.code != WEIR_OK)
        (void)fprintf(stderr, "append: %s\n", err.message);
    weir_reader_free(reader);
    weir_writer_free(writer);
    weir_table_free(table);
    weir_storage_close(store);
    return code;
}
