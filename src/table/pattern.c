/* pattern.c: the rules of spec/table-store.md 4.4, in its order. */
#include "table/pattern.h"

#include "table/grammar.h"

static bool str_has_any(struct weir__str text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\0' && strchr(bytes, text.data[i]))
            return true;
    }
    return false;
}

static bool has_star(struct weir__str text)
{
    return text.len > 0 && memchr(text.data, '*', text.len) != NULL;
}

static int range_parse(struct weir__str value, size_t dots, struct weir__pattern_segment *out,
                       struct weir_error *err)
{
    struct weir__str low = {value.data, dots};
    struct weir__str high = {value.data + dots + 2, value.len - dots - 2};
    if (weir__find_dots(high) >= 0)
        return weir__fail(err, WEIR_INVALID, "'%.*s' has more than one '..'", STR_ARG(value));
    if (low.len == 0 && high.len == 0)
        return weir__fail(err, WEIR_INVALID, "both ends of the range are empty");
    if (has_star(low) || has_star(high)) {
        return weir__fail(err, WEIR_INVALID, "an end of the range '%.*s' contains '*'",
                          STR_ARG(value));
    }
    if (low.len > 0 && high.len > 0 && weir__str_compare(low, high) > 0)
        return weir__fail(err, WEIR_INVALID, "the range '%.*s' is reversed", STR_ARG(value));
    *out = (struct weir__pattern_segment){WEIR__MATCH_RANGE, low, high};
    return WEIR_OK;
}

static int value_parse(struct weir__str value, struct weir__pattern_segment *out,
                       struct weir_error *err)
{
    if (str_has_any(value, "/?[]{}"))
        return weir__fail(err, WEIR_INVALID, "'%.*s' contains one of / ? [ ] { }", STR_ARG(value));
    int64_t dots = weir__find_dots(value);
    if (dots >= 0)
        return range_parse(value, (size_t)dots, out, err);
    if (!has_star(value)) {
        *out = (struct weir__pattern_segment){WEIR__MATCH_EXACT, value, STR_NULL};
        return WEIR_OK;
    }
    struct weir__str begin = {value.data, value.len - 1};
    if (value.data[value.len - 1] != '*' || has_star(begin)) {
        return weir__fail(err, WEIR_INVALID, "'%.*s' has a '*' that is not the last byte",
                          STR_ARG(value));
    }
    *out = (struct weir__pattern_segment){WEIR__MATCH_PREFIX, begin, STR_NULL};
    return WEIR_OK;
}

static int pattern_make(struct weir__region *region, const char *text, const char *const *parts,
                        size_t n_parts, struct weir__pattern *out, struct weir_error *err)
{
    const char *copy = weir__region_text(region, weir__str_of(text), err);
    struct weir__pattern_segment *segments =
        weir__region_alloc(region, n_parts, sizeof *segments, err);
    if (!copy || !segments)
        return WEIR_NO_MEMORY;
    *out = (struct weir__pattern){copy, parts, segments, n_parts};
    return WEIR_OK;
}

int weir__pattern_parse(struct weir__region *region, const char *text, const char *const *parts,
                        size_t n_parts, struct weir__pattern *out, struct weir_error *err)
{
    struct weir__pattern pattern = {0};
    TRY(pattern_make(region, text, parts, n_parts, &pattern, err));
    if (text[0] == '\0' || strcmp(text, "*") == 0) {
        *out = pattern; /* zeroed segments are WEIR__MATCH_ANY */
        return WEIR_OK;
    }
    size_t n = weir__segments_count(weir__str_of(text));
    if (n != n_parts) {
        return weir__fail(err, WEIR_INVALID, "it has %zu segments, the table has %zu parts", n,
                          n_parts);
    }
    struct weir__segments it = weir__segments_of(weir__str_of(pattern.text));
    struct weir__str segment = STR_NULL;
    for (size_t i = 0; weir__segments_next(&it, &segment); i++) {
        if (weir__str_is(segment, "*"))
            continue;
        struct weir__str value = STR_NULL;
        if (!weir__segment_value(segment, parts[i], &value)) {
            return weir__fail(err, WEIR_INVALID, "segment %zu is neither '*' nor begins with '%s='",
                              i, parts[i]);
        }
        TRY(value_parse(value, &pattern.segments[i], err));
    }
    *out = pattern;
    return WEIR_OK;
}

