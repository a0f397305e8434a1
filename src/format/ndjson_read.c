/* ndjson_read.c: NDJSON rows straight into column buffers, in one pass over each line.
 *
 * Not here: the grammar's small parts (json_scan.h) and the types (ndjson_infer.c). The hard idea:
 * rows of one file look alike, so each member is first compared with the one that followed last
 * time; a hit costs one vector compare for name, quotes and colon together. */
#include <weir/format.h>

#include "format/json_scan.h"
#include "format/text_read.h"
#include "format/text_value.h"

#include <inttypes.h>
#include <math.h>

#define MAX_ITEMS_BYTES (UINT64_C(1) << 30)

struct ndjson {
    const struct weir_env *env;
    struct weir__text_settings settings;
    struct weir__text_window window;
    struct ArrowSchema schema;
    struct weir__text_column root;
    struct weir__buf scratch; /* strings with escapes */

    struct weir__jscan scan; /* place in the line */
    const uint8_t *line;
    size_t lines_end;     /* of the whole lines in the window */
    bool has_bad_utf8;    /* somewhere in those lines */
    size_t items_bytes;   /* what nested items of this batch cost at least */
    int64_t row;          /* 1-based, of the file */
    int64_t rows_a_batch; /* batch_rows, fewer for very wide schemas */
};

static int syntax(const struct ndjson *r, const char *problem, struct weir_error *err)
{
    return weir__text_fail_syntax(&r->settings, r->row, (size_t)(r->scan.at - r->line) + 1, problem,
                                  err);
}

/* A status of the scanner: malformed text gets its message here. */
static int scan_check(const struct ndjson *r, int status, struct weir_error *err)
{
    return status == WEIR_INVALID ? syntax(r, r->scan.problem, err) : status;
}

/* The value at scan.at cannot be in that column. */
static int misfit(struct ndjson *r, const struct weir__text_column *column, struct weir_error *err)
{
    const uint8_t *from = r->scan.at;
    if (!weir__jscan_skip(&r->scan, 1))
        return syntax(r, r->scan.problem, err);
    struct weir__str text = {(const char *)from, (size_t)(r->scan.at - from)};
    return weir__text_fail_misfit(column, r->settings.name, r->row, text, err);
}

static int fail_column(const struct ndjson *r, const struct weir__text_column *column,
                       const char *problem, struct weir_error *err)
{
    char path[256];
    weir__text_column_path(column, path, sizeof path);
    return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": column %s: %s", r->settings.name,
                      r->row, path, problem);
}

static int null_read(struct ndjson *r, struct weir__text_column *column, int64_t i,
                     struct weir_error *err)
{
    if (!weir__jscan_literal(&r->scan))
        return syntax(r, r->scan.problem, err);
    if (!column->is_nullable)
        return fail_column(r, column, "null, but the column is not nullable", err);
    return weir__text_null(column, i, err);
}

static int bool_read(struct ndjson *r, struct weir__text_column *column, int64_t i,
                     struct weir_error *err)
{
    bool is_true = *r->scan.at == 't';
    if (!is_true && *r->scan.at != 'f')
        return misfit(r, column, err);
    if (!weir__jscan_literal(&r->scan))
        return syntax(r, r->scan.problem, err);
    TRY(weir__text_slot(column, i, err));
    weir__text_put_bool(column, i, is_true);
    return WEIR_OK;
}

/* A number by the general road: check the grammar, then let the column read the text. */
static int number_read(struct ndjson *r, struct weir__text_column *column, int64_t i,
                       struct weir_error *err)
{
    const uint8_t *from = r->scan.at;
    if (*from != '-' && (*from < '0' || *from > '9'))
        return misfit(r, column, err);
    if (!weir__jscan_number(&r->scan))
        return syntax(r, r->scan.problem, err);
    struct weir__str text = {(const char *)from, (size_t)(r->scan.at - from)};
    int status = weir__text_put(column, i, text, err);
    if (status == WEIR__TEXT_MISFIT)
        return weir__text_fail_misfit(column, r->settings.name, r->row, text, err);
    return status;
}

