/* text_cycle.h: what must hold for any bytes read as rows of text, for fuzz_csv and fuzz_ndjson.
 *
 * The same bytes give the same rows or the same message however the source cuts them; what was
 * read is valid Arrow; and written as NDJSON it reads back, by its schema, as the same rows. */
#ifndef WEIR_FUZZ_TEXT_CYCLE_H
#define WEIR_FUZZ_TEXT_CYCLE_H

#include "format/format.h"

#include <stdint.h>

struct cycle_source {
    const uint8_t *data;
    size_t len, at, chunk;
};

static int cycle_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    (void)err;
    struct cycle_source *from = ctx;
    size_t n = from->len - from->at;
    if (n > cap)
        n = cap;
    if (n > from->chunk)
        n = from->chunk;
    if (n > 0)
        memcpy(buf, from->data + from->at, n);
    from->at += n;
    *out_got = n;
    return WEIR_OK;
}

static int cycle_write(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    return weir__buf_append(ctx, buf, n, err);
}

/* Rows as NDJSON into `out`, the schema into *schema. */
static int cycle_print(enum weir_file_format format, const struct weir_text_read_options *options,
                       struct cycle_source *from, struct ArrowSchema *schema, struct weir__buf *out,
                       struct weir_error *err)
{
    const struct weir_env *env = weir_env_default();
    struct weir_source source = {cycle_read, NULL, from};
    struct weir_sink sink = {cycle_write, out};
    AUTO(stream) struct ArrowArrayStream rows = {0};
    TRY(weir_rows_read_source(env, format, &source, options, &rows, err));
    TRY(weir__stream_schema(&rows, schema, err));
    struct weir_rows_writer *writer = NULL;
    TRY(weir_rows_writer_new(env, WEIR_FORMAT_NDJSON, schema, NULL, &sink, &writer, err));
    int status = WEIR_OK;
    for (bool has_more = true; status == WEIR_OK && has_more;) {
        AUTO(array) struct ArrowArray batch = {0};
        status = weir__stream_next(&rows, &batch, err);
        has_more = batch.release != NULL;
        if (status == WEIR_OK && has_more) {
            struct weir_error why = WEIR_ERROR_INIT;
            ASSERT(weir_batch_validate(schema, &batch, &why) == WEIR_OK);
            status = weir_rows_writer_write(writer, &batch, err);
        }
    }
    weir_rows_writer_free(writer);
    return status;
}

static void cycle_check(enum weir_file_format format, const struct weir_text_read_options *options,
                        const uint8_t *data, size_t size, size_t chunk)
{
    const struct weir_env *env = weir_env_default();
    struct weir_error err_whole = WEIR_ERROR_INIT, err_cut = WEIR_ERROR_INIT;
    AUTO(buf) struct weir__buf whole = weir__buf_make(env, SIZE_MAX / 2);
    AUTO(buf) struct weir__buf cut = weir__buf_make(env, SIZE_MAX / 2);
    AUTO(buf) struct weir__buf again = weir__buf_make(env, SIZE_MAX / 2);
    AUTO(schema) struct ArrowSchema schema = {0}, schema_cut = {0}, schema_again = {0};
    struct cycle_source from = {data, size, 0, SIZE_MAX};
    int status = cycle_print(format, options, &from, &schema, &whole, &err_whole);
    from = (struct cycle_source){data, size, 0, chunk};
    ASSERT(cycle_print(format, options, &from, &schema_cut, &cut, &err_cut) == status);
    ASSERT(strcmp(err_whole.message, err_cut.message) == 0);
    ASSERT(strchr(err_whole.message, '\n') == NULL);
    ASSERT(weir__str_eq((struct weir__str){(const char *)whole.data, whole.len},
                        (struct weir__str){(const char *)cut.data, cut.len}));
    if (status != WEIR_OK)
        return;
    struct weir_text_read_options by_schema = {.schema = &schema};
    from = (struct cycle_source){whole.data, whole.len, 0, SIZE_MAX};
    status = cycle_print(WEIR_FORMAT_NDJSON, &by_schema, &from, &schema_again, &again, &err_cut);
    ASSERT(status == WEIR_OK);
    ASSERT(weir__str_eq((struct weir__str){(const char *)whole.data, whole.len},
                        (struct weir__str){(const char *)again.data, again.len}));
}

#endif
