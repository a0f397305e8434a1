/* time.c: the civil calendar (UTC, proleptic Gregorian), RFC 3339, strftime-like patterns and
 * durations.
 *
 * Days are counted in eras of 400 years that begin on 1 March, so that the leap day is the last of
 * a year and no month table is needed. */
#include "base/time.h"

#include "base/error.h"
#include "base/macros.h"
#include "base/text.h"

#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_TO_1970 719468 /* from 0000-03-01 to 1970-01-01 */

int64_t weir__days_from_civil(int32_t year, int32_t month, int32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

void weir__civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
    int64_t z = days + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) /
        365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153; /* 0 = March */
    *day = (int32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int32_t)(year_of_era + era * 400 + (*month <= 2));
}

void weir__civil_from_unix(int64_t seconds, int32_t nanosecond, struct weir__civil *out)
{
    int64_t days = seconds / 86400;
    int32_t second_of_day = (int32_t)(seconds % 86400);
    if (second_of_day < 0) {
        second_of_day += 86400;
        days--;
    }
    weir__civil_from_days(days, &out->year, &out->month, &out->day);
    out->hour = second_of_day / 3600;
    out->minute = second_of_day / 60 % 60;
    out->second = second_of_day % 60;
    out->nanosecond = nanosecond;
}

int64_t weir__unix_from_civil(const struct weir__civil *civil)
{
    return weir__days_from_civil(civil->year, civil->month, civil->day) * 86400 +
           (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
}

static bool year_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool day_exists(int32_t year, int32_t month, int32_t day)
{
    static const uint8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    return day <= lengths[month - 1] + (month == 2 && year_is_leap(year));
}

/* Exactly n digits. */
static bool digits_take(struct weir__cursor *c, int n, int32_t *out)
{
    const uint8_t *p;
    if (!weir__cursor_take(c, (size_t)n, &p))
        return false;
    int32_t value = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        value = value * 10 + (p[i] - '0');
    }
    *out = value;
    return true;
}

static bool byte_take(struct weir__cursor *c, char wanted)
{
    if (weir__cursor_left(c) == 0 || *c->at != (uint8_t)wanted)
        return false;
    c->at++;
    return true;
}

static bool date_take(struct weir__cursor *c, struct weir__civil *out)
{
    return digits_take(c, 4, &out->year) && byte_take(c, '-') && digits_take(c, 2, &out->month) &&
           byte_take(c, '-') && digits_take(c, 2, &out->day) &&
           day_exists(out->year, out->month, out->day);
}

/* hh:mm[:ss]; second 60 is a leap second, legal in RFC 3339 and counted as the next one. */
static bool clock_take(struct weir__cursor *c, struct weir__civil *out)
{
    if (!digits_take(c, 2, &out->hour) || !byte_take(c, ':') || !digits_take(c, 2, &out->minute) ||
        !byte_take(c, ':') || !digits_take(c, 2, &out->second))
        return false;
    return out->hour <= 23 && out->minute <= 59 && out->second <= 60;
}

/* ".123": 1..9 digits; more are read and cut off, as no type of ours holds them. */
static bool fraction_take(struct weir__cursor *c, struct weir__timestamp *out)
{
    out->nanosecond = 0;
    out->digits = 0;
    if (!byte_take(c, '.') && !byte_take(c, ','))
        return true;
    int32_t scale = 100000000;
    int n_seen = 0;
    for (; weir__cursor_left(c) && *c->at >= '0' && *c->at <= '9'; c->at++, n_seen++) {
        if (out->digits == 9)
            continue;
        out->nanosecond += (*c->at - '0') * scale;
        scale /= 10;
        out->digits++;
    }
    return n_seen > 0;
}

