/* retry.h: when to try a request again, and after how long (spec/table-store.md 12.2). Pure. */
#ifndef WEIR_TABLE_RETRY_H
#define WEIR_TABLE_RETRY_H

#include "base/base.h"

#define WEIR__RETRY_ATTEMPTS 5

/* Worth another attempt? Decided from code and flags, never from text. */
bool weir__retry_is_transient(const struct weir_error *failure);

/* Microseconds to sleep before attempt `attempt` (2..5), from 32 random bits. */
int64_t weir__retry_delay_us(int attempt, uint32_t random);

#endif
