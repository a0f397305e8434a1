/* test_hash.c: checksums and hashes against published values. */
#include "support/support.h"

static void crc32_knows_the_check_value_and_continues(void **state)
{
    (void)state;
    assert_int_equal(weir__crc32(0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(weir__crc32(weir__crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
    assert_int_equal(weir__crc32(0x1234, NULL, 0), 0x1234);
}

static void xxh64_knows_published_values(void **state)
{
    (void)state;
    assert_true(weir__xxh64("", 0, 0) == UINT64_C(0xef46db3751d8e999));
    assert_true(weir__xxh64("abc", 3, 0) == UINT64_C(0x44bc2cf5ad770999));
    assert_true(weir__xxh64("abc", 3, 1) != weir__xxh64("abc", 3, 0));
}

static void sha256_knows_published_values(void **state)
{
    (void)state;
    uint8_t digest[32];
    char text[65] = {0};
    weir__sha256("abc", 3, digest);
    weir__hex(digest, 32, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    weir__sha256(NULL, 0, digest);
    weir__hex(digest, 32, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Flipping any one bit of the input flips about half of the output. */
static void hash_u64_spreads_every_bit(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        int flipped = 0;
        for (uint64_t i = 0; i < 256; i++) {
            uint64_t value = i * UINT64_C(0x10001000100011);
            uint64_t changed = value ^ UINT64_C(1) << bit;
            flipped += __builtin_popcountll(weir__hash_u64(value) ^ weir__hash_u64(changed));
        }
        assert_in_range(flipped, 256 * 28, 256 * 36);
    }
}

static void hash_bytes_tells_texts_apart(void **state)
{
    (void)state;
    assert_true(weir__hash_bytes("a", 1) != weir__hash_bytes("b", 1));
    assert_true(weir__hash_bytes("a", 1) != weir__hash_bytes("a\0", 2));
    assert_true(weir__hash_bytes("abc", 3) == weir__hash_bytes("abc", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32_knows_the_check_value_and_continues),
        cmocka_unit_test(xxh64_knows_published_values),
        cmocka_unit_test(sha256_knows_published_values),
        cmocka_unit_test(hash_u64_spreads_every_bit),
        cmocka_unit_test(hash_bytes_tells_texts_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
