/* prune.c: the predicates of a scan against each row group: statistics, page index, then probes. */
#include "format/parquet/prune.h"

#include "format/parquet/footer.h"

#define PRUNER_MAX_BYTES ((size_t)256 << 20)
#define INDEX_MAX_BYTES (64 << 20)

struct weir__pruner {
    const struct weir_env *env;
    struct weir_parquet_reader *reader;
    struct weir__condition *conditions;
    size_t n_conditions;
    struct weir__arena arena; /* conditions and their bytes */
    struct weir__arena group; /* of the current row group: indexes and ranges */
};

/* Which member of a predicate is read depends on the column; where none fits, nothing is told. */
static bool can_tell(const struct parquet_leaf *leaf)
{
    if (leaf->max_rep > 0 || leaf->convert == PARQUET_AS_DECIMAL ||
        leaf->convert == PARQUET_AS_NULL)
        return false;
    enum weir__stat_order order = weir__stat_order_of(leaf);
    return order != WEIR__STAT_NONE && order != WEIR__STAT_HALF && order != WEIR__STAT_DECIMAL;
}

static int bind(struct weir__pruner *pruner, const struct weir_predicate *predicate,
                struct weir__condition *out, struct weir_error *err)
{
    const struct parquet_schema *schema = &pruner->reader->schema;
    const struct parquet_field *field = NULL;
    for (size_t i = 0; i < schema->root.n_children && !field; i++) {
        if (weir__str_is(schema->root.children[i].name, predicate->column))
            field = &schema->root.children[i];
    }
    if (!field)
        return weir__fail(err, WEIR_NOT_FOUND, "%s: no column %s",
                          weir__parquet_name(pruner->reader), predicate->column);
    out->compare = predicate->compare;
    out->i = predicate->i;
    out->f = predicate->f;
    if (field->shape == PARQUET_SHAPE_LEAF && can_tell(&schema->leaves[field->first_leaf])) {
        out->leaf = &schema->leaves[field->first_leaf];
        out->leaf_index = field->first_leaf;
    }
    char *bytes = weir__arena_alloc(&pruner->arena, predicate->n_bytes, 1, err);
    if (!bytes)
        return WEIR_NO_MEMORY;
    if (predicate->n_bytes > 0)
        memcpy(bytes, predicate->bytes, predicate->n_bytes);
    out->bytes = (struct weir__str){bytes, predicate->n_bytes};
    return WEIR_OK;
}

static int bind_all(struct weir__pruner *pruner, const struct weir_predicate *predicates, size_t n,
                    struct weir_error *err)
{
    pruner->conditions = weir__arena_alloc(&pruner->arena, n, sizeof *pruner->conditions, err);
    if (!pruner->conditions)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(bind(pruner, &predicates[i], &pruner->conditions[i], err));
    pruner->n_conditions = n;
    return WEIR_OK;
}

int weir__pruner_new(struct weir_parquet_reader *reader, const struct weir_predicate *predicates,
                     size_t n, struct weir__pruner **out, struct weir_error *err)
{
    struct weir__pruner *pruner = weir__alloc_zero(reader->env, 1, sizeof *pruner, err);
    if (!pruner)
        return WEIR_NO_MEMORY;
    pruner->env = reader->env;
    pruner->reader = reader;
    pruner->arena = weir__arena_make(reader->env, PRUNER_MAX_BYTES);
    pruner->group = weir__arena_make(reader->env, PRUNER_MAX_BYTES);
    int status = bind_all(pruner, predicates, n, err);
    if (status != WEIR_OK)
        weir__pruner_free(pruner);
    else
        *out = pruner;
    return status;
}

void weir__pruner_free(struct weir__pruner *pruner)
{
    if (!pruner)
        return;
    weir__arena_dispose(&pruner->arena);
    weir__arena_dispose(&pruner->group);
    weir__free(pruner->env, pruner);
}

