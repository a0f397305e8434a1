/* params.h: one table per command or config section: name, type, limits, default, unit, help.
 *
 * From it come parsing, validation, `--help` and the option lists of the man pages. */
#ifndef WEIR_BASE_PARAMS_H
#define WEIR_BASE_PARAMS_H

#include "base/bytes.h"

enum weir__param_type {
    WEIR__PARAM_FLAG,     /* bool */
    WEIR__PARAM_INT,      /* int64_t within min..max */
    WEIR__PARAM_SIZE,     /* uint64_t bytes: 64MiB */
    WEIR__PARAM_DURATION, /* int64_t microseconds: 30s */
    WEIR__PARAM_TIME,     /* int64_t microseconds since 1970: RFC 3339, date, or now-15m */
    WEIR__PARAM_TEXT,     /* const char * */
    WEIR__PARAM_CHOICE,   /* const char *, one of `choices` ("a|b|c") */
    WEIR__PARAM_TEXTS     /* struct weir__texts, repeatable */
};

#define WEIR__PARAM_MAX_TEXTS 256

struct weir__texts {
    const char *items[WEIR__PARAM_MAX_TEXTS];
    size_t n;
};

struct weir__param {
    const char *name; /* long name without dashes: "max-age" */
    char letter;      /* short form, 0 = none */
    enum weir__param_type type;
    size_t offset;     /* of the field in the options struct */
    int64_t min, max;  /* numbers only; both 0 = any */
    const char *value; /* how --help names the value: "DURATION", "FILE" */
    const char *def;   /* default as text, applied before parsing; NULL = all-zero */
    const char *choices;
    const char *help; /* one line */
};

struct weir__params {
    const char *usage;   /* "weir init [options] ADDRESS" */
    const char *summary; /* one sentence */
    const char *details; /* paragraphs after the options, or NULL */
    const struct weir__param *items;
    size_t n_items;
};

/* Parse argv[1..], which ends with NULL as main's does, into `*options` (zeroed by the caller) and
 * collect the rest. `--name value`, `--name=value`, `-x value`, `-xvalue`; `--` ends options, a
 * single "-" is an operand. Strings are borrowed from argv. *out_help is set on --help / -h.
 * Errors: WEIR_INVALID naming the option and the cause. */
WEIR_NODISCARD int weir__params_parse(const struct weir_env *env, const struct weir__params *params,
                                      const char *const *argv, void *options,
                                      struct weir__texts *out_operands, bool *out_help,
                                      struct weir_error *err);
WEIR_NODISCARD int weir__params_help(const struct weir__params *params, struct weir__buf *out,
                                     struct weir_error *err);

#endif
