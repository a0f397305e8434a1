/* gate.c: the commit gate of snapshot reads. */
#include "table/gate.h"

#include <stdlib.h>

static int listed_compare(const void *a, const void *b)
{
    const struct weir__listed *left = a;
    const struct weir__listed *right = b;
    int order = weir__str_compare(left->partition, right->partition);
    if (order == 0)
        order = weir__str_compare(left->token, right->token);
    if (order == 0) /* a marker (no attempt) comes last */
        order = (left->attempt.len == 0) - (right->attempt.len == 0);
    if (order == 0)
        order = weir__str_compare(left->attempt, right->attempt);
    return order;
}

size_t weir__listed_sort(struct weir__listed *items, size_t n)
{
    if (n == 0)
        return 0;
    qsort(items, n, sizeof *items, listed_compare);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++) {
        if (listed_compare(&items[i], &items[kept - 1]) != 0)
            items[kept++] = items[i];
    }
    return kept;
}

bool weir__pair_next(struct weir__listed *items, size_t n, size_t *at, struct weir__pair *out)
{
    if (*at >= n)
        return false;
    struct weir__listed *first = &items[*at];
    *out = (struct weir__pair){first, 0, NULL};
    while (*at < n && weir__str_eq(items[*at].partition, first->partition) &&
           weir__str_eq(items[*at].token, first->token)) {
        if (items[*at].attempt.len == 0) {
            out->marker = &items[*at];
        } else {
            out->n_files++;
        }
        (*at)++;
    }
    return true;
}

enum weir__verdict weir__gate_judge(const struct weir__pair *pair, bool verify_always)
{
    if (!pair->marker || pair->n_files == 0)
        return WEIR__VERDICT_DROP;
    /* On different pages the file may be an old orphan, while the committed file sorted into a page
     * that had been read before it was written. */
    if (pair->n_files > 1 || verify_always || pair->files[0].page != pair->marker->page)
        return WEIR__VERDICT_VERIFY;
    return WEIR__VERDICT_KEEP;
}

const struct weir__listed *weir__gate_pick(const struct weir__pair *pair, const char *attempt)
{
    for (size_t i = 0; attempt && i < pair->n_files; i++) {
        if (weir__str_is(pair->files[i].attempt, attempt))
            return &pair->files[i];
    }
    return NULL;
}
