/* attempt.c: does what the commit machine asks for and tells it how it went. All decisions are in
 * commit.c; all texts were made before in result.c. */
#include "table/attempt.h"

struct attempt {
    const struct weir__write *write;
    const struct weir__rows *rows;
    struct weir__result *record;
    struct weir__requester r;
    struct weir__commit machine;
    struct weir__buf body;
    int64_t ref_us;
    int64_t began_us;         /* monotonic, when ref_us was taken */
    struct weir_error caused; /* of a refused commit PUT */
};

static struct weir__buf spare_take(struct weir__spare *spare, const struct weir_env *env)
{
    weir__mutex_lock(&spare->mutex);
    struct weir__buf buf = spare->locked.buf;
    spare->locked.buf = weir__buf_make(env, WEIR__DATA_FILE_MAX_BYTES);
    weir__mutex_unlock(&spare->mutex);
    weir__buf_clear(&buf);
    return buf;
}

static void spare_give(struct weir__spare *spare, struct weir__buf *buf)
{
    if (buf->cap > spare->max_bytes)
        weir__metric_add(buf->env, "weir_table_encode_buffers_dropped_total", "", 1);
    weir__mutex_lock(&spare->mutex);
    if (!spare->locked.buf.data && buf->cap <= spare->max_bytes) {
        spare->locked.buf = *buf;
        buf->data = NULL;
        buf->len = buf->cap = 0;
    }
    weir__mutex_unlock(&spare->mutex);
    weir__buf_dispose(buf);
}

static int64_t elapsed(const struct attempt *a)
{
    const struct weir_env *env = a->r.env;
    return env->monotonic_us(env->clock_ctx) - a->began_us;
}

static int do_look(struct attempt *a, const struct weir_cancel *cancel,
                   struct weir__commit_outcome *outcome, struct weir_error *err)
{
    struct weir__found_marker found = {0};
    TRY(weir__request_marker(&a->r, a->record->marker_key, cancel, &found, err));
    outcome->marker_is_there = found.is_there;
    outcome->marker = found.marker;
    outcome->marker_modified_us = found.modified_us;
    return WEIR_OK;
}

static int do_prepare(struct attempt *a, const struct weir_cancel *cancel, struct weir_error *err)
{
    const struct weir__write *write = a->write;
    struct weir_table *table = write->table;
    int64_t now_us = a->r.env->wall_us(a->r.env->clock_ctx);
    if (now_us < 0 || now_us > WEIR__REF_MAX_US) {
        return weir__fail(err, WEIR_INVALID,
                          "clock says %jd us since 1970, refs can only say 1970 to 2286",
                          (intmax_t)now_us);
    }
    TRY(weir__slots_take(&table->encoders, cancel, err));
    a->body = spare_take(write->spare, a->r.env);
    struct weir__encoding encoding = {write->shape, write->input, a->rows, write->inserted_at_us,
                                      write->parquet};
    int status = weir__rows_encode(a->r.env, &encoding, cancel, &a->body, err);
    weir__slots_give(&table->encoders);
    return status;
}

static int do_put_data(struct attempt *a, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct weir__put put = {
        .key = a->record->data_key, .data = a->body.data, .n_bytes = a->body.len};
    TRY(weir__request_put(&a->r, &put, cancel, NULL, err));
    spare_give(a->write->spare, &a->body); /* the rest needs no memory */
    return WEIR_OK;
}

/* The time is taken as late as possible: the settle window has to cover only what follows. */
static int do_put_ref(struct attempt *a, struct weir_error *err)
{
    const struct weir_env *env = a->r.env;
    TRY(weir__table_stamp(a->write->table, &a->ref_us, err));
    a->began_us = env->monotonic_us(env->clock_ctx);
    weir__result_stamp(a->record, a->ref_us);
    struct weir__put put = {.key = a->record->ref_key, .data = "", .n_bytes = 0};
    return weir__request_put(&a->r, &put, NULL, NULL, err);
}

static int commit_put(struct attempt *a, const struct weir__marker_text *text, bool if_absent,
                      int *out_tries, struct weir_error *err)
{
    bool in_meta = (weir_storage_caps(a->r.store) & WEIR_CAP_META) != 0;
    struct weir__str body = {"", 0};
    AUTO(buf) struct weir__buf lines = weir__buf_make(a->r.env, WEIR__MARKER_MAX_BYTES);
    if (!in_meta) {
        TRY(weir__marker_body(text, &lines, err));
        body = (struct weir__str){(const char *)lines.data, lines.len};
    }
    struct weir__put put = {.key = a->record->marker_key,
                            .data = body.data,
                            .n_bytes = body.len,
                            .meta = in_meta ? text->meta : NULL,
                            .n_meta = in_meta ? WEIR__MARKER_FIELDS : 0,
                            .if_absent = if_absent};
    return weir__request_put(&a->r, &put, NULL, out_tries, err);
}

static int do_put_commit(struct attempt *a, struct weir__commit_outcome *outcome,
                         struct weir_error *err)
{
    struct weir_table *table = a->write->table;
    struct weir__marker marker = {.ref_us = a->ref_us,
                                  .inserted_at_us = a->write->inserted_at_us,
                                  .row_count = a->rows->n_rows};
    struct weir__marker_text text;
    memcpy(marker.attempt, a->machine.attempt, sizeof marker.attempt);
    weir__marker_write(&marker, &text);

