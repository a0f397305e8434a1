/* writer.h: what a writer handle holds. */
#ifndef WEIR_TABLE_WRITER_H
#define WEIR_TABLE_WRITER_H

#include "table/attempt.h"

#define WEIR__WRITER_MAGIC 0x77726974u

struct weir_writer {
    uint32_t magic;
    struct weir_table *table;
    struct weir__region region;
    struct weir__partitioner partitioner;
    const char *const *dropped; /* partition columns to leave out of the files */
    size_t n_dropped;
    const char *inserted_at; /* NULL = none */
    struct weir_parquet_write_options parquet;
    struct weir__mutex partition_fn_mutex;
    struct weir__spare spare;
};

void weir__writer_freep(struct weir_writer **writer); /* for AUTO(writer) */

#endif
