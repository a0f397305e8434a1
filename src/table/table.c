/* table.c: opening a table, and what every handle made from it shares. */
#include "table/handle.h"

#include "table/config.h"
#include "table/grammar.h"

/* Partitions encoded at once: each holds dictionaries and pages of all its columns. */
#define MAX_ENCODERS 4

int weir__config_key(const char *prefix, const char *name, struct weir__buf *out,
                     const char **out_key, struct weir_error *err)
{
    weir__buf_clear(out);
    TRY(weir__key_append_dir(out, prefix, WEIR__DIR_CONFIG, err));
    TRY(weir__buf_append_text(out, name, err));
    return weir__buf_text(out, out_key, err);
}

int weir__table_prefix_check(const struct weir_storage *store, struct weir__str prefix,
                             struct weir_error *err)
{
    const char *type = weir_storage_type(store);
    bool may_be_empty = strcmp(type, "local") == 0 || strcmp(type, "memory") == 0;
    if (prefix.len == 0 && !may_be_empty)
        return weir__fail(err, WEIR_INVALID, "a table on a store of type %s needs a prefix", type);
    return WEIR_OK;
}

#define LOCAL_SEGMENT_MAX_BYTES 255

int weir__table_key_check(const struct weir_storage *store, const char *key, struct weir_error *err)
{
    TRY(weir_storage_check_key(key, err));
    if (strcmp(weir_storage_type(store), "local") != 0)
        return WEIR_OK;
    struct weir__segments it = weir__segments_of(weir__str_of(key));
    struct weir__str segment = STR_NULL;
    while (weir__segments_next(&it, &segment)) {
        if (segment.len > LOCAL_SEGMENT_MAX_BYTES) {
            return weir__fail(err, WEIR_INVALID,
                              "key %s has a segment of %zu bytes, files allow %d", key, segment.len,
                              LOCAL_SEGMENT_MAX_BYTES);
        }
    }
    return WEIR_OK;
}

static void table_destroy(struct weir_table *table)
{
    weir__pool_free(table->locked.pool);
    weir__uuid_maker_free(table->uuids);
    weir__slots_dispose(&table->slots);
    weir__slots_dispose(&table->encoders);
    weir__mutex_dispose(&table->mutex);
    weir__region_dispose(&table->locked.texts);
    weir__region_dispose(&table->region);
    weir_storage_unref(table->store);
    table->magic = 0;
    weir__free(table->env, table);
}

struct weir_table *weir__table_ref(struct weir_table *table)
{
    atomic_fetch_add(&table->n_refs, 1);
    return table;
}

void weir_table_free(struct weir_table *table)
{
    if (!table)
        return;
    ASSERT(table->magic == WEIR__TABLE_MAGIC);
    if (atomic_fetch_sub(&table->n_refs, 1) == 1)
        table_destroy(table);
}

void weir__table_freep(struct weir_table **table)
{
    weir_table_free(*table);
    *table = NULL;
}

static int32_t effective_inflight(const struct weir_table_options *options)
{
    return options && options->max_inflight > 0 ? options->max_inflight : WEIR_MAX_INFLIGHT_DEFAULT;
}

static const char *effective_consistency(const struct weir_table_options *options)
{
    if (options && options->consistency && options->consistency[0] != '\0')
        return options->consistency;
    return WEIR_CONSISTENCY_STRONG_GLOBAL;
}

static int options_check(const struct weir_table_options *options, struct weir_error *err)
{
    if (!options)
        return WEIR_OK;
    if (options->max_inflight < 0 || options->max_inflight > WEIR__POOL_MAX_THREADS) {
        return weir__fail(err, WEIR_INVALID, "max_inflight %d is not within 0..%d",
                          options->max_inflight, WEIR__POOL_MAX_THREADS);
    }
    if (options->partition_parts) {
        return weir__parts_check("partition part", options->partition_parts,
                                 options->n_partition_parts, err);
    }
    return WEIR_OK;
}

static int table_fill(struct weir_table *table, struct weir__str prefix,
                      const struct weir_table_options *options, struct weir_error *err)
{
    table->prefix = weir__region_text(&table->region, prefix, err);
    table->consistency =
        weir__region_text(&table->region, weir__str_of(effective_consistency(options)), err);
    if (!table->prefix || !table->consistency)
        return WEIR_NO_MEMORY;
    if (options && options->partition_parts) {
        table->parts = weir__region_texts(&table->region, options->partition_parts,
                                          options->n_partition_parts, err);
        if (!table->parts)
            return WEIR_NO_MEMORY;
        table->n_parts = options->n_partition_parts;
    }
    return weir__uuid_maker_new(table->env, &table->uuids, err);
}

