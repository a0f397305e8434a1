/* encode.c: columns picked, the insertion time filled in, rows taken piece by piece, so that a
 * partition is never copied as a whole before it is encoded. */
#include "table/encode.h"

#include "format/format.h"

static const char inserted_at_format[] = "tsu:UTC";

static bool is_dropped(const char *name, const char *const *dropped, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(dropped[i], name) == 0)
            return true;
    }
    return false;
}

static int inserted_at_check(const struct ArrowSchema *column, enum weir__unit *out_unit,
                             struct weir_error *err)
{
    struct weir__type type = {0};
    TRY(weir__type_parse(column, &type, err));
    if (type.kind != WEIR__KIND_TIMESTAMP || type.is_dictionary) {
        char words[128] = {0};
        weir__type_describe(&type, words);
        return weir__fail(err, WEIR_INVALID, "insertion time column '%s' is %s, not a timestamp",
                          column->name, words);
    }
    *out_unit = type.unit;
    return WEIR_OK;
}

/* Which input columns go into the file; returns how many file columns there are. */
static int sources_choose(const struct ArrowSchema *input, const char *inserted_at,
                          const char *const *dropped, size_t n_dropped, struct weir__shape *shape,
                          int64_t *out_n, struct weir_error *err)
{
    int64_t n = 0;
    bool is_there = false;
    for (int64_t i = 0; i < input->n_children; i++) {
        const char *name = input->children[i]->name;
        if (inserted_at && name && strcmp(name, inserted_at) == 0) {
            TRY(inserted_at_check(input->children[i], &shape->inserted_at_unit, err));
            is_there = true;
            shape->sources[n++] = -1 - i; /* keeps its place; -1 - i remembers the input column */
        } else if (!is_dropped(name ? name : "", dropped, n_dropped)) {
            shape->sources[n++] = i;
            shape->n_kept++;
        }
    }
    if (inserted_at && !is_there) {
        shape->inserted_at_unit = WEIR__UNIT_MICRO;
        shape->sources[n++] = INT64_MIN;
    }
    *out_n = n;
    return WEIR_OK;
}

static int schema_fill(const struct weir_env *env, const struct ArrowSchema *input,
                       const char *inserted_at, struct weir__shape *shape,
                       struct weir__region *region, struct weir_error *err)
{
    struct ArrowSchema **kept = weir__region_pointers(region, (size_t)shape->n_kept, err);
    if (!kept)
        return WEIR_NO_MEMORY;
    int64_t n_kept = 0;
    for (int64_t i = 0; i < shape->schema.n_children; i++) {
        struct ArrowSchema *column = shape->schema.children[i];
        int64_t source = shape->sources[i];
        if (source == INT64_MIN) {
            TRY(weir__schema_make(env, inserted_at_format, inserted_at, false, 0, column, err));
        } else {
            int64_t from = source >= 0 ? source : -1 - source;
            TRY(weir__schema_copy(env, input->children[from], column, err));
        }
        if (source >= 0) {
            kept[n_kept++] = column;
        } else {
            shape->sources[i] = -1;
        }
    }
    shape->kept = shape->schema;
    shape->kept.release = NULL; /* borrowed */
    shape->kept.n_children = n_kept;
    shape->kept.children = kept;
    return WEIR_OK;
}

int weir__shape_make(struct weir__region *region, const struct ArrowSchema *input,
                     const char *inserted_at, const char *const *dropped, size_t n_dropped,
                     struct weir__shape *out, struct weir_error *err)
{
    const struct weir_env *env = region->env;
    struct weir__shape shape = {0};
    int64_t n = 0;
    shape.sources =
        weir__region_alloc(region, (size_t)input->n_children + 1, sizeof *shape.sources, err);
    if (!shape.sources)
        return WEIR_NO_MEMORY;
    TRY(sources_choose(input, inserted_at, dropped, n_dropped, &shape, &n, err));
    if (n == 0)
        return weir__fail(err, WEIR_INVALID, "no column is left to write");
    TRY(weir__schema_make(env, "+s", "", false, n, &shape.schema, err));
    int status = schema_fill(env, input, inserted_at, &shape, region, err);
    if (status != WEIR_OK) {
        weir__shape_dispose(&shape);
        return status;
    }
    *out = shape;
    return WEIR_OK;
}

void weir__shape_dispose(struct weir__shape *shape)
{
    weir__schema_freep(&shape->schema);
}

/* Microseconds in the unit of the column, cut to its resolution. */
static int inserted_at_value(int64_t us, enum weir__unit unit, int64_t *out, struct weir_error *err)
{
    int64_t per_second = weir__unit_per_second(unit);
    if (per_second > 1000000) {
        if (__builtin_mul_overflow(us, per_second / 1000000, out)) {
            return weir__fail(err, WEIR_INVALID, "insertion time %jd us does not fit nanoseconds",
                              (intmax_t)us);
        }
        return WEIR_OK;
    }
    int64_t step = 1000000 / per_second;
    *out = us / step - (us % step < 0);
    return WEIR_OK;
}

