/* grammar.h: which names, values, partition keys and tokens are allowed (spec/table-store.md
 * 4.1-4.3). All comparisons are bytewise; nothing here does I/O. */
#ifndef WEIR_TABLE_GRAMMAR_H
#define WEIR_TABLE_GRAMMAR_H

#include <weir/table.h>

#include "base/base.h"

/* Names of partition parts or view columns. `what` is "partition part" or "view column". */
WEIR_NODISCARD int weir__parts_check(const char *what, const char *const *names, size_t n,
                                     struct weir_error *err);

/* One value on the write side: also refuses what cannot survive a listing on every store. */
WEIR_NODISCARD int weir__value_check(const char *part, struct weir__str value,
                                     struct weir_error *err);

/* A whole key: one segment for each part, in order. `is_write`: with the stricter value rules. */
WEIR_NODISCARD int weir__partition_check(const char *const *parts, size_t n_parts,
                                         struct weir__str key, bool is_write,
                                         struct weir_error *err);

WEIR_NODISCARD int weir__token_check(struct weir__str token, struct weir_error *err);

/* Exactly 32 lower-case hex digits. */
bool weir__attempt_is_valid(struct weir__str attempt);

/* The segment of `rest` before the next '/', which is consumed; false when nothing is left. A text
 * of n slashes has n + 1 segments. */
struct weir__segments {
    struct weir__str rest;
    bool is_done;
};

static inline struct weir__segments weir__segments_of(struct weir__str text)
{
    return (struct weir__segments){text, false};
}

bool weir__segments_next(struct weir__segments *it, struct weir__str *out);
size_t weir__segments_count(struct weir__str text);

/* Position of the first "..", or -1. */
int64_t weir__find_dots(struct weir__str text);

/* Value of `segment` when it begins with `part=`. */
bool weir__segment_value(struct weir__str segment, const char *part, struct weir__str *out);

#endif
