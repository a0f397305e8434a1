/* scan.h: the rows of a snapshot, partition by partition, file by file (spec/table-store.md 9, 10).
 *
 * Without dedup rules at most one row group of one file is decoded at a time. With rules a
 * partition is gathered, collapsed and handed out in slices. Belongs to one thread at a time. */
#ifndef WEIR_TABLE_SCAN_H
#define WEIR_TABLE_SCAN_H

#include "table/adapt.h"
#include "table/reader.h"
#include "table/snapshot.h"

struct weir__scan;

/* List, gate and decide on the columns. Of `options` nothing is kept but copies. */
WEIR_NODISCARD int weir__scan_new(struct weir_reader *reader,
                                  const struct weir__selection *selection,
                                  const struct weir_read_options *options,
                                  const struct weir_cancel *cancel, struct weir__scan **out,
                                  struct weir_error *err);
void weir__scan_unref(struct weir__scan *scan);
struct weir__scan *weir__scan_ref(struct weir__scan *scan);
void weir__scan_freep(struct weir__scan **scan); /* for AUTO(scan) */

/* A copy of the schema of the delivered batches. */
WEIR_NODISCARD int weir__scan_copy_schema(const struct weir__scan *scan, struct ArrowSchema *out,
                                          struct weir_error *err);
/* The failure that ended the scan, or WEIR_OK. */
WEIR_NODISCARD int weir__scan_failure(const struct weir__scan *scan, struct weir_error *err);

/* Go to the next partition, leaving the rest of this one; NULL at the end. */
const char *weir__scan_advance(struct weir__scan *scan);
/* How often weir__scan_advance was called: names the current partition. */
size_t weir__scan_position(const struct weir__scan *scan);
bool weir__scan_is_done(const struct weir__scan *scan); /* past the last partition */

/* The next batch with rows of the current partition; released at its end. After a failure the same
 * failure is returned again. */
WEIR_NODISCARD int weir__scan_next(struct weir__scan *scan, struct ArrowArray *out,
                                   struct weir_error *err);

#endif
