/* params.c: options by table: parsing and checking. The help text is in params_help.c. */
#include "base/params.h"

#include "base/error.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"

#include <inttypes.h>

/* What one run of weir__params_parse hands around. */
struct parse {
    const struct weir_env *env;
    const struct weir__params *params;
    void *options;
};

static void *field_of(const struct parse *p, const struct weir__param *param)
{
    return (char *)p->options + param->offset;
}

static int limits_check(const struct weir__param *param, int64_t value, const char *text,
                        struct weir_error *err)
{
    if (param->min == 0 && param->max == 0)
        return WEIR_OK;
    bool is_duration = param->type == WEIR__PARAM_DURATION;
    int64_t limit = value < param->min ? param->min : param->max;
    char shown[48];
    size_t n = 0;
    /* Durations are kept in microseconds and written in nanoseconds. */
    if (is_duration && limit <= INT64_MAX / 1000 && limit >= INT64_MIN / 1000) {
        n = weir__duration_format(limit * 1000, shown);
    } else {
        n = weir__format_i64(limit, shown);
    }
    if (value < param->min) {
        return weir__fail(err, WEIR_INVALID, "option --%s: %s is below %.*s", param->name, text,
                          (int)n, shown);
    }
    if (value > param->max && param->max != 0) {
        return weir__fail(err, WEIR_INVALID, "option --%s: %s is above %.*s", param->name, text,
                          (int)n, shown);
    }
    return WEIR_OK;
}

static int integer_set(const struct parse *p, const struct weir__param *param, const char *text,
                       struct weir_error *err)
{
    int64_t value = 0;
    if (!weir__parse_i64(weir__str_of(text), &value)) {
        return weir__fail(err, WEIR_INVALID, "option --%s: '%s' is no whole number", param->name,
                          text);
    }
    TRY(limits_check(param, value, text, err));
    memcpy(field_of(p, param), &value, sizeof value);
    return WEIR_OK;
}

static int size_set(const struct parse *p, const struct weir__param *param, const char *text,
                    struct weir_error *err)
{
    uint64_t value = 0;
    int status = weir__size_parse(weir__str_of(text), &value, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "option --%s", param->name);
    TRY(limits_check(param, value > INT64_MAX ? INT64_MAX : (int64_t)value, text, err));
    memcpy(field_of(p, param), &value, sizeof value);
    return WEIR_OK;
}

static int duration_set(const struct parse *p, const struct weir__param *param, const char *text,
                        struct weir_error *err)
{
    int64_t ns = 0;
    int status = weir__duration_parse(weir__str_of(text), &ns, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "option --%s", param->name);
    int64_t us = ns / 1000;
    TRY(limits_check(param, us, text, err));
    memcpy(field_of(p, param), &us, sizeof us);
    return WEIR_OK;
}

/* "now", "now-15m", "now+1h" */
static bool relative_time_parse(const struct weir_env *env, const char *text, int64_t *out_us)
{
    int64_t ns = 0;
    if (strncmp(text, "now", 3) != 0)
        return false;
    text += 3;
    if (*text && *text != '-' && *text != '+')
        return false;
    if (*text && weir__duration_parse(weir__str_of(text), &ns, NULL) != WEIR_OK)
        return false;
    *out_us = env->wall_us(env->clock_ctx) + ns / 1000;
    return true;
}

static bool time_parse(const struct weir_env *env, const char *text, int64_t *out_us)
{
    struct weir__timestamp stamp;
    int64_t days = 0;
    if (relative_time_parse(env, text, out_us))
        return true;
    if (weir__date_parse(weir__str_of(text), &days)) {
        *out_us = days * INT64_C(86400000000);
        return true;
    }
    if (!weir__rfc3339_parse(weir__str_of(text), &stamp))
        return false;
    *out_us = stamp.seconds * 1000000 + stamp.nanosecond / 1000;
    return true;
}

static int time_set(const struct parse *p, const struct weir__param *param, const char *text,
                    struct weir_error *err)
{
    int64_t us = 0;
    if (!time_parse(p->env, text, &us)) {
        return weir__fail(err, WEIR_INVALID,
                          "option --%s: '%s' is no time such as 2026-03-17T14:00:00Z, 2026-03-17 "
                          "or now-15m",
                          param->name, text);
    }
    memcpy(field_of(p, param), &us, sizeof us);
    return WEIR_OK;
}

static bool choice_has(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (const char *at = choices; len > 0;) {
        size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, text, n) == 0)
            return true;
        if (at[n] == '\0')
            return false;
        at += n + 1;
    }
    return false;
}

static int choice_set(const struct parse *p, const struct weir__param *param, const char *text,
                      struct weir_error *err)
{
    if (!choice_has(param->choices, text)) {
        return weir__fail(err, WEIR_INVALID, "option --%s: '%s' is not one of %s", param->name,
                          text, param->choices);
    }
    memcpy(field_of(p, param), &text, sizeof text);
    return WEIR_OK;
}

