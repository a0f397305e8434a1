/* batches.h: seeded random record batches of every kind, and structural equality written without
 * the kernels. */
#ifndef WEIR_TESTS_BATCHES_H
#define WEIR_TESTS_BATCHES_H

#include "support/support.h"

#include "columnar/columnar.h"

/* Columns: c0.. of test_column_formats, then one dictionary column. */
extern const char *const test_column_formats[];
#define TEST_COLUMNS 15

void test_seed(uint64_t seed);
uint64_t test_random(void);
void test_schema_build(const struct weir_env *env, struct ArrowSchema *out);
/* One random value or null for a column of `format`. */
void test_value_append(struct weir__builder *builder, const char *format);
void test_batch_build(const struct weir_env *env, const struct ArrowSchema *schema, int64_t n,
                      struct ArrowArray *out);
bool test_same_element(const struct ArrowSchema *schema, const struct ArrowArray *a, int64_t i,
                       const struct ArrowArray *b, int64_t j);

#endif
