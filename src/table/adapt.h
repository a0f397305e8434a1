/* adapt.h: batches of one data file as batches of the schema that was asked for: columns picked,
 * missing ones filled, types widened (spec/table-store.md 7.4, 18.1). */
#ifndef WEIR_TABLE_ADAPT_H
#define WEIR_TABLE_ADAPT_H

#include "columnar/columnar.h"
#include "table/region.h"

/* One column to deliver. */
struct weir__column {
    const struct ArrowSchema *schema; /* name, type, nullability to deliver */
    int64_t part;     /* >= 0: the partition part that fills it where a file lacks it */
    bool is_internal; /* only for dedup; not delivered */
};

/* The file, and what is wanted from it. */
struct weir__target {
    const struct weir__column *columns;
    size_t n_columns;
    const char *file; /* key, for messages */
    const char *partition;
};

/* How one file gives the columns. Made when the file is opened. */
struct weir__adapter {
    const struct weir_env *env;
    struct weir__target target;
    struct ArrowSchema schema; /* of the scan: the columns the file has, in order; owned */
    int64_t *from;      /* of each column: child of the scanned batch, -1 = not in the file */
    const char **names; /* to scan */
    size_t n_names;
};

/* The region holds the lists. Errors: WEIR_NO_MEMORY. */
WEIR_NODISCARD int weir__adapter_make(const struct weir__target *target,
                                      const struct ArrowSchema *file_schema,
                                      struct weir__region *region, struct weir__adapter *out,
                                      struct weir_error *err);
void weir__adapter_dispose(struct weir__adapter *adapter);

/* A scanned batch (moved in and released, also on failure) as an output batch of `n_rows` rows.
 * Errors: WEIR_UNSUPPORTED naming file, column and types. */
WEIR_NODISCARD int weir__adapter_apply(const struct weir__adapter *adapter,
                                       struct ArrowArray *batch, int64_t n_rows,
                                       struct ArrowArray *out, struct weir_error *err);

#endif
