/* test_kernels.c: builders, take, slice, concat, filter, sort, grouping and dedup on every kind,
 * against each other and against plain loops, on seeded random batches with offsets. */
#include "support/support.h"

#include "support/batches.h"

static bool same_row(const struct ArrowSchema *schema, const struct ArrowArray *a, int64_t i,
                     const struct ArrowArray *b, int64_t j)
{
    return test_same_element(schema, a, i, b, j);
}

struct fixture {
    struct test_env t;
    struct ArrowSchema schema;
    struct ArrowArray batch; /* 200 rows */
    struct ArrowArray cut;   /* shallow: rows 13..113 of batch, by offset */
};

static void fixture_make(struct fixture *f, uint64_t seed)
{
    test_seed(seed);
    test_env_init(&f->t);
    test_schema_build(&f->t.env, &f->schema);
    test_batch_build(&f->t.env, &f->schema, 200, &f->batch);
    f->cut = f->batch;
    f->cut.offset = 13;
    f->cut.length = 100;
}

static void fixture_drop(struct fixture *f)
{
    weir__array_freep(&f->batch);
    weir__schema_freep(&f->schema);
    test_env_check_leaks(&f->t);
}

static void take_gives_the_rows_asked_for_when_the_batch_has_an_offset(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture f = {0};
        fixture_make(&f, seed);
        int64_t indices[64];
        for (size_t i = 0; i < COUNT_OF(indices); i++)
            indices[i] = (int64_t)(test_random() % 100);
        struct ArrowArray out = {0};
        assert_ok(weir__take(&f.t.env, &f.schema, &f.cut, indices, 64, &out, &test_last_error));
        assert_ok(weir_batch_validate(&f.schema, &out, &test_last_error));
        for (int64_t i = 0; i < 64; i++)
            assert_true(same_row(&f.schema, &out, i, &f.cut, indices[i]));
        weir__array_freep(&out);
        fixture_drop(&f);
    }
}

static void take_gives_null_for_index_minus_one(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 3);
    const int64_t indices[] = {-1, 5, -1};
    for (int64_t c = 0; c < f.schema.n_children; c++) {
        struct ArrowArray out = {0};
        assert_ok(weir__take(&f.t.env, f.schema.children[c], f.batch.children[c], indices, 3, &out,
                             &test_last_error));
        struct weir__view view;
        assert_ok(weir__view_make(f.schema.children[c], &out, &view, &test_last_error));
        assert_true(weir__view_is_null(&view, 0) && weir__view_is_null(&view, 2));
        weir__array_freep(&out);
    }
    fixture_drop(&f);
}

static void concat_gives_all_rows_in_order_when_parts_are_slices(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture f = {0};
        fixture_make(&f, seed);
        struct ArrowArray parts[4];
        const struct ArrowArray *list[4];
        int64_t cuts[5] = {3, 3, 40, 41, 150};
        for (size_t k = 0; k < 4; k++) {
            parts[k] = f.batch;
            parts[k].offset = cuts[k];
            parts[k].length = cuts[k + 1] - cuts[k];
            list[k] = &parts[k];
        }
        struct ArrowArray out = {0};
        assert_ok(weir__concat(&f.t.env, &f.schema, list, 4, &out, &test_last_error));
        assert_ok(weir_batch_validate(&f.schema, &out, &test_last_error));
        assert_int_equal(out.length, 147);
        for (int64_t i = 0; i < out.length; i++)
            assert_true(same_row(&f.schema, &out, i, &f.batch, 3 + i));
        weir__array_freep(&out);
        fixture_drop(&f);
    }
}

static void concat_of_nothing_is_an_empty_batch(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 1);
    struct ArrowArray out = {0};
    assert_ok(weir__concat(&f.t.env, &f.schema, NULL, 0, &out, &test_last_error));
    assert_int_equal(out.length, 0);
    assert_int_equal(out.n_children, f.schema.n_children);
    weir__array_freep(&out);
    fixture_drop(&f);
}

static void filter_keeps_the_marked_rows(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 8);
    const uint8_t keep[13] = {0x05, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08};
    const int64_t rows[] = {0, 2, 23, 99};
    struct ArrowArray out = {0};
    assert_ok(weir__filter(&f.t.env, &f.schema, &f.cut, keep, &out, &test_last_error));
    assert_int_equal(out.length, 4);
    for (int64_t i = 0; i < 4; i++)
        assert_true(same_row(&f.schema, &out, i, &f.cut, rows[i]));
    weir__array_freep(&out);
    fixture_drop(&f);
}

