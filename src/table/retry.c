/* retry.c: at most five attempts; 1.4 to 2.4 s of sleep between them in the worst case. */
#include "table/retry.h"

bool weir__retry_is_transient(const struct weir_error *failure)
{
    if (failure->retryable)
        return true;
    switch (failure->code) {
    case WEIR_UNAVAILABLE:
    case WEIR_TIMEOUT:
        return true;
    case WEIR_IO:
        return failure->detail == WEIR_DETAIL_INCOMPLETE; /* fewer bytes than announced */
    default:
        return false;
    }
}

int64_t weir__retry_delay_us(int attempt, uint32_t random)
{
    static const int64_t from_us[] = {100000, 300000, 500000, 500000};
    static const int64_t to_us[] = {300000, 500000, 800000, 800000};
    ASSERT(attempt >= 2 && attempt <= WEIR__RETRY_ATTEMPTS);
    int i = attempt - 2;
    return from_us[i] + (int64_t)(random % (uint64_t)(to_us[i] - from_us[i]));
}