/* "", "Z", "+02:00", "+0200" or "+02". */
static bool zone_take(struct weir__cursor *c, bool *out_has_zone, int32_t *out_offset_seconds)
{
    *out_offset_seconds = 0;
    *out_has_zone = weir__cursor_left(c) > 0;
    if (!*out_has_zone || byte_take(c, 'Z') || byte_take(c, 'z'))
        return true;
    int32_t sign = 0;
    if (byte_take(c, '+')) {
        sign = 1;
    } else if (byte_take(c, '-')) {
        sign = -1;
    }
    int32_t hours = 0;
    int32_t minutes = 0;
    if (!sign || !digits_take(c, 2, &hours))
        return false;
    bool has_colon = byte_take(c, ':');
    if ((has_colon || weir__cursor_left(c)) && !digits_take(c, 2, &minutes))
        return false;
    *out_offset_seconds = sign * (hours * 3600 + minutes * 60);
    return hours <= 23 && minutes <= 59;
}

bool weir__rfc3339_parse(struct weir__str text, struct weir__timestamp *out)
{
    struct weir__cursor c = weir__cursor_make(text.data, text.len);
    struct weir__civil civil = {0};
    struct weir__timestamp parsed = {0};
    int32_t offset_seconds = 0;
    if (!date_take(&c, &civil))
        return false;
    if (!byte_take(&c, 'T') && !byte_take(&c, 't') && !byte_take(&c, ' '))
        return false;
    if (!clock_take(&c, &civil) || !fraction_take(&c, &parsed) ||
        !zone_take(&c, &parsed.has_zone, &offset_seconds) || weir__cursor_left(&c))
        return false;
    parsed.seconds = weir__unix_from_civil(&civil) - offset_seconds;
    *out = parsed;
    return true;
}

bool weir__date_parse(struct weir__str text, int64_t *out_days)
{
    struct weir__cursor c = weir__cursor_make(text.data, text.len);
    struct weir__civil civil = {0};
    if (!date_take(&c, &civil) || weir__cursor_left(&c))
        return false;
    *out_days = weir__days_from_civil(civil.year, civil.month, civil.day);
    return true;
}

/* `n` digits with leading zeros. */
static char *digits_put(char *out, int64_t value, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + n;
}

/* Four digits, or more with a sign where four are not enough (ISO 8601 expanded form). */
static char *year_put(char *out, int32_t year)
{
    if (year >= 0 && year <= 9999)
        return digits_put(out, year, 4);
    int64_t magnitude = year < 0 ? -(int64_t)year : year;
    *out++ = year < 0 ? '-' : '+';
    int n = 4;
    for (int64_t rest = magnitude / 10000; rest; rest /= 10)
        n++;
    return digits_put(out, magnitude, n);
}

static char *date_put(char *out, const struct weir__civil *civil)
{
    out = year_put(out, civil->year);
    *out++ = '-';
    out = digits_put(out, civil->month, 2);
    *out++ = '-';
    return digits_put(out, civil->day, 2);
}

size_t weir__rfc3339_format(int64_t seconds, int32_t nanosecond, int32_t digits, bool with_zone,
                            char *out)
{
    static const int32_t divisors[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                         10000,      1000,      100,      10,      1};
    ASSERT(digits >= 0 && digits <= 9);
    struct weir__civil civil;
    weir__civil_from_unix(seconds, nanosecond, &civil);
    char *at = date_put(out, &civil);
    *at++ = 'T';
    at = digits_put(at, civil.hour, 2);
    *at++ = ':';
    at = digits_put(at, civil.minute, 2);
    *at++ = ':';
    at = digits_put(at, civil.second, 2);
    if (digits > 0) {
        *at++ = '.';
        at = digits_put(at, nanosecond / divisors[digits], digits);
    }
    if (with_zone)
        *at++ = 'Z';
    return (size_t)(at - out);
}

size_t weir__date_format(int64_t days, char *out)
{
    struct weir__civil civil = {0};
    weir__civil_from_days(days, &civil.year, &civil.month, &civil.day);
    return (size_t)(date_put(out, &civil) - out);
}