static void sort_is_ordered_and_stable(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture f = {0};
        fixture_make(&f, seed);
        const struct weir__sort_key keys[] = {{4, false, false}, {0, true, true}};
        int64_t rows[100];
        assert_ok(weir__sort(&f.t.env, &f.schema, &f.cut, keys, 2, rows, &test_last_error));
        for (int64_t i = 1; i < 100; i++) {
            int order;
            assert_ok(weir__compare_rows(&f.schema, &f.cut, rows[i - 1], &f.cut, rows[i], keys, 2,
                                         &order, &test_last_error));
            assert_true(order < 0 || (order == 0 && rows[i - 1] < rows[i]));
        }
        fixture_drop(&f);
    }
}

static void group_by_numbers_groups_by_first_appearance(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture f = {0};
        fixture_make(&f, seed);
        const int64_t columns[] = {4, (int64_t)TEST_COLUMNS};
        int64_t groups[100], *first = NULL, n = 0, seen = 0;
        assert_ok(weir__group_by(&f.t.env, &f.schema, &f.cut, columns, 2, groups, &first, &n,
                                 &test_last_error));
        for (int64_t i = 0; i < 100; i++) {
            int64_t expected = seen;
            for (int64_t k = 0; k < i && expected == seen; k++) {
                bool same = true;
                for (size_t c = 0; c < 2; c++)
                    same = same && test_same_element(f.schema.children[columns[c]],
                                                     f.cut.children[columns[c]], 13 + i,
                                                     f.cut.children[columns[c]], 13 + k);
                if (same)
                    expected = groups[k];
            }
            assert_int_equal(groups[i], expected);
            if (expected == seen) {
                assert_int_equal(first[seen], i);
                seen++;
            }
        }
        assert_int_equal(n, seen);
        weir__free(&f.t.env, first);
        fixture_drop(&f);
    }
}

static struct ArrowArray entity_batch(struct test_env *t, struct ArrowSchema *schema,
                                      const int64_t (*rows)[2], int64_t n)
{
    assert_ok(weir__schema_make(&t->env, "+s", "", false, 2, schema, &test_last_error));
    assert_ok(
        weir__schema_make(&t->env, "l", "entity", true, 0, schema->children[0], &test_last_error));
    assert_ok(
        weir__schema_make(&t->env, "i", "version", true, 0, schema->children[1], &test_last_error));
    struct weir__builder *builder = NULL;
    assert_ok(weir__builder_new(&t->env, schema, &builder, &test_last_error));
    for (int64_t i = 0; i < n; i++) {
        assert_ok(weir__builder_int(weir__builder_child(builder, 0), rows[i][0], &test_last_error));
        if (rows[i][1] < 0)
            assert_ok(weir__builder_null(weir__builder_child(builder, 1), &test_last_error));
        else
            assert_ok(
                weir__builder_int(weir__builder_child(builder, 1), rows[i][1], &test_last_error));
        assert_ok(weir__builder_close(builder, &test_last_error));
    }
    struct ArrowArray batch = {0};
    assert_ok(weir__builder_finish(builder, &batch, &test_last_error));
    weir__builder_free(builder);
    return batch;
}

static void dedup_keeps_the_latest_and_the_later_row_of_a_tie(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct ArrowSchema schema = {0};
    const int64_t rows[][2] = {{2, 5}, {1, 1}, {2, 9}, {1, 1}, {2, 7}, {3, -1}};
    struct ArrowArray batch = entity_batch(&t, &schema, rows, 6);
    const int64_t entity[] = {0};
    int64_t kept[6], n = 0;
    assert_ok(weir__dedup(&t.env, &schema, &batch, entity, 1, 1, WEIR__DEDUP_LATEST, kept, &n,
                          &test_last_error));
    const int64_t latest[] = {3, 2, 5};
    assert_int_equal(n, 3);
    assert_memory_equal(kept, latest, sizeof latest);
    assert_ok(weir__dedup(&t.env, &schema, &batch, entity, 1, 1, WEIR__DEDUP_REPLICA, kept, &n,
                          &test_last_error));
    const int64_t replicas[] = {1, 0, 4, 2, 5};
    assert_int_equal(n, 5);
    assert_memory_equal(kept, replicas, sizeof replicas);
    weir__array_freep(&batch);
    weir__schema_freep(&schema);
    test_env_check_leaks(&t);
}

