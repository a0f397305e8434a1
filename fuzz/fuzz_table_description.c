/* What lies under _config/: timing texts, and table.json, which must come back as it was written
 * when it is accepted. */
#include "table/config.h"

#include <weir/env.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void description(const struct weir_env *env, struct weir__str body)
{
    struct weir__region region = weir__region_make(env);
    struct weir__buf once = weir__buf_make(env, 4u << 20);
    struct weir__buf twice = weir__buf_make(env, 4u << 20);
    struct weir_table_description first = {0};
    struct weir_table_description second = {0};
    if (weir__description_parse(&region, body, "fuzz", &first, NULL) == WEIR_OK &&
        weir__description_write(&first, &once, NULL) == WEIR_OK &&
        once.len < WEIR__JSON_MAX_BYTES) {
        struct weir__str text = {(const char *)once.data, once.len};
        int status = weir__description_parse(&region, text, "fuzz", &second, NULL);
        ASSERT(status == WEIR_OK);
        status = weir__description_write(&second, &twice, NULL);
        ASSERT(status == WEIR_OK);
        ASSERT(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    }
    weir__buf_dispose(&twice);
    weir__buf_dispose(&once);
    weir__region_dispose(&region);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir__str body = {(const char *)data, size};
    int64_t us = 0;
    if (weir__timing_parse(body, "fuzz", 0, &us, NULL) == WEIR_OK) {
        char text[WEIR__TIMING_TEXT_BYTES];
        int64_t again = 0;
        ASSERT(us >= 0);
        if (us < INT64_MAX / 1000) {
            weir__timing_format(us, text);
            int status = weir__timing_parse(weir__str_of(text), "fuzz", 0, &again, NULL);
            ASSERT(status == WEIR_OK && again == us);
        }
    }
    description(weir_env_default(), body);
    return 0;
}
