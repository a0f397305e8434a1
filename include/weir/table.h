/* weir/table.h: append-only tables of Parquet files in Hive partitions, on any store.
 *
 *     weir_table_init(env, store, "billing", &(struct weir_table_init_options){
 *         .partition_by = parts, .n_partition_by = 1}, NULL, &err);
 *     weir_table_open(env, store, "billing", NULL, NULL, &table, &err);
 *     weir_writer_new(table, NULL, NULL, &writer, &err);
 *     weir_write(writer, &schema, &batch, 1, NULL, NULL, &results, &err);
 *     weir_reader_new(table, NULL, NULL, &reader, &err);
 *     weir_read(reader, NULL, 0, NULL, NULL, &rows, &err);         // ArrowArrayStream
 *
 * Glossary: partition = one Hive directory ("period=2026-03/customer=abc"), also called partition
 * key; part = one name of it; token = the name of one logical write inside one partition, so that
 * repeating the write has no effect; attempt = one try of a write; ref = the entry of a write in
 * the change stream; commit marker = the object that makes a write visible; offset = the key of a
 * ref; snapshot = what is committed when the read lists the table; pattern = which partitions to
 * read ("period=2026-03-01..2026-04-01/customer=*", see weir_read).
 *
 * A write is visible as a whole, per partition, or not at all; a crash never shows half of one.
 * Nothing is overwritten or deleted by this library. Table, writer and reader handles may be used
 * from any thread; iterators, streams and results belong to one thread at a time. Handles keep what
 * they were made from alive. Since: 0.1 */
#ifndef WEIR_TABLE_H
#define WEIR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/columnar.h>
#include <weir/env.h>
#include <weir/error.h>
#include <weir/format.h>
#include <weir/storage.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Table: create, open --------------------------------------------------------------------- */

#define WEIR_COMMIT_TIMEOUT_FLOOR_US 1000
#define WEIR_COMMIT_TIMEOUT_ADVISORY_US 8000000 /* below this, opening logs a warning */
#define WEIR_COMMIT_TIMEOUT_DEFAULT_US 30000000
#define WEIR_MAX_CLOCK_SKEW_FLOOR_US 0
#define WEIR_MAX_CLOCK_SKEW_DEFAULT_US 5000000
#define WEIR_MAX_CLOCK_SKEW_NONE (-1) /* an explicit 0 */

#define WEIR_MAX_INFLIGHT_DEFAULT 32

#define WEIR_CONSISTENCY_ALL "all"
#define WEIR_CONSISTENCY_STRONG_GLOBAL "strong-global" /* the default */
#define WEIR_CONSISTENCY_STRONG_SITE "strong-site"
#define WEIR_CONSISTENCY_READ_AFTER_NEW_WRITE "read-after-new-write"
#define WEIR_CONSISTENCY_AVAILABLE "available"

/* A materialized view: the distinct tuples of some columns. `formats` (or one entry of it) may be
 * NULL for columns that need none. */
struct weir_view {
    const char *name;
    const char *const *columns;
    const char *const *formats;
    size_t n_columns;
};

struct weir_table_init_options {
    uint32_t struct_size;
    int64_t commit_timeout_us; /* 0 = 30 s */
    int64_t max_clock_skew_us; /* 0 = 5 s; WEIR_MAX_CLOCK_SKEW_NONE = 0 s */
    /* The table description. Without any of these no description is stored. */
    const char *const *partition_by;
    size_t n_partition_by;
    const char *const *entity_key; /* both or neither of entity_key and version_column */
    size_t n_entity_key;
    const char *version_column;
    const char *inserted_at_column;
    enum weir_compression compression; /* 0 = not stored */
    const struct weir_view *views;
    size_t n_views;
};

/* Create a table below `prefix` of a store: timing objects and the optional description.
 *
 * `prefix` may be "" or NULL on local and memory stores: the table is the store's root. Calling it
 * again with the same values is a success that changes nothing; a run that was interrupted can be
 * repeated. Durable on return.
 * Requests: 3 GET, then 1 PUT for each object that was missing.
 * Blocks:   network | disk.
 * Threads:  any.
 * Errors:   WEIR_ALREADY_EXISTS when the table exists with other values, naming object and both;
 *           WEIR_INVALID for timing below the floor or a bad description; the store's.
 * Since:    0.1 */
