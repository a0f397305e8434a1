/* result.h: the records that a write returns. All their texts are made before the first request, so
 * that nothing that is durable can go unreported for want of memory; later only digits of fixed
 * width are filled in. */
#ifndef WEIR_TABLE_RESULT_H
#define WEIR_TABLE_RESULT_H

#include <weir/table.h>

#include "table/commit.h"
#include "table/region.h"

/* The changeable side of one weir_write_result. */
struct weir__result {
    struct weir_write_result *public;
    char *attempt;
    char *data_key, *ref_key;
    char *data_attempt, *ref_attempt; /* where the attempt stands in the keys */
    char *ref_digits;
    const char *marker_key;
    struct weir_error error; /* behind public->message */
};

struct weir__results {
    struct weir__region region;
    struct weir_write_result *items;
    struct weir__result *records;
    size_t n;
};

WEIR_NODISCARD int weir__results_new(const struct weir_env *env, size_t n,
                                     struct weir__results **out, struct weir_error *err);
void weir__results_free(struct weir__results *results);
void weir__results_freep(struct weir__results **results); /* for AUTO(results) */

/* Write partition, token and all keys of record i. */
WEIR_NODISCARD int weir__result_name(struct weir__results *results, size_t i, const char *prefix,
                                     const struct weir__attempt *attempt, struct weir_error *err);
/* The time of the ref, once it is known. */
void weir__result_stamp(struct weir__result *record, int64_t ref_us);
/* What a commit marker says (spec/table-store.md 6.2): byte for byte what the write returned. */
void weir__result_from_marker(struct weir__result *record, const struct weir__marker *marker);
void weir__result_fail(struct weir__result *record, int code);

/* Hand them to the caller. */
void weir__results_give(struct weir__results **results, struct weir_write_results *out);

#endif
