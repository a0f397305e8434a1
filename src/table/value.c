/* value.c: one value of a column as the text of a partition value. */
#include "table/partition.h"

#include "table/grammar.h"

static void borrowed_release(struct ArrowArray *array)
{
    array->release = NULL; /* nothing is owned */
}

struct ArrowArray weir__borrow(const struct ArrowArray *array)
{
    struct ArrowArray view = *array;
    view.release = borrowed_release;
    view.private_data = NULL;
    return view;
}

struct ArrowArray weir__borrow_column(const struct ArrowArray *batch, int64_t i)
{
    struct ArrowArray view = weir__borrow(batch->children[i]);
    if (batch->offset != 0 || view.length != batch->length) {
        view.offset += batch->offset;
        view.length = batch->length;
        view.null_count = -1;
    }
    return view;
}

struct format_name {
    const char *name, *pattern;
    int64_t seconds; /* one step of the pattern, at most */
};

#define DAY_SECONDS 86400

static const struct format_name format_names[] = {
    {"date", "%Y-%m-%d", DAY_SECONDS},
    {"month", "%Y-%m", DAY_SECONDS},
    {"hour", "%Y-%m-%dT%H", 3600},
    {"rfc3339", "%Y-%m-%dT%H:%M:%SZ", 1},
};

static void format_find(const char *format, struct weir__value_rule *out)
{
    for (size_t i = 0; i < COUNT_OF(format_names); i++) {
        if (strcmp(format, format_names[i].name) == 0) {
            out->pattern = format_names[i].pattern;
            out->seconds_per_resolution = format_names[i].seconds;
            return;
        }
    }
    out->pattern = format;
    out->seconds_per_resolution = 1;
}

static int time_rule(const struct weir_partition_rule *rule, struct weir__value_rule *out,
                     struct weir_error *err)
{
    const char *format = rule->format;
    bool is_date = out->type.kind == WEIR__KIND_DATE32 || out->type.kind == WEIR__KIND_DATE64;
    if (!format && !is_date) {
        return weir__fail(err, WEIR_INVALID,
                          "partition part '%s' is a timestamp and needs a format", rule->part);
    }
    format_find(format ? format : "date", out);
    if (out->type.kind == WEIR__KIND_DATE32) {
        out->per_resolution = 1;
        out->seconds_per_resolution = DAY_SECONDS;
        return WEIR_OK;
    }
    int64_t ticks =
        out->type.kind == WEIR__KIND_DATE64 ? 1000 : weir__unit_per_second(out->type.unit);
    out->per_resolution = ticks * out->seconds_per_resolution;
    return WEIR_OK;
}

int weir__value_rule_make(const struct weir_partition_rule *rule, const struct ArrowSchema *schema,
                          struct weir__value_rule *out, struct weir_error *err)
{
    struct weir__value_rule made = {.part = rule->part};
    made.column = weir__schema_find(schema, rule->column);
    if (made.column < 0) {
        return weir__fail(err, WEIR_INVALID, "rows have no column '%s' for partition part '%s'",
                          rule->column, rule->part);
    }
    TRY(weir__type_parse(schema->children[made.column], &made.type, err));
    enum weir__kind kind = made.type.kind;
    bool is_time =
        kind == WEIR__KIND_DATE32 || kind == WEIR__KIND_DATE64 || kind == WEIR__KIND_TIMESTAMP;
    if (is_time) {
        TRY(time_rule(rule, &made, err));
    } else if (!weir__kind_is_string(kind) && !weir__kind_is_integer(kind) &&
               kind != WEIR__KIND_BOOL && kind != WEIR__KIND_NULL) {
        char words[128] = {0};
        weir__type_describe(&made.type, words);
        return weir__fail(err, WEIR_INVALID, "column '%s' of type %s cannot name a partition",
                          rule->column, words);
    } else if (rule->format) {
        return weir__fail(err, WEIR_INVALID, "column '%s' is no date or time and takes no format",
                          rule->column);
    }
    *out = made;
    return WEIR_OK;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* The element that row `row` stands for: itself, or its dictionary entry. */
static int element_find(const struct ArrowSchema *schema, const struct ArrowArray *column,
                        int64_t row, struct weir__view *out, int64_t *out_row, bool *out_is_null,
                        struct weir_error *err)
{
    struct weir__view view = {0};
    TRY(weir__view_make(schema, column, &view, err));
    *out_is_null = weir__view_is_null(&view, row);
    *out_row = row;
    if (view.type.is_dictionary && !*out_is_null) {
        *out_row = weir__view_index(&view, row);
        TRY(weir__view_make(schema->dictionary, column->dictionary, &view, err));
        *out_is_null = weir__view_is_null(&view, *out_row);
    }
    *out = view;
    return WEIR_OK;
}

static int text_append(const struct weir__value_rule *rule, struct weir__str text,
                       bool empty_as_null, struct weir__buf *out, struct weir_error *err)
{
    if (text.len == 0 && empty_as_null)
        return weir__buf_append_text(out, WEIR_NULL_PARTITION, err);
    TRY(weir__value_check(rule->part, text, err));
    return weir__buf_append(out, text.data, text.len, err);
}

static int number_append(const struct weir__value_rule *rule, const struct weir__view *view,
                         int64_t row, struct weir__buf *out, struct weir_error *err)
{
    char digits[WEIR__I64_TEXT_BYTES];
    int64_t value = weir__view_int(view, row);
    if (rule->type.kind == WEIR__KIND_BOOL)
        return weir__buf_append_text(out, value ? "true" : "false", err);
    size_t n = rule->type.kind == WEIR__KIND_UINT64 ? weir__format_u64((uint64_t)value, digits)
                                                    : weir__format_i64(value, digits);
    return weir__buf_append(out, digits, n, err);
}

int weir__value_append(const struct weir__value_rule *rule, const struct ArrowSchema *schema,
                       const struct ArrowArray *batch, int64_t row, bool empty_as_null,
                       struct weir__buf *out, struct weir_error *err)
{
    struct ArrowArray column = weir__borrow_column(batch, rule->column);
    struct weir__view view = {0};
    bool is_null = false;
    TRY(element_find(schema->children[rule->column], &column, row, &view, &row, &is_null, err));
    if (is_null || rule->type.kind == WEIR__KIND_NULL)
        return weir__buf_append_text(out, WEIR_NULL_PARTITION, err);
    if (weir__kind_is_string(rule->type.kind))
        return text_append(rule, weir__view_bytes(&view, row), empty_as_null, out, err);
    if (!rule->pattern)
        return number_append(rule, &view, row, out, err);

    size_t before = out->len;
    int64_t step = floor_div(weir__view_int(&view, row), rule->per_resolution);
    int64_t seconds = 0;
    if (__builtin_mul_overflow(step, rule->seconds_per_resolution, &seconds)) {
        return weir__fail(err, WEIR_INVALID, "time of partition part '%s' is out of range",
                          rule->part);
    }
    TRY(weir__time_format(rule->pattern, seconds, out, err));
    struct weir__str text = {(const char *)out->data + before, out->len - before};
    return weir__value_check(rule->part, text, err);
}
