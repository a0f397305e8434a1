/* ipc_schema.c: Arrow schemas as FlatBuffers, both ways. */
#include "format/ipc.h"

enum ipc_type {
    IPC_NULL = 1,
    IPC_INT = 2,
    IPC_FLOAT = 3,
    IPC_BINARY = 4,
    IPC_UTF8 = 5,
    IPC_BOOL = 6,
    IPC_DECIMAL = 7,
    IPC_DATE = 8,
    IPC_TIME = 9,
    IPC_TIMESTAMP = 10,
    IPC_INTERVAL = 11,
    IPC_LIST = 12,
    IPC_STRUCT = 13,
    IPC_FIXED_BINARY = 15,
    IPC_FIXED_LIST = 16,
    IPC_MAP = 17,
    IPC_DURATION = 18,
    IPC_LARGE_BINARY = 19,
    IPC_LARGE_UTF8 = 20,
    IPC_LARGE_LIST = 21,
    IPC_BINARY_VIEW = 23,
    IPC_UTF8_VIEW = 24
};

static int fail_corrupt(struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT, "arrow schema: not a valid message");
}

/* ---- reading ---- */

struct schema_parser {
    const struct weir_env *env;
    struct weir__buf *ids;
    size_t n_fields;
};

static bool int_type(const struct weir__flat_table *t, struct weir__type *out)
{
    int64_t bits, is_signed;
    if (!weir__flat_int(t, 0, 4, 0, &bits) || !weir__flat_int(t, 1, 1, 0, &is_signed))
        return false;
    int step = bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : bits == 64 ? 3 : -1;
    if (step < 0)
        return false;
    out->kind = (enum weir__kind)((is_signed ? WEIR__KIND_INT8 : WEIR__KIND_UINT8) + step);
    return true;
}

static bool unit_type(const struct weir__flat_table *t, enum weir__kind kind, int64_t fallback,
                      struct weir__type *out)
{
    int64_t unit;
    if (!weir__flat_int(t, 0, 2, fallback, &unit) || unit < 0 || unit > 3)
        return false;
    out->kind = kind;
    out->unit = (enum weir__unit)unit;
    return true;
}

static bool small_enum(const struct weir__flat_table *t, int64_t fallback, int64_t most,
                       enum weir__kind first, struct weir__type *out)
{
    int64_t value;
    if (!weir__flat_int(t, 0, 2, fallback, &value) || value < 0 || value > most)
        return false;
    out->kind = (enum weir__kind)(first + value);
    return true;
}

static bool decimal_type(const struct weir__flat_table *t, struct weir__type *out)
{
    int64_t precision, scale, bits;
    if (!weir__flat_int(t, 0, 4, 0, &precision) || !weir__flat_int(t, 1, 4, 0, &scale) ||
        !weir__flat_int(t, 2, 4, 128, &bits))
        return false;
    out->kind = bits == 256 ? WEIR__KIND_DECIMAL256 : WEIR__KIND_DECIMAL128;
    out->precision = (int32_t)precision;
    out->scale = (int32_t)scale;
    return (bits == 128 || bits == 256) && precision > 0 && precision <= (bits == 256 ? 76 : 38) &&
           scale >= -precision - 76 && scale <= 76;
}

static bool sized_type(const struct weir__flat_table *t, enum weir__kind kind, int32_t *slot,
                       struct weir__type *out)
{
    int64_t size;
    if (!weir__flat_int(t, 0, 4, 0, &size) || size < 0)
        return false;
    out->kind = kind;
    *slot = (int32_t)size;
    return true;
}

/* A zone must outlive the type: it is copied to `zone`, which has 128 bytes. */
static bool timestamp_type(const struct weir__flat_table *t, char *zone, struct weir__type *out)
{
    struct weir__str text;
    if (!unit_type(t, WEIR__KIND_TIMESTAMP, 0, out) || !weir__flat_text(t, 1, &text) ||
        text.len > 100 || (text.len && memchr(text.data, 0, text.len)))
        return false;
    if (text.len) {
        memcpy(zone, text.data, text.len);
        zone[text.len] = '\0';
        out->zone = zone;
    }
    return true;
}

