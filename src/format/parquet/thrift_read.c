/* thrift_read.c: the table-driven reader of the Thrift compact protocol. */
#include "format/parquet/thrift_read.h"

#include <inttypes.h>

static int thrift_short(struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT, "thrift data ends in the middle of a field");
}

static int thrift_wrong(struct weir_error *err, const char *wanted, uint8_t wire_type)
{
    return weir__fail(err, WEIR_CORRUPT, "thrift field of wire type %u where %s is due", wire_type,
                      wanted);
}

struct weir__thrift weir__thrift_make(const void *data, size_t n, struct weir__arena *arena)
{
    return (struct weir__thrift){weir__cursor_make(data, n), arena, 0};
}

static int thrift_varint(struct weir__thrift *t, uint64_t *out, struct weir_error *err)
{
    if (!weir__cursor_uvarint(&t->in, out))
        return weir__fail(err, WEIR_CORRUPT, "thrift varint is cut short or too long");
    return WEIR_OK;
}

/* A zigzag integer that must fit `bits` bits. */
static int thrift_zigzag(struct weir__thrift *t, int bits, int64_t *out, struct weir_error *err)
{
    uint64_t raw;
    TRY(thrift_varint(t, &raw, err));
    if (bits < 64 && raw >> bits)
        return weir__fail(err, WEIR_CORRUPT, "thrift integer does not fit %d bits", bits);
    *out = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
    return WEIR_OK;
}

int weir__thrift_field(struct weir__thrift *t, int32_t *id, uint8_t *wire_type,
                       struct weir_error *err)
{
    uint8_t header;
    if (!weir__cursor_u8(&t->in, &header))
        return thrift_short(err);
    *wire_type = header & 15;
    if (header == 0)
        return WEIR_OK;
    if (*wire_type == 0 || *wire_type > WEIR__WIRE_UUID)
        return weir__fail(err, WEIR_CORRUPT, "thrift field has unknown wire type %u", *wire_type);
    if (header >> 4) {
        *id += header >> 4;
    } else {
        int64_t wide = 0;
        TRY(thrift_zigzag(t, 16, &wide, err));
        *id = (int32_t)wide;
    }
    if (*id > INT16_MAX)
        return weir__fail(err, WEIR_CORRUPT, "thrift field id %d is out of range", *id);
    return WEIR_OK;
}

int weir__thrift_enter(struct weir__thrift *t, uint8_t wire_type, struct weir_error *err)
{
    if (wire_type != WEIR__WIRE_STRUCT)
        return thrift_wrong(err, "a struct", wire_type);
    if (t->depth >= WEIR__THRIFT_MAX_DEPTH)
        return weir__fail(err, WEIR_CORRUPT, "thrift data is nested deeper than %d",
                          WEIR__THRIFT_MAX_DEPTH);
    t->depth++;
    return WEIR_OK;
}

void weir__thrift_leave(struct weir__thrift *t)
{
    ASSERT(t->depth > 0);
    t->depth--;
}

int weir__thrift_list(struct weir__thrift *t, uint8_t wire_type, size_t min_bytes,
                      uint8_t *out_element, size_t *out_count, struct weir_error *err)
{
    if (wire_type != WEIR__WIRE_LIST && wire_type != WEIR__WIRE_SET)
        return thrift_wrong(err, "a list", wire_type);
    uint8_t header;
    if (!weir__cursor_u8(&t->in, &header))
        return thrift_short(err);
    uint64_t count = header >> 4;
    if (count == 15)
        TRY(thrift_varint(t, &count, err));
    if (count > weir__cursor_left(&t->in) / min_bytes)
        return weir__fail(err, WEIR_CORRUPT,
                          "thrift list declares %" PRIu64 " elements where %zu bytes are left",
                          (uint64_t)count, weir__cursor_left(&t->in));
    *out_element = header & 15;
    *out_count = (size_t)count;
    return WEIR_OK;
}

static int skip_bytes(struct weir__thrift *t, size_t n, struct weir_error *err)
{
    const uint8_t *ignored;
    return weir__cursor_take(&t->in, n, &ignored) ? WEIR_OK : thrift_short(err);
}

