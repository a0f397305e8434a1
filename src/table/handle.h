/* handle.h: what a table handle holds; shared by writers, readers and everything made from it. */
#ifndef WEIR_TABLE_HANDLE_H
#define WEIR_TABLE_HANDLE_H

#include "table/table.h"

#include <stdatomic.h>

#include "table/region.h"
#include "table/request.h"

#define WEIR__TABLE_MAGIC 0x7461626cu

struct weir_table {
    uint32_t magic;
    atomic_int n_refs;
    const struct weir_env *env;
    struct weir_storage *store;
    struct weir__region region; /* texts below; grows only in the constructor */
    const char *prefix;
    const char *consistency;
    const char *const *parts; /* from the options; NULL = the description's */
    size_t n_parts;
    int32_t max_inflight;
    int64_t commit_timeout_us;
    int64_t max_clock_skew_us;
    struct weir__slots slots;    /* requests in flight */
    struct weir__slots encoders; /* partitions being encoded: bounds memory */
    struct weir__uuid_maker *uuids;
    atomic_bool no_if_absent; /* learned: the store refuses conditional puts */

    struct weir__mutex mutex;
    struct {
        int64_t last_ref_us;
        struct weir__pool *pool; /* made when first needed */
        bool is_described;
        struct weir__region texts; /* of the description */
        struct weir_table_description description;
    } locked;
};

struct weir_table *weir__table_ref(struct weir_table *table);
void weir__table_freep(struct weir_table **table); /* for AUTO(table) */

static inline struct weir__requester weir__table_requester(struct weir_table *table)
{
    return (struct weir__requester){table->env, table->store, &table->slots};
}

/* Options first, then the stored description, fetched at most once; `out` borrows. */
WEIR_NODISCARD int weir__table_describe(struct weir_table *table, const struct weir_cancel *cancel,
                                        struct weir_table_description *out, struct weir_error *err);
/* The same, and the parts must be known. */
WEIR_NODISCARD int weir__table_require_parts(struct weir_table *table,
                                             const struct weir_cancel *cancel,
                                             struct weir_table_description *out,
                                             struct weir_error *err);

/* A time for the next ref. Errors: WEIR_INVALID outside of what a ref can say. */
WEIR_NODISCARD int weir__table_stamp(struct weir_table *table, int64_t *out_us,
                                     struct weir_error *err);

/* Key of an object under _config/. */
WEIR_NODISCARD int weir__config_key(const char *prefix, const char *name, struct weir__buf *out,
                                    const char **out_key, struct weir_error *err);
/* Check prefix against the store: only local and memory tables may be the whole store. */
WEIR_NODISCARD int weir__table_prefix_check(const struct weir_storage *store,
                                            struct weir__str prefix, struct weir_error *err);

/* Errors: WEIR_INVALID naming key and limit, for what this store cannot hold. */
WEIR_NODISCARD int weir__table_key_check(const struct weir_storage *store, const char *key,
                                         struct weir_error *err);

/* Run task(arg, i) for i in [0, n), concurrently up to the in-flight limit; serially when that is
 * 1. The first failure cancels the others and is returned. Tasks must not fan out themselves. */
typedef int weir__fan_task(void *arg, size_t i, const struct weir_cancel *cancel,
                           struct weir_error *err);
WEIR_NODISCARD int weir__table_fan_out(struct weir_table *table, size_t n, weir__fan_task *task,
                                       void *arg, const struct weir_cancel *cancel,
                                       struct weir_error *err);

#endif