WEIR_NODISCARD int weir_table_init(const struct weir_env *env, struct weir_storage *store,
                                   const char *prefix,
                                   const struct weir_table_init_options *options,
                                   const struct weir_cancel *cancel, struct weir_error *err);

struct weir_table;

struct weir_table_options {
    uint32_t struct_size;
    /* Names of the partition parts, in order. NULL: they are taken from the table description, and
     * with them every writer and reader option that is left unset and that the description has. */
    const char *const *partition_parts;
    size_t n_partition_parts;
    int32_t max_inflight;    /* requests at once of this handle; 0 = 32 */
    const char *consistency; /* NULL or "" = strong-global */
};

/* Open a table that weir_table_init (or another implementation of the layout) created.
 *
 * Owns:     the store is referenced; `*out` belongs to the caller, free with weir_table_free.
 * Requests: 2 GET, one round trip.
 * Blocks:   network | disk.
 * Threads:  any.
 * Errors:   WEIR_NOT_FOUND when the table was not initialised; WEIR_INVALID for timing that does
 *           not parse or is below the floor, and for bad options; the store's.
 * Since:    0.1 */
WEIR_NODISCARD int weir_table_open(const struct weir_env *env, struct weir_storage *store,
                                   const char *prefix, const struct weir_table_options *options,
                                   const struct weir_cancel *cancel, struct weir_table **out,
                                   struct weir_error *err);

/* Drop the caller's hold; NULL is fine. Writers and readers made from it go on working.
 *
 * Threads:  any.
 * Since:    0.1 */
void weir_table_free(struct weir_table *table);

/* What the table was opened with; no I/O. Strings live as long as the handle.
 *
 * Threads:  any.
 * Since:    0.1 */
struct weir_storage *weir_table_store(const struct weir_table *table);
const char *weir_table_prefix(const struct weir_table *table); /* without slashes at the ends */
const char *weir_table_consistency(const struct weir_table *table);
int32_t weir_table_max_inflight(const struct weir_table *table);
int64_t weir_table_commit_timeout_us(const struct weir_table *table);
int64_t weir_table_max_clock_skew_us(const struct weir_table *table);
int64_t weir_table_settle_window_us(const struct weir_table *table); /* the sum of the two */

/* What a table says about itself: explicit options first, then the stored description.
 *
 * Every pointer may be NULL with a count of 0: not described. */
struct weir_table_description {
    const char *const *partition_by;
    size_t n_partition_by;
    const char *const *entity_key;
    size_t n_entity_key;
    const char *version_column;
    const char *inserted_at_column;
    enum weir_compression compression;
    const struct weir_view *views;
    size_t n_views;
};

/* Look at the description; `out` borrows from the table.
 *
 * Requests: 1 GET the first time, unless the partition parts were given at open; then none.
 * Blocks:   network | disk.
 * Threads:  any.
 * Errors:   WEIR_INVALID when the stored description does not parse; the store's. A table without a
 *           description is no error: all fields are empty.
 * Since:    0.1 */
WEIR_NODISCARD int weir_table_describe(struct weir_table *table, const struct weir_cancel *cancel,
                                       struct weir_table_description *out, struct weir_error *err);

/* ---- Writing --------------------------------------------------------------------------------- */

#define WEIR_TOKEN_MAX_BYTES 200
#define WEIR_PARTITION_KEY_MAX_BYTES 1023

/* Value of a null in a partition column. */
#define WEIR_NULL_PARTITION "__HIVE_DEFAULT_PARTITION__"

/* Where the value of one partition part comes from. */
struct weir_partition_rule {
    const char *part;
    const char *column; /* NULL = the column named like the part */
    /* For timestamps (required) and dates: "date", "month", "hour", "rfc3339" or a strftime
     * pattern; formatted in UTC. NULL for every other type. */
    const char *format;
};

/* Write the partition key of a row into `out_key` (WEIR_PARTITION_KEY_MAX_BYTES bytes, no NUL).
 * Called from library threads, never twice at once for one writer. */
