/* weir/columnar.h: the Arrow C Data Interface, the one form in which rows are in memory.
 *
 *     struct ArrowArrayStream rows;
 *     weir_read(reader, NULL, 0, NULL, NULL, &rows, &err);
 *     struct ArrowArray batch;
 *     while (rows.get_next(&rows, &batch) == 0 && batch.release != NULL) {
 *         ...
 *         batch.release(&batch);
 *     }
 *     rows.release(&rows);
 *
 * Glossary: record batch = a struct array of columns; stream = batches of one schema, ended by a
 * released array. Moved means moved on success: the source's release is NULL afterwards; on failure
 * the caller still owns it. Threads: the structs belong to one thread at a time. Since: 0.1 */
#ifndef WEIR_COLUMNAR_H
#define WEIR_COLUMNAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/env.h>
#include <weir/error.h>
#include <weir/io.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#    define ARROW_C_DATA_INTERFACE

#    define ARROW_FLAG_DICTIONARY_ORDERED 1
#    define ARROW_FLAG_NULLABLE 2
#    define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#    define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/* The full error behind a stream made by weir: code, HTTP status, errno. For other streams the code
 * is WEIR_IO and the message is what get_last_error says.
 *
 * Threads:  owner.
 * Since:    0.1 */
void weir_stream_last_error(struct ArrowArrayStream *stream, struct weir_error *out);

/* Check a foreign record batch against its schema: lengths, offsets monotonic and inside,
 * dictionary indexes in range, UTF-8 where promised.
 *
 * Errors:   WEIR_INVALID naming the column and the first violation.
 * Since:    0.1 */
WEIR_NODISCARD int weir_batch_validate(const struct ArrowSchema *schema,
                                       const struct ArrowArray *batch, struct weir_error *err);

#ifdef __cplusplus
}
#endif
#endif
