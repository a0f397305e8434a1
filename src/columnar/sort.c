/* sort.c: a stable merge sort of row indices by several keys, and the comparison of two rows. */
#include "columnar/kernels.h"
#include "columnar/order.h"

#define SORT_MAX_KEYS 64

struct sorter {
    struct weir__ordered columns[SORT_MAX_KEYS];
    const struct weir__sort_key *keys;
    size_t n_keys;
};

static int key_compare(const struct weir__ordered *a, int64_t i, const struct weir__ordered *b,
                       int64_t j, const struct weir__sort_key *key)
{
    bool left_null = weir__ordered_is_null(a, i), right_null = weir__ordered_is_null(b, j);
    if (left_null || right_null) {
        int order = (int)right_null - (int)left_null; /* null first */
        return key->nulls_last ? -order : order;
    }
    int order = weir__ordered_compare(a, i, b, j);
    return key->is_descending ? -order : order;
}

static int sorter_compare(const struct sorter *sort, int64_t i, int64_t j)
{
    for (size_t k = 0; k < sort->n_keys; k++) {
        const struct weir__ordered *column = &sort->columns[k];
        int order = key_compare(column, i, column, j, &sort->keys[k]);
        if (order)
            return order;
    }
    return 0;
}

static int sorter_make(struct sorter *sort, const struct ArrowSchema *schema,
                       const struct ArrowArray *batch, const struct weir__sort_key *keys,
                       size_t n_keys, struct weir_error *err)
{
    if (n_keys > SORT_MAX_KEYS)
        return weir__fail(err, WEIR_INVALID, "at most %d sort keys", SORT_MAX_KEYS);
    sort->keys = keys;
    sort->n_keys = n_keys;
    for (size_t k = 0; k < n_keys; k++) {
        int64_t c = keys[k].column;
        ASSERT(c >= 0 && c < batch->n_children);
        TRY(weir__ordered_make(schema->children[c], batch->children[c], &sort->columns[k], err));
    }
    return WEIR_OK;
}

#define SORT_RUN 16

static void insertion_sort(const struct sorter *sort, int64_t *rows, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        int64_t row = rows[i], at = i;
        for (; at > 0 && sorter_compare(sort, rows[at - 1], row) > 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

/* Merge from[lo, mid) and from[mid, hi) into to[lo, hi); equal rows keep the left one first. */
static void merge(const struct sorter *sort, const int64_t *from, int64_t *to, int64_t lo,
                  int64_t mid, int64_t hi)
{
    int64_t i = lo, j = mid, at = lo;
    if (mid >= hi || sorter_compare(sort, from[mid - 1], from[mid]) <= 0) {
        memcpy(to + lo, from + lo, (size_t)(hi - lo) * sizeof *to);
        return;
    }
    while (i < mid && j < hi)
        to[at++] = sorter_compare(sort, from[i], from[j]) <= 0 ? from[i++] : from[j++];
    memcpy(to + at, from + i, (size_t)(mid - i) * sizeof *to);
    at += mid - i;
    memcpy(to + at, from + j, (size_t)(hi - j) * sizeof *to);
}

static void merge_sort(const struct sorter *sort, int64_t *rows, int64_t *scratch, int64_t n)
{
    for (int64_t lo = 0; lo < n; lo += SORT_RUN)
        insertion_sort(sort, rows + lo, n - lo < SORT_RUN ? n - lo : SORT_RUN);
    int64_t *from = rows, *to = scratch;
    for (int64_t width = SORT_RUN; width < n; width *= 2) {
        for (int64_t lo = 0; lo < n; lo += 2 * width) {
            int64_t mid = lo + width < n ? lo + width : n;
            int64_t hi = lo + 2 * width < n ? lo + 2 * width : n;
            merge(sort, from, to, lo, mid, hi);
        }
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != rows)
        memcpy(rows, from, (size_t)n * sizeof *rows);
}

int weir__sort(const struct weir_env *env, const struct ArrowSchema *schema,
               const struct ArrowArray *batch, const struct weir__sort_key *keys, size_t n_keys,
               int64_t *out_indices, struct weir_error *err)
{
    AUTO(buf) struct weir__buf space = weir__buf_make(env, SIZE_MAX / 2);
    size_t n = (size_t)batch->length;
    TRY(weir__buf_reserve(&space, sizeof(struct sorter) + n * sizeof(int64_t), err));
    struct sorter *sort = (struct sorter *)(void *)space.data;
    int64_t *scratch = (int64_t *)(void *)(space.data + sizeof(struct sorter));
    *sort = (struct sorter){0};
    TRY(sorter_make(sort, schema, batch, keys, n_keys, err));
    for (size_t i = 0; i < n; i++)
        out_indices[i] = batch->offset + (int64_t)i;
    merge_sort(sort, out_indices, scratch, batch->length);
    for (size_t i = 0; i < n; i++)
        out_indices[i] -= batch->offset;
    return WEIR_OK;
}

int weir__compare_rows(const struct ArrowSchema *schema, const struct ArrowArray *a, int64_t i,
                       const struct ArrowArray *b, int64_t j, const struct weir__sort_key *keys,
                       size_t n_keys, int *out, struct weir_error *err)
{
    *out = 0;
    for (size_t k = 0; k < n_keys && *out == 0; k++) {
        struct weir__ordered left, right;
        int64_t c = keys[k].column;
        TRY(weir__ordered_make(schema->children[c], a->children[c], &left, err));
        TRY(weir__ordered_make(schema->children[c], b->children[c], &right, err));
        *out = key_compare(&left, a->offset + i, &right, b->offset + j, &keys[k]);
    }
    return WEIR_OK;
}