static int skip_element(struct weir__thrift *t, uint8_t wire_type, struct weir_error *err)
{
    /* Inside containers a bool is a byte of its own. */
    if (wire_type == WEIR__WIRE_TRUE || wire_type == WEIR__WIRE_FALSE)
        return skip_bytes(t, 1, err);
    return weir__thrift_skip(t, wire_type, err);
}

static int skip_map(struct weir__thrift *t, struct weir_error *err)
{
    uint64_t count;
    TRY(thrift_varint(t, &count, err));
    if (count == 0)
        return WEIR_OK;
    uint8_t types;
    if (!weir__cursor_u8(&t->in, &types))
        return thrift_short(err);
    if (count > weir__cursor_left(&t->in) / 2)
        return weir__fail(err, WEIR_CORRUPT, "thrift map declares %" PRIu64 " entries, too many",
                          (uint64_t)count);
    for (uint64_t i = 0; i < count; i++) {
        TRY(skip_element(t, types >> 4, err));
        TRY(skip_element(t, types & 15, err));
    }
    return WEIR_OK;
}

static int skip_struct(struct weir__thrift *t, struct weir_error *err)
{
    int32_t id = 0;
    uint8_t wire_type;
    TRY(weir__thrift_field(t, &id, &wire_type, err));
    while (wire_type != WEIR__WIRE_STOP) {
        TRY(weir__thrift_skip(t, wire_type, err));
        TRY(weir__thrift_field(t, &id, &wire_type, err));
    }
    return WEIR_OK;
}

static int skip_container(struct weir__thrift *t, uint8_t wire_type, struct weir_error *err)
{
    if (wire_type == WEIR__WIRE_STRUCT)
        return skip_struct(t, err);
    if (wire_type == WEIR__WIRE_MAP)
        return skip_map(t, err);
    uint8_t element;
    size_t count;
    TRY(weir__thrift_list(t, wire_type, 1, &element, &count, err));
    for (size_t i = 0; i < count; i++)
        TRY(skip_element(t, element, err));
    return WEIR_OK;
}

int weir__thrift_skip(struct weir__thrift *t, uint8_t wire_type, struct weir_error *err)
{
    uint64_t raw;
    switch (wire_type) {
    case WEIR__WIRE_TRUE:
    case WEIR__WIRE_FALSE:
        return WEIR_OK;
    case WEIR__WIRE_I8:
        return skip_bytes(t, 1, err);
    case WEIR__WIRE_I16:
    case WEIR__WIRE_I32:
    case WEIR__WIRE_I64:
        return thrift_varint(t, &raw, err);
    case WEIR__WIRE_DOUBLE:
        return skip_bytes(t, 8, err);
    case WEIR__WIRE_UUID:
        return skip_bytes(t, 16, err);
    case WEIR__WIRE_BINARY:
        TRY(thrift_varint(t, &raw, err));
        if (raw > weir__cursor_left(&t->in))
            return thrift_short(err);
        return skip_bytes(t, (size_t)raw, err);
    case WEIR__WIRE_LIST:
    case WEIR__WIRE_SET:
    case WEIR__WIRE_MAP:
    case WEIR__WIRE_STRUCT:
        break;
    default:
        return thrift_wrong(err, "a known type", wire_type);
    }
    if (t->depth >= WEIR__THRIFT_MAX_DEPTH)
        return weir__fail(err, WEIR_CORRUPT, "thrift data is nested deeper than %d",
                          WEIR__THRIFT_MAX_DEPTH);
    t->depth++;
    TRY(skip_container(t, wire_type, err));
    t->depth--;
    return WEIR_OK;
}

/* Any integer wire type whose value fits `bits`. */
static int read_integer(struct weir__thrift *t, uint8_t wire_type, int bits, int64_t *out,
                        struct weir_error *err)
{
    if (wire_type == WEIR__WIRE_I8) {
        uint8_t byte;
        if (!weir__cursor_u8(&t->in, &byte))
            return thrift_short(err);
        *out = (int8_t)byte;
        return WEIR_OK;
    }
    if (wire_type < WEIR__WIRE_I16 || wire_type > WEIR__WIRE_I64)
        return thrift_wrong(err, "an integer", wire_type);
    return thrift_zigzag(t, bits, out, err);
}

