/* weir/storage.h: object stores behind one handle: a local directory, memory; S3 and Azure join
 * here.
 *
 *     struct weir_storage *st;
 *     weir_storage_open(env, "/srv/data", NULL, NULL, &st, &err);
 *     weir_storage_put(st, "db/cpu/a.parquet", data, n, NULL, NULL, NULL, &err);
 *     struct weir_object_iter *it;
 *     const struct weir_object *object;
 *     weir_storage_list(st, "db/", NULL, NULL, &it, &err);
 *     while (weir_object_iter_next(it, &object, &err) == WEIR_OK && object != NULL)
 *         puts(object->key);
 *     weir_object_iter_free(it);
 *     weir_storage_unref(st);
 *
 * Glossary: key = name of an object relative to the root of the store, segments separated by "/";
 * prefix = the first bytes of keys; ETag = opaque version of an object, "" unknown; staging file =
 * the unfinished "<name>.part" of a stream into a local store. A missing object is WEIR_NOT_FOUND;
 * a missing bucket or base directory is WEIR_NOT_FOUND with detail WEIR_DETAIL_NO_STORE.
 *
 * How to make a store of another kind is in <weir/storage_ops.h>.
 *
 * Threads: a store may be used from any thread at once; an iterator belongs to one thread. Every
 * call looks at `cancel` before it starts and at most 1 MiB apart. Options are borrowed for the
 * call; NULL = all defaults. Since: 0.1 */
#ifndef WEIR_STORAGE_H
#define WEIR_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/env.h>
#include <weir/error.h>
#include <weir/io.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weir_storage;
struct weir_object_iter;
struct weir_s3_options;         /* with the S3 backend */
struct weir_azure_options;      /* with the Azure backend */
struct weir_resilience_options; /* with the wrapper */

#define WEIR_KEY_MAX_BYTES 1024
#define WEIR_ETAG_BYTES 128

/* ---- Types ---------------------------------------------------------------------------------- */

/* One listed object, or (is_prefix) one common prefix of a list with `delimiter`, ending in "/". */
struct weir_object {
    const char *key;
    int64_t size_bytes;
    int64_t modified_us; /* UTC microseconds since 1970; 0 = unknown */
    const char *etag;    /* "" = unknown */
    bool is_partial;     /* a staging file (local, only when asked for) */
    bool is_prefix;
    int64_t page; /* which page of the listing brought it, from 0 */
};

struct weir_head {
    int64_t size_bytes; /* -1: no such object; nothing else is set then */
    int64_t modified_us;
    bool is_partial;            /* the size is that of an unfinished staging file */
    char etag[WEIR_ETAG_BYTES]; /* "" = unknown */
    const struct weir_kv *meta; /* user metadata, names lower case; owned by the head */
    size_t n_meta;
    void *owned; /* private */
};

/* An owned run of bytes. `data` is followed by a NUL that is not counted, so text may be printed.
 */
struct weir_storage_bytes {
    uint8_t *data;
    size_t n_bytes;
    char etag[WEIR_ETAG_BYTES]; /* of the object read, "" = unknown */
    const struct weir_env *env; /* private: where `data` came from */
};

enum weir_durability {
    WEIR_DURABILITY_DEFAULT = 0, /* on return the object survives a power cut */
    WEIR_DURABILITY_NONE = 1     /* no fsync */
};

struct weir_put_options {
    uint32_t struct_size;
    const char *content_type; /* NULL: by suffix */
    const struct weir_kv *meta;
    size_t n_meta;
    bool if_absent;       /* create only, else WEIR_ALREADY_EXISTS */
    const char *if_etag;  /* replace only this version, else WEIR_PRECONDITION */
    bool discard_partial; /* put_stream: drop the staging file on failure */
    int32_t durability;   /* enum weir_durability; 0 = what the store was opened with */
    bool no_retry;        /* the caller retries itself */
};

