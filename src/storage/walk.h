/* walk.h: a directory tree in byte order of whole keys. */
#ifndef WEIR_STORAGE_WALK_H
#define WEIR_STORAGE_WALK_H

#include "storage/local.h"

enum weir__walk_kind {
    WEIR__WALK_OBJECTS,     /* files, recursively */
    WEIR__WALK_DIRECTORIES, /* the directories right below the prefix, in order of their names */
    WEIR__WALK_TEMPORARY    /* what crashed writers left, recursively */
};

struct weir__walk_item {
    const char *key; /* valid until the next step; for DIRECTORIES the name */
    struct weir_file_stat stat;
    bool is_partial, is_prefix;
};

/* Owns its descriptors and buffers. One thread. */
struct weir__walk;

/* `prefix`, `list` (start_after, delimiter, include_partial) are copied. A prefix that leads
 * nowhere gives an empty walk. */
WEIR_NODISCARD int weir__walk_new(struct weir__local_store *store, enum weir__walk_kind kind,
                                  const char *prefix, const struct weir_list_options *list,
                                  struct weir__walk **out, struct weir_error *err);
void weir__walk_free(struct weir__walk *walk);
void weir__walk_freep(struct weir__walk **walk);
/* `*out_found` false: the end. */
WEIR_NODISCARD int weir__walk_next(struct weir__walk *walk, const struct weir_cancel *cancel,
                                   struct weir__walk_item *out, bool *out_found,
                                   struct weir_error *err);
/* Show the same item again at the next step. */
void weir__walk_push_back(struct weir__walk *walk);
/* Unlink the item shown last; missing is fine. */
WEIR_NODISCARD int weir__walk_unlink(struct weir__walk *walk, struct weir_error *err);

#endif
