/* snapshot.c: listings run concurrently, each into memory of its own; the gate sees them all. */
#include "table/snapshot.h"

#include <stdlib.h>

struct listed_list {
    struct weir__listed *items;
    size_t n, cap;
};

/* One listing of the plan. */
struct listing {
    struct weir__region region;
    struct listed_list found;
    const struct weir__plan *plan;
    const char *prefix; /* whole */
    struct weir__str last_partition;
    bool last_matches;
};

struct take {
    struct weir_table *table;
    struct weir__requester r;
    struct weir__plans plans;
    size_t n_base; /* bytes of "P/data/" */
    struct listing *listings;
    struct weir__listed *all; /* of all listings, sorted for the gate */
    size_t n_all;
    const struct weir__listed **kept; /* the files that count */
    size_t n_kept;
    /* Pairs in doubt. */
    struct weir__pair *doubts;
    const struct weir__listed **picked;
    size_t n_doubts;
};

static int list_push(const struct weir_env *env, struct listed_list *list,
                     const struct weir__listed *item, struct weir_error *err)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 256;
        struct weir__listed *grown = weir__resize(env, list->items, cap * sizeof *grown, err);
        if (!grown)
            return WEIR_NO_MEMORY;
        list->items = grown;
        list->cap = cap;
    }
    list->items[list->n++] = *item;
    return WEIR_OK;
}

struct visit {
    struct take *take;
    struct listing *listing;
    size_t number;
};

static int visit(void *arg, const struct weir_object *object, struct weir_error *err)
{
    struct visit *v = arg;
    struct listing *listing = v->listing;
    struct weir__str key = weir__str_of(object->key);
    struct weir__attempt attempt = {0};
    if (object->is_prefix || object->is_partial || key.len <= v->take->n_base)
        return WEIR_OK;
    struct weir__str below = {key.data + v->take->n_base, key.len - v->take->n_base};
    if (weir__key_parse_data(below, &attempt) == WEIR__DATA_FOREIGN)
        return WEIR_OK; /* not ours: directory placeholders, _SUCCESS, temporary files */
    if (!weir__str_eq(attempt.partition, listing->last_partition)) {
        listing->last_matches =
            weir__plan_matches(&v->take->plans, listing->plan, attempt.partition);
        /* Keys of one partition are neighbours; remember the answer where the text lives on. */
        const char *copy = weir__region_text(&listing->region, attempt.partition, err);
        if (!copy)
            return WEIR_NO_MEMORY;
        listing->last_partition = (struct weir__str){copy, attempt.partition.len};
    }
    if (!listing->last_matches)
        return WEIR_OK;
    const char *copy = weir__region_text(&listing->region, key, err);
    if (!copy)
        return WEIR_NO_MEMORY;
    struct weir__str own = {copy + v->take->n_base, below.len};
    (void)weir__key_parse_data(own, &attempt); /* the same text: points into the copy now */
    struct weir__listed item = {.key = copy,
                                .partition = listing->last_partition,
                                .token = attempt.token,
                                .attempt = attempt.id,
                                .size_bytes = object->size_bytes,
                                .modified_us = object->modified_us,
                                .page = (int64_t)(v->number << 32) + object->page};
    return list_push(listing->region.env, &listing->found, &item, err);
}

static int list_one(void *arg, size_t i, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct take *take = arg;
    struct listing *listing = &take->listings[i];
    struct visit v = {take, listing, i};
    return weir__request_list(&take->r, listing->prefix, cancel, visit, &v, err);
}

