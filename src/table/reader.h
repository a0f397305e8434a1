/* reader.h: what a reader handle holds; shared by the streams made from it. */
#ifndef WEIR_TABLE_READER_H
#define WEIR_TABLE_READER_H

#include "columnar/columnar.h"
#include "table/handle.h"

#define WEIR__READER_MAGIC 0x72656164u

struct weir_reader {
    uint32_t magic;
    atomic_int n_refs;
    struct weir_table *table;
    struct weir__region region;
    const char *const *parts;
    size_t n_parts;
    bool has_rules; /* an entity rule and a version rule */
    const char *const *entity_columns;
    size_t n_entity_columns;
    const char *version_column; /* NULL: version_fn */
    weir_entity_fn *entity_fn;
    void *entity_arg;
    weir_version_fn *version_fn;
    void *version_arg;
    struct ArrowSchema schema; /* requested; released = none */
};

struct weir_reader *weir__reader_ref(struct weir_reader *reader);
void weir__reader_freep(struct weir_reader **reader); /* for AUTO(reader) */

#endif