    bool if_absent = !atomic_load(&table->no_if_absent);
    bool needs_it = a->machine.has_token && a->machine.mode != WEIR_COMMIT_HEAD_FIRST;
    if (!if_absent && needs_it) { /* overwriting in silence would break the promise */
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "store cannot create %s only if absent, which this commit mode needs",
                          a->record->marker_key);
    }
    int status = commit_put(a, &text, if_absent, &outcome->n_tries, err);
    if (status == WEIR_UNSUPPORTED && if_absent && !needs_it) {
        atomic_store(&table->no_if_absent, true);
        status = commit_put(a, &text, false, &outcome->n_tries, err);
    }
    outcome->elapsed_us = elapsed(a);
    if (status == WEIR_OK) {
        a->record->public->inserted_at_us = marker.inserted_at_us;
        a->record->public->row_count = marker.row_count;
    }
    return status;
}

static int do_recover(struct attempt *a, struct weir__commit_outcome *outcome,
                      struct weir_error *err)
{
    weir__metric_add(a->r.env, "weir_table_commit_collisions_total", "", 1);
    a->caused = a->record->error;
    int status = do_look(a, NULL, outcome, err);
    outcome->elapsed_us = elapsed(a);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "%.200s, then", a->caused.message);
    if (!outcome->marker_is_there && err)
        *err = a->caused; /* the refusal stands */
    if (outcome->marker_is_there && strcmp(outcome->marker.attempt, a->machine.attempt) == 0)
        weir__result_from_marker(a->record, &outcome->marker);
    return WEIR_OK;
}

/* One more ref for the same commit. */
static int do_restamp(struct attempt *a, struct weir__commit_outcome *outcome,
                      struct weir_error *err)
{
    int64_t before_us = a->machine.is_existing ? a->machine.marker.ref_us : a->ref_us;
    if (a->machine.is_existing)
        weir__result_from_marker(a->record, &a->machine.marker);
    int status = do_put_ref(a, err);
    outcome->elapsed_us = elapsed(a);
    if (status != WEIR_OK)
        weir__result_stamp(a->record, before_us); /* the ref that is there */
    return status;
}

static int do_step(struct attempt *a, const struct weir_cancel *cancel,
                   struct weir__commit_outcome *outcome, struct weir_error *err)
{
    switch (a->machine.step) {
    case WEIR__STEP_LOOK:
        return do_look(a, cancel, outcome, err);
    case WEIR__STEP_PREPARE:
        return do_prepare(a, cancel, err);
    case WEIR__STEP_PUT_DATA:
        return do_put_data(a, cancel, err);
    case WEIR__STEP_PUT_REF:
        return do_put_ref(a, err);
    case WEIR__STEP_PUT_COMMIT:
        return do_put_commit(a, outcome, err);
    case WEIR__STEP_RECOVER:
        return do_recover(a, outcome, err);
    case WEIR__STEP_RESTAMP:
        return do_restamp(a, outcome, err);
    case WEIR__STEP_DONE:
        break;
    }
    return WEIR_OK;
}

static void report(struct attempt *a)
{
    struct weir__result *record = a->record;
    const struct weir__commit *machine = &a->machine;
    record->public->state = machine->state;
    record->public->late_suspected = machine->late_suspected;
    /* A restamp has done it already, and put a newer ref there. */
    if (machine->state == WEIR_WRITE_EXISTING &&
        strcmp(record->attempt, machine->marker.attempt) != 0)
        weir__result_from_marker(record, &machine->marker);
    if (machine->code == WEIR_COMMITTED_AFTER_TIMEOUT) {
        weir__metric_add(a->r.env, "weir_table_commit_after_timeout_total", "", 1);
        (void)weir__fail(&record->error, machine->code,
                         "%s was committed after the commit timeout of %jd us", record->marker_key,
                         (intmax_t)machine->commit_timeout_us);
    }
    weir__result_fail(record, machine->code);
}

int weir__attempt_run(const struct weir__write *write, const struct weir__rows *rows,
                      bool has_token, struct weir__result *record, const struct weir_cancel *cancel,
                      struct weir_error *err)
{
    struct attempt a = {.write = write,
                        .rows = rows,
                        .record = record,
                        .r = weir__table_requester(write->table),
                        .body = weir__buf_make(write->table->env, WEIR__DATA_FILE_MAX_BYTES)};
    a.machine.has_token = has_token;
    a.machine.mode = write->mode;
    a.machine.restamp_if_late = write->restamp_if_late;
    a.machine.commit_timeout_us = write->table->commit_timeout_us;
    memcpy(a.machine.attempt, record->attempt, sizeof a.machine.attempt);

    weir__commit_begin(&a.machine);
    while (a.machine.step != WEIR__STEP_DONE) {
        struct weir__commit_outcome outcome = {0};
        bool may_cancel = weir__commit_step_is_cancellable(a.machine.step);
        outcome.code = do_step(&a, may_cancel ? cancel : NULL, &outcome, &record->error);
        weir__commit_advance(&a.machine, &outcome);
    }
    weir__buf_dispose(&a.body);
    report(&a);
    if (a.machine.code == WEIR_OK || a.machine.code == WEIR_COMMITTED_AFTER_TIMEOUT)
        return WEIR_OK;
    if (err)
        *err = record->error;
    return a.machine.code;
}