static bool plain_type(int64_t id, struct weir__type *out)
{
    static const struct {
        enum ipc_type id;
        enum weir__kind kind;
    } plain[] = {
        {IPC_NULL, WEIR__KIND_NULL},
        {IPC_BINARY, WEIR__KIND_BINARY},
        {IPC_UTF8, WEIR__KIND_STRING},
        {IPC_BOOL, WEIR__KIND_BOOL},
        {IPC_LIST, WEIR__KIND_LIST},
        {IPC_STRUCT, WEIR__KIND_STRUCT},
        {IPC_MAP, WEIR__KIND_MAP},
        {IPC_LARGE_BINARY, WEIR__KIND_LARGE_BINARY},
        {IPC_LARGE_UTF8, WEIR__KIND_LARGE_STRING},
        {IPC_LARGE_LIST, WEIR__KIND_LARGE_LIST},
        {IPC_BINARY_VIEW, WEIR__KIND_BINARY_VIEW},
        {IPC_UTF8_VIEW, WEIR__KIND_STRING_VIEW},
    };
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        if (plain[i].id == id) {
            out->kind = plain[i].kind;
            return true;
        }
    }
    return false;
}

static int type_parse(int64_t id, const struct weir__flat_table *t, char *zone,
                      struct weir__type *out, struct weir_error *err)
{
    bool ok;
    int64_t bits;
    switch (id) {
    case IPC_INT:
        ok = int_type(t, out);
        break;
    case IPC_FLOAT:
        ok = small_enum(t, 0, 2, WEIR__KIND_FLOAT16, out);
        break;
    case IPC_DECIMAL:
        ok = decimal_type(t, out);
        break;
    case IPC_DATE:
        ok = small_enum(t, 1, 1, WEIR__KIND_DATE32, out);
        break;
    case IPC_TIME:
        ok = unit_type(t, WEIR__KIND_TIME32, 1, out) && weir__flat_int(t, 1, 4, 32, &bits) &&
             bits == (out->unit >= WEIR__UNIT_MICRO ? 64 : 32);
        if (ok && out->unit >= WEIR__UNIT_MICRO)
            out->kind = WEIR__KIND_TIME64;
        break;
    case IPC_TIMESTAMP:
        ok = timestamp_type(t, zone, out);
        break;
    case IPC_INTERVAL:
        ok = small_enum(t, 0, 2, WEIR__KIND_INTERVAL_MONTHS, out);
        break;
    case IPC_DURATION:
        ok = unit_type(t, WEIR__KIND_DURATION, 1, out);
        break;
    case IPC_FIXED_BINARY:
        ok = sized_type(t, WEIR__KIND_FIXED_BINARY, &out->width_bytes, out);
        break;
    case IPC_FIXED_LIST:
        ok = sized_type(t, WEIR__KIND_FIXED_LIST, &out->list_size, out);
        break;
    default:
        if (!plain_type(id, out))
            return weir__fail(err, WEIR_UNSUPPORTED, "arrow schema: type number %d", (int)id);
        ok = true;
    }
    return ok ? WEIR_OK : fail_corrupt(err);
}

#define MAX_METADATA_PAIRS 65536

static int metadata_parse(const struct schema_parser *p, const struct weir__flat_table *t,
                          unsigned field, struct ArrowSchema *out, struct weir_error *err)
{
    size_t at, n;
    if (!weir__flat_vector(t, field, 4, &at, &n))
        return fail_corrupt(err);
    if (n == 0)
        return WEIR_OK;
    if (n > MAX_METADATA_PAIRS)
        return weir__fail(err, WEIR_CORRUPT, "arrow schema: %zu metadata entries", n);
    AUTO(buf) struct weir__buf space = weir__buf_make(p->env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&space, 2 * n * sizeof(struct weir__str), err));
    struct weir__str *names = (struct weir__str *)(void *)space.data, *values = names + n;
    for (size_t i = 0; i < n; i++) {
        struct weir__flat_table pair;
        if (!weir__flat_item(t, at, i, &pair) || !weir__flat_text(&pair, 0, &names[i]) ||
            !weir__flat_text(&pair, 1, &values[i]))
            return fail_corrupt(err);
    }
    return weir__schema_set_metadata(p->env, out, names, values, n, err);
}

static int field_parse(struct schema_parser *p, const struct weir__flat_table *t, int depth,
                       struct ArrowSchema *out, struct weir_error *err);

