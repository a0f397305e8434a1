/* address.c: from a store address (design 4.2) or a printed config to a store. */
#include "storage/store.h"

struct scheme {
    const char *text;
    int (*open)(const struct weir_env *env, const char *rest,
                const struct weir_storage_options *options, const struct weir_cancel *cancel,
                struct weir_storage **out, struct weir_error *err);
    const char *lacks; /* not built in: its name */
};

static int path_open(const struct weir_env *env, const char *path,
                     const struct weir_storage_options *options, const struct weir_cancel *cancel,
                     struct weir_storage **out, struct weir_error *err)
{
    return weir_storage_open_local(env, path, options->local, cancel, out, err);
}

/* "file:///path": no host, or localhost. Percent signs are taken as they are: a path is not a URL.
 */
static int file_open(const struct weir_env *env, const char *rest,
                     const struct weir_storage_options *options, const struct weir_cancel *cancel,
                     struct weir_storage **out, struct weir_error *err)
{
    static const char host[] = "localhost/";
    if (strncmp(rest, host, strlen(host)) == 0)
        rest += strlen(host) - 1;
    if (*rest != '/')
        return weir__fail(err, WEIR_INVALID, "store address file://%s: has no absolute path", rest);
    return path_open(env, rest, options, cancel, out, err);
}

static int memory_open(const struct weir_env *env, const char *rest,
                       const struct weir_storage_options *options, const struct weir_cancel *cancel,
                       struct weir_storage **out, struct weir_error *err)
{
    (void)options;
    TRY(weir_cancel_check(cancel, err));
    return weir_storage_open_memory(env, rest, out, err);
}

static const struct scheme schemes[] = {
    {"file://", file_open, NULL},
    {"mem://", memory_open, NULL},
    {"s3://", NULL, "S3"},
    {"az://", NULL, "Azure"},
};

/* "word://" at the beginning: an address of a scheme, known or not. */
static bool has_scheme(const char *address)
{
    size_t n = strspn(address, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return n > 0 && strncmp(address + n, "://", 3) == 0;
}

int weir_storage_open(const struct weir_env *env, const char *address,
                      const struct weir_storage_options *options, const struct weir_cancel *cancel,
                      struct weir_storage **out, struct weir_error *err)
{
    static const struct weir_storage_options defaults;
    options = options ? options : &defaults;
    if (!env || !out || !address || !*address)
        return weir__fail(err, WEIR_INVALID, "store address is empty");
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        const struct scheme *scheme = &schemes[i];
        size_t n = strlen(scheme->text);
        if (strncmp(address, scheme->text, n) != 0)
            continue;
        if (scheme->open)
            return scheme->open(env, address + n, options, cancel, out, err);
        /* Only the scheme: what follows may hold what must not be shown. */
        return weir__fail(err, WEIR_UNSUPPORTED, "store address %s: %s is not built in",
                          scheme->text, scheme->lacks);
    }
    if (has_scheme(address)) {
        return weir__fail(err, WEIR_INVALID, "store address: unknown scheme %.*s",
                          (int)strcspn(address, ":"), address);
    }
    return path_open(env, address, options, cancel, out, err);
}

/* The one text member that a config has, and no other. */
static int config_member(const struct weir__json *config, const char *name, struct weir__str *out,
                         struct weir_error *err)
{
    const struct weir__json *value = weir__json_member(config, name);
    if (!value || !weir__json_string(value, out))
        return weir__fail(err, WEIR_INVALID, "store config: %s is missing or no text", name);
    if (weir__json_count(config) != 1)
        return weir__fail(err, WEIR_INVALID, "store config: has a field besides %s", name);
    if (memchr(out->data, 0, out->len))
        return weir__fail(err, WEIR_INVALID, "store config: %s holds a zero byte", name);
    return WEIR_OK;
}

struct owned_text {
    const struct weir_env *env;
    char *text;
};

static void weir__owned_text_freep(struct owned_text *owned)
{
    weir__free(owned->env, owned->text);
}

int weir_storage_open_json(const struct weir_env *env, const char *type, const char *json,
                           const struct weir_storage_options *options,
                           const struct weir_cancel *cancel, struct weir_storage **out,
                           struct weir_error *err)
{
    static const struct weir_storage_options defaults;
    options = options ? options : &defaults;
    if (!env || !type || !json || !out)
        return weir__fail(err, WEIR_INVALID, "store config: type or JSON is missing");
    bool is_local = strcmp(type, "local") == 0, is_memory = strcmp(type, "memory") == 0;
    if (strcmp(type, "s3") == 0 || strcmp(type, "azure") == 0)
        return weir__fail(err, WEIR_UNSUPPORTED, "store config: type %s is not built in", type);
    if (!is_local && !is_memory)
        return weir__fail(err, WEIR_INVALID, "store config: unknown type %s", type);

    AUTO(json) struct weir__json *config = NULL;
    TRY(weir__json_parse(weir__str_of(json), "store config", &config, err));
    if (!weir__json_is_object(config))
        return weir__fail(err, WEIR_INVALID, "store config: is no object");
    struct weir__str value = STR_NULL;
    TRY(config_member(config, is_local ? "base_path" : "name", &value, err));
    AUTO(owned_text)
    struct owned_text text = {env, weir__strndup(env, value.data, value.len, err)};
    if (!text.text)
        return WEIR_NO_MEMORY;
    return is_local ? path_open(env, text.text, options, cancel, out, err)
                    : memory_open(env, text.text, options, cancel, out, err);
}
