/* uuid.h: UUIDv7, strictly increasing within one generator (spec/table-store.md 2.1). */
#ifndef WEIR_BASE_UUID_H
#define WEIR_BASE_UUID_H

#include <weir/env.h>

#define WEIR__UUID_TEXT_BYTES 33 /* 32 lower-case hex digits and NUL */

/* Owns the "last id" state; any thread. */
struct weir__uuid_maker;

WEIR_NODISCARD int weir__uuid_maker_new(const struct weir_env *env, struct weir__uuid_maker **out,
                                        struct weir_error *err);
void weir__uuid_maker_free(struct weir__uuid_maker *maker);
/* Errors: WEIR_IO when randomness fails; never a weak source instead. */
WEIR_NODISCARD int weir__uuid_next(struct weir__uuid_maker *maker, char out[WEIR__UUID_TEXT_BYTES],
                                   struct weir_error *err);

#endif
