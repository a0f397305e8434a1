/* csv_infer.c: what the first records of CSV look like. */
#include "format/csv_infer.h"

#include "format/text_value.h"

#include <inttypes.h>

/* Cells are classed by their text alone; quotes do not make a number text (many exports quote
 * everything), and an empty cell says nothing. */
static uint32_t cell_seen(const struct weir__text_settings *settings, struct weir__str text)
{
    bool is_true;
    while (text.len > 0 && text.data[0] == ' ')
        text = (struct weir__str){text.data + 1, text.len - 1};
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    if (text.len == 0)
        return WEIR__SEEN_TEXT; /* blanks only */
    uint32_t seen = weir__infer_number(text);
    if (seen)
        return seen;
    if (weir__text_bool(text, &is_true))
        return WEIR__SEEN_BOOL;
    return settings->no_timestamps ? (uint32_t)WEIR__SEEN_TEXT : weir__infer_time(text);
}

bool weir__csv_field_is_null(const struct weir__text_settings *settings,
                             const struct weir__csv_field *field)
{
    if (field->is_quoted)
        return false;
    if (field->len == 0)
        return true;
    return settings->null_text && field->len == settings->null_text_len &&
           memcmp(field->data, settings->null_text, field->len) == 0;
}

static int sample_record(const struct weir__csv_split *split, struct weir__infer *root,
                         struct weir__buf *scratch, struct weir_error *err)
{
    for (size_t i = 0; i < split->n_fields; i++) {
        const struct weir__csv_field *field = &split->fields[i];
        struct weir__infer *column = root->members[i];
        struct weir__str text;
        if (field->len == 0 || column->seen == WEIR__SEEN_TEXT ||
            weir__csv_field_is_null(split->settings, field))
            continue;
        TRY(weir__csv_field_text(field, scratch, &text, err));
        column->seen |= cell_seen(split->settings, text);
    }
    return WEIR_OK;
}

static int sample_records(struct weir__csv_split *split, struct weir__infer *root,
                          struct weir__buf *scratch, int64_t *n_records, struct weir_error *err)
{
    const struct weir__text_settings *settings = split->settings;
    size_t begin = split->window->begin;
    for (int64_t n = 0; n < settings->sample_rows; n++) {
        bool has_record = false;
        TRY(weir__csv_split_next(split, &has_record, err));
        if (!has_record || (n > 0 && split->window->begin - begin > (size_t)settings->sample_bytes))
            return WEIR_OK;
        if (split->n_fields != root->n_members)
            return weir__csv_fail_fields(split, root->n_members, err);
        TRY(sample_record(split, root, scratch, err));
        *n_records = n + 1;
    }
    return WEIR_OK;
}

/* One look at what is in the window. */
static int sample_window(struct weir__csv_split *split, struct weir__infer *root,
                         int64_t *n_records, struct weir_error *err)
{
    struct weir__buf scratch = weir__buf_make(split->settings->env, SIZE_MAX / 2);
    size_t before = split->window->begin;
    split->is_sampling = true;
    int status = sample_records(split, root, &scratch, n_records, err);
    split->is_sampling = false;
    split->window->begin = before;
    weir__csv_split_restart(split, 0);
    weir__buf_dispose(&scratch);
    return status;
}

int weir__csv_infer(struct weir__csv_split *split, struct weir__infer *root, struct weir_error *err)
{
    struct weir__text_window *window = split->window;
    for (;;) {
        int64_t n_records = 0;
        TRY(sample_window(split, root, &n_records, err));
        size_t left = weir__text_window_left(window);
        if (n_records > 0 || window->is_at_end || left > (size_t)split->settings->max_row_bytes)
            return WEIR_OK;
        /* not one whole record yet */
        TRY(weir__text_window_fill(window, 2 * left + WEIR__TEXT_STEP_BYTES, err));
        weir__csv_split_restart(split, 0);
    }
}

int weir__csv_fail_fields(const struct weir__csv_split *split, size_t wanted,
                          struct weir_error *err)
{
    return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": %zu field%s, not %zu",
                      split->settings->name, split->row, split->n_fields,
                      split->n_fields == 1 ? "" : "s", wanted);
}
