/* time.h: civil time (UTC only), RFC 3339 and durations. No clock is read here except through the
 * env. */
#ifndef WEIR_BASE_TIME_H
#define WEIR_BASE_TIME_H

#include "base/bytes.h"

struct weir__civil {
    int32_t year; /* proleptic Gregorian, may be negative */
    int32_t month, day, hour, minute, second;
    int32_t nanosecond;
};

int64_t weir__days_from_civil(int32_t year, int32_t month, int32_t day); /* since 1970-01-01 */
void weir__civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);
/* seconds since 1970 (floor) plus nanoseconds 0..999999999 */
void weir__civil_from_unix(int64_t seconds, int32_t nanosecond, struct weir__civil *out);
int64_t weir__unix_from_civil(const struct weir__civil *civil);

/* What a parsed RFC 3339 (or ISO 8601 date-time) text carried. */
struct weir__timestamp {
    int64_t seconds; /* since 1970 UTC; local time taken as UTC when has_zone is false */
    int32_t nanosecond;
    int32_t digits; /* fraction digits given, 0..9 */
    bool has_zone;
};

/* "2026-03-17T14:00:00.123456Z", also ' ' for 'T', a missing zone, "+02:00". false: not of that
 * form or no such day. */
bool weir__rfc3339_parse(struct weir__str text, struct weir__timestamp *out);
bool weir__date_parse(struct weir__str text, int64_t *out_days); /* YYYY-MM-DD */
/* Writes at most 40 bytes, no NUL; `digits` of fraction (0, 3, 6, 9), zone "Z" when with_zone.
 * Returns the length. */
size_t weir__rfc3339_format(int64_t seconds, int32_t nanosecond, int32_t digits, bool with_zone,
                            char *out);
size_t weir__date_format(int64_t days, char *out); /* at most 16 bytes, no NUL */
/* strftime-like, UTC: %Y %m %d %H %M %S %j %y %% ; appends to out. Errors: WEIR_INVALID for other
 * conversions. */
WEIR_NODISCARD int weir__time_format(const char *format, int64_t seconds, struct weir__buf *out,
                                     struct weir_error *err);

/* Duration text of spec/table-store.md 3.1 in nanoseconds: "15s", "1m30s", "1.5h", "0". */
WEIR_NODISCARD int weir__duration_parse(struct weir__str text, int64_t *out_ns,
                                        struct weir_error *err);
/* Shortest common form: "30s", "1m30s", "500ms". At most 40 bytes, no NUL. */
size_t weir__duration_format(int64_t ns, char *out);

#endif