struct weir_get_options {
    uint32_t struct_size;
    int64_t offset;
    int64_t length;      /* 0 = to the end; beyond the end = what is there */
    const char *if_etag; /* WEIR_PRECONDITION if the object is another version */
    bool allow_partial;  /* get_stream: the staging file when the object is missing */
    bool no_retry;
    int64_t max_bytes; /* get: larger is WEIR_INVALID before any allocation; 0 = 2 GiB */
    bool no_etag;      /* get: leave the version out; spares a local store a pass over the bytes */
};

struct weir_head_options {
    uint32_t struct_size;
    bool no_retry;
    bool no_etag; /* leave the version out; spares a local store reading the object */
};

struct weir_list_options {
    uint32_t struct_size;
    const char *start_after; /* exclusive; keys at or before it are left out */
    int64_t limit;           /* 0 = all */
    bool delimiter;          /* one level: objects plus common prefixes */
    bool include_partial;    /* staging files too, as the key they are for */
    bool no_retry;
};

struct weir_delete_options {
    uint32_t struct_size;
    bool allow_any_key; /* for foreign objects met in a listing whose key breaks the key rules */
    bool no_retry;
};

struct weir_append_options {
    uint32_t struct_size;
    const char *sha256; /* 64 lower-case hex digits of the whole object; NULL = not checked */
    int32_t durability;
};

struct weir_put_result {
    char etag[WEIR_ETAG_BYTES];
    int64_t size_bytes;
    bool is_ambiguous; /* also set on failure: an earlier attempt may have taken effect */
};

/* What weir_storage_caps tells. */
enum weir_storage_cap {
    WEIR_CAP_APPEND = 1 << 0,
    WEIR_CAP_BATCH_DELETE = 1 << 1,
    WEIR_CAP_LIST_DIRS = 1 << 2,
    WEIR_CAP_REMOVE_DIR = 1 << 3,
    WEIR_CAP_IF_ABSENT = 1 << 4,
    WEIR_CAP_IF_ETAG = 1 << 5,
    WEIR_CAP_META = 1 << 6,        /* user metadata; local cannot: put is WEIR_UNSUPPORTED */
    WEIR_CAP_START_AFTER = 1 << 7, /* served natively, in time of the result */
    WEIR_CAP_CHEAP_HEAD = 1 << 8   /* reading a small object costs no more than a stat */
};

enum weir_storage_verb {
    WEIR_VERB_ANY = 0,
    WEIR_VERB_PUT = 1,
    WEIR_VERB_GET = 2,
    WEIR_VERB_HEAD = 3,
    WEIR_VERB_LIST = 4, /* one per page of at most 1000 entries */
    WEIR_VERB_DELETE = 5,
    WEIR_VERB_APPEND = 6,
    WEIR_VERB_OTHER = 7 /* directories, probes, cleaning */
};
#define WEIR_VERB_COUNT 8

/* Counted since the store was opened. */
struct weir_storage_counters {
    uint32_t struct_size;              /* set by the caller, or 0 */
    int64_t requests[WEIR_VERB_COUNT]; /* by enum weir_storage_verb; ANY = all */
    int64_t put_bytes;                 /* moved, also by transfers that failed half-way */
    int64_t get_bytes;
    int64_t errors; /* missing, cancelled and the caller's own failures do not count */
    int64_t retries;
    int64_t in_flight;
};

/* ---- Opening and closing -------------------------------------------------------------------- */

struct weir_local_options {
    uint32_t struct_size;
    uint32_t file_mode;  /* 0 = 0600; umask applies */
    uint32_t dir_mode;   /* 0 = 0700 */
    int32_t durability;  /* default of puts, enum weir_durability */
    bool no_create;      /* a missing base directory is WEIR_NOT_FOUND (NO_STORE), not made */
    bool allow_symlinks; /* follow symlinks that stay below the base */
    bool allow_case_insensitive;
};

struct weir_storage_options {
    uint32_t struct_size;
    const struct weir_local_options *local;
    const struct weir_s3_options *s3;
    const struct weir_azure_options *azure;
    const struct weir_resilience_options *resilience;
};

