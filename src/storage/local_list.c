/* local_list.c: listings of a local store as pages over a walk, and cleaning. */
#include "storage/walk.h"

#define CLEAN_AGE_US (INT64_C(24) * 3600 * 1000000) /* spec/storage.md 5.1 */

static void page_walk_free(void *state)
{
    weir__walk_free(state);
}

static int item_add(struct weir_storage_page *page, const struct weir__walk_item *item,
                    struct weir_error *err)
{
    char etag[WEIR_ETAG_BYTES] = "";
    struct weir_object object = {
        .key = item->key,
        .etag = etag,
        .is_partial = item->is_partial,
        .is_prefix = item->is_prefix,
    };
    if (!item->is_prefix) {
        weir__local_stat_etag(&item->stat, etag);
        object.size_bytes = item->stat.size_bytes;
        object.modified_us = item->stat.modified_ns / 1000;
    }
    return weir_storage_page_add(page, &object, err);
}

static int page_fill(struct weir__walk *walk, const struct weir_storage_request *request,
                     struct weir_storage_page *page, struct weir_error *err)
{
    int64_t room = WEIR__STORAGE_PAGE;
    if (request->list->limit && request->list->limit < room)
        room = request->list->limit;
    for (;;) {
        struct weir__walk_item item;
        bool found = false;
        TRY(weir__walk_next(walk, request->cancel, &item, &found, err));
        page->is_last = !found;
        if (!found)
            return WEIR_OK;
        if (room-- == 0) {
            weir__walk_push_back(walk); /* it begins the next page */
            return WEIR_OK;
        }
        TRY(item_add(page, &item, err));
    }
}

static int list_page(struct weir__local_store *store, enum weir__walk_kind kind,
                     const struct weir_storage_request *request, struct weir_storage_page *page,
                     struct weir_error *err)
{
    if (!page->state) {
        struct weir__walk *walk = NULL;
        TRY(weir__walk_new(store, kind, request->key, request->list, &walk, err));
        page->state = walk;
        page->state_free = page_walk_free;
    }
    return page_fill(page->state, request, page, err);
}

int weir__local_list(void *ctx, const struct weir_storage_request *request,
                     struct weir_storage_page *page, struct weir_error *err)
{
    return list_page(ctx, WEIR__WALK_OBJECTS, request, page, err);
}

int weir__local_list_directories(void *ctx, const struct weir_storage_request *request,
                                 struct weir_storage_page *page, struct weir_error *err)
{
    return list_page(ctx, WEIR__WALK_DIRECTORIES, request, page, err);
}

int weir__local_clean(void *ctx, const struct weir_storage_request *request, int64_t *out_n_removed,
                      struct weir_error *err)
{
    struct weir__local_store *store = ctx;
    AUTO(walk) struct weir__walk *walk = NULL;
    TRY(weir__walk_new(store, WEIR__WALK_TEMPORARY, "", NULL, &walk, err));
    int64_t now_us = store->env->wall_us(store->env->clock_ctx);
    for (;;) {
        struct weir__walk_item item;
        bool found = false;
        TRY(weir__walk_next(walk, request->cancel, &item, &found, err));
        if (!found)
            return WEIR_OK;
        if (now_us - item.stat.modified_ns / 1000 < CLEAN_AGE_US)
            continue;
        TRY(weir__walk_unlink(walk, err));
        ++*out_n_removed;
    }
}
