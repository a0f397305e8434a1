/* test_params.c: options by table. */
#include "support/support.h"

#include <stddef.h>

struct options {
    bool json;
    int64_t batch_rows, max_age, since;
    uint64_t max_size;
    const char *token, *format;
    struct weir__texts patterns;
    int64_t any;
};

#define FIELD(name) offsetof(struct options, name)

static const struct weir__param items[] = {
    {"json", 'j', WEIR__PARAM_FLAG, FIELD(json), 0, 0, NULL, NULL, NULL, "results as JSON"},
    {"batch-rows", 0, WEIR__PARAM_INT, FIELD(batch_rows), 1, 5000000, "N", "1000000", NULL,
     "rows in one commit"},
    {"max-age", 0, WEIR__PARAM_DURATION, FIELD(max_age), 1000000, INT64_C(86400000000), "DURATION",
     "1h", NULL, "age at which a segment is sealed"},
    {"max-size", 0, WEIR__PARAM_SIZE, FIELD(max_size), 4096, 0, "SIZE", "64MiB", NULL,
     "size at which a segment is sealed"},
    {"since", 0, WEIR__PARAM_TIME, FIELD(since), 0, 0, "TIME", NULL, NULL, "begin of the window"},
    {"token", 't', WEIR__PARAM_TEXT, FIELD(token), 0, 0, "TOKEN", NULL, NULL, "idempotency token"},
    {"format", 'f', WEIR__PARAM_CHOICE, FIELD(format), 0, 0, "FORMAT", "ndjson",
     "ndjson|csv|parquet|arrow", "input format"},
    {"pattern-with-a-quite-long-name", 'p', WEIR__PARAM_TEXTS, FIELD(patterns), 0, 0, "PATTERN",
     NULL, NULL, "only these partitions"},
    {"any", 0, WEIR__PARAM_INT, FIELD(any), 0, 0, NULL, NULL, NULL, "a number without limits"},
};

static const struct weir__params params = {
    .usage = "weir write [options] ADDRESS",
    .summary = "Append rows to a table.",
    .details = "One result a partition is printed.",
    .items = items,
    .n_items = COUNT_OF(items),
};

struct run {
    struct test_env t;
    struct options options;
    struct weir__texts operands;
    bool help;
    struct weir_error err;
};

#define MAX_ARGUMENTS 300

/* `arguments` ends with NULL. */
static int run_parse(struct run *r, const char *const *arguments)
{
    const char *argv[MAX_ARGUMENTS + 1] = {"weir"};
    for (size_t i = 0; arguments[i]; i++)
        argv[i + 1] = arguments[i];
    memset(r, 0, sizeof *r);
    test_env_init(&r->t);
    test_env_simulate(&r->t, INT64_C(1773756000000000));
    return weir__params_parse(&r->t.env, &params, argv, &r->options, &r->operands, &r->help,
                              &r->err);
}

#define PARSE(r, ...) run_parse((r), (const char *const[]){__VA_ARGS__, NULL})

static void params_apply_defaults_when_nothing_is_given(void **state)
{
    (void)state;
    struct run r;
    assert_int_equal(PARSE(&r, "address"), WEIR_OK);
    assert_false(r.options.json);
    assert_int_equal(r.options.batch_rows, 1000000);
    assert_true(r.options.max_age == INT64_C(3600000000));
    assert_int_equal(r.options.max_size, 64 << 20);
    assert_string_equal(r.options.format, "ndjson");
    assert_null(r.options.token);
    assert_int_equal(r.options.patterns.n, 0);
    assert_int_equal(r.operands.n, 1);
    assert_string_equal(r.operands.items[0], "address");
}

static void params_read_every_type_in_every_spelling(void **state)
{
    (void)state;
    struct run r;
    assert_int_equal(PARSE(&r, "--json", "--batch-rows=7", "a", "--max-age", "90s",
                           "--max-size=1GiB", "-t", "tok", "-fcsv", "-p", "x=1",
                           "--pattern-with-a-quite-long-name=", "-", "--since",
                           "2026-03-17T14:00:00.5Z"),
                     WEIR_OK);
    assert_true(r.options.json);
    assert_int_equal(r.options.batch_rows, 7);
    assert_int_equal(r.options.max_age, 90000000);
    assert_int_equal(r.options.max_size, 1 << 30);
    assert_string_equal(r.options.token, "tok");
    assert_string_equal(r.options.format, "csv");
    assert_int_equal(r.options.patterns.n, 2);
    assert_string_equal(r.options.patterns.items[0], "x=1");
    assert_string_equal(r.options.patterns.items[1], "");
    assert_true(r.options.since == INT64_C(1773756000500000));
    assert_int_equal(r.operands.n, 2);
    assert_string_equal(r.operands.items[1], "-");
}

