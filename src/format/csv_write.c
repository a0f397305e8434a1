/* csv_write.c: rows as CSV records, in the forms of spec/spool.md 7. */
#include "format/format.h"
#include "format/text_sink.h"

struct csv_writer {
    struct weir__text_sink to;
    struct weir__buf scratch; /* JSON and base64 before quoting */
    char delimiter;
    bool no_header;
    bool has_begun;     /* the header is out, or not wanted */
    uint8_t stops[256]; /* bytes that make a cell need quotes */
};

/* White space of any alphabet at the beginning. */
static bool begins_blank(struct weir__str text)
{
    static const char *const wide[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    uint8_t first = (uint8_t)text.data[0];
    if (first < 0x80)
        return first == ' ' || (first >= '\t' && first <= '\r');
    for (size_t i = 0; i < COUNT_OF(wide); i++) {
        if (weir__str_starts(text, weir__str_of(wide[i])))
            return true;
    }
    return false;
}

static int cell_quoted(struct weir__buf *out, struct weir__str text, struct weir_error *err)
{
    TRY(weir__print_room(out, 2 * text.len + 2, err));
    uint8_t *to = out->data + out->len;
    *to++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        *to++ = (uint8_t)text.data[i];
        if (text.data[i] == '"')
            *to++ = '"';
    }
    *to++ = '"';
    out->len = (size_t)(to - out->data);
    return WEIR_OK;
}

/* Copies while it looks; starts again with quotes when a byte asks for them. */
static int cell_text(struct csv_writer *writer, struct weir__str text, struct weir_error *err)
{
    struct weir__buf *out = &writer->to.out;
    if (text.len == 0)
        return weir__buf_append(out, "\"\"", 2, err);
    TRY(weir__print_room(out, text.len, err));
    uint8_t *to = out->data + out->len;
    const uint8_t *from = (const uint8_t *)text.data;
    uint8_t found = 0;
    for (size_t i = 0; i < text.len; i++) {
        to[i] = from[i];
        found |= writer->stops[from[i]];
    }
    if (UNLIKELY(found || begins_blank(text) || weir__str_is(text, "\\.")))
        return cell_quoted(out, text, err);
    out->len += text.len;
    return WEIR_OK;
}

static bool kind_is_text(enum weir__kind kind)
{
    return weir__kind_is_binary(kind) || kind == WEIR__KIND_FIXED_BINARY;
}

static int cell_write(struct csv_writer *writer, struct weir__printer *column, int64_t i,
                      struct weir_error *err)
{
    struct weir__buf *out = &writer->to.out;
    if (UNLIKELY(weir__printer_is_null(column, i)))
        return WEIR_OK;
    if (column->type.is_dictionary)
        return cell_write(writer, &column->children[0], weir__view_index(&column->view, i), err);
    if (weir__kind_is_string(column->type.kind))
        return cell_text(writer, weir__view_bytes(&column->view, i), err);
    if (column->n_children == 0 && column->type.kind != WEIR__KIND_STRUCT &&
        !kind_is_text(column->type.kind)) {
        TRY(weir__print_room(out, WEIR__PRINT_ROOM, err));
        char *begin = (char *)out->data + out->len;
        size_t len = (size_t)(weir__print_plain(column, i, begin) - begin);
        out->len += len;
        return WEIR_OK;
    }
    weir__buf_clear(&writer->scratch);
    if (kind_is_text(column->type.kind)) {
        struct weir__str bytes = weir__view_bytes(&column->view, i);
        TRY(weir__base64_encode(bytes.data, bytes.len, &writer->scratch, err));
    } else {
        TRY(weir__print_json(column, i, false, &writer->scratch, err));
    }
    struct weir__str text = {(const char *)writer->scratch.data, writer->scratch.len};
    return cell_text(writer, text, err);
}

static int record_write(struct csv_writer *writer, int64_t row, struct weir_error *err)
{
    struct weir__buf *out = &writer->to.out;
    struct weir__printer *root = &writer->to.root;
    size_t begin = out->len;
    for (int64_t k = 0; k < root->n_children; k++) {
        TRY(weir__print_room(out, WEIR__PRINT_ROOM, err));
        if (k > 0)
            out->data[out->len++] = (uint8_t)writer->delimiter;
        TRY(cell_write(writer, &root->children[k], row, err));
    }
    if (out->len == begin) /* a blank line would be no record */
        TRY(weir__buf_append(out, "\"\"", 2, err));
    return weir__buf_byte(out, '\n', err);
}

static int header_write(struct csv_writer *writer, struct weir_error *err)
{
    const struct ArrowSchema *schema = &writer->to.schema;
    writer->has_begun = true;
    if (writer->no_header || schema->n_children == 0)
        return WEIR_OK;
    for (int64_t k = 0; k < schema->n_children; k++) {
        const char *name = schema->children[k]->name;
        if (k > 0)
            TRY(weir__buf_byte(&writer->to.out, (uint8_t)writer->delimiter, err));
        TRY(cell_text(writer, weir__str_of(name ? name : ""), err));
    }
    return weir__buf_byte(&writer->to.out, '\n', err);
}

static int csv_write(void *ctx, const struct ArrowArray *batch, struct weir_error *err)
{
    struct csv_writer *writer = ctx;
    TRY(weir__text_sink_bind(&writer->to, batch, err));
    if (!writer->has_begun)
        TRY(header_write(writer, err));
    for (int64_t i = 0; i < batch->length && writer->to.root.n_children > 0; i++) {
        TRY(record_write(writer, batch->offset + i, err));
        if (writer->to.out.len >= WEIR__TEXT_FLUSH_BYTES)
            TRY(weir__text_sink_flush(&writer->to, err));
    }
    return weir__text_sink_flush(&writer->to, err);
}

static int csv_finish(void *ctx, struct weir_error *err)
{
    struct csv_writer *writer = ctx;
    if (!writer->has_begun)
        TRY(header_write(writer, err));
    return weir__text_sink_flush(&writer->to, err);
}

static void csv_free(void *ctx)
{
    struct csv_writer *writer = ctx;
    const struct weir_env *env = writer->to.env;
    weir__text_sink_dispose(&writer->to);
    weir__buf_dispose(&writer->scratch);
    weir__free(env, writer);
}

static const struct weir__rows_writer_ops csv_ops = {csv_write, csv_finish, csv_free};

int weir__csv_writer_new(const struct weir_env *env, const struct ArrowSchema *schema,
                         const struct weir_rows_write_options *options,
                         const struct weir_sink *sink, const struct weir__rows_writer_ops **out_ops,
                         void **out_ctx, struct weir_error *err)
{
    struct csv_writer *writer = weir__alloc_zero(env, 1, sizeof *writer, err);
    if (!writer)
        return WEIR_NO_MEMORY;
    int status = weir__text_sink_init(env, schema, sink, &writer->to, err);
    if (status) {
        weir__free(env, writer);
        return status;
    }
    writer->scratch = weir__buf_make(env, SIZE_MAX / 2);
    writer->delimiter = ',';
    if (options && options->delimiter)
        writer->delimiter = options->delimiter;
    writer->no_header = options && options->no_header;
    const uint8_t stops[] = {'"', '\r', '\n', (uint8_t)writer->delimiter};
    for (size_t i = 0; i < sizeof stops; i++)
        writer->stops[stops[i]] = 1;
    *out_ops = &csv_ops;
    *out_ctx = writer;
    return WEIR_OK;
}
