/* ipc_batch.h: record batches out of message bodies. Private to format. */
#ifndef WEIR_FORMAT_IPC_BATCH_H
#define WEIR_FORMAT_IPC_BATCH_H

#include "format/ipc.h"

/* One dictionary column and the values it has at this point of the stream. */
struct weir__ipc_dictionary {
    const struct ArrowSchema *column; /* in the stream's schema */
    int64_t id;
    struct ArrowArray values; /* released = none yet */
};

struct weir__ipc_dictionaries {
    struct weir__ipc_dictionary *items; /* owned */
    size_t n;
};

/* Pair the dictionary columns of a schema, in the order in which they were parsed, with their ids.
 */
WEIR_NODISCARD int weir__ipc_dictionaries_make(const struct weir_env *env,
                                               const struct ArrowSchema *schema, const int64_t *ids,
                                               size_t n_ids, struct weir__ipc_dictionaries *out,
                                               struct weir_error *err);
void weir__ipc_dictionaries_dispose(const struct weir_env *env, struct weir__ipc_dictionaries *d);

/* A RecordBatch table and its body as a batch of `schema` (a struct), checked so that nothing
 * hostile passes. */
WEIR_NODISCARD int weir__ipc_batch_read(const struct weir_env *env,
                                        const struct ArrowSchema *schema,
                                        const struct weir__flat_table *table, const uint8_t *body,
                                        size_t n_body, const struct weir__ipc_dictionaries *d,
                                        struct ArrowArray *out, struct weir_error *err);
/* A DictionaryBatch: values replaced, or appended when it is a delta. */
WEIR_NODISCARD int weir__ipc_dictionary_read(const struct weir_env *env,
                                             const struct weir__flat_table *table,
                                             const uint8_t *body, size_t n_body,
                                             struct weir__ipc_dictionaries *d,
                                             struct weir_error *err);

#endif
