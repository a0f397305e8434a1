/* leaf_out.c: the growing Arrow buffers of one leaf. */
#include "format/parquet/column_reader.h"

void weir__leaf_out_init(struct weir__leaf_out *out, const struct weir_env *env,
                         const struct parquet_leaf *leaf, bool is_strict)
{
    *out = (struct weir__leaf_out){.env = env,
                                   .leaf = leaf,
                                   .is_strict = is_strict,
                                   .bytes = {.env = env,
                                             .max = leaf->is_large ? INT64_MAX : INT32_MAX,
                                             .is_large = leaf->is_large},
                                   .temp = {env, NULL, 0},
                                   .temp_bytes = {.env = env, .max = INT32_MAX}};
}

void weir__leaf_out_dispose(struct weir__leaf_out *out)
{
    const struct weir_env *env = out->env;
    if (!env)
        return;
    weir__free(env, out->validity);
    weir__free(env, out->data);
    weir__free(env, out->bytes.data);
    weir__free(env, out->bytes.offsets);
    weir__free(env, out->def);
    weir__free(env, out->rep);
    weir__scratch_dispose(&out->temp);
    weir__free(env, out->temp_bytes.data);
    weir__free(env, out->temp_bytes.offsets);
    *out = (struct weir__leaf_out){.env = NULL};
}

static int resize(const struct weir_env *env, void *place, size_t n, struct weir_error *err)
{
    void *block;
    memcpy(&block, place, sizeof block);
    block = weir__resize(env, block, n, err);
    if (!block)
        return WEIR_NO_MEMORY;
    memcpy(place, &block, sizeof block);
    return WEIR_OK;
}

static size_t bitmap_bytes(size_t slots)
{
    return slots / 8 + 2; /* one byte more than needed may be touched */
}

static bool has_offsets(const struct weir__leaf_out *out)
{
    return out->leaf->convert == PARQUET_AS_BYTES;
}

static int grow_data(struct weir__leaf_out *out, size_t cap, struct weir_error *err)
{
    const struct parquet_leaf *leaf = out->leaf;
    if (has_offsets(out)) {
        bool is_first = !out->bytes.offsets;
        size_t size = leaf->is_large ? sizeof(int64_t) : sizeof(int32_t);
        if (cap > SIZE_MAX / 2 / size)
            return weir__fail_memory(err, SIZE_MAX);
        TRY(resize(out->env, &out->bytes.offsets, (cap + 1) * size, err));
        if (is_first)
            memset(out->bytes.offsets, 0, size);
    } else if (leaf->convert == PARQUET_AS_BOOL) {
        TRY(resize(out->env, &out->data, bitmap_bytes(cap), err));
    } else if (leaf->convert != PARQUET_AS_NULL) {
        if (cap > SIZE_MAX / 2 / (size_t)leaf->value_bytes)
            return weir__fail_memory(err, SIZE_MAX);
        TRY(resize(out->env, &out->data, cap * (size_t)leaf->value_bytes + 16, err));
    }
    return WEIR_OK;
}

int weir__leaf_out_reserve(struct weir__leaf_out *out, size_t extra, struct weir_error *err)
{
    if (extra <= out->cap_slots - out->n_slots && (out->cap_slots > 0 || extra == 0))
        return WEIR_OK;
    size_t cap = out->n_slots + extra;
    if (cap < out->n_slots + out->n_slots / 2)
        cap = out->n_slots + out->n_slots / 2;
    TRY(grow_data(out, cap, err));
    if (out->validity)
        TRY(resize(out->env, &out->validity, bitmap_bytes(cap), err));
    out->cap_slots = cap;
    return WEIR_OK;
}

int weir__leaf_out_validity(struct weir__leaf_out *out, struct weir_error *err)
{
    if (out->validity)
        return WEIR_OK;
    out->validity = weir__alloc(out->env, bitmap_bytes(out->cap_slots), err);
    if (!out->validity)
        return WEIR_NO_MEMORY;
    weir__bits_fill(out->validity, 0, out->n_slots, true);
    return WEIR_OK;
}

int weir__leaf_out_levels(struct weir__leaf_out *out, const uint8_t *def, const uint8_t *rep,
                          size_t n, struct weir_error *err)
{
    if (n > out->cap_levels - out->n_levels) {
        size_t cap = out->n_levels + n;
        if (cap < out->n_levels + out->n_levels / 2)
            cap = out->n_levels + out->n_levels / 2;
        TRY(resize(out->env, &out->def, cap, err));
        if (out->leaf->max_rep > 0)
            TRY(resize(out->env, &out->rep, cap, err));
        out->cap_levels = cap;
    }
    memcpy(out->def + out->n_levels, def, n);
    if (out->leaf->max_rep > 0)
        memcpy(out->rep + out->n_levels, rep, n);
    out->n_levels += n;
    return WEIR_OK;
}

