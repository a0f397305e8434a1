/* decode_delta_bytes.c: DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY (spec/parquet.md 7).
 *
 * Lengths are decoded once a page into scratch memory; the bytes are then contiguous and go to the
 * output in one copy, or, prefix-coded, value by value after the one before. */
#include "format/parquet/decode.h"

/* Delta-packed lengths, none negative, into scratch; v->at moves behind them. */
static int read_lengths(struct weir__page_values *v, struct weir__scratch *into, size_t *out_n,
                        struct weir_error *err)
{
    struct weir__delta delta;
    TRY(weir__delta_init(&delta, v->at, (size_t)(v->end - v->at), 32, v->max_values, err));
    TRY(weir__scratch_reserve(into, delta.n * sizeof(uint32_t), err));
    TRY(weir__delta_decode32(&delta, (uint32_t *)(void *)into->data, err));
    v->at = delta.in.at;
    *out_n = delta.n;
    return WEIR_OK;
}

/* Sum of n lengths; false: one is negative. */
static bool sum_lengths(const uint32_t *lengths, size_t n, uint64_t *out)
{
    uint64_t sum = 0;
    uint32_t any = 0;
    for (size_t i = 0; i < n; i++) {
        sum += lengths[i];
        any |= lengths[i];
    }
    *out = sum;
    return !(any >> 31);
}

int weir__delta_length_init(struct weir__page_values *v, struct weir_error *err)
{
    TRY(read_lengths(v, v->scratch, &v->n_whole, err));
    uint64_t sum;
    if (!sum_lengths((const uint32_t *)(const void *)v->scratch->data, v->n_whole, &sum) ||
        sum > (uint64_t)(v->end - v->at))
        return weir__fail(err, WEIR_CORRUPT, "byte array lengths run past the end of the page");
    return WEIR_OK;
}

static const uint32_t *next_lengths(const struct weir__page_values *v,
                                    const struct weir__scratch *scratch)
{
    return (const uint32_t *)(const void *)scratch->data + v->whole_at;
}

static int fail_count(const struct weir__page_values *v, struct weir_error *err)
{
    return weir__fail(err, WEIR_CORRUPT, "page holds %zu values where more are due", v->n_whole);
}

/* How many of n lengths fit below `room`, and their sum. */
static size_t fitting(const uint32_t *lengths, size_t n, size_t room, uint64_t *out_sum)
{
    (void)sum_lengths(lengths, n, out_sum); /* signs were checked with the page */
    if (*out_sum <= room)
        return n;
    *out_sum = 0;
    size_t i = 0;
    for (; i < n && lengths[i] <= room - *out_sum; i++)
        *out_sum += lengths[i];
    return i;
}

static void append_ends(struct weir__bytes *out, const uint32_t *lengths, size_t n)
{
    if (out->is_large) {
        int64_t *offsets = (int64_t *)out->offsets + out->n + 1;
        int64_t end = (int64_t)out->len;
        for (size_t i = 0; i < n; i++)
            offsets[i] = end += lengths[i];
    } else {
        uint32_t *offsets = (uint32_t *)out->offsets + out->n + 1;
        uint32_t end = (uint32_t)out->len;
        for (size_t i = 0; i < n; i++)
            offsets[i] = end += lengths[i];
    }
}

int weir__delta_length_bytes(struct weir__page_values *v, struct weir__bytes *out, size_t n,
                             size_t *out_done, struct weir_error *err)
{
    if (n > v->n_whole - v->whole_at)
        return fail_count(v, err);
    const uint32_t *lengths = next_lengths(v, v->scratch);
    uint64_t sum;
    n = fitting(lengths, n, out->max - out->len, &sum);
    TRY(weir__bytes_reserve(out, (size_t)sum, err));
    memcpy(out->data + out->len, v->at, (size_t)sum);
    append_ends(out, lengths, n);
    out->n += n;
    out->len += (size_t)sum;
    v->at += sum;
    v->whole_at += n;
    *out_done = n;
    return WEIR_OK;
}