typedef int weir_partition_fn(void *arg, const struct ArrowSchema *schema,
                              const struct ArrowArray *batch, int64_t row, char *out_key,
                              size_t *out_len, struct weir_error *err);

/* Write the token of the rows of one partition into `out_token` (WEIR_TOKEN_MAX_BYTES bytes, no
 * NUL). Called once for each partition of a write. */
typedef int weir_token_fn(void *arg, const char *partition, const struct ArrowSchema *schema,
                          const struct ArrowArray *rows, char *out_token, size_t *out_len,
                          struct weir_error *err);

struct weir_writer;

struct weir_writer_options {
    uint32_t struct_size;
    /* One rule for each part that is not simply the column of the same name. */
    const struct weir_partition_rule *partition_rules;
    size_t n_partition_rules;
    weir_partition_fn *partition_fn; /* instead of rules */
    void *partition_arg;
    bool empty_as_null;                /* an empty string counts as null instead of an error */
    bool drop_partition_columns;       /* leave the columns of the rules out of the data files */
    enum weir_compression compression; /* 0 = the description's, else snappy */
    /* Timestamp column that gets the insertion time; appended when the batch lacks it. NULL = the
     * description's, "" = none. */
    const char *inserted_at_column;
    const struct weir_view *views; /* NULL = the description's. Not yet: WEIR_UNSUPPORTED */
    size_t n_views;
    const struct weir_parquet_write_options *parquet; /* `compression` above wins when not 0 */
    size_t encode_pool_max_bytes; /* bigger encode buffers are not kept; 0 = 48 MiB */
};

/* Make a writer. `options` may be NULL. Strings are copied; `parquet` is copied one level deep and
 * what it points to must outlive the writer.
 *
 * Requests: 1 GET when the description is needed and was not read yet, else none.
 * Threads:  any. The writer may be used from several threads at once.
 * Errors:   WEIR_INVALID for bad options or when no partition parts are known.
 * Since:    0.1 */
WEIR_NODISCARD int weir_writer_new(struct weir_table *table,
                                   const struct weir_writer_options *options,
                                   const struct weir_cancel *cancel, struct weir_writer **out,
                                   struct weir_error *err);
void weir_writer_free(struct weir_writer *writer); /* after its calls returned; NULL is fine */
struct weir_table *weir_writer_table(const struct weir_writer *writer); /* borrowed */

/* Would `token` be taken as a token? 1..200 bytes of printable ASCII without '/', ';' and "..".
 *
 * Threads:  any.
 * Errors:   WEIR_INVALID saying which rule it breaks.
 * Since:    0.1 */
WEIR_NODISCARD int weir_token_check(const char *token, struct weir_error *err);

/* Would `key` be taken as a partition key for writing, given the names of the parts?
 *
 * Threads:  any.
 * Errors:   WEIR_INVALID naming segment, part and value.
 * Since:    0.1 */
WEIR_NODISCARD int weir_partition_key_check(const char *const *parts, size_t n_parts,
                                            const char *key, struct weir_error *err);

enum weir_commit_mode {
    WEIR_COMMIT_HEAD_FIRST = 0, /* with a token: look for an earlier commit first (1 HEAD) */
    WEIR_COMMIT_OPTIMISTIC = 1, /* no look; the commit PUT itself is conditional */
    WEIR_COMMIT_FIRST_TRY = 2   /* as OPTIMISTIC, for callers that know it is no retry */
};

struct weir_write_options {
    uint32_t struct_size;
    const char *token;       /* NULL = a fresh one; "" is an error. The same in every partition */
    weir_token_fn *token_fn; /* instead of token */
    void *token_arg;
    int64_t inserted_at_us; /* 0 = now */
    enum weir_commit_mode commit_mode;
    bool restamp_if_late; /* announce again by itself when the commit may be late for the stream */
    const char *key;      /* write all rows to this partition; they are not checked against it */
};

enum weir_write_state {
    WEIR_WRITE_NOT_STARTED = 0,
    WEIR_WRITE_COMMITTED = 1,
    WEIR_WRITE_COMMITTED_LATE = 2, /* durable; stream readers may have passed it: restamp */
    WEIR_WRITE_EXISTING = 3,       /* an earlier write with this token; its result is returned */
    WEIR_WRITE_FAILED = 4,         /* not committed */
    WEIR_WRITE_UNKNOWN = 5         /* perhaps committed: weir_lookup_commit(partition, token) */
};

