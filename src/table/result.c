/* result.c: results of writes and look-ups. */
#include "table/result.h"

#include <stdio.h>

int weir__results_new(const struct weir_env *env, size_t n, struct weir__results **out,
                      struct weir_error *err)
{
    struct weir__results *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->region = weir__region_make(env);
    AUTO(results) struct weir__results *results = made;
    results->items = weir__region_alloc(&results->region, n, sizeof *results->items, err);
    results->records = weir__region_alloc(&results->region, n, sizeof *results->records, err);
    if (!results->items || !results->records)
        return WEIR_NO_MEMORY;
    results->n = n;
    for (size_t i = 0; i < n; i++) {
        struct weir_write_result *item = &results->items[i];
        results->records[i].public = item;
        item->partition = item->token = item->attempt_id = "";
        item->data_key = item->ref_key = item->offset = item->message = "";
    }
    *out = TAKE(results);
    return WEIR_OK;
}

void weir__results_free(struct weir__results *results)
{
    if (!results)
        return;
    const struct weir_env *env = results->region.env;
    weir__region_dispose(&results->region);
    weir__free(env, results);
}

void weir__results_freep(struct weir__results **results)
{
    weir__results_free(*results);
    *results = NULL;
}

void weir_write_results_dispose(struct weir_write_results *results)
{
    weir__results_free(results->private_data);
    *results = (struct weir_write_results){0};
}

void weir__results_give(struct weir__results **results, struct weir_write_results *out)
{
    *out = (struct weir_write_results){(*results)->items, (*results)->n, *results};
    *results = NULL;
}

/* Texts that will change in place. */
static char *region_chars(struct weir__region *region, const struct weir__buf *from,
                          struct weir_error *err)
{
    char *copy = weir__region_alloc(region, from->len + 1, 1, err);
    if (copy)
        memcpy(copy, from->data, from->len);
    return copy;
}

static int texts_make(struct weir__region *region, struct weir__result *record,
                      const struct weir__attempt *attempt, struct weir_error *err)
{
    struct weir_write_result *item = record->public;
    item->partition = weir__region_text(region, attempt->partition, err);
    item->token = weir__region_text(region, attempt->token, err);
    record->attempt = weir__region_alloc(region, WEIR__ATTEMPT_BYTES + 1, 1, err);
    if (!item->partition || !item->token || !record->attempt)
        return WEIR_NO_MEMORY;
    memcpy(record->attempt, attempt->id.data, WEIR__ATTEMPT_BYTES);
    item->attempt_id = record->attempt;
    return WEIR_OK;
}

int weir__result_name(struct weir__results *results, size_t i, const char *prefix,
                      const struct weir__attempt *attempt, struct weir_error *err)
{
    struct weir__region *region = &results->region;
    struct weir__result *record = &results->records[i];
    AUTO(buf) struct weir__buf key = weir__buf_make(region->env, WEIR__KEY_MAX_BYTES);
    ASSERT(attempt->id.len == WEIR__ATTEMPT_BYTES);
    TRY(texts_make(region, record, attempt, err));

    TRY(weir__key_append_marker(&key, prefix, attempt->partition, attempt->token, err));
    record->marker_key =
        weir__region_text(region, (struct weir__str){(const char *)key.data, key.len}, err);
    weir__buf_clear(&key);
    TRY(weir__key_append_data(&key, prefix, attempt, err));
    record->data_key = region_chars(region, &key, err);
    size_t data_len = key.len;
    weir__buf_clear(&key);
    TRY(weir__key_append_dir(&key, prefix, WEIR__DIR_REF, err));
    size_t digits_at = key.len;
    weir__buf_clear(&key);
    TRY(weir__key_append_ref(&key, prefix, 0, attempt, err));
    record->ref_key = region_chars(region, &key, err);
    if (!record->marker_key || !record->data_key || !record->ref_key)
        return WEIR_NO_MEMORY;
    record->data_attempt = record->data_key + data_len - strlen(".parquet") - WEIR__ATTEMPT_BYTES;
    record->ref_digits = record->ref_key + digits_at;
    record->ref_attempt = record->ref_digits + WEIR__REF_DIGITS + 1 + attempt->token.len + 1;
    record->public->data_key = record->data_key;
    return WEIR_OK;
}

void weir__result_stamp(struct weir__result *record, int64_t ref_us)
{
    char digits[WEIR__REF_DIGITS + 8];
    ASSERT(ref_us >= 0 && ref_us <= WEIR__REF_MAX_US);
    (void)snprintf(digits, sizeof digits, "%016jd", (intmax_t)ref_us); /* fits: checked above */
    memcpy(record->ref_digits, digits, WEIR__REF_DIGITS);
    record->public->ref_key = record->ref_key;
    record->public->offset = record->ref_key;
}

void weir__result_from_marker(struct weir__result *record, const struct weir__marker *marker)
{
    memcpy(record->attempt, marker->attempt, WEIR__ATTEMPT_BYTES);
    memcpy(record->data_attempt, marker->attempt, WEIR__ATTEMPT_BYTES);
    memcpy(record->ref_attempt, marker->attempt, WEIR__ATTEMPT_BYTES);
    weir__result_stamp(record, marker->ref_us);
    record->public->inserted_at_us = marker->inserted_at_us;
    record->public->row_count = marker->row_count;
}

void weir__result_fail(struct weir__result *record, int code)
{
    record->public->code = code;
    record->public->message = code == WEIR_OK ? "" : record->error.message;
}

const char *weir_write_state_name(enum weir_write_state state)
{
    switch (state) {
    case WEIR_WRITE_NOT_STARTED:
        return "not started";
    case WEIR_WRITE_COMMITTED:
        return "committed";
    case WEIR_WRITE_COMMITTED_LATE:
        return "committed late";
    case WEIR_WRITE_EXISTING:
        return "existing";
    case WEIR_WRITE_FAILED:
        return "failed";
    case WEIR_WRITE_UNKNOWN:
        return "unknown";
    }
    return "unknown state";
}
