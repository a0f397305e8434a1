/* text_sink.c: buffered text output. */
#include "format/text_sink.h"

int weir__text_sink_init(const struct weir_env *env, const struct ArrowSchema *schema,
                         const struct weir_sink *sink, struct weir__text_sink *out,
                         struct weir_error *err)
{
    struct weir__text_sink made = {.env = env, .sink = sink};
    made.out = weir__buf_make(env, SIZE_MAX / 2);
    TRY(weir__schema_copy(env, schema, &made.schema, err));
    int status = weir__printer_init(env, &made.schema, &made.root, err);
    if (status == WEIR_OK && made.root.type.kind != WEIR__KIND_STRUCT)
        status = weir__fail(err, WEIR_INVALID, "the schema of rows is no struct");
    if (status) {
        weir__text_sink_dispose(&made);
        return status;
    }
    *out = made;
    return WEIR_OK;
}

void weir__text_sink_dispose(struct weir__text_sink *to)
{
    weir__printer_dispose(to->env, &to->root);
    weir__schema_freep(&to->schema);
    weir__buf_dispose(&to->out);
}

int weir__text_sink_bind(struct weir__text_sink *to, const struct ArrowArray *batch,
                         struct weir_error *err)
{
    return weir__printer_bind(&to->root, &to->schema, batch, err);
}

int weir__text_sink_flush(struct weir__text_sink *to, struct weir_error *err)
{
    if (to->out.len == 0)
        return WEIR_OK;
    TRY(to->sink->write(to->sink->ctx, to->out.data, to->out.len, err));
    weir__buf_clear(&to->out);
    return WEIR_OK;
}
