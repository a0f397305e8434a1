/* lookup.c: asking for a commit, and announcing one again. */
#include "table/writer.h"

#include "table/grammar.h"

static int lookup(struct weir_table *table, const struct weir__attempt *attempt,
                  const struct weir_cancel *cancel, bool *out_found, struct weir_write_results *out,
                  struct weir_error *err)
{
    AUTO(results) struct weir__results *results = NULL;
    struct weir__requester r = weir__table_requester(table);
    struct weir__found_marker found = {0};
    TRY(weir__results_new(table->env, 1, &results, err));
    TRY(weir__result_name(results, 0, table->prefix, attempt, err));
    struct weir__result *record = &results->records[0];
    TRY(weir__table_key_check(table->store, record->marker_key, err));
    TRY(weir__request_marker(&r, record->marker_key, cancel, &found, err));
    *out_found = found.is_there;
    if (!found.is_there)
        return WEIR_OK;
    weir__result_from_marker(record, &found.marker);
    record->public->state = WEIR_WRITE_EXISTING;
    record->public->late_suspected =
        weir__late_suspected(&found.marker, found.modified_us, table->commit_timeout_us);
    weir__results_give(&results, out);
    return WEIR_OK;
}

int weir_lookup_commit(struct weir_writer *writer, const char *partition, const char *token,
                       const struct weir_cancel *cancel, bool *out_found,
                       struct weir_write_results *out, struct weir_error *err)
{
    static const char no_attempt[] = "00000000000000000000000000000000";
    ASSERT(writer && writer->magic == WEIR__WRITER_MAGIC && out_found && out);
    struct weir__attempt attempt = {weir__str_of(partition), weir__str_of(token),
                                    weir__str_of(no_attempt)};
    TRY(weir__partition_check(writer->partitioner.parts, writer->partitioner.n_rules,
                              attempt.partition, false, err));
    TRY(weir__token_check(attempt.token, err));
    return lookup(writer->table, &attempt, cancel, out_found, out, err);
}

/* Does `key` lie in directory `dir` of this table? Returns what follows. */
static bool below(const char *prefix, const char *dir, const char *key, struct weir__str *out)
{
    struct weir__str text = weir__str_of(key);
    struct weir__str begin = weir__str_of(prefix);
    if (begin.len > 0) {
        if (!weir__str_starts(text, begin) || text.len <= begin.len || text.data[begin.len] != '/')
            return false;
        text = (struct weir__str){text.data + begin.len + 1, text.len - begin.len - 1};
    }
    struct weir__str name = weir__str_of(dir);
    if (!weir__str_starts(text, name))
        return false;
    *out = (struct weir__str){text.data + name.len, text.len - name.len};
    return true;
}

static int prior_parse(const struct weir_table *table, const struct weir_write_result *prior,
                       struct weir__ref *out, struct weir__buf *partition, struct weir_error *err)
{
    struct weir__str rest = STR_NULL;
    if (!prior || !prior->ref_key || !prior->data_key)
        return weir__fail(err, WEIR_INVALID, "no result to announce again is given");
    if (!below(table->prefix, WEIR__DIR_REF, prior->ref_key, &rest))
        return weir__fail(err, WEIR_INVALID, "ref %.200s belongs to another table", prior->ref_key);
    if (!below(table->prefix, WEIR__DIR_DATA, prior->data_key, &rest)) {
        return weir__fail(err, WEIR_INVALID, "data file %.200s belongs to another table",
                          prior->data_key);
    }
    int status = weir__ref_parse(weir__str_of(prior->ref_key), out, partition, err);
    if (status == WEIR_CORRUPT) /* an argument of the caller, not a stored object */
        return weir__fail(err, WEIR_INVALID, "ref %.200s is malformed", prior->ref_key);
    return status;
}

static int restamp(struct weir_table *table, struct weir__result *record, struct weir_error *err)
{
    const struct weir_env *env = table->env;
    struct weir__requester r = weir__table_requester(table);
    int64_t ref_us = 0;
    TRY(weir__table_stamp(table, &ref_us, err));
    int64_t began_us = env->monotonic_us(env->clock_ctx);
    weir__result_stamp(record, ref_us);
    struct weir__put put = {.key = record->ref_key, .data = "", .n_bytes = 0};
    TRY(weir__request_put(&r, &put, NULL, NULL, err));
    if (env->monotonic_us(env->clock_ctx) - began_us <= table->commit_timeout_us)
        return WEIR_OK;
    (void)weir__fail(&record->error, WEIR_COMMITTED_AFTER_TIMEOUT,
                     "ref %s was written after the commit timeout of %jd us", record->ref_key,
                     (intmax_t)table->commit_timeout_us);
    weir__result_fail(record, WEIR_COMMITTED_AFTER_TIMEOUT);
    if (err)
        *err = record->error;
    return WEIR_COMMITTED_AFTER_TIMEOUT;
}

int weir_restamp_ref(struct weir_writer *writer, const struct weir_write_result *prior,
                     struct weir_write_results *out, struct weir_error *err)
{
    ASSERT(writer && writer->magic == WEIR__WRITER_MAGIC && out);
    struct weir_table *table = writer->table;
    AUTO(results) struct weir__results *results = NULL;
    AUTO(buf) struct weir__buf partition = weir__buf_make(table->env, WEIR__KEY_MAX_BYTES);
    struct weir__ref ref = {0};
    TRY(prior_parse(table, prior, &ref, &partition, err));
    struct weir__attempt attempt = {
        {(const char *)partition.data, partition.len}, ref.token, ref.attempt};
    TRY(weir__results_new(table->env, 1, &results, err));
    TRY(weir__result_name(results, 0, table->prefix, &attempt, err));
    struct weir__result *record = &results->records[0];
    record->public->inserted_at_us = prior->inserted_at_us;
    record->public->row_count = prior->row_count;
    record->public->state = prior->state;
    int status = restamp(table, record, err);
    if (status == WEIR_OK || status == WEIR_COMMITTED_AFTER_TIMEOUT)
        weir__results_give(&results, out);
    return status;
}
