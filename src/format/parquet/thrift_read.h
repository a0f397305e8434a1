/* thrift_read.h: the Thrift compact protocol, read by tables (spec/parquet.md 4).
 *
 * The hard idea: a struct of the format is described by one row a field (id, kind, place in the C
 * struct); one bounded loop reads them all, so that every length, count and depth is checked in one
 * place. Unknown fields are skipped, repeated ones and wrong wire types are corrupt. */
#ifndef WEIR_FORMAT_PARQUET_THRIFT_READ_H
#define WEIR_FORMAT_PARQUET_THRIFT_READ_H

#include "format/parquet/arena.h"

enum weir__thrift_kind {
    WEIR__THRIFT_BOOL,
    WEIR__THRIFT_TRISTATE, /* bool into int8_t: 0, 1; the default -1 comes from the table */
    WEIR__THRIFT_I8,
    WEIR__THRIFT_I16, /* into int32_t, as I8 and I32 */
    WEIR__THRIFT_I32,
    WEIR__THRIFT_I64,
    WEIR__THRIFT_STRING,      /* struct weir__str: a view of the input */
    WEIR__THRIFT_STRUCT,      /* in place */
    WEIR__THRIFT_LIST_BOOL,   /* bool * */
    WEIR__THRIFT_LIST_I32,    /* int32_t * */
    WEIR__THRIFT_LIST_I64,    /* int64_t * */
    WEIR__THRIFT_LIST_STRING, /* struct weir__str * */
    WEIR__THRIFT_LIST_STRUCT, /* table->size each */
    WEIR__THRIFT_LIST_UNION,  /* int32_t *: which member each union holds; the rest is skipped */
    WEIR__THRIFT_UNION,       /* int32_t: which member; the rest is skipped */
    WEIR__THRIFT_CALL         /* member->call reads it */
};

struct weir__thrift_table;
struct weir__thrift;

struct weir__thrift_member {
    uint8_t id; /* 1..63 */
    uint8_t kind;
    bool is_required;
    uint16_t offset; /* of the value, or of the pointer to a list */
    uint16_t extra;  /* lists: offset of the size_t count; others: of a bool "is there"; 0 = none */
    const struct weir__thrift_table *table;
    int (*call)(struct weir__thrift *t, uint8_t wire_type, void *out, struct weir_error *err);
};

struct weir__thrift_table {
    const char *name;
    const struct weir__thrift_member *members;
    uint8_t n_members;
    uint16_t size;      /* of the C struct */
    uint16_t min_bytes; /* what an element needs at least on the wire: bounds list counts */
    void (*defaults)(void *out); /* values of absent fields that are not zero; may be NULL */
};

struct weir__thrift {
    struct weir__cursor in;
    struct weir__arena *arena;
    int depth;
};

#define WEIR__THRIFT_MAX_DEPTH 64

struct weir__thrift weir__thrift_make(const void *data, size_t n, struct weir__arena *arena);
/* Read one struct into `out` (zeroed by the caller). Errors: WEIR_CORRUPT, WEIR_NO_MEMORY. */
WEIR_NODISCARD int weir__thrift_struct(struct weir__thrift *t,
                                       const struct weir__thrift_table *table, void *out,
                                       struct weir_error *err);
/* Next field of a struct: `*id` is the last id and becomes the next, `*wire_type` 0 = end. */
WEIR_NODISCARD int weir__thrift_field(struct weir__thrift *t, int32_t *id, uint8_t *wire_type,
                                      struct weir_error *err);
WEIR_NODISCARD int weir__thrift_skip(struct weir__thrift *t, uint8_t wire_type,
                                     struct weir_error *err);
/* Header of a list whose elements take at least `min_bytes` each. */
WEIR_NODISCARD int weir__thrift_list(struct weir__thrift *t, uint8_t wire_type, size_t min_bytes,
                                     uint8_t *out_element, size_t *out_count,
                                     struct weir_error *err);
WEIR_NODISCARD int weir__thrift_enter(struct weir__thrift *t, uint8_t wire_type,
                                      struct weir_error *err);
void weir__thrift_leave(struct weir__thrift *t);

enum weir__thrift_wire {
    WEIR__WIRE_STOP = 0,
    WEIR__WIRE_TRUE = 1,
    WEIR__WIRE_FALSE = 2,
    WEIR__WIRE_I8 = 3,
    WEIR__WIRE_I16 = 4,
    WEIR__WIRE_I32 = 5,
    WEIR__WIRE_I64 = 6,
    WEIR__WIRE_DOUBLE = 7,
    WEIR__WIRE_BINARY = 8,
    WEIR__WIRE_LIST = 9,
    WEIR__WIRE_SET = 10,
    WEIR__WIRE_MAP = 11,
    WEIR__WIRE_STRUCT = 12,
    WEIR__WIRE_UUID = 13
};

#endif
