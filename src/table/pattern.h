/* pattern.h: which partitions to look at (spec/table-store.md 4.4).
 *
 *     pattern = "" | "*" | segment *( "/" segment )
 *     segment = "*" | part "=" ( literal | prefix "*" | from ".." to )
 *
 * A parsed pattern answers two questions: does it match a partition key, and below which prefix do
 * all matches lie. Comparisons are bytewise. */
#ifndef WEIR_TABLE_PATTERN_H
#define WEIR_TABLE_PATTERN_H

#include "table/region.h"

enum weir__match {
    WEIR__MATCH_ANY,    /* * */
    WEIR__MATCH_EXACT,  /* part=low */
    WEIR__MATCH_PREFIX, /* part=low* */
    WEIR__MATCH_RANGE   /* part=low..high: low <= value < high, an empty end is open */
};

struct weir__pattern_segment {
    enum weir__match match;
    struct weir__str low, high;
};

struct weir__pattern {
    const char *text; /* as given */
    const char *const *parts;
    struct weir__pattern_segment *segments; /* n_parts of them */
    size_t n_parts;
};

/* `parts` is borrowed by `out`; the rest lives in the region.
 * Errors: WEIR_INVALID saying which rule the text breaks (without the text itself). */
WEIR_NODISCARD int weir__pattern_parse(struct weir__region *region, const char *text,
                                       const char *const *parts, size_t n_parts,
                                       struct weir__pattern *out, struct weir_error *err);

/* The pattern that matches one valid partition key, whatever bytes its values have. */
WEIR_NODISCARD int weir__pattern_exact(struct weir__region *region, const char *key,
                                       const char *const *parts, size_t n_parts,
                                       struct weir__pattern *out, struct weir_error *err);

bool weir__pattern_matches(const struct weir__pattern *pattern, struct weir__str key);

/* Appends the fixed beginning of all keys that match, below the data directory. */
WEIR_NODISCARD int weir__pattern_list_prefix(const struct weir__pattern *pattern,
                                             struct weir__buf *out, struct weir_error *err);

#endif