static int read_string(struct weir__thrift *t, uint8_t wire_type, struct weir__str *out,
                       struct weir_error *err)
{
    if (wire_type != WEIR__WIRE_BINARY)
        return thrift_wrong(err, "a string", wire_type);
    uint64_t len;
    TRY(thrift_varint(t, &len, err));
    const uint8_t *data;
    if (len > weir__cursor_left(&t->in) || !weir__cursor_take(&t->in, (size_t)len, &data))
        return weir__fail(err, WEIR_CORRUPT,
                          "thrift string of %" PRIu64 " bytes where %zu are left", (uint64_t)len,
                          weir__cursor_left(&t->in));
    *out = (struct weir__str){(const char *)data, (size_t)len};
    return WEIR_OK;
}

/* The id of the one field of a union; its contents are skipped. 0 for an empty union. */
static int read_union(struct weir__thrift *t, uint8_t wire_type, int32_t *out,
                      struct weir_error *err)
{
    TRY(weir__thrift_enter(t, wire_type, err));
    int32_t id = 0;
    uint8_t inner;
    *out = 0;
    TRY(weir__thrift_field(t, &id, &inner, err));
    while (inner != WEIR__WIRE_STOP) {
        *out = id;
        TRY(weir__thrift_skip(t, inner, err));
        TRY(weir__thrift_field(t, &id, &inner, err));
    }
    weir__thrift_leave(t);
    return WEIR_OK;
}

static size_t list_element_size(const struct weir__thrift_member *member)
{
    switch (member->kind) {
    case WEIR__THRIFT_LIST_BOOL:
        return sizeof(bool);
    case WEIR__THRIFT_LIST_I64:
        return sizeof(int64_t);
    case WEIR__THRIFT_LIST_STRING:
        return sizeof(struct weir__str);
    case WEIR__THRIFT_LIST_STRUCT:
        return member->table->size;
    default:
        return sizeof(int32_t);
    }
}

static int read_element(struct weir__thrift *t, const struct weir__thrift_member *member,
                        uint8_t element, void *out, struct weir_error *err)
{
    int64_t wide = 0;
    uint8_t byte;
    switch (member->kind) {
    case WEIR__THRIFT_LIST_BOOL:
        if (element != WEIR__WIRE_TRUE && element != WEIR__WIRE_FALSE)
            return thrift_wrong(err, "a bool", element);
        if (!weir__cursor_u8(&t->in, &byte))
            return thrift_short(err);
        *(bool *)out = byte == 1;
        return WEIR_OK;
    case WEIR__THRIFT_LIST_I32:
        TRY(read_integer(t, element, 32, &wide, err));
        *(int32_t *)out = (int32_t)wide;
        return WEIR_OK;
    case WEIR__THRIFT_LIST_I64:
        return read_integer(t, element, 64, (int64_t *)out, err);
    case WEIR__THRIFT_LIST_STRING:
        return read_string(t, element, (struct weir__str *)out, err);
    case WEIR__THRIFT_LIST_UNION:
        return read_union(t, element, (int32_t *)out, err);
    default:
        if (element != WEIR__WIRE_STRUCT)
            return thrift_wrong(err, "a struct", element);
        return weir__thrift_struct(t, member->table, out, err);
    }
}

static int read_list(struct weir__thrift *t, const struct weir__thrift_member *member,
                     uint8_t wire_type, uint8_t *out, struct weir_error *err)
{
    uint8_t element;
    size_t count;
    size_t min_bytes = member->kind == WEIR__THRIFT_LIST_STRUCT ? member->table->min_bytes : 1;
    TRY(weir__thrift_list(t, wire_type, min_bytes, &element, &count, err));
    size_t size = list_element_size(member);
    uint8_t *items = weir__arena_alloc(t->arena, count, size, err);
    if (!items)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(read_element(t, member, element, items + i * size, err));
    memcpy(out + member->offset, &items, sizeof items);
    memcpy(out + member->extra, &count, sizeof count);
    return WEIR_OK;
}

static int read_bool(uint8_t wire_type, bool *out, struct weir_error *err)
{
    if (wire_type != WEIR__WIRE_TRUE && wire_type != WEIR__WIRE_FALSE)
        return thrift_wrong(err, "a bool", wire_type);
    *out = wire_type == WEIR__WIRE_TRUE;
    return WEIR_OK;
}

