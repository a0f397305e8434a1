/* The commit gate as a pure function: spec/table-store.md 7.2. */
#include "support/support.h"

#include "table/gate.h"

static struct weir__listed entry(const char *key, const char *partition, const char *token,
                                 const char *attempt, int64_t page)
{
    return (struct weir__listed){.key = key,
                                 .partition = weir__str_of(partition),
                                 .token = weir__str_of(token),
                                 .attempt = weir__str_of(attempt),
                                 .page = page};
}

static enum weir__verdict judge(struct weir__listed *items, size_t n, bool verify_always)
{
    struct weir__pair pair = {0};
    size_t at = 0;
    n = weir__listed_sort(items, n);
    assert_true(weir__pair_next(items, n, &at, &pair));
    assert_int_equal(at, n); /* one pair only */
    return weir__gate_judge(&pair, verify_always);
}

static void gate_drops_files_without_a_marker(void **state)
{
    struct weir__listed items[] = {entry("k1", "p=1", "t", "a1", 0),
                                   entry("k2", "p=1", "t", "a2", 0)};
    (void)state;
    assert_int_equal(judge(items, 2, false), WEIR__VERDICT_DROP);
    assert_int_equal(judge(items, 2, true), WEIR__VERDICT_DROP);
}

static void gate_keeps_the_one_file_beside_its_marker(void **state)
{
    struct weir__listed items[] = {entry("k1", "p=1", "t", "a1", 3),
                                   entry("k1.commit", "p=1", "t", NULL, 3)};
    (void)state;
    assert_int_equal(judge(items, 2, false), WEIR__VERDICT_KEEP);
    assert_int_equal(judge(items, 2, true), WEIR__VERDICT_VERIFY); /* where it costs nothing */
}

static void gate_verifies_several_attempts(void **state)
{
    struct weir__listed items[] = {entry("k1.commit", "p=1", "t", NULL, 0),
                                   entry("k2", "p=1", "t", "a2", 0),
                                   entry("k1", "p=1", "t", "a1", 0)};
    struct weir__pair pair = {0};
    size_t at = 0;
    (void)state;
    assert_int_equal(judge(items, 3, false), WEIR__VERDICT_VERIFY);
    assert_true(weir__pair_next(items, 3, &at, &pair));
    assert_string_equal(weir__gate_pick(&pair, "a2")->key, "k2");
    assert_null(weir__gate_pick(&pair, "a3")); /* its file is not listed: none counts */
    assert_null(weir__gate_pick(&pair, NULL)); /* the marker vanished */
}

static void gate_verifies_a_pair_that_straddles_pages(void **state)
{
    struct weir__listed items[] = {entry("k1", "p=1", "t", "a1", 0),
                                   entry("k1.commit", "p=1", "t", NULL, 1)};
    (void)state;
    assert_int_equal(judge(items, 2, false), WEIR__VERDICT_VERIFY);
}

static void gate_drops_a_marker_without_files(void **state)
{
    struct weir__listed items[] = {entry("k1.commit", "p=1", "t", NULL, 0)};
    (void)state;
    assert_int_equal(judge(items, 1, true), WEIR__VERDICT_DROP);
}

/* T3: `p=x` with token `y:t` against `p=x:y` with token `t`. */
static void gate_never_joins_partition_and_token(void **state)
{
    struct weir__listed items[] = {entry("k1", "p=x", "y:t", "a1", 0),
                                   entry("k2", "p=x:y", "t", "a1", 0),
                                   entry("k2.commit", "p=x:y", "t", NULL, 0)};
    struct weir__pair pair = {0};
    size_t at = 0;
    (void)state;
    size_t n = weir__listed_sort(items, COUNT_OF(items));
    assert_true(weir__pair_next(items, n, &at, &pair));
    assert_int_equal(weir__gate_judge(&pair, false), WEIR__VERDICT_DROP);
    assert_true(weir__pair_next(items, n, &at, &pair));
    assert_string_equal(pair.files[0].key, "k2");
    assert_int_equal(weir__gate_judge(&pair, false), WEIR__VERDICT_KEEP);
    assert_false(weir__pair_next(items, n, &at, &pair));
}

static void gate_counts_a_key_listed_twice_once(void **state)
{
    struct weir__listed items[] = {
        entry("k1", "p=1", "t", "a1", 0), entry("k1", "p=1", "t", "a1", 0),
        entry("k1.commit", "p=1", "t", NULL, 0), entry("k1.commit", "p=1", "t", NULL, 0)};
    (void)state;
    assert_int_equal(judge(items, 4, false), WEIR__VERDICT_KEEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_drops_files_without_a_marker),
        cmocka_unit_test(gate_keeps_the_one_file_beside_its_marker),
        cmocka_unit_test(gate_verifies_several_attempts),
        cmocka_unit_test(gate_verifies_a_pair_that_straddles_pages),
        cmocka_unit_test(gate_drops_a_marker_without_files),
        cmocka_unit_test(gate_never_joins_partition_and_token),
        cmocka_unit_test(gate_counts_a_key_listed_twice_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
