/* list.c: the listing iterator over the pages of a backend.
 *
 * The hard idea: keys come in ascending byte order, so "each object once" and start_after are one
 * comparison with the last key, and nothing is held but the current page. */
#include "storage/store.h"

#define PAGE_TEXT_MAX_BYTES (64u << 20) /* 1000 keys of 1 KiB and their versions fit many times */

struct weir_object_iter {
    struct weir_storage *st;
    const struct weir_cancel *cancel;
    char *prefix;
    char *start_after; /* "" = from the beginning */
    struct weir_list_options options;
    bool is_directories;
    struct weir_storage_page page;
    struct weir__page_entries entries;
    size_t i;            /* the next entry of the page */
    int64_t page_number; /* of the current page; -1 before the first */
    int64_t n_delivered;
    struct weir__buf last; /* the last key delivered, with its NUL */
    struct weir_object shown;
    int failed; /* a failure is final: the state of the backend is unknown */
    struct weir_error failure;
};

int weir_storage_page_add(struct weir_storage_page *page, const struct weir_object *object,
                          struct weir_error *err)
{
    struct weir__page_entries *entries = page->entries;
    struct weir__page_entry entry = {
        .key_at = entries->text.len,
        .size_bytes = object->size_bytes,
        .modified_us = object->modified_us,
        .is_partial = object->is_partial,
        .is_prefix = object->is_prefix,
    };
    TRY(weir__buf_append(&entries->text, object->key, strlen(object->key) + 1, err));
    entry.etag_at = entries->text.len;
    const char *etag = object->etag ? object->etag : "";
    TRY(weir__buf_append(&entries->text, etag, strlen(etag) + 1, err));
    return weir__buf_append(&entries->records, &entry, sizeof entry, err);
}

void weir_object_iter_free(struct weir_object_iter *it)
{
    if (!it)
        return;
    const struct weir_env *env = it->st->env;
    if (it->page.state && it->page.state_free)
        it->page.state_free(it->page.state);
    weir__buf_dispose(&it->entries.text);
    weir__buf_dispose(&it->entries.records);
    weir__buf_dispose(&it->last);
    weir__free(env, it->prefix);
    weir__free(env, it->start_after);
    struct weir_storage *st = it->st;
    weir__free(env, it);
    weir_storage_unref(st);
}

void weir__object_iter_freep(struct weir_object_iter **it)
{
    weir_object_iter_free(*it);
    *it = NULL;
}

static int iter_new(struct weir_storage *st, const char *prefix, const char *start_after,
                    const struct weir_cancel *cancel, struct weir_object_iter **out,
                    struct weir_error *err)
{
    const struct weir_env *env = weir__storage_env(st);
    struct weir_object_iter *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->st = weir_storage_ref(st);
    made->cancel = cancel;
    made->page_number = -1;
    made->entries.text = weir__buf_make(env, PAGE_TEXT_MAX_BYTES);
    made->entries.records = weir__buf_make(env, PAGE_TEXT_MAX_BYTES);
    made->last = weir__buf_make(env, PAGE_TEXT_MAX_BYTES);
    made->page.entries = &made->entries;
    AUTO(object_iter) struct weir_object_iter *it = made;
    it->prefix = weir__strdup(env, prefix, err);
    if (!it->prefix)
        return WEIR_NO_MEMORY;
    it->start_after = weir__strdup(env, start_after ? start_after : "", err);
    if (!it->start_after)
        return WEIR_NO_MEMORY;
    *out = TAKE(it);
    return WEIR_OK;
}

int weir_storage_list(struct weir_storage *st, const char *prefix,
                      const struct weir_list_options *options, const struct weir_cancel *cancel,
                      struct weir_object_iter **out, struct weir_error *err)
{
    static const struct weir_list_options defaults;
    options = options ? options : &defaults;
    TRY(weir_storage_check_list_prefix(prefix, err));
    if (options->limit < 0)
        return weir__fail(err, WEIR_INVALID, "list: negative limit");
    if (options->start_after && strlen(options->start_after) > WEIR_KEY_MAX_BYTES)
        return weir__fail(err, WEIR_INVALID, "list: start_after is longer than 1024 bytes");
    TRY(weir_cancel_check(cancel, err));
    struct weir_object_iter *it = NULL;
    TRY(iter_new(st, prefix, options->start_after, cancel, &it, err));
    it->options = *options;
    it->options.start_after = it->start_after;
    *out = it;
    return WEIR_OK;
}