/* One conversion of weir__time_format; NULL: no such conversion. */
static char *conversion_put(char *at, char letter, const struct weir__civil *civil)
{
    switch (letter) {
    case 'Y':
        return year_put(at, civil->year);
    case 'y':
        return digits_put(at, ((int64_t)civil->year % 100 + 100) % 100, 2);
    case 'm':
        return digits_put(at, civil->month, 2);
    case 'd':
        return digits_put(at, civil->day, 2);
    case 'H':
        return digits_put(at, civil->hour, 2);
    case 'M':
        return digits_put(at, civil->minute, 2);
    case 'S':
        return digits_put(at, civil->second, 2);
    case 'j':
        return digits_put(at,
                          weir__days_from_civil(civil->year, civil->month, civil->day) -
                              weir__days_from_civil(civil->year, 1, 1) + 1,
                          3);
    case '%':
        *at = '%';
        return at + 1;
    default:
        return NULL;
    }
}

int weir__time_format(const char *format, int64_t seconds, struct weir__buf *out,
                      struct weir_error *err)
{
    struct weir__civil civil;
    weir__civil_from_unix(seconds, 0, &civil);
    size_t before = out->len;
    for (const char *p = format; *p; p++) {
        char piece[16] = {*p};
        size_t n = 1;
        if (*p == '%') {
            p++;
            char *end = conversion_put(piece, *p, &civil);
            if (!end) {
                out->len = before;
                return weir__fail(err, WEIR_INVALID, "time pattern '%s': no conversion '%%%.1s'",
                                  format, p);
            }
            n = (size_t)(end - piece);
        }
        int status = weir__buf_append(out, piece, n, err);
        if (status != WEIR_OK) {
            out->len = before;
            return status;
        }
    }
    return WEIR_OK;
}

/* Durations */

struct duration_unit {
    const char *text;
    int64_t ns;
};

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MINUTE (60 * NS_PER_S)
#define NS_PER_HOUR (60 * NS_PER_MINUTE)

/* Longer names before their beginnings: "ms" before "m". The micro sign has two code points. */
static const struct duration_unit units[] = {
    {"ns", 1},         {"us", NS_PER_US}, {"\xc2\xb5s", NS_PER_US}, {"\xce\xbcs", NS_PER_US},
    {"ms", NS_PER_MS}, {"s", NS_PER_S},   {"m", NS_PER_MINUTE},     {"h", NS_PER_HOUR},
};

static const struct duration_unit *unit_take(struct weir__cursor *c)
{
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        size_t len = strlen(units[i].text);
        if (weir__cursor_left(c) >= len && memcmp(c->at, units[i].text, len) == 0) {
            c->at += len;
            return &units[i];
        }
    }
    return NULL;
}

/* Digits as an integer. False: none, or past 2^63 (a magnitude of 2^63 is the lowest negative). */
static bool whole_take(struct weir__cursor *c, uint64_t *out, int *out_n)
{
    uint64_t value = 0;
    int n = 0;
    for (; weir__cursor_left(c) && *c->at >= '0' && *c->at <= '9'; c->at++, n++) {
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(*c->at - '0'), &value))
            return false;
    }
    *out = value;
    *out_n = n;
    return value <= (uint64_t)1 << 63;
}

/* Digits after the point; those that no longer fit are dropped, being far below one nanosecond. */
static void part_take(struct weir__cursor *c, uint64_t *out, uint64_t *out_scale, int *out_n)
{
    uint64_t value = 0;
    uint64_t scale = 1;
    int n = 0;
    for (; weir__cursor_left(c) && *c->at >= '0' && *c->at <= '9'; c->at++, n++) {
        if (n >= 18)
            continue;
        value = value * 10 + (uint64_t)(*c->at - '0');
        scale *= 10;
    }
    *out = value;
    *out_scale = scale;
    *out_n = n;
}