static int int64_read(struct ndjson *r, struct weir__text_column *column, int64_t i,
                      struct weir_error *err)
{
    const uint8_t *at = r->scan.at;
    bool is_negative = *at == '-';
    const uint8_t *first = at += is_negative;
    uint64_t value = 0;
    for (unsigned digit; (digit = (unsigned)*at - '0') <= 9; at++)
        value = value * 10 + digit;
    size_t n = (size_t)(at - first);
    if (n == 0 || n > 18 || (*first == '0' && n > 1) || *at == '.' || (*at | 0x20) == 'e')
        return number_read(r, column, i, err);
    TRY(weir__text_slot(column, i, err));
    weir__text_put_i64(column, i, is_negative ? -(int64_t)value : (int64_t)value);
    r->scan.at = at;
    return WEIR_OK;
}

static int float64_read(struct ndjson *r, struct weir__text_column *column, int64_t i,
                        struct weir_error *err)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const uint8_t *at = r->scan.at;
    bool is_negative = *at == '-';
    const uint8_t *first = at += is_negative;
    uint64_t value = 0;
    for (unsigned digit; (digit = (unsigned)*at - '0') <= 9; at++)
        value = value * 10 + digit;
    const uint8_t *point = at;
    size_t n_part = 0;
    if (*at == '.') {
        at++;
        for (unsigned digit; (digit = (unsigned)*at - '0') <= 9; at++)
            value = value * 10 + digit;
        n_part = (size_t)(at - point) - 1;
    }
    /* Up to 15 digits are exact, so that one division rounds correctly. */
    size_t n_whole = (size_t)(point - first);
    if (n_whole == 0 || n_whole + n_part > 15 || (*first == '0' && n_whole > 1) ||
        (point != at && n_part == 0) || (*at | 0x20) == 'e')
        return number_read(r, column, i, err);
    TRY(weir__text_slot(column, i, err));
    double magnitude = (double)value / powers[n_part];
    weir__text_put_f64(column, i, is_negative ? -magnitude : magnitude);
    r->scan.at = at;
    return WEIR_OK;
}

/* The string behind the quote at scan.at, unescaped into the column as it is scanned. */
static int string_copy(struct ndjson *r, struct weir__text_column *column, struct weir_error *err)
{
    const uint8_t *at = r->scan.at + 1;
    for (;;) {
        TRY(weir__text_bytes_room(column, 16, err));
        memcpy(column->bytes + column->n_bytes, at, 16);
        uint32_t stops = weir__jscan_stops(at);
        if (stops == 0) {
            column->n_bytes += 16;
            at += 16;
            continue;
        }
        size_t n = (size_t)__builtin_ctz(stops);
        column->n_bytes += n;
        at += n;
        if (LIKELY(*at == '"'))
            break;
        r->scan.at = at;
        if (*at != '\\') {
            return syntax(
                r, *at == '\n' ? "the line ends inside a string" : "control byte in a string", err);
        }
        if (!weir__jscan_escape(&r->scan, column->bytes + column->n_bytes, &n))
            return syntax(r, r->scan.problem, err);
        column->n_bytes += n;
        at = r->scan.at;
    }
    r->scan.at = at + 1;
    return WEIR_OK;
}

static int string_read(struct ndjson *r, struct weir__text_column *column, int64_t i,
                       struct weir_error *err)
{
    if (LIKELY(*r->scan.at == '"')) {
        TRY(weir__text_slot(column, i, err));
        TRY(string_copy(r, column, err));
        weir__text_bytes_end(column, i);
        return WEIR_OK;
    }
    if (!column->is_loose)
        return misfit(r, column, err);
    const uint8_t *from = r->scan.at;
    if (!weir__jscan_skip(&r->scan, 1))
        return syntax(r, r->scan.problem, err);
    struct weir__str text = {(const char *)from, (size_t)(r->scan.at - from)};
    TRY(weir__text_slot(column, i, err));
    return weir__text_put_bytes(column, i, text, err);
}

