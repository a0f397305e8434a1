/* fuzz_number.c: numbers, sizes and base64 from any text. Doubles are compared with strtod, and
 * what was read must be written back to the same value. */
#include "base/base.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check_double(struct weir__str text)
{
    double value = 0;
    if (!weir__parse_f64(text, &value))
        return;
    char *copy = calloc(1, text.len + 1);
    if (!copy)
        return;
    memcpy(copy, text.data, text.len);
    char *end;
    double other = strtod(copy, &end);
    ASSERT(*end == '\0');
    ASSERT(isnan(value) ? isnan(other) : bits_of(value) == bits_of(other));
    free(copy);

    char written[WEIR__F64_TEXT_BYTES];
    double back = 0;
    size_t n = weir__format_f64(value, written);
    ASSERT(n <= sizeof written);
    ASSERT(weir__parse_f64((struct weir__str){written, n}, &back));
    ASSERT(isnan(value) ? isnan(back) : bits_of(value) == bits_of(back));
    n = weir__format_f32((float)value, written);
    ASSERT(n <= sizeof written);
    ASSERT(weir__parse_f64((struct weir__str){written, n}, &back));
    ASSERT(isnan(value) || (float)back == (float)value);
}

static void check_integers(struct weir__str text)
{
    char written[WEIR__I64_TEXT_BYTES];
    int64_t i = 0;
    int64_t i_back = 0;
    uint64_t u = 0;
    uint64_t u_back = 0;
    if (weir__parse_i64(text, &i)) {
        struct weir__str again = {written, weir__format_i64(i, written)};
        ASSERT(weir__parse_i64(again, &i_back) && i_back == i);
    }
    if (weir__parse_u64(text, &u)) {
        struct weir__str again = {written, weir__format_u64(u, written)};
        ASSERT(weir__parse_u64(again, &u_back) && u_back == u);
        ASSERT(u > INT64_MAX || (weir__parse_i64(text, &i) && (uint64_t)i == u));
    }
    int status = weir__size_parse(text, &u, NULL);
    ASSERT(status == WEIR_OK || status == WEIR_INVALID);
}

static void check_base64(struct weir__str text)
{
    const struct weir_env *env = weir_env_default();
    AUTO(buf) struct weir__buf bytes = weir__buf_make(env, (size_t)1 << 20);
    AUTO(buf) struct weir__buf again = weir__buf_make(env, (size_t)1 << 20);
    if (weir__base64_decode(text, &bytes, NULL) != WEIR_OK)
        return;
    int status = weir__base64_encode(bytes.data, bytes.len, &again, NULL);
    ASSERT(status == WEIR_OK); /* one text for one value: what was taken comes out again */
    ASSERT(again.len == text.len);
    ASSERT(text.len == 0 || memcmp(again.data, text.data, text.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir__str text = {(const char *)data, size};
    if (size > 4096)
        return 0;
    check_double(text);
    check_integers(text);
    check_base64(text);
    return 0;
}