/* Open a store by address: "/path", "./path", "file:///path", "mem://name"; "s3://bucket/prefix"
 * and "az://container/prefix" when built in.
 *
 * Owns:     `*out` belongs to the caller: weir_storage_unref. `env` must outlive it.
 * Blocks:   disk.
 * Errors:   WEIR_INVALID for an address of no known form, WEIR_UNSUPPORTED naming the scheme of a
 *           store that is not built in, otherwise as the open function of the kind.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_open(const struct weir_env *env, const char *address,
                                     const struct weir_storage_options *options,
                                     const struct weir_cancel *cancel, struct weir_storage **out,
                                     struct weir_error *err);

/* Open a directory as a store. It is made (0700, parents too) if missing, and may be reached
 * through symlinks; below it a symlink is WEIR_PERMISSION.
 *
 * Blocks:   disk.
 * Errors:   WEIR_NOT_FOUND with NO_STORE (no_create), WEIR_PERMISSION, WEIR_UNSUPPORTED on a file
 *           system that ignores case.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_open_local(const struct weir_env *env, const char *dir,
                                           const struct weir_local_options *options,
                                           const struct weir_cancel *cancel,
                                           struct weir_storage **out, struct weir_error *err);

/* Open the memory store `name`, for tests: S3 semantics. Handles of one env opened with one name
 * share their objects while one of them lives; NULL = a store of its own.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_open_memory(const struct weir_env *env, const char *name,
                                            struct weir_storage **out, struct weir_error *err);

/* Open what weir_storage_config_json printed. `type` is a text of weir_storage_type.
 *
 * Errors:   WEIR_INVALID for an unknown type, an unknown or missing field.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_open_json(const struct weir_env *env, const char *type,
                                          const char *json,
                                          const struct weir_storage_options *options,
                                          const struct weir_cancel *cancel,
                                          struct weir_storage **out, struct weir_error *err);

/* One more reference; returns `st`. Threads: any. Since: 0.1 */
struct weir_storage *weir_storage_ref(struct weir_storage *st);
/* Drop a reference; the last one closes. Running calls hold their own. NULL is fine. Threads: any.
 * Since: 0.1 */
void weir_storage_unref(struct weir_storage *st);
/* The same as weir_storage_unref. Since: 0.1 */
void weir_storage_close(struct weir_storage *st);

/* "local", "memory", "s3", "azure", or the type of a user-made store; a wrapper tells its inner
 * type. The string lives as long as the store. Threads: any. Since: 0.1 */
const char *weir_storage_type(const struct weir_storage *st);

/* Bits of enum weir_storage_cap. Threads: any. Since: 0.1 */
uint32_t weir_storage_caps(const struct weir_storage *st);

/* Fill `*out` with the counters. Threads: any. Since: 0.1 */
void weir_storage_stats(const struct weir_storage *st, struct weir_storage_counters *out);

/* Enough to open the same store elsewhere, without secrets, members sorted:
 * {"base_path":"/srv/data"}.
 *
 * Owns:     `*out` is filled; weir_storage_bytes_dispose.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_config_json(const struct weir_storage *st,
                                            struct weir_storage_bytes *out, struct weir_error *err);

void weir_storage_bytes_dispose(struct weir_storage_bytes *bytes);
void weir_head_dispose(struct weir_head *head);

/* ---- Keys ----------------------------------------------------------------------------------- */

/* Check a key by the rules all backends share: 1..1024 bytes of UTF-8, segments that are not empty,
 * "." or ".." and do not begin with ".weir-", no leading or trailing "/", no byte below 0x20, no
 * 0x7F, no backslash. Every operation does it first. Nothing is ever rewritten.
 *
 * Threads:  any.
 * Errors:   WEIR_INVALID naming the rule and the escaped key.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_check_key(const char *key, struct weir_error *err);

/* The same for a list prefix: "" is allowed, and one "/" at the end. Since: 0.1 */
WEIR_NODISCARD int weir_storage_check_list_prefix(const char *prefix, struct weir_error *err);