/* "committed", "existing", ...; "unknown state" for other values. */
const char *weir_write_state_name(enum weir_write_state state);

/* Outcome of one partition. Strings are "" where not known; they live as long as the results. */
struct weir_write_result {
    const char *partition;
    const char *token;      /* filled as soon as it is chosen, also on failure */
    const char *attempt_id; /* 32 hex digits */
    const char *data_key;   /* keys are relative to the store */
    const char *ref_key;
    const char *offset;  /* = ref_key */
    const char *message; /* why, when code is not WEIR_OK */
    int64_t inserted_at_us;
    int64_t row_count;
    enum weir_write_state state;
    int32_t code;        /* enum weir_status of this partition */
    bool late_suspected; /* EXISTING, look-up: the marker appeared suspiciously late */
};

struct weir_write_results {
    struct weir_write_result *items; /* in bytewise order of the partition */
    size_t n;
    void *private_data;
};

/* Give back results; zeroed and already disposed ones are fine. */
void weir_write_results_dispose(struct weir_write_results *results);

/* Append the rows of `batches` (all of one schema; borrowed): one write, one data file for each
 * partition.
 *
 * All partition keys, tokens and key lengths are checked before the first request. Row order inside
 * a partition is input order. No rows: success without results or requests. Partitions are
 * committed one by one (concurrently); each is atomic, the whole is not. What a result reports as
 * committed is durable and visible to every later snapshot read. A cancel that arrives between the
 * data file and the commit is ignored.
 * Owns:     zero `*out` before the call and dispose it after, whatever the code: exceptionally it
 *           is also filled on failure, so that `state` and `token` of each partition are known.
 * Requests: for each partition 3 PUT, and 1 HEAD with a token in HEAD_FIRST mode; 1 HEAD alone when
 *           the token is committed already.
 * Blocks:   network | disk.
 * Threads:  any.
 * Errors:   WEIR_COMMITTED_AFTER_TIMEOUT when all is durable but at least one commit was late;
 *           WEIR_INVALID (nothing was written); WEIR_CANCELLED; otherwise the first real failure in
 *           partition order, while other partitions may have been committed.
 * Since:    0.1 */
WEIR_NODISCARD int weir_write(struct weir_writer *writer, const struct ArrowSchema *schema,
                              const struct ArrowArray *batches, size_t n_batches,
                              const struct weir_write_options *options,
                              const struct weir_cancel *cancel, struct weir_write_results *out,
                              struct weir_error *err);

/* The same with all batches of a stream as one write; they are held in memory. The stream is read
 * to its end and stays the caller's to release. */
WEIR_NODISCARD int weir_write_stream(struct weir_writer *writer, struct ArrowArrayStream *rows,
                                     const struct weir_write_options *options,
                                     const struct weir_cancel *cancel,
                                     struct weir_write_results *out, struct weir_error *err);

/* weir_write with options->key = key. */
WEIR_NODISCARD int weir_write_with_key(struct weir_writer *writer, const char *key,
                                       const struct ArrowSchema *schema,
                                       const struct ArrowArray *batches, size_t n_batches,
                                       const struct weir_write_options *options,
                                       const struct weir_cancel *cancel,
                                       struct weir_write_results *out, struct weir_error *err);

/* Was `token` committed in `partition`? `out` (zeroed) gets the one result, as the original write
 * returned it, when *out_found.
 *
 * Requests: 1 HEAD.
 * Blocks:   network | disk.
 * Threads:  any.
 * Errors:   WEIR_CORRUPT for a malformed marker; the store's. Not committed is no error.
 * Since:    0.1 */
WEIR_NODISCARD int weir_lookup_commit(struct weir_writer *writer, const char *partition,
                                      const char *token, const struct weir_cancel *cancel,
                                      bool *out_found, struct weir_write_results *out,
                                      struct weir_error *err);

