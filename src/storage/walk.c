/* walk.c: a directory tree in ascending byte order of whole keys, with bounded memory.
 *
 * The hard idea, twice. A directory "a" does not sort as "a" but as "a/", since every key below it
 * begins so: "a-b" comes before "a/x". And a directory may hold more names than we want to hold:
 * only the smallest LEVEL_MAX_NAMES of them are kept; when they are used up the directory is read
 * again for the next ones.
 *
 *     levels[0]   root of the walk       sorted names, the next one to show
 *     levels[1]   one directory below    ...
 *     path        "a/b/" of the top level, then the name shown */
#include "storage/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LEVEL_MAX_NAMES ((size_t)32768) /* about 2 MiB of names; twice that while reading */
#define LEVELS_OPEN 32u                 /* descriptors held; those further up are opened again */
#define LEVELS_MAX ((size_t)2048)       /* a path of 4096 bytes has no more */
#define PATH_MAX_BYTES ((size_t)4096)
#define RECORDS_BYTES 32768u
#define TEXT_MAX_BYTES ((size_t)64 << 20) /* 2 x LEVEL_MAX_NAMES names of 256 bytes fit */

enum entry_kind { ENTRY_FILE, ENTRY_PARTIAL, ENTRY_DIR };

/* A name as it sorts: a directory with its "/", a staging file without its ".part". */
struct entry {
    uint32_t at, len;
    enum entry_kind kind;
};

struct level {
    int fd;            /* -1: closed, opened again when needed */
    size_t path_bytes; /* of the walk's path that lead here */
    struct weir__buf text, entries;
    size_t i;
    bool has_more;          /* the directory holds names after those kept */
    struct weir__buf after; /* read on behind this sort name */
};

struct weir__walk {
    struct weir__local_store *store;
    enum weir__walk_kind kind;
    char *prefix, *start_after; /* start_after "" = none */
    bool has_delimiter, with_partial;
    bool is_begun, is_pushed_back;
    struct level *levels;
    size_t n_levels, cap_levels;
    struct weir__buf path; /* of the top level */
    struct weir__buf key;  /* of the item shown */
    struct weir__buf name; /* its file name */
    struct weir__walk_item shown;
    uint8_t *records;
};

/* ---- Levels --------------------------------------------------------------------------------- */

static void level_close(const struct weir__walk *walk, struct level *level)
{
    const struct weir_env *env = walk->store->env;
    if (level->fd >= 0)
        (void)env->file->close(env->file_ctx, level->fd); /* a directory: nothing unwritten */
    level->fd = -1;
}

static void level_pop(struct weir__walk *walk)
{
    struct level *level = &walk->levels[--walk->n_levels];
    level_close(walk, level);
    weir__buf_dispose(&level->text);
    weir__buf_dispose(&level->entries);
    weir__buf_dispose(&level->after);
    if (walk->n_levels)
        walk->path.len = walk->levels[walk->n_levels - 1].path_bytes;
}

static size_t level_count(const struct level *level)
{
    return level->entries.len / sizeof(struct entry);
}

static struct entry *level_entries(const struct level *level)
{
    return (struct entry *)(void *)level->entries.data;
}

static struct weir__str entry_name(const struct level *level, const struct entry *entry)
{
    return (struct weir__str){(const char *)level->text.data + entry->at, entry->len};
}

/* A descriptor of the directory at `path_bytes` of the path, or a negated errno. */
static int path_open(struct weir__walk *walk, size_t path_bytes)
{
    char path[PATH_MAX_BYTES + 1];
    ASSERT(path_bytes <= PATH_MAX_BYTES);
    if (path_bytes && walk->path.data)
        memcpy(path, walk->path.data, path_bytes);
    path[path_bytes] = 0;
    if (path_bytes && path[path_bytes - 1] == '/')
        path[path_bytes - 1] = 0;
    return weir__local_open_below(walk->store, path, O_RDONLY | O_DIRECTORY, 0);
}

static int level_fd(struct weir__walk *walk, struct level *level)
{
    if (level->fd < 0)
        level->fd = path_open(walk, level->path_bytes);
    return level->fd;
}

static int walk_failed(const struct weir__walk *walk, int os_errno, struct weir_error *err)
{
    char path[PATH_MAX_BYTES + 1];
    if (walk->path.len && walk->path.data)
        memcpy(path, walk->path.data, walk->path.len);
    path[walk->path.len] = 0;
    return weir__local_fail(walk->store, os_errno, "list", path, err);
}

/* ---- Reading a directory -------------------------------------------------------------------- */

