/* csv_split.c: walking CSV from one structural byte to the next. */
#include "format/csv_split.h"

#include <inttypes.h>

enum split_result { SPLIT_DONE, SPLIT_MORE, SPLIT_BAD };

void weir__csv_split_init(struct weir__csv_split *split, const struct weir__text_settings *settings,
                          struct weir__text_window *window)
{
    *split = (struct weir__csv_split){
        .settings = settings, .window = window, .scan = weir__csv_scan_choose()};
}

void weir__csv_split_dispose(struct weir__csv_split *split)
{
    if (!split->settings)
        return;
    weir__free(split->settings->env, split->fields);
    weir__free(split->settings->env, split->index);
    split->fields = NULL;
    split->index = NULL;
}

void weir__csv_split_restart(struct weir__csv_split *split, int64_t row)
{
    split->piece_end = split->piece_limit = split->window->begin;
    split->n_index = split->at_index = 0;
    split->is_last = false;
    split->row = row;
}

/* Everything up to the last line end is checked at once; what follows, record by record. */
static bool piece_is_clean(const uint8_t *from, size_t len, bool is_last)
{
    if (memchr(from, 0, len))
        return false;
    if (!is_last) {
        const uint8_t *last = memrchr(from, '\n', len);
        return last && last + 1 == from + len && weir__utf8_valid(from, len);
    }
    return weir__utf8_valid(from, len);
}

/* Index a new piece that begins with the unread bytes; false: there is none. */
static int piece_next(struct weir__csv_split *split, bool *out_has, struct weir_error *err)
{
    struct weir__text_window *window = split->window;
    size_t before = split->piece_end - window->begin;
    size_t left = weir__text_window_left(window);
    size_t want = WEIR__TEXT_STEP_BYTES;
    *out_has = false;
    if (split->is_last || (split->is_sampling && before == left && !window->is_at_end))
        return WEIR_OK;
    if (before > (size_t)split->settings->max_row_bytes)
        return weir__text_fail_long(split->settings, split->row + 1, err);
    while (want <= before)
        want *= 2;
    if (left < want && !split->is_sampling) {
        TRY(weir__text_window_fill(window, want, err));
        left = weir__text_window_left(window);
    }
    size_t len = left < want ? left : want;
    if (len + 64 > split->cap_index) {
        uint32_t *index =
            weir__resize(split->settings->env, split->index, (len + 64) * sizeof *index, err);
        if (!index)
            return WEIR_NO_MEMORY;
        split->index = index;
        split->cap_index = len + 64;
    }
    split->piece_end = split->piece_limit = window->begin + len;
    split->is_last = window->is_at_end && split->piece_end == window->end;
    split->n_index = split->scan(window->data, window->begin, split->piece_end,
                                 split->settings->delimiter, split->index);
    split->at_index = 0;
    split->has_bad_bytes =
        len > 0 && !piece_is_clean(window->data + window->begin, len, split->is_last);
    if (split->is_last) /* the newline that the window puts behind the text */
        split->index[split->n_index++] = (uint32_t)split->piece_limit++;
    *out_has = len > 0;
    return WEIR_OK;
}

static int field_add(struct weir__csv_split *split, struct weir__csv_field field,
                     struct weir_error *err)
{
    if (split->n_fields == split->cap_fields) {
        size_t cap = split->cap_fields ? split->cap_fields * 2 : 32;
        struct weir__csv_field *fields =
            weir__resize(split->settings->env, split->fields, cap * sizeof *fields, err);
        if (!fields)
            return WEIR_NO_MEMORY;
        split->fields = fields;
        split->cap_fields = cap;
    }
    split->fields[split->n_fields++] = field;
    return WEIR_OK;
}

/* The quoted field that begins at the structural byte *k; *k moves behind its closing quote. */
static enum split_result quoted_end(const struct weir__csv_split *split, size_t *k, size_t *end,
                                    bool *has_doubled)
{
    const uint8_t *data = split->window->data;
    const uint32_t *index = split->index;
    *has_doubled = false;
    for ((*k)++; *k < split->n_index; (*k)++) {
        size_t at = index[*k];
        if (data[at] != '"')
            continue;
        if (at + 1 >= split->piece_limit)
            return SPLIT_MORE; /* the next byte decides */
        if (data[at + 1] != '"') {
            *end = at;
            (*k)++;
            return SPLIT_DONE;
        }
        *has_doubled = true;
        (*k)++;
    }
    return split->is_last ? SPLIT_BAD : SPLIT_MORE;
}

/* Where the record ends that has its line end at structural byte k. */
static enum split_result line_end(const struct weir__csv_split *split, size_t *k, size_t *end)
{
    const uint8_t *data = split->window->data;
    size_t at = split->index[(*k)++];
    *end = at + 1;
    if (data[at] != '\r')
        return SPLIT_DONE;
    if (at + 1 >= split->piece_limit)
        return SPLIT_MORE; /* perhaps CR LF */
    if (data[at + 1] == '\n') {
        (*k)++;
        *end = at + 2;
    }
    return SPLIT_DONE;
}

