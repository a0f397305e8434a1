/* flatbuf.c: FlatBuffers read with bounds and built back to front. */
#include "format/flatbuf.h"

/* ---- reading ---- */

static bool flat_u32(struct weir__flat in, size_t at, uint32_t *out)
{
    if (in.n < 4 || at > in.n - 4)
        return false;
    *out = weir__load32(in.data + at);
    return true;
}

static bool flat_u16(struct weir__flat in, size_t at, uint16_t *out)
{
    if (in.n < 2 || at > in.n - 2)
        return false;
    memcpy(out, in.data + at, sizeof *out);
    return true;
}

static bool table_at(struct weir__flat in, size_t at, struct weir__flat_table *out)
{
    uint32_t back;
    uint16_t vtable_bytes, table_bytes;
    if (!flat_u32(in, at, &back))
        return false;
    int64_t vtable = (int64_t)at - (int32_t)back;
    if (vtable < 0 || !flat_u16(in, (size_t)vtable, &vtable_bytes) ||
        !flat_u16(in, (size_t)vtable + 2, &table_bytes))
        return false;
    if (vtable_bytes < 4 || (size_t)vtable + vtable_bytes > in.n || at + table_bytes > in.n)
        return false;
    *out = (struct weir__flat_table){in, at, (size_t)vtable, vtable_bytes, table_bytes};
    return true;
}

bool weir__flat_root(struct weir__flat in, struct weir__flat_table *out)
{
    uint32_t at;
    return flat_u32(in, 0, &at) && table_at(in, at, out);
}

/* Position of a field's value; 0 = absent. */
static bool field_at(const struct weir__flat_table *t, unsigned field, size_t width, size_t *out)
{
    uint16_t slot;
    *out = 0;
    if (t->at == 0 || 4 + 2 * (size_t)field + 2 > t->vtable_bytes)
        return true;
    if (!flat_u16(t->in, t->vtable + 4 + 2 * (size_t)field, &slot))
        return false;
    if (slot == 0)
        return true;
    if (slot + width > t->table_bytes)
        return false;
    *out = t->at + slot;
    return true;
}

int64_t weir__flat_load(const struct weir__flat_table *t, size_t at, size_t width)
{
    int64_t value = 0;
    ASSERT(at + width <= t->in.n && width <= 8);
    memcpy(&value, t->in.data + at, width);
    unsigned shift = 64 - 8 * (unsigned)width;
    return (int64_t)((uint64_t)value << shift) >> shift; /* sign-extend */
}

bool weir__flat_int(const struct weir__flat_table *t, unsigned field, size_t width,
                    int64_t fallback, int64_t *out)
{
    size_t at;
    if (!field_at(t, field, width, &at))
        return false;
    *out = at ? weir__flat_load(t, at, width) : fallback;
    return true;
}

/* Follow the offset stored in a field. */
static bool follow(const struct weir__flat_table *t, unsigned field, size_t *out)
{
    size_t at;
    uint32_t forward;
    *out = 0;
    if (!field_at(t, field, 4, &at))
        return false;
    if (at == 0)
        return true;
    if (!flat_u32(t->in, at, &forward) || forward == 0 || forward > t->in.n - at)
        return false;
    *out = at + forward;
    return true;
}

bool weir__flat_child(const struct weir__flat_table *t, unsigned field,
                      struct weir__flat_table *out)
{
    size_t at;
    *out = (struct weir__flat_table){.in = t->in};
    return follow(t, field, &at) && (at == 0 || table_at(t->in, at, out));
}

bool weir__flat_vector(const struct weir__flat_table *t, unsigned field, size_t width,
                       size_t *out_at, size_t *out_n)
{
    size_t at;
    uint32_t n;
    *out_at = *out_n = 0;
    if (!follow(t, field, &at))
        return false;
    if (at == 0)
        return true;
    if (!flat_u32(t->in, at, &n) || n > (t->in.n - at - 4) / width)
        return false;
    *out_at = at + 4;
    *out_n = n;
    return true;
}

bool weir__flat_text(const struct weir__flat_table *t, unsigned field, struct weir__str *out)
{
    size_t at, n;
    if (!weir__flat_vector(t, field, 1, &at, &n))
        return false;
    *out = at ? (struct weir__str){(const char *)t->in.data + at, n} : STR_NULL;
    return true;
}

bool weir__flat_item(const struct weir__flat_table *t, size_t vector_at, size_t i,
                     struct weir__flat_table *out)
{
    size_t at = vector_at + 4 * i;
    uint32_t forward;
    if (!flat_u32(t->in, at, &forward) || forward == 0 || forward > t->in.n - at)
        return false;
    return table_at(t->in, at + forward, out);
}