static int entries_compare(const void *a, const void *b, void *text)
{
    const struct entry *left = a, *right = b;
    const char *names = text;
    int order = weir__str_compare((struct weir__str){names + left->at, left->len},
                                  (struct weir__str){names + right->at, right->len});
    return order ? order : (int)left->kind - (int)right->kind; /* the object before its staging */
}

static void level_sort(struct level *level)
{
    size_t n = level_count(level);
    if (n > 1 && level->text.data)
        qsort_r(level->entries.data, n, sizeof(struct entry), entries_compare, level->text.data);
}

/* Keep the smallest names only and move their texts together. */
static int level_trim(struct level *level, struct weir_error *err)
{
    level_sort(level);
    level->entries.len = LEVEL_MAX_NAMES * sizeof(struct entry);
    level->has_more = true;
    AUTO(buf) struct weir__buf kept = weir__buf_make(level->text.env, TEXT_MAX_BYTES);
    for (size_t i = 0; i < LEVEL_MAX_NAMES; i++) {
        struct entry *entry = &level_entries(level)[i];
        struct weir__str name = entry_name(level, entry);
        entry->at = (uint32_t)kept.len;
        TRY(weir__buf_append(&kept, name.data, name.len, err));
    }
    struct weir__buf old = level->text;
    level->text = kept;
    kept = old;
    return WEIR_OK;
}

/* Can something at or below the whole sort key be asked for? */
static bool key_is_wanted(const struct weir__walk *walk, struct weir__str key, bool is_dir)
{
    struct weir__str prefix = weir__str_of(walk->prefix);
    struct weir__str after = weir__str_of(walk->start_after);
    bool leads_to_prefix = is_dir && weir__str_starts(prefix, key);
    if (!weir__str_starts(key, prefix) && !leads_to_prefix)
        return false;
    if (after.len == 0 || weir__str_compare(key, after) > 0)
        return true;
    return is_dir && weir__str_starts(after, key);
}

static int entry_keep(struct weir__walk *walk, struct level *level, struct weir__str name,
                      enum entry_kind kind, struct weir_error *err)
{
    char whole[PATH_MAX_BYTES + 1];
    bool is_dir = kind == ENTRY_DIR, has_slash = is_dir && walk->kind != WEIR__WALK_DIRECTORIES;
    size_t sort_bytes = name.len + (has_slash ? 1 : 0);
    if (walk->path.len + sort_bytes > PATH_MAX_BYTES)
        return WEIR_OK; /* no call takes a path that long, so it is nobody's object */
    if (walk->path.len)
        memcpy(whole, walk->path.data, walk->path.len);
    memcpy(whole + walk->path.len, name.data, name.len);
    if (has_slash)
        whole[walk->path.len + name.len] = '/';
    struct weir__str sort = {whole + walk->path.len, sort_bytes};
    struct weir__str key = {whole, walk->path.len + sort_bytes};
    struct weir__str after = {(const char *)level->after.data, level->after.len};
    if (walk->kind == WEIR__WALK_OBJECTS && !key_is_wanted(walk, key, is_dir))
        return WEIR_OK;
    if (after.len && weir__str_compare(sort, after) <= 0)
        return WEIR_OK;
    struct entry entry = {(uint32_t)level->text.len, (uint32_t)sort.len, kind};
    TRY(weir__buf_append(&level->text, sort.data, sort.len, err));
    TRY(weir__buf_append(&level->entries, &entry, sizeof entry, err));
    return level_count(level) < 2 * LEVEL_MAX_NAMES ? WEIR_OK : level_trim(level, err);
}

static bool name_is_temporary(struct weir__str name)
{
    return weir__str_starts(name, weir__str_of(".weir-")) &&
           weir__str_ends(name, weir__str_of(".tmp"));
}

/* Does a file of that name concern this walk? As what, and under which name? */
static bool file_is_shown(const struct weir__walk *walk, struct weir__str *name,
                          enum entry_kind *kind)
{
    size_t suffix = strlen(WEIR__STAGING_SUFFIX);
    *kind = ENTRY_FILE;
    if (walk->kind == WEIR__WALK_DIRECTORIES)
        return false;
    if (walk->kind == WEIR__WALK_TEMPORARY)
        return name_is_temporary(*name);
    if (weir__str_starts(*name, weir__str_of(".weir-")))
        return false;
    if (!weir__str_ends(*name, weir__str_of(WEIR__STAGING_SUFFIX)))
        return true;
    *kind = ENTRY_PARTIAL;
    name->len -= suffix;
    return walk->with_partial && name->len > 0;
}