/* Check the prefix inside a bucket or container of a store address and write its clean form: as
 * weir_storage_sanitize_s3_prefix, with "=" allowed too.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_check_prefix(const char *prefix, char *out, size_t cap,
                                             struct weir_error *err);

/* Trim white space and leading "/", refuse ".." and characters outside A-Za-z0-9/-_. , end in "/".
 * `*out` is "" for an empty prefix, and also (with WEIR_INVALID) for a bad one. At most 512 bytes.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_sanitize_s3_prefix(const char *prefix, char *out, size_t cap,
                                                   struct weir_error *err);

/* ---- Objects -------------------------------------------------------------------------------- */

/* Store a buffer. Atomic: a reader sees the old object, the new one whole, or nothing. Durable on
 * return unless told otherwise. `out_result` may be NULL; its is_ambiguous is set on failure too.
 *
 * Requests: 1 PUT.
 * Blocks:   disk | network.
 * Threads:  any.
 * Errors:   WEIR_ALREADY_EXISTS (if_absent), WEIR_PRECONDITION (if_etag; KEY_CONFLICT when another
 *           key stands in the way), WEIR_UNSUPPORTED (meta on a local store), WEIR_IO with
 * NO_SPACE. Since:    0.1 */
WEIR_NODISCARD int weir_storage_put(struct weir_storage *st, const char *key, const void *data,
                                    size_t n, const struct weir_put_options *options,
                                    const struct weir_cancel *cancel,
                                    struct weir_put_result *out_result, struct weir_error *err);

/* Store a stream with bounded memory; size_bytes -1 = unknown. A known size is checked: a source
 * that gives more or less is WEIR_INVALID and nothing is published. On failure a local store keeps
 * its staging file unless discard_partial.
 *
 * Errors:   as put; the source's own, with detail CALLER; WEIR_UNAVAILABLE when another writer
 * holds the staging file. Since:    0.1 */
WEIR_NODISCARD int weir_storage_put_stream(struct weir_storage *st, const char *key,
                                           const struct weir_source *source, int64_t size_bytes,
                                           const struct weir_put_options *options,
                                           const struct weir_cancel *cancel,
                                           struct weir_put_result *out_result,
                                           struct weir_error *err);

/* The object, or a range of it, in memory.
 *
 * Owns:     `*out` is filled; weir_storage_bytes_dispose.
 * Requests: 1 GET.
 * Errors:   WEIR_NOT_FOUND, WEIR_INVALID (bad range with detail RANGE, larger than max_bytes),
 *           WEIR_PRECONDITION (if_etag); never a short result.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_get(struct weir_storage *st, const char *key,
                                    const struct weir_get_options *options,
                                    const struct weir_cancel *cancel,
                                    struct weir_storage_bytes *out, struct weir_error *err);

/* Push [offset, offset + length) into `sink`. `*out_n_written` (may be NULL) is exact on failure
 * too, which is what makes a transfer resumable. Offset 0 of an empty object is fine; otherwise an
 * offset at or beyond the end is WEIR_INVALID with detail RANGE.
 *
 * Requests: 1 GET.
 * Errors:   as get; the sink's own, with detail CALLER.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_get_stream(struct weir_storage *st, const char *key,
                                           const struct weir_sink *sink,
                                           const struct weir_get_options *options,
                                           const struct weir_cancel *cancel,
                                           uint64_t *out_n_written, struct weir_error *err);

/* Size, time, version and metadata. Missing is WEIR_OK with size_bytes -1.
 *
 * Owns:     `*out` is filled; weir_head_dispose.
 * Requests: 1 HEAD.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_head(struct weir_storage *st, const char *key,
                                     const struct weir_head_options *options,
                                     const struct weir_cancel *cancel, struct weir_head *out,
                                     struct weir_error *err);

/* Is there a finished object? Requests: 1 HEAD. Since: 0.1 */
WEIR_NODISCARD int weir_storage_exists(struct weir_storage *st, const char *key,
                                       const struct weir_cancel *cancel, bool *out_exists,
                                       struct weir_error *err);

