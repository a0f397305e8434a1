/* snapshot.h: what is committed now: LIST, gate, HEAD where in doubt (spec/table-store.md 7). */
#ifndef WEIR_TABLE_SNAPSHOT_H
#define WEIR_TABLE_SNAPSHOT_H

#include "table/gate.h"
#include "table/handle.h"
#include "table/plan.h"

struct weir__data_file {
    const char *key;
    const char *token, *attempt;
    int64_t size_bytes, modified_us;
};

struct weir__partition_files {
    const char *partition;
    const struct weir__data_file *files; /* in bytewise order of the key */
    size_t n_files;
};

struct weir__snapshot {
    struct weir__region region;
    struct weir__partition_files *partitions; /* in bytewise order of the partition */
    size_t n_partitions;
    struct weir__data_file *files; /* of all partitions, in that order */
    size_t n_files;
};

/* `texts` NULL: everything. */
WEIR_NODISCARD int weir__snapshot_take(struct weir_table *table,
                                       const struct weir__selection *selection,
                                       const struct weir_cancel *cancel,
                                       struct weir__snapshot **out, struct weir_error *err);
void weir__snapshot_free(struct weir__snapshot *snapshot);
void weir__snapshot_freep(struct weir__snapshot **snapshot); /* for AUTO(snapshot) */

/* From the arguments of a public read call. Errors: WEIR_INVALID for both kinds at once. */
WEIR_NODISCARD int weir__selection_make(const char *const *patterns, size_t n_patterns,
                                        const struct weir_read_options *options,
                                        const struct weir_table_description *description,
                                        struct weir__selection *out, struct weir_error *err);

#endif
