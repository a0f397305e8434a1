/* lists.h: "a,b,c" of an option as an array of names. */
#ifndef WEIR_CLI_LISTS_H
#define WEIR_CLI_LISTS_H

#include "cli/cli.h"

struct cli_list {
    const struct weir_env *env;
    char *text;         /* owned; items point into it */
    const char *label;  /* into text: what stood before the list */
    const char **items; /* owned */
    size_t n;
};

/* Split at commas; an empty name is WEIR_INVALID. */
WEIR_NODISCARD int cli_list_split(struct cli *cli, const char *label, size_t label_len,
                                  const char *text, struct cli_list *out, struct weir_error *err);
void weir__cli_list_freep(struct cli_list *list);

#endif
