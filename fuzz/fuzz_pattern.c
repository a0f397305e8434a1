/* Patterns from users against partition keys: parsing never crashes, and what matches lies below
 * the prefix that would be listed. */
#include "table/plan.h"

#include <weir/env.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const parts[] = {"period", "customer"};

static void check(struct weir__region *region, const char *text, struct weir__str key)
{
    const char *const texts[] = {text};
    const struct weir__selection selection = {texts, 1, false, parts, COUNT_OF(parts)};
    struct weir__plans plans = {0};
    if (weir__plans_make(region, &selection, &plans, NULL) != WEIR_OK)
        return;
    ASSERT(plans.n == 1);
    if (!weir__plan_matches(&plans, &plans.items[0], key))
        return;
    struct weir__str prefix = weir__str_of(plans.items[0].prefix);
    struct weir__buf whole = weir__buf_make(region->env, 1 << 20);
    if (weir__buf_append(&whole, key.data, key.len, NULL) == WEIR_OK &&
        weir__buf_byte(&whole, '/', NULL) == WEIR_OK)
        ASSERT(weir__str_starts((struct weir__str){(const char *)whole.data, whole.len}, prefix));
    weir__buf_dispose(&whole);
}

/* Input: a pattern, a newline, a key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir__region region = weir__region_make(weir_env_default());
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = newline ? (size_t)(newline - data) : size;
    const char *text =
        weir__region_text(&region, (struct weir__str){(const char *)data, len}, NULL);
    struct weir__str key = STR_NULL;
    if (newline)
        key = (struct weir__str){(const char *)newline + 1, size - len - 1};
    if (text)
        check(&region, text, key);
    weir__region_dispose(&region);
    return 0;
}
