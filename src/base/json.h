/* json.h: small JSON documents (table descriptions, `--json` results) through jansson, and a
 * streaming writer.
 *
 * Not here: NDJSON rows; format/ndjson has its own decoder. */
#ifndef WEIR_BASE_JSON_H
#define WEIR_BASE_JSON_H

#include "base/bytes.h"

struct weir__json; /* one value; children are borrowed from the root */

#define WEIR__JSON_MAX_BYTES (1u << 20)

/* Errors: WEIR_INVALID naming line, column and cause; `what` is the object's name for the message.
 */
WEIR_NODISCARD int weir__json_parse(struct weir__str text, const char *what,
                                    struct weir__json **out, struct weir_error *err);
void weir__json_free(struct weir__json *root);
void weir__json_freep(struct weir__json **root);
const struct weir__json *weir__json_member(const struct weir__json *object,
                                           const char *name); /* NULL: none */
const struct weir__json *weir__json_at(const struct weir__json *array, size_t i);
size_t weir__json_count(const struct weir__json *value); /* of an array or object, else 0 */
bool weir__json_is_array(const struct weir__json *value);
bool weir__json_is_object(const struct weir__json *value);
bool weir__json_string(const struct weir__json *value, struct weir__str *out);
bool weir__json_integer(const struct weir__json *value, int64_t *out);
bool weir__json_boolean(const struct weir__json *value, bool *out);

/* Append `text` as a JSON string with quotes; invalid UTF-8 bytes become U+FFFD. */
WEIR_NODISCARD int weir__json_quote(struct weir__buf *out, struct weir__str text,
                                    struct weir_error *err);

#endif
