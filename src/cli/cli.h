/* cli.h: what the subcommands share: where output goes, how inputs are opened, what an error
 * becomes.
 *
 * One file per subcommand (cmd_<name>.c), each a table of options and a thin run function; nothing
 * here that a library user would miss. Data goes to stdout, everything else to stderr. */
#ifndef WEIR_CLI_CLI_H
#define WEIR_CLI_CLI_H

#include <weir/weir.h>

#include "base/base.h"
#include "columnar/columnar.h"

enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_PARTLY = 3, CLI_NOT_FOUND = 4 };

struct cli {
    const struct weir_env *env;
    struct weir_cancel *cancel; /* triggered by SIGINT and SIGTERM */
};

struct cli_command {
    const char *name;
    const struct weir__params *params;
    int (*run)(struct cli *cli, const char *const *argv);
};

/* Reads options and operands. Returns true to go on; else *out_exit is what the command ends with
 * (help, bad usage). */
bool cli_parse(struct cli *cli, const struct weir__params *params, const char *const *argv,
               void *options, struct weir__texts *out_operands, int *out_exit);
/* Complain about the command line; always CLI_USAGE. */
int cli_usage(const char *format, ...) WEIR_PRINTF(1, 2);
/* Print the error; the exit code that fits it. */
int cli_fail(const struct weir_error *err);

/* The same for failures caused by what was asked for: WEIR_INVALID is bad usage there. */
int cli_fail_argument(const struct weir_error *err);

/* ---- addresses (address.c) ---- */

struct cli_table {
    struct weir_storage *store;
    struct weir_table *table;
};

WEIR_NODISCARD int cli_table_open(struct cli *cli, const char *address, struct cli_table *out,
                                  struct weir_error *err);
void weir__cli_table_freep(struct cli_table *table);
/* Path or URL of an object for other programs. */
WEIR_NODISCARD int cli_object_path(struct weir_storage *store, const char *key, char *buf,
                                   size_t cap, struct weir_error *err);

/* ---- output (output.c) ---- */

/* stdout, or a file that appears under its name only when cli_output_commit was called. */
struct cli_output {
    const struct weir_env *env;
    struct weir__buf buffer;
    const char *path;   /* NULL = stdout */
    char *staging_path; /* of the file being written; NULL = none */
    struct weir__file file;
};

WEIR_NODISCARD int cli_output_open(struct cli *cli, const char *path, struct cli_output *out,
                                   struct weir_error *err);
struct weir_sink cli_output_sink(struct cli_output *output);
WEIR_NODISCARD int cli_output_text(struct cli_output *output, struct weir_error *err,
                                   const char *format, ...) WEIR_PRINTF(3, 4);
/* Flush, and give a file its final name. */
WEIR_NODISCARD int cli_output_commit(struct cli_output *output, struct weir_error *err);
void cli_output_dispose(struct cli_output *output); /* removes an uncommitted file */
void weir__cli_output_freep(struct cli_output *output);

/* ---- input (input.c) ---- */

/* A file or, for "-", standard input, as rows. */
struct cli_input {
    struct weir__file file;
    struct weir_source source;
    struct weir_source counted; /* `source` seen through the progress counter */
    struct weir_input input;
    int64_t size_bytes; /* -1 = unknown */
    int64_t n_read_bytes;
    struct ArrowArrayStream rows; /* ended by its release: read it before the input goes */
};

/* `format_name` NULL: by the suffix of `path`; a pipe without a format is ndjson. */
WEIR_NODISCARD int cli_input_open(struct cli *cli, const char *path, const char *format_name,
                                  const struct weir_text_read_options *text, struct cli_input *out,
                                  struct weir_error *err);
void weir__cli_input_freep(struct cli_input *input);

/* ---- progress (progress.c) ---- */

/* A bar on a terminal for anything that takes more than a second; silent when stderr is no
 * terminal. */
struct cli_progress {
    const struct weir_env *env;
    const char *verb;
    int64_t total; /* in the unit of `done`; -1 = unknown */
    int64_t started_us, shown_us;
    bool is_terminal, is_shown;
};

void cli_progress_start(struct cli *cli, const char *verb, int64_t total_bytes,
                        struct cli_progress *out);
void cli_progress_show(struct cli_progress *progress, int64_t done_bytes, int64_t rows);
void cli_progress_end(struct cli_progress *progress);

/* Every batch of `rows` into the writer, with progress; `in` (may be NULL) is what the rows are
 * read from. */
WEIR_NODISCARD int cli_rows_copy(struct cli *cli, const char *verb, const struct cli_input *in,
                                 struct ArrowArrayStream *rows, struct weir_rows_writer *writer,
                                 struct weir_error *err);

extern const struct cli_command cli_init, cli_write, cli_read, cli_files, cli_inspect, cli_convert;

#endif
