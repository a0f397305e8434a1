/* bytes.c: text views, growable buffers and the bounded cursor. */
#include "base/bytes.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/macros.h"

#include <stdarg.h>
#include <stdio.h>

bool weir__str_eq(struct weir__str a, struct weir__str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool weir__str_is(struct weir__str a, const char *text)
{
    return weir__str_eq(a, weir__str_of(text));
}

int weir__str_compare(struct weir__str a, struct weir__str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool weir__str_starts(struct weir__str s, struct weir__str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

bool weir__str_ends(struct weir__str s, struct weir__str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.data + s.len - suffix.len, suffix.data, suffix.len) == 0);
}

int weir__buf_reserve(struct weir__buf *buf, size_t extra, struct weir_error *err)
{
    size_t need;
    if (__builtin_add_overflow(buf->len, extra, &need) || need > buf->max)
        return weir__fail(err, WEIR_INVALID, "buffer limit of %zu bytes exceeded", buf->max);
    if (need <= buf->cap && buf->data)
        return WEIR_OK;
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > buf->max)
        cap = buf->max ? buf->max : 1;
    uint8_t *data = weir__resize(buf->env, buf->data, cap, err);
    if (!data)
        return WEIR_NO_MEMORY;
    buf->data = data;
    buf->cap = cap;
    return WEIR_OK;
}

int weir__buf_append(struct weir__buf *buf, const void *data, size_t n, struct weir_error *err)
{
    TRY(weir__buf_reserve(buf, n, err));
    if (n)
        memcpy(buf->data + buf->len, data, n);
    buf->len += n;
    return WEIR_OK;
}

int weir__buf_append_text(struct weir__buf *buf, const char *text, struct weir_error *err)
{
    return weir__buf_append(buf, text, strlen(text), err);
}

int weir__buf_byte(struct weir__buf *buf, uint8_t byte, struct weir_error *err)
{
    TRY(weir__buf_reserve(buf, 1, err));
    buf->data[buf->len++] = byte;
    return WEIR_OK;
}

int weir__buf_printf(struct weir__buf *buf, struct weir_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(n >= 0);
    int status = weir__buf_reserve(buf, (size_t)n + 1, err);
    if (status == WEIR_OK) {
        (void)vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, format, again);
        buf->len += (size_t)n;
    }
    va_end(again);
    return status;
}

int weir__buf_text(struct weir__buf *buf, const char **out, struct weir_error *err)
{
    TRY(weir__buf_reserve(buf, 1, err));
    buf->data[buf->len] = '\0';
    *out = (const char *)buf->data;
    return WEIR_OK;
}

uint8_t *weir__buf_take(struct weir__buf *buf)
{
    uint8_t *data = buf->data;
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
    return data;
}

void weir__buf_clear(struct weir__buf *buf)
{
    buf->len = 0;
}

void weir__buf_dispose(struct weir__buf *buf)
{
    if (buf->data)
        weir__free(buf->env, buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
}

void weir__buf_freep(struct weir__buf *buf)
{
    weir__buf_dispose(buf);
}

bool weir__cursor_u8(struct weir__cursor *c, uint8_t *out)
{
    const uint8_t *p;
    if (!weir__cursor_take(c, 1, &p))
        return false;
    *out = *p;
    return true;
}

bool weir__cursor_u16le(struct weir__cursor *c, uint16_t *out)
{
    const uint8_t *p;
    if (!weir__cursor_take(c, sizeof *out, &p))
        return false;
    memcpy(out, p, sizeof *out);
    return true;
}

bool weir__cursor_u32le(struct weir__cursor *c, uint32_t *out)
{
    const uint8_t *p;
    if (!weir__cursor_take(c, sizeof *out, &p))
        return false;
    memcpy(out, p, sizeof *out);
    return true;
}

bool weir__cursor_u64le(struct weir__cursor *c, uint64_t *out)
{
    const uint8_t *p;
    if (!weir__cursor_take(c, sizeof *out, &p))
        return false;
    memcpy(out, p, sizeof *out);
    return true;
}

bool weir__cursor_u32be(struct weir__cursor *c, uint32_t *out)
{
    uint32_t v;
    if (!weir__cursor_u32le(c, &v))
        return false;
    *out = __builtin_bswap32(v);
    return true;
}

bool weir__cursor_uvarint(struct weir__cursor *c, uint64_t *out)
{
    uint64_t value = 0;
    const uint8_t *at = c->at;
    for (unsigned shift = 0; shift < 70 && at < c->end; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1)
            return false; /* past 64 bits */
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            c->at = at;
            *out = value;
            return true;
        }
    }
    return false;
}

int64_t weir__bits_count(const uint8_t *bits, int64_t offset, int64_t n)
{
    int64_t count = 0;
    int64_t i = offset;
    int64_t end = offset + n;
    for (; i < end && (i & 7); i++)
        count += weir__bit_get(bits, i);
    for (; i + 64 <= end; i += 64)
        count += __builtin_popcountll(weir__load64(bits + (i >> 3)));
    for (; i < end; i++)
        count += weir__bit_get(bits, i);
    return count;
}
