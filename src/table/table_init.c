/* table_init.c: creating a table. The objects go in an order in which a table that can be opened is
 * complete: the description first, the commit timeout last. */
#include "table/handle.h"

#include "table/config.h"
#include "table/grammar.h"

struct wanted {
    const char *name;
    const char *content_type;
    const char *text; /* NULL = not wanted */
    int64_t us;       /* timing: the same as a number */
    int64_t floor_us;
    bool is_there;
};

/* Does the stored text say the same as the wanted one? */
static int compare(const struct weir_env *env, const struct wanted *want, const char *key,
                   const struct weir_storage_bytes *body, struct weir_error *err)
{
    struct weir__str found = {(const char *)body->data, body->n_bytes};
    int shown = found.len < 200 ? (int)found.len : 200;
    bool is_same = false;
    if (want->us >= 0) {
        int64_t us = 0;
        is_same =
            weir__timing_parse(found, key, want->floor_us, &us, NULL) == WEIR_OK && us == want->us;
    } else {
        /* By meaning: another program may have written it with other spaces. */
        AUTO(region) struct weir__region region = weir__region_make(env);
        AUTO(buf) struct weir__buf again = weir__buf_make(env, WEIR__JSON_MAX_BYTES);
        struct weir_table_description description = {0};
        int status = weir__description_parse(&region, found, key, &description, err);
        if (status == WEIR_NO_MEMORY)
            return status;
        if (status == WEIR_OK)
            TRY(weir__description_write(&description, &again, err));
        is_same = status == WEIR_OK &&
                  weir__str_is((struct weir__str){(const char *)again.data, again.len}, want->text);
    }
    if (!is_same) {
        return weir__fail(err, WEIR_ALREADY_EXISTS, "%s exists and says '%.*s' instead of '%.200s'",
                          key, shown, found.data, want->text);
    }
    return WEIR_OK;
}

static int look(const struct weir__requester *r, const char *key, struct wanted *want,
                const struct weir_cancel *cancel, struct weir_error *err)
{
    AUTO(storage_bytes) struct weir_storage_bytes body = {0};
    struct weir_error failure = WEIR_ERROR_INIT;
    if (!want->text)
        return WEIR_OK;
    int status = weir__request_get(r, key, WEIR__JSON_MAX_BYTES, cancel, &body, &failure);
    want->is_there = status == WEIR_OK;
    if (status == WEIR_NOT_FOUND)
        return WEIR_OK;
    if (status != WEIR_OK) {
        if (err)
            *err = failure;
        return status;
    }
    return compare(r->env, want, key, &body, err);
}

static int create(const struct weir__requester *r, const char *key, struct wanted *want,
                  const struct weir_cancel *cancel, struct weir_error *err)
{
    if (!want->text || want->is_there)
        return WEIR_OK;
    struct weir__put put = {.key = key,
                            .data = want->text,
                            .n_bytes = strlen(want->text),
                            .content_type = want->content_type,
                            .if_absent = (weir_storage_caps(r->store) & WEIR_CAP_IF_ABSENT) != 0};
    struct weir_error failure = WEIR_ERROR_INIT;
    int status = weir__request_put(r, &put, cancel, NULL, &failure);
    /* Somebody, perhaps a lost answer of ours, was faster: equal is fine, other is not. */
    if (status == WEIR_ALREADY_EXISTS)
        return look(r, key, want, cancel, err);
    if (status != WEIR_OK && err)
        *err = failure;
    return status;
}

static int timing_check(const struct weir_table_init_options *options, struct weir_error *err)
{
    if (options->commit_timeout_us != 0 &&
        options->commit_timeout_us < WEIR_COMMIT_TIMEOUT_FLOOR_US) {
        return weir__fail(err, WEIR_INVALID, "commit timeout of %jd us is below the floor of %d us",
                          (intmax_t)options->commit_timeout_us, WEIR_COMMIT_TIMEOUT_FLOOR_US);
    }
    if (options->max_clock_skew_us < 0 && options->max_clock_skew_us != WEIR_MAX_CLOCK_SKEW_NONE) {
        return weir__fail(err, WEIR_INVALID, "maximum clock skew of %jd us is negative",
                          (intmax_t)options->max_clock_skew_us);
    }
    if (options->commit_timeout_us > INT64_MAX / 4000 ||
        options->max_clock_skew_us > INT64_MAX / 4000)
        return weir__fail(err, WEIR_INVALID, "commit timeout or clock skew is too long");
    return WEIR_OK;
}

