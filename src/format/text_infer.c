/* text_infer.c: collecting what values look like, and deciding. */
#include "format/text_infer.h"

#include "format/text_value.h"

/* root NULL: the new node is one. */
static int node_new(const struct weir_env *env, struct weir__infer *root, struct weir__str name,
                    struct weir__infer **out, struct weir_error *err)
{
    if (root && root->n_nodes >= WEIR__MAX_COLUMNS)
        return weir__fail(err, WEIR_INVALID, "over %d columns in the sample", WEIR__MAX_COLUMNS);
    AUTO(infer) struct weir__infer *node = weir__alloc_zero(env, 1, sizeof *node, err);
    if (!node)
        return WEIR_NO_MEMORY;
    node->env = env;
    node->root = root ? root : node;
    node->name = weir__strndup(env, name.len ? name.data : "", name.len, err);
    if (!node->name)
        return WEIR_NO_MEMORY;
    node->name_len = name.len;
    node->root->n_nodes++;
    *out = TAKE(node);
    return WEIR_OK;
}

int weir__infer_new(const struct weir_env *env, struct weir__infer **out, struct weir_error *err)
{
    return node_new(env, NULL, STR_NULL, out, err);
}

void weir__infer_free(struct weir__infer *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->n_members; i++)
        weir__infer_free(node->members[i]);
    weir__infer_free(node->item);
    weir__free(node->env, (const void *)node->members);
    weir__free(node->env, node->table);
    weir__free(node->env, node->name);
    weir__free(node->env, node);
}

void weir__infer_freep(struct weir__infer **node)
{
    weir__infer_free(*node);
    *node = NULL;
}

static bool member_is(const struct weir__infer *member, struct weir__str name)
{
    return member->name_len == name.len && memcmp(member->name, name.data, name.len) == 0;
}

static uint32_t *table_find(const struct weir__infer *node, struct weir__str name)
{
    size_t mask = node->table_size - 1;
    size_t at = (size_t)weir__hash_bytes(name.data, name.len) & mask;
    while (node->table[at] && !member_is(node->members[node->table[at] - 1], name))
        at = (at + 1) & mask;
    return &node->table[at];
}

/* Room for one more member, in the list and in the table. */
static int members_grow(struct weir__infer *node, struct weir_error *err)
{
    if (node->n_members < node->cap_members)
        return WEIR_OK;
    size_t cap = node->cap_members ? node->cap_members * 2 : 16;
    struct weir__infer **members =
        weir__resize(node->env, (void *)node->members, cap * sizeof(struct weir__infer *), err);
    if (!members)
        return WEIR_NO_MEMORY;
    node->members = members;
    uint32_t *table = weir__alloc_zero(node->env, cap * 2, sizeof *table, err);
    if (!table)
        return WEIR_NO_MEMORY;
    weir__free(node->env, node->table);
    node->table = table;
    node->table_size = cap * 2;
    node->cap_members = cap;
    for (size_t i = 0; i < node->n_members; i++) {
        struct weir__str name = {members[i]->name, members[i]->name_len};
        *table_find(node, name) = (uint32_t)i + 1;
    }
    return WEIR_OK;
}

int weir__infer_member(struct weir__infer *node, struct weir__str name, struct weir__infer **out,
                       struct weir_error *err)
{
    if (node->guess < node->n_members && member_is(node->members[node->guess], name)) {
        *out = node->members[node->guess++];
        return WEIR_OK;
    }
    TRY(members_grow(node, err));
    uint32_t *entry = table_find(node, name);
    if (*entry == 0) {
        TRY(node_new(node->env, node->root, name, &node->members[node->n_members], err));
        *entry = (uint32_t)++node->n_members;
    }
    node->guess = *entry;
    *out = node->members[*entry - 1];
    return WEIR_OK;
}

int weir__infer_item(struct weir__infer *node, struct weir__infer **out, struct weir_error *err)
{
    if (!node->item)
        TRY(node_new(node->env, node->root, weir__str_of("item"), &node->item, err));
    *out = node->item;
    return WEIR_OK;
}

uint32_t weir__infer_time(struct weir__str text)
{
    struct weir__timestamp parsed;
    int64_t days;
    if (text.len < 10 || text.len > 40 || text.data[4] != '-' || text.data[7] != '-')
        return WEIR__SEEN_TEXT;
    if (weir__date_parse(text, &days))
        return WEIR__SEEN_DATE;
    if (!weir__rfc3339_parse(text, &parsed))
        return WEIR__SEEN_TEXT;
    /* nanoseconds reach from 1678 to 2261 only */
    bool is_nano = parsed.nanosecond % 1000 != 0 && parsed.seconds > INT64_C(-9214560000) &&
                   parsed.seconds < INT64_C(9214646400);
    return (uint32_t)(parsed.has_zone ? WEIR__SEEN_ZONED : WEIR__SEEN_LOCAL) |
           (is_nano ? (uint32_t)WEIR__SEEN_NANO : 0);
}

