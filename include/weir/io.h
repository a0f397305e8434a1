/* weir/io.h: the three shapes in which bytes enter and leave weir, and name-value pairs.
 *
 *     struct weir_source src = {my_read, NULL, my_file};
 *     weir_storage_put_stream(store, "a/b", &src, -1, NULL, NULL, NULL, &err);
 *
 * All three are borrowed for the time of the call (or the life of the reader made from them). The
 * functions are called from one thread at a time, except weir_input.read_at, which must be safe
 * from several. Since: 0.1 */
#ifndef WEIR_IO_H
#define WEIR_IO_H

#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weir_kv {
    const char *name;
    const char *value;
};

/* Pull: bytes in order. `read` gives 0 bytes only at the end. `rewind` goes back to the first byte;
 * NULL: cannot. */
struct weir_source {
    int (*read)(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err);
    int (*rewind)(void *ctx, struct weir_error *err);
    void *ctx;
};

/* Push: bytes in order. */
struct weir_sink {
    int (*write)(void *ctx, const void *buf, size_t n, struct weir_error *err);
    void *ctx;
};

/* Random access to bytes of a known size. `read_at` delivers exactly `n` bytes or fails. */
struct weir_input {
    int (*read_at)(void *ctx, uint64_t offset, void *buf, size_t n, struct weir_error *err);
    uint64_t size_bytes;
    void *ctx;
    const char *name; /* for messages: a path or key */
    const void
        *bytes; /* not NULL: all `size_bytes` are in memory here, and read_at need not be called */
};

#ifdef __cplusplus
}
#endif
#endif
