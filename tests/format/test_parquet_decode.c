/* test_parquet_decode.c: the decoders one by one, against values worked out another way. */
#include "support/support.h"

#include "format/parquet/decode.h"

static uint64_t random_state = 88172645463325252u;

static uint64_t random_u64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void put_bits(uint8_t *out, uint64_t at, uint32_t width, uint64_t value)
{
    for (uint32_t i = 0; i < width; i++) {
        if (value >> i & 1)
            weir__bit_set(out, (int64_t)(at + i));
    }
}

static void unpack_gives_back_values_of_every_width(void **state)
{
    (void)state;
    enum { N = 131 };
    for (uint32_t width = 0; width <= 64; width++) {
        uint8_t packed[N * 8 + 1] = {0};
        uint64_t want[N], got[N];
        uint32_t got32[N];
        size_t bytes = (N * width + 7) / 8;
        for (size_t i = 0; i < N; i++) {
            want[i] = width == 0 ? 0 : random_u64() >> (64 - width);
            put_bits(packed, i * width, width, want[i]);
        }
        weir__unpack64(packed, bytes, width, got, N);
        assert_memory_equal(got, want, sizeof got);
        if (width > 32)
            continue;
        weir__unpack32(packed, bytes, width, got32, N);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(got32[i], want[i]);
    }
}

static void bits_copy_moves_every_offset(void **state)
{
    (void)state;
    uint8_t from[64], to[64], want[64];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)random_u64();
    for (uint64_t a = 0; a < 9; a++) {
        for (uint64_t b = 0; b < 9; b++) {
            for (uint64_t n = 0; n < 300; n += 7) {
                memset(to, 0x5a, sizeof to);
                memset(want, 0x5a, sizeof want);
                for (uint64_t i = 0; i < n; i++)
                    weir__bits_fill(want, b + i, 1, weir__bit_get(from, (int64_t)(a + i)));
                weir__bits_copy(from, a, to, b, n);
                assert_memory_equal(to, want, sizeof to);
            }
        }
    }
}

/* 3 times 5, then 8 packed values of width 3: the example of the format's own text. */
static void hybrid_reads_runs_and_packed_groups(void **state)
{
    (void)state;
    static const uint8_t stream[] = {6, 5, 3, 0x88, 0xc6, 0xfa};
    static const uint32_t want[] = {5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7};
    for (size_t part = 1; part <= COUNT_OF(want); part++) {
        struct weir__hybrid h;
        uint32_t got[COUNT_OF(want)];
        assert_ok(weir__hybrid_init(&h, stream, sizeof stream, 3, &test_last_error));
        for (size_t at = 0; at < COUNT_OF(want);) {
            size_t n = COUNT_OF(want) - at < part ? COUNT_OF(want) - at : part;
            assert_ok(weir__hybrid_u32(&h, got + at, n, &test_last_error));
            at += n;
        }
        assert_memory_equal(got, want, sizeof want);
    }
}

static void hybrid_refuses_streams_that_end_early(void **state)
{
    (void)state;
    static const uint8_t stream[] = {6, 5};
    struct weir__hybrid h;
    uint32_t got[4];
    assert_int_equal(weir__hybrid_init(&h, stream, 2, 33, &test_last_error), WEIR_CORRUPT);
    assert_ok(weir__hybrid_init(&h, stream, 2, 3, &test_last_error));
    assert_int_equal(weir__hybrid_u32(&h, got, 4, &test_last_error), WEIR_CORRUPT);
    /* Runs of no values do not go on for ever. */
    static const uint8_t empty_runs[] = {0, 1, 0, 1, 0, 1};
    assert_ok(weir__hybrid_init(&h, empty_runs, sizeof empty_runs, 3, &test_last_error));
    assert_int_equal(weir__hybrid_u32(&h, got, 1, &test_last_error), WEIR_CORRUPT);
}

static void hybrid_takes_a_last_group_cut_short(void **state)
{
    (void)state;
    static const uint8_t stream[] = {3, 0x88, 0xc6}; /* 16 of 24 bits: five values of width 3 */
    static const uint32_t want[] = {0, 1, 2, 3, 4};
    struct weir__hybrid h;
    uint32_t got[6];
    assert_ok(weir__hybrid_init(&h, stream, sizeof stream, 3, &test_last_error));
    assert_ok(weir__hybrid_u32(&h, got, 5, &test_last_error));
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(weir__hybrid_u32(&h, got, 1, &test_last_error), WEIR_CORRUPT);
}