/* Times, binary, decimals: text in a string. */
static int text_read(struct ndjson *r, struct weir__text_column *column, int64_t i,
                     struct weir_error *err)
{
    bool takes_numbers =
        column->type.kind == WEIR__KIND_DECIMAL128 || column->type.kind == WEIR__KIND_DECIMAL256;
    if (*r->scan.at != '"')
        return takes_numbers ? number_read(r, column, i, err) : misfit(r, column, err);
    const uint8_t *from = r->scan.at;
    struct weir__str text;
    TRY(scan_check(r, weir__jscan_string(&r->scan, &r->scratch, &text, err), err));
    int status = weir__text_put(column, i, text, err);
    if (status != WEIR__TEXT_MISFIT)
        return status;
    r->scan.at = from;
    return misfit(r, column, err);
}

static int value_read(struct ndjson *r, struct weir__text_column *column, int64_t i, int depth,
                      struct weir_error *err);

static int items_fit(struct ndjson *r, const struct weir__text_column *column, int64_t n,
                     struct weir_error *err)
{
    if (column->type.kind == WEIR__KIND_FIXED_LIST && n != column->type.list_size)
        return fail_column(r, column, "a list of another length", err);
    /* "{}" is a whole element of all members, so that short text can be long in memory */
    size_t cost;
    if (__builtin_mul_overflow((size_t)n, column->children[0].null_bytes, &cost) ||
        __builtin_add_overflow(r->items_bytes, cost, &r->items_bytes) ||
        r->items_bytes > MAX_ITEMS_BYTES)
        return fail_column(r, column, "the items of this list take over 1 GiB", err);
    return WEIR_OK;
}

static int list_read(struct ndjson *r, struct weir__text_column *column, int64_t i, int depth,
                     struct weir_error *err)
{
    struct weir__text_column *items = &column->children[0];
    if (*r->scan.at != '[')
        return misfit(r, column, err);
    if (depth >= WEIR__JSCAN_MAX_DEPTH)
        return syntax(r, "nested deeper than 64", err);
    TRY(weir__text_slot(column, i, err));
    if (column->type.kind == WEIR__KIND_FIXED_LIST)
        TRY(weir__text_pad(items, i * column->type.list_size, err));
    int64_t before = items->length;
    r->scan.at++;
    weir__jscan_blank(&r->scan);
    bool is_empty = *r->scan.at == ']';
    while (!is_empty) {
        TRY(value_read(r, items, items->length, depth + 1, err));
        weir__jscan_blank(&r->scan);
        if (*r->scan.at == ']')
            break;
        if (*r->scan.at != ',')
            return syntax(r, "expected ',' or ']'", err);
        r->scan.at++;
        weir__jscan_blank(&r->scan);
    }
    r->scan.at++;
    TRY(items_fit(r, column, items->length - before, err));
    if (column->type.kind != WEIR__KIND_FIXED_LIST)
        weir__text_list_end(column, i);
    return WEIR_OK;
}

/* One member of an object becomes an entry of a map. */
static int entry_read(struct ndjson *r, struct weir__text_column *entries, int depth,
                      struct weir_error *err)
{
    int64_t i = entries->length;
    struct weir__str name;
    if (*r->scan.at != '"')
        return syntax(r, "expected a member name", err);
    const uint8_t *from = r->scan.at;
    TRY(scan_check(r, weir__jscan_string(&r->scan, &r->scratch, &name, err), err));
    TRY(weir__text_slot(entries, i, err));
    int status = weir__text_put(&entries->children[0], i, name, err);
    if (status == WEIR__TEXT_MISFIT) {
        r->scan.at = from;
        return misfit(r, &entries->children[0], err);
    }
    TRY(status);
    if (!weir__jscan_colon(&r->scan))
        return syntax(r, r->scan.problem, err);
    return value_read(r, &entries->children[1], i, depth + 1, err);
}

