/* schema_write.h: an Arrow schema as Parquet schema elements, and each leaf's way through the
 * nested arrays. */
#ifndef WEIR_FORMAT_PARQUET_SCHEMA_WRITE_H
#define WEIR_FORMAT_PARQUET_SCHEMA_WRITE_H

#include "format/parquet/meta.h"

/* How to come from a record batch to a leaf's levels, one step a node. */
enum weir__step_op {
    WEIR__STEP_CHILD, /* go to struct child `child` */
    WEIR__STEP_NULL,  /* optional: valid adds a definition level */
    WEIR__STEP_LIST   /* repeated: each item adds a definition level, go to the items */
};

struct weir__step {
    enum weir__step_op op;
    int64_t child;
    const struct ArrowSchema *schema; /* of the node the step starts from */
};

/* How values of a leaf compare for statistics; NONE = no min and max. */
enum weir__leaf_order {
    WEIR__ORDER_NONE,
    WEIR__ORDER_SIGNED,
    WEIR__ORDER_UNSIGNED,
    WEIR__ORDER_FLOAT,  /* FLOAT, DOUBLE and FLOAT16 */
    WEIR__ORDER_BYTES,  /* unsigned bytewise */
    WEIR__ORDER_DECIMAL /* big-endian two's complement of one length */
};

struct weir__write_leaf {
    struct weir__type type; /* Arrow type of the values */
    const struct ArrowSchema *schema;
    int32_t physical; /* enum parquet_type */
    int32_t type_length;
    bool is_utf8;
    enum weir__leaf_order order;
    uint8_t max_definition, max_repetition;
    const struct weir__step *steps;
    size_t n_steps;
    const struct weir__str *path;
    size_t n_path;
    struct weir__str dotted; /* path joined with dots, for options and messages */
};

/* Owns its arrays; strings borrow from the Arrow schema, which must outlive it. */
struct weir__write_schema {
    const struct weir_env *env;
    struct weir__buf elements; /* struct parquet_schema_element, root first */
    struct weir__buf leaves;   /* struct weir__write_leaf */
    struct weir__buf blocks;   /* void *: allocations freed with it */
};

/* Errors: WEIR_UNSUPPORTED naming a column that Parquet cannot hold. */
WEIR_NODISCARD int weir__write_schema_make(const struct weir_env *env,
                                           const struct ArrowSchema *schema,
                                           struct weir__write_schema *out, struct weir_error *err);
void weir__write_schema_dispose(struct weir__write_schema *schema);

static inline size_t weir__write_schema_leaves(const struct weir__write_schema *schema)
{
    return schema->leaves.len / sizeof(struct weir__write_leaf);
}

static inline struct weir__write_leaf *weir__write_schema_leaf(const struct weir__write_schema *s,
                                                               size_t i)
{
    return &((struct weir__write_leaf *)(void *)s->leaves.data)[i];
}

#endif