static bool dir_is_shown(const struct weir__walk *walk, struct weir__str name)
{
    if (walk->kind == WEIR__WALK_DIRECTORIES)
        return name.data[0] != '.';
    return !weir__str_starts(name, weir__str_of(".weir-"));
}

/* One directory entry as the kernel gave it; `type` DT_UNKNOWN where the file system does not say.
 */
static int record_take(struct weir__walk *walk, struct level *level, const char *text, uint8_t type,
                       struct weir_error *err)
{
    enum { TYPE_UNKNOWN = 0, TYPE_DIR = 4, TYPE_FILE = 8, TYPE_LINK = 10 };
    const struct weir_env *env = walk->store->env;
    struct weir__str name = weir__str_of(text);
    if (weir__str_is(name, ".") || weir__str_is(name, ".."))
        return WEIR_OK;
    if (type == TYPE_UNKNOWN) {
        struct weir_file_stat stat;
        int failed = env->file->stat_at(env->file_ctx, level->fd, text, &stat);
        if (failed == -ENOENT)
            return WEIR_OK;
        if (failed)
            return walk_failed(walk, -failed, err);
        type = S_ISDIR(stat.mode) ? TYPE_DIR : S_ISREG(stat.mode) ? TYPE_FILE : TYPE_UNKNOWN;
        type = S_ISLNK(stat.mode) ? TYPE_LINK : type;
    }
    enum entry_kind kind = ENTRY_DIR;
    bool is_shown = false;
    if (type == TYPE_DIR) {
        is_shown = dir_is_shown(walk, name);
    } else if (type == TYPE_FILE || (type == TYPE_LINK && walk->store->allow_symlinks)) {
        is_shown = file_is_shown(walk, &name, &kind);
    }
    return is_shown ? entry_keep(walk, level, name, kind, err) : WEIR_OK;
}

/* Read the whole directory behind level->after into sorted entries. */
static int level_read(struct weir__walk *walk, struct level *level,
                      const struct weir_cancel *cancel, struct weir_error *err)
{
    const struct weir_env *env = walk->store->env;
    weir__buf_clear(&level->text);
    weir__buf_clear(&level->entries);
    level->i = 0;
    level->has_more = false;
    for (;;) {
        TRY(weir_cancel_check(cancel, err));
        int64_t n = env->file->entries(env->file_ctx, level->fd, walk->records, RECORDS_BYTES);
        if (n == 0 || n == -ENOENT) /* ENOENT: removed while we read it */
            break;
        if (n < 0)
            return walk_failed(walk, (int)-n, err);
        /* struct linux_dirent64: inode 8, offset 8, length 2, type 1, name. */
        for (int64_t at = 0; at + 20 <= n;) {
            uint16_t length;
            memcpy(&length, walk->records + at + 16, sizeof length);
            ASSERT(length >= 20 && at + length <= n);
            TRY(record_take(walk, level, (const char *)walk->records + at + 19,
                            walk->records[at + 18], err));
            at += length;
        }
    }
    if (level_count(level) > LEVEL_MAX_NAMES)
        return level_trim(level, err);
    level_sort(level);
    return WEIR_OK;
}

/* The names after the last one used. */
static int level_read_on(struct weir__walk *walk, struct level *level,
                         const struct weir_cancel *cancel, struct weir_error *err)
{
    size_t n = level_count(level);
    ASSERT(n > 0);
    struct weir__str last = entry_name(level, &level_entries(level)[n - 1]);
    weir__buf_clear(&level->after);
    TRY(weir__buf_append(&level->after, last.data, last.len, err));
    level_close(walk, level); /* a new descriptor begins at the first name again */
    int fd = level_fd(walk, level);
    if (fd == -ENOENT) {
        level->has_more = false;
        level->i = n;
        return WEIR_OK;
    }
    return fd < 0 ? walk_failed(walk, -fd, err) : level_read(walk, level, cancel, err);
}

