/* schema.c: ArrowSchema nodes made, copied, compared, and their metadata.
 *
 * A node made here owns one private record; its release frees children and dictionary first, filled
 * or not. */
#include "columnar/type.h"

struct schema_private {
    const struct weir_env *env;
    char *format, *name;
    uint8_t *metadata;
    struct ArrowSchema *child_block; /* all children, one allocation */
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
};

static void schema_release(struct ArrowSchema *schema)
{
    struct schema_private *own = schema->private_data;
    const struct weir_env *env = own->env;
    for (int64_t i = 0; i < schema->n_children; i++)
        weir__schema_freep(own->children[i]);
    if (own->dictionary)
        weir__schema_freep(own->dictionary);
    weir__free(env, own->format);
    weir__free(env, own->name);
    weir__free(env, own->metadata);
    weir__free(env, own->child_block);
    weir__free(env, (const void *)own->children);
    weir__free(env, own->dictionary);
    weir__free(env, own);
    *schema = (struct ArrowSchema){0};
}

void weir__schema_freep(struct ArrowSchema *schema)
{
    if (schema->release)
        schema->release(schema);
    schema->release = NULL;
}

static int schema_children(const struct weir_env *env, struct schema_private *own,
                           int64_t n_children, struct weir_error *err)
{
    if (n_children == 0)
        return WEIR_OK;
    own->child_block = weir__alloc_zero(env, (size_t)n_children, sizeof *own->child_block, err);
    own->children = weir__alloc_zero(env, (size_t)n_children, sizeof(struct ArrowSchema *), err);
    if (!own->child_block || !own->children)
        return WEIR_NO_MEMORY;
    for (int64_t i = 0; i < n_children; i++)
        own->children[i] = &own->child_block[i];
    return WEIR_OK;
}

int weir__schema_make(const struct weir_env *env, const char *format, const char *name,
                      bool is_nullable, int64_t n_children, struct ArrowSchema *out,
                      struct weir_error *err)
{
    ASSERT(n_children >= 0 && n_children <= WEIR__MAX_COLUMNS);
    struct schema_private *own = weir__alloc_zero(env, 1, sizeof *own, err);
    if (!own)
        return WEIR_NO_MEMORY;
    own->env = env;
    AUTO(schema) struct ArrowSchema made = {.release = schema_release, .private_data = own};
    TRY(schema_children(env, own, n_children, err));
    own->format = weir__strdup(env, format, err);
    own->name = weir__strdup(env, name ? name : "", err);
    if (!own->format || !own->name)
        return WEIR_NO_MEMORY;
    made.format = own->format;
    made.name = own->name;
    made.flags = is_nullable ? ARROW_FLAG_NULLABLE : 0;
    made.n_children = n_children;
    made.children = own->children;
    *out = made;
    made.release = NULL;
    return WEIR_OK;
}

