/* json_quote.h: strings of columns as JSON strings, 16 bytes at a time. */
#ifndef WEIR_FORMAT_JSON_QUOTE_H
#define WEIR_FORMAT_JSON_QUOTE_H

#include "base/base.h"

/* Append `text` with quotes; invalid UTF-8 bytes become U+FFFD. The same text as weir__json_quote
 * but for DEL, which stays as it is. */
WEIR_NODISCARD int weir__jquote(struct weir__buf *out, struct weir__str text,
                                struct weir_error *err);

#endif
