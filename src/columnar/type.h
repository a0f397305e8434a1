/* type.h: Arrow format strings as a struct, and schemas made and copied.
 *
 * Not here: arrays. A weir__type borrows from the schema it was parsed from. */
#ifndef WEIR_COLUMNAR_TYPE_H
#define WEIR_COLUMNAR_TYPE_H

#include <weir/columnar.h>

#include "base/base.h"

enum weir__kind {
    WEIR__KIND_NULL,
    WEIR__KIND_BOOL,
    WEIR__KIND_INT8,
    WEIR__KIND_INT16,
    WEIR__KIND_INT32,
    WEIR__KIND_INT64,
    WEIR__KIND_UINT8,
    WEIR__KIND_UINT16,
    WEIR__KIND_UINT32,
    WEIR__KIND_UINT64,
    WEIR__KIND_FLOAT16,
    WEIR__KIND_FLOAT32,
    WEIR__KIND_FLOAT64,
    WEIR__KIND_DECIMAL128, /* 16 bytes little-endian two's complement */
    WEIR__KIND_DECIMAL256, /* 32 bytes */
    WEIR__KIND_DATE32,     /* days */
    WEIR__KIND_DATE64,     /* milliseconds */
    WEIR__KIND_TIME32,     /* unit s or ms */
    WEIR__KIND_TIME64,     /* unit us or ns */
    WEIR__KIND_TIMESTAMP,
    WEIR__KIND_DURATION,
    WEIR__KIND_INTERVAL_MONTHS,         /* int32 */
    WEIR__KIND_INTERVAL_DAY_TIME,       /* int32 days, int32 ms */
    WEIR__KIND_INTERVAL_MONTH_DAY_NANO, /* int32, int32, int64 */
    WEIR__KIND_BINARY,                  /* int32 offsets */
    WEIR__KIND_LARGE_BINARY,            /* int64 offsets */
    WEIR__KIND_STRING,
    WEIR__KIND_LARGE_STRING,
    WEIR__KIND_BINARY_VIEW,
    WEIR__KIND_STRING_VIEW,
    WEIR__KIND_FIXED_BINARY,
    WEIR__KIND_LIST,
    WEIR__KIND_LARGE_LIST,
    WEIR__KIND_FIXED_LIST,
    WEIR__KIND_STRUCT,
    WEIR__KIND_MAP
};

enum weir__unit { WEIR__UNIT_SECOND, WEIR__UNIT_MILLI, WEIR__UNIT_MICRO, WEIR__UNIT_NANO };

struct weir__type {
    enum weir__kind
        kind; /* of the values themselves; for a dictionary column: of the dictionary's values */
    enum weir__kind index_kind; /* only when is_dictionary: INT8..UINT64 */
    bool is_dictionary;
    int32_t width_bytes; /* of one fixed-width value; 0 for bool, null, variable and nested kinds */
    enum weir__unit unit;
    int32_t precision, scale; /* decimals */
    int32_t list_size;        /* fixed-size list */
    const char *zone;         /* timestamp: NULL = local time; borrowed from the schema */
};

#define WEIR__MAX_NESTING 64
#define WEIR__MAX_COLUMNS 100000

/* Errors: WEIR_UNSUPPORTED naming column and format (unions, run-end encoded, unknown),
 * WEIR_INVALID for malformed. */
WEIR_NODISCARD int weir__type_parse(const struct ArrowSchema *schema, struct weir__type *out,
                                    struct weir_error *err);
/* Format string of a non-nested, non-dictionary type, e.g. "tsu:UTC". `out` has at least 128 bytes.
 */
void weir__type_format(const struct weir__type *type, char *out);
/* Words for people: "timestamp[us, UTC]", "int32", "dictionary<string>", "list". `out` has at least
 * 128 bytes. */
void weir__type_describe(const struct weir__type *type, char *out);
int64_t weir__unit_per_second(enum weir__unit unit);
bool weir__kind_is_string(enum weir__kind kind);  /* utf-8 promised: string, large, view */
bool weir__kind_is_binary(enum weir__kind kind);  /* string or binary with offsets or views */
bool weir__kind_is_integer(enum weir__kind kind); /* INT8..UINT64 */

/* A schema node owned by the caller (release with out->release). name and format are copied.
 * children: pass n_children; each child is zeroed and must be filled by the caller before use
 * (release copes with unfilled ones). */
WEIR_NODISCARD int weir__schema_make(const struct weir_env *env, const char *format,
                                     const char *name, bool is_nullable, int64_t n_children,
                                     struct ArrowSchema *out, struct weir_error *err);
WEIR_NODISCARD int weir__schema_copy(const struct weir_env *env, const struct ArrowSchema *from,
                                     struct ArrowSchema *out, struct weir_error *err);
/* Adds a dictionary node for values of `value_format`; the schema's own format becomes the index
 * type. */
WEIR_NODISCARD int weir__schema_set_dictionary(const struct weir_env *env,
                                               struct ArrowSchema *schema,
                                               const struct ArrowSchema *values,
                                               struct weir_error *err);
WEIR_NODISCARD int weir__schema_rename(const struct weir_env *env, struct ArrowSchema *schema,
                                       const char *name, struct weir_error *err);
/* Schema metadata: key/value pairs in the Arrow encoding. `set` replaces all; `get` returns false
 * when absent. */
WEIR_NODISCARD int weir__schema_set_metadata(const struct weir_env *env, struct ArrowSchema *schema,
                                             const struct weir__str *names,
                                             const struct weir__str *values, size_t n,
                                             struct weir_error *err);
bool weir__schema_metadata_get(const struct ArrowSchema *schema, const char *name,
                               struct weir__str *out);
size_t weir__schema_metadata_count(const struct ArrowSchema *schema);
bool weir__schema_metadata_at(const struct ArrowSchema *schema, size_t i, struct weir__str *name,
                              struct weir__str *value);
/* Same names, formats, nullability, children (metadata not compared). */
bool weir__schema_equal(const struct ArrowSchema *a, const struct ArrowSchema *b);
/* Index of a top-level column by exact name, -1 when absent. */
int64_t weir__schema_find(const struct ArrowSchema *schema, const char *name);
void weir__schema_freep(struct ArrowSchema *schema); /* releases if not released: AUTO(schema) */

#endif
