/* ndjson_infer.c: what the first rows of NDJSON look like. */
#include "format/json_scan.h"
#include "format/text_read.h"

#include <inttypes.h>

struct sampler {
    const struct weir__text_settings *settings;
    struct weir__jscan scan;
    struct weir__buf scratch;
    const uint8_t *line;
    int64_t row;
};

static int sampler_fail(const struct sampler *s, const char *problem, struct weir_error *err)
{
    return weir__text_fail_syntax(s->settings, s->row, (size_t)(s->scan.at - s->line) + 1, problem,
                                  err);
}

/* A status of the scanner: malformed text gets its message here. */
static int sampler_check(const struct sampler *s, int status, struct weir_error *err)
{
    return status == WEIR_INVALID ? sampler_fail(s, s->scan.problem, err) : status;
}

static int sample_value(struct sampler *s, struct weir__infer *node, int depth,
                        struct weir_error *err);

static int sample_string(struct sampler *s, struct weir__infer *node, struct weir_error *err)
{
    struct weir__str text;
    TRY(sampler_check(s, weir__jscan_string(&s->scan, &s->scratch, &text, err), err));
    node->seen |= s->settings->no_timestamps ? (uint32_t)WEIR__SEEN_TEXT : weir__infer_time(text);
    return WEIR_OK;
}

static int sample_number(struct sampler *s, struct weir__infer *node, struct weir_error *err)
{
    const uint8_t *from = s->scan.at;
    if (!weir__jscan_number(&s->scan))
        return sampler_fail(s, s->scan.problem, err);
    node->seen |=
        weir__infer_number((struct weir__str){(const char *)from, (size_t)(s->scan.at - from)});
    return WEIR_OK;
}

static int sample_member(struct sampler *s, struct weir__infer *node, int depth,
                         struct weir_error *err)
{
    struct weir__str name;
    struct weir__infer *member;
    if (*s->scan.at != '"')
        return sampler_fail(s, "expected a member name", err);
    TRY(sampler_check(s, weir__jscan_string(&s->scan, &s->scratch, &name, err), err));
    if (memchr(name.len ? name.data : "", 0, name.len))
        return sampler_fail(s, "NUL in a member name", err);
    int status = weir__infer_member(node, name, &member, err);
    if (status)
        return weir__error_prefix(err, status, "%s: row %" PRId64, s->settings->name, s->row);
    if (!weir__jscan_colon(&s->scan))
        return sampler_fail(s, s->scan.problem, err);
    return sample_value(s, member, depth + 1, err);
}

/* The members or items up to the closing bracket. */
static int sample_nested(struct sampler *s, struct weir__infer *node, uint8_t close, int depth,
                         struct weir_error *err)
{
    struct weir__infer *item = NULL;
    if (depth >= WEIR__JSCAN_MAX_DEPTH)
        return sampler_fail(s, "nested deeper than 64", err);
    if (close == ']')
        TRY(weir__infer_item(node, &item, err));
    s->scan.at++;
    node->guess = 0;
    weir__jscan_blank(&s->scan);
    if (*s->scan.at == close) {
        s->scan.at++;
        return WEIR_OK;
    }
    for (;;) {
        if (item) {
            TRY(sample_value(s, item, depth + 1, err));
        } else {
            TRY(sample_member(s, node, depth, err));
        }
        weir__jscan_blank(&s->scan);
        if (*s->scan.at == close) {
            s->scan.at++;
            return WEIR_OK;
        }
        if (*s->scan.at != ',')
            return sampler_fail(s, item ? "expected ',' or ']'" : "expected ',' or '}'", err);
        s->scan.at++;
        weir__jscan_blank(&s->scan);
    }
}

static int sample_value(struct sampler *s, struct weir__infer *node, int depth,
                        struct weir_error *err)
{
    switch (*s->scan.at) {
    case '"':
        return sample_string(s, node, err);
    case '{':
        node->seen |= WEIR__SEEN_OBJECT;
        return sample_nested(s, node, '}', depth, err);
    case '[':
        node->seen |= WEIR__SEEN_LIST;
        return sample_nested(s, node, ']', depth, err);
    case 't':
    case 'f':
        node->seen |= WEIR__SEEN_BOOL;
        break;
    case 'n':
        break;
    default:
        return sample_number(s, node, err);
    }
    return weir__jscan_literal(&s->scan) ? WEIR_OK : sampler_fail(s, s->scan.problem, err);
}

/* One line; blank ones are no rows. */
static int sample_line(struct sampler *s, struct weir__infer *root, const uint8_t *line,
                       const uint8_t *end, struct weir_error *err)
{
    s->line = s->scan.at = line;
    weir__jscan_blank(&s->scan);
    if (s->scan.at >= end)
        return WEIR_OK;
    s->row++;
    if (!weir__utf8_valid(line, (size_t)(end - line))) {
        return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": not valid UTF-8",
                          s->settings->name, s->row);
    }
    if (*s->scan.at != '{')
        return sampler_fail(s, "expected '{'", err);
    TRY(sample_nested(s, root, '}', 0, err));
    weir__jscan_blank(&s->scan);
    return s->scan.at == end ? WEIR_OK : sampler_fail(s, "text after the object", err);
}

static int sample_lines(struct sampler *s, const struct weir__text_window *window,
                        struct weir__infer *root, struct weir_error *err)
{
    const uint8_t *at = window->data + window->begin;
    const uint8_t *start = at;
    const uint8_t *end = window->data + window->end;
    while (at < end && s->row < s->settings->sample_rows) {
        const uint8_t *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end && !window->is_at_end)
            break;
        if (!line_end)
            line_end = end;
        if (line_end - at > s->settings->max_row_bytes)
            return weir__text_fail_long(s->settings, s->row + 1, err);
        if (s->row > 0 && line_end - start >= s->settings->sample_bytes)
            break;
        TRY(sample_line(s, root, at, line_end, err));
        at = line_end + 1;
    }
    return WEIR_OK;
}

int weir__ndjson_infer(const struct weir__text_settings *settings, struct weir__text_window *window,
                       struct weir__infer **out, struct weir_error *err)
{
    struct sampler s = {.settings = settings};
    s.scratch = weir__buf_make(settings->env, SIZE_MAX / 2);
    AUTO(infer) struct weir__infer *root = NULL;
    TRY(weir__text_fill_sample(settings, window, err));
    TRY(weir__infer_new(settings->env, &root, err));
    int status = window->data ? sample_lines(&s, window, root, err) : WEIR_OK;
    weir__buf_dispose(&s.scratch);
    if (status == WEIR_OK)
        *out = TAKE(root);
    return status;
}