/* Announce an existing commit again, so that stream readers that passed it get it. `out` (zeroed)
 * gets `prior` with a new offset and ref key; commit and look-up still give the original.
 *
 * Requests: 1 PUT, not cancellable.
 * Blocks:   network | disk.
 * Threads:  any.
 * Errors:   WEIR_INVALID when `prior` belongs to another table; WEIR_COMMITTED_AFTER_TIMEOUT with
 *           the result when this one was late too; the store's.
 * Since:    0.1 */
WEIR_NODISCARD int weir_restamp_ref(struct weir_writer *writer,
                                    const struct weir_write_result *prior,
                                    struct weir_write_results *out, struct weir_error *err);

struct weir_partition_rows {
    const char *partition;
    struct ArrowArray rows; /* of the schema that was given in */
};

struct weir_partition_groups {
    struct weir_partition_rows *items; /* in bytewise order of the partition */
    size_t n;
    void *private_data;
};

/* How weir_write would cut these rows; no requests.
 *
 * Owns:     `*out` (zeroed before) belongs to the caller; batches are borrowed.
 * Errors:   WEIR_INVALID naming row, part and value.
 * Since:    0.1 */
WEIR_NODISCARD int weir_group_by_partition(struct weir_writer *writer,
                                           const struct ArrowSchema *schema,
                                           const struct ArrowArray *batches, size_t n_batches,
                                           struct weir_partition_groups *out,
                                           struct weir_error *err);
void weir_partition_groups_dispose(struct weir_partition_groups *groups);

/* Partition key of one row, NUL-terminated, into out_key[WEIR_PARTITION_KEY_MAX_BYTES + 1]. */
WEIR_NODISCARD int weir_partition_key_of_row(struct weir_writer *writer,
                                             const struct ArrowSchema *schema,
                                             const struct ArrowArray *batch, int64_t row,
                                             char *out_key, struct weir_error *err);

/* ---- Reading --------------------------------------------------------------------------------- */

/* Append the bytes that identify the entity of a row to `out` (a sink). */
typedef int weir_entity_fn(void *arg, const struct ArrowSchema *schema,
                           const struct ArrowArray *batch, int64_t row, const struct weir_sink *out,
                           struct weir_error *err);
typedef int weir_version_fn(void *arg, const struct ArrowSchema *schema,
                            const struct ArrowArray *batch, int64_t row, int64_t *out_version,
                            struct weir_error *err);

struct weir_reader;

struct weir_reader_options {
    uint32_t struct_size;
    /* Entity rule and version rule: both or neither. Without: the description's; without that,
     * every row is returned. */
    const char *const *entity_columns;
    size_t n_entity_columns;
    const char *version_column; /* integer, date or timestamp; null is the lowest */
    weir_entity_fn *entity_fn;  /* instead of entity_columns */
    void *entity_arg;
    weir_version_fn *version_fn; /* instead of version_column */
    void *version_arg;
    bool no_dedup; /* do not take the description's rules */
    /* Columns and types to return, whatever the files have; NULL = those of the newest file.
     * Copied. */
    const struct ArrowSchema *schema;
};

/* Make a reader. `options` may be NULL.
 *
 * Requests: 1 GET when the description is needed and was not read yet, else none.
 * Threads:  any. The reader may be used from several threads at once.
 * Errors:   WEIR_INVALID for bad options or when no partition parts are known.
 * Since:    0.1 */
WEIR_NODISCARD int weir_reader_new(struct weir_table *table,
                                   const struct weir_reader_options *options,
                                   const struct weir_cancel *cancel, struct weir_reader **out,
                                   struct weir_error *err);
void weir_reader_free(struct weir_reader *reader); /* NULL is fine; open streams go on */
struct weir_table *weir_reader_table(const struct weir_reader *reader); /* borrowed */

struct weir_read_options {
    uint32_t struct_size;
    bool history; /* all versions instead of the latest; needs dedup rules to matter */
    const char *const *columns; /* NULL = all; only these are decoded */
    size_t n_columns;
    /* A requested column that files lack but that is a partition part is filled from the path. */
    bool hive_columns;
    int64_t max_batch_rows; /* 0 = 65,536 */
    /* Limits of reading ahead. Reading is strictly in order so far: they are checked, not used. */
    int64_t read_ahead_partitions; /* 0 = 1; -1 = none */
    int64_t read_ahead_bytes;      /* decoded, not yet taken; 0 = no limit */
    int64_t max_body_bytes; /* not local: a larger data file is read in ranges; 0 = 256 MiB */
    /* Exact partitions instead of patterns: the only way to name values with * ? [ ] { } */
    const char *const *partitions;
    size_t n_partitions;
};

