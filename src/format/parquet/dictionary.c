/* dictionary.c: distinct values, numbered by first appearance, in one open-addressing table.
 *
 * A value that fits a word is its own key, so that comparing keys is comparing values; a longer one
 * is keyed by its hash and compared in full. */
#include "format/parquet/dictionary.h"

struct slot {
    uint64_t key;
    uint32_t index; /* + 1; 0 = empty */
    uint32_t is_long;
};

#define FIRST_SLOTS 1024

struct weir__dictionary_out weir__dictionary_out_make(const struct weir_env *env, size_t width)
{
    size_t most = SIZE_MAX / 2;
    return (struct weir__dictionary_out){.env = env,
                                         .width = width,
                                         .fixed = weir__buf_make(env, most),
                                         .bytes = weir__buf_make(env, most),
                                         .offsets = weir__buf_make(env, most),
                                         .slots = weir__buf_make(env, most)};
}

void weir__dictionary_out_clear(struct weir__dictionary_out *d)
{
    weir__buf_clear(&d->fixed);
    weir__buf_clear(&d->bytes);
    weir__buf_clear(&d->offsets);
    if (d->slots.len)
        memset(d->slots.data, 0, d->slots.len);
    d->n = 0;
}

void weir__dictionary_out_dispose(struct weir__dictionary_out *d)
{
    weir__buf_dispose(&d->fixed);
    weir__buf_dispose(&d->bytes);
    weir__buf_dispose(&d->offsets);
    weir__buf_dispose(&d->slots);
}

/* Fibonacci hashing: the high bits of the product, as many as the table has. */
static inline size_t slot_of(uint64_t key, unsigned shift)
{
    return (size_t)((key * 0x9e3779b97f4a7c15u) >> shift);
}

static struct slot *slots_of(const struct weir__dictionary_out *d)
{
    return (struct slot *)(void *)d->slots.data;
}

static int slots_grow(struct weir__dictionary_out *d, struct weir_error *err)
{
    size_t old_n = d->slots.len / sizeof(struct slot);
    size_t n = old_n ? old_n * 4 : FIRST_SLOTS;
    unsigned shift = 64 - (unsigned)__builtin_ctzll(n);
    AUTO(buf) struct weir__buf grown = weir__buf_make(d->env, SIZE_MAX / 2);
    TRY(weir__buf_reserve(&grown, n * sizeof(struct slot), err));
    memset(grown.data, 0, n * sizeof(struct slot));
    grown.len = n * sizeof(struct slot);
    struct slot *to = (struct slot *)(void *)grown.data;
    const struct slot *from = slots_of(d);
    for (size_t i = 0; i < old_n; i++) {
        if (!from[i].index)
            continue;
        size_t at = slot_of(from[i].key, shift);
        while (to[at].index)
            at = (at + 1) & (n - 1);
        to[at] = from[i];
    }
    struct weir__buf old = d->slots;
    d->slots = grown;
    grown = old;
    d->mask = n - 1;
    d->shift = shift;
    return WEIR_OK;
}

/* Bytes of value i and the word that keys it. */
struct keyed {
    const uint8_t *data;
    size_t len;
    uint64_t key;
    bool is_long;
};

static inline struct keyed key_fixed(const struct weir__page_values *values, int64_t i)
{
    struct keyed k = {values->fixed + (size_t)i * values->width, values->width, 0, false};
    if (k.len == 8) {
        memcpy(&k.key, k.data, 8);
    } else if (k.len < 8) {
        memcpy(&k.key, k.data, k.len);
    } else {
        k.key = weir__hash_bytes(k.data, k.len);
        k.is_long = true;
    }
    return k;
}

static inline struct keyed key_text(const struct weir__page_values *values, int64_t i)
{
    int32_t from = values->offsets[i];
    struct keyed k = {values->bytes + from, (size_t)(values->offsets[i + 1] - from), 0, false};
    if (k.len < 8) {
        memcpy(&k.key, k.data, k.len);
        k.key |= (uint64_t)(k.len + 1) << 56;
    } else {
        k.key = weir__hash_bytes(k.data, k.len);
        k.is_long = true;
    }
    return k;
}

static bool value_is(const struct weir__dictionary_out *d, uint32_t index, const struct keyed *k)
{
    if (d->width)
        return memcmp(d->fixed.data + (size_t)index * d->width, k->data, d->width) == 0;
    const int32_t *offsets = (const int32_t *)(const void *)d->offsets.data;
    size_t len = (size_t)(offsets[index + 1] - offsets[index]);
    return len == k->len && memcmp(d->bytes.data + offsets[index], k->data, len) == 0;
}