static void params_without_limits_take_any_number(void **state)
{
    (void)state;
    struct run r;
    assert_int_equal(PARSE(&r, "--any=-9223372036854775808"), WEIR_OK);
    assert_true(r.options.any == INT64_MIN);
    assert_int_equal(PARSE(&r, "--any", "9223372036854775807"), WEIR_OK);
    assert_true(r.options.any == INT64_MAX);
    assert_int_equal(PARSE(&r, "--batch-rows=1"), WEIR_OK);
    assert_int_equal(PARSE(&r, "--batch-rows=5000000"), WEIR_OK);
    assert_int_equal(PARSE(&r, "--max-age=24h", "--max-size=4096"), WEIR_OK);
}

static void params_need_no_arguments_at_all(void **state)
{
    (void)state;
    const char *const none[] = {NULL};
    struct run r;
    memset(&r, 0, sizeof r);
    r.help = true;
    assert_ok(weir__params_parse(weir_env_default(), &params, none, &r.options, &r.operands,
                                 &r.help, &test_last_error));
    assert_false(r.help);
    assert_int_equal(r.operands.n, 0);
    assert_int_equal(r.options.batch_rows, 1000000);
}

static void params_end_options_at_two_dashes(void **state)
{
    (void)state;
    struct run r;
    assert_int_equal(PARSE(&r, "--token", "--", "--", "--json", "--help"), WEIR_OK);
    assert_string_equal(r.options.token, "--"); /* a value, not the end */
    assert_false(r.options.json);
    assert_false(r.help);
    assert_int_equal(r.operands.n, 2);
}

static void params_take_the_last_of_a_repeated_option(void **state)
{
    (void)state;
    struct run r;
    assert_int_equal(PARSE(&r, "-f", "csv", "-f", "arrow"), WEIR_OK);
    assert_string_equal(r.options.format, "arrow");
}

static void params_read_times_of_every_form(void **state)
{
    (void)state;
    struct run r;
    assert_int_equal(PARSE(&r, "--since", "2026-03-17"), WEIR_OK);
    assert_true(r.options.since == INT64_C(1773705600000000));
    assert_int_equal(PARSE(&r, "--since", "now"), WEIR_OK);
    assert_true(r.options.since == INT64_C(1773756000000000));
    assert_int_equal(PARSE(&r, "--since=now-15m"), WEIR_OK);
    assert_true(r.options.since == INT64_C(1773755100000000));
    assert_int_equal(PARSE(&r, "--since=now+1h30m"), WEIR_OK);
    assert_true(r.options.since == INT64_C(1773761400000000));
    static const char *const wrong[] = {"nowish", "now-", "now15m", "yesterday", "", "2026-02-30"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(PARSE(&r, "--since", wrong[i]), WEIR_INVALID);
        assert_non_null(strstr(r.err.message, "option --since: '"));
    }
}

static void check_message(const char *const *arguments, const char *message)
{
    struct run r;
    assert_int_equal(run_parse(&r, arguments), WEIR_INVALID);
    assert_string_equal(r.err.message, message);
}

#define REFUSED(message, ...) check_message((const char *const[]){__VA_ARGS__, NULL}, message)

static void params_name_the_option_and_the_cause_when_refusing(void **state)
{
    (void)state;
    REFUSED("option --batch-rows: 0 is below 1", "--batch-rows", "0");
    REFUSED("option --batch-rows: 5000001 is above 5000000", "--batch-rows=5000001");
    REFUSED("option --batch-rows: 'many' is no whole number", "--batch-rows=many");
    REFUSED("option --batch-rows: '99999999999999999999' is no whole number",
            "--batch-rows=99999999999999999999");
    REFUSED("option --max-age: 10ms is below 1s", "--max-age", "10ms");
    REFUSED("option --max-age: 25h is above 24h", "--max-age=25h");
    REFUSED("option --max-age: '5' is no duration such as 30s, 1m30s or 500ms", "--max-age=5");
    REFUSED("option --max-size: 1KiB is below 4096", "--max-size=1KiB");
    REFUSED("option --max-size: 'big' is no size such as 4096, 64MiB or 1GB", "--max-size=big");
    REFUSED("option --format: 'xml' is not one of ndjson|csv|parquet|arrow", "--format", "xml");
    REFUSED("option --format: '' is not one of ndjson|csv|parquet|arrow", "--format=");
    REFUSED("option --format: 'csv|parquet' is not one of ndjson|csv|parquet|arrow",
            "--format=csv|parquet");
    REFUSED("unknown option --foo", "--foo=1");
    REFUSED("unknown option --form", "--form", "csv");
    REFUSED("unknown option -x", "-x");
    REFUSED("unknown option -jj", "-jj");
    REFUSED("option --token: needs a value", "--token");
    REFUSED("option --token: needs a value", "-t");
    REFUSED("option --json: takes no value", "--json=yes");
}

