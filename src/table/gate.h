/* gate.h: which listed data files count (spec/table-store.md 7.2). Pure: no requests here.
 *
 * Files and markers are grouped by the pair (partition, token); the two are never joined into one
 * text, because a separator can occur in either. */
#ifndef WEIR_TABLE_GATE_H
#define WEIR_TABLE_GATE_H

#include "base/base.h"

/* One data file or commit marker of a listing. */
struct weir__listed {
    const char *key; /* whole; the texts below point into it */
    struct weir__str partition, token;
    struct weir__str attempt; /* empty: this is a commit marker */
    int64_t size_bytes, modified_us;
    int64_t page; /* of its listing, unique over all listings */
};

enum weir__verdict {
    WEIR__VERDICT_DROP,  /* no marker: not committed */
    WEIR__VERDICT_KEEP,  /* the one file is the committed one */
    WEIR__VERDICT_VERIFY /* read the marker to know which */
};

/* The entries of one (partition, token) pair: n files, then the marker if there is one. */
struct weir__pair {
    struct weir__listed *files;
    size_t n_files;
    const struct weir__listed *marker; /* NULL: none */
};

/* Sort a listing so that the entries of a pair are neighbours: by partition, token, then files by
 * key, the marker last. Entries listed twice are dropped; returns how many are left. */
size_t weir__listed_sort(struct weir__listed *items, size_t n);

/* The next pair of a sorted listing from *at on, which is moved behind it; false at the end. */
bool weir__pair_next(struct weir__listed *items, size_t n, size_t *at, struct weir__pair *out);

/* What to do with a pair. `verify_always`: reading a marker costs no more than the doubt. */
enum weir__verdict weir__gate_judge(const struct weir__pair *pair, bool verify_always);

/* After the marker was read: the file it names, or NULL when that is not in the listing.
 * `attempt` NULL: the marker is gone. */
const struct weir__listed *weir__gate_pick(const struct weir__pair *pair, const char *attempt);

#endif
