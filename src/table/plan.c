/* plan.c: a union of patterns as a list of disjoint listings. */
#include "table/plan.h"

#include <stdlib.h>

struct planned {
    const char *prefix;
    size_t pattern;
};

static int planned_compare(const void *a, const void *b)
{
    const struct planned *left = a;
    const struct planned *right = b;
    int order = weir__str_compare(weir__str_of(left->prefix), weir__str_of(right->prefix));
    if (order != 0)
        return order;
    return left->pattern < right->pattern ? -1 : left->pattern > right->pattern;
}

static int text_compare(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

static int pattern_make(struct weir__region *region, const struct weir__selection *selection,
                        const char *text, struct weir__pattern *out, struct weir_error *err)
{
    if (selection->is_exact)
        return weir__pattern_exact(region, text, selection->parts, selection->n_parts, out, err);
    return weir__pattern_parse(region, text, selection->parts, selection->n_parts, out, err);
}

/* Parse all, dropping texts that were seen before. A sorted copy finds the repeats. */
static int patterns_parse(struct weir__region *region, const struct weir__selection *selection,
                          struct weir__plans *out, struct weir_error *err)
{
    const char *const *texts = selection->texts;
    size_t n = selection->n_texts;
    const char **seen = weir__region_alloc(region, n, sizeof *seen, err);
    struct weir__pattern *patterns = weir__region_alloc(region, n, sizeof *patterns, err);
    bool *is_taken = weir__region_alloc(region, n, sizeof *is_taken, err);
    if (!seen || !patterns || !is_taken)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        seen[i] = texts[i] ? texts[i] : "";
    qsort(seen, n, sizeof *seen, text_compare);

    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = texts[i] ? texts[i] : "";
        const char **at = bsearch(&text, seen, n, sizeof *seen, text_compare);
        while (at > seen && strcmp(at[-1], text) == 0)
            at--;
        if (is_taken[at - seen])
            continue;
        is_taken[at - seen] = true;
        int status = pattern_make(region, selection, text, &patterns[kept], err);
        if (status != WEIR_OK) {
            return weir__error_prefix(err, status, "%s %zu '%.200s'",
                                      selection->is_exact ? "partition" : "pattern", i, text);
        }
        kept++;
    }
    out->patterns = patterns;
    out->n_patterns = kept;
    return WEIR_OK;
}

/* The fixed beginning of each pattern, sorted. */
static int prefixes_sort(struct weir__region *region, const struct weir__plans *plans,
                         struct planned **out, struct weir_error *err)
{
    struct planned *sorted = weir__region_alloc(region, plans->n_patterns, sizeof *sorted, err);
    if (!sorted)
        return WEIR_NO_MEMORY;
    AUTO(buf) struct weir__buf prefix = weir__buf_make(region->env, 65536);
    for (size_t i = 0; i < plans->n_patterns; i++) {
        weir__buf_clear(&prefix);
        TRY(weir__pattern_list_prefix(&plans->patterns[i], &prefix, err));
        sorted[i].pattern = i;
        sorted[i].prefix = weir__region_text(
            region, (struct weir__str){(const char *)prefix.data, prefix.len}, err);
        if (!sorted[i].prefix)
            return WEIR_NO_MEMORY;
    }
    qsort(sorted, plans->n_patterns, sizeof *sorted, planned_compare);
    *out = sorted;
    return WEIR_OK;
}

int weir__plans_make(struct weir__region *region, const struct weir__selection *selection,
                     struct weir__plans *out, struct weir_error *err)
{
    struct weir__plans plans = {0};
    struct planned *sorted = NULL;
    if (selection->n_texts > WEIR__PLAN_MAX_PATTERNS) {
        return weir__fail(err, WEIR_INVALID, "%zu patterns are more than %d", selection->n_texts,
                          WEIR__PLAN_MAX_PATTERNS);
    }
    TRY(patterns_parse(region, selection, &plans, err));
    TRY(prefixes_sort(region, &plans, &sorted, err));
    plans.items = weir__region_alloc(region, plans.n_patterns, sizeof *plans.items, err);
    size_t *indexes = weir__region_alloc(region, plans.n_patterns, sizeof *indexes, err);
    if (!plans.items || !indexes)
        return WEIR_NO_MEMORY;

    /* In sorted order a prefix comes right before everything that it contains. */
    for (size_t i = 0; i < plans.n_patterns; i++) {
        indexes[i] = sorted[i].pattern;
        struct weir__plan *last = plans.n > 0 ? &plans.items[plans.n - 1] : NULL;
        if (last && weir__str_starts(weir__str_of(sorted[i].prefix), weir__str_of(last->prefix))) {
            last->n_patterns++;
            continue;
        }
        plans.items[plans.n++] = (struct weir__plan){sorted[i].prefix, &indexes[i], 1};
    }
    *out = plans;
    return WEIR_OK;
}

bool weir__plan_matches(const struct weir__plans *plans, const struct weir__plan *plan,
                        struct weir__str partition)
{
    for (size_t i = 0; i < plan->n_patterns; i++) {
        if (weir__pattern_matches(&plans->patterns[plan->patterns[i]], partition))
            return true;
    }
    return false;
}