static int table_make(const struct weir_env *env, struct weir_storage *store,
                      struct weir__str prefix, const struct weir_table_options *options,
                      struct weir_table **out, struct weir_error *err)
{
    struct weir_table *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->magic = WEIR__TABLE_MAGIC;
    made->env = env;
    made->store = weir_storage_ref(store);
    made->region = weir__region_make(env);
    made->locked.texts = weir__region_make(env);
    made->max_inflight = effective_inflight(options);
    atomic_init(&made->n_refs, 1);
    atomic_init(&made->no_if_absent, (weir_storage_caps(store) & WEIR_CAP_IF_ABSENT) == 0);
    weir__mutex_init(&made->mutex);
    weir__slots_init(&made->slots, made->max_inflight);
    weir__slots_init(&made->encoders, MAX_ENCODERS);
    AUTO(table) struct weir_table *table = made;
    TRY(table_fill(table, prefix, options, err));
    *out = TAKE(table);
    return WEIR_OK;
}

struct timing {
    const char *name;
    int64_t floor_us;
    int64_t value_us;
};

struct timing_load {
    struct weir_table *table;
    struct timing items[2];
};

static int timing_get(void *arg, size_t i, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct timing_load *load = arg;
    struct weir_table *table = load->table;
    struct weir__requester r = weir__table_requester(table);
    AUTO(buf) struct weir__buf name = weir__buf_make(table->env, WEIR__KEY_MAX_BYTES);
    AUTO(storage_bytes) struct weir_storage_bytes body = {0};
    const char *key = NULL;

    TRY(weir__config_key(table->prefix, load->items[i].name, &name, &key, err));
    int status = weir__request_get(&r, key, WEIR__CONFIG_TIMING_MAX_BYTES, cancel, &body, err);
    if (status == WEIR_NOT_FOUND) {
        return weir__fail_detail(err, WEIR_NOT_FOUND, err ? err->detail : 0,
                                 "%s is missing: the table has to be initialised first (weir init)",
                                 key);
    }
    TRY(status);
    struct weir__str text = {(const char *)body.data, body.n_bytes};
    return weir__timing_parse(text, key, load->items[i].floor_us, &load->items[i].value_us, err);
}

static int timing_load(struct weir_table *table, const struct weir_cancel *cancel,
                       struct weir_error *err)
{
    struct timing_load load = {table,
                               {{WEIR__CONFIG_COMMIT_TIMEOUT, WEIR_COMMIT_TIMEOUT_FLOOR_US, 0},
                                {WEIR__CONFIG_MAX_CLOCK_SKEW, WEIR_MAX_CLOCK_SKEW_FLOOR_US, 0}}};
    TRY(weir__table_fan_out(table, COUNT_OF(load.items), timing_get, &load, cancel, err));
    table->commit_timeout_us = load.items[0].value_us;
    table->max_clock_skew_us = load.items[1].value_us;
    if (table->commit_timeout_us < WEIR_COMMIT_TIMEOUT_ADVISORY_US) {
        weir__log(table->env, WEIR_LOG_WARNING, "commit timeout is shorter than retries may take",
                  "prefix=%s commit_timeout_us=%jd advised_us=%d", table->prefix,
                  (intmax_t)table->commit_timeout_us, WEIR_COMMIT_TIMEOUT_ADVISORY_US);
    }
    return WEIR_OK;
}

static void consistency_warn(const struct weir_table *table)
{
    static const char *const known[] = {
        WEIR_CONSISTENCY_ALL, WEIR_CONSISTENCY_STRONG_GLOBAL, WEIR_CONSISTENCY_STRONG_SITE,
        WEIR_CONSISTENCY_READ_AFTER_NEW_WRITE, WEIR_CONSISTENCY_AVAILABLE};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strcmp(table->consistency, known[i]) == 0)
            return;
    }
    weir__log(table->env, WEIR_LOG_WARNING, "unknown consistency level is sent as it is",
              "consistency=%s", table->consistency);
}

int weir_table_open(const struct weir_env *env, struct weir_storage *store, const char *prefix,
                    const struct weir_table_options *options, const struct weir_cancel *cancel,
                    struct weir_table **out, struct weir_error *err)
{
    ASSERT(env && store && out);
    AUTO(table) struct weir_table *table = NULL;
    struct weir__str normal = weir__prefix_normal(prefix);
    TRY(options_check(options, err));
    TRY(weir__table_prefix_check(store, normal, err));
    TRY(table_make(env, store, normal, options, &table, err));
    TRY(timing_load(table, cancel, err));
    consistency_warn(table);
    *out = TAKE(table);
    return WEIR_OK;
}

struct weir_storage *weir_table_store(const struct weir_table *table)
{
    return table->store;
}

const char *weir_table_prefix(const struct weir_table *table)
{
    return table->prefix;
}

const char *weir_table_consistency(const struct weir_table *table)
{
    return table->consistency;
}