static void params_bound_operands_and_repetitions(void **state)
{
    (void)state;
    const char *arguments[MAX_ARGUMENTS] = {NULL};
    struct run r;
    for (size_t i = 0; i < WEIR__PARAM_MAX_TEXTS; i++)
        arguments[i] = "x";
    assert_int_equal(run_parse(&r, arguments), WEIR_OK);
    assert_int_equal(r.operands.n, WEIR__PARAM_MAX_TEXTS);
    arguments[WEIR__PARAM_MAX_TEXTS] = "x";
    assert_int_equal(run_parse(&r, arguments), WEIR_INVALID);
    for (size_t i = 0; i <= WEIR__PARAM_MAX_TEXTS; i++)
        arguments[i] = "-px";
    assert_int_equal(run_parse(&r, arguments), WEIR_INVALID);
    arguments[WEIR__PARAM_MAX_TEXTS] = NULL;
    assert_int_equal(run_parse(&r, arguments), WEIR_OK);
}

static void params_stop_at_help(void **state)
{
    (void)state;
    struct run r;
    assert_int_equal(PARSE(&r, "-h", "--nonsense"), WEIR_OK);
    assert_true(r.help);
    assert_int_equal(PARSE(&r, "--help"), WEIR_OK);
    assert_true(r.help);
}

static const char golden[] =
    "usage: weir write [options] ADDRESS\n"
    "\n"
    "Append rows to a table.\n"
    "\n"
    "options:\n"
    "  -j, --json              results as JSON\n"
    "      --batch-rows N      rows in one commit (default 1000000)\n"
    "      --max-age DURATION  age at which a segment is sealed (default 1h)\n"
    "      --max-size SIZE     size at which a segment is sealed (default 64MiB)\n"
    "      --since TIME        begin of the window\n"
    "  -t, --token TOKEN       idempotency token\n"
    "  -f, --format FORMAT     input format: ndjson|csv|parquet|arrow (default ndjson)\n"
    "  -p, --pattern-with-a-quite-long-name PATTERN\n"
    "                          only these partitions (repeatable)\n"
    "      --any VALUE         a number without limits\n"
    "  -h, --help              show this help and end\n"
    "\n"
    "One result a partition is printed.\n";

static void params_help_is_the_golden_text(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    struct weir__buf buf = weir__buf_make(&t.env, 4096);
    const char *text = NULL;
    assert_ok(weir__params_help(&params, &buf, &test_last_error));
    assert_ok(weir__buf_text(&buf, &text, &test_last_error));
    assert_string_equal(text, golden);
    weir__buf_dispose(&buf);
    test_env_check_leaks(&t);
}

static void params_help_survives_the_failure_of_each_allocation(void **state)
{
    (void)state;
    struct test_env t;
    test_env_init(&t);
    int status = WEIR_NO_MEMORY;
    for (int64_t n = 1; status != WEIR_OK; n++) {
        struct weir__buf buf = weir__buf_make(&t.env, 4096);
        t.n_allocations = 0;
        t.fail_allocation_at = n;
        status = weir__params_help(&params, &buf, NULL);
        assert_int_equal(status, t.n_allocations >= n ? WEIR_NO_MEMORY : WEIR_OK);
        weir__buf_dispose(&buf);
        test_env_check_leaks(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(params_apply_defaults_when_nothing_is_given),
        cmocka_unit_test(params_read_every_type_in_every_spelling),
        cmocka_unit_test(params_without_limits_take_any_number),
        cmocka_unit_test(params_need_no_arguments_at_all),
        cmocka_unit_test(params_end_options_at_two_dashes),
        cmocka_unit_test(params_take_the_last_of_a_repeated_option),
        cmocka_unit_test(params_read_times_of_every_form),
        cmocka_unit_test(params_name_the_option_and_the_cause_when_refusing),
        cmocka_unit_test(params_bound_operands_and_repetitions),
        cmocka_unit_test(params_stop_at_help),
        cmocka_unit_test(params_help_is_the_golden_text),
        cmocka_unit_test(params_help_survives_the_failure_of_each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