static int read_scalar(struct weir__thrift *t, const struct weir__thrift_member *member,
                       uint8_t wire_type, uint8_t *out, struct weir_error *err)
{
    static const int widths[] = {[WEIR__THRIFT_I8] = 8,
                                 [WEIR__THRIFT_I16] = 16,
                                 [WEIR__THRIFT_I32] = 32,
                                 [WEIR__THRIFT_I64] = 64};
    void *place = out + member->offset;
    int64_t wide = 0;
    bool flag = false;
    switch (member->kind) {
    case WEIR__THRIFT_BOOL:
        return read_bool(wire_type, (bool *)place, err);
    case WEIR__THRIFT_TRISTATE:
        TRY(read_bool(wire_type, &flag, err));
        *(int8_t *)place = flag;
        return WEIR_OK;
    case WEIR__THRIFT_I8:
    case WEIR__THRIFT_I16:
    case WEIR__THRIFT_I32:
        TRY(read_integer(t, wire_type, widths[member->kind], &wide, err));
        *(int32_t *)place = (int32_t)wide;
        return WEIR_OK;
    case WEIR__THRIFT_I64:
        return read_integer(t, wire_type, 64, (int64_t *)place, err);
    case WEIR__THRIFT_STRING:
        return read_string(t, wire_type, (struct weir__str *)place, err);
    case WEIR__THRIFT_UNION:
        return read_union(t, wire_type, (int32_t *)place, err);
    case WEIR__THRIFT_STRUCT:
        if (wire_type != WEIR__WIRE_STRUCT)
            return thrift_wrong(err, "a struct", wire_type);
        return weir__thrift_struct(t, member->table, place, err);
    default:
        return member->call(t, wire_type, out, err);
    }
}

static int read_member(struct weir__thrift *t, const struct weir__thrift_member *member,
                       uint8_t wire_type, uint8_t *out, struct weir_error *err)
{
    if (member->kind >= WEIR__THRIFT_LIST_BOOL && member->kind <= WEIR__THRIFT_LIST_UNION)
        return read_list(t, member, wire_type, out, err);
    TRY(read_scalar(t, member, wire_type, out, err));
    if (member->extra)
        *(bool *)(void *)(out + member->extra) = true;
    return WEIR_OK;
}

static const struct weir__thrift_member *find_member(const struct weir__thrift_table *table,
                                                     int32_t id)
{
    for (uint8_t i = 0; i < table->n_members; i++) {
        if (table->members[i].id == id)
            return &table->members[i];
    }
    return NULL;
}

static int check_required(const struct weir__thrift_table *table, uint64_t seen,
                          struct weir_error *err)
{
    for (uint8_t i = 0; i < table->n_members; i++) {
        const struct weir__thrift_member *member = &table->members[i];
        if (member->is_required && !(seen >> member->id & 1))
            return weir__fail(err, WEIR_CORRUPT, "%s lacks its field %u", table->name, member->id);
    }
    return WEIR_OK;
}

int weir__thrift_struct(struct weir__thrift *t, const struct weir__thrift_table *table, void *out,
                        struct weir_error *err)
{
    TRY(weir__thrift_enter(t, WEIR__WIRE_STRUCT, err));
    if (table->defaults)
        table->defaults(out);
    uint64_t seen = 0;
    int32_t id = 0;
    uint8_t wire_type;
    TRY(weir__thrift_field(t, &id, &wire_type, err));
    while (wire_type != WEIR__WIRE_STOP) {
        const struct weir__thrift_member *member = find_member(table, id);
        if (!member) {
            TRY(weir__thrift_skip(t, wire_type, err));
        } else if (seen >> member->id & 1) {
            return weir__fail(err, WEIR_CORRUPT, "%s has its field %d twice", table->name, id);
        } else {
            seen |= (uint64_t)1 << member->id;
            TRY(read_member(t, member, wire_type, (uint8_t *)out, err));
        }
        TRY(weir__thrift_field(t, &id, &wire_type, err));
    }
    weir__thrift_leave(t);
    return check_required(table, seen, err);
}
