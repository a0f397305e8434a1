/* text_rows.h: text in, text out, for the tests of CSV and NDJSON.
 *
 * Rows are compared as the NDJSON they print, types as a line of format strings. */
#ifndef WEIR_TESTS_FORMAT_TEXT_ROWS_H
#define WEIR_TESTS_FORMAT_TEXT_ROWS_H

#include "support/support.h"

#include "format/format.h"

/* A source over bytes in memory that cuts them into chunks and may fail. */
struct text_source {
    const char *data;
    size_t len, at;
    size_t chunk;   /* most bytes of one read; 0: as asked */
    size_t fail_at; /* reading past this byte fails; 0: never */
    /* A made source: `data` is repeated this often, then `tail` follows. 0: once. */
    size_t n_repeats;
    const char *tail;
    size_t tail_at;
};

struct weir_source text_source_of(struct text_source *from);

/* A sink that keeps what it got and may fail. */
struct text_sink {
    struct weir__buf got;
    size_t fail_at; /* writing past this byte fails; 0: never */
};

struct weir_sink text_sink_of(struct text_sink *to);

/* A column of a schema for text_schema; the last one has no name. */
struct text_column_spec {
    const char *name, *format;
    bool is_required;
};
struct ArrowSchema text_schema_of(const struct text_column_spec *columns);

/* "a:l b:u c:+l<item:l>" */
void text_schema_line(const struct ArrowSchema *schema, struct weir__buf *out);

/* Read everything and print it: the schema line, then the rows as NDJSON, batches parted by "--".
 * Returns the status; on failure the message is in test_last_error. */
int text_read_print(const struct weir_env *env, enum weir_file_format format,
                    struct text_source *from, const struct weir_text_read_options *options,
                    struct weir__buf *out);
/* Read as `from_format`, write as `to_format`. */
int text_convert(const struct weir_env *env, enum weir_file_format from_format,
                 struct text_source *from, const struct weir_text_read_options *options,
                 enum weir_file_format to_format, struct text_sink *to);

/* The bytes of a buffer are this text. */
void text_check(const struct weir__buf *got, const char *wanted);

#endif