static int64_t effective_skew_us(const struct weir_table_init_options *options)
{
    if (options->max_clock_skew_us == WEIR_MAX_CLOCK_SKEW_NONE)
        return 0;
    return options->max_clock_skew_us ? options->max_clock_skew_us : WEIR_MAX_CLOCK_SKEW_DEFAULT_US;
}

static int description_text(const struct weir_table_init_options *options, struct weir__buf *out,
                            const char **out_text, struct weir_error *err)
{
    struct weir_table_description description = {.partition_by = options->partition_by,
                                                 .n_partition_by = options->n_partition_by,
                                                 .entity_key = options->entity_key,
                                                 .n_entity_key = options->n_entity_key,
                                                 .version_column = options->version_column,
                                                 .inserted_at_column = options->inserted_at_column,
                                                 .compression = options->compression,
                                                 .views = options->views,
                                                 .n_views = options->n_views};
    TRY(weir__description_check(&description, err));
    if (weir__description_is_empty(&description))
        return WEIR_OK;
    TRY(weir__description_write(&description, out, err));
    return weir__buf_text(out, out_text, err);
}

static int objects_make(const struct weir__requester *r, const char *prefix, struct wanted *wanted,
                        size_t n, const struct weir_cancel *cancel, struct weir_error *err)
{
    AUTO(buf) struct weir__buf name = weir__buf_make(r->env, WEIR__KEY_MAX_BYTES);
    const char *key = NULL;
    for (size_t i = 0; i < n; i++) { /* look at all before the first is made */
        TRY(weir__config_key(prefix, wanted[i].name, &name, &key, err));
        TRY(weir__table_key_check(r->store, key, err));
        TRY(look(r, key, &wanted[i], cancel, err));
    }
    for (size_t i = 0; i < n; i++) {
        TRY(weir__config_key(prefix, wanted[i].name, &name, &key, err));
        TRY(create(r, key, &wanted[i], cancel, err));
    }
    return WEIR_OK;
}

int weir_table_init(const struct weir_env *env, struct weir_storage *store, const char *prefix,
                    const struct weir_table_init_options *options, const struct weir_cancel *cancel,
                    struct weir_error *err)
{
    static const struct weir_table_init_options defaults = {0};
    ASSERT(env && store);
    if (!options)
        options = &defaults;
    struct weir__str normal = weir__prefix_normal(prefix);
    TRY(weir__table_prefix_check(store, normal, err));
    TRY(timing_check(options, err));

    int64_t skew_us = effective_skew_us(options);
    int64_t timeout_us =
        options->commit_timeout_us ? options->commit_timeout_us : WEIR_COMMIT_TIMEOUT_DEFAULT_US;
    char skew[WEIR__TIMING_TEXT_BYTES] = {0};
    char timeout[WEIR__TIMING_TEXT_BYTES] = {0};
    weir__timing_format(skew_us, skew);
    weir__timing_format(timeout_us, timeout);
    AUTO(buf) struct weir__buf json = weir__buf_make(env, WEIR__JSON_MAX_BYTES);
    const char *description = NULL;
    TRY(description_text(options, &json, &description, err));

    struct wanted wanted[] = {
        {WEIR__CONFIG_DESCRIPTION, "application/json", description, -1, 0, false},
        {WEIR__CONFIG_MAX_CLOCK_SKEW, "text/plain", skew, skew_us, WEIR_MAX_CLOCK_SKEW_FLOOR_US,
         false},
        {WEIR__CONFIG_COMMIT_TIMEOUT, "text/plain", timeout, timeout_us,
         WEIR_COMMIT_TIMEOUT_FLOOR_US, false}};
    AUTO(region) struct weir__region region = weir__region_make(env);
    const char *below = weir__region_text(&region, normal, err);
    if (!below)
        return WEIR_NO_MEMORY;
    struct weir__slots slots;
    weir__slots_init(&slots, 1);
    struct weir__requester r = {env, store, &slots};
    int status = objects_make(&r, below, wanted, COUNT_OF(wanted), cancel, err);
    weir__slots_dispose(&slots);
    return status;
}