static void cast_widens_and_refuses_what_would_lose(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        bool is_allowed;
    } table[] = {
        {"i", "l", true},
        {"l", "i", false},
        {"C", "s", true},
        {"s", "C", false},
        {"f", "g", true},
        {"g", "f", false},
        {"u", "U", true},
        {"U", "u", true},
        {"u", "vu", true},
        {"u", "z", false},
        {"tss:UTC", "tsn:UTC", true},
        {"tsu:", "tsm:", false},
        {"tsu:UTC", "tsu:", false},
        {"tdD", "l", false},
        {"b", "l", false},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct test_env t;
        test_env_init(&t);
        struct ArrowSchema from = {0}, to = {0};
        assert_ok(weir__schema_make(&t.env, table[i].from, "x", true, 0, &from, &test_last_error));
        assert_ok(weir__schema_make(&t.env, table[i].to, "x", true, 0, &to, &test_last_error));
        struct weir__builder *builder = NULL;
        assert_ok(weir__builder_new(&t.env, &from, &builder, &test_last_error));
        test_seed(5);
        for (int k = 0; k < 30; k++)
            test_value_append(builder, table[i].from[0] == 'f' ? "g" : table[i].from);
        struct ArrowArray array = {0}, out = {0};
        assert_ok(weir__builder_finish(builder, &array, &test_last_error));
        weir__builder_free(builder);
        int status = weir__cast(&t.env, &from, &array, &to, &out, &test_last_error);
        assert_int_equal(status, table[i].is_allowed ? WEIR_OK : WEIR_UNSUPPORTED);
        if (status == WEIR_OK)
            assert_int_equal(out.length, 30);
        weir__array_freep(&out);
        weir__array_freep(&array);
        weir__schema_freep(&from);
        weir__schema_freep(&to);
        test_env_check_leaks(&t);
    }
}

static void kernels_leak_nothing_when_an_allocation_fails(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 4);
    for (int64_t k = 1;; k++) {
        struct ArrowArray taken = {0}, joined = {0};
        const struct ArrowArray *list[] = {&f.cut, &f.batch};
        int64_t rows[100], *first = NULL, n = 0;
        const struct weir__sort_key key = {0, false, false};
        const int64_t columns[] = {5};
        int64_t live = f.t.live_blocks;
        f.t.n_allocations = 0;
        f.t.fail_allocation_at = k;
        int status = weir__sort(&f.t.env, &f.schema, &f.cut, &key, 1, rows, NULL);
        if (status == WEIR_OK)
            status = weir__take(&f.t.env, &f.schema, &f.cut, rows, 100, &taken, NULL);
        if (status == WEIR_OK)
            status = weir__concat(&f.t.env, &f.schema, list, 2, &joined, NULL);
        if (status == WEIR_OK)
            status =
                weir__group_by(&f.t.env, &f.schema, &f.cut, columns, 1, rows, &first, &n, NULL);
        f.t.fail_allocation_at = 0;
        weir__array_freep(&taken);
        weir__array_freep(&joined);
        weir__free(&f.t.env, first);
        assert_int_equal(f.t.live_blocks, live);
        if (status == WEIR_OK)
            break;
        assert_int_equal(status, WEIR_NO_MEMORY);
    }
    fixture_drop(&f);
}

static void validate_names_the_violation(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_make(&f, 6);
    int32_t *offsets = (int32_t *)(uintptr_t)f.batch.children[5]->buffers[1];
    int32_t kept = offsets[50];
    offsets[50] = offsets[200] + 1;
    assert_int_equal(weir_batch_validate(&f.schema, &f.batch, &test_last_error), WEIR_INVALID);
    assert_non_null(strstr(test_last_error.message, "c5"));
    offsets[50] = kept;
    int16_t *indices = (int16_t *)(uintptr_t)f.batch.children[TEST_COLUMNS]->buffers[1];
    for (size_t i = 0; i < 200; i++)
        indices[i] = INT16_MAX;
    assert_int_equal(weir_batch_validate(&f.schema, &f.batch, &test_last_error), WEIR_INVALID);
    assert_non_null(strstr(test_last_error.message, "dict"));
    fixture_drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_gives_the_rows_asked_for_when_the_batch_has_an_offset),
        cmocka_unit_test(take_gives_null_for_index_minus_one),
        cmocka_unit_test(concat_gives_all_rows_in_order_when_parts_are_slices),
        cmocka_unit_test(concat_of_nothing_is_an_empty_batch),
        cmocka_unit_test(filter_keeps_the_marked_rows),
        cmocka_unit_test(sort_is_ordered_and_stable),
        cmocka_unit_test(group_by_numbers_groups_by_first_appearance),
        cmocka_unit_test(dedup_keeps_the_latest_and_the_later_row_of_a_tie),
        cmocka_unit_test(cast_widens_and_refuses_what_would_lose),
        cmocka_unit_test(kernels_leak_nothing_when_an_allocation_fails),
        cmocka_unit_test(validate_names_the_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
