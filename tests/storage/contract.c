/* contract.c: fixtures and shorthands of the contract tests. */
#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int local_open(struct fixture *f)
{
    return weir_storage_open_local(&f->t.env, f->dir, NULL, NULL, &f->st, &test_last_error);
}

static int memory_open(struct fixture *f)
{
    return weir_storage_open_memory(&f->t.env, "contract", &f->st, &test_last_error);
}

const struct opener openers[] = {
    {"local", "local", true, true, local_open},
    {"memory", "memory", false, false, memory_open},
};
const size_t n_openers = COUNT_OF(openers);

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    f->opener = *state;
    test_env_init(&f->t);
    f->dir = test_dir_make();
    *state = f;
    return f->opener->open(f) == WEIR_OK ? 0 : -1;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    f->t.fail_allocation_at = f->t.fail_file_call_at = 0;
    weir_storage_unref(f->st);
    test_env_check_leaks(&f->t);
    test_dir_remove(f->dir);
    free(f);
    return 0;
}

int contract_run(const char *group, const struct contract_case *cases, size_t n_cases)
{
    size_t n = n_cases * n_openers;
    struct CMUnitTest *tests = calloc(n, sizeof *tests);
    char(*names)[160] = calloc(n, sizeof *names);
    if (!tests || !names)
        return 1;
    for (size_t i = 0; i < n; i++) {
        const struct opener *opener = &openers[i / n_cases];
        const struct contract_case *item = &cases[i % n_cases];
        (void)snprintf(names[i], sizeof names[i], "%s: %s", opener->name, item->name);
        union { /* cmocka wants it writable and never writes */
            const struct opener *from;
            void *to;
        } row = {opener};
        tests[i] =
            (struct CMUnitTest){names[i], item->run, fixture_setup, fixture_teardown, row.to};
    }
    int failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
    free(tests);
    free(names);
    return failed;
}

void put_text(struct fixture *f, const char *key, const char *text)
{
    assert_ok(weir_storage_put(f->st, key, text, strlen(text), NULL, NULL, NULL, &test_last_error));
}

void assert_object(struct fixture *f, const char *key, const char *text)
{
    AUTO(storage_bytes) struct weir_storage_bytes got = {0};
    assert_ok(weir_storage_get(f->st, key, NULL, NULL, &got, &test_last_error));
    assert_int_equal(got.n_bytes, strlen(text));
    assert_string_equal((const char *)got.data, text);
}

void assert_missing(struct fixture *f, const char *key)
{
    struct weir_storage_bytes got = {0};
    struct weir_error err = WEIR_ERROR_INIT;
    assert_int_equal(weir_storage_get(f->st, key, NULL, NULL, &got, &err), WEIR_NOT_FOUND);
    assert_int_equal(err.detail, WEIR_DETAIL_NONE);
    assert_null(got.data);
}

char *list_text(struct fixture *f, const char *prefix, const struct weir_list_options *options)
{
    AUTO(object_iter) struct weir_object_iter *it = NULL;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    assert_ok(weir_storage_list(f->st, prefix, options, NULL, &it, &test_last_error));
    for (bool is_first = true;; is_first = false) {
        const struct weir_object *object = NULL;
        assert_ok(weir_object_iter_next(it, &object, &test_last_error));
        if (!object)
            break;
        (void)fprintf(out, "%s%s%s", is_first ? "" : "\n", object->key,
                      object->is_partial ? " (partial)" : "");
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

void assert_list(struct fixture *f, const char *prefix, const struct weir_list_options *options,
                 const char *expected)
{
    char *text = list_text(f, prefix, options);
    assert_string_equal(text, expected);
    free(text);
}

static int text_read(void *ctx, void *buf, size_t cap, size_t *out_got, struct weir_error *err)
{
    struct text_source *s = ctx;
    size_t left = s->n - s->at, got = left < s->step ? left : s->step;
    got = got < cap ? got : cap;
    if (got == 0 && s->fails_at_end)
        return weir__fail(err, WEIR_CORRUPT, "the source broke");
    if (got)
        memcpy(buf, s->text + s->at, got);
    s->at += got;
    *out_got = got;
    return WEIR_OK;
}

const struct weir_source *text_source_init(struct text_source *s, const char *text, size_t n,
                                           size_t step)
{
    *s = (struct text_source){.text = text, .n = n, .step = step};
    s->source = (struct weir_source){text_read, NULL, s};
    return &s->source;
}

static int block_write(void *ctx, const void *buf, size_t n, struct weir_error *err)
{
    struct block_sink *s = ctx;
    if (s->fail_after && s->n + n > s->fail_after)
        return weir__fail(err, WEIR_CORRUPT, "the sink broke");
    assert_true(s->n + n <= sizeof s->bytes);
    memcpy(s->bytes + s->n, buf, n);
    s->n += n;
    return WEIR_OK;
}

const struct weir_sink *block_sink_init(struct block_sink *s)
{
    memset(s, 0, sizeof *s);
    s->sink = (struct weir_sink){block_write, s};
    return &s->sink;
}
