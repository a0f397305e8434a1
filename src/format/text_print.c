/* text_print.c: values of every Arrow type as text. */
#include "format/text_print.h"

#include "format/json_quote.h"

#include <math.h>

#define DAY_SECONDS INT64_C(86400)

/* ---- making and binding ---- */

static int make_key(const struct weir_env *env, const struct ArrowSchema *schema,
                    struct weir__printer *out, struct weir_error *err)
{
    struct weir__buf key = weir__buf_make(env, INT32_MAX);
    int status = weir__buf_byte(&key, ',', err);
    if (status == WEIR_OK)
        status = weir__json_quote(&key, weir__str_of(schema->name ? schema->name : ""), err);
    if (status == WEIR_OK)
        status = weir__buf_byte(&key, ':', err);
    if (status == WEIR_OK)
        status = weir__buf_reserve(&key, 16, err);
    if (status) {
        weir__buf_dispose(&key);
        return status;
    }
    out->key_len = key.len;
    out->key = (char *)weir__buf_take(&key);
    return WEIR_OK;
}

static int printer_init(const struct weir_env *env, const struct ArrowSchema *schema, int depth,
                        struct weir__printer *out, struct weir_error *err)
{
    *out = (struct weir__printer){0};
    if (depth > WEIR__PRINT_MAX_DEPTH) {
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: nested deeper than %d",
                          schema->name ? schema->name : "", WEIR__PRINT_MAX_DEPTH);
    }
    TRY(weir__type_parse(schema, &out->type, err));
    TRY(make_key(env, schema, out, err));
    int64_t n = out->type.is_dictionary ? 1 : schema->n_children;
    if (n == 0)
        return WEIR_OK;
    out->children = weir__alloc_zero(env, (size_t)n, sizeof *out->children, err);
    if (!out->children)
        return WEIR_NO_MEMORY;
    for (int64_t i = 0; i < n; i++) {
        const struct ArrowSchema *child =
            out->type.is_dictionary ? schema->dictionary : schema->children[i];
        out->n_children = i + 1; /* so that dispose sees what is half made */
        TRY(printer_init(env, child, depth + 1, &out->children[i], err));
    }
    return WEIR_OK;
}

int weir__printer_init(const struct weir_env *env, const struct ArrowSchema *schema,
                       struct weir__printer *out, struct weir_error *err)
{
    int status = printer_init(env, schema, 0, out, err);
    if (status)
        weir__printer_dispose(env, out);
    return status;
}

void weir__printer_dispose(const struct weir_env *env, struct weir__printer *printer)
{
    for (int64_t i = 0; i < printer->n_children; i++)
        weir__printer_dispose(env, &printer->children[i]);
    weir__free(env, printer->children);
    weir__free(env, printer->key);
    *printer = (struct weir__printer){0};
}

int weir__printer_bind(struct weir__printer *printer, const struct ArrowSchema *schema,
                       const struct ArrowArray *array, struct weir_error *err)
{
    TRY(weir__view_make(schema, array, &printer->view, err));
    if (printer->type.is_dictionary && !array->dictionary) {
        return weir__fail(err, WEIR_INVALID, "column %s: array without its dictionary",
                          schema->name ? schema->name : "");
    }
    if (printer->type.is_dictionary) {
        return weir__printer_bind(&printer->children[0], schema->dictionary, array->dictionary,
                                  err);
    }
    if (array->n_children != printer->n_children) {
        return weir__fail(err, WEIR_INVALID, "column %s: array with another number of children",
                          schema->name ? schema->name : "");
    }
    for (int64_t i = 0; i < printer->n_children; i++) {
        TRY(weir__printer_bind(&printer->children[i], schema->children[i], array->children[i],
                               err));
    }
    return WEIR_OK;
}

bool weir__printer_is_null(const struct weir__printer *printer, int64_t i)
{
    if (printer->type.kind == WEIR__KIND_NULL || weir__view_is_null(&printer->view, i))
        return true;
    return printer->type.is_dictionary &&
           weir__printer_is_null(&printer->children[0], weir__view_index(&printer->view, i));
}

/* ---- fixed-width values ---- */

static char *put_text(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return out + len;
}

static char *put_pair(char *out, int64_t value)
{
    out[0] = (char)('0' + value / 10 % 10);
    out[1] = (char)('0' + value % 10);
    return out + 2;
}

/* ".5": nine digits at most, without zeros at the end; nothing for zero. */
static char *put_fraction(char *out, int32_t nanosecond)
{
    if (nanosecond == 0)
        return out;
    *out++ = '.';
    char *end = out + 9;
    for (char *at = end; at > out; nanosecond /= 10)
        *--at = (char)('0' + nanosecond % 10);
    while (end[-1] == '0')
        end--;
    return end;
}