static int listings_make(struct take *take, const struct weir__selection *selection,
                         struct weir__region *region, struct weir_error *err)
{
    static const char *const everything[] = {"*"};
    struct weir__selection chosen = *selection;
    if (!chosen.texts) {
        chosen.texts = everything;
        chosen.n_texts = 1;
    }
    TRY(weir__plans_make(region, &chosen, &take->plans, err));
    take->listings = weir__region_alloc(region, take->plans.n, sizeof *take->listings, err);
    if (!take->listings)
        return WEIR_NO_MEMORY;
    AUTO(buf) struct weir__buf prefix = weir__buf_make(region->env, 65536);
    TRY(weir__key_append_dir(&prefix, take->table->prefix, WEIR__DIR_DATA, err));
    take->n_base = prefix.len;
    for (size_t i = 0; i < take->plans.n; i++) {
        struct listing *listing = &take->listings[i];
        prefix.len = take->n_base;
        TRY(weir__buf_append_text(&prefix, take->plans.items[i].prefix, err));
        listing->region = weir__region_make(region->env);
        listing->plan = &take->plans.items[i];
        listing->prefix = weir__region_text(
            region, (struct weir__str){(const char *)prefix.data, prefix.len}, err);
        if (!listing->prefix)
            return WEIR_NO_MEMORY;
    }
    return WEIR_OK;
}

static void listings_dispose(struct take *take)
{
    for (size_t i = 0; take->listings && i < take->plans.n; i++) {
        if (take->listings[i].region.env) {
            weir__free(take->listings[i].region.env, take->listings[i].found.items);
            weir__region_dispose(&take->listings[i].region);
        }
    }
}

/* All listings in one array. */
static int join(struct take *take, struct weir__region *region, struct weir_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < take->plans.n; i++)
        n += take->listings[i].found.n;
    struct weir__listed *all = weir__region_alloc(region, n, sizeof *all, err);
    if (!all)
        return WEIR_NO_MEMORY;
    size_t at = 0;
    for (size_t i = 0; i < take->plans.n; i++) {
        const struct listed_list *found = &take->listings[i].found;
        if (found->n > 0)
            memcpy(all + at, found->items, found->n * sizeof *all);
        at += found->n;
    }
    take->all = all;
    take->n_all = weir__listed_sort(all, n);
    return WEIR_OK;
}

static int verify_one(void *arg, size_t i, const struct weir_cancel *cancel, struct weir_error *err)
{
    struct take *take = arg;
    const struct weir__pair *pair = &take->doubts[i];
    struct weir__found_marker found = {0};
    TRY(weir__request_marker(&take->r, pair->marker->key, cancel, &found, err));
    take->picked[i] = weir__gate_pick(pair, found.is_there ? found.marker.attempt : NULL);
    return WEIR_OK;
}

static int kept_compare(const void *a, const void *b)
{
    const struct weir__listed *left = *(const struct weir__listed *const *)a;
    const struct weir__listed *right = *(const struct weir__listed *const *)b;
    int order = weir__str_compare(left->partition, right->partition);
    return order != 0 ? order : strcmp(left->key, right->key);
}

/* The files that count, in order of partition and key. */
static int gate(struct take *take, struct weir__region *region, const struct weir_cancel *cancel,
                struct weir_error *err)
{
    size_t n = take->n_all;
    bool verify_always = (weir_storage_caps(take->r.store) & WEIR_CAP_CHEAP_HEAD) != 0;
    take->kept = weir__region_pointers(region, n, err);
    take->doubts = weir__region_alloc(region, n, sizeof *take->doubts, err);
    take->picked = weir__region_pointers(region, n, err);
    if (!take->kept || !take->doubts || !take->picked)
        return WEIR_NO_MEMORY;
    struct weir__pair pair = {0};
    for (size_t at = 0; weir__pair_next(take->all, n, &at, &pair);) {
        enum weir__verdict verdict = weir__gate_judge(&pair, verify_always);
        if (verdict == WEIR__VERDICT_KEEP) {
            take->kept[take->n_kept++] = &pair.files[0];
        } else if (verdict == WEIR__VERDICT_VERIFY) {
            take->doubts[take->n_doubts++] = pair;
        }
    }
    TRY(weir__table_fan_out(take->table, take->n_doubts, verify_one, take, cancel, err));
    for (size_t i = 0; i < take->n_doubts; i++) {
        if (take->picked[i])
            take->kept[take->n_kept++] = take->picked[i];
    }
    if (take->n_kept > 0)
        qsort(take->kept, take->n_kept, sizeof(void *), kept_compare);
    return WEIR_OK;
}

