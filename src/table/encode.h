/* encode.h: the rows of one partition as the bytes of one data file (spec/table-store.md 5.5, 5.7).
 * Same rows, schema, options and insertion time give the same bytes. */
#ifndef WEIR_TABLE_ENCODE_H
#define WEIR_TABLE_ENCODE_H

#include "table/partition.h"

/* One PUT at most: the largest body that object stores take in one request. */
#define WEIR__DATA_FILE_MAX_BYTES ((size_t)5 << 30)

/* How input columns become file columns; made once for a write, then only read. */
struct weir__shape {
    struct ArrowSchema schema; /* of the file; owned */
    struct ArrowSchema kept;   /* the columns that come from the input; borrows from `schema` */
    int64_t *sources;          /* of each file column: input column, -1 = insertion time */
    int64_t n_kept;
    enum weir__unit inserted_at_unit;
};

/* `inserted_at` NULL = no such column; `dropped`: names of columns to leave out. The region holds
 * all but the schema's own memory. Errors: WEIR_INVALID when the column is no timestamp. */
WEIR_NODISCARD int weir__shape_make(struct weir__region *region, const struct ArrowSchema *input,
                                    const char *inserted_at, const char *const *dropped,
                                    size_t n_dropped, struct weir__shape *out,
                                    struct weir_error *err);
void weir__shape_dispose(struct weir__shape *shape);

/* What to encode; everything is borrowed. */
struct weir__encoding {
    const struct weir__shape *shape;
    const struct weir__input *input;
    const struct weir__rows *rows;
    int64_t inserted_at_us;
    const struct weir_parquet_write_options *options;
};

/* Append the Parquet file to `out`; `cancel` is looked at between batches. */
WEIR_NODISCARD int weir__rows_encode(const struct weir_env *env,
                                     const struct weir__encoding *encoding,
                                     const struct weir_cancel *cancel, struct weir__buf *out,
                                     struct weir_error *err);

#endif
