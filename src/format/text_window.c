/* text_window.c: reading a text source in full steps. */
#include "format/text_window.h"

struct weir__text_window weir__text_window_make(const struct weir_env *env,
                                                const struct weir_source *source)
{
    return (struct weir__text_window){.env = env, .source = source};
}

static int window_grow(struct weir__text_window *window, size_t want, struct weir_error *err)
{
    if (want <= window->cap)
        return WEIR_OK;
    size_t cap = want < WEIR__TEXT_STEP_BYTES ? WEIR__TEXT_STEP_BYTES : want;
    if (cap > SIZE_MAX - WEIR__TEXT_PADDING)
        return weir__fail_memory(err, cap);
    uint8_t *data = weir__resize(window->env, window->data, cap + WEIR__TEXT_PADDING, err);
    if (!data)
        return WEIR_NO_MEMORY;
    window->data = data;
    window->cap = cap;
    return WEIR_OK;
}

int weir__text_window_fill(struct weir__text_window *window, size_t want, struct weir_error *err)
{
    TRY(window_grow(window, want, err));
    if (window->begin > 0) {
        memmove(window->data, window->data + window->begin, window->end - window->begin);
        window->end -= window->begin;
        window->begin = 0;
    }
    while (window->end < want && !window->is_at_end) {
        size_t got = 0;
        TRY(window->source->read(window->source->ctx, window->data + window->end,
                                 want - window->end, &got, err));
        ASSERT(got <= want - window->end);
        window->end += got;
        window->is_at_end = got == 0;
    }
    if (window->data) {
        memset(window->data + window->end, 0, WEIR__TEXT_PADDING);
        window->data[window->end] = '\n';
    }
    return WEIR_OK;
}

void weir__text_window_skip_mark(struct weir__text_window *window)
{
    if (weir__text_window_left(window) >= 3 &&
        memcmp(window->data + window->begin, "\xef\xbb\xbf", 3) == 0)
        window->begin += 3;
}

void weir__text_window_dispose(struct weir__text_window *window)
{
    weir__free(window->env, window->data);
    window->data = NULL;
}