/* ---- row group ----------------------------------------------------------------------------- */

static bool group_may(struct weir__pruner *pruner, const struct weir__condition *condition,
                      const struct parquet_row_group *group)
{
    const struct parquet_column_chunk *chunk = &group->columns[condition->leaf_index];
    const struct parquet_statistics *statistics = &chunk->statistics;
    struct weir__value_facts facts = {
        .is_all_null = statistics->has_null_count && statistics->null_count == chunk->n_values,
        .has_no_null = condition->leaf->max_def == 0 ||
                       (statistics->has_null_count && statistics->null_count == 0),
        .has_no_nan = statistics->has_nan_count && statistics->nan_count == 0,
    };
    weir__stat_bounds_get(pruner->reader, condition->leaf_index, chunk, &facts.min, &facts.max);
    return weir__condition_may(condition, &facts) &&
           weir__chunk_may_hold(pruner->reader, condition, chunk);
}

/* ---- pages --------------------------------------------------------------------------------- */

/* Bytes of an index, copied into the group's arena; NULL when there is none to be trusted. */
static const uint8_t *index_bytes(struct weir__pruner *pruner, int64_t offset, int32_t n)
{
    struct weir_parquet_reader *reader = pruner->reader;
    const uint8_t *data;
    uint8_t *block;
    if (offset <= 0 || n <= 0 || n > INDEX_MAX_BYTES ||
        (uint64_t)offset > reader->input.size_bytes ||
        (uint64_t)n > reader->input.size_bytes - (uint64_t)offset)
        return NULL;
    uint8_t *copy = weir__arena_alloc(&pruner->group, (size_t)n, 1, NULL);
    if (!copy ||
        weir__parquet_bytes(reader, (uint64_t)offset, (size_t)n, &data, &block, NULL) != WEIR_OK)
        return NULL;
    memcpy(copy, data, (size_t)n);
    weir__free(reader->env, block);
    return copy;
}

struct page_indexes {
    struct parquet_column_index columns;
    struct parquet_offset_index offsets;
};

static bool read_indexes(struct weir__pruner *pruner, const struct parquet_column_chunk *chunk,
                         int64_t n_rows, struct page_indexes *out)
{
    const uint8_t *columns =
        index_bytes(pruner, chunk->column_index_offset, chunk->column_index_bytes);
    const uint8_t *offsets =
        index_bytes(pruner, chunk->offset_index_offset, chunk->offset_index_bytes);
    if (!columns || !offsets ||
        weir__column_index_read(&pruner->group, columns, (size_t)chunk->column_index_bytes,
                                &out->columns, NULL) != WEIR_OK ||
        weir__offset_index_read(&pruner->group, offsets, (size_t)chunk->offset_index_bytes,
                                &out->offsets, NULL) != WEIR_OK)
        return false;
    size_t n = out->offsets.n_pages;
    if (n == 0 || n != out->columns.n_pages || out->offsets.pages[0].first_row != 0)
        return false;
    for (size_t i = 1; i < n; i++) {
        if (out->offsets.pages[i].first_row <= out->offsets.pages[i - 1].first_row)
            return false;
    }
    return out->offsets.pages[n - 1].first_row < n_rows;
}

static bool page_may(const struct weir__condition *condition, const struct page_indexes *indexes,
                     size_t page)
{
    const struct parquet_column_index *index = &indexes->columns;
    bool is_null_page = index->null_pages[page];
    struct weir__value_facts facts = {
        .is_all_null = is_null_page,
        .has_no_null = condition->leaf->max_def == 0 ||
                       (index->null_counts && index->null_counts[page] == 0 && !is_null_page),
        .has_no_nan = index->nan_counts && index->nan_counts[page] == 0,
    };
    if (!is_null_page) {
        facts.min = weir__stat_bound_of(condition->leaf, index->min_values[page], false);
        facts.max = weir__stat_bound_of(condition->leaf, index->max_values[page], false);
    }
    return weir__condition_may(condition, &facts);
}