static int fail_record(const struct weir__csv_split *split, const char *problem,
                       struct weir_error *err)
{
    if (split->row < 0)
        return weir__fail(err, WEIR_INVALID, "%s: header: %s", split->settings->name, problem);
    return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": field %zu: %s",
                      split->settings->name, split->row + 1, split->n_fields + 1, problem);
}

/* One field from `start`; *k is the structural byte behind it afterwards. */
static int field_next(struct weir__csv_split *split, size_t start, size_t *k,
                      enum split_result *result, struct weir_error *err)
{
    const uint8_t *data = split->window->data;
    struct weir__csv_field field = {.data = data + start};
    size_t end = 0;
    *result = SPLIT_MORE;
    if (*k < split->n_index && split->index[*k] == start && data[start] == '"') {
        *result = quoted_end(split, k, &end, &field.has_doubled);
        if (*result == SPLIT_BAD)
            return fail_record(split, "the quote is not closed", err);
        if (*result == SPLIT_MORE)
            return WEIR_OK;
        field.is_quoted = true;
        field.data++;
        if (*k >= split->n_index || split->index[*k] != end + 1)
            return fail_record(split, "text after the closing quote", err);
        field.len = (uint32_t)(end - start - 1);
    } else {
        while (*k < split->n_index && data[split->index[*k]] == '"')
            (*k)++;
        if (*k == split->n_index)
            return WEIR_OK;
        field.len = (uint32_t)(split->index[*k] - start);
        *result = SPLIT_DONE;
    }
    return field_add(split, field, err);
}

/* The record at window->begin; it is consumed when done. */
static int record_split(struct weir__csv_split *split, enum split_result *result,
                        struct weir_error *err)
{
    const uint8_t *data = split->window->data;
    size_t k = split->at_index;
    size_t start = split->window->begin;
    split->n_fields = 0;
    for (;;) {
        TRY(field_next(split, start, &k, result, err));
        if (*result != SPLIT_DONE)
            return WEIR_OK;
        size_t stop = split->index[k];
        if (data[stop] != split->settings->delimiter || stop == split->window->end)
            break;
        start = stop + 1;
        k++;
    }
    size_t end;
    *result = line_end(split, &k, &end);
    if (*result != SPLIT_DONE)
        return WEIR_OK;
    split->at_index = k;
    split->window->begin = end < split->window->end ? end : split->window->end;
    return WEIR_OK;
}

static bool record_is_blank(const struct weir__csv_split *split)
{
    return split->n_fields == 1 && split->fields[0].len == 0 && !split->fields[0].is_quoted;
}

static int record_check(const struct weir__csv_split *split, const uint8_t *from,
                        struct weir_error *err)
{
    size_t len = split->n_bytes;
    if (len > (size_t)split->settings->max_row_bytes)
        return weir__text_fail_long(split->settings, split->row, err);
    if (LIKELY(!split->has_bad_bytes))
        return WEIR_OK;
    const char *problem = NULL;
    if (memchr(from, 0, len)) {
        problem = "NUL byte";
    } else if (!weir__utf8_valid(from, len)) {
        problem = "not valid UTF-8";
    }
    return problem ? weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": %s", split->settings->name,
                                split->row, problem)
                   : WEIR_OK;
}

int weir__csv_split_next(struct weir__csv_split *split, bool *out_has, struct weir_error *err)
{
    for (;;) {
        enum split_result result = SPLIT_MORE;
        const uint8_t *from = split->window->data + split->window->begin;
        if (split->at_index < split->n_index && split->window->begin < split->window->end)
            TRY(record_split(split, &result, err));
        if (result == SPLIT_DONE) {
            if (record_is_blank(split))
                continue;
            split->row++;
            split->n_bytes = (size_t)(split->window->data + split->window->begin - from);
            *out_has = true;
            return record_check(split, from, err);
        }
        bool has_piece = false;
        TRY(piece_next(split, &has_piece, err));
        if (!has_piece) {
            *out_has = false;
            return WEIR_OK;
        }
    }
}

size_t weir__csv_field_copy(const struct weir__csv_field *field, uint8_t *out)
{
    if (!field->has_doubled) {
        memcpy(out, field->data, field->len);
        return field->len;
    }
    uint8_t *to = out;
    for (uint32_t i = 0; i < field->len; i++) {
        *to++ = field->data[i];
        i += field->data[i] == '"';
    }
    return (size_t)(to - out);
}

int weir__csv_field_text(const struct weir__csv_field *field, struct weir__buf *scratch,
                         struct weir__str *out, struct weir_error *err)
{
    if (!field->has_doubled) {
        *out = (struct weir__str){(const char *)field->data, field->len};
        return WEIR_OK;
    }
    weir__buf_clear(scratch);
    TRY(weir__buf_reserve(scratch, field->len, err));
    scratch->len = weir__csv_field_copy(field, scratch->data);
    *out = (struct weir__str){(const char *)scratch->data, scratch->len};
    return WEIR_OK;
}