static int children_parse(struct schema_parser *p, const struct weir__flat_table *t, size_t at,
                          size_t n, int depth, struct ArrowSchema *out, struct weir_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct weir__flat_table child;
        if (!weir__flat_item(t, at, i, &child))
            return fail_corrupt(err);
        TRY(field_parse(p, &child, depth + 1, out->children[i], err));
    }
    return WEIR_OK;
}

static bool child_count_fits(enum weir__kind kind, size_t n)
{
    switch (kind) {
    case WEIR__KIND_STRUCT:
        return true;
    case WEIR__KIND_LIST:
    case WEIR__KIND_LARGE_LIST:
    case WEIR__KIND_FIXED_LIST:
    case WEIR__KIND_MAP:
        return n == 1;
    default:
        return n == 0;
    }
}

/* The index type of a dictionary column: int32 unless it says otherwise. */
static int dictionary_parse(struct schema_parser *p, const struct weir__flat_table *encoding,
                            struct ArrowSchema *field, const char *name, struct weir_error *err)
{
    struct weir__flat_table index;
    struct weir__type type = {.kind = WEIR__KIND_INT32};
    int64_t id, is_ordered;
    if (!weir__flat_child(encoding, 1, &index) || !weir__flat_int(encoding, 0, 8, 0, &id) ||
        !weir__flat_int(encoding, 2, 1, 0, &is_ordered) || (index.at && !int_type(&index, &type)))
        return fail_corrupt(err);
    if (p->ids)
        TRY(weir__buf_append(p->ids, &id, sizeof id, err));
    char format[128];
    weir__type_format(&type, format);
    AUTO(schema) struct ArrowSchema column = {0};
    TRY(weir__schema_make(p->env, format, name, (field->flags & ARROW_FLAG_NULLABLE) != 0, 0,
                          &column, err));
    column.flags |= is_ordered ? ARROW_FLAG_DICTIONARY_ORDERED : 0;
    TRY(weir__schema_rename(p->env, field, "", err));
    TRY(weir__schema_set_dictionary(p->env, &column, field, err));
    weir__schema_freep(field);
    *field = column;
    column.release = NULL;
    return WEIR_OK;
}

static int field_parse(struct schema_parser *p, const struct weir__flat_table *t, int depth,
                       struct ArrowSchema *out, struct weir_error *err)
{
    struct weir__str name;
    int64_t is_nullable, type_id, keys_sorted = 0;
    struct weir__flat_table type_table, encoding;
    size_t at, n;
    if (depth > WEIR__MAX_NESTING || ++p->n_fields > WEIR__MAX_COLUMNS)
        return weir__fail(err, WEIR_CORRUPT, "arrow schema: nested too deep or too many fields");
    if (!weir__flat_text(t, 0, &name) || !weir__flat_int(t, 1, 1, 0, &is_nullable) ||
        !weir__flat_int(t, 2, 1, 0, &type_id) || !weir__flat_child(t, 3, &type_table) ||
        !weir__flat_child(t, 4, &encoding) || !weir__flat_vector(t, 5, 4, &at, &n) ||
        (name.len && memchr(name.data, 0, name.len)))
        return fail_corrupt(err);
    char zone[128], format[128];
    struct weir__type type = {0};
    TRY(type_parse(type_id, &type_table, zone, &type, err));
    if (!child_count_fits(type.kind, n))
        return fail_corrupt(err);
    if (type.kind == WEIR__KIND_MAP && !weir__flat_int(&type_table, 0, 1, 0, &keys_sorted))
        return fail_corrupt(err);
    weir__type_format(&type, format);
    char *owned = weir__strndup(p->env, name.data, name.len, err);
    if (!owned)
        return WEIR_NO_MEMORY;
    AUTO(schema) struct ArrowSchema made = {0};
    int status = weir__schema_make(p->env, format, owned, is_nullable != 0, (int64_t)n, &made, err);
    if (status == WEIR_OK)
        status = children_parse(p, t, at, n, depth, &made, err);
    if (status == WEIR_OK && encoding.at)
        status = dictionary_parse(p, &encoding, &made, owned, err);
    weir__free(p->env, owned);
    TRY(status);
    made.flags |= keys_sorted ? ARROW_FLAG_MAP_KEYS_SORTED : 0;
    TRY(metadata_parse(p, t, 6, &made, err));
    *out = made;
    made.release = NULL;
    return WEIR_OK;
}