/* All objects whose key begins with `prefix` (a string prefix), in ascending byte order of the full
 * key, each once. No match is an empty listing.
 *
 * Owns:     `*out` belongs to the caller and keeps the store and `cancel` in use until it is freed;
 *           prefix and options are copied.
 * Requests: 1 LIST per 1000 entries, made by next; at least 1.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_list(struct weir_storage *st, const char *prefix,
                                     const struct weir_list_options *options,
                                     const struct weir_cancel *cancel,
                                     struct weir_object_iter **out, struct weir_error *err);
/* The next object, valid until the next call; NULL with WEIR_OK at the end. After a failure the
 * same failure is returned again. */
WEIR_NODISCARD int weir_object_iter_next(struct weir_object_iter *it,
                                         const struct weir_object **out, struct weir_error *err);
void weir_object_iter_free(struct weir_object_iter *it);

/* Delete the object and its staging file. Missing is fine; parent directories stay.
 *
 * Requests: 1 DELETE.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_delete(struct weir_storage *st, const char *key,
                                       const struct weir_delete_options *options,
                                       const struct weir_cancel *cancel, struct weir_error *err);

struct weir_delete_failure {
    size_t index; /* into the keys */
    int32_t code;
    char message[256];
};
struct weir_delete_failures {
    struct weir_delete_failure *items;
    size_t n;
    const struct weir_env *env; /* private */
};
void weir_delete_failures_dispose(struct weir_delete_failures *failures);

/* Delete many keys. One failure does not stop the rest; each is added to `*out_failures` (may be
 * NULL; filled on failure too; dispose it), and the call returns the first failure's code.
 *
 * Requests: 1 per key (local, memory), 1000 or 256 keys a request elsewhere.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_delete_batch(struct weir_storage *st, const char *const *keys,
                                             size_t n, const struct weir_delete_options *options,
                                             const struct weir_cancel *cancel,
                                             struct weir_delete_failures *out_failures,
                                             struct weir_error *err);

/* ---- Optional capabilities ------------------------------------------------------------------ */

/* Append to the staging file left by a failed put_stream, and publish it when exactly `append_size`
 * bytes arrived, the whole is `total_size` (-1 = any) and the checksum, if given, is right.
 *
 * Errors:   WEIR_NOT_FOUND (no staging file), WEIR_IO with INCOMPLETE (fewer bytes; they are kept),
 *           WEIR_INVALID (more bytes or wrong total; cut back), WEIR_CORRUPT (checksum; kept),
 *           WEIR_UNAVAILABLE (another writer), WEIR_UNSUPPORTED.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_append(struct weir_storage *st, const char *key,
                                       const struct weir_source *source, int64_t append_size,
                                       int64_t total_size,
                                       const struct weir_append_options *options,
                                       const struct weir_cancel *cancel, bool *out_is_promoted,
                                       struct weir_error *err);

/* Names (not keys) of the immediate children below `prefix` that contain something, sorted; names
 * that begin with "." are left out. Each comes as an object with is_prefix and key = the name.
 *
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_list_directories(struct weir_storage *st, const char *prefix,
                                                 const struct weir_cancel *cancel,
                                                 struct weir_object_iter **out,
                                                 struct weir_error *err);

/* Remove an empty directory. Missing: WEIR_OK. Object stores: WEIR_OK without a request.
 *
 * Errors:   WEIR_PRECONDITION when not empty, WEIR_INVALID for "".
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_remove_directory(struct weir_storage *st, const char *prefix,
                                                 const struct weir_cancel *cancel,
                                                 struct weir_error *err);

/* Remove what crashed writers left: temporary names older than 24 h; never staging files.
 * `*out_n_removed` may be NULL. Since: 0.1 */
WEIR_NODISCARD int weir_storage_clean(struct weir_storage *st, const struct weir_cancel *cancel,
                                      int64_t *out_n_removed, struct weir_error *err);

/* Find out with one scratch object (made and deleted) whether the store honours if_absent and
 * if_etag; the caps of the store are narrowed accordingly.
 *
 * Requests: 3 PUT, 1 DELETE.
 * Since:    0.1 */
