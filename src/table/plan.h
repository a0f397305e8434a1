/* plan.h: from patterns to as few listings as cover them (spec/table-store.md 4.4, 7.1).
 *
 * Plans are sorted by prefix and no prefix contains another, so their listings are disjoint and
 * come in key order one after the other. */
#ifndef WEIR_TABLE_PLAN_H
#define WEIR_TABLE_PLAN_H

#include "table/pattern.h"

#define WEIR__PLAN_MAX_PATTERNS 100000

/* What to look at. */
struct weir__selection {
    const char *const *texts;
    size_t n_texts;
    bool is_exact; /* partition keys, not patterns */
    const char *const *parts;
    size_t n_parts;
};

struct weir__plan {
    const char *prefix; /* below the data directory */
    size_t *patterns;   /* indexes of the patterns that may match below it */
    size_t n_patterns;
};

struct weir__plans {
    struct weir__pattern *patterns; /* without duplicates */
    size_t n_patterns;
    struct weir__plan *items;
    size_t n;
};

/* Everything is in the region but the parts, which are borrowed.
 * Errors: WEIR_INVALID naming index and text of the first bad one. */
WEIR_NODISCARD int weir__plans_make(struct weir__region *region,
                                    const struct weir__selection *selection,
                                    struct weir__plans *out, struct weir_error *err);

/* Does any pattern of the plan match? */
bool weir__plan_matches(const struct weir__plans *plans, const struct weir__plan *plan,
                        struct weir__str partition);

#endif
