/* Random writes, faults and reads against a naive model: a list of committed writes. Seeded; a
 * failure prints the seed that replays it. */
#include "table/fixture.h"

#include <stdlib.h>

#define MAX_COMMITS 512
#define MAX_ROWS 8
#define N_STEPS 60
#define N_SEEDS 40

struct commit {
    char partition[32];
    char token[64];
    char data_key[256];
    struct row rows[MAX_ROWS];
    size_t n;
};

struct model {
    struct commit commits[MAX_COMMITS];
    size_t n;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static const char *const part_values[] = {"a", "a!", "b", "b c", "日"};
static const char *const texts[] = {"x", "y", NULL, "zz"};

static struct commit *model_find(struct model *m, const char *partition, const char *token)
{
    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(m->commits[i].partition, partition) == 0 &&
            strcmp(m->commits[i].token, token) == 0)
            return &m->commits[i];
    }
    return NULL;
}

static void model_add(struct model *m, const struct weir_write_result *result,
                      const struct row *rows, size_t n)
{
    assert_true(m->n < MAX_COMMITS);
    struct commit *commit = &m->commits[m->n++];
    (void)snprintf(commit->partition, sizeof commit->partition, "%s", result->partition);
    (void)snprintf(commit->token, sizeof commit->token, "%s", result->token);
    (void)snprintf(commit->data_key, sizeof commit->data_key, "%s", result->data_key);
    commit->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].part, strchr(result->partition, '=') + 1) == 0)
            commit->rows[commit->n++] = rows[i];
    }
}

static int commit_compare(const void *a, const void *b)
{
    const struct commit *left = a;
    const struct commit *right = b;
    int order = strcmp(left->partition, right->partition);
    return order != 0 ? order : strcmp(left->data_key, right->data_key);
}

struct numbered {
    const struct row *row;
    size_t at;
};

static int numbered_compare(const void *a, const void *b)
{
    const struct numbered *left = a;
    const struct numbered *right = b;
    if (left->row->id != right->row->id)
        return left->row->id < right->row->id ? -1 : 1;
    if (left->row->version != right->row->version)
        return left->row->version < right->row->version ? -1 : 1;
    return left->at < right->at ? -1 : left->at > right->at;
}

enum how { HOW_RAW, HOW_LATEST, HOW_HISTORY };

static void row_print(const struct row *row, struct weir__buf *out)
{
    assert_ok(weir__buf_printf(out, &test_last_error, "%s:%lld:%lld:%s\n", row->part,
                               (long long)row->id, (long long)row->version,
                               row->text ? row->text : "~"));
}

static void partition_print(const struct numbered *rows, size_t n, enum how how,
                            struct weir__buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct row *next = i + 1 < n ? rows[i + 1].row : NULL;
        const struct row *before = i > 0 ? rows[i - 1].row : NULL;
        const struct row *row = rows[i].row;
        if (how == HOW_LATEST && next && next->id == row->id)
            continue;
        if (how == HOW_HISTORY && before && before->id == row->id &&
            before->version == row->version)
            continue;
        row_print(row, out);
    }
}

/* What a read of `value` (NULL = everything) should print. */
static void model_print(struct model *m, const char *value, enum how how, struct weir__buf *out)
{
    struct numbered *rows = calloc(MAX_COMMITS * MAX_ROWS, sizeof *rows);
    qsort(m->commits, m->n, sizeof m->commits[0], commit_compare);
    for (size_t i = 0; i < m->n;) {
        const char *partition = m->commits[i].partition;
        size_t n = 0;
        size_t j = i;
        for (; j < m->n && strcmp(m->commits[j].partition, partition) == 0; j++) {
            for (size_t k = 0; k < m->commits[j].n; k++, n++)
                rows[n] = (struct numbered){&m->commits[j].rows[k], n};
        }
        i = j;
        if (value && strcmp(partition + strlen("part="), value) != 0)
            continue;
        if (how != HOW_RAW)
            qsort(rows, n, sizeof *rows, numbered_compare);
        partition_print(rows, n, how, out);
    }
    free(rows);
}

struct world {
    struct fixture f;
    struct model model;
    struct weir_reader *dedup;
    uint64_t seed;
    int n_tokens;
};

static void world_fault(struct world *w)
{
    static const int codes[] = {WEIR_UNAVAILABLE, WEIR_IO, WEIR_PERMISSION};
    if (next_random(&w->seed) % 3 != 0)
        return;
    enum weir_mem_failure when =
        next_random(&w->seed) % 2 ? WEIR_MEM_FAIL_AFTER : WEIR_MEM_FAIL_BEFORE;
    assert_ok(weir_storage_mem_fail_next(
        w->f.store, WEIR_VERB_ANY, (int64_t)(next_random(&w->seed) % 8), 1,
        codes[next_random(&w->seed) % COUNT_OF(codes)], when, &test_last_error));
}

static void world_calm(struct world *w)
{
    assert_ok(weir_storage_mem_fail_next(w->f.store, WEIR_VERB_ANY, 0, 0, WEIR_OK,
                                         WEIR_MEM_FAIL_BEFORE, &test_last_error));
}