static int file_copy(struct weir__region *region, const struct weir__listed *from,
                     struct weir__data_file *out, struct weir_error *err)
{
    out->key = weir__region_text(region, weir__str_of(from->key), err);
    out->token = weir__region_text(region, from->token, err);
    out->attempt = weir__region_text(region, from->attempt, err);
    out->size_bytes = from->size_bytes;
    out->modified_us = from->modified_us;
    return out->key && out->token && out->attempt ? WEIR_OK : WEIR_NO_MEMORY;
}

static int snapshot_fill(struct weir__snapshot *snapshot, const struct weir__listed *const *kept,
                         size_t n, struct weir_error *err)
{
    struct weir__region *region = &snapshot->region;
    snapshot->files = weir__region_alloc(region, n, sizeof *snapshot->files, err);
    snapshot->partitions = weir__region_alloc(region, n, sizeof *snapshot->partitions, err);
    if (!snapshot->files || !snapshot->partitions)
        return WEIR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        TRY(file_copy(region, kept[i], &snapshot->files[i], err));
        if (i == 0 || !weir__str_eq(kept[i]->partition, kept[i - 1]->partition)) {
            const char *partition = weir__region_text(region, kept[i]->partition, err);
            if (!partition)
                return WEIR_NO_MEMORY;
            snapshot->partitions[snapshot->n_partitions++] =
                (struct weir__partition_files){partition, &snapshot->files[i], 0};
        }
        snapshot->partitions[snapshot->n_partitions - 1].n_files++;
    }
    snapshot->n_files = n;
    return WEIR_OK;
}

static int take_run(struct take *take, const struct weir__selection *selection,
                    struct weir__region *region, const struct weir_cancel *cancel,
                    struct weir__snapshot *snapshot, struct weir_error *err)
{
    TRY(listings_make(take, selection, region, err));
    TRY(weir__table_fan_out(take->table, take->plans.n, list_one, take, cancel, err));
    TRY(join(take, region, err));
    TRY(gate(take, region, cancel, err));
    return snapshot_fill(snapshot, take->kept, take->n_kept, err);
}

int weir__snapshot_take(struct weir_table *table, const struct weir__selection *selection,
                        const struct weir_cancel *cancel, struct weir__snapshot **out,
                        struct weir_error *err)
{
    AUTO(region) struct weir__region region = weir__region_make(table->env);
    struct weir__snapshot *made = weir__alloc_zero(table->env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->region = weir__region_make(table->env);
    AUTO(snapshot) struct weir__snapshot *snapshot = made;
    struct take take = {.table = table, .r = weir__table_requester(table)};
    int status = take_run(&take, selection, &region, cancel, snapshot, err);
    listings_dispose(&take);
    TRY(status);
    *out = TAKE(snapshot);
    return WEIR_OK;
}

void weir__snapshot_free(struct weir__snapshot *snapshot)
{
    if (!snapshot)
        return;
    const struct weir_env *env = snapshot->region.env;
    weir__region_dispose(&snapshot->region);
    weir__free(env, snapshot);
}

void weir__snapshot_freep(struct weir__snapshot **snapshot)
{
    weir__snapshot_free(*snapshot);
    *snapshot = NULL;
}

int weir__selection_make(const char *const *patterns, size_t n_patterns,
                         const struct weir_read_options *options,
                         const struct weir_table_description *description,
                         struct weir__selection *out, struct weir_error *err)
{
    struct weir__selection selection = {.texts = patterns,
                                        .n_texts = n_patterns,
                                        .parts = description->partition_by,
                                        .n_parts = description->n_partition_by};
    if (options && options->partitions) {
        if (patterns)
            return weir__fail(err, WEIR_INVALID, "patterns and exact partitions are both given");
        selection.texts = options->partitions;
        selection.n_texts = options->n_partitions;
        selection.is_exact = true;
    } else if (!patterns && n_patterns > 0) {
        return weir__fail(err, WEIR_INVALID, "%zu patterns are announced, none is given",
                          n_patterns);
    }
    *out = selection;
    return WEIR_OK;
}
