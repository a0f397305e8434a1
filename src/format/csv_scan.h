/* csv_scan.h: where the structural bytes of CSV are.
 *
 * The hard idea: find delimiters, quotes and line ends with vector compares first, many at a time,
 * and let the reader walk from one to the next without looking at the bytes between. */
#ifndef WEIR_FORMAT_CSV_SCAN_H
#define WEIR_FORMAT_CSV_SCAN_H

#include "base/base.h"

/* Positions in data[from, to) of delimiter, '"', CR and LF, in order, into `out`, which has room
 * for to - from + 64 entries. Up to 64 bytes behind data[to) are read. Returns how many. */
typedef size_t weir__csv_scan_fn(const uint8_t *data, size_t from, size_t to, uint8_t delimiter,
                                 uint32_t *out);

weir__csv_scan_fn weir__csv_scan_scalar;
/* The best one this machine can run. */
weir__csv_scan_fn *weir__csv_scan_choose(void);

#endif