/* A result that says "committed" is believed; one that says "unknown" is looked up. */
static void world_learn(struct world *w, const struct weir_write_result *result,
                        const struct row *rows, size_t n)
{
    bool is_known = model_find(&w->model, result->partition, result->token) != NULL;
    if (result->state == WEIR_WRITE_EXISTING)
        assert_true(is_known); /* it was committed before, and is as it was */
    if (result->state == WEIR_WRITE_COMMITTED) {
        assert_false(is_known);
        model_add(&w->model, result, rows, n);
    }
    if (result->state == WEIR_WRITE_UNKNOWN) {
        struct weir_write_results found = {0};
        bool is_found = false;
        assert_ok(weir_lookup_commit(w->f.writer, result->partition, result->token, NULL, &is_found,
                                     &found, &test_last_error));
        if (is_found && !is_known)
            model_add(&w->model, &found.items[0], rows, n);
        weir_write_results_dispose(&found);
    }
}

static void world_write(struct world *w)
{
    struct row rows[MAX_ROWS];
    char token[32];
    size_t n = 1 + next_random(&w->seed) % MAX_ROWS;
    struct weir_write_options options = {0};
    struct weir_write_results results = {0};
    for (size_t i = 0; i < n; i++) {
        rows[i].part = part_values[next_random(&w->seed) % COUNT_OF(part_values)];
        rows[i].id = (int64_t)(next_random(&w->seed) % 6);
        rows[i].version = (int64_t)(next_random(&w->seed) % 4);
        rows[i].text = texts[next_random(&w->seed) % COUNT_OF(texts)];
    }
    if (next_random(&w->seed) % 3 != 0) {
        bool is_repeat = w->n_tokens > 0 && next_random(&w->seed) % 3 == 0;
        int number =
            is_repeat ? (int)(next_random(&w->seed) % (uint64_t)w->n_tokens) : w->n_tokens++;
        (void)snprintf(token, sizeof token, "t-%d", number);
        options.token = token;
        options.commit_mode =
            next_random(&w->seed) % 2 ? WEIR_COMMIT_OPTIMISTIC : WEIR_COMMIT_HEAD_FIRST;
    }
    test_env_advance(&w->f.t, (int64_t)(next_random(&w->seed) % 5000));
    world_fault(w);
    int status = rows_write(&w->f, rows, n, &options, &results, NULL);
    world_calm(w);
    bool is_good = true;
    for (size_t i = 0; i < results.n; i++) {
        world_learn(w, &results.items[i], rows, n);
        is_good = is_good && results.items[i].code == WEIR_OK;
    }
    assert_int_equal(status == WEIR_OK, is_good);
    weir_write_results_dispose(&results);
}

static void world_read(struct world *w)
{
    enum how how = (enum how)(next_random(&w->seed) % 3);
    const char *value = next_random(&w->seed) % 2
                            ? part_values[next_random(&w->seed) % COUNT_OF(part_values)]
                            : NULL;
    char pattern[64];
    const char *patterns[] = {pattern};
    struct weir_read_options options = {.history = how == HOW_HISTORY,
                                        .max_batch_rows = (int64_t)(next_random(&w->seed) % 4)};
    struct weir__buf expected = weir__buf_make(weir_env_default(), 1 << 20);
    struct weir__buf got = weir__buf_make(weir_env_default(), 1 << 20);
    (void)snprintf(pattern, sizeof pattern, "part=%s", value ? value : "");
    model_print(&w->model, value, how, &expected);
    assert_ok(rows_read(&w->f, how == HOW_RAW ? w->f.reader : w->dedup, value ? patterns : NULL,
                        value ? 1 : 0, &options, &got, &test_last_error));
    if (expected.len != got.len || (got.len > 0 && memcmp(expected.data, got.data, got.len) != 0))
        fail_msg("how %d of %s:\nexpected\n%.*sgot\n%.*s", (int)how, value ? value : "all",
                 (int)expected.len, (const char *)expected.data, (int)got.len,
                 (const char *)got.data);
    weir__buf_dispose(&expected);
    weir__buf_dispose(&got);
}

static void world_run(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    w->seed = seed;
    fixture_begin(&w->f, false);
    w->f.t.random_state = seed + 1;
    assert_ok(weir_storage_mem_set_page_size(w->f.store, (int64_t)(next_random(&w->seed) % 5),
                                             &test_last_error));
    struct weir_reader_options rules = {
        .entity_columns = fixture_entity, .n_entity_columns = 1, .version_column = "version"};
    assert_ok(weir_reader_new(w->f.table, &rules, NULL, &w->dedup, &test_last_error));
    for (int i = 0; i < N_STEPS; i++) {
        if (next_random(&w->seed) % 4 != 0)
            world_write(w);
        else
            world_read(w);
    }
    world_read(w);
    weir_reader_free(w->dedup);
    fixture_end(&w->f);
    free(w);
}

static void table_agrees_with_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        (void)fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        world_run(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_agrees_with_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