int weir__delta_prefix_init(struct weir__page_values *v, struct weir_error *err)
{
    size_t n_prefixes;
    TRY(read_lengths(v, v->prefixes, &n_prefixes, err));
    TRY(weir__delta_length_init(v, err));
    if (n_prefixes != v->n_whole)
        return weir__fail(err, WEIR_CORRUPT, "page holds %zu prefixes for %zu suffixes", n_prefixes,
                          v->n_whole);
    if (!v->may_carry)
        v->last_len = 0;
    return WEIR_OK;
}

/* The next value's prefix and suffix length, checked against the value before. */
static int next_prefixed(struct weir__page_values *v, size_t before, size_t *out_prefix,
                         size_t *out_suffix, struct weir_error *err)
{
    *out_prefix = *next_lengths(v, v->prefixes);
    *out_suffix = *next_lengths(v, v->scratch);
    if (*out_prefix > before)
        return weir__fail(err, WEIR_CORRUPT, "prefix of %zu bytes after a value of %zu",
                          *out_prefix, before);
    if (*out_prefix > v->max_bytes - v->expanded ||
        *out_suffix > v->max_bytes - v->expanded - *out_prefix)
        return weir__fail(err, WEIR_CORRUPT, "page expands to more than %zu bytes", v->max_bytes);
    v->expanded += *out_prefix + *out_suffix;
    return WEIR_OK;
}

/* Keep a copy of the value that the next call begins after. */
static int keep_last(struct weir__page_values *v, const uint8_t *value, size_t len,
                     struct weir_error *err)
{
    TRY(weir__scratch_reserve(v->last, len, err));
    memcpy(v->last->data, value, len);
    v->last_len = len;
    return WEIR_OK;
}

int weir__delta_prefix_bytes(struct weir__page_values *v, struct weir__bytes *out, size_t n,
                             size_t *out_done, struct weir_error *err)
{
    if (n > v->n_whole - v->whole_at)
        return fail_count(v, err);
    /* The value before lies in the output, but for the first, whose position `before_at` is kept
     * as an offset because the output may move. */
    size_t before_at = 0, before_len = v->last_len;
    bool is_in_output = false;
    size_t done = 0;
    for (; done < n; done++) {
        size_t prefix, suffix;
        TRY(next_prefixed(v, before_len, &prefix, &suffix, err));
        if (prefix + suffix > out->max - out->len) {
            v->expanded -= prefix + suffix;
            break;
        }
        TRY(weir__bytes_reserve(out, prefix + suffix, err));
        uint8_t *to = out->data + out->len;
        if (prefix > 0)
            memcpy(to, is_in_output ? out->data + before_at : v->last->data, prefix);
        if (suffix > 0)
            memcpy(to + prefix, v->at, suffix);
        v->at += suffix;
        before_at = out->len;
        before_len = prefix + suffix;
        is_in_output = true;
        append_ends(out, &(uint32_t){(uint32_t)before_len}, 1);
        out->n++;
        out->len += before_len;
        v->whole_at++;
    }
    *out_done = done;
    return done > 0 ? keep_last(v, out->data + before_at, before_len, err) : WEIR_OK;
}

int weir__delta_prefix_fixed(struct weir__page_values *v, uint8_t *out, size_t n,
                             struct weir_error *err)
{
    if (n > v->n_whole - v->whole_at)
        return fail_count(v, err);
    const uint8_t *before = v->last->data;
    size_t before_len = v->last_len;
    for (size_t i = 0; i < n; i++) {
        size_t prefix, suffix;
        TRY(next_prefixed(v, before_len, &prefix, &suffix, err));
        if (prefix + suffix != v->width)
            return weir__fail(err, WEIR_CORRUPT, "value of %zu bytes in a column of %zu",
                              prefix + suffix, v->width);
        uint8_t *to = out + i * v->width;
        if (prefix > 0)
            memcpy(to, before, prefix);
        if (suffix > 0)
            memcpy(to + prefix, v->at, suffix);
        v->at += suffix;
        v->whole_at++;
        before = to;
        before_len = v->width;
    }
    return n > 0 ? keep_last(v, before, before_len, err) : WEIR_OK;
}
