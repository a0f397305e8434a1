/* marker.h: the four fields of a commit marker, as metadata or as body (spec/table-store.md 2.4).
 */
#ifndef WEIR_TABLE_MARKER_H
#define WEIR_TABLE_MARKER_H

#include "table/key.h"

#define WEIR__MARKER_FIELDS 4
#define WEIR__MARKER_MAX_BYTES 4096 /* of a body; ours has about 130 */

struct weir__marker {
    char attempt[WEIR__ATTEMPT_BYTES + 1];
    int64_t ref_us;
    int64_t inserted_at_us;
    int64_t row_count;
};

/* The fields as text; `meta` points into itself, so it must not be copied. */
struct weir__marker_text {
    char values[WEIR__MARKER_FIELDS][WEIR__ATTEMPT_BYTES + 1];
    struct weir_kv meta[WEIR__MARKER_FIELDS];
};

void weir__marker_write(const struct weir__marker *marker, struct weir__marker_text *out);
/* The same as a body: four lines "name=value\n". */
WEIR_NODISCARD int weir__marker_body(const struct weir__marker_text *text, struct weir__buf *out,
                                     struct weir_error *err);

/* True when any of our fields is among the metadata; else the body has to be read. */
bool weir__marker_in_meta(const struct weir_kv *meta, size_t n_meta);

/* Errors: WEIR_CORRUPT naming key and field. A broken marker is never "not committed": that would
 * let a retry write the rows a second time. */
WEIR_NODISCARD int weir__marker_from_meta(const struct weir_kv *meta, size_t n_meta,
                                          const char *key, struct weir__marker *out,
                                          struct weir_error *err);
WEIR_NODISCARD int weir__marker_from_body(struct weir__str body, const char *key,
                                          struct weir__marker *out, struct weir_error *err);

#endif