/* ---- building ---- */

struct weir__flat_out weir__flat_out_make(const struct weir_env *env, struct weir_error *err)
{
    return (struct weir__flat_out){.env = env, .err = err, .min_align = 8};
}

void weir__flat_out_dispose(struct weir__flat_out *out)
{
    weir__free(out->env, out->data);
    out->data = NULL;
}

static void make_room(struct weir__flat_out *out, size_t n)
{
    if (out->status != WEIR_OK || out->cap - out->used >= n)
        return;
    size_t cap = out->cap ? out->cap : 512;
    while (cap - out->used < n)
        cap *= 2;
    uint8_t *data = weir__alloc(out->env, cap, out->err);
    if (!data) {
        out->status = WEIR_NO_MEMORY;
        return;
    }
    if (out->used)
        memcpy(data + cap - out->used, out->data + out->cap - out->used, out->used);
    weir__free(out->env, out->data);
    out->data = data;
    out->cap = cap;
}

static void put(struct weir__flat_out *out, const void *data, size_t n)
{
    make_room(out, n);
    if (out->status != WEIR_OK)
        return;
    out->used += n;
    if (n)
        memcpy(out->data + out->cap - out->used, data, n);
}

/* Zero bytes so that, after n more, the message is aligned. */
static void pad(struct weir__flat_out *out, size_t align, size_t n)
{
    static const uint8_t zeros[16];
    size_t off = (out->used + n) % align;
    if (off)
        put(out, zeros, align - off);
}

static void put_u32(struct weir__flat_out *out, uint32_t value)
{
    put(out, &value, sizeof value);
}

size_t weir__flat_put_text(struct weir__flat_out *out, struct weir__str text)
{
    pad(out, 4, text.len + 1);
    put(out, "", 1);
    put(out, text.data, text.len);
    put_u32(out, (uint32_t)text.len);
    return out->used;
}

size_t weir__flat_put_offsets(struct weir__flat_out *out, const size_t *offsets, size_t n)
{
    pad(out, 4, 4 * n);
    for (size_t i = n; i > 0; i--)
        put_u32(out, (uint32_t)(out->used + 4 - offsets[i - 1]));
    put_u32(out, (uint32_t)n);
    return out->used;
}

size_t weir__flat_put_structs(struct weir__flat_out *out, const void *data, size_t n, size_t width)
{
    pad(out, 4, n * width);
    pad(out, 8, n * width);
    put(out, data, n * width);
    put_u32(out, (uint32_t)n);
    return out->used;
}

void weir__flat_begin(struct weir__flat_out *out)
{
    out->object_start = out->used;
    memset(out->slots, 0, sizeof out->slots);
}

void weir__flat_set_int(struct weir__flat_out *out, unsigned field, size_t width, int64_t value)
{
    pad(out, width, width);
    put(out, &value, width); /* little-endian: the low bytes come first */
    out->slots[field] = out->used;
}

void weir__flat_set_offset(struct weir__flat_out *out, unsigned field, size_t offset)
{
    if (offset == 0)
        return;
    pad(out, 4, 4);
    put_u32(out, (uint32_t)(out->used + 4 - offset));
    out->slots[field] = out->used;
}

size_t weir__flat_end(struct weir__flat_out *out)
{
    pad(out, 4, 4);
    put_u32(out, 0); /* distance to the vtable, known below */
    size_t table = out->used;
    unsigned n = WEIR__FLAT_MAX_FIELDS;
    while (n > 0 && out->slots[n - 1] == 0)
        n--;
    for (unsigned i = n; i > 0; i--) {
        uint16_t at = (uint16_t)(out->slots[i - 1] ? table - out->slots[i - 1] : 0);
        put(out, &at, sizeof at);
    }
    uint16_t sizes[2] = {(uint16_t)(4 + 2 * n), (uint16_t)(table - out->object_start)};
    put(out, &sizes[1], sizeof sizes[1]);
    put(out, &sizes[0], sizeof sizes[0]);
    if (out->status == WEIR_OK) {
        int32_t distance = (int32_t)(out->used - table);
        memcpy(out->data + out->cap - table, &distance, sizeof distance);
    }
    return table;
}

int weir__flat_finish(struct weir__flat_out *out, size_t root, struct weir__str *bytes)
{
    pad(out, 8, 4);
    put_u32(out, (uint32_t)(out->used + 4 - root));
    if (out->status == WEIR_OK)
        *bytes = (struct weir__str){(const char *)out->data + out->cap - out->used, out->used};
    return out->status;
}