int weir_storage_list_directories(struct weir_storage *st, const char *prefix,
                                  const struct weir_cancel *cancel, struct weir_object_iter **out,
                                  struct weir_error *err)
{
    TRY(weir_storage_check_list_prefix(prefix, err));
    if (!st->ops->list_directories) {
        return weir__fail(err, WEIR_UNSUPPORTED, "a %s store has no directories",
                          weir_storage_type(st));
    }
    TRY(weir_cancel_check(cancel, err));
    size_t len = strlen(prefix);
    char whole[WEIR_KEY_MAX_BYTES + 2];
    memcpy(whole, prefix, len + 1);
    if (len && whole[len - 1] != '/')
        memcpy(whole + len, "/", 2);
    struct weir_object_iter *it = NULL;
    TRY(iter_new(st, whole, NULL, cancel, &it, err));
    it->options.start_after = it->start_after;
    it->is_directories = true;
    *out = it;
    return WEIR_OK;
}

static int page_fetch(struct weir_object_iter *it, struct weir_error *err)
{
    struct weir_storage *st = it->st;
    struct weir_list_options options = it->options;
    if (options.limit)
        options.limit -= it->n_delivered; /* so that the last page asks for no more than needed */
    weir__buf_clear(&it->entries.text);
    weir__buf_clear(&it->entries.records);
    it->i = 0;
    struct weir__call call;
    TRY(weir__call_begin(&call, st, WEIR_VERB_LIST, it->prefix, it->cancel, err));
    struct weir_storage_request request = {
        .key = it->prefix, .cancel = it->cancel, .cost = &call.cost, .list = &options};
    int status = it->is_directories ? st->ops->list_directories(st->ctx, &request, &it->page, err)
                                    : st->ops->list(st->ctx, &request, &it->page, err);
    TRY(weir__call_end(&call, status));
    it->page_number++;
    return WEIR_OK;
}

static size_t page_count(const struct weir_object_iter *it)
{
    return it->entries.records.len / sizeof(struct weir__page_entry);
}

static void entry_show(struct weir_object_iter *it, size_t i)
{
    struct weir__page_entry entry;
    memcpy(&entry, it->entries.records.data + i * sizeof entry, sizeof entry);
    const char *text = (const char *)it->entries.text.data;
    it->shown = (struct weir_object){
        .key = text + entry.key_at,
        .size_bytes = entry.size_bytes,
        .modified_us = entry.modified_us,
        .etag = text + entry.etag_at,
        .is_partial = entry.is_partial,
        .is_prefix = entry.is_prefix,
        .page = it->page_number,
    };
}

/* Is the shown entry new: above the last one, and above start_after (a common prefix may lie before
 * it and still hold keys behind it)? */
static bool entry_is_new(const struct weir_object_iter *it)
{
    if (it->n_delivered && strcmp(it->shown.key, (const char *)it->last.data) <= 0)
        return false;
    return it->is_directories || it->shown.is_prefix || !*it->start_after ||
           strcmp(it->shown.key, it->start_after) > 0;
}

/* *out NULL: the end. */
static int iter_step(struct weir_object_iter *it, const struct weir_object **out,
                     struct weir_error *err)
{
    *out = NULL;
    if (it->options.limit && it->n_delivered >= it->options.limit)
        return WEIR_OK;
    for (;;) {
        while (it->i < page_count(it)) {
            entry_show(it, it->i++);
            if (!entry_is_new(it))
                continue;
            weir__buf_clear(&it->last);
            TRY(weir__buf_append(&it->last, it->shown.key, strlen(it->shown.key) + 1, err));
            it->n_delivered++;
            *out = &it->shown;
            return WEIR_OK;
        }
        if (it->page.is_last)
            return WEIR_OK;
        TRY(page_fetch(it, err));
    }
}

int weir_object_iter_next(struct weir_object_iter *it, const struct weir_object **out,
                          struct weir_error *err)
{
    const struct weir_object *found = NULL;
    if (!it->failed)
        it->failed = iter_step(it, &found, &it->failure);
    if (it->failed) {
        if (err)
            *err = it->failure;
        return it->failed;
    }
    *out = found;
    return WEIR_OK;
}