/* A map is an object, or a list of {"key": .., "value": ..} where keys are no texts. */
static int map_read(struct ndjson *r, struct weir__text_column *column, int64_t i, int depth,
                    struct weir_error *err)
{
    if (*r->scan.at == '[')
        return list_read(r, column, i, depth, err);
    if (*r->scan.at != '{')
        return misfit(r, column, err);
    if (depth >= WEIR__JSCAN_MAX_DEPTH)
        return syntax(r, "nested deeper than 64", err);
    TRY(weir__text_slot(column, i, err));
    r->scan.at++;
    weir__jscan_blank(&r->scan);
    bool is_empty = *r->scan.at == '}';
    while (!is_empty) {
        TRY(entry_read(r, &column->children[0], depth, err));
        weir__jscan_blank(&r->scan);
        if (*r->scan.at == '}')
            break;
        if (*r->scan.at != ',')
            return syntax(r, "expected ',' or '}'", err);
        r->scan.at++;
        weir__jscan_blank(&r->scan);
    }
    r->scan.at++;
    weir__text_list_end(column, i);
    return WEIR_OK;
}

static bool key_matches(const struct weir__text_column *column, const uint8_t *at)
{
#if defined(__SSE2__)
    __m128i here = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i key = _mm_loadu_si128((const __m128i *)(const void *)column->key);
    uint32_t equal = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(here, key));
    if (column->key_len <= 16)
        return (~equal & ((UINT32_C(1) << column->key_len) - 1)) == 0;
    if (equal != 0xffff)
        return false;
#endif
    return memcmp(at, column->key, column->key_len) == 0;
}

/* Name and colon at scan.at; *out NULL: a member to be skipped. */
static int member_find(struct ndjson *r, struct weir__text_column *column, uint32_t *guess,
                       struct weir__text_column **out, struct weir_error *err)
{
    struct weir__str name;
    if (*r->scan.at != '"')
        return syntax(r, "expected a member name", err);
    TRY(scan_check(r, weir__jscan_string(&r->scan, &r->scratch, &name, err), err));
    struct weir__text_column *child = weir__text_column_find(column, name.data, name.len);
    if (child)
        *guess = (uint32_t)(child - column->children);
    if (!child && !r->settings.ignore_unknown) {
        char shown[64];
        return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": unknown column %s",
                          r->settings.name, r->row, weir__text_shown(name, shown));
    }
    if (!weir__jscan_colon(&r->scan))
        return syntax(r, r->scan.problem, err);
    *out = child;
    return WEIR_OK;
}

static int required_check(const struct ndjson *r, const struct weir__text_column *column, int64_t i,
                          struct weir_error *err)
{
    for (int64_t k = 0; k < column->n_children; k++) {
        const struct weir__text_column *child = &column->children[k];
        if (!child->is_nullable && child->length != i + 1)
            return fail_column(r, child, "missing, but the column is not nullable", err);
    }
    return WEIR_OK;
}

static int member_read(struct ndjson *r, struct weir__text_column *column, uint32_t **guess,
                       int64_t i, int depth, struct weir_error *err)
{
    struct weir__text_column *child = NULL;
    if (LIKELY(column->n_children > 0) && column->children[**guess].key &&
        LIKELY(key_matches(&column->children[**guess], r->scan.at))) {
        child = &column->children[**guess];
        r->scan.at += child->key_len;
        weir__jscan_blank(&r->scan);
    } else {
        TRY(member_find(r, column, *guess, &child, err));
    }
    if (!child)
        return weir__jscan_skip(&r->scan, depth + 1) ? WEIR_OK : syntax(r, r->scan.problem, err);
    if (UNLIKELY(child->length > i))
        return fail_column(r, child, "given twice", err);
    *guess = &child->follower;
    return value_read(r, child, i, depth + 1, err);
}

/* The object at scan.at as element i, whose slot is made. */
static int object_read(struct ndjson *r, struct weir__text_column *column, int64_t i, int depth,
                       struct weir_error *err)
{
    if (UNLIKELY(depth >= WEIR__JSCAN_MAX_DEPTH))
        return syntax(r, "nested deeper than 64", err);
    uint32_t *guess = &column->first;
    r->scan.at++;
    weir__jscan_blank(&r->scan);
    bool is_empty = *r->scan.at == '}';
    while (!is_empty) {
        TRY(member_read(r, column, &guess, i, depth, err));
        weir__jscan_blank(&r->scan);
        if (*r->scan.at == '}')
            break;
        if (UNLIKELY(*r->scan.at != ','))
            return syntax(r, "expected ',' or '}'", err);
        r->scan.at++;
        weir__jscan_blank(&r->scan);
    }
    r->scan.at++;
    return column->has_required ? required_check(r, column, i, err) : WEIR_OK;
}

