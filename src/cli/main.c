/* main.c: the weir program: finds the subcommand, runs it, turns its outcome into an exit code. */
#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_init, &cli_write, &cli_read, &cli_files, &cli_inspect, &cli_convert,
};

/* Signal handlers reach nothing but globals; this one is set once, before the handlers are. */
static struct weir_cancel *signal_cancel;

static void on_signal(int number)
{
    (void)number;
    weir_cancel_trigger(signal_cancel);
}

static void signals_install(struct weir_cancel *cancel)
{
    signal_cancel = cancel;
    /* A second signal ends the program at once: SA_RESETHAND puts the default back. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static void main_help(FILE *to)
{
    (void)fprintf(to, "weir: rows into Parquet tables on storage you own, and back\n\n"
                      "usage: weir <command> [options] ...\n\ncommands:\n");
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        (void)fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->params->summary);
    (void)fprintf(
        to, "\n`weir <command> --help` tells the options. ADDRESS is a directory (/path, ./path or "
            "file:///path).\n"
            "exit codes: 0 ok, 1 failed, 2 bad usage, 3 partly done, 4 not found\n");
}

int cli_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "weir: ");
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\n");
    va_end(args);
    return CLI_USAGE;
}

int cli_fail(const struct weir_error *err)
{
    (void)fprintf(stderr, "weir: %s\n", err->message);
    return err->code == WEIR_NOT_FOUND ? CLI_NOT_FOUND : CLI_FAILED;
}

bool cli_parse(struct cli *cli, const struct weir__params *params, const char *const *argv,
               void *options, struct weir__texts *out_operands, int *out_exit)
{
    struct weir_error err = WEIR_ERROR_INIT;
    bool is_help = false;
    if (weir__params_parse(cli->env, params, argv, options, out_operands, &is_help, &err)) {
        *out_exit = cli_usage("%s (see weir %s --help)", err.message, argv[0]);
        return false;
    }
    if (!is_help)
        return true;
    AUTO(buf) struct weir__buf text = weir__buf_make(cli->env, 1u << 20);
    *out_exit = CLI_OK;
    if (weir__params_help(params, &text, &err))
        *out_exit = cli_fail(&err);
    else
        (void)fwrite(text.data, 1, text.len, stdout);
    return false;
}

static int run_command(const char *const *argv)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        struct weir_error err = WEIR_ERROR_INIT;
        struct cli cli = {weir_env_default(), NULL};
        if (weir_cancel_new(cli.env, 0, &cli.cancel, &err))
            return cli_fail(&err);
        signals_install(cli.cancel);
        int code = commands[i]->run(&cli, argv + 1);
        /* The handlers still point at the flag: let the signals kill us before it goes. */
        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGTERM, SIG_DFL);
        weir_cancel_free(cli.cancel);
        return code;
    }
    return cli_usage("unknown command '%s' (see weir --help)", argv[1]);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        main_help(stderr);
        return CLI_USAGE;
    }
    const char *first = argv[1];
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        main_help(stdout);
        return CLI_OK;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "version") == 0) {
        (void)printf("weir %s\n", weir_version_text());
        return CLI_OK;
    }
    return run_command((const char *const *)argv);
}
