/* storage.h: the door of the storage room: objects in stores.
 *
 * Read store.c first (one handle, its checks and counters), then local.c and memory.c, the two
 * backends. The one hard idea: a listing is in byte order of whole keys on every backend, although
 * a directory walk is not (walk.c). Sole user of raw file calls for objects. */
#ifndef WEIR_STORAGE_STORAGE_H
#define WEIR_STORAGE_STORAGE_H

#include <weir/storage.h>
#include <weir/storage_ops.h>

#include "base/base.h"

void weir__storage_freep(struct weir_storage **st);               /* for AUTO(storage) */
void weir__object_iter_freep(struct weir_object_iter **it);       /* for AUTO(object_iter) */
void weir__storage_bytes_freep(struct weir_storage_bytes *bytes); /* for AUTO(storage_bytes) */
void weir__head_freep(struct weir_head *head);                    /* for AUTO(head) */

const struct weir_env *weir__storage_env(const struct weir_storage *st);

/* An object as random access for the format readers. */
struct weir__storage_input {
    struct weir_input input; /* hand &x.input to a reader; valid until dispose */
    char etag[WEIR_ETAG_BYTES];
    void *owned;
};

/* Open an object for reading at random. Local: an open descriptor, so what is read stays one
 * version even when the object is replaced or deleted. Others: one HEAD, then a ranged GET per
 * read_at with if_etag. `in_memory`: one GET of the whole object (1 request); input.bytes is set;
 * `max_bytes` as in weir_get_options. Reads look at `cancel` (borrowed until dispose). Errors:
 * WEIR_NOT_FOUND, WEIR_PRECONDITION when the object changed between two reads. */
WEIR_NODISCARD int weir__storage_input(struct weir_storage *st, const char *key, bool in_memory,
                                       const struct weir_get_options *options,
                                       const struct weir_cancel *cancel,
                                       struct weir__storage_input *out, struct weir_error *err);
void weir__storage_input_dispose(struct weir__storage_input *input);
void weir__storage_input_freep(struct weir__storage_input *input); /* for AUTO(storage_input) */

#endif
