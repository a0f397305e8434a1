/* text_window.h: the part of a text source that is in memory.
 *
 * Readers of CSV and NDJSON look at whole rows in one piece. The window fills in full steps, so
 * what it holds depends on the bytes alone, never on how the source cut them. Behind the last byte
 * stand a newline and WEIR__TEXT_PADDING bytes that may be read, so scanners need no bounds check a
 * byte.
 */
#ifndef WEIR_FORMAT_TEXT_WINDOW_H
#define WEIR_FORMAT_TEXT_WINDOW_H

#include <weir/io.h>

#include "base/base.h"

#define WEIR__TEXT_PADDING 64
#define WEIR__TEXT_STEP_BYTES (256u << 10) /* stays in the second-level cache */

struct weir__text_window {
    const struct weir_env *env;
    const struct weir_source *source;
    uint8_t *data;
    size_t cap;        /* without the padding */
    size_t begin, end; /* the unread bytes */
    bool is_at_end;    /* of the source: data[end] is the end of the text */
};

struct weir__text_window weir__text_window_make(const struct weir_env *env,
                                                const struct weir_source *source);
/* Make `want` bytes unread, or fewer at the end of the source. Moves the unread bytes. */
WEIR_NODISCARD int weir__text_window_fill(struct weir__text_window *window, size_t want,
                                          struct weir_error *err);
/* Step over a byte order mark; call after the first fill. */
void weir__text_window_skip_mark(struct weir__text_window *window);
void weir__text_window_dispose(struct weir__text_window *window);

static inline size_t weir__text_window_left(const struct weir__text_window *window)
{
    return window->end - window->begin;
}

#endif