uint32_t weir__infer_number(struct weir__str text)
{
    int64_t value;
    uint64_t magnitude;
    double number;
    if (text.len == 0 || !weir__text_has_plain_digits(text))
        return 0;
    char first = text.data[0];
    bool is_signed = first == '-' || first == '+';
    bool is_minus_zero = first == '-' && text.len == 2 && text.data[1] == '0';
    if (!is_minus_zero && weir__parse_i64(text, &value))
        return WEIR__SEEN_INT | (value < 0 ? (uint32_t)WEIR__SEEN_NEGATIVE : 0);
    if (weir__parse_u64(text, &magnitude))
        return WEIR__SEEN_BIG;
    if (!weir__parse_f64(text, &number))
        return 0;
    char lead = text.data[is_signed];
    return (lead >= '0' && lead <= '9') || lead == '.' ? WEIR__SEEN_FLOAT : WEIR__SEEN_WORD;
}

static bool only(uint32_t seen, uint32_t allowed)
{
    return (seen & ~allowed) == 0;
}

/* The format string of the type; nested ones have children. */
static const char *decide(const struct weir__infer *node)
{
    const uint32_t numbers =
        WEIR__SEEN_INT | WEIR__SEEN_NEGATIVE | WEIR__SEEN_BIG | WEIR__SEEN_FLOAT | WEIR__SEEN_WORD;
    uint32_t seen = node->seen;
    if (seen == 0)
        return "u";
    if (only(seen, numbers) && seen != WEIR__SEEN_WORD) {
        if (seen & (WEIR__SEEN_FLOAT | WEIR__SEEN_WORD))
            return "g";
        if (!(seen & WEIR__SEEN_BIG))
            return "l";
        return seen & WEIR__SEEN_NEGATIVE ? "g" : "L";
    }
    if (seen == WEIR__SEEN_BOOL)
        return "b";
    if (seen == WEIR__SEEN_DATE)
        return "tdD";
    if (only(seen, WEIR__SEEN_ZONED | WEIR__SEEN_NANO))
        return seen & WEIR__SEEN_NANO ? "tsn:UTC" : "tsu:UTC";
    if (only(seen, WEIR__SEEN_LOCAL | WEIR__SEEN_DATE | WEIR__SEEN_NANO))
        return seen & WEIR__SEEN_NANO ? "tsn:" : "tsu:";
    if (seen == WEIR__SEEN_LIST)
        return "+l";
    return seen == WEIR__SEEN_OBJECT && node->n_members > 0 ? "+s" : "u";
}

static int node_schema(const struct weir__infer *node, const char *format, bool is_nullable,
                       struct ArrowSchema *out, struct weir_error *err)
{
    bool is_list = strcmp(format, "+l") == 0;
    int64_t n = strcmp(format, "+s") == 0 ? (int64_t)node->n_members : is_list;
    AUTO(schema) struct ArrowSchema schema = {0};
    TRY(weir__schema_make(node->env, format, node->name, is_nullable, n, &schema, err));
    for (int64_t i = 0; i < n; i++) {
        const struct weir__infer *child = is_list ? node->item : node->members[i];
        TRY(node_schema(child, decide(child), true, schema.children[i], err));
    }
    *out = schema;
    schema.release = NULL;
    return WEIR_OK;
}

int weir__infer_schema(const struct weir__infer *node, struct ArrowSchema *out,
                       struct weir_error *err)
{
    return node_schema(node, "+s", false, out, err);
}

void weir__infer_mark(const struct weir__infer *node, struct weir__text_column *column)
{
    /* A column that was text and nothing else stays so; a mixture or an unknown takes anything. */
    const uint32_t texts =
        WEIR__SEEN_TEXT | WEIR__SEEN_DATE | WEIR__SEEN_ZONED | WEIR__SEEN_LOCAL | WEIR__SEEN_NANO;
    column->is_inferred = true;
    column->is_loose =
        column->type.kind == WEIR__KIND_STRING && (node->seen == 0 || !only(node->seen, texts));
    for (int64_t i = 0; i < column->n_children; i++) {
        weir__infer_mark(column->type.kind == WEIR__KIND_LIST ? node->item : node->members[i],
                         &column->children[i]);
    }
}
