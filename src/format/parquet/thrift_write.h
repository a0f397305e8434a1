/* thrift_write.h: Thrift compact protocol, written (spec/parquet.md 4). Field ids must rise within
 * a struct. */
#ifndef WEIR_FORMAT_PARQUET_THRIFT_WRITE_H
#define WEIR_FORMAT_PARQUET_THRIFT_WRITE_H

#include "format/parquet/meta.h"

#define WEIR__THRIFT_MAX_DEPTH 16

enum weir__thrift_type {
    WEIR__THRIFT_TRUE = 1,
    WEIR__THRIFT_FALSE = 2,
    WEIR__THRIFT_I8 = 3,
    WEIR__THRIFT_I16 = 4,
    WEIR__THRIFT_I32 = 5,
    WEIR__THRIFT_I64 = 6,
    WEIR__THRIFT_BINARY = 8,
    WEIR__THRIFT_LIST = 9,
    WEIR__THRIFT_STRUCT = 12
};

/* Writes into a buffer; the first failure sticks and is returned by weir__thrift_out_end. */
struct weir__thrift_out {
    struct weir__buf *buf;
    struct weir_error *err;
    int status;
    int32_t last[WEIR__THRIFT_MAX_DEPTH];
    int depth;
};

struct weir__thrift_out weir__thrift_out_make(struct weir__buf *buf, struct weir_error *err);
void weir__thrift_put_bool(struct weir__thrift_out *out, int32_t id, bool value);
void weir__thrift_put_i8(struct weir__thrift_out *out, int32_t id, int8_t value);
void weir__thrift_put_i16(struct weir__thrift_out *out, int32_t id, int64_t value);
void weir__thrift_put_i32(struct weir__thrift_out *out, int32_t id, int64_t value);
void weir__thrift_put_i64(struct weir__thrift_out *out, int32_t id, int64_t value);
void weir__thrift_put_bytes(struct weir__thrift_out *out, int32_t id, struct weir__str bytes);
void weir__thrift_put_list(struct weir__thrift_out *out, int32_t id, enum weir__thrift_type type,
                           size_t n);
/* Elements of a list. */
void weir__thrift_item_int(struct weir__thrift_out *out, int64_t value);
void weir__thrift_item_bool(struct weir__thrift_out *out, bool value);
void weir__thrift_item_bytes(struct weir__thrift_out *out, struct weir__str bytes);
/* A struct as a field, or (id 0) as a list element; close with weir__thrift_leave_struct. */
void weir__thrift_enter_struct(struct weir__thrift_out *out, int32_t id);
void weir__thrift_leave_struct(struct weir__thrift_out *out);
/* Close the outermost struct. */
WEIR_NODISCARD int weir__thrift_out_end(struct weir__thrift_out *out);

#endif
