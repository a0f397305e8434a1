/* ipc.h: what the files of Arrow IPC share. Private to format. */
#ifndef WEIR_FORMAT_IPC_H
#define WEIR_FORMAT_IPC_H

#include "format/flatbuf.h"
#include "format/format.h"

enum weir__ipc_header { WEIR__IPC_SCHEMA = 1, WEIR__IPC_DICTIONARY = 2, WEIR__IPC_BATCH = 3 };

#define WEIR__IPC_MAX_METADATA (256u << 20)

/* Schema table -> Arrow schema. out_ids (int64_t, one a dictionary column in depth-first order) may
 * be NULL. */
WEIR_NODISCARD int weir__ipc_schema_parse(const struct weir_env *env,
                                          const struct weir__flat_table *table,
                                          struct weir__buf *out_ids, struct ArrowSchema *out,
                                          struct weir_error *err);
/* Schema table into a builder; dictionary ids count depth-first from 0. Returns its offset. */
size_t weir__ipc_schema_put(struct weir__flat_out *out, const struct ArrowSchema *schema,
                            struct weir_error *err);

#endif