int weir__pattern_exact(struct weir__region *region, const char *key, const char *const *parts,
                        size_t n_parts, struct weir__pattern *out, struct weir_error *err)
{
    TRY(weir__partition_check(parts, n_parts, weir__str_of(key), false, err));
    struct weir__pattern pattern = {0};
    TRY(pattern_make(region, key, parts, n_parts, &pattern, err));
    struct weir__segments it = weir__segments_of(weir__str_of(pattern.text));
    struct weir__str segment = STR_NULL;
    for (size_t i = 0; weir__segments_next(&it, &segment); i++) {
        pattern.segments[i].match = WEIR__MATCH_EXACT;
        (void)weir__segment_value(segment, parts[i], &pattern.segments[i].low); /* checked above */
    }
    *out = pattern;
    return WEIR_OK;
}

static bool segment_matches(const struct weir__pattern_segment *want, const char *part,
                            struct weir__str segment)
{
    struct weir__str value = STR_NULL;
    if (want->match == WEIR__MATCH_ANY)
        return true;
    if (!weir__segment_value(segment, part, &value) || value.len == 0)
        return false;
    switch (want->match) {
    case WEIR__MATCH_EXACT:
        return weir__str_eq(value, want->low);
    case WEIR__MATCH_PREFIX:
        return weir__str_starts(value, want->low);
    case WEIR__MATCH_RANGE:
        return (want->low.len == 0 || weir__str_compare(want->low, value) <= 0) &&
               (want->high.len == 0 || weir__str_compare(value, want->high) < 0);
    case WEIR__MATCH_ANY:
        break;
    }
    return true;
}

bool weir__pattern_matches(const struct weir__pattern *pattern, struct weir__str key)
{
    if (weir__segments_count(key) != pattern->n_parts)
        return false;
    struct weir__segments it = weir__segments_of(key);
    struct weir__str segment = STR_NULL;
    for (size_t i = 0; weir__segments_next(&it, &segment); i++) {
        if (!segment_matches(&pattern->segments[i], pattern->parts[i], segment))
            return false;
    }
    return true;
}

/* Bytes that both ends share, cut back to a whole UTF-8 character: stores take text prefixes. */
static struct weir__str common_beginning(struct weir__str a, struct weir__str b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.data[n] == b.data[n])
        n++;
    while (n > 0 && n < a.len && ((uint8_t)a.data[n] & 0xC0) == 0x80)
        n--;
    return (struct weir__str){a.data, n};
}

int weir__pattern_list_prefix(const struct weir__pattern *pattern, struct weir__buf *out,
                              struct weir_error *err)
{
    for (size_t i = 0; i < pattern->n_parts; i++) {
        const struct weir__pattern_segment *segment = &pattern->segments[i];
        struct weir__str begin = segment->low;
        if (segment->match == WEIR__MATCH_RANGE) {
            begin = common_beginning(segment->low, segment->high);
            if (begin.len == 0)
                return WEIR_OK; /* nothing in common narrows nothing */
        }
        if (segment->match == WEIR__MATCH_ANY)
            return WEIR_OK;
        TRY(weir__buf_append_text(out, pattern->parts[i], err));
        TRY(weir__buf_byte(out, '=', err));
        TRY(weir__buf_append(out, begin.data, begin.len, err));
        if (segment->match != WEIR__MATCH_EXACT)
            return WEIR_OK;
        TRY(weir__buf_byte(out, '/', err));
    }
    return WEIR_OK;
}