/* Decimals stored as byte arrays: decoded to temporary byte arrays first. */
static int byte_array_decimals(struct weir__leaf_out *out, struct weir__page_values *values,
                               size_t n, struct weir_error *err)
{
    struct weir__bytes *temp = &out->temp_bytes;
    if (n > INT32_MAX)
        return weir__fail(err, WEIR_CORRUPT, "page of %zu values", n);
    TRY(resize(out->env, &temp->offsets, (n + 1) * sizeof(int32_t), err));
    *(int32_t *)temp->offsets = 0;
    temp->len = 0;
    temp->n = 0;
    size_t done;
    TRY(weir__page_values_bytes(values, temp, n, &done, err));
    if (done < n)
        return weir__fail(err, WEIR_UNSUPPORTED, "decimals of more than 2 GiB in one page");
    uint8_t *to = out->data + out->n_slots * (size_t)out->leaf->value_bytes;
    return weir__convert_bytes(out->leaf, temp, n, to, err);
}

/* Values converted on the way go through a block that stays in the cache. */
#define CONVERT_BLOCK 4096u

static int converted(struct weir__leaf_out *out, struct weir__page_values *values, size_t n,
                     struct weir_error *err)
{
    size_t width = (size_t)out->leaf->physical_bytes;
    uint8_t *to = out->data + out->n_slots * (size_t)out->leaf->value_bytes;
    TRY(weir__scratch_reserve(&out->temp, CONVERT_BLOCK * width, err));
    for (size_t done = 0; done < n;) {
        size_t take = n - done < CONVERT_BLOCK ? n - done : CONVERT_BLOCK;
        TRY(weir__page_values_fixed(values, out->temp.data, take, err));
        TRY(weir__convert_fixed(out->leaf, out->temp.data, take,
                                to + done * (size_t)out->leaf->value_bytes, err));
        done += take;
    }
    return WEIR_OK;
}

int weir__leaf_out_values(struct weir__leaf_out *out, struct weir__page_values *values, size_t n,
                          size_t slots, size_t *out_done, struct weir_error *err)
{
    const struct parquet_leaf *leaf = out->leaf;
    ASSERT(n <= slots && slots <= out->cap_slots - out->n_slots);
    *out_done = n;
    if (slots == 0)
        return WEIR_OK;
    switch (leaf->convert) {
    case PARQUET_AS_IS:
        return weir__page_values_fixed(values, out->data + out->n_slots * (size_t)leaf->value_bytes,
                                       n, err);
    case PARQUET_AS_BOOL:
        TRY(weir__scratch_reserve(&out->temp, slots + 8, err));
        return weir__page_values_fixed(values, out->temp.data, n, err);
    case PARQUET_AS_BYTES:
        ASSERT(out->bytes.n == out->n_slots);
        return weir__page_values_bytes(values, &out->bytes, n, out_done, err);
    case PARQUET_AS_NULL:
        return n == 0 ? WEIR_OK
                      : weir__fail(err, WEIR_CORRUPT, "column of the null type holds a value");
    default:
        return leaf->type == PARQUET_BYTE_ARRAY ? byte_array_decimals(out, values, n, err)
                                                : converted(out, values, n, err);
    }
}

/* ---- spreading ----------------------------------------------------------------------------- */

/* Walk the slots from the back: slot i takes value k - 1 where its bit is set, and zero else. Once
 * k == i + 1 all slots before are valid and in place. */
#define SPREAD(name, type)                                                                         \
    static void name(type *data, const uint8_t *bits, size_t bit, size_t values, size_t slots)     \
    {                                                                                              \
        size_t k = values, i = slots;                                                              \
        while (i > k && k > 0) {                                                                   \
            i--;                                                                                   \
            size_t at = bit + i;                                                                   \
            type is_valid = (type)(bits[at >> 3] >> (at & 7) & 1);                                 \
            data[i] = (type)(data[k - 1] & (type)(0 - is_valid));                                  \
            k -= is_valid;                                                                         \
        }                                                                                          \
        if (k == 0)                                                                                \
            memset(data, 0, i * sizeof *data);                                                     \
    }

SPREAD(spread8, uint8_t)
SPREAD(spread16, uint16_t)
SPREAD(spread32, uint32_t)
SPREAD(spread64, uint64_t)

static void spread_wide(uint8_t *data, size_t width, const uint8_t *bits, size_t bit, size_t values,
                        size_t slots)
{
    size_t k = values, i = slots;
    while (i > k) {
        i--;
        bool is_valid = weir__bit_get(bits, (int64_t)(bit + i));
        if (is_valid)
            memmove(data + i * width, data + (--k) * width, width);
        else
            memset(data + i * width, 0, width);
    }
}

