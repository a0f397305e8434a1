/* text_column.c: growing and finishing the columns of a batch read from text. */
#include "format/text_column.h"

#include <inttypes.h>
#include <stdio.h>

#define LINEAR_CHILDREN 8 /* up to so many, names are compared one by one */
#define FIRST_ELEMENTS 64
#define FIRST_BYTES 256
#define MAX_NULLS_BYTES (UINT64_C(64) << 20)

/* Bytes of one entry of `values`; 0: bits or none. */
static size_t entry_bytes(const struct weir__text_column *column)
{
    switch (column->type.kind) {
    case WEIR__KIND_STRING:
    case WEIR__KIND_BINARY:
    case WEIR__KIND_LIST:
    case WEIR__KIND_MAP:
        return sizeof(int32_t);
    case WEIR__KIND_LARGE_STRING:
    case WEIR__KIND_LARGE_BINARY:
    case WEIR__KIND_LARGE_LIST:
        return sizeof(int64_t);
    case WEIR__KIND_NULL:
    case WEIR__KIND_BOOL:
    case WEIR__KIND_STRUCT:
    case WEIR__KIND_FIXED_LIST:
        return 0;
    default:
        return (size_t)column->type.width_bytes;
    }
}

static bool has_offsets(enum weir__kind kind)
{
    return kind == WEIR__KIND_STRING || kind == WEIR__KIND_BINARY || kind == WEIR__KIND_LIST ||
           kind == WEIR__KIND_MAP || kind == WEIR__KIND_LARGE_STRING ||
           kind == WEIR__KIND_LARGE_BINARY || kind == WEIR__KIND_LARGE_LIST;
}

static bool has_values(enum weir__kind kind)
{
    return kind != WEIR__KIND_NULL && kind != WEIR__KIND_STRUCT && kind != WEIR__KIND_FIXED_LIST;
}

static int check_supported(const struct weir__text_column *column, struct weir_error *err)
{
    switch (column->type.kind) {
    case WEIR__KIND_INTERVAL_MONTHS:
    case WEIR__KIND_INTERVAL_DAY_TIME:
    case WEIR__KIND_INTERVAL_MONTH_DAY_NANO:
    case WEIR__KIND_BINARY_VIEW:
    case WEIR__KIND_STRING_VIEW:
        break;
    default:
        if (!column->type.is_dictionary)
            return WEIR_OK;
    }
    char words[128];
    weir__type_describe(&column->type, words);
    return weir__fail(err, WEIR_UNSUPPORTED, "column %s: %s cannot be read from text", column->name,
                      words);
}

/* `"name":` as a compact writer prints it, for guessing the next member. */
static int make_key(struct weir__text_column *column, struct weir_error *err)
{
    for (size_t i = 0; i < column->name_len; i++) {
        unsigned char c = (unsigned char)column->name[i];
        if (c < 0x20 || c == '"' || c == '\\')
            return WEIR_OK;
    }
    column->key_len = column->name_len + 3;
    column->key = weir__alloc_zero(column->env, column->key_len + 16, 1, err);
    if (!column->key)
        return WEIR_NO_MEMORY;
    column->key[0] = '"';
    memcpy(column->key + 1, column->name, column->name_len);
    memcpy(column->key + 1 + column->name_len, "\":", 2);
    return WEIR_OK;
}

static uint32_t *table_find(const struct weir__text_column *column, const char *name, size_t len)
{
    uint32_t at = (uint32_t)weir__hash_bytes(name, len) & column->table_mask;
    for (;; at = (at + 1) & column->table_mask) {
        uint32_t entry = column->table[at];
        if (entry == 0)
            return &column->table[at];
        const struct weir__text_column *child = &column->children[entry - 1];
        if (child->name_len == len && memcmp(child->name, name, len) == 0)
            return &column->table[at];
    }
}

static int make_table(struct weir__text_column *column, struct weir_error *err)
{
    if (column->n_children <= LINEAR_CHILDREN)
        return WEIR_OK;
    size_t size = 16;
    while (size < (size_t)column->n_children * 2)
        size *= 2;
    column->table = weir__alloc_zero(column->env, size, sizeof *column->table, err);
    if (!column->table)
        return WEIR_NO_MEMORY;
    column->table_mask = (uint32_t)size - 1;
    for (int64_t i = 0; i < column->n_children; i++) {
        uint32_t *entry =
            table_find(column, column->children[i].name, column->children[i].name_len);
        if (*entry == 0)
            *entry = (uint32_t)i + 1;
    }
    return WEIR_OK;
}

