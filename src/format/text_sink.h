/* text_sink.h: what the writers of CSV and NDJSON share: printers for the columns and a buffer
 * before the sink. */
#ifndef WEIR_FORMAT_TEXT_SINK_H
#define WEIR_FORMAT_TEXT_SINK_H

#include <weir/io.h>

#include "format/text_print.h"

#define WEIR__TEXT_FLUSH_BYTES (256u << 10)

struct weir__text_sink {
    const struct weir_env *env;
    const struct weir_sink *sink;
    struct ArrowSchema schema;
    struct weir__printer root;
    struct weir__buf out;
};

/* Copies the schema. Errors: WEIR_UNSUPPORTED naming a column that has no text. */
WEIR_NODISCARD int weir__text_sink_init(const struct weir_env *env,
                                        const struct ArrowSchema *schema,
                                        const struct weir_sink *sink, struct weir__text_sink *out,
                                        struct weir_error *err);
void weir__text_sink_dispose(struct weir__text_sink *to);
WEIR_NODISCARD int weir__text_sink_bind(struct weir__text_sink *to, const struct ArrowArray *batch,
                                        struct weir_error *err);
WEIR_NODISCARD int weir__text_sink_flush(struct weir__text_sink *to, struct weir_error *err);

#endif
