/* memory.c: memory stores: their worlds, the registry that lets handles of one name share one, and
 * the test controls (spec/storage.md 8). The verbs are in memory_object.c and memory_list.c.
 *
 * The registry is the one mutable global of the library: "mem://name" means the same objects to
 * every part of a process, and only the process can remember that. It holds nothing while no memory
 * store is open, and names belong to the env they were opened with. */
#include "storage/memory.h"

#define CONFIG_MAX_BYTES ((size_t)16 * 1024)

static struct {
    pthread_mutex_t mutex;
    struct weir__mem_world *first;
} registry = {PTHREAD_MUTEX_INITIALIZER, NULL};

/* ---- Test controls -------------------------------------------------------------------------- */

int64_t weir__mem_now(const struct weir__mem_world *world)
{
    return world->env->wall_us(world->env->clock_ctx);
}

/* Should this call of `verb` meet `fault`? Uses it up. */
static bool fault_take(struct weir__mem_fault *fault)
{
    if (fault->n <= 0)
        return false;
    if (fault->skip > 0) {
        fault->skip--;
        return false;
    }
    fault->n--;
    return true;
}

int weir__mem_begin(struct weir__mem_world *world, enum weir_storage_verb verb,
                    struct weir__mem_fault *out_fault, struct weir_error *err)
{
    weir__mutex_lock(&world->mutex);
    int64_t wait_us = world->locked.latency_us[verb] + world->locked.latency_us[WEIR_VERB_ANY];
    struct weir__mem_fault *own = &world->locked.faults[verb];
    struct weir__mem_fault *any = &world->locked.faults[WEIR_VERB_ANY];
    *out_fault = (struct weir__mem_fault){0};
    if (fault_take(own)) {
        *out_fault = *own;
    } else if (fault_take(any)) {
        *out_fault = *any;
    }
    weir__mutex_unlock(&world->mutex);
    if (wait_us > 0)
        world->env->sleep_us(world->env->clock_ctx, wait_us);
    if (out_fault->code && out_fault->when == WEIR_MEM_FAIL_BEFORE)
        return weir__fail(err, out_fault->code, "memory store: failure asked for by the test");
    return WEIR_OK;
}

int weir__mem_end(const struct weir__mem_fault *fault, int status, struct weir_error *err)
{
    if (fault->code && fault->when == WEIR_MEM_FAIL_AFTER)
        return weir__fail(err, fault->code, "memory store: answer lost as asked for by the test");
    return status;
}

/* NULL, and `err` filled with UNSUPPORTED, if it is another kind of store. */
static struct weir__mem_world *world_of(struct weir_storage *st, struct weir_error *err)
{
    struct weir__mem_world *world = st ? weir__storage_ctx(st, &weir__memory_ops) : NULL;
    if (!world)
        (void)weir__fail(err, WEIR_UNSUPPORTED, "test controls need a memory store");
    return world;
}

static bool verb_is_known(enum weir_storage_verb verb)
{
    return (int)verb >= 0 && (int)verb < WEIR_VERB_COUNT;
}

int weir_storage_mem_set_latency(struct weir_storage *st, enum weir_storage_verb verb,
                                 int64_t latency_us, struct weir_error *err)
{
    struct weir__mem_world *world = world_of(st, err);
    if (!world)
        return WEIR_UNSUPPORTED;
    if (!verb_is_known(verb) || latency_us < 0)
        return weir__fail(err, WEIR_INVALID, "memory store: no such verb, or a negative latency");
    weir__mutex_lock(&world->mutex);
    world->locked.latency_us[verb] = latency_us;
    weir__mutex_unlock(&world->mutex);
    return WEIR_OK;
}

int weir_storage_mem_fail_next(struct weir_storage *st, enum weir_storage_verb verb, int64_t skip,
                               int64_t n, int code, enum weir_mem_failure when,
                               struct weir_error *err)
{
    struct weir__mem_world *world = world_of(st, err);
    if (!world)
        return WEIR_UNSUPPORTED;
    if (!verb_is_known(verb) || skip < 0 || n < 0 || (n && code <= 0))
        return weir__fail(err, WEIR_INVALID, "memory store: no such verb, count or code");
    weir__mutex_lock(&world->mutex);
    world->locked.faults[verb] = (struct weir__mem_fault){skip, n, code, when};
    weir__mutex_unlock(&world->mutex);
    return WEIR_OK;
}

int weir_storage_mem_set_list_delay(struct weir_storage *st, int64_t delay_us,
                                    struct weir_error *err)
{
    struct weir__mem_world *world = world_of(st, err);
    if (!world)
        return WEIR_UNSUPPORTED;
    if (delay_us < 0)
        return weir__fail(err, WEIR_INVALID, "memory store: negative delay");
    weir__mutex_lock(&world->mutex);
    world->locked.list_delay_us = delay_us;
    weir__mutex_unlock(&world->mutex);
    return WEIR_OK;
}

