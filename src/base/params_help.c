/* params_help.c: the --help text of a table of options. */
#include "base/error.h"
#include "base/macros.h"
#include "base/params.h"

#define LABEL_MAX_COLUMNS 30 /* longer labels put their help on a line of its own */

/* "-f, --format FORMAT" */
static size_t label_columns(const struct weir__param *param)
{
    size_t n = 6 + strlen(param->name);
    if (param->type != WEIR__PARAM_FLAG)
        n += 1 + strlen(param->value ? param->value : "VALUE");
    return n;
}

static size_t widest_label(const struct weir__params *params)
{
    size_t widest = strlen("-h, --help");
    for (size_t i = 0; i < params->n_items; i++) {
        size_t n = label_columns(&params->items[i]);
        if (n > widest && n <= LABEL_MAX_COLUMNS)
            widest = n;
    }
    return widest;
}

static int label_append(const struct weir__param *param, size_t width, struct weir__buf *out,
                        struct weir_error *err)
{
    size_t n = label_columns(param);
    if (param->letter) {
        TRY(weir__buf_printf(out, err, "  -%c, ", param->letter));
    } else {
        TRY(weir__buf_append_text(out, "      ", err));
    }
    TRY(weir__buf_printf(out, err, "--%s", param->name));
    if (param->type != WEIR__PARAM_FLAG)
        TRY(weir__buf_printf(out, err, " %s", param->value ? param->value : "VALUE"));
    if (n > width)
        return weir__buf_printf(out, err, "\n%*s", (int)width + 4, "");
    return weir__buf_printf(out, err, "%*s", (int)(width - n) + 2, "");
}

static int option_append(const struct weir__param *param, size_t width, struct weir__buf *out,
                         struct weir_error *err)
{
    TRY(label_append(param, width, out, err));
    TRY(weir__buf_append_text(out, param->help, err));
    if (param->type == WEIR__PARAM_CHOICE)
        TRY(weir__buf_printf(out, err, ": %s", param->choices));
    if (param->type == WEIR__PARAM_TEXTS)
        TRY(weir__buf_append_text(out, " (repeatable)", err));
    if (param->def && param->type != WEIR__PARAM_FLAG)
        TRY(weir__buf_printf(out, err, " (default %s)", param->def));
    return weir__buf_byte(out, '\n', err);
}

int weir__params_help(const struct weir__params *params, struct weir__buf *out,
                      struct weir_error *err)
{
    static const struct weir__param help = {
        .name = "help", .letter = 'h', .type = WEIR__PARAM_FLAG, .help = "show this help and end"};
    size_t width = widest_label(params);
    TRY(weir__buf_printf(out, err, "usage: %s\n\n%s\n\noptions:\n", params->usage,
                         params->summary));
    for (size_t i = 0; i < params->n_items; i++)
        TRY(option_append(&params->items[i], width, out, err));
    TRY(option_append(&help, width, out, err));
    if (params->details)
        TRY(weir__buf_printf(out, err, "\n%s\n", params->details));
    return WEIR_OK;
}