int32_t weir_table_max_inflight(const struct weir_table *table)
{
    return table->max_inflight;
}

int64_t weir_table_commit_timeout_us(const struct weir_table *table)
{
    return table->commit_timeout_us;
}

int64_t weir_table_max_clock_skew_us(const struct weir_table *table)
{
    return table->max_clock_skew_us;
}

int64_t weir_table_settle_window_us(const struct weir_table *table)
{
    return table->commit_timeout_us + table->max_clock_skew_us;
}

int weir_table_describe(struct weir_table *table, const struct weir_cancel *cancel,
                        struct weir_table_description *out, struct weir_error *err)
{
    ASSERT(table->magic == WEIR__TABLE_MAGIC);
    return weir__table_describe(table, cancel, out, err);
}

/* Fetch and parse table.json into `texts`; a table without one is described by nothing. */
static int description_fetch(struct weir_table *table, const struct weir_cancel *cancel,
                             struct weir__region *texts, struct weir_table_description *out,
                             struct weir_error *err)
{
    struct weir__requester r = weir__table_requester(table);
    AUTO(buf) struct weir__buf name = weir__buf_make(table->env, WEIR__KEY_MAX_BYTES);
    AUTO(storage_bytes) struct weir_storage_bytes body = {0};
    struct weir_error failure = WEIR_ERROR_INIT;
    const char *key = NULL;
    TRY(weir__config_key(table->prefix, WEIR__CONFIG_DESCRIPTION, &name, &key, err));
    int status = weir__request_get(&r, key, WEIR__JSON_MAX_BYTES, cancel, &body, &failure);
    if (status == WEIR_NOT_FOUND)
        return WEIR_OK;
    if (status != WEIR_OK) {
        if (err)
            *err = failure;
        return status;
    }
    struct weir__str text = {(const char *)body.data, body.n_bytes};
    return weir__description_parse(texts, text, key, out, err);
}

static bool describe_known(struct weir_table *table, struct weir_table_description *out)
{
    weir__mutex_lock(&table->mutex);
    bool is_described = table->locked.is_described;
    if (is_described)
        *out = table->locked.description;
    weir__mutex_unlock(&table->mutex);
    return is_described;
}

int weir__table_describe(struct weir_table *table, const struct weir_cancel *cancel,
                         struct weir_table_description *out, struct weir_error *err)
{
    if (table->parts) { /* explicit: the stored one is not asked for */
        *out = (struct weir_table_description){.partition_by = table->parts,
                                               .n_partition_by = table->n_parts};
        return WEIR_OK;
    }
    if (describe_known(table, out))
        return WEIR_OK;
    AUTO(region) struct weir__region texts = weir__region_make(table->env);
    struct weir_table_description fetched = {0};
    TRY(description_fetch(table, cancel, &texts, &fetched, err));

    weir__mutex_lock(&table->mutex);
    if (!table->locked.is_described) { /* else another thread was faster; ours goes */
        table->locked.texts = texts;
        texts.last = NULL;
        table->locked.description = fetched;
        table->locked.is_described = true;
    }
    *out = table->locked.description;
    weir__mutex_unlock(&table->mutex);
    return WEIR_OK;
}

int weir__table_require_parts(struct weir_table *table, const struct weir_cancel *cancel,
                              struct weir_table_description *out, struct weir_error *err)
{
    struct weir_table_description description = {0};
    TRY(weir__table_describe(table, cancel, &description, err));
    if (description.n_partition_by == 0) {
        return weir__fail(err, WEIR_INVALID,
                          "partition parts of table '%s' are neither given nor described",
                          table->prefix);
    }
    *out = description;
    return WEIR_OK;
}

int weir__table_stamp(struct weir_table *table, int64_t *out_us, struct weir_error *err)
{
    const struct weir_env *env = table->env;
    bool stepped = false;
    weir__mutex_lock(&table->mutex);
    int64_t last_us = table->locked.last_ref_us;
    int64_t us =
        weir__ref_stamp(env->wall_us(env->clock_ctx), last_us, table->max_clock_skew_us, &stepped);
    bool is_sayable = us >= 0 && us <= WEIR__REF_MAX_US;
    if (is_sayable)
        table->locked.last_ref_us = us;
    weir__mutex_unlock(&table->mutex);
    if (!is_sayable) {
        return weir__fail(err, WEIR_INVALID,
                          "clock says %jd us since 1970, refs can only say 1970 to 2286",
                          (intmax_t)us);
    }
    if (stepped) {
        weir__log(env, WEIR_LOG_WARNING, "clock was set back by more than the allowed skew",
                  "from_us=%jd to_us=%jd", (intmax_t)last_us, (intmax_t)us);
    }
    *out_us = us;
    return WEIR_OK;
}