WEIR_NODISCARD int weir_storage_probe_conditions(struct weir_storage *st,
                                                 const struct weir_cancel *cancel,
                                                 uint32_t *out_caps, struct weir_error *err);

struct weir_copy_options {
    uint32_t struct_size;
    const char *sha256; /* of the source, if known: 64 lower-case hex digits */
    bool resume;        /* continue a staging file left at the destination */
    bool no_overwrite;  /* if_absent at the destination */
    int32_t durability;
};
struct weir_copy_result {
    int64_t size_bytes;    /* of the object */
    int64_t copied_bytes;  /* moved by this call */
    int64_t resumed_bytes; /* found at the destination and kept */
    bool was_complete;     /* the destination had it already */
    char sha256[65];       /* "" when nothing was moved */
};

/* Copy between any two stores: hashed on the way, checked before it is published, continued from a
 * staging file when asked and able (spec/storage.md 4.1).
 *
 * Errors:   WEIR_CORRUPT after three mismatches, WEIR_PRECONDITION when the source changed
 * meanwhile. Since:    0.1 */
WEIR_NODISCARD int weir_storage_copy(struct weir_storage *from, const char *from_key,
                                     struct weir_storage *to, const char *to_key,
                                     const struct weir_copy_options *options,
                                     const struct weir_cancel *cancel, struct weir_copy_result *out,
                                     struct weir_error *err);

/* ---- Accessors ------------------------------------------------------------------------------ */

/* Absolute base directory of a local store, NULL for others. Lives as long as the store. */
const char *weir_storage_local_base(const struct weir_storage *st);
/* Absolute file name of a key. Errors: WEIR_INVALID, also when it needs more than `cap` bytes. */
WEIR_NODISCARD int weir_storage_local_full_path(const struct weir_storage *st, const char *key,
                                                char *out, size_t cap, struct weir_error *err);
/* Local: the base. S3 and Azure: "" and one warning that `feature` is not supported there. Others:
 * `fallback`. Since: 0.1 */
WEIR_NODISCARD int weir_storage_local_base_or(const struct weir_storage *st, const char *feature,
                                              const char *fallback, struct weir_storage_bytes *out,
                                              struct weir_error *err);
/* A glob of all Parquet files of a table, for query engines. Errors: WEIR_INVALID unless both names
 * are of A-Za-z0-9_-.= , WEIR_UNSUPPORTED for memory. */
WEIR_NODISCARD int weir_storage_glob(const struct weir_storage *st, const char *db,
                                     const char *table, struct weir_storage_bytes *out,
                                     struct weir_error *err);

/* ---- Test controls of memory stores; WEIR_UNSUPPORTED on others ------------------------------ */

enum weir_mem_failure {
    WEIR_MEM_FAIL_BEFORE = 0, /* nothing was done */
    WEIR_MEM_FAIL_AFTER = 1   /* done, but the answer is lost: an ambiguous write */
};

/* Every call of `verb` (ANY: all) takes `latency_us` of the env's clock. */
WEIR_NODISCARD int weir_storage_mem_set_latency(struct weir_storage *st,
                                                enum weir_storage_verb verb, int64_t latency_us,
                                                struct weir_error *err);
/* The next `n` calls of `verb` fail with `code`, after letting `skip` of them pass. */
WEIR_NODISCARD int weir_storage_mem_fail_next(struct weir_storage *st, enum weir_storage_verb verb,
                                              int64_t skip, int64_t n, int code,
                                              enum weir_mem_failure when, struct weir_error *err);
/* New objects stay invisible to list for `delay_us`. */
WEIR_NODISCARD int weir_storage_mem_set_list_delay(struct weir_storage *st, int64_t delay_us,
                                                   struct weir_error *err);
/* Entries of one listing page; 0 = 1000. */
WEIR_NODISCARD int weir_storage_mem_set_page_size(struct weir_storage *st, int64_t n_entries,
                                                  struct weir_error *err);

#ifdef __cplusplus
}
#endif
#endif
