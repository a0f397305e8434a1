/* collapse.h: the rows of one partition that survive dedup (spec/table-store.md 9). */
#ifndef WEIR_TABLE_COLLAPSE_H
#define WEIR_TABLE_COLLAPSE_H

#include "columnar/columnar.h"
#include "table/reader.h"

/* `batch` (of `schema`) is all rows of a partition in decode order. *out_rows has the survivors in
 * output order; free it with weir__free. */
WEIR_NODISCARD int weir__collapse(const struct weir_reader *reader,
                                  const struct ArrowSchema *schema, const struct ArrowArray *batch,
                                  bool history, int64_t **out_rows, int64_t *out_n,
                                  struct weir_error *err);

#endif
