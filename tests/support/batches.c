/* batches.c: seeded random record batches of every kind. */
#include "support/batches.h"

#include <stdio.h>

static uint64_t seed_state;

void test_seed(uint64_t seed)
{
    seed_state = seed;
}

uint64_t test_random(void)
{
    seed_state = seed_state * 6364136223846793005u + 1442695040888963407u;
    return seed_state >> 33;
}

const char *const test_column_formats[] = {"l",       "i",      "C",   "g",   "b",  "u",  "Z", "vu",
                                           "tsu:UTC", "d:20,3", "w:5", "tdD", "+l", "+s", "e"};

void test_schema_build(const struct weir_env *env, struct ArrowSchema *out)
{
    assert_ok(
        weir__schema_make(env, "+s", "", false, (int64_t)TEST_COLUMNS + 1, out, &test_last_error));
    for (size_t i = 0; i < TEST_COLUMNS; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "c%zu", i);
        bool is_list = strcmp(test_column_formats[i], "+l") == 0;
        bool is_struct = strcmp(test_column_formats[i], "+s") == 0;
        assert_ok(weir__schema_make(env, test_column_formats[i], name, true,
                                    is_list     ? 1
                                    : is_struct ? 2
                                                : 0,
                                    out->children[i], &test_last_error));
        for (int64_t k = 0; k < out->children[i]->n_children; k++)
            assert_ok(weir__schema_make(env, k ? "u" : "i", k ? "b" : "a", true, 0,
                                        out->children[i]->children[k], &test_last_error));
    }
    struct ArrowSchema *dictionary = out->children[TEST_COLUMNS];
    struct ArrowSchema values = {0};
    assert_ok(weir__schema_make(env, "s", "dict", true, 0, dictionary, &test_last_error));
    assert_ok(weir__schema_make(env, "u", "", true, 0, &values, &test_last_error));
    assert_ok(weir__schema_set_dictionary(env, dictionary, &values, &test_last_error));
    weir__schema_freep(&values);
}

static void text_append(struct weir__builder *builder)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    size_t n = test_random() % 20;
    assert_ok(
        weir__builder_bytes_append(builder, letters + test_random() % 5, n, &test_last_error));
}

void test_value_append(struct weir__builder *builder, const char *format)
{
    uint8_t bytes[32] = {0};
    if (test_random() % 4 == 0) {
        assert_ok(weir__builder_null(builder, &test_last_error));
        return;
    }
    if (strcmp(format, "u") == 0 || strcmp(format, "Z") == 0 || strcmp(format, "U") == 0 ||
        strcmp(format, "vu") == 0) {
        text_append(builder);
    } else if (strcmp(format, "g") == 0 || strcmp(format, "e") == 0) {
        assert_ok(
            weir__builder_float(builder, (double)(test_random() % 100) - 50, &test_last_error));
    } else if (format[0] == 'd' || format[0] == 'w') {
        if (format[0] == 'w') {
            memset(bytes, (int)(test_random() % 7), 5);
        } else { /* a decimal within its precision, either sign */
            int64_t value = (int64_t)(test_random() % 2000000) - 1000000;
            memset(bytes, value < 0 ? 0xff : 0, 16);
            memcpy(bytes, &value, sizeof value);
        }
        assert_ok(weir__builder_bytes_append(builder, bytes, format[0] == 'd' ? 16 : 5,
                                             &test_last_error));
    } else if (strcmp(format, "+l") == 0) {
        for (uint64_t k = test_random() % 3; k > 0; k--)
            test_value_append(weir__builder_child(builder, 0), "i");
        assert_ok(weir__builder_close(builder, &test_last_error));
    } else if (strcmp(format, "+s") == 0) {
        test_value_append(weir__builder_child(builder, 0), "i");
        test_value_append(weir__builder_child(builder, 1), "u");
        assert_ok(weir__builder_close(builder, &test_last_error));
    } else {
        assert_ok(weir__builder_int(
            builder, (int64_t)(test_random() % 2 ? test_random() % 2 : test_random() % 100),
            &test_last_error));
    }
}

void test_batch_build(const struct weir_env *env, const struct ArrowSchema *schema, int64_t n,
                      struct ArrowArray *out)
{
    struct weir__builder *builder = NULL;
    assert_ok(weir__builder_new(env, schema, &builder, &test_last_error));
    for (int64_t row = 0; row < n; row++) {
        for (size_t i = 0; i < TEST_COLUMNS; i++)
            test_value_append(weir__builder_child(builder, (int64_t)i), test_column_formats[i]);
        test_value_append(weir__builder_child(builder, (int64_t)TEST_COLUMNS), "u");
        assert_ok(weir__builder_close(builder, &test_last_error));
    }
    assert_ok(weir__builder_finish(builder, out, &test_last_error));
    weir__builder_free(builder);
    assert_ok(weir_batch_validate(schema, out, &test_last_error));
}

bool test_same_element(const struct ArrowSchema *schema, const struct ArrowArray *a, int64_t i,
                       const struct ArrowArray *b, int64_t j)
{
    struct weir__view left, right;
    assert_ok(weir__view_make(schema, a, &left, &test_last_error));
    assert_ok(weir__view_make(schema, b, &right, &test_last_error));
    bool null_left = weir__view_is_null(&left, i), null_right = weir__view_is_null(&right, j);
    if (null_left || null_right)
        return null_left == null_right;
    if (left.type.is_dictionary)
        return test_same_element(schema->dictionary, a->dictionary, weir__view_index(&left, i),
                                 b->dictionary, weir__view_index(&right, j));
    switch (left.type.kind) {
    case WEIR__KIND_STRUCT:
        for (int64_t c = 0; c < schema->n_children; c++) {
            if (!test_same_element(schema->children[c], a->children[c], left.offset + i,
                                   b->children[c], right.offset + j))
                return false;
        }
        return true;
    case WEIR__KIND_LIST: {
        int32_t n = left.offsets32[i + 1] - left.offsets32[i];
        if (n != right.offsets32[j + 1] - right.offsets32[j])
            return false;
        for (int32_t k = 0; k < n; k++) {
            if (!test_same_element(schema->children[0], a->children[0], left.offsets32[i] + k,
                                   b->children[0], right.offsets32[j] + k))
                return false;
        }
        return true;
    }
    case WEIR__KIND_BOOL:
        return weir__view_int(&left, i) == weir__view_int(&right, j);
    default:
        return weir__str_eq(weir__view_bytes(&left, i), weir__view_bytes(&right, j));
    }
}