/* Go into the directory that walk->path names. `*out_entered` false: it is gone or no directory. */
static int level_push(struct weir__walk *walk, const struct weir_cancel *cancel, bool *out_entered,
                      struct weir_error *err)
{
    const struct weir_env *env = walk->store->env;
    *out_entered = false;
    if (walk->n_levels == walk->cap_levels) {
        size_t cap = walk->cap_levels ? walk->cap_levels * 2 : 8;
        ASSERT(cap <= 2 * LEVELS_MAX);
        void *levels = weir__resize(env, walk->levels, cap * sizeof *walk->levels, err);
        if (!levels)
            return WEIR_NO_MEMORY;
        walk->levels = levels;
        walk->cap_levels = cap;
    }
    int fd = path_open(walk, walk->path.len);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return WEIR_OK;
    if (fd < 0)
        return walk_failed(walk, -fd, err);
    struct level *level = &walk->levels[walk->n_levels++];
    *level = (struct level){.fd = fd, .path_bytes = walk->path.len};
    level->text = weir__buf_make(env, TEXT_MAX_BYTES);
    level->entries = weir__buf_make(env, TEXT_MAX_BYTES);
    level->after = weir__buf_make(env, PATH_MAX_BYTES);
    if (walk->n_levels > LEVELS_OPEN)
        level_close(walk, &walk->levels[walk->n_levels - 1 - LEVELS_OPEN]);
    *out_entered = true;
    return level_read(walk, level, cancel, err);
}

/* ---- The walk ------------------------------------------------------------------------------- */

int weir__walk_new(struct weir__local_store *store, enum weir__walk_kind kind, const char *prefix,
                   const struct weir_list_options *list, struct weir__walk **out,
                   struct weir_error *err)
{
    const struct weir_env *env = store->env;
    struct weir__walk *made = weir__alloc_zero(env, 1, sizeof *made, err);
    if (!made)
        return WEIR_NO_MEMORY;
    made->store = store;
    made->kind = kind;
    made->path = weir__buf_make(env, PATH_MAX_BYTES);
    made->key = weir__buf_make(env, 2 * PATH_MAX_BYTES);
    made->name = weir__buf_make(env, PATH_MAX_BYTES);
    made->has_delimiter = list && list->delimiter;
    made->with_partial = list && list->include_partial;
    AUTO(walk) struct weir__walk *walk = made;
    walk->prefix = weir__strdup(env, prefix, err);
    if (!walk->prefix)
        return WEIR_NO_MEMORY;
    const char *after = list && list->start_after ? list->start_after : "";
    walk->start_after = weir__strdup(env, after, err);
    if (!walk->start_after)
        return WEIR_NO_MEMORY;
    walk->records = weir__alloc(env, RECORDS_BYTES, err);
    if (!walk->records)
        return WEIR_NO_MEMORY;
    *out = TAKE(walk);
    return WEIR_OK;
}

void weir__walk_free(struct weir__walk *walk)
{
    if (!walk)
        return;
    const struct weir_env *env = walk->store->env;
    while (walk->n_levels)
        level_pop(walk);
    weir__free(env, walk->levels);
    weir__free(env, walk->records);
    weir__free(env, walk->prefix);
    weir__free(env, walk->start_after);
    weir__buf_dispose(&walk->path);
    weir__buf_dispose(&walk->key);
    weir__buf_dispose(&walk->name);
    weir__free(env, walk);
}

void weir__walk_freep(struct weir__walk **walk)
{
    weir__walk_free(*walk);
    *walk = NULL;
}

/* The deepest directory that holds everything with the prefix. */
static int walk_begin(struct weir__walk *walk, const struct weir_cancel *cancel,
                      struct weir_error *err)
{
    const char *slash = strrchr(walk->prefix, '/');
    size_t n = slash ? (size_t)(slash - walk->prefix) + 1 : 0;
    TRY(weir__buf_append(&walk->path, walk->prefix, n, err));
    walk->is_begun = true;
    bool entered = false;
    TRY(level_push(walk, cancel, &entered, err));
    /* Nothing to show: is there no such prefix, or no store? */
    bool is_empty = !entered || level_count(&walk->levels[0]) == 0;
    return is_empty ? weir__local_check_base(walk->store, err) : WEIR_OK;
}

/* The whole key of an entry of the top level into walk->key, its file name into walk->name. */
static int entry_spell(struct weir__walk *walk, struct weir__str sort, enum entry_kind kind,
                       struct weir_error *err)
{
    weir__buf_clear(&walk->key);
    weir__buf_clear(&walk->name);
    if (walk->kind != WEIR__WALK_DIRECTORIES)
        TRY(weir__buf_append(&walk->key, walk->path.data, walk->path.len, err));
    TRY(weir__buf_append(&walk->key, sort.data, sort.len, err));
    TRY(weir__buf_append(&walk->name, sort.data, sort.len, err));
    if (kind == ENTRY_PARTIAL)
        TRY(weir__buf_append_text(&walk->name, WEIR__STAGING_SUFFIX, err));
    const char *text;
    TRY(weir__buf_text(&walk->name, &text, err));
    return weir__buf_text(&walk->key, &walk->shown.key, err);
}