/* Offset i + 1 of a slot is the end of the last value at or before it. */
#define SPREAD_ENDS(name, type)                                                                    \
    static void name(type *offsets, const uint8_t *bits, size_t bit, size_t values, size_t slots)  \
    {                                                                                              \
        size_t k = values, i = slots;                                                              \
        while (i > k) {                                                                            \
            i--;                                                                                   \
            size_t at = bit + i;                                                                   \
            offsets[i + 1] = offsets[k];                                                           \
            k -= bits[at >> 3] >> (at & 7) & 1;                                                    \
        }                                                                                          \
    }

SPREAD_ENDS(spread_ends32, int32_t)
SPREAD_ENDS(spread_ends64, int64_t)

static void spread_fixed(struct weir__leaf_out *out, size_t values, size_t slots)
{
    size_t width = (size_t)out->leaf->value_bytes, bit = out->n_slots;
    /* Blocks of the allocator are aligned and slots lie at multiples of their width. */
    void *data = out->data + out->n_slots * width;
    switch (width) {
    case 1:
        spread8(data, out->validity, bit, values, slots);
        return;
    case 2:
        spread16(data, out->validity, bit, values, slots);
        return;
    case 4:
        spread32(data, out->validity, bit, values, slots);
        return;
    case 8:
        spread64(data, out->validity, bit, values, slots);
        return;
    default:
        spread_wide(data, width, out->validity, bit, values, slots);
    }
}

/* Bytes 0/1 to bits, in place and then to where the slots are. */
static void pack_booleans(struct weir__leaf_out *out, size_t slots)
{
    uint8_t *bytes = out->temp.data;
    memset(bytes + slots, 0, 8); /* the last group of 8 */
    for (size_t i = 0; i < slots; i += 8)
        bytes[i / 8] = (uint8_t)(weir__load64(bytes + i) * 0x0102040810204080u >> 56);
    weir__bits_copy(bytes, 0, out->data, out->n_slots, slots);
}

void weir__leaf_out_spread(struct weir__leaf_out *out, size_t values, size_t slots)
{
    bool has_nulls = values < slots;
    ASSERT(!has_nulls || out->validity);
    if (slots == 0)
        return;
    switch (out->leaf->convert) {
    case PARQUET_AS_NULL:
        break;
    case PARQUET_AS_BOOL:
        if (has_nulls && out->temp.data)
            spread8(out->temp.data, out->validity, out->n_slots, values, slots);
        pack_booleans(out, slots);
        break;
    case PARQUET_AS_BYTES:
        if (has_nulls && out->bytes.is_large)
            spread_ends64((int64_t *)out->bytes.offsets + out->n_slots, out->validity, out->n_slots,
                          values, slots);
        else if (has_nulls)
            spread_ends32((int32_t *)out->bytes.offsets + out->n_slots, out->validity, out->n_slots,
                          values, slots);
        out->bytes.n = out->n_slots + slots;
        break;
    default:
        if (has_nulls)
            spread_fixed(out, values, slots);
    }
    out->n_slots += slots;
    out->n_nulls += slots - values;
}

/* ---- Arrow --------------------------------------------------------------------------------- */

int weir__leaf_out_finish(struct weir__leaf_out *out, struct ArrowArray *array,
                          struct weir_error *err)
{
    bool is_null = out->leaf->convert == PARQUET_AS_NULL;
    if (!out->bytes.offsets && has_offsets(out))
        TRY(weir__leaf_out_reserve(out, 1, err));
    TRY(weir__array_make(out->env, is_null ? 0 : has_offsets(out) ? 3 : 2, 0, false, array, err));
    array->length = (int64_t)out->n_slots;
    if (is_null) {
        array->null_count = array->length;
    } else {
        /* A required leaf below a null struct has no nulls of its own. */
        bool shows_nulls = out->n_nulls > 0 && out->leaf->is_nullable;
        array->null_count = shows_nulls ? (int64_t)out->n_nulls : 0;
        if (shows_nulls)
            weir__array_own(array, 0, TAKE(out->validity));
    }
    if (has_offsets(out)) {
        weir__array_own(array, 1, TAKE(out->bytes.offsets));
        weir__array_own(array, 2, TAKE(out->bytes.data));
    } else if (!is_null) {
        weir__array_own(array, 1, TAKE(out->data));
    }
    weir__free(out->env, TAKE(out->validity));
    weir__free(out->env, TAKE(out->def));
    weir__free(out->env, TAKE(out->rep));
    out->n_slots = out->cap_slots = out->n_nulls = 0;
    out->n_levels = out->cap_levels = 0;
    out->bytes.len = out->bytes.cap = out->bytes.n = 0;
    return WEIR_OK;
}