/* One "decimal[.fraction]unit", added to *total. */
static bool term_take(struct weir__cursor *c, uint64_t *total)
{
    uint64_t whole = 0;
    uint64_t part = 0;
    uint64_t scale = 1;
    int n_whole = 0;
    int n_part = 0;
    if (!whole_take(c, &whole, &n_whole))
        return false;
    if (byte_take(c, '.'))
        part_take(c, &part, &scale, &n_part);
    if (n_whole + n_part == 0)
        return false;
    const struct duration_unit *unit = unit_take(c);
    uint64_t ns = 0;
    if (!unit || __builtin_mul_overflow(whole, (uint64_t)unit->ns, &ns))
        return false;
    ns += (uint64_t)((unsigned __int128)part * (uint64_t)unit->ns / scale);
    return !__builtin_add_overflow(*total, ns, total) && *total <= (uint64_t)1 << 63;
}

static bool byte_is_space(uint8_t b)
{
    return b == ' ' || (b >= '\t' && b <= '\r');
}

static struct weir__cursor trimmed(struct weir__str text)
{
    struct weir__cursor c = weir__cursor_make(text.data, text.len);
    while (weir__cursor_left(&c) && byte_is_space(*c.at))
        c.at++;
    while (weir__cursor_left(&c) && byte_is_space(c.end[-1]))
        c.end--;
    return c;
}

static bool duration_read(struct weir__str text, int64_t *out_ns)
{
    struct weir__cursor c = trimmed(text);
    bool is_negative = byte_take(&c, '-');
    if (!is_negative)
        (void)byte_take(&c, '+'); /* optional */
    if (weir__cursor_left(&c) == 1 && *c.at == '0') {
        *out_ns = 0;
        return true;
    }
    if (weir__cursor_left(&c) == 0)
        return false;
    uint64_t total = 0;
    while (weir__cursor_left(&c)) {
        if (!term_take(&c, &total))
            return false;
    }
    if (!is_negative && total > (uint64_t)INT64_MAX)
        return false;
    *out_ns = (int64_t)(is_negative ? 0 - total : total);
    return true;
}

int weir__duration_parse(struct weir__str text, int64_t *out_ns, struct weir_error *err)
{
    if (duration_read(text, out_ns))
        return WEIR_OK;
    int shown = text.len > 64 ? 64 : (int)text.len;
    return weir__fail(err, WEIR_INVALID, "'%.*s' is no duration such as 30s, 1m30s or 500ms", shown,
                      text.data ? text.data : "");
}

/* "1.5" + unit: value / scale with trailing zeros of the fraction cut off. */
static char *decimal_put(char *out, uint64_t value, uint64_t scale, const char *unit)
{
    out += weir__format_u64(value / scale, out);
    uint64_t rest = value % scale;
    if (rest) {
        *out++ = '.';
        while (rest) {
            rest *= 10;
            *out++ = (char)('0' + rest / scale);
            rest %= scale;
        }
    }
    while (*unit)
        *out++ = *unit++;
    return out;
}

size_t weir__duration_format(int64_t ns, char *out)
{
    char *at = out;
    uint64_t left = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    if (ns < 0)
        *at++ = '-';
    if (left == 0)
        return (size_t)(decimal_put(at, 0, 1, "s") - out);
    if (left < NS_PER_US)
        return (size_t)(decimal_put(at, left, 1, "ns") - out);
    if (left < NS_PER_MS)
        return (size_t)(decimal_put(at, left, NS_PER_US, "us") - out);
    if (left < NS_PER_S)
        return (size_t)(decimal_put(at, left, NS_PER_MS, "ms") - out);
    if (left >= NS_PER_HOUR)
        at = decimal_put(at, left / NS_PER_HOUR, 1, "h");
    left %= NS_PER_HOUR;
    if (left >= NS_PER_MINUTE)
        at = decimal_put(at, left / NS_PER_MINUTE, 1, "m");
    left %= NS_PER_MINUTE;
    if (left)
        at = decimal_put(at, left, NS_PER_S, "s");
    return (size_t)(at - out);
}
