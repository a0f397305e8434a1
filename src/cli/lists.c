/* lists.c: "a,b,c" of an option as an array of names. */
#include "cli/lists.h"

int cli_list_split(struct cli *cli, const char *label, size_t label_len, const char *text,
                   struct cli_list *out, struct weir_error *err)
{
    size_t len = strlen(text);
    size_t n = 1;
    for (size_t i = 0; i < len; i++)
        n += text[i] == ',';
    *out = (struct cli_list){.env = cli->env};
    out->text = weir__alloc(cli->env, label_len + 1 + len + 1, err);
    out->items = weir__alloc_zero(cli->env, n, sizeof *out->items, err);
    if (!out->text || !out->items)
        return WEIR_NO_MEMORY;
    memcpy(out->text, label, label_len);
    out->text[label_len] = '\0';
    out->label = out->text;
    char *at = out->text + label_len + 1;
    memcpy(at, text, len + 1);
    for (char *end = at + len; at <= end;) {
        char *comma = memchr(at, ',', (size_t)(end - at));
        char *stop = comma ? comma : end;
        *stop = '\0';
        if (stop == at)
            return weir__fail(err, WEIR_INVALID, "'%s': an empty name in the list", text);
        out->items[out->n++] = at;
        at = stop + 1;
    }
    return WEIR_OK;
}

void weir__cli_list_freep(struct cli_list *list)
{
    if (!list->env)
        return;
    weir__free(list->env, list->text);
    weir__free(list->env, (const void *)list->items);
    *list = (struct cli_list){0};
}