static int struct_read(struct ndjson *r, struct weir__text_column *column, int64_t i, int depth,
                       struct weir_error *err)
{
    if (*r->scan.at != '{')
        return misfit(r, column, err);
    TRY(weir__text_slot(column, i, err));
    return object_read(r, column, i, depth, err);
}

static int value_read(struct ndjson *r, struct weir__text_column *column, int64_t i, int depth,
                      struct weir_error *err)
{
    if (UNLIKELY(*r->scan.at == 'n'))
        return null_read(r, column, i, err);
    switch (column->type.kind) {
    case WEIR__KIND_INT64:
        return int64_read(r, column, i, err);
    case WEIR__KIND_FLOAT64:
        return float64_read(r, column, i, err);
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_STRING:
        return string_read(r, column, i, err);
    case WEIR__KIND_BOOL:
        return bool_read(r, column, i, err);
    case WEIR__KIND_STRUCT:
        return struct_read(r, column, i, depth, err);
    case WEIR__KIND_LIST:
    case WEIR__KIND_LARGE_LIST:
    case WEIR__KIND_FIXED_LIST:
        return list_read(r, column, i, depth, err);
    case WEIR__KIND_MAP:
        return map_read(r, column, i, depth, err);
    case WEIR__KIND_INT8:
    case WEIR__KIND_INT16:
    case WEIR__KIND_INT32:
    case WEIR__KIND_UINT8:
    case WEIR__KIND_UINT16:
    case WEIR__KIND_UINT32:
    case WEIR__KIND_UINT64:
    case WEIR__KIND_FLOAT16:
    case WEIR__KIND_FLOAT32:
    case WEIR__KIND_DURATION:
        return number_read(r, column, i, err);
    case WEIR__KIND_NULL:
        return misfit(r, column, err);
    default:
        return text_read(r, column, i, err);
    }
}

/* Whole lines in the window, the last one perhaps without its newline. *out_has is false at the
 * end of the text. */
static int lines_need(struct ndjson *r, bool *out_has, struct weir_error *err)
{
    struct weir__text_window *window = &r->window;
    size_t want = WEIR__TEXT_STEP_BYTES;
    while (window->begin == r->lines_end) {
        const uint8_t *from = window->data + window->begin;
        size_t left = weir__text_window_left(window);
        const uint8_t *last = left ? memrchr(from, '\n', left) : NULL;
        if (last || window->is_at_end) {
            r->lines_end = last ? (size_t)(last - window->data) + 1 : window->end;
            if (window->is_at_end)
                r->lines_end = window->end;
            r->has_bad_utf8 = left > 0 && !weir__utf8_valid(from, r->lines_end - window->begin);
            *out_has = left > 0;
            return WEIR_OK;
        }
        if (left > (size_t)r->settings.max_row_bytes)
            return weir__text_fail_long(&r->settings, r->row + 1, err);
        while (want <= left)
            want *= 2;
        TRY(weir__text_window_fill(window, want, err));
        r->lines_end = window->begin;
    }
    *out_has = true;
    return WEIR_OK;
}

/* One line; blank ones are no rows. */
static int line_read(struct ndjson *r, const uint8_t *end, int64_t *n_rows, struct weir_error *err)
{
    r->scan.at = r->line;
    weir__jscan_blank(&r->scan);
    if (r->scan.at >= end)
        return WEIR_OK;
    r->row++;
    if (UNLIKELY(end - r->line > r->settings.max_row_bytes))
        return weir__text_fail_long(&r->settings, r->row, err);
    if (UNLIKELY(r->has_bad_utf8) && !weir__utf8_valid(r->line, (size_t)(end - r->line))) {
        return weir__fail(err, WEIR_INVALID, "%s: row %" PRId64 ": not valid UTF-8",
                          r->settings.name, r->row);
    }
    if (UNLIKELY(*r->scan.at != '{'))
        return syntax(r, "expected '{'", err);
    TRY(weir__text_slot(&r->root, *n_rows, err));
    TRY(object_read(r, &r->root, *n_rows, 0, err));
    weir__jscan_blank(&r->scan);
    if (UNLIKELY(r->scan.at != end))
        return syntax(r, "text after the object", err);
    (*n_rows)++;
    return WEIR_OK;
}