/* Stream the committed rows of the partitions that match any of the patterns.
 *
 * Pattern: "*" or "" = everything; else one segment for each part, joined by '/': "*",
 * "part=value", "part=begin*", or "part=from..to" (from <= value < to bytewise; an end may be
 * empty). `patterns` NULL with n 0 means everything; an empty list that is not NULL reads nothing.
 * Partitions come in bytewise order; inside a partition rows are ordered by entity and version when
 * there are dedup rules, else as written (by file name). The listing is made during this call, data
 * files are read while the stream is; reading is strict: a file that cannot be read fails it.
 * Owns:     `*out` belongs to the caller; `cancel` must outlive it.
 * Requests: 1 LIST for each 1000 objects below the pattern's fixed beginning, 1 HEAD for each token
 *           with several attempts, few GET for each file.
 * Blocks:   network | disk.
 * Threads:  any for the call; the stream has one owner.
 * Errors:   WEIR_INVALID for a bad pattern (naming it and its index) or options, before any
 *           request; WEIR_NOT_FOUND for a column that neither the schema (the reader's, else the
 *           newest file's) nor the path has, or a data file that is gone;
 *           WEIR_UNSUPPORTED when files' types do not fit together; WEIR_CORRUPT; the store's.
 * Since:    0.1 */
WEIR_NODISCARD int weir_read(struct weir_reader *reader, const char *const *patterns,
                             size_t n_patterns, const struct weir_read_options *options,
                             const struct weir_cancel *cancel, struct ArrowArrayStream *out,
                             struct weir_error *err);

/* The same rows in one batch, all in memory. */
WEIR_NODISCARD int weir_read_all(struct weir_reader *reader, const char *const *patterns,
                                 size_t n_patterns, const struct weir_read_options *options,
                                 const struct weir_cancel *cancel, struct ArrowSchema *out_schema,
                                 struct ArrowArray *out_rows, struct weir_error *err);

struct weir_partition_iter;

/* The same, partition by partition. */
WEIR_NODISCARD int weir_read_partitions(struct weir_reader *reader, const char *const *patterns,
                                        size_t n_patterns, const struct weir_read_options *options,
                                        const struct weir_cancel *cancel,
                                        struct weir_partition_iter **out, struct weir_error *err);
/* The next partition with at least one data file: WEIR_OK and *out_partition NULL at the end.
 * `out_rows` (may be empty of rows) is the caller's to release and ends, where it stands, with the
 * next call; *out_partition lives until then. */
WEIR_NODISCARD int weir_partition_iter_next(struct weir_partition_iter *iter,
                                            const char **out_partition,
                                            struct ArrowArrayStream *out_rows,
                                            struct weir_error *err);
void weir_partition_iter_free(struct weir_partition_iter *iter); /* NULL is fine */

struct weir_data_file {
    const char *key; /* relative to the store */
    const char *partition;
    const char *token;
    const char *attempt_id;
    int64_t size_bytes;
    int64_t modified_us;
};

struct weir_data_files {
    struct weir_data_file *items; /* partitions, then files, in bytewise order */
    size_t n;
    void *private_data;
};

/* The committed data files of the matching partitions, for other engines. Of `options` (may be
 * NULL) only `partitions` is looked at.
 *
 * Owns:     `*out` (zeroed before) belongs to the caller.
 * Requests: as weir_read, without the GETs.
 * Blocks:   network | disk.
 * Threads:  any.
 * Errors:   as weir_read.
 * Since:    0.1 */
WEIR_NODISCARD int weir_files(struct weir_table *table, const char *const *patterns,
                              size_t n_patterns, const struct weir_read_options *options,
                              const struct weir_cancel *cancel, struct weir_data_files *out,
                              struct weir_error *err);
void weir_data_files_dispose(struct weir_data_files *files);

#ifdef __cplusplus
}
#endif
#endif
