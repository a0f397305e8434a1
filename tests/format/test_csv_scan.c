/* test_csv_scan.c: the vector scan of structural bytes against its scalar twin. */
#include "support/support.h"

#include "format/csv_scan.h"

#define MAX_BYTES 700

/* Random bytes, about one in `density` structural, at every alignment and length. */
static void check_density(uint64_t seed, unsigned density)
{
    static const char structural[] = ",\"\n\r";
    static uint8_t data[MAX_BYTES + 64];
    static uint32_t wanted[MAX_BYTES + 64], got[MAX_BYTES + 64];
    for (size_t i = 0; i < sizeof data; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint8_t byte = (uint8_t)(seed >> 56);
        data[i] = (seed >> 33) % density == 0 ? (uint8_t)structural[byte % 4] : byte;
    }
    weir__csv_scan_fn *scan = weir__csv_scan_choose();
    for (size_t len = 0; len < MAX_BYTES; len += 1 + len / 9) {
        for (size_t from = 0; from <= len && from < 70; from += 3) {
            size_t n = weir__csv_scan_scalar(data, from, len, ',', wanted);
            assert_int_equal(scan(data, from, len, ',', got), n);
            assert_memory_equal(got, wanted, n * sizeof *got);
        }
    }
}

static void csv_scan_agrees_with_its_scalar_twin(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        check_density(seed, 1);
        check_density(seed, 4);
        check_density(seed, 60);
    }
}

static void csv_scan_finds_the_delimiter_asked_for(void **state)
{
    (void)state;
    uint8_t data[64 + 64] = "a;b,c\td";
    uint32_t got[128];
    weir__csv_scan_fn *scan = weir__csv_scan_choose();
    assert_int_equal(scan(data, 0, 7, ';', got), 1);
    assert_int_equal(got[0], 1);
    assert_int_equal(scan(data, 0, 7, '\t', got), 1);
    assert_int_equal(got[0], 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_scan_agrees_with_its_scalar_twin),
        cmocka_unit_test(csv_scan_finds_the_delimiter_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
