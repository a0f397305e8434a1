/* text_infer.h: column types from a sample of values.
 *
 * Each column collects what its values looked like as a set; the set, once the sample is over,
 * decides the type:
 *
 *     only integers             int64; uint64 when one is beyond int64 and none is negative
 *     integers and other numbers, or integers beyond both      float64
 *     only true and false       bool
 *     only YYYY-MM-DD           date32
 *     only RFC 3339 with zone   timestamp[us, UTC], [ns, UTC] when a value needs it
 *     the same without zone     timestamp[us] or [ns]; dates may be among them
 *     only lists, only objects  list, struct (NDJSON)
 *     nothing, or a mixture     string
 */
#ifndef WEIR_FORMAT_TEXT_INFER_H
#define WEIR_FORMAT_TEXT_INFER_H

#include "format/text_column.h"

enum weir__seen {
    WEIR__SEEN_BOOL = 1 << 0,
    WEIR__SEEN_INT = 1 << 1,
    WEIR__SEEN_NEGATIVE = 1 << 2, /* an integer */
    WEIR__SEEN_BIG = 1 << 3,      /* an integer beyond int64, within uint64 */
    WEIR__SEEN_FLOAT = 1 << 4,
    WEIR__SEEN_WORD = 1 << 5, /* NaN, Inf: a number only among numbers */
    WEIR__SEEN_TEXT = 1 << 6,
    WEIR__SEEN_DATE = 1 << 7,
    WEIR__SEEN_ZONED = 1 << 8,
    WEIR__SEEN_LOCAL = 1 << 9,
    WEIR__SEEN_NANO = 1 << 10, /* a time with digits below the microsecond */
    WEIR__SEEN_LIST = 1 << 11,
    WEIR__SEEN_OBJECT = 1 << 12
};

struct weir__infer {
    const struct weir_env *env;
    struct weir__infer *root;
    size_t n_nodes; /* of the root: all below it */
    char *name;
    size_t name_len;
    uint32_t seen;
    struct weir__infer *item;     /* of lists */
    struct weir__infer **members; /* of objects, in order of first appearance */
    size_t n_members, cap_members;
    uint32_t *table; /* open addressing, member + 1 */
    size_t table_size;
    size_t guess; /* member looked for next */
};

WEIR_NODISCARD int weir__infer_new(const struct weir_env *env, struct weir__infer **out,
                                   struct weir_error *err);
void weir__infer_free(struct weir__infer *node);
void weir__infer_freep(struct weir__infer **node);
/* The member of that name, added when new. Errors: WEIR_INVALID past WEIR__MAX_COLUMNS in all. */
WEIR_NODISCARD int weir__infer_member(struct weir__infer *node, struct weir__str name,
                                      struct weir__infer **out, struct weir_error *err);
WEIR_NODISCARD int weir__infer_item(struct weir__infer *node, struct weir__infer **out,
                                    struct weir_error *err);

/* What a text looks like: a time, or just text. */
uint32_t weir__infer_time(struct weir__str text);
/* What a number (JSON grammar or CSV cell) looks like; 0: no number. */
uint32_t weir__infer_number(struct weir__str text);

/* The schema that the sample says. The node is an object with the columns as members. */
WEIR_NODISCARD int weir__infer_schema(const struct weir__infer *node, struct ArrowSchema *out,
                                      struct weir_error *err);
/* Tell the columns made from that schema that they are a guess. */
void weir__infer_mark(const struct weir__infer *node, struct weir__text_column *column);

#endif
