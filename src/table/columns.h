/* columns.h: which columns a read delivers, and which it needs besides. */
#ifndef WEIR_TABLE_COLUMNS_H
#define WEIR_TABLE_COLUMNS_H

#include "table/adapt.h"
#include "table/reader.h"

struct weir__columns {
    struct weir__region region;
    struct ArrowSchema all;       /* delivered columns, then internal ones; owned */
    struct ArrowSchema delivered; /* the first of them; borrows from `all` */
    struct weir__column *items;   /* of `all` */
    size_t n;
};

/* From the requested names (all of `base` when there are none), the parts of the path and the dedup
 * rules. `is_empty`: nothing is known about the columns because there is no file.
 * Errors: WEIR_NOT_FOUND for a column that exists nowhere, WEIR_INVALID for one named twice. */
WEIR_NODISCARD int weir__columns_choose(const struct weir_reader *reader,
                                        const struct weir_read_options *options,
                                        const struct ArrowSchema *base, bool is_empty,
                                        struct weir__columns *out, struct weir_error *err);
void weir__columns_dispose(struct weir__columns *columns);

#endif