static int rows_read(struct ndjson *r, int64_t *out_rows, struct weir_error *err)
{
    int64_t n_rows = 0, n_bytes = 0;
    r->items_bytes = 0;
    while (n_rows < r->rows_a_batch && n_bytes < r->settings.batch_bytes &&
           r->items_bytes < (size_t)r->settings.batch_bytes * 2) {
        bool has_lines = false;
        TRY(lines_need(r, &has_lines, err));
        if (!has_lines)
            break;
        const uint8_t *line = r->window.data + r->window.begin;
        size_t left = r->lines_end - r->window.begin;
        const uint8_t *end = memchr(line, '\n', left);
        size_t line_bytes = end ? (size_t)(end - line) + 1 : left;
        r->line = line;
        TRY(line_read(r, end ? end : line + left, &n_rows, err));
        r->window.begin += line_bytes;
        n_bytes += (int64_t)line_bytes;
    }
    *out_rows = n_rows;
    return WEIR_OK;
}

static int ndjson_next(void *ctx, struct ArrowArray *out, struct weir_error *err)
{
    struct ndjson *r = ctx;
    int64_t n_rows;
    TRY(rows_read(r, &n_rows, err));
    if (n_rows == 0) {
        *out = (struct ArrowArray){0};
        return WEIR_OK;
    }
    return weir__text_column_finish(&r->root, n_rows, out, err);
}

static int ndjson_schema(void *ctx, struct ArrowSchema *out, struct weir_error *err)
{
    struct ndjson *r = ctx;
    return weir__schema_copy(r->env, &r->schema, out, err);
}

static void ndjson_free(void *ctx)
{
    struct ndjson *r = ctx;
    weir__text_column_dispose(&r->root);
    weir__schema_freep(&r->schema);
    weir__text_window_dispose(&r->window);
    weir__buf_dispose(&r->scratch);
    weir__text_settings_dispose(&r->settings);
    weir__free(r->env, r);
}

static const struct weir__stream_ops ndjson_ops = {ndjson_schema, ndjson_next, ndjson_free};

static int ndjson_begin(struct ndjson *r, const struct weir_text_read_options *options,
                        struct weir_error *err)
{
    AUTO(infer) struct weir__infer *sample = NULL;
    TRY(weir__text_settings_init(r->env, options, &r->settings, err));
    if (r->settings.has_schema) {
        TRY(weir__schema_copy(r->env, options->schema, &r->schema, err));
        TRY(weir__text_window_fill(&r->window, WEIR__TEXT_STEP_BYTES, err));
        weir__text_window_skip_mark(&r->window);
    } else {
        TRY(weir__ndjson_infer(&r->settings, &r->window, &sample, err));
        TRY(weir__infer_schema(sample, &r->schema, err));
    }
    TRY(weir__text_column_init(r->env, &r->schema, NULL, &r->root, err));
    if (r->root.type.kind != WEIR__KIND_STRUCT)
        return weir__fail(err, WEIR_INVALID, "%s: the schema is no struct", r->settings.name);
    if (sample)
        weir__infer_mark(sample, &r->root);
    r->lines_end = r->window.begin;
    r->rows_a_batch = weir__text_rows_a_batch(&r->root, r->settings.batch_rows);
    return WEIR_OK;
}

int weir_ndjson_read(const struct weir_env *env, const struct weir_source *source,
                     const struct weir_text_read_options *options, struct ArrowArrayStream *out,
                     struct weir_error *err)
{
    struct ndjson *r = weir__alloc_zero(env, 1, sizeof *r, err);
    if (!r)
        return WEIR_NO_MEMORY;
    r->env = env;
    r->window = weir__text_window_make(env, source);
    r->scratch = weir__buf_make(env, SIZE_MAX / 2);
    int status = ndjson_begin(r, options, err);
    if (status == WEIR_OK)
        status = weir__stream_make(env, &ndjson_ops, r, out, err);
    if (status)
        ndjson_free(r);
    return status;
}
