/* bytes.h: text views, the growable buffer, and the bounded cursor through which all foreign bytes
 * are read. */
#ifndef WEIR_BASE_BYTES_H
#define WEIR_BASE_BYTES_H

#include <weir/env.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A borrowed run of bytes, not NUL-terminated. Print with "%.*s", STR_ARG(s). */
struct weir__str {
    const char *data;
    size_t len;
};

#define STR_ARG(s) (int)(s).len, (s).data
#define STR_NULL ((struct weir__str){NULL, 0})

static inline struct weir__str weir__str_of(const char *text)
{
    return (struct weir__str){text, text ? strlen(text) : 0};
}

bool weir__str_eq(struct weir__str a, struct weir__str b);
bool weir__str_is(struct weir__str a, const char *text);
int weir__str_compare(struct weir__str a, struct weir__str b); /* bytewise, unsigned */
bool weir__str_starts(struct weir__str s, struct weir__str prefix);
bool weir__str_ends(struct weir__str s, struct weir__str suffix);
bool weir__utf8_valid(const void *data, size_t n_bytes);        /* vectorised */
bool weir__utf8_valid_scalar(const void *data, size_t n_bytes); /* its twin, for tests */
/* Length (1..4) of the character at the start; 0: none, or not UTF-8. */
size_t weir__utf8_char(const void *data, size_t n_bytes);

/* Growable bytes with a maximum. Init by weir__buf_make; owns `data`. */
struct weir__buf {
    const struct weir_env *env;
    uint8_t *data;
    size_t len, cap, max;
};

static inline struct weir__buf weir__buf_make(const struct weir_env *env, size_t max_bytes)
{
    return (struct weir__buf){env, NULL, 0, 0, max_bytes};
}

/* Room for `extra` more bytes. Errors: WEIR_INVALID past the maximum, WEIR_NO_MEMORY. */
WEIR_NODISCARD int weir__buf_reserve(struct weir__buf *buf, size_t extra, struct weir_error *err);
WEIR_NODISCARD int weir__buf_append(struct weir__buf *buf, const void *data, size_t n,
                                    struct weir_error *err);
WEIR_NODISCARD int weir__buf_append_text(struct weir__buf *buf, const char *text,
                                         struct weir_error *err);
WEIR_NODISCARD int weir__buf_byte(struct weir__buf *buf, uint8_t byte, struct weir_error *err);
WEIR_NODISCARD int weir__buf_printf(struct weir__buf *buf, struct weir_error *err,
                                    const char *format, ...) WEIR_PRINTF(3, 4);
/* NUL-terminate (not counted in len) and view as text; valid until the next change. */
WEIR_NODISCARD int weir__buf_text(struct weir__buf *buf, const char **out, struct weir_error *err);
/* Hand the block over (free with weir__free); the buffer is empty afterwards. */
uint8_t *weir__buf_take(struct weir__buf *buf);
void weir__buf_clear(struct weir__buf *buf);   /* keeps the memory */
void weir__buf_dispose(struct weir__buf *buf); /* gives it back; the buffer may be used again */
void weir__buf_freep(struct weir__buf *buf);   /* for AUTO(buf) */

/* A cursor over bytes that are not ours. Every read is bounds-checked: false = not enough bytes,
 * nothing consumed. */
struct weir__cursor {
    const uint8_t *at, *end;
};

static inline struct weir__cursor weir__cursor_make(const void *data, size_t n)
{
    const uint8_t *bytes = (const uint8_t *)data;
    return (struct weir__cursor){bytes, bytes ? bytes + n : bytes};
}

static inline size_t weir__cursor_left(const struct weir__cursor *c)
{
    return (size_t)(c->end - c->at);
}

static inline bool weir__cursor_take(struct weir__cursor *c, size_t n, const uint8_t **out)
{
    if (weir__cursor_left(c) < n)
        return false;
    *out = c->at;
    c->at += n;
    return true;
}

bool weir__cursor_u8(struct weir__cursor *c, uint8_t *out);
bool weir__cursor_u16le(struct weir__cursor *c, uint16_t *out);
bool weir__cursor_u32le(struct weir__cursor *c, uint32_t *out);
bool weir__cursor_u64le(struct weir__cursor *c, uint64_t *out);
bool weir__cursor_u32be(struct weir__cursor *c, uint32_t *out);
bool weir__cursor_uvarint(struct weir__cursor *c, uint64_t *out); /* at most 10 bytes */

/* Unaligned little-endian loads and stores of the machine word sizes. */
static inline uint32_t weir__load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t weir__load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline bool weir__bit_get(const uint8_t *bits, int64_t i)
{
    return (bits[i >> 3] >> (i & 7)) & 1;
}

static inline void weir__bit_set(uint8_t *bits, int64_t i)
{
    bits[i >> 3] = (uint8_t)(bits[i >> 3] | (1u << (i & 7)));
}

static inline void weir__bit_clear(uint8_t *bits, int64_t i)
{
    bits[i >> 3] = (uint8_t)(bits[i >> 3] & ~(1u << (i & 7)));
}

int64_t weir__bits_count(const uint8_t *bits, int64_t offset,
                         int64_t n); /* ones in [offset, offset+n) */

#endif