static char *put_clock(char *out, int64_t second_of_day, int32_t nanosecond)
{
    out = put_pair(out, second_of_day / 3600);
    *out++ = ':';
    out = put_pair(out, second_of_day / 60 % 60);
    *out++ = ':';
    out = put_pair(out, second_of_day % 60);
    return put_fraction(out, nanosecond);
}

static char *put_day(struct weir__printer *printer, int64_t day, char *out)
{
    if (printer->day_len == 0 || printer->day != day) {
        printer->day = day;
        printer->day_len = weir__date_format(day, printer->day_text);
    }
    return put_text(out, printer->day_text, printer->day_len);
}

/* Quotient towards minus infinity; *rest is never negative. */
static int64_t floor_divide(int64_t value, int64_t by, int64_t *rest)
{
    int64_t quotient = value / by;
    *rest = value % by;
    if (*rest < 0) {
        *rest += by;
        quotient--;
    }
    return quotient;
}

static char *put_timestamp(struct weir__printer *printer, int64_t value, char *out)
{
    int64_t per_second = weir__unit_per_second(printer->type.unit);
    int64_t part, second;
    int64_t seconds = floor_divide(value, per_second, &part);
    int64_t day = floor_divide(seconds, DAY_SECONDS, &second);
    out = put_day(printer, day, out);
    *out++ = 'T';
    out = put_clock(out, second, (int32_t)(part * (1000000000 / per_second)));
    if (printer->type.zone)
        *out++ = 'Z';
    return out;
}

static char *put_time(const struct weir__printer *printer, int64_t value, char *out)
{
    int64_t per_second = weir__unit_per_second(printer->type.unit);
    int64_t part, second;
    (void)floor_divide(floor_divide(value, per_second, &part), DAY_SECONDS, &second);
    return put_clock(out, second, (int32_t)(part * (1000000000 / per_second)));
}

/* limbs / 10^19 in place; returns the rest. */
static uint64_t limbs_divide(uint64_t limbs[4])
{
    const uint64_t by = UINT64_C(10000000000000000000);
    unsigned __int128 rest = 0;
    for (size_t k = 4; k-- > 0;) {
        rest = rest << 64 | limbs[k];
        limbs[k] = (uint64_t)(rest / by);
        rest %= by;
    }
    return (uint64_t)rest;
}

/* All digits of a magnitude, right-aligned before `end`; returns where they begin. */
static char *limbs_digits(uint64_t limbs[4], char *end)
{
    char *at = end;
    for (;;) {
        uint64_t group = limbs_divide(limbs);
        bool is_last = (limbs[0] | limbs[1] | limbs[2] | limbs[3]) == 0;
        for (int i = 0; i < 19 && (group || !is_last); i++, group /= 10)
            *--at = (char)('0' + group % 10);
        if (is_last)
            return at;
    }
}

static char *put_decimal(const struct weir__printer *printer, int64_t i, char *out)
{
    uint64_t limbs[4] = {0};
    size_t width = (size_t)printer->type.width_bytes;
    memcpy(limbs, printer->view.data + (size_t)i * width, width);
    bool is_negative = limbs[width / 8 - 1] >> 63;
    if (is_negative) {
        uint64_t carry = 1;
        for (size_t k = 0; k < width / 8; k++) {
            limbs[k] = ~limbs[k] + carry;
            carry = carry && limbs[k] == 0;
        }
        *out++ = '-';
    }
    char digits[80];
    char *end = digits + sizeof digits;
    const char *from = limbs_digits(limbs, end);
    size_t n = (size_t)(end - from);
    size_t scale = printer->type.scale > 0 ? (size_t)printer->type.scale : 0;
    if (n > scale) {
        out = put_text(out, from, n - scale);
    } else {
        *out++ = '0';
    }
    if (scale > 0) {
        *out++ = '.';
        for (size_t zeros = scale; zeros > n; zeros--)
            *out++ = '0';
        size_t n_part = n < scale ? n : scale;
        out = put_text(out, end - n_part, n_part);
    }
    for (int32_t zeros = printer->type.scale; zeros < 0 && n > 0; zeros++)
        *out++ = '0';
    return out;
}

