/* fuzz_time.c: times and durations from any text; what was read is written and read back. The first
 * line is also taken as a pattern. */
#include "base/base.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_timestamp(struct weir__str text)
{
    struct weir__timestamp stamp;
    struct weir__timestamp again;
    char written[40];
    if (!weir__rfc3339_parse(text, &stamp))
        return;
    ASSERT(stamp.nanosecond >= 0 && stamp.nanosecond <= 999999999);
    ASSERT(stamp.digits >= 0 && stamp.digits <= 9);
    size_t n = weir__rfc3339_format(stamp.seconds, stamp.nanosecond, 9, true, written);
    ASSERT(n <= sizeof written);
    /* A zone may push the first and last day of the four-digit years over the edge. */
    if (weir__rfc3339_parse((struct weir__str){written, n}, &again))
        ASSERT(again.seconds == stamp.seconds && again.nanosecond == stamp.nanosecond);
    else
        ASSERT(written[0] == '-' || written[0] == '+');
}

static void check_duration(struct weir__str text)
{
    int64_t ns = 0;
    int64_t again = 0;
    char written[40];
    if (weir__duration_parse(text, &ns, NULL) != WEIR_OK)
        return;
    size_t n = weir__duration_format(ns, written);
    ASSERT(n <= sizeof written);
    int status = weir__duration_parse((struct weir__str){written, n}, &again, NULL);
    ASSERT(status == WEIR_OK && again == ns);
}

static void check_pattern(const uint8_t *data, size_t size)
{
    char format[65] = {0};
    memcpy(format, data, size < 64 ? size : 64);
    AUTO(buf) struct weir__buf out = weir__buf_make(weir_env_default(), 4096);
    int status = weir__time_format(format, 1773756061, &out, NULL);
    ASSERT(status == WEIR_OK || (status == WEIR_INVALID && out.len == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir__str text = {(const char *)data, size};
    int64_t days = 0;
    check_timestamp(text);
    check_duration(text);
    if (size)
        check_pattern(data, size);
    if (weir__date_parse(text, &days)) {
        char written[16];
        struct weir__str again = {written, weir__date_format(days, written)};
        ASSERT(weir__str_eq(again, text));
    }
    return 0;
}
