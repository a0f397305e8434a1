/* fuzz_storage_key.c: keys, list prefixes, store prefixes, addresses and printed configs.
 *
 * Beyond not crashing: what is taken is a file name below the base by a second, simpler reading of
 * the rules; cleaning twice is cleaning once. No address reaches a file: every raw call fails. */
#include "storage/storage.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int refused_open(void *ctx, int dir, const char *path, int flags, uint32_t mode,
                        uint64_t resolve)
{
    (void)ctx;
    (void)dir;
    (void)flags;
    (void)mode;
    (void)resolve;
    ASSERT(path[0] == '/'); /* a base is absolute */
    ASSERT(!strstr(path, "//"));
    return -EACCES;
}

/* No segment of a key that was taken leads anywhere but down. */
static void key_look(const char *key)
{
    size_t len = strlen(key);
    ASSERT(len > 0 && len <= WEIR_KEY_MAX_BYTES && key[0] != '/' && key[len - 1] != '/');
    ASSERT(!strstr(key, "//") && !strchr(key, '\\') && weir__utf8_valid(key, len));
    ASSERT(!strstr(key, "/../") && !strstr(key, "/./") && strncmp(key, "../", 3) != 0);
    ASSERT(strcmp(key, "..") != 0 && strcmp(key, ".") != 0 && strncmp(key, ".weir-", 6) != 0);
    ASSERT(!strstr(key, "/.weir-"));
    ASSERT(weir_storage_check_list_prefix(key, NULL) == WEIR_OK);
}

static void prefix_look(const char *text)
{
    char once[600], twice[600];
    struct weir_error err = WEIR_ERROR_INIT;
    int status = weir_storage_sanitize_s3_prefix(text, once, sizeof once, &err);
    ASSERT(status == WEIR_OK || (status == WEIR_INVALID && once[0] == 0 && err.message[0]));
    if (status == WEIR_OK) {
        ASSERT(weir_storage_sanitize_s3_prefix(once, twice, sizeof twice, NULL) == WEIR_OK);
        ASSERT(strcmp(once, twice) == 0);
        ASSERT(weir_storage_check_prefix(text, twice, sizeof twice, NULL) == WEIR_OK);
        ASSERT(strcmp(once, twice) == 0);
    }
    /* Whatever the room, nothing is written past it. */
    (void)!weir_storage_check_prefix(text, twice, 8, NULL);
    ASSERT(strlen(twice) < 8);
}

static void address_look(const char *text)
{
    struct weir_env env = *weir_env_default();
    struct weir_file_calls calls = *env.file;
    calls.open = refused_open;
    env.file = &calls;
    static const char *const types[] = {"local", "memory"};
    struct weir_storage *st = NULL;
    struct weir_error err = WEIR_ERROR_INIT;
    if (weir_storage_open(&env, text, NULL, NULL, &st, &err) == WEIR_OK)
        ASSERT(strcmp(weir_storage_type(st), "memory") == 0);
    else
        ASSERT(!st && err.code && err.message[0]);
    weir_storage_unref(st);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        st = NULL;
        if (weir_storage_open_json(&env, types[i], text, NULL, NULL, &st, NULL) == WEIR_OK)
            weir_storage_unref(st);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    struct weir_error err = WEIR_ERROR_INIT;
    if (weir_storage_check_key(text, &err) == WEIR_OK)
        key_look(text);
    else
        ASSERT(err.code == WEIR_INVALID && err.message[0] && !strchr(err.message, '\n'));
    (void)!weir_storage_check_list_prefix(text, NULL);
    prefix_look(text);
    address_look(text);
    free(text);
    return 0;
}
