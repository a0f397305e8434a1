/* dedup.c: which rows of a partition survive (spec/table-store.md 9): sort by (entity, version),
 * then one pass. */
#include "columnar/kernels.h"
#include "columnar/order.h"

#define DEDUP_MAX_ENTITY 32

static bool version_fits(enum weir__kind kind)
{
    return weir__kind_is_integer(kind) || kind == WEIR__KIND_DATE32 || kind == WEIR__KIND_DATE64 ||
           kind == WEIR__KIND_TIMESTAMP;
}

static int columns_make(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                        const struct weir__sort_key *keys, size_t n_keys, struct weir__ordered *out,
                        struct weir_error *err)
{
    for (size_t k = 0; k < n_keys; k++)
        TRY(weir__ordered_make(schema->children[keys[k].column], batch->children[keys[k].column],
                               &out[k], err));
    const struct weir__type *version = &out[n_keys - 1].view.type;
    if (version->is_dictionary || !version_fits(version->kind)) {
        char words[128];
        weir__type_describe(version, words);
        return weir__fail(err, WEIR_INVALID,
                          "version column %s: %s is no integer, date or timestamp",
                          schema->children[keys[n_keys - 1].column]->name, words);
    }
    return WEIR_OK;
}

static bool keys_equal(const struct weir__ordered *columns, size_t n, int64_t i, int64_t j)
{
    for (size_t k = 0; k < n; k++) {
        if (!weir__ordered_equal(&columns[k], i, &columns[k], j))
            return false;
    }
    return true;
}

int weir__dedup(const struct weir_env *env, const struct ArrowSchema *schema,
                const struct ArrowArray *batch, const int64_t *entity_columns, size_t n_entity,
                int64_t version_column, enum weir__dedup_mode mode, int64_t *out_rows,
                int64_t *out_n, struct weir_error *err)
{
    struct weir__sort_key keys[DEDUP_MAX_ENTITY + 1] = {{0}};
    struct weir__ordered columns[DEDUP_MAX_ENTITY + 1];
    if (n_entity == 0 || n_entity > DEDUP_MAX_ENTITY)
        return weir__fail(err, WEIR_INVALID, "an entity key has 1 to %d columns, not %zu",
                          DEDUP_MAX_ENTITY, n_entity);
    for (size_t k = 0; k < n_entity; k++)
        keys[k].column = entity_columns[k];
    keys[n_entity].column = version_column;
    TRY(columns_make(schema, batch, keys, n_entity + 1, columns, err));
    TRY(weir__sort(env, schema, batch, keys, n_entity + 1, out_rows, err));
    /* latest: the last row of each entity; replica: the first of each (entity, version) */
    size_t n_same = mode == WEIR__DEDUP_LATEST ? n_entity : n_entity + 1;
    int64_t n = 0;
    for (int64_t i = 0; i < batch->length; i++) {
        int64_t row = out_rows[i];
        bool same = n > 0 && keys_equal(columns, n_same, batch->offset + out_rows[n - 1],
                                        batch->offset + row);
        if (same && mode == WEIR__DEDUP_LATEST)
            out_rows[n - 1] = row;
        if (!same)
            out_rows[n++] = row;
    }
    *out_n = n;
    return WEIR_OK;
}