static void delta_reads_the_formats_example(void **state)
{
    (void)state;
    /* 1, 2, 3, 4, 5: block of 128, 4 mini-blocks, deltas all 1. */
    static const uint8_t page[] = {0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0};
    static const uint32_t want[] = {1, 2, 3, 4, 5};
    struct weir__delta delta;
    uint32_t got[5];
    uint64_t wide[5];
    assert_ok(weir__delta_init(&delta, page, sizeof page, 32, 5, &test_last_error));
    assert_int_equal(delta.n, 5);
    assert_ok(weir__delta_decode32(&delta, got, &test_last_error));
    assert_memory_equal(got, want, sizeof want);
    assert_ok(weir__delta_init(&delta, page, sizeof page, 64, 5, &test_last_error));
    assert_ok(weir__delta_decode64(&delta, wide, &test_last_error));
    assert_int_equal(wide[4], 5);
    assert_int_equal(weir__delta_init(&delta, page, sizeof page, 32, 4, &test_last_error),
                     WEIR_CORRUPT);
}

static void delta_refuses_wrong_block_sizes(void **state)
{
    (void)state;
    static const uint8_t pages[][6] = {
        {0, 4, 5, 2},                         /* no values in a block */
        {0x81, 1, 4, 5, 2},                   /* not a multiple of 128 */
        {0x80, 1, 0, 5, 2},                   /* no mini-blocks */
        {0x80, 1, 8, 5, 2},                   /* 16 values in a mini-block */
        {0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, /* no end of a varint */
    };
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        struct weir__delta delta;
        assert_int_equal(weir__delta_init(&delta, pages[i], 6, 32, 100, &test_last_error),
                         WEIR_CORRUPT);
    }
}

/* The first of 60 values takes what the lengths of the others would need, so the second runs past
 * the page; nothing may be written beyond the room made for it. */
static void plain_refuses_byte_arrays_past_the_page_when_the_first_is_long(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    enum { N = 60, BYTES = N * 4 + 8 };
    uint8_t page[BYTES] = {BYTES - 4};
    int32_t offsets[N + 1] = {0};
    struct weir__bytes out = {.env = &t.env, .max = INT32_MAX, .offsets = offsets};
    struct weir__page_values v = {.type = PARQUET_BYTE_ARRAY,
                                  .encoding = PARQUET_PLAIN,
                                  .data = page,
                                  .at = page,
                                  .end = page + BYTES,
                                  .safe_end = page + BYTES,
                                  .max_values = N};
    size_t done;
    assert_int_equal(weir__page_values_bytes(&v, &out, N, &done, &test_last_error), WEIR_CORRUPT);
    assert_in_range(out.cap, BYTES - 4, SIZE_MAX);
    weir__free(&t.env, out.data);
    test_env_check_leaks(&t);
}

static void stream_split_turns_streams_into_values(void **state)
{
    (void)state;
    enum { N = 37 };
    for (size_t k = 1; k <= 16; k++) {
        uint8_t in[N * 16], got[N * 16];
        for (size_t i = 0; i < N * k; i++)
            in[i] = (uint8_t)random_u64();
        weir__stream_split(in, N, k, got);
        for (size_t i = 0; i < N * k; i++)
            assert_int_equal(got[i], in[i % k * N + i / k]);
    }
}

/* One vector of eight doubles, the last an exception. */
static void alp_decodes_a_vector_with_an_exception(void **state)
{
    (void)state;
    uint8_t page[64] = {0, 0, 3, 8, 0, 0, 0, 4, 0, 0, 0};
    size_t at = 11;
    page[at++] = 2; /* exponent */
    page[at++] = 0; /* factor */
    page[at++] = 1; /* exceptions */
    page[at++] = 0;
    page[at] = 100; /* reference */
    at += 8;
    page[at++] = 4; /* width */
    for (size_t i = 0; i < 4; i++)
        page[at++] = (uint8_t)(2 * i | (2 * i + 1) << 4);
    page[at] = 7; /* position */
    at += 2;
    double nan_like = 0.1 + 0.2;
    memcpy(page + at, &nan_like, 8);
    at += 8;
    double got[8];
    size_t n = 0;
    assert_ok(weir__alp_count(page, at, &n, &test_last_error));
    assert_int_equal(n, 8);
    assert_ok(weir__alp_decode(page, at, true, (uint8_t *)got, &test_last_error));
    for (size_t i = 0; i < 7; i++)
        assert_true(got[i] == (double)(100 + (int64_t)i) * 1.0 * 0.01);
    assert_true(got[7] == nan_like);
    for (size_t cut = 0; cut < at; cut++)
        assert_int_equal(weir__alp_decode(page, cut, true, (uint8_t *)got, &test_last_error),
                         WEIR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpack_gives_back_values_of_every_width),
        cmocka_unit_test(bits_copy_moves_every_offset),
        cmocka_unit_test(hybrid_reads_runs_and_packed_groups),
        cmocka_unit_test(hybrid_refuses_streams_that_end_early),
        cmocka_unit_test(hybrid_takes_a_last_group_cut_short),
        cmocka_unit_test(delta_reads_the_formats_example),
        cmocka_unit_test(delta_refuses_wrong_block_sizes),
        cmocka_unit_test(plain_refuses_byte_arrays_past_the_page_when_the_first_is_long),
        cmocka_unit_test(stream_split_turns_streams_into_values),
        cmocka_unit_test(alp_decodes_a_vector_with_an_exception),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