static int value_add(struct weir__dictionary_out *d, const struct keyed *k, struct weir_error *err)
{
    if (d->width) {
        TRY(weir__buf_append(&d->fixed, k->data, k->len, err));
    } else {
        int32_t zero = 0;
        if (d->n == 0)
            TRY(weir__buf_append(&d->offsets, &zero, sizeof zero, err));
        TRY(weir__buf_append(&d->bytes, k->data, k->len, err));
        int32_t end = (int32_t)d->bytes.len;
        TRY(weir__buf_append(&d->offsets, &end, sizeof end, err));
    }
    d->n++;
    return WEIR_OK;
}

static size_t plain_bytes(const struct weir__dictionary_out *d)
{
    return d->width ? d->fixed.len : d->bytes.len + 4 * (size_t)d->n;
}

/* Index of the keyed value, found or added, looking from slot `at`. */
static inline int find_or_add(struct weir__dictionary_out *d, const struct keyed *k, size_t at,
                              uint32_t *out, struct weir_error *err)
{
    struct slot *slots = slots_of(d);
    for (; slots[at].index; at = (at + 1) & d->mask) {
        if (slots[at].key == k->key && slots[at].is_long == k->is_long &&
            (!k->is_long || value_is(d, slots[at].index - 1, k))) {
            *out = slots[at].index - 1;
            return WEIR_OK;
        }
    }
    TRY(value_add(d, k, err));
    slots[at] = (struct slot){k->key, (uint32_t)d->n, k->is_long};
    *out = (uint32_t)d->n - 1;
    return WEIR_OK;
}

/* Values looked up together: their slots are fetched before the first is compared, so that cache
 * misses overlap. */
#define TOGETHER 32

static int block_add(struct weir__dictionary_out *d, const struct weir__page_values *values,
                     int64_t from, int64_t n, uint32_t *out, struct weir_error *err)
{
    struct keyed keys[TOGETHER];
    size_t at[TOGETHER];
    while ((size_t)(d->n + n) * 2 > d->slots.len / sizeof(struct slot))
        TRY(slots_grow(d, err));
    const struct slot *slots = slots_of(d);
    for (int64_t i = 0; i < n; i++) {
        keys[i] = d->width ? key_fixed(values, from + i) : key_text(values, from + i);
        at[i] = slot_of(keys[i].key, d->shift);
        __builtin_prefetch(&slots[at[i]]);
    }
    for (int64_t i = 0; i < n; i++)
        TRY(find_or_add(d, &keys[i], at[i], &out[i], err));
    return WEIR_OK;
}

int weir__dictionary_out_add(struct weir__dictionary_out *d, const struct weir__page_values *values,
                             size_t max_bytes, uint32_t *out_indices, bool *out_is_full,
                             struct weir_error *err)
{
    *out_is_full = false;
    for (int64_t from = 0; from < values->n && !*out_is_full; from += TOGETHER) {
        int64_t n = values->n - from < TOGETHER ? values->n - from : TOGETHER;
        TRY(block_add(d, values, from, n, out_indices + from, err));
        *out_is_full = plain_bytes(d) > max_bytes;
    }
    return WEIR_OK;
}

void weir__dictionary_out_values(const struct weir__dictionary_out *d,
                                 struct weir__page_values *out)
{
    *out = (struct weir__page_values){.n = d->n, .width = d->width};
    out->fixed = d->width ? d->fixed.data : NULL;
    out->bytes = d->width ? NULL : d->bytes.data;
    out->offsets = d->width ? NULL : (const int32_t *)(const void *)d->offsets.data;
}

#define SAMPLE 2048

int weir__dictionary_pays(const struct weir_env *env, const struct weir__page_values *values,
                          bool *out, struct weir_error *err)
{
    struct weir__dictionary_out d =
        weir__dictionary_out_make(env, values->offsets ? 0 : values->width);
    int64_t step = values->n > SAMPLE ? values->n / SAMPLE : 1;
    int64_t looked = 0;
    int status = WEIR_OK;
    for (int64_t i = 0; i < values->n && status == WEIR_OK; i += step, looked++) {
        uint32_t ignored;
        status = block_add(&d, values, i, 1, &ignored, err);
    }
    *out = looked < 16 || d.n * 100 <= looked * 97;
    weir__dictionary_out_dispose(&d);
    return status;
}