/* Look at the file whose name is in walk->name. */
static int file_look(struct weir__walk *walk, struct level *level, bool *out_found,
                     struct weir_error *err)
{
    const struct weir_env *env = walk->store->env;
    int fd = level_fd(walk, level);
    *out_found = false;
    if (fd < 0)
        return fd == -ENOENT ? WEIR_OK : walk_failed(walk, -fd, err);
    int failed =
        env->file->stat_at(env->file_ctx, fd, (const char *)walk->name.data, &walk->shown.stat);
    if (failed == 0 && S_ISLNK(walk->shown.stat.mode) && walk->store->allow_symlinks) {
        AUTO(fd) struct weir__fd file = {env, -1};
        file.fd = weir__local_open_below(walk->store, walk->shown.key,
                                         O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (file.fd < 0)
            return WEIR_OK; /* leads out of the store or nowhere: no object */
        failed = env->file->stat(env->file_ctx, file.fd, &walk->shown.stat);
    }
    if (failed && failed != -ENOENT)
        return walk_failed(walk, -failed, err);
    *out_found = failed == 0 && S_ISREG(walk->shown.stat.mode);
    return WEIR_OK;
}

/* Does a common prefix stand for anything? Empty directories are not told by a list. */
static int prefix_look(const struct weir__walk *walk, const struct weir_cancel *cancel,
                       bool *out_found, struct weir_error *err)
{
    struct weir_list_options list = {.start_after = walk->start_after,
                                     .include_partial = walk->with_partial};
    AUTO(walk) struct weir__walk *inner = NULL;
    struct weir__walk_item item;
    TRY(weir__walk_new(walk->store, WEIR__WALK_OBJECTS, walk->shown.key, &list, &inner, err));
    return weir__walk_next(inner, cancel, &item, out_found, err);
}

static int dir_visit(struct weir__walk *walk, const struct weir_cancel *cancel, bool *out_found,
                     struct weir_error *err)
{
    if (walk->kind == WEIR__WALK_DIRECTORIES) {
        walk->shown.is_prefix = true;
        *out_found = true;
        return WEIR_OK;
    }
    if (walk->has_delimiter && walk->key.len > strlen(walk->prefix)) {
        walk->shown.is_prefix = true;
        return prefix_look(walk, cancel, out_found, err);
    }
    size_t before = walk->path.len;
    weir__buf_clear(&walk->path);
    TRY(weir__buf_append(&walk->path, walk->key.data, walk->key.len, err));
    bool entered = false;
    TRY(level_push(walk, cancel, &entered, err));
    if (!entered)
        walk->path.len = before;
    return WEIR_OK;
}

/* One entry of the top level: shown (*out_found), entered, or passed over. */
static int entry_visit(struct weir__walk *walk, const struct weir_cancel *cancel, bool *out_found,
                       struct weir_error *err)
{
    struct level *level = &walk->levels[walk->n_levels - 1];
    struct entry entry = level_entries(level)[level->i++];
    walk->shown = (struct weir__walk_item){.is_partial = entry.kind == ENTRY_PARTIAL};
    TRY(entry_spell(walk, entry_name(level, &entry), entry.kind, err));
    return entry.kind == ENTRY_DIR ? dir_visit(walk, cancel, out_found, err)
                                   : file_look(walk, level, out_found, err);
}

int weir__walk_next(struct weir__walk *walk, const struct weir_cancel *cancel,
                    struct weir__walk_item *out, bool *out_found, struct weir_error *err)
{
    bool found = walk->is_pushed_back;
    walk->is_pushed_back = false;
    if (!walk->is_begun)
        TRY(walk_begin(walk, cancel, err));
    while (!found && walk->n_levels) {
        struct level *level = &walk->levels[walk->n_levels - 1];
        if (level->i < level_count(level)) {
            TRY(entry_visit(walk, cancel, &found, err));
        } else if (level->has_more) {
            TRY(level_read_on(walk, level, cancel, err));
        } else {
            level_pop(walk);
        }
    }
    if (found)
        *out = walk->shown;
    *out_found = found;
    return WEIR_OK;
}

void weir__walk_push_back(struct weir__walk *walk)
{
    walk->is_pushed_back = true;
}

int weir__walk_unlink(struct weir__walk *walk, struct weir_error *err)
{
    const struct weir_env *env = walk->store->env;
    ASSERT(walk->n_levels > 0);
    int fd = level_fd(walk, &walk->levels[walk->n_levels - 1]);
    int failed =
        fd < 0 ? fd : env->file->unlink(env->file_ctx, fd, (const char *)walk->name.data, 0);
    return failed && failed != -ENOENT ? walk_failed(walk, -failed, err) : WEIR_OK;
}
