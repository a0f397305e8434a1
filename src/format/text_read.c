/* text_read.c: options of the text readers and their common messages. */
#include "format/text_read.h"

#include <inttypes.h>

static int check_limit(int64_t value, int64_t standard, int64_t most, const char *option,
                       int64_t *out, struct weir_error *err)
{
    if (value < 0)
        return weir__fail(err, WEIR_INVALID, "%s %" PRId64 " is negative", option, value);
    *out = value == 0 ? standard : value;
    if (*out > most)
        *out = most;
    return WEIR_OK;
}

static int init_text(struct weir__text_settings *made, const struct weir_text_read_options *o,
                     struct weir_error *err)
{
    made->name = weir__strdup(made->env, o->name ? o->name : "input", err);
    if (!made->name)
        return WEIR_NO_MEMORY;
    if (!o->null_text)
        return WEIR_OK;
    made->null_text = weir__strdup(made->env, o->null_text, err);
    made->null_text_len = strlen(o->null_text);
    return made->null_text ? WEIR_OK : WEIR_NO_MEMORY;
}

static int init_numbers(struct weir__text_settings *made, const struct weir_text_read_options *o,
                        struct weir_error *err)
{
    TRY(check_limit(o->sample_rows, 10000, INT64_MAX, "sample_rows", &made->sample_rows, err));
    TRY(check_limit(o->sample_bytes, INT64_C(8) << 20, WEIR__TEXT_MAX_ROW_BYTES, "sample_bytes",
                    &made->sample_bytes, err));
    TRY(check_limit(o->batch_rows, 65536, INT32_MAX / 4, "batch_rows", &made->batch_rows, err));
    TRY(check_limit(o->batch_bytes, INT64_C(64) << 20, WEIR__TEXT_MAX_ROW_BYTES / 2, "batch_bytes",
                    &made->batch_bytes, err));
    TRY(check_limit(o->max_row_bytes, INT64_C(16) << 20, WEIR__TEXT_MAX_ROW_BYTES, "max_row_bytes",
                    &made->max_row_bytes, err));
    made->delimiter = o->delimiter ? (uint8_t)o->delimiter : ',';
    if (made->delimiter == '"' || made->delimiter == '\n' || made->delimiter == '\r' ||
        made->delimiter >= 0x80)
        return weir__fail(err, WEIR_INVALID, "delimiter of byte 0x%02x", made->delimiter);
    return WEIR_OK;
}

int weir__text_settings_init(const struct weir_env *env,
                             const struct weir_text_read_options *options,
                             struct weir__text_settings *out, struct weir_error *err)
{
    const struct weir_text_read_options none = {0};
    const struct weir_text_read_options *o = options ? options : &none;
    struct weir__text_settings made = {.env = env};
    made.ignore_unknown = o->ignore_unknown;
    made.all_strings = o->all_strings;
    made.no_timestamps = o->no_timestamps;
    made.no_header = o->no_header;
    made.has_schema = o->schema != NULL;
    TRY(init_numbers(&made, o, err));
    int status = init_text(&made, o, err);
    if (status) {
        weir__text_settings_dispose(&made);
        return status;
    }
    *out = made;
    return WEIR_OK;
}

void weir__text_settings_dispose(struct weir__text_settings *settings)
{
    if (!settings->env)
        return;
    weir__free(settings->env, settings->name);
    weir__free(settings->env, settings->null_text);
    settings->name = settings->null_text = NULL;
}

int weir__text_fail_syntax(const struct weir__text_settings *settings, int64_t row, size_t byte,
                           const char *problem, struct weir_error *err)
{
    return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": byte %zu: %s", settings->name, row,
                      byte, problem);
}

int weir__text_fail_long(const struct weir__text_settings *settings, int64_t row,
                         struct weir_error *err)
{
    return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": longer than %" PRId64 " bytes",
                      settings->name, row, settings->max_row_bytes);
}

int weir__text_fill_sample(const struct weir__text_settings *settings,
                           struct weir__text_window *window, struct weir_error *err)
{
    size_t seen = 0;
    int64_t n_lines = 0;
    TRY(weir__text_window_fill(window, WEIR__TEXT_STEP_BYTES, err));
    weir__text_window_skip_mark(window);
    for (;;) {
        const uint8_t *from = window->data + window->begin;
        size_t left = weir__text_window_left(window);
        const uint8_t *newline;
        while (seen < left && (newline = memchr(from + seen, '\n', left - seen))) {
            seen = (size_t)(newline - from) + 1;
            n_lines++;
        }
        bool is_enough = n_lines >= settings->sample_rows ||
                         (n_lines > 0 && left >= (size_t)settings->sample_bytes);
        if (window->is_at_end || is_enough)
            return WEIR_OK;
        if (n_lines == 0 && left > (size_t)settings->max_row_bytes)
            return weir__text_fail_long(settings, 1, err);
        TRY(weir__text_window_fill(window, left + WEIR__TEXT_STEP_BYTES, err));
    }
}
