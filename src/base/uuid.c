/* uuid.c: UUIDv7 whose 60 bits of time never repeat or step back within one maker.
 *
 *      48 bits            4    12 bits                2   62 bits
 *     +------------------+----+----------------------+---+------------------+
 *     | Unix millisecond | 7  | 1/4096 of it         | 2 | random           |
 *     +------------------+----+----------------------+---+------------------+ */
#include "base/uuid.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/macros.h"
#include "base/thread.h"

#include <inttypes.h>

#define TIME_BITS 60

struct weir__uuid_maker {
    const struct weir_env *env;
    struct weir__mutex mutex;
    struct {
        uint64_t last; /* the 60 bits of the newest id */
    } locked;
};

int weir__uuid_maker_new(const struct weir_env *env, struct weir__uuid_maker **out,
                         struct weir_error *err)
{
    struct weir__uuid_maker *maker = weir__alloc_zero(env, 1, sizeof *maker, err);
    if (!maker)
        return WEIR_NO_MEMORY;
    maker->env = env;
    weir__mutex_init(&maker->mutex);
    *out = maker;
    return WEIR_OK;
}

void weir__uuid_maker_free(struct weir__uuid_maker *maker)
{
    if (!maker)
        return;
    weir__mutex_dispose(&maker->mutex);
    weir__free(maker->env, maker);
}

/* A clock that stands or steps back must not repeat an id: then count on from the newest one. */
static int time_claim(struct weir__uuid_maker *maker, uint64_t now, uint64_t *out,
                      struct weir_error *err)
{
    weir__mutex_lock(&maker->mutex);
    uint64_t claimed = now > maker->locked.last ? now : maker->locked.last + 1;
    bool fits = claimed >> TIME_BITS == 0;
    if (fits)
        maker->locked.last = claimed;
    weir__mutex_unlock(&maker->mutex);
    if (!fits)
        return weir__fail(err, WEIR_INVALID, "uuid: the clock is past the year 10889");
    *out = claimed;
    return WEIR_OK;
}

static void big_endian_put(uint64_t value, uint8_t *out)
{
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)value;
        value >>= 8;
    }
}

int weir__uuid_next(struct weir__uuid_maker *maker, char out[WEIR__UUID_TEXT_BYTES],
                    struct weir_error *err)
{
    const struct weir_env *env = maker->env;
    uint64_t random;
    int failed = env->random(env->random_ctx, &random, sizeof random);
    if (failed < 0) {
        (void)weir__fail_errno(err, -failed, "uuid: no randomness");
        if (err)
            err->code = WEIR_IO; /* whatever the errno: nothing a caller could act on */
        return WEIR_IO;
    }
    int64_t wall_us = env->wall_us(env->clock_ctx);
    if (wall_us < 0 || wall_us / 1000 >= INT64_C(1) << 48) {
        return weir__fail(err, WEIR_INVALID, "uuid: clock at %" PRId64 " us is out of range",
                          wall_us);
    }
    uint64_t fraction = (uint64_t)(wall_us % 1000) * 4096 / 1000;
    uint64_t time = 0;
    TRY(time_claim(maker, (uint64_t)(wall_us / 1000) << 12 | fraction, &time, err));

    uint8_t bytes[16];
    big_endian_put(time >> 12 << 16 | UINT64_C(7) << 12 | (time & 0xfff), bytes);
    big_endian_put(UINT64_C(2) << 62 | random >> 2, bytes + 8);
    weir__hex(bytes, sizeof bytes, out);
    out[WEIR__UUID_TEXT_BYTES - 1] = '\0';
    return WEIR_OK;
}
