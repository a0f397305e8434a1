/* format.h: the door of the format room (floor 2): Parquet, CSV, NDJSON and Arrow IPC to and from
 * record batches.
 *
 * Start with rows.c (any format behind one writer and reader), then parquet/meta.h (what a footer
 * says). */
#ifndef WEIR_FORMAT_FORMAT_H
#define WEIR_FORMAT_FORMAT_H

#include <weir/format.h>

#include "columnar/columnar.h"

/* The encapsulated IPC Schema message (continuation, length, flatbuffer, padding), as ARROW:schema
 * carries it. */
WEIR_NODISCARD int weir__ipc_schema_encode(const struct weir_env *env,
                                           const struct ArrowSchema *schema, struct weir__buf *out,
                                           struct weir_error *err);
/* The reverse; the bytes are hostile. Errors: WEIR_CORRUPT, WEIR_UNSUPPORTED. */
WEIR_NODISCARD int weir__ipc_schema_decode(const struct weir_env *env, const void *data, size_t n,
                                           struct ArrowSchema *out, struct weir_error *err);

/* One kind of writer behind weir_rows_writer. All-format writers share this shape. */
struct weir__rows_writer_ops {
    int (*write)(void *ctx, const struct ArrowArray *batch, struct weir_error *err);
    int (*finish)(void *ctx, struct weir_error *err);
    void (*free)(void *ctx);
};

WEIR_NODISCARD int weir__csv_writer_new(const struct weir_env *env,
                                        const struct ArrowSchema *schema,
                                        const struct weir_rows_write_options *options,
                                        const struct weir_sink *sink,
                                        const struct weir__rows_writer_ops **out_ops,
                                        void **out_ctx, struct weir_error *err);
WEIR_NODISCARD int weir__ndjson_writer_new(const struct weir_env *env,
                                           const struct ArrowSchema *schema,
                                           const struct weir_sink *sink,
                                           const struct weir__rows_writer_ops **out_ops,
                                           void **out_ctx, struct weir_error *err);
/* is_file: the file format with a footer; else the stream format. */
WEIR_NODISCARD int weir__ipc_writer_new(const struct weir_env *env,
                                        const struct ArrowSchema *schema,
                                        enum weir_compression compression, bool is_file,
                                        const struct weir_sink *sink,
                                        const struct weir__rows_writer_ops **out_ops,
                                        void **out_ctx, struct weir_error *err);

#endif
