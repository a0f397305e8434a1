/* thrift_write.c: Thrift compact protocol, written. */
#include "format/parquet/thrift_write.h"

struct weir__thrift_out weir__thrift_out_make(struct weir__buf *buf, struct weir_error *err)
{
    return (struct weir__thrift_out){.buf = buf, .err = err};
}

static void put_byte(struct weir__thrift_out *out, uint8_t byte)
{
    if (out->status == WEIR_OK)
        out->status = weir__buf_byte(out->buf, byte, out->err);
}

static void put_varint(struct weir__thrift_out *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(out, (uint8_t)(value | 0x80));
    put_byte(out, (uint8_t)value);
}

static void put_zigzag(struct weir__thrift_out *out, int64_t value)
{
    put_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void put_field(struct weir__thrift_out *out, int32_t id, enum weir__thrift_type type)
{
    int32_t *last = &out->last[out->depth];
    int32_t delta = id - *last;
    ASSERT(delta > 0);
    if (delta <= 15) {
        put_byte(out, (uint8_t)(delta << 4 | (int32_t)type));
    } else {
        put_byte(out, (uint8_t)type);
        put_zigzag(out, id);
    }
    *last = id;
}

void weir__thrift_put_bool(struct weir__thrift_out *out, int32_t id, bool value)
{
    put_field(out, id, value ? WEIR__THRIFT_TRUE : WEIR__THRIFT_FALSE);
}

void weir__thrift_put_i8(struct weir__thrift_out *out, int32_t id, int8_t value)
{
    put_field(out, id, WEIR__THRIFT_I8);
    put_byte(out, (uint8_t)value);
}

void weir__thrift_put_i16(struct weir__thrift_out *out, int32_t id, int64_t value)
{
    put_field(out, id, WEIR__THRIFT_I16);
    put_zigzag(out, value);
}

void weir__thrift_put_i32(struct weir__thrift_out *out, int32_t id, int64_t value)
{
    put_field(out, id, WEIR__THRIFT_I32);
    put_zigzag(out, value);
}

void weir__thrift_put_i64(struct weir__thrift_out *out, int32_t id, int64_t value)
{
    put_field(out, id, WEIR__THRIFT_I64);
    put_zigzag(out, value);
}

void weir__thrift_item_bytes(struct weir__thrift_out *out, struct weir__str bytes)
{
    put_varint(out, bytes.len);
    if (out->status == WEIR_OK)
        out->status = weir__buf_append(out->buf, bytes.data, bytes.len, out->err);
}

void weir__thrift_put_bytes(struct weir__thrift_out *out, int32_t id, struct weir__str bytes)
{
    put_field(out, id, WEIR__THRIFT_BINARY);
    weir__thrift_item_bytes(out, bytes);
}

void weir__thrift_put_list(struct weir__thrift_out *out, int32_t id, enum weir__thrift_type type,
                           size_t n)
{
    put_field(out, id, WEIR__THRIFT_LIST);
    if (n < 15) {
        put_byte(out, (uint8_t)(n << 4 | (size_t)type));
    } else {
        put_byte(out, (uint8_t)(0xf0 | (unsigned)type));
        put_varint(out, n);
    }
}

void weir__thrift_item_int(struct weir__thrift_out *out, int64_t value)
{
    put_zigzag(out, value);
}

void weir__thrift_item_bool(struct weir__thrift_out *out, bool value)
{
    put_byte(out, value ? 1 : 2);
}

void weir__thrift_enter_struct(struct weir__thrift_out *out, int32_t id)
{
    if (id > 0)
        put_field(out, id, WEIR__THRIFT_STRUCT);
    ASSERT(out->depth + 1 < WEIR__THRIFT_MAX_DEPTH);
    out->last[++out->depth] = 0;
}

void weir__thrift_leave_struct(struct weir__thrift_out *out)
{
    ASSERT(out->depth > 0);
    put_byte(out, 0);
    out->depth--;
}

int weir__thrift_out_end(struct weir__thrift_out *out)
{
    ASSERT(out->depth == 0);
    put_byte(out, 0);
    return out->status;
}