int weir__ipc_schema_parse(const struct weir_env *env, const struct weir__flat_table *table,
                           struct weir__buf *out_ids, struct ArrowSchema *out,
                           struct weir_error *err)
{
    int64_t endianness;
    size_t at, n;
    struct schema_parser parser = {env, out_ids, 0};
    if (!weir__flat_int(table, 0, 2, 0, &endianness) || !weir__flat_vector(table, 1, 4, &at, &n))
        return fail_corrupt(err);
    if (endianness != 0)
        return weir__fail(err, WEIR_UNSUPPORTED, "arrow schema: big-endian data");
    if (n > WEIR__MAX_COLUMNS)
        return fail_corrupt(err);
    AUTO(schema) struct ArrowSchema made = {0};
    TRY(weir__schema_make(env, "+s", "", false, (int64_t)n, &made, err));
    TRY(children_parse(&parser, table, at, n, 0, &made, err));
    TRY(metadata_parse(&parser, table, 2, &made, err));
    *out = made;
    made.release = NULL;
    return WEIR_OK;
}

int weir__ipc_schema_decode(const struct weir_env *env, const void *data, size_t n,
                            struct ArrowSchema *out, struct weir_error *err)
{
    struct weir__cursor c = weir__cursor_make(data, n);
    uint32_t length;
    if (!weir__cursor_u32le(&c, &length))
        return fail_corrupt(err);
    if (length == UINT32_MAX && !weir__cursor_u32le(&c, &length))
        return fail_corrupt(err);
    const uint8_t *bytes;
    struct weir__flat_table message, schema;
    int64_t kind;
    if (!weir__cursor_take(&c, length, &bytes) ||
        !weir__flat_root((struct weir__flat){bytes, length}, &message) ||
        !weir__flat_int(&message, 1, 1, 0, &kind) || kind != WEIR__IPC_SCHEMA ||
        !weir__flat_child(&message, 2, &schema) || schema.at == 0)
        return fail_corrupt(err);
    return weir__ipc_schema_parse(env, &schema, NULL, out, err);
}

/* ---- writing ---- */

struct schema_putter {
    struct weir__flat_out *out;
    int64_t next_id;
};

static size_t put_int_type(struct weir__flat_out *out, enum weir__kind kind)
{
    bool is_signed = kind <= WEIR__KIND_INT64;
    int64_t step = kind - (is_signed ? WEIR__KIND_INT8 : WEIR__KIND_UINT8);
    weir__flat_begin(out);
    weir__flat_set_int(out, 0, 4, 8 << step);
    weir__flat_set_int(out, 1, 1, is_signed);
    return weir__flat_end(out);
}

/* A type table with one integer field. */
static size_t put_one(struct weir__flat_out *out, size_t width, int64_t value)
{
    weir__flat_begin(out);
    weir__flat_set_int(out, 0, width, value);
    return weir__flat_end(out);
}

static size_t put_decimal(struct weir__flat_out *out, const struct weir__type *type)
{
    weir__flat_begin(out);
    weir__flat_set_int(out, 0, 4, type->precision);
    weir__flat_set_int(out, 1, 4, type->scale);
    weir__flat_set_int(out, 2, 4, type->width_bytes * 8);
    return weir__flat_end(out);
}

static size_t put_timestamp(struct weir__flat_out *out, const struct weir__type *type)
{
    size_t zone = type->zone ? weir__flat_put_text(out, weir__str_of(type->zone)) : 0;
    weir__flat_begin(out);
    weir__flat_set_offset(out, 1, zone);
    weir__flat_set_int(out, 0, 2, type->unit);
    return weir__flat_end(out);
}

static size_t put_time(struct weir__flat_out *out, const struct weir__type *type)
{
    weir__flat_begin(out);
    weir__flat_set_int(out, 1, 4, type->width_bytes * 8);
    weir__flat_set_int(out, 0, 2, type->unit);
    return weir__flat_end(out);
}

