/* files.c: weir_files: the committed data files for other engines. */
#include "table/snapshot.h"

void weir_data_files_dispose(struct weir_data_files *files)
{
    weir__snapshot_free(files->private_data);
    *files = (struct weir_data_files){0};
}

int weir_files(struct weir_table *table, const char *const *patterns, size_t n_patterns,
               const struct weir_read_options *options, const struct weir_cancel *cancel,
               struct weir_data_files *out, struct weir_error *err)
{
    ASSERT(table && table->magic == WEIR__TABLE_MAGIC && out);
    struct weir_table_description description = {0};
    struct weir__selection selection = {0};
    AUTO(snapshot) struct weir__snapshot *snapshot = NULL;
    TRY(weir__table_require_parts(table, cancel, &description, err));
    TRY(weir__selection_make(patterns, n_patterns, options, &description, &selection, err));
    TRY(weir__snapshot_take(table, &selection, cancel, &snapshot, err));

    struct weir_data_file *items =
        weir__region_alloc(&snapshot->region, snapshot->n_files, sizeof *items, err);
    if (!items)
        return WEIR_NO_MEMORY;
    size_t n = 0;
    for (size_t p = 0; p < snapshot->n_partitions; p++) {
        const struct weir__partition_files *partition = &snapshot->partitions[p];
        for (size_t i = 0; i < partition->n_files; i++) {
            const struct weir__data_file *file = &partition->files[i];
            items[n++] =
                (struct weir_data_file){file->key,     partition->partition, file->token,
                                        file->attempt, file->size_bytes,     file->modified_us};
        }
    }
    *out = (struct weir_data_files){items, n, TAKE(snapshot)};
    return WEIR_OK;
}