struct range_list {
    struct weir__row_range *ranges;
    size_t n;
};

/* Ranges of rows whose pages may match; neighbours are joined. */
static int page_ranges(struct weir__pruner *pruner, const struct weir__condition *condition,
                       const struct page_indexes *indexes, int64_t n_rows, struct range_list *out,
                       struct weir_error *err)
{
    size_t n = indexes->offsets.n_pages;
    const struct parquet_page_location *pages = indexes->offsets.pages;
    out->n = 0;
    out->ranges = weir__arena_alloc(&pruner->group, n, sizeof *out->ranges, err);
    if (!out->ranges)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (!page_may(condition, indexes, i))
            continue;
        int64_t end = i + 1 < n ? pages[i + 1].first_row : n_rows;
        if (out->n > 0 && out->ranges[out->n - 1].end == pages[i].first_row)
            out->ranges[out->n - 1].end = end;
        else
            out->ranges[out->n++] = (struct weir__row_range){pages[i].first_row, end};
    }
    return WEIR_OK;
}

static int intersect(struct weir__pruner *pruner, struct range_list *list,
                     const struct range_list *other, struct weir_error *err)
{
    struct range_list both = {NULL, 0};
    both.ranges = weir__arena_alloc(&pruner->group, list->n + other->n, sizeof *both.ranges, err);
    if (!both.ranges)
        return WEIR_NO_MEMORY;
    size_t i = 0, j = 0;
    while (i < list->n && j < other->n) {
        const struct weir__row_range *a = &list->ranges[i], *b = &other->ranges[j];
        int64_t begin = a->begin > b->begin ? a->begin : b->begin;
        int64_t end = a->end < b->end ? a->end : b->end;
        if (begin < end)
            both.ranges[both.n++] = (struct weir__row_range){begin, end};
        if (a->end < b->end)
            i++;
        else
            j++;
    }
    *list = both;
    return WEIR_OK;
}

static int prune_pages(struct weir__pruner *pruner, const struct weir__condition *condition,
                       const struct parquet_row_group *group, struct range_list *list,
                       struct weir_error *err)
{
    const struct parquet_column_chunk *chunk = &group->columns[condition->leaf_index];
    struct page_indexes indexes;
    memset(&indexes, 0, sizeof indexes);
    if (!weir__stat_bounds_trusted(pruner->reader, condition->leaf_index) ||
        !read_indexes(pruner, chunk, group->n_rows, &indexes))
        return WEIR_OK;
    struct range_list pages;
    TRY(page_ranges(pruner, condition, &indexes, group->n_rows, &pages, err));
    return intersect(pruner, list, &pages, err);
}

int weir__pruner_group(struct weir__pruner *pruner, size_t group,
                       const struct weir__row_range **out, size_t *out_n, struct weir_error *err)
{
    const struct parquet_row_group *meta = &pruner->reader->meta.row_groups[group];
    *out_n = 0;
    weir__arena_dispose(&pruner->group);
    struct range_list list = {NULL, 1};
    list.ranges = weir__arena_alloc(&pruner->group, 1, sizeof *list.ranges, err);
    if (!list.ranges)
        return WEIR_NO_MEMORY;
    list.ranges[0] = (struct weir__row_range){0, meta->n_rows};
    for (size_t i = 0; i < pruner->n_conditions; i++) {
        if (pruner->conditions[i].leaf && !group_may(pruner, &pruner->conditions[i], meta))
            return WEIR_OK;
    }
    for (size_t i = 0; i < pruner->n_conditions && list.n > 0; i++) {
        if (pruner->conditions[i].leaf)
            TRY(prune_pages(pruner, &pruner->conditions[i], meta, &list, err));
    }
    *out = list.ranges;
    *out_n = list.n;
    return WEIR_OK;
}
