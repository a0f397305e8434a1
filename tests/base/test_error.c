/* test_error.c: the status table, the error record, the version and the log sink. */
#include "support/support.h"

#include <weir/weir.h>

#include <errno.h>
#include <stdio.h>

struct row {
    const char *name;
    int value;
    const char *text;
};

static const struct row rows[] = {
#define WEIR_STATUS(name, value, text) {#name, value, text},
#include <weir/status.def>
#undef WEIR_STATUS
};

static void status_values_and_texts_are_unique_and_named(void **state)
{
    (void)state;
    assert_int_equal(rows[0].value, WEIR_OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(rows[i].value, (int)i); /* dense: no number was ever reused */
        assert_string_equal(weir_status_name(rows[i].value), rows[i].text);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(rows[i].name, rows[k].name);
            assert_string_not_equal(rows[i].text, rows[k].text);
        }
    }
    assert_string_equal(weir_status_name(-1), "unknown status");
    assert_string_equal(weir_status_name((int)COUNT_OF(rows)), "unknown status");
}

static void errno_maps_to_the_status_a_caller_acts_on(void **state)
{
    (void)state;
    static const struct {
        int os_errno, code, detail;
    } cases[] = {
        {ENOENT, WEIR_NOT_FOUND, 0},
        {EEXIST, WEIR_ALREADY_EXISTS, 0},
        {EACCES, WEIR_PERMISSION, 0},
        {EISDIR, WEIR_INVALID, 0},
        {EMFILE, WEIR_UNAVAILABLE, 0},
        {ENOMEM, WEIR_NO_MEMORY, 0},
        {ENOSYS, WEIR_UNSUPPORTED, 0},
        {ENOSPC, WEIR_IO, WEIR_DETAIL_NO_SPACE},
        {EIO, WEIR_IO, 0},
        {ENOTEMPTY, WEIR_PRECONDITION, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct weir_error err = WEIR_ERROR_INIT;
        assert_int_equal(weir__fail_errno(&err, cases[i].os_errno, "put %s", "x"), cases[i].code);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(err.detail, cases[i].detail);
        assert_int_equal(err.os_errno, cases[i].os_errno);
        assert_int_equal(strncmp(err.message, "put x: ", 7), 0);
    }
}

static void error_prefix_keeps_code_and_cause(void **state)
{
    (void)state;
    struct weir_error err = WEIR_ERROR_INIT;
    (void)weir__fail_detail(&err, WEIR_BUSY, WEIR_DETAIL_CALLER, "slow down");
    assert_int_equal(weir__error_prefix(&err, WEIR_IO, "put %s", "k"), WEIR_IO);
    assert_string_equal(err.message, "put k: slow down");
    assert_int_equal(err.code, WEIR_BUSY);
    assert_int_equal(err.detail, WEIR_DETAIL_CALLER);
    assert_true(err.retryable);
    assert_int_equal(weir__error_prefix(NULL, WEIR_IO, "x"), WEIR_IO);
}

static void error_says_retry_for_exactly_the_passing_troubles(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int code = rows[i].value;
        struct weir_error err = WEIR_ERROR_INIT;
        (void)weir__fail(&err, code, "x");
        assert_int_equal(err.retryable, code == WEIR_TIMEOUT || code == WEIR_UNAVAILABLE ||
                                            code == WEIR_BUSY || code == WEIR_CIRCUIT_OPEN);
    }
}

static void error_messages_are_cut_not_overrun(void **state)
{
    (void)state;
    struct weir_error err = WEIR_ERROR_INIT;
    char lengthy[2000];
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    (void)weir__fail(&err, WEIR_IO, "%s", lengthy);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    (void)weir__error_prefix(&err, WEIR_IO, "%s", lengthy);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    (void)weir__fail_errno(&err, EIO, "%s", lengthy);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void version_text_and_number_say_the_same(void **state)
{
    (void)state;
    int major = 0;
    int minor = 0;
    int patch = 0;
    assert_int_equal(weir_version(), WEIR_VERSION);
    assert_int_equal(sscanf(weir_version_text(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(major * 1000000 + minor * 1000 + patch, weir_version());
    assert_int_equal(WEIR_VERSION_MAJOR * 1000000 + WEIR_VERSION_MINOR * 1000 + WEIR_VERSION_PATCH,
                     WEIR_VERSION);
}

struct heard {
    int n;
    enum weir_log_level level;
    char message[64], facts[64];
    struct weir_metric metric;
};

static void hear(void *ctx, enum weir_log_level level, const char *message, const char *facts)
{
    struct heard *heard = ctx;
    heard->n++;
    heard->level = level;
    (void)snprintf(heard->message, sizeof heard->message, "%s", message);
    (void)snprintf(heard->facts, sizeof heard->facts, "%s", facts);
}

static void measure(void *ctx, const struct weir_metric *metric)
{
    struct heard *heard = ctx;
    heard->n++;
    heard->metric = *metric;
}

static void log_passes_only_what_the_level_allows(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct weir_env env = *weir_env_default();
    weir__log(&env, WEIR_LOG_ERROR, "nobody listens", "a=%d", 1);
    env.log = hear;
    env.log_ctx = &heard;
    env.log_level = 0; /* warnings and errors */
    weir__log(&env, WEIR_LOG_INFO, "too quiet", "a=%d", 1);
    assert_int_equal(heard.n, 0);
    weir__log(&env, WEIR_LOG_WARNING, "slow", "ms=%d key=%s", 12, "k");
    assert_int_equal(heard.n, 1);
    assert_int_equal(heard.level, WEIR_LOG_WARNING);
    assert_string_equal(heard.message, "slow");
    assert_string_equal(heard.facts, "ms=12 key=k");
    env.log_level = WEIR_LOG_DEBUG;
    weir__log(&env, WEIR_LOG_DEBUG, "fine", "%s", "");
    assert_int_equal(heard.n, 2);
}

static void metrics_reach_the_sink_with_kind_and_labels(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct weir_env env = *weir_env_default();
    weir__metric_add(&env, "nobody", "", 1);
    env.metric = measure;
    env.metric_ctx = &heard;
    weir__metric_add(&env, "puts", "store=\"mem\"", 2);
    assert_int_equal(heard.metric.kind, WEIR_METRIC_COUNTER);
    assert_string_equal(heard.metric.name, "puts");
    assert_string_equal(heard.metric.labels, "store=\"mem\"");
    weir__metric_set(&env, "depth", NULL, 3);
    assert_int_equal(heard.metric.kind, WEIR_METRIC_GAUGE);
    assert_string_equal(heard.metric.labels, "");
    weir__metric_observe(&env, "seconds", "", 0.5);
    assert_int_equal(heard.metric.kind, WEIR_METRIC_HISTOGRAM);
    assert_true(heard.metric.value == 0.5);
    assert_int_equal(heard.n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_values_and_texts_are_unique_and_named),
        cmocka_unit_test(errno_maps_to_the_status_a_caller_acts_on),
        cmocka_unit_test(error_prefix_keeps_code_and_cause),
        cmocka_unit_test(error_says_retry_for_exactly_the_passing_troubles),
        cmocka_unit_test(error_messages_are_cut_not_overrun),
        cmocka_unit_test(version_text_and_number_say_the_same),
        cmocka_unit_test(log_passes_only_what_the_level_allows),
        cmocka_unit_test(metrics_reach_the_sink_with_kind_and_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
