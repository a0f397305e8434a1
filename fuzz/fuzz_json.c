/* fuzz_json.c: small documents from any bytes, walked through every accessor; any bytes quoted are
 * a document again. */
#include "base/base.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct weir__json *value, int depth)
{
    ASSERT(depth <= 65);
    struct weir__str text;
    int64_t number;
    bool flag;
    if (weir__json_string(value, &text))
        ASSERT(weir__utf8_valid(text.data, text.len));
    (void)weir__json_integer(value, &number);
    (void)weir__json_boolean(value, &flag);
    if (!weir__json_is_array(value))
        return;
    for (size_t i = 0; i < weir__json_count(value); i++)
        walk(weir__json_at(value, i), depth + 1);
}

static void check_quote(struct weir__str text)
{
    AUTO(buf) struct weir__buf quoted = weir__buf_make(weir_env_default(), (size_t)1 << 20);
    AUTO(json) struct weir__json *root = NULL;
    struct weir__str back;
    if (memchr(text.data, 0, text.len) || weir__json_quote(&quoted, text, NULL) != WEIR_OK)
        return; /* \u0000 is what the parser refuses */
    struct weir__str document = {(const char *)quoted.data, quoted.len};
    int status = weir__json_parse(document, "quoted", &root, NULL);
    ASSERT(status == WEIR_OK && weir__json_string(root, &back));
    ASSERT(!weir__utf8_valid(text.data, text.len) || weir__str_eq(back, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir__str text = {(const char *)data, size};
    struct weir_error err = WEIR_ERROR_INIT;
    AUTO(json) struct weir__json *root = NULL;
    if (weir__json_parse(text, "doc", &root, &err) == WEIR_OK)
        walk(root, 1);
    else
        ASSERT(!strchr(err.message, '\n'));
    if (size && size < 4096)
        check_quote(text);
    return 0;
}