int weir_storage_mem_set_page_size(struct weir_storage *st, int64_t n_entries,
                                   struct weir_error *err)
{
    struct weir__mem_world *world = world_of(st, err);
    if (!world)
        return WEIR_UNSUPPORTED;
    if (n_entries < 0 || n_entries > WEIR__STORAGE_PAGE)
        return weir__fail(err, WEIR_INVALID, "memory store: a page has 1 to 1000 entries");
    weir__mutex_lock(&world->mutex);
    world->locked.page_size = n_entries ? n_entries : WEIR__STORAGE_PAGE;
    weir__mutex_unlock(&world->mutex);
    return WEIR_OK;
}

/* ---- Worlds --------------------------------------------------------------------------------- */

static void world_free(struct weir__mem_world *world)
{
    const struct weir_env *env = world->env;
    for (size_t i = 0; i < world->locked.n; i++)
        weir__mem_object_free(env, world->locked.objects[i]);
    weir__free(env, world->locked.objects);
    weir__mutex_dispose(&world->mutex);
    weir__free(env, world->name);
    weir__free(env, world);
}

static void world_unref(void *ctx)
{
    struct weir__mem_world *world = ctx;
    (void)pthread_mutex_lock(&registry.mutex); /* a plain mutex, never destroyed: cannot fail */
    bool is_last = --world->refs == 0;
    for (struct weir__mem_world **at = &registry.first; is_last && *at; at = &(*at)->next) {
        if (*at != world)
            continue;
        *at = world->next;
        break;
    }
    (void)pthread_mutex_unlock(&registry.mutex);
    if (is_last)
        world_free(world);
}

static int world_new(const struct weir_env *env, const char *name, struct weir__mem_world **out,
                     struct weir_error *err)
{
    struct weir__mem_world *world = weir__alloc_zero(env, 1, sizeof *world, err);
    if (!world)
        return WEIR_NO_MEMORY;
    world->env = env;
    world->refs = 1;
    world->locked.next_version = 1;
    world->locked.page_size = WEIR__STORAGE_PAGE;
    weir__mutex_init(&world->mutex);
    if (name) {
        world->name = weir__strdup(env, name, err);
        if (!world->name) {
            world_free(world);
            return WEIR_NO_MEMORY;
        }
    }
    *out = world;
    return WEIR_OK;
}

/* Takes a reference on the world of that name, made if there is none. */
static int world_open_locked(const struct weir_env *env, const char *name,
                             struct weir__mem_world **out, struct weir_error *err)
{
    for (struct weir__mem_world *world = registry.first; world; world = world->next) {
        if (world->env != env || strcmp(world->name, name) != 0)
            continue;
        world->refs++;
        *out = world;
        return WEIR_OK;
    }
    TRY(world_new(env, name, out, err));
    (*out)->next = registry.first;
    registry.first = *out;
    return WEIR_OK;
}

int weir_storage_open_memory(const struct weir_env *env, const char *name,
                             struct weir_storage **out, struct weir_error *err)
{
    if (!env || !out) {
        return weir__fail(err, WEIR_INVALID,
                          "memory store: env or the place of the result is missing");
    }
    if (name && (!*name || strlen(name) > WEIR_KEY_MAX_BYTES || strchr(name, '/'))) {
        return weir__fail(err, WEIR_INVALID,
                          "memory store: a name is 1 to 1024 bytes without \"/\"");
    }
    struct weir__mem_world *world = NULL;
    int status;
    if (name) {
        (void)pthread_mutex_lock(&registry.mutex);
        status = world_open_locked(env, name, &world, err);
        (void)pthread_mutex_unlock(&registry.mutex);
    } else {
        status = world_new(env, NULL, &world, err);
    }
    TRY(status);
    status = weir_storage_open_ops(env, &weir__memory_ops, world, out, err);
    if (status != WEIR_OK)
        world_unref(world);
    return status;
}

static int mem_config_json(void *ctx, const struct weir_sink *out, struct weir_error *err)
{
    const struct weir__mem_world *world = ctx;
    if (!world->name)
        return weir__fail(err, WEIR_UNSUPPORTED, "a memory store without a name has no config");
    AUTO(buf) struct weir__buf json = weir__buf_make(world->env, CONFIG_MAX_BYTES);
    TRY(weir__buf_append_text(&json, "{\"name\":", err));
    TRY(weir__json_quote(&json, weir__str_of(world->name), err));
    TRY(weir__buf_append_text(&json, "}", err));
    return out->write(out->ctx, json.data, json.len, err);
}

const struct weir_storage_ops weir__memory_ops = {
    .struct_size = sizeof(struct weir_storage_ops),
    .type = "memory",
    .caps = WEIR_CAP_APPEND | WEIR_CAP_BATCH_DELETE | WEIR_CAP_LIST_DIRS | WEIR_CAP_REMOVE_DIR |
            WEIR_CAP_IF_ABSENT | WEIR_CAP_IF_ETAG | WEIR_CAP_META | WEIR_CAP_START_AFTER |
            WEIR_CAP_CHEAP_HEAD,
    .close = world_unref,
    .config_json = mem_config_json,
    .put = weir__mem_put,
    .put_stream = weir__mem_put_stream,
    .get_stream = weir__mem_get_stream,
    .head = weir__mem_head,
    .list = weir__mem_list,
    .delete_object = weir__mem_delete,
    .append = weir__mem_append,
    .list_directories = weir__mem_list_directories,
};
