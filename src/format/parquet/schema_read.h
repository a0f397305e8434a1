/* schema_read.h: the schema of a Parquet file as a tree of Arrow fields over leaf columns
 * (spec/parquet.md 6).
 *
 * The hard idea: legacy spellings of lists and maps are resolved here once; from then on a field
 * is a leaf, struct, list or map with the definition and repetition levels that decide about its
 * slots. A slot of a field begins at a level entry with repetition <= slot_rep and
 * definition >= slot_def, and is not null where definition >= def. */
#ifndef WEIR_FORMAT_PARQUET_SCHEMA_READ_H
#define WEIR_FORMAT_PARQUET_SCHEMA_READ_H

#include "format/parquet/arena.h"
#include "format/parquet/meta.h"

/* How the physical values of a leaf become Arrow values. */
enum parquet_convert {
    PARQUET_AS_IS,       /* same bytes: numbers, fixed binary */
    PARQUET_AS_BOOL,     /* bytes 0/1 packed into bits */
    PARQUET_AS_BYTES,    /* offsets and bytes */
    PARQUET_AS_NARROW,   /* INT32 or INT64 into a smaller integer, range-checked */
    PARQUET_AS_SCALED,   /* integer times `factor`, or divided by -factor, into 4 or 8 bytes */
    PARQUET_AS_DECIMAL,  /* to 16 or 32 bytes, little-endian */
    PARQUET_AS_INT96,    /* timestamp from nanoseconds and Julian day */
    PARQUET_AS_INTERVAL, /* months, days, milliseconds to months, days, nanoseconds */
    PARQUET_AS_NULL      /* no values may exist */
};

struct parquet_leaf {
    const struct parquet_schema_element *element;
    struct weir__str path; /* dotted, for people */
    const struct weir__str *names;
    size_t n_names;
    int32_t type;           /* enum parquet_type */
    int32_t physical_bytes; /* of one value; 0 for BOOLEAN and BYTE_ARRAY */
    uint8_t max_def, max_rep;
    uint8_t slot_def; /* definition level from which an entry is a slot of the Arrow array */
    /* How it looks in Arrow; set from the annotation, then by ARROW:schema. */
    enum parquet_convert convert;
    enum weir__kind kind;
    int32_t value_bytes; /* of one Arrow value; 0 for bool, null, strings and binary */
    int64_t factor;      /* PARQUET_AS_SCALED; INT96: nanoseconds in a unit */
    bool is_utf8;        /* promised, so checked */
    bool is_large;       /* 64-bit offsets */
    bool is_nullable;    /* of the Arrow field itself */
    bool is_key;         /* of a map: null is refused */
};

enum parquet_shape {
    PARQUET_SHAPE_LEAF,
    PARQUET_SHAPE_STRUCT,
    PARQUET_SHAPE_LIST,
    PARQUET_SHAPE_MAP
};

struct parquet_field {
    enum parquet_shape shape;
    struct weir__str name;
    const struct parquet_schema_element *element;
    bool is_nullable;
    uint8_t slot_def, slot_rep;
    uint8_t def;
    uint8_t item_def; /* LIST, MAP: an entry with definition >= item_def is an item */
    size_t first_leaf, n_leaves;
    struct parquet_field *children; /* STRUCT: fields; LIST: element; MAP: key, value */
    size_t n_children;
    const char *format;               /* Arrow format of this field */
    int32_t list_size;                /* fixed-size lists */
    const struct ArrowSchema *origin; /* what ARROW:schema says of it; NULL = nothing that fits */
};

struct parquet_schema {
    struct parquet_field root; /* a STRUCT */
    struct parquet_leaf *leaves;
    size_t n_leaves;
    size_t n_warnings; /* ill-fitting annotations that were ignored */
};

/* Resolve the depth-first list of a footer. Everything lives in the arena. */
WEIR_NODISCARD int weir__parquet_schema_read(struct weir__arena *arena,
                                             const struct parquet_file_meta *meta,
                                             struct parquet_schema *out, struct weir_error *err);
/* Honour ARROW:schema where it agrees; `origin` must outlive the schema's use of it. */
WEIR_NODISCARD int weir__parquet_schema_merge(struct weir__arena *arena,
                                              struct parquet_schema *schema,
                                              const struct ArrowSchema *origin,
                                              struct weir_error *err);
/* What an annotation makes of a leaf: sets convert, kind, sizes and the Arrow format. */
WEIR_NODISCARD int weir__parquet_leaf_type(struct weir__arena *arena, struct parquet_leaf *leaf,
                                           const char **out_format, bool *out_fits,
                                           struct weir_error *err);
/* The annotation with converted types folded in; id NONE when there is none that fits. */
struct parquet_logical_type weir__parquet_logical(const struct parquet_schema_element *element);
/* One Arrow field with its children; top level: `field` = &schema->root. */
WEIR_NODISCARD int weir__parquet_arrow_schema(const struct weir_env *env,
                                              const struct parquet_field *field,
                                              struct ArrowSchema *out, struct weir_error *err);

#endif
