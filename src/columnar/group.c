/* group.c: rows with equal values of some columns get one group, numbered by first appearance.
 *
 * An open-addressing table of group numbers; a row's hash is mixed column by column, so each
 * column's kind is looked up once. Rows next to an equal row skip the table: sorted and runny input
 * is the common case. */
#include "columnar/kernels.h"
#include "columnar/order.h"

#define GROUP_MAX_COLUMNS 64

struct grouper {
    struct weir__ordered columns[GROUP_MAX_COLUMNS];
    size_t n_columns;
    int64_t shift; /* struct offset: children do not carry it */
    uint64_t *hashes;
    int64_t *slots; /* group + 1, 0 = empty */
    size_t mask;
    struct weir__buf first; /* int64_t row of each group */
};

static bool rows_equal(const struct grouper *group, int64_t i, int64_t j)
{
    for (size_t c = 0; c < group->n_columns; c++) {
        const struct weir__ordered *column = &group->columns[c];
        if (!weir__ordered_equal(column, group->shift + i, column, group->shift + j))
            return false;
    }
    return true;
}

static void rows_hash(struct grouper *group, int64_t n)
{
    memset(group->hashes, 0, (size_t)n * sizeof *group->hashes);
    for (size_t c = 0; c < group->n_columns; c++) {
        const struct weir__ordered *column = &group->columns[c];
        for (int64_t i = 0; i < n; i++) {
            uint64_t mixed = group->hashes[i] * 0x9e3779b97f4a7c15u;
            group->hashes[i] = mixed ^ weir__ordered_hash(column, group->shift + i);
        }
    }
}

static const int64_t *first_rows(const struct grouper *group)
{
    return (const int64_t *)(const void *)group->first.data;
}

static int group_of(struct grouper *group, int64_t row, int64_t *out, struct weir_error *err)
{
    uint64_t hash = group->hashes[row];
    size_t at = (hash ^ hash >> 32) & group->mask;
    for (; group->slots[at] != 0; at = (at + 1) & group->mask) {
        int64_t candidate = group->slots[at] - 1;
        int64_t first = first_rows(group)[candidate];
        if (group->hashes[first] == hash && rows_equal(group, first, row)) {
            *out = candidate;
            return WEIR_OK;
        }
    }
    *out = (int64_t)(group->first.len / sizeof(int64_t));
    TRY(weir__buf_append(&group->first, &row, sizeof row, err));
    group->slots[at] = *out + 1;
    return WEIR_OK;
}

static int rows_group(struct grouper *group, int64_t n, int64_t *out_groups, struct weir_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        bool same =
            i > 0 && group->hashes[i] == group->hashes[i - 1] && rows_equal(group, i - 1, i);
        if (same)
            out_groups[i] = out_groups[i - 1];
        else
            TRY(group_of(group, i, &out_groups[i], err));
    }
    return WEIR_OK;
}

/* Hashes and a table at most half full, in one block. */
static int tables_make(struct grouper *group, int64_t n, struct weir__buf *space,
                       struct weir_error *err)
{
    size_t size = 64;
    while (size < (size_t)n * 2)
        size *= 2;
    TRY(weir__buf_reserve(space, (size_t)n * sizeof(uint64_t) + size * sizeof(int64_t), err));
    group->hashes = (uint64_t *)(void *)space->data;
    group->slots = (int64_t *)(void *)(space->data + (size_t)n * sizeof(uint64_t));
    memset(group->slots, 0, size * sizeof(int64_t));
    group->mask = size - 1;
    return WEIR_OK;
}

int weir__group_by(const struct weir_env *env, const struct ArrowSchema *schema,
                   const struct ArrowArray *batch, const int64_t *columns, size_t n_columns,
                   int64_t *out_groups, int64_t **out_first, int64_t *out_n_groups,
                   struct weir_error *err)
{
    if (n_columns > GROUP_MAX_COLUMNS)
        return weir__fail(err, WEIR_INVALID, "at most %d columns to group by", GROUP_MAX_COLUMNS);
    AUTO(buf) struct weir__buf space = weir__buf_make(env, SIZE_MAX / 2);
    struct grouper group = {.n_columns = n_columns, .shift = batch->offset};
    for (size_t c = 0; c < n_columns; c++)
        TRY(weir__ordered_make(schema->children[columns[c]], batch->children[columns[c]],
                               &group.columns[c], err));
    TRY(tables_make(&group, batch->length, &space, err));
    rows_hash(&group, batch->length);
    AUTO(buf) struct weir__buf first = weir__buf_make(env, SIZE_MAX / 2);
    group.first = first;
    int status = weir__buf_reserve(&group.first, sizeof(int64_t), err);
    if (status == WEIR_OK)
        status = rows_group(&group, batch->length, out_groups, err);
    first = group.first;
    TRY(status);
    *out_n_groups = (int64_t)(first.len / sizeof(int64_t));
    *out_first = (int64_t *)(void *)weir__buf_take(&first);
    return WEIR_OK;
}