/* P1M2DT0.000000003S; parts may be negative, each with its own sign. */
static char *put_interval(const struct weir__printer *printer, int64_t i, char *out)
{
    const uint8_t *at = printer->view.data + (size_t)i * (size_t)printer->type.width_bytes;
    int32_t months = 0, days = 0, milli = 0;
    int64_t nanos;
    if (printer->type.kind == WEIR__KIND_INTERVAL_DAY_TIME) {
        memcpy(&days, at, sizeof days);
        memcpy(&milli, at + 4, sizeof milli);
        nanos = (int64_t)milli * 1000000;
    } else {
        memcpy(&months, at, sizeof months);
        memcpy(&days, at + 4, sizeof days);
        memcpy(&nanos, at + 8, sizeof nanos);
    }
    *out++ = 'P';
    out += weir__format_i64(months, out);
    *out++ = 'M';
    out += weir__format_i64(days, out);
    out = put_text(out, "DT", 2);
    uint64_t magnitude = nanos < 0 ? 0 - (uint64_t)nanos : (uint64_t)nanos;
    if (nanos < 0)
        *out++ = '-';
    out += weir__format_u64(magnitude / 1000000000, out);
    out = put_fraction(out, (int32_t)(magnitude % 1000000000));
    *out++ = 'S';
    return out;
}

static char *put_float(const struct weir__printer *printer, int64_t i, char *out)
{
    double value = weir__view_float(&printer->view, i);
    if (printer->type.kind == WEIR__KIND_FLOAT64)
        return out + weir__format_f64(value, out);
    return out + weir__format_f32((float)value, out);
}

char *weir__print_plain(struct weir__printer *printer, int64_t i, char *out)
{
    const struct weir__view *view = &printer->view;
    int64_t rest;
    switch (printer->type.kind) {
    case WEIR__KIND_BOOL:
        return weir__view_int(view, i) ? put_text(out, "true", 4) : put_text(out, "false", 5);
    case WEIR__KIND_FLOAT16:
    case WEIR__KIND_FLOAT32:
    case WEIR__KIND_FLOAT64:
        return put_float(printer, i, out);
    case WEIR__KIND_UINT64:
        return out + weir__format_u64((uint64_t)weir__view_int(view, i), out);
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256:
        return put_decimal(printer, i, out);
    case WEIR__KIND_DATE32:
        return put_day(printer, weir__view_int(view, i), out);
    case WEIR__KIND_DATE64:
        return put_day(printer, floor_divide(weir__view_int(view, i), DAY_SECONDS * 1000, &rest),
                       out);
    case WEIR__KIND_TIME32:
    case WEIR__KIND_TIME64:
        return put_time(printer, weir__view_int(view, i), out);
    case WEIR__KIND_TIMESTAMP:
        return put_timestamp(printer, weir__view_int(view, i), out);
    case WEIR__KIND_INTERVAL_DAY_TIME:
    case WEIR__KIND_INTERVAL_MONTH_DAY_NANO:
        return put_interval(printer, i, out);
    default: /* integers, durations, months */
        return out + weir__format_i64(weir__view_int(view, i), out);
    }
}

/* ---- JSON ---- */

static bool kind_is_bare(enum weir__kind kind)
{
    return kind == WEIR__KIND_BOOL || weir__kind_is_integer(kind) ||
           kind == WEIR__KIND_DECIMAL128 || kind == WEIR__KIND_DECIMAL256 ||
           kind == WEIR__KIND_DURATION || kind == WEIR__KIND_INTERVAL_MONTHS;
}

static bool kind_is_float(enum weir__kind kind)
{
    return kind >= WEIR__KIND_FLOAT16 && kind <= WEIR__KIND_FLOAT64;
}

static bool has_point(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '.' || *at == 'e')
            return true;
    }
    return false;
}

/* Fixed-width values; the ones that are no JSON numbers become strings. */
static int json_fixed(struct weir__printer *printer, int64_t i, bool is_typed,
                      struct weir__buf *out, struct weir_error *err)
{
    TRY(weir__print_room(out, WEIR__PRINT_ROOM, err));
    char *begin = (char *)out->data + out->len;
    char *end;
    if (kind_is_bare(printer->type.kind)) {
        end = weir__print_plain(printer, i, begin);
    } else if (kind_is_float(printer->type.kind)) {
        end = weir__print_plain(printer, i, begin);
        bool is_finite = begin[0] != 'N' && begin[0] != '+' && begin[1] != 'I';
        if (!is_finite) {
            end = put_text(begin, "null", 4);
        } else if (is_typed && !has_point(begin, end)) {
            end = put_text(end, ".0", 2);
        }
    } else {
        *begin = '"';
        end = weir__print_plain(printer, i, begin + 1);
        *end++ = '"';
    }
    out->len = (size_t)(end - (char *)out->data);
    return WEIR_OK;
}

static int json_base64(const struct weir__printer *printer, int64_t i, struct weir__buf *out,
                       struct weir_error *err)
{
    struct weir__str bytes = weir__view_bytes(&printer->view, i);
    TRY(weir__buf_byte(out, '"', err));
    TRY(weir__base64_encode(bytes.data, bytes.len, out, err));
    return weir__buf_byte(out, '"', err);
}

