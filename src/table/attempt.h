/* attempt.h: one write of one partition, driven through the states of commit.h. */
#ifndef WEIR_TABLE_ATTEMPT_H
#define WEIR_TABLE_ATTEMPT_H

#include "table/encode.h"
#include "table/handle.h"
#include "table/result.h"

/* What all partitions of a write share; read only, but for the buffer pool of the writer. */
struct weir__write {
    struct weir_table *table;
    const struct weir__input *input;
    const struct weir__shape *shape;
    const struct weir_parquet_write_options *parquet;
    struct weir__spare *spare;
    int64_t inserted_at_us;
    enum weir_commit_mode mode;
    bool restamp_if_late;
};

/* One kept encode buffer, so that a writer does not grow a new one for every data file. */
struct weir__spare {
    struct weir__mutex mutex;
    size_t max_bytes; /* bigger ones are dropped */
    struct {
        struct weir__buf buf;
    } locked;
};

/* Drive one partition to its end. The record gets state, code, message and keys; the return value
 * is WEIR_OK when other partitions may go on (a late commit included). */
WEIR_NODISCARD int weir__attempt_run(const struct weir__write *write, const struct weir__rows *rows,
                                     bool has_token, struct weir__result *record,
                                     const struct weir_cancel *cancel, struct weir_error *err);

#endif
