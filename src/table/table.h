/* table.h: the door of the table room (floor 4): append-only tables of Parquet files on a store.
 *
 * Start with key.h (what lies on storage), then commit.h (the protocol as a state machine),
 * writer.c and reader.c (the drivers). Decisions are pure functions in files of their own (key,
 * ref, pattern, plan, gate, commit, retry, marker, config); only request.c talks to the store. */
#ifndef WEIR_TABLE_TABLE_H
#define WEIR_TABLE_TABLE_H

#include <weir/table.h>

#endif