static size_t null_bytes(const struct weir__text_column *column)
{
    size_t n = entry_bytes(column) + 1;
    size_t times = column->type.kind == WEIR__KIND_STRUCT;
    if (column->type.kind == WEIR__KIND_FIXED_LIST)
        times = (size_t)column->type.list_size;
    for (int64_t i = 0; times > 0 && i < column->n_children; i++) {
        size_t more;
        if (__builtin_mul_overflow(times, column->children[i].null_bytes, &more) ||
            __builtin_add_overflow(n, more, &n))
            return SIZE_MAX;
    }
    return n;
}

static int init_children(struct weir__text_column *column, int depth, struct weir_error *err);

static int column_init(const struct weir_env *env, const struct ArrowSchema *schema,
                       struct weir__text_column *parent, int depth, struct weir__text_column *out,
                       struct weir_error *err)
{
    *out = (struct weir__text_column){.env = env, .schema = schema, .parent = parent};
    out->name = schema->name ? schema->name : "";
    out->name_len = strlen(out->name);
    out->is_nullable = schema->flags & ARROW_FLAG_NULLABLE;
    if (depth > WEIR__MAX_NESTING) {
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: nested deeper than %d", out->name,
                          WEIR__MAX_NESTING);
    }
    TRY(weir__type_parse(schema, &out->type, err));
    TRY(check_supported(out, err));
    TRY(make_key(out, err));
    TRY(init_children(out, depth, err));
    out->null_bytes = null_bytes(out);
    return WEIR_OK;
}

static int init_children(struct weir__text_column *column, int depth, struct weir_error *err)
{
    int64_t n = column->schema->n_children;
    if (n == 0)
        return WEIR_OK;
    if (n < 0 || n > WEIR__MAX_COLUMNS)
        return weir__fail(err, WEIR_INVALID, "column %s: %" PRId64 " children", column->name, n);
    column->children = weir__alloc_zero(column->env, (size_t)n, sizeof *column->children, err);
    if (!column->children)
        return WEIR_NO_MEMORY;
    for (int64_t i = 0; i < n; i++) {
        struct weir__text_column *child = &column->children[i];
        column->n_children = i + 1; /* so that dispose sees what is half made */
        TRY(column_init(column->env, column->schema->children[i], column, depth + 1, child, err));
        child->follower = (uint32_t)((i + 1) % n);
        column->has_required |= !child->is_nullable;
    }
    return make_table(column, err);
}

int weir__text_column_init(const struct weir_env *env, const struct ArrowSchema *schema,
                           struct weir__text_column *parent, struct weir__text_column *out,
                           struct weir_error *err)
{
    int status = column_init(env, schema, parent, 0, out, err);
    if (status)
        weir__text_column_dispose(out);
    return status;
}

void weir__text_column_dispose(struct weir__text_column *column)
{
    for (int64_t i = 0; i < column->n_children; i++)
        weir__text_column_dispose(&column->children[i]);
    const struct weir_env *env = column->env;
    if (!env)
        return;
    weir__free(env, column->children);
    weir__free(env, column->table);
    weir__free(env, column->key);
    weir__free(env, column->validity);
    weir__free(env, column->values);
    weir__free(env, column->bytes);
    *column = (struct weir__text_column){0};
}

struct weir__text_column *weir__text_column_find(const struct weir__text_column *column,
                                                 const char *name, size_t len)
{
    if (column->table) {
        uint32_t entry = *table_find(column, name, len);
        return entry ? &column->children[entry - 1] : NULL;
    }
    for (int64_t i = 0; i < column->n_children; i++) {
        struct weir__text_column *child = &column->children[i];
        if (child->name_len == len && memcmp(child->name, name, len) == 0)
            return child;
    }
    return NULL;
}

