/* key.c: data and marker keys. Everything is parsed from the right end, since tokens may contain
 * dashes and even look like attempt ids. */
#include "table/key.h"

#include "table/grammar.h"

#define DATA_SUFFIX ".parquet"
#define MARKER_SUFFIX ".commit"

struct weir__str weir__prefix_normal(const char *prefix)
{
    struct weir__str text = weir__str_of(prefix);
    while (text.len > 0 && text.data[0] == '/')
        text = (struct weir__str){text.data + 1, text.len - 1};
    while (text.len > 0 && text.data[text.len - 1] == '/')
        text.len--;
    return text;
}

static int append_str(struct weir__buf *out, struct weir__str text, struct weir_error *err)
{
    return weir__buf_append(out, text.data, text.len, err);
}

int weir__key_append_dir(struct weir__buf *out, const char *prefix, const char *dir,
                         struct weir_error *err)
{
    if (prefix[0] != '\0') {
        TRY(weir__buf_append_text(out, prefix, err));
        TRY(weir__buf_byte(out, '/', err));
    }
    return weir__buf_append_text(out, dir, err);
}

int weir__key_append_data(struct weir__buf *out, const char *prefix,
                          const struct weir__attempt *attempt, struct weir_error *err)
{
    TRY(weir__key_append_dir(out, prefix, WEIR__DIR_DATA, err));
    TRY(append_str(out, attempt->partition, err));
    TRY(weir__buf_byte(out, '/', err));
    TRY(append_str(out, attempt->token, err));
    TRY(weir__buf_byte(out, '-', err));
    TRY(append_str(out, attempt->id, err));
    return weir__buf_append_text(out, DATA_SUFFIX, err);
}

int weir__key_append_marker(struct weir__buf *out, const char *prefix, struct weir__str partition,
                            struct weir__str token, struct weir_error *err)
{
    TRY(weir__key_append_dir(out, prefix, WEIR__DIR_DATA, err));
    TRY(append_str(out, partition, err));
    TRY(weir__buf_byte(out, '/', err));
    TRY(append_str(out, token, err));
    return weir__buf_append_text(out, MARKER_SUFFIX, err);
}

/* "<token>-<32 hex>": false when it is not of that shape. */
static bool split_token_attempt(struct weir__str text, struct weir__str *out_token,
                                struct weir__str *out_attempt)
{
    if (text.len < WEIR__ATTEMPT_BYTES + 2)
        return false;
    size_t dash = text.len - WEIR__ATTEMPT_BYTES - 1;
    struct weir__str attempt = {text.data + dash + 1, WEIR__ATTEMPT_BYTES};
    if (text.data[dash] != '-' || !weir__attempt_is_valid(attempt))
        return false;
    *out_token = (struct weir__str){text.data, dash};
    *out_attempt = attempt;
    return true;
}

static bool strip_suffix(struct weir__str *text, const char *suffix)
{
    struct weir__str end = weir__str_of(suffix);
    if (!weir__str_ends(*text, end))
        return false;
    text->len -= end.len;
    return true;
}

enum weir__data_kind weir__key_parse_data(struct weir__str below, struct weir__attempt *out)
{
    const char *slash = below.len > 0 ? memrchr(below.data, '/', below.len) : NULL;
    if (!slash || slash == below.data)
        return WEIR__DATA_FOREIGN; /* directly below data/: belongs to no partition */
    size_t cut = (size_t)(slash - below.data);
    struct weir__str name = {slash + 1, below.len - cut - 1};

    *out = (struct weir__attempt){.partition = {below.data, cut}};
    if (strip_suffix(&name, DATA_SUFFIX)) {
        if (!split_token_attempt(name, &out->token, &out->id))
            return WEIR__DATA_FOREIGN;
        return WEIR__DATA_FILE;
    }
    if (strip_suffix(&name, MARKER_SUFFIX) && name.len > 0) {
        out->token = name;
        return WEIR__DATA_MARKER;
    }
    return WEIR__DATA_FOREIGN;
}