static int texts_add(const struct parse *p, const struct weir__param *param, const char *text,
                     struct weir_error *err)
{
    struct weir__texts *texts = field_of(p, param);
    if (texts->n == WEIR__PARAM_MAX_TEXTS) {
        return weir__fail(err, WEIR_INVALID, "option --%s: given more than %d times", param->name,
                          WEIR__PARAM_MAX_TEXTS);
    }
    texts->items[texts->n++] = text;
    return WEIR_OK;
}

static int value_set(const struct parse *p, const struct weir__param *param, const char *text,
                     struct weir_error *err)
{
    switch (param->type) {
    case WEIR__PARAM_INT:
        return integer_set(p, param, text, err);
    case WEIR__PARAM_SIZE:
        return size_set(p, param, text, err);
    case WEIR__PARAM_DURATION:
        return duration_set(p, param, text, err);
    case WEIR__PARAM_TIME:
        return time_set(p, param, text, err);
    case WEIR__PARAM_CHOICE:
        return choice_set(p, param, text, err);
    case WEIR__PARAM_TEXTS:
        return texts_add(p, param, text, err);
    case WEIR__PARAM_TEXT:
        memcpy(field_of(p, param), &text, sizeof text);
        return WEIR_OK;
    case WEIR__PARAM_FLAG:
        break;
    }
    const bool yes = true;
    memcpy(field_of(p, param), &yes, sizeof yes);
    return WEIR_OK;
}

static int defaults_set(const struct parse *p, struct weir_error *err)
{
    for (size_t i = 0; i < p->params->n_items; i++) {
        const struct weir__param *param = &p->params->items[i];
        if (param->def)
            TRY(value_set(p, param, param->def, err));
    }
    return WEIR_OK;
}

static const struct weir__param *param_named(const struct weir__params *params,
                                             struct weir__str name)
{
    for (size_t i = 0; i < params->n_items; i++) {
        if (weir__str_is(name, params->items[i].name))
            return &params->items[i];
    }
    return NULL;
}

static const struct weir__param *param_lettered(const struct weir__params *params, char letter)
{
    for (size_t i = 0; i < params->n_items; i++) {
        if (params->items[i].letter && params->items[i].letter == letter)
            return &params->items[i];
    }
    return NULL;
}

/* One option at argv[*at], with the value in the same argument or the next. */
static int option_take(const struct parse *p, const char *const *argv, size_t *at,
                       struct weir_error *err)
{
    const char *text = argv[*at];
    const char *value = NULL;
    const struct weir__param *param = NULL;
    if (text[1] == '-') {
        size_t n = strcspn(text + 2, "=");
        param = param_named(p->params, (struct weir__str){text + 2, n});
        if (!param)
            return weir__fail(err, WEIR_INVALID, "unknown option %.*s", (int)n + 2, text);
        value = text[2 + n] == '=' ? text + 3 + n : NULL;
    } else {
        param = param_lettered(p->params, text[1]);
        if (!param || (text[2] && param->type == WEIR__PARAM_FLAG))
            return weir__fail(err, WEIR_INVALID, "unknown option %s", text);
        value = text[2] ? text + 2 : NULL;
    }
    if (param->type == WEIR__PARAM_FLAG) {
        if (value)
            return weir__fail(err, WEIR_INVALID, "option --%s: takes no value", param->name);
        return value_set(p, param, "", err);
    }
    if (!value && argv[*at + 1])
        value = argv[++*at];
    if (!value)
        return weir__fail(err, WEIR_INVALID, "option --%s: needs a value", param->name);
    return value_set(p, param, value, err);
}

static int operand_take(struct weir__texts *operands, const char *text, struct weir_error *err)
{
    if (operands->n == WEIR__PARAM_MAX_TEXTS)
        return weir__fail(err, WEIR_INVALID, "more than %d operands", WEIR__PARAM_MAX_TEXTS);
    operands->items[operands->n++] = text;
    return WEIR_OK;
}

static bool text_is_help(const struct weir__params *params, const char *text)
{
    if (strcmp(text, "--help") == 0)
        return true;
    return strcmp(text, "-h") == 0 && !param_lettered(params, 'h');
}

int weir__params_parse(const struct weir_env *env, const struct weir__params *params,
                       const char *const *argv, void *options, struct weir__texts *out_operands,
                       bool *out_help, struct weir_error *err)
{
    struct parse p = {env, params, options};
    bool options_end = false;
    out_operands->n = 0;
    *out_help = false;
    TRY(defaults_set(&p, err));
    if (!argv[0])
        return WEIR_OK;
    for (size_t i = 1; argv[i]; i++) {
        const char *text = argv[i];
        if (options_end || text[0] != '-' || text[1] == '\0') {
            TRY(operand_take(out_operands, text, err));
        } else if (strcmp(text, "--") == 0) {
            options_end = true;
        } else if (text_is_help(params, text)) {
            *out_help = true;
            return WEIR_OK;
        } else {
            TRY(option_take(&p, argv, &i, err));
        }
    }
    return WEIR_OK;
}