static size_t put_plain(struct weir__flat_out *out, enum weir__kind kind, enum ipc_type *id)
{
    static const enum ipc_type ids[] = {
        [WEIR__KIND_NULL] = IPC_NULL,
        [WEIR__KIND_BOOL] = IPC_BOOL,
        [WEIR__KIND_BINARY] = IPC_BINARY,
        [WEIR__KIND_LARGE_BINARY] = IPC_LARGE_BINARY,
        [WEIR__KIND_STRING] = IPC_UTF8,
        [WEIR__KIND_LARGE_STRING] = IPC_LARGE_UTF8,
        [WEIR__KIND_BINARY_VIEW] = IPC_BINARY_VIEW,
        [WEIR__KIND_STRING_VIEW] = IPC_UTF8_VIEW,
        [WEIR__KIND_LIST] = IPC_LIST,
        [WEIR__KIND_LARGE_LIST] = IPC_LARGE_LIST,
        [WEIR__KIND_STRUCT] = IPC_STRUCT,
    };
    ASSERT((size_t)kind < COUNT_OF(ids) && ids[kind] != 0);
    *id = ids[kind];
    weir__flat_begin(out);
    return weir__flat_end(out);
}

static size_t put_type(struct weir__flat_out *out, const struct weir__type *type, bool keys_sorted,
                       enum ipc_type *id)
{
    switch (type->kind) {
    case WEIR__KIND_INT8:
    case WEIR__KIND_INT16:
    case WEIR__KIND_INT32:
    case WEIR__KIND_INT64:
    case WEIR__KIND_UINT8:
    case WEIR__KIND_UINT16:
    case WEIR__KIND_UINT32:
    case WEIR__KIND_UINT64:
        *id = IPC_INT;
        return put_int_type(out, type->kind);
    case WEIR__KIND_FLOAT16:
    case WEIR__KIND_FLOAT32:
    case WEIR__KIND_FLOAT64:
        *id = IPC_FLOAT;
        return put_one(out, 2, type->kind - WEIR__KIND_FLOAT16);
    case WEIR__KIND_DECIMAL128:
    case WEIR__KIND_DECIMAL256:
        *id = IPC_DECIMAL;
        return put_decimal(out, type);
    case WEIR__KIND_DATE32:
    case WEIR__KIND_DATE64:
        *id = IPC_DATE;
        return put_one(out, 2, type->kind - WEIR__KIND_DATE32);
    case WEIR__KIND_TIME32:
    case WEIR__KIND_TIME64:
        *id = IPC_TIME;
        return put_time(out, type);
    case WEIR__KIND_TIMESTAMP:
        *id = IPC_TIMESTAMP;
        return put_timestamp(out, type);
    case WEIR__KIND_DURATION:
        *id = IPC_DURATION;
        return put_one(out, 2, type->unit);
    case WEIR__KIND_INTERVAL_MONTHS:
    case WEIR__KIND_INTERVAL_DAY_TIME:
    case WEIR__KIND_INTERVAL_MONTH_DAY_NANO:
        *id = IPC_INTERVAL;
        return put_one(out, 2, type->kind - WEIR__KIND_INTERVAL_MONTHS);
    case WEIR__KIND_FIXED_BINARY:
        *id = IPC_FIXED_BINARY;
        return put_one(out, 4, type->width_bytes);
    case WEIR__KIND_FIXED_LIST:
        *id = IPC_FIXED_LIST;
        return put_one(out, 4, type->list_size);
    case WEIR__KIND_MAP:
        *id = IPC_MAP;
        return put_one(out, 1, keys_sorted);
    default:
        return put_plain(out, type->kind, id);
    }
}

static size_t put_metadata(struct weir__flat_out *out, const struct ArrowSchema *schema)
{
    size_t n = weir__schema_metadata_count(schema);
    if (n == 0 || out->status != WEIR_OK)
        return 0;
    size_t *pairs = weir__alloc_zero(out->env, n, sizeof *pairs, out->err);
    if (!pairs) {
        out->status = WEIR_NO_MEMORY;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct weir__str name = STR_NULL, value = STR_NULL;
        (void)weir__schema_metadata_at(schema, i, &name, &value); /* i is below the count */
        size_t name_at = weir__flat_put_text(out, name);
        size_t value_at = weir__flat_put_text(out, value);
        weir__flat_begin(out);
        weir__flat_set_offset(out, 0, name_at);
        weir__flat_set_offset(out, 1, value_at);
        pairs[i] = weir__flat_end(out);
    }
    size_t vector = weir__flat_put_offsets(out, pairs, n);
    weir__free(out->env, pairs);
    return vector;
}

static size_t put_field(struct schema_putter *p, const struct ArrowSchema *field, int depth);