static int64_t metadata_i32(const char *at)
{
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Length of an Arrow metadata block. The C interface gives no bound, so the producer is trusted
 * here. */
static size_t metadata_bytes(const char *metadata)
{
    const char *at = metadata + 4;
    int64_t n = metadata_i32(metadata);
    for (int64_t i = 0; i < 2 * n; i++)
        at += 4 + metadata_i32(at);
    return (size_t)(at - metadata);
}

static int schema_own_metadata(struct ArrowSchema *schema, const void *data, size_t n,
                               struct weir_error *err)
{
    struct schema_private *own = schema->private_data;
    uint8_t *copy = NULL;
    if (n > 0) {
        copy = weir__alloc(own->env, n, err);
        if (!copy)
            return WEIR_NO_MEMORY;
        memcpy(copy, data, n);
    }
    weir__free(own->env, own->metadata);
    own->metadata = copy;
    schema->metadata = (const char *)copy;
    return WEIR_OK;
}

static int schema_copy(const struct weir_env *env, const struct ArrowSchema *from, int depth,
                       struct ArrowSchema *out, struct weir_error *err)
{
    if (depth > WEIR__MAX_NESTING || from->n_children < 0 || from->n_children > WEIR__MAX_COLUMNS)
        return weir__fail(err, WEIR_INVALID, "column %s: nested too deep or too wide",
                          from->name ? from->name : "");
    AUTO(schema) struct ArrowSchema copy = {0};
    TRY(weir__schema_make(env, from->format, from->name, false, from->n_children, &copy, err));
    copy.flags = from->flags;
    if (from->metadata)
        TRY(schema_own_metadata(&copy, from->metadata, metadata_bytes(from->metadata), err));
    for (int64_t i = 0; i < from->n_children; i++)
        TRY(schema_copy(env, from->children[i], depth + 1, copy.children[i], err));
    if (from->dictionary) {
        TRY(weir__schema_set_dictionary(env, &copy, from->dictionary, err));
    }
    *out = copy;
    copy.release = NULL;
    return WEIR_OK;
}

int weir__schema_copy(const struct weir_env *env, const struct ArrowSchema *from,
                      struct ArrowSchema *out, struct weir_error *err)
{
    return schema_copy(env, from, 0, out, err);
}

int weir__schema_set_dictionary(const struct weir_env *env, struct ArrowSchema *schema,
                                const struct ArrowSchema *values, struct weir_error *err)
{
    struct schema_private *own = schema->private_data;
    ASSERT(schema->release == schema_release && !own->dictionary);
    if (values->dictionary)
        return weir__fail(err, WEIR_UNSUPPORTED, "column %s: dictionary of a dictionary",
                          schema->name);
    struct ArrowSchema *node = weir__alloc_zero(env, 1, sizeof *node, err);
    if (!node)
        return WEIR_NO_MEMORY;
    int status = weir__schema_copy(env, values, node, err);
    if (status) {
        weir__free(env, node);
        return status;
    }
    own->dictionary = node;
    schema->dictionary = node;
    return WEIR_OK;
}

int weir__schema_rename(const struct weir_env *env, struct ArrowSchema *schema, const char *name,
                        struct weir_error *err)
{
    struct schema_private *own = schema->private_data;
    ASSERT(schema->release == schema_release);
    char *copy = weir__strdup(env, name, err);
    if (!copy)
        return WEIR_NO_MEMORY;
    weir__free(env, own->name);
    own->name = copy;
    schema->name = copy;
    return WEIR_OK;
}

int weir__schema_set_metadata(const struct weir_env *env, struct ArrowSchema *schema,
                              const struct weir__str *names, const struct weir__str *values,
                              size_t n, struct weir_error *err)
{
    ASSERT(schema->release == schema_release);
    AUTO(buf) struct weir__buf block = weir__buf_make(env, INT32_MAX);
    int32_t count = (int32_t)n;
    TRY(weir__buf_append(&block, &count, sizeof count, err));
    for (size_t i = 0; i < n; i++) {
        const struct weir__str pair[2] = {names[i], values[i]};
        for (size_t k = 0; k < 2; k++) {
            if (pair[k].len > INT32_MAX)
                return weir__fail(err, WEIR_INVALID, "metadata of over 2 GiB");
            int32_t len = (int32_t)pair[k].len;
            TRY(weir__buf_append(&block, &len, sizeof len, err));
            TRY(weir__buf_append(&block, pair[k].data, pair[k].len, err));
        }
    }
    return schema_own_metadata(schema, block.data, n ? block.len : 0, err);
}

size_t weir__schema_metadata_count(const struct ArrowSchema *schema)
{
    int64_t n = schema->metadata ? metadata_i32(schema->metadata) : 0;
    return n > 0 ? (size_t)n : 0;
}

bool weir__schema_metadata_at(const struct ArrowSchema *schema, size_t i, struct weir__str *name,
                              struct weir__str *value)
{
    if (i >= weir__schema_metadata_count(schema))
        return false;
    const char *at = schema->metadata + 4;
    for (size_t k = 0; k < 2 * i; k++)
        at += 4 + metadata_i32(at);
    *name = (struct weir__str){at + 4, (size_t)metadata_i32(at)};
    at += 4 + name->len;
    *value = (struct weir__str){at + 4, (size_t)metadata_i32(at)};
    return true;
}

bool weir__schema_metadata_get(const struct ArrowSchema *schema, const char *name,
                               struct weir__str *out)
{
    struct weir__str found, value;
    for (size_t i = 0; weir__schema_metadata_at(schema, i, &found, &value); i++) {
        if (weir__str_is(found, name)) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool text_equal(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool schema_equal(const struct ArrowSchema *a, const struct ArrowSchema *b, int depth)
{
    if (depth > WEIR__MAX_NESTING || !text_equal(a->format, b->format) ||
        !text_equal(a->name, b->name) || a->flags != b->flags || a->n_children != b->n_children ||
        !a->dictionary != !b->dictionary)
        return false;
    for (int64_t i = 0; i < a->n_children; i++) {
        if (!schema_equal(a->children[i], b->children[i], depth + 1))
            return false;
    }
    return !a->dictionary || schema_equal(a->dictionary, b->dictionary, depth + 1);
}

bool weir__schema_equal(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
    return schema_equal(a, b, 0);
}

int64_t weir__schema_find(const struct ArrowSchema *schema, const char *name)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (text_equal(schema->children[i]->name, name))
            return i;
    }
    return -1;
}
