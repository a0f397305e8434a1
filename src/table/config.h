/* config.h: what lies under _config/: two durations and the table description
 * (spec/table-store.md 3.1, 3.3). Texts in and out; no requests. */
#ifndef WEIR_TABLE_CONFIG_H
#define WEIR_TABLE_CONFIG_H

#include <weir/table.h>

#include "table/region.h"

#define WEIR__CONFIG_COMMIT_TIMEOUT "commit-timeout"
#define WEIR__CONFIG_MAX_CLOCK_SKEW "max-clock-skew"
#define WEIR__CONFIG_DESCRIPTION "table.json"
#define WEIR__CONFIG_TIMING_MAX_BYTES 4096

/* One timing object. Errors: WEIR_INVALID naming key, body, value and floor. */
WEIR_NODISCARD int weir__timing_parse(struct weir__str body, const char *key, int64_t floor_us,
                                      int64_t *out_us, struct weir_error *err);

/* Shortest common form with a final NUL. */
#define WEIR__TIMING_TEXT_BYTES 48
void weir__timing_format(int64_t us, char out[WEIR__TIMING_TEXT_BYTES]);

/* table.json. Everything in `out` lives in the region. Unknown members are ignored.
 * Errors: WEIR_INVALID naming key and cause. */
WEIR_NODISCARD int weir__description_parse(struct weir__region *region, struct weir__str body,
                                           const char *key, struct weir_table_description *out,
                                           struct weir_error *err);
WEIR_NODISCARD int weir__description_write(const struct weir_table_description *description,
                                           struct weir__buf *out, struct weir_error *err);
/* The rules that hold for a description, wherever it comes from. Errors: WEIR_INVALID. */
WEIR_NODISCARD int weir__description_check(const struct weir_table_description *description,
                                           struct weir_error *err);
bool weir__description_is_empty(const struct weir_table_description *description);
/* A copy in the region. */
WEIR_NODISCARD int weir__description_copy(struct weir__region *region,
                                          const struct weir_table_description *from,
                                          struct weir_table_description *out,
                                          struct weir_error *err);
/* Views copied into the region, after checking them. */
WEIR_NODISCARD int weir__views_copy(struct weir__region *region, const struct weir_view *from,
                                    size_t n, const struct weir_view **out, struct weir_error *err);

#endif