static int times_make(const struct weir_env *env, const struct weir__shape *shape,
                      const struct weir__rows *rows, int64_t inserted_at_us, struct weir__buf *out,
                      struct weir_error *err)
{
    int64_t value = 0;
    int64_t most = 0;
    if (shape->n_kept == shape->schema.n_children)
        return WEIR_OK; /* no such column */
    TRY(inserted_at_value(inserted_at_us, shape->inserted_at_unit, &value, err));
    for (size_t i = 0; i < rows->n_pieces; i++)
        most = rows->pieces[i].n_rows > most ? rows->pieces[i].n_rows : most;
    *out = weir__buf_make(env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(out, (size_t)most * sizeof value, err));
    for (int64_t i = 0; i < most; i++)
        memcpy(out->data + (size_t)i * sizeof value, &value, sizeof value);
    return WEIR_OK;
}

struct encode {
    const struct weir_env *env;
    const struct weir__shape *shape;
    struct weir_parquet_writer *writer;
    const void *times;
    /* As many of each as the file has columns. */
    struct ArrowArray *arrays;
    struct ArrowArray **kept, **children;
};

static struct ArrowArray struct_over(struct ArrowArray **children, int64_t n_children,
                                     int64_t n_rows, const void **no_validity)
{
    struct ArrowArray none = {.length = n_rows,
                              .n_buffers = 1,
                              .n_children = n_children,
                              .buffers = no_validity,
                              .children = children};
    struct ArrowArray batch = weir__borrow(&none);
    return batch;
}

static int piece_write(struct encode *e, const struct ArrowArray *batch,
                       const struct weir__piece *piece, struct weir_error *err)
{
    const struct weir__shape *shape = e->shape;
    const void *no_validity[1] = {NULL};
    const void *time_buffers[2] = {NULL, e->times};
    int64_t n_kept = 0;
    for (int64_t i = 0; i < shape->schema.n_children; i++) {
        if (shape->sources[i] >= 0) {
            e->arrays[n_kept] = weir__borrow_column(batch, shape->sources[i]);
            e->kept[n_kept] = &e->arrays[n_kept];
            n_kept++;
        }
    }
    struct ArrowArray source = struct_over(e->kept, n_kept, batch->length, no_validity);
    AUTO(array) struct ArrowArray taken = {0};
    const struct ArrowArray *rows = &source;
    if (piece->rows) {
        TRY(weir__take(e->env, &shape->kept, &source, piece->rows, piece->n_rows, &taken, err));
        rows = &taken;
    }
    struct ArrowArray time = {.length = piece->n_rows, .n_buffers = 2, .buffers = time_buffers};
    time = weir__borrow(&time);
    n_kept = 0;
    for (int64_t i = 0; i < shape->schema.n_children; i++)
        e->children[i] = shape->sources[i] >= 0 ? rows->children[n_kept++] : &time;
    struct ArrowArray whole =
        struct_over(e->children, shape->schema.n_children, piece->n_rows, no_validity);
    return weir_parquet_writer_write(e->writer, &whole, err);
}

static int pieces_write(struct encode *e, const struct weir__input *input,
                        const struct weir__rows *rows, const struct weir_cancel *cancel,
                        struct weir_error *err)
{
    AUTO(region) struct weir__region region = weir__region_make(e->env);
    size_t n = (size_t)e->shape->schema.n_children;
    e->arrays = weir__region_alloc(&region, n, sizeof *e->arrays, err);
    e->kept = weir__region_pointers(&region, n, err);
    e->children = weir__region_pointers(&region, n, err);
    if (!e->arrays || !e->kept || !e->children)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < rows->n_pieces; i++) {
        const struct weir__piece *piece = &rows->pieces[i];
        TRY(weir_cancel_check(cancel, err));
        TRY(piece_write(e, &input->batches[piece->batch], piece, err));
    }
    return weir_parquet_writer_finish(e->writer, NULL, err);
}

static int buf_sink(void *ctx, const void *data, size_t n, struct weir_error *err)
{
    struct weir__buf *buf = ctx;
    return weir__buf_append(buf, data, n, err);
}

int weir__rows_encode(const struct weir_env *env, const struct weir__encoding *encoding,
                      const struct weir_cancel *cancel, struct weir__buf *out,
                      struct weir_error *err)
{
    AUTO(buf) struct weir__buf times = weir__buf_make(env, SIZE_MAX / 2);
    struct weir_sink sink = {buf_sink, out};
    struct encode e = {.env = env, .shape = encoding->shape};
    TRY(times_make(env, e.shape, encoding->rows, encoding->inserted_at_us, &times, err));
    e.times = times.data;
    TRY(weir_parquet_writer_new(env, &e.shape->schema, encoding->options, &sink, &e.writer, err));
    int status = pieces_write(&e, encoding->input, encoding->rows, cancel, err);
    weir_parquet_writer_free(e.writer);
    return status;
}