void weir__text_column_path(const struct weir__text_column *column, char *out, size_t cap)
{
    const struct weir__text_column *chain[WEIR__MAX_NESTING + 2];
    size_t n = 0;
    for (; column->parent && n < COUNT_OF(chain); column = column->parent) {
        if (column->parent->type.kind == WEIR__KIND_STRUCT &&
            (!column->parent->parent || column->parent->parent->type.kind != WEIR__KIND_MAP))
            chain[n++] = column;
    }
    size_t at = 0;
    out[0] = '\0';
    while (n > 0 && at < cap) {
        const struct weir__text_column *link = chain[--n];
        int wrote = snprintf(out + at, cap - at, n ? "%s." : "%s", link->name);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
}

int64_t weir__text_rows_a_batch(const struct weir__text_column *root, int64_t batch_rows)
{
    int64_t most = (int64_t)(MAX_NULLS_BYTES / root->null_bytes);
    if (most < 1)
        most = 1;
    return batch_rows < most ? batch_rows : most;
}

/* Resize one buffer, new bytes zeroed. */
static int grow_block(struct weir__text_column *column, uint8_t **block, size_t before,
                      size_t after, struct weir_error *err)
{
    uint8_t *grown = weir__resize(column->env, *block, after, err);
    if (!grown)
        return WEIR_NO_MEMORY;
    if (after > before)
        memset(grown + before, 0, after - before);
    *block = grown;
    return WEIR_OK;
}

static size_t bits_bytes(int64_t n)
{
    return ((size_t)n + 63) / 64 * 8;
}

/* Room for element i. */
static int column_grow(struct weir__text_column *column, int64_t i, struct weir_error *err)
{
    if (i < column->cap)
        return WEIR_OK;
    int64_t cap = column->cap ? column->cap * 2 : column->cap_before;
    if (cap < FIRST_ELEMENTS)
        cap = FIRST_ELEMENTS;
    if (cap <= i)
        cap = i + 1;
    if (cap > INT32_MAX / 2) {
        return weir__fail(err, WEIR_INVALID, "column %s: over %d values in one batch", column->name,
                          INT32_MAX / 2);
    }
    enum weir__kind kind = column->type.kind;
    if (has_values(kind)) {
        size_t entry = entry_bytes(column);
        size_t extra = has_offsets(kind) ? 1 : 0;
        size_t before = entry ? ((size_t)column->cap + extra) * entry : bits_bytes(column->cap);
        size_t after = entry ? ((size_t)cap + extra) * entry : bits_bytes(cap);
        if (!column->values)
            before = 0;
        TRY(grow_block(column, &column->values, before, after, err));
    }
    if (column->validity)
        TRY(grow_block(column, &column->validity, bits_bytes(column->cap), bits_bytes(cap), err));
    column->cap = cap;
    return WEIR_OK;
}

/* The bitmap, from the first null on. */
static int make_validity(struct weir__text_column *column, struct weir_error *err)
{
    if (column->validity)
        return WEIR_OK;
    TRY(grow_block(column, &column->validity, 0, bits_bytes(column->cap), err));
    memset(column->validity, 0xff, (size_t)column->length / 8);
    for (int64_t i = column->length & ~INT64_C(7); i < column->length; i++)
        weir__bit_set(column->validity, i);
    return WEIR_OK;
}

/* The end of an element without content. */
static void end_empty(struct weir__text_column *column, int64_t i)
{
    enum weir__kind kind = column->type.kind;
    size_t entry = entry_bytes(column);
    if (kind == WEIR__KIND_LIST || kind == WEIR__KIND_LARGE_LIST || kind == WEIR__KIND_MAP) {
        weir__text_list_end(column, i);
    } else if (has_offsets(kind)) {
        weir__text_bytes_end(column, i);
    } else if (kind == WEIR__KIND_BOOL) {
        weir__bit_clear(column->values, i);
    } else if (entry) {
        memset(column->values + (size_t)i * entry, 0, entry);
    }
}

/* A required column below a null parent holds a value that nobody looks at. */
static int append_null(struct weir__text_column *column, struct weir_error *err)
{
    int64_t i = column->length;
    TRY(column_grow(column, i, err));
    if (column->is_nullable || column->validity) {
        TRY(make_validity(column, err));
        weir__bit_clear(column->validity, i);
        column->null_count++;
    }
    end_empty(column, i);
    column->length = i + 1;
    return WEIR_OK;
}

int weir__text_pad(struct weir__text_column *column, int64_t length, struct weir_error *err)
{
    while (column->length < length)
        TRY(append_null(column, err));
    return WEIR_OK;
}

int weir__text_null(struct weir__text_column *column, int64_t i, struct weir_error *err)
{
    TRY(weir__text_pad(column, i, err));
    return append_null(column, err);
}

int weir__text_slot_slow(struct weir__text_column *column, int64_t i, struct weir_error *err)
{
    ASSERT(column->length <= i);
    TRY(weir__text_pad(column, i, err));
    TRY(column_grow(column, i, err));
    if (column->validity)
        weir__bit_set(column->validity, i);
    column->length = i + 1;
    return WEIR_OK;
}

int weir__text_bytes_slow(struct weir__text_column *column, size_t n, struct weir_error *err)
{
    size_t need;
    if (__builtin_add_overflow(column->n_bytes, n + WEIR__TEXT_SLACK, &need) || need > INT32_MAX) {
        return weir__fail(err, WEIR_INVALID, "column %s: over 2 GiB of text in one batch",
                          column->name);
    }
    if (need <= column->cap_bytes && column->bytes)
        return WEIR_OK;
    size_t cap = column->cap_bytes ? column->cap_bytes * 2 : column->cap_bytes_before;
    if (cap < FIRST_BYTES)
        cap = FIRST_BYTES;
    if (cap < need)
        cap = need;
    uint8_t *bytes = weir__resize(column->env, column->bytes, cap, err);
    if (!bytes)
        return WEIR_NO_MEMORY;
    column->bytes = bytes;
    column->cap_bytes = cap;
    return WEIR_OK;
}

void weir__text_list_end(struct weir__text_column *column, int64_t i)
{
    int64_t end = column->children[0].length;
    if (column->type.kind == WEIR__KIND_LARGE_LIST) {
        ((int64_t *)(void *)column->values)[i + 1] = end;
    } else {
        ((int32_t *)(void *)column->values)[i + 1] = (int32_t)end;
    }
}

/* Children of a struct are as long as it is; those of a list as long as they grew. */
static int64_t child_length(const struct weir__text_column *column, int64_t i)
{
    if (column->type.kind == WEIR__KIND_STRUCT)
        return column->length;
    if (column->type.kind == WEIR__KIND_FIXED_LIST)
        return column->length * column->type.list_size;
    return column->children[i].length;
}

static void column_restart(struct weir__text_column *column)
{
    column->cap_before = column->length;
    column->cap_bytes_before = column->n_bytes + column->n_bytes / 8 + WEIR__TEXT_SLACK;
    column->length = column->cap = column->null_count = 0;
    column->n_bytes = column->cap_bytes = 0;
    column->validity = column->values = column->bytes = NULL;
}

int weir__text_column_finish(struct weir__text_column *column, int64_t length,
                             struct ArrowArray *out, struct weir_error *err)
{
    TRY(weir__text_pad(column, length, err));
    if (length == 0)
        TRY(column_grow(column, 0, err)); /* offsets exist even for nothing */
    enum weir__kind kind = column->type.kind;
    int64_t n_buffers = weir__kind_buffers(kind);
    AUTO(array) struct ArrowArray array = {0};
    TRY(weir__array_make(column->env, n_buffers, column->n_children, false, &array, err));
    if (n_buffers == 3)
        TRY(weir__text_bytes_room(column, 0, err));
    for (int64_t i = 0; i < column->n_children; i++) {
        TRY(weir__text_column_finish(&column->children[i], child_length(column, i),
                                     array.children[i], err));
    }
    array.length = length;
    array.null_count = kind == WEIR__KIND_NULL ? length : column->null_count;
    if (n_buffers > 0) {
        weir__array_own(&array, 0, column->validity);
    } else {
        weir__free(column->env, column->validity);
    }
    if (n_buffers > 1)
        weir__array_own(&array, 1, column->values);
    if (n_buffers > 2)
        weir__array_own(&array, 2, column->bytes);
    column_restart(column);
    weir__array_move(&array, out);
    return WEIR_OK;
}