static int json_struct(struct weir__printer *printer, int64_t i, bool is_typed,
                       struct weir__buf *out, struct weir_error *err)
{
    size_t begin = out->len;
    for (int64_t k = 0; k < printer->n_children; k++) {
        struct weir__printer *child = &printer->children[k];
        TRY(weir__buf_append(out, child->key, child->key_len, err));
        TRY(weir__print_json(child, printer->view.offset + i, is_typed, out, err));
    }
    if (printer->n_children == 0)
        return weir__buf_append_text(out, "{}", err);
    out->data[begin] = '{'; /* instead of the first key's comma */
    return weir__buf_byte(out, '}', err);
}

static void list_range(const struct weir__printer *printer, int64_t i, int64_t *from, int64_t *to)
{
    const struct weir__view *view = &printer->view;
    if (view->offsets32) {
        *from = view->offsets32[i];
        *to = view->offsets32[i + 1];
    } else if (view->offsets64) {
        *from = view->offsets64[i];
        *to = view->offsets64[i + 1];
    } else {
        *from = (view->offset + i) * printer->type.list_size;
        *to = *from + printer->type.list_size;
    }
}

static int json_list(struct weir__printer *printer, int64_t i, bool is_typed, struct weir__buf *out,
                     struct weir_error *err)
{
    int64_t from, to;
    list_range(printer, i, &from, &to);
    TRY(weir__buf_byte(out, '[', err));
    for (int64_t k = from; k < to; k++) {
        if (k > from)
            TRY(weir__buf_byte(out, ',', err));
        TRY(weir__print_json(&printer->children[0], k, is_typed, out, err));
    }
    return weir__buf_byte(out, ']', err);
}

/* Keys of JSON objects are texts: nested keys and binary ones are none. */
static bool key_has_text(const struct weir__printer *key)
{
    return key->n_children == 0 && key->type.kind != WEIR__KIND_NULL &&
           (!weir__kind_is_binary(key->type.kind) || weir__kind_is_string(key->type.kind)) &&
           key->type.kind != WEIR__KIND_FIXED_BINARY;
}

static int json_key(struct weir__printer *key, int64_t i, struct weir__buf *out,
                    struct weir_error *err)
{
    if (weir__kind_is_string(key->type.kind))
        return weir__print_json(key, i, false, out, err);
    TRY(weir__print_room(out, WEIR__PRINT_ROOM, err));
    char *begin = (char *)out->data + out->len;
    *begin = '"';
    char *end = weir__print_plain(key, i, begin + 1);
    *end++ = '"';
    out->len += (size_t)(end - begin);
    return WEIR_OK;
}

static int json_map(struct weir__printer *printer, int64_t i, bool is_typed, struct weir__buf *out,
                    struct weir_error *err)
{
    struct weir__printer *entries = &printer->children[0];
    int64_t from, to;
    if (entries->n_children != 2 || !key_has_text(&entries->children[0]))
        return json_list(printer, i, is_typed, out, err);
    list_range(printer, i, &from, &to);
    TRY(weir__buf_byte(out, '{', err));
    for (int64_t k = from; k < to; k++) {
        int64_t at = entries->view.offset + k;
        if (k > from)
            TRY(weir__buf_byte(out, ',', err));
        TRY(json_key(&entries->children[0], at, out, err));
        TRY(weir__buf_byte(out, ':', err));
        TRY(weir__print_json(&entries->children[1], at, is_typed, out, err));
    }
    return weir__buf_byte(out, '}', err);
}

int weir__print_json(struct weir__printer *printer, int64_t i, bool is_typed, struct weir__buf *out,
                     struct weir_error *err)
{
    if (UNLIKELY(weir__printer_is_null(printer, i)))
        return weir__buf_append(out, "null", 4, err);
    if (printer->type.is_dictionary) {
        return weir__print_json(&printer->children[0], weir__view_index(&printer->view, i),
                                is_typed, out, err);
    }
    switch (printer->type.kind) {
    case WEIR__KIND_STRING:
    case WEIR__KIND_LARGE_STRING:
    case WEIR__KIND_STRING_VIEW:
        return weir__jquote(out, weir__view_bytes(&printer->view, i), err);
    case WEIR__KIND_BINARY:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_FIXED_BINARY:
        return json_base64(printer, i, out, err);
    case WEIR__KIND_STRUCT:
        return json_struct(printer, i, is_typed, out, err);
    case WEIR__KIND_LIST:
    case WEIR__KIND_LARGE_LIST:
    case WEIR__KIND_FIXED_LIST:
        return json_list(printer, i, is_typed, out, err);
    case WEIR__KIND_MAP:
        return json_map(printer, i, is_typed, out, err);
    default:
        return json_fixed(printer, i, is_typed, out, err);
    }
}