static size_t put_children(struct schema_putter *p, const struct ArrowSchema *node, int depth)
{
    struct weir__flat_out *out = p->out;
    size_t n = (size_t)node->n_children;
    size_t *fields = weir__alloc_zero(out->env, n, sizeof *fields, out->err);
    if (!fields)
        out->status = WEIR_NO_MEMORY;
    for (size_t i = 0; i < n && out->status == WEIR_OK; i++)
        fields[i] = put_field(p, node->children[i], depth + 1);
    size_t vector = out->status == WEIR_OK ? weir__flat_put_offsets(out, fields, n) : 0;
    weir__free(out->env, fields);
    return vector;
}

static size_t put_encoding(struct schema_putter *p, const struct weir__type *type,
                           const struct ArrowSchema *field)
{
    size_t index = put_int_type(p->out, type->index_kind);
    weir__flat_begin(p->out);
    weir__flat_set_int(p->out, 0, 8, p->next_id++);
    weir__flat_set_offset(p->out, 1, index);
    weir__flat_set_int(p->out, 2, 1, (field->flags & ARROW_FLAG_DICTIONARY_ORDERED) != 0);
    return weir__flat_end(p->out);
}

static size_t put_field(struct schema_putter *p, const struct ArrowSchema *field, int depth)
{
    struct weir__flat_out *out = p->out;
    struct weir__type type;
    if (out->status == WEIR_OK && depth > WEIR__MAX_NESTING)
        out->status = weir__fail(out->err, WEIR_INVALID, "column %s: nested too deep", field->name);
    if (out->status == WEIR_OK)
        out->status = weir__type_parse(field, &type, out->err);
    if (out->status != WEIR_OK)
        return 0;
    const struct ArrowSchema *values = field->dictionary ? field->dictionary : field;
    size_t children = put_children(p, values, depth);
    size_t metadata = put_metadata(out, field);
    size_t encoding = type.is_dictionary ? put_encoding(p, &type, field) : 0;
    enum ipc_type id = IPC_NULL;
    size_t type_at = put_type(out, &type, (field->flags & ARROW_FLAG_MAP_KEYS_SORTED) != 0, &id);
    size_t name = weir__flat_put_text(out, weir__str_of(field->name ? field->name : ""));
    weir__flat_begin(out);
    weir__flat_set_offset(out, 6, metadata);
    weir__flat_set_offset(out, 5, children);
    weir__flat_set_offset(out, 4, encoding);
    weir__flat_set_offset(out, 3, type_at);
    weir__flat_set_offset(out, 0, name);
    weir__flat_set_int(out, 2, 1, id);
    weir__flat_set_int(out, 1, 1, (field->flags & ARROW_FLAG_NULLABLE) != 0);
    return weir__flat_end(out);
}

size_t weir__ipc_schema_put(struct weir__flat_out *out, const struct ArrowSchema *schema,
                            struct weir_error *err)
{
    struct schema_putter putter = {out, 0};
    out->err = err;
    size_t fields = put_children(&putter, schema, 0);
    size_t metadata = put_metadata(out, schema);
    weir__flat_begin(out);
    weir__flat_set_offset(out, 2, metadata);
    weir__flat_set_offset(out, 1, fields);
    weir__flat_set_int(out, 0, 2, 0);
    return weir__flat_end(out);
}

int weir__ipc_schema_encode(const struct weir_env *env, const struct ArrowSchema *schema,
                            struct weir__buf *buf, struct weir_error *err)
{
    struct weir__flat_out out = weir__flat_out_make(env, err);
    size_t schema_at = weir__ipc_schema_put(&out, schema, err);
    weir__flat_begin(&out);
    weir__flat_set_int(&out, 3, 8, 0);
    weir__flat_set_offset(&out, 2, schema_at);
    weir__flat_set_int(&out, 0, 2, 4); /* metadata version 5 */
    weir__flat_set_int(&out, 1, 1, WEIR__IPC_SCHEMA);
    size_t message = weir__flat_end(&out);
    struct weir__str bytes = STR_NULL;
    int status = weir__flat_finish(&out, message, &bytes);
    uint32_t head[2] = {UINT32_MAX, (uint32_t)bytes.len};
    if (status == WEIR_OK)
        status = weir__buf_append(buf, head, sizeof head, err);
    if (status == WEIR_OK)
        status = weir__buf_append(buf, bytes.data, bytes.len, err);
    weir__flat_out_dispose(&out);
    return status;
}
