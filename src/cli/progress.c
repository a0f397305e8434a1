/* progress.c: one line on stderr, redrawn at most ten times a second, gone when the work is done.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <unistd.h>

#define PROGRESS_AFTER_US 1000000
#define PROGRESS_EVERY_US 100000
#define PROGRESS_BAR_WIDTH 24

void cli_progress_start(struct cli *cli, const char *verb, int64_t total_bytes,
                        struct cli_progress *out)
{
    *out = (struct cli_progress){
        .env = cli->env,
        .verb = verb,
        .total = total_bytes,
        .started_us = cli->env->monotonic_us(cli->env->clock_ctx),
        .is_terminal = isatty(2) == 1,
    };
}

static void bar_draw(char *out, int64_t done, int64_t total)
{
    int filled = total > 0 ? (int)(done * PROGRESS_BAR_WIDTH / total) : 0;
    for (int i = 0; i < PROGRESS_BAR_WIDTH; i++)
        out[i] = i < filled ? '#' : '.';
    out[PROGRESS_BAR_WIDTH] = '\0';
}

void cli_progress_show(struct cli_progress *progress, int64_t done_bytes, int64_t rows)
{
    if (!progress->is_terminal)
        return;
    int64_t now = progress->env->monotonic_us(progress->env->clock_ctx);
    int64_t elapsed = now - progress->started_us;
    if (elapsed < PROGRESS_AFTER_US || now - progress->shown_us < PROGRESS_EVERY_US)
        return;
    progress->shown_us = now;
    progress->is_shown = true;
    double seconds = (double)elapsed / 1e6;
    double mib = (double)done_bytes / 1048576.0;
    if (progress->total > 0) {
        int64_t done = done_bytes < progress->total ? done_bytes : progress->total;
        char bar[PROGRESS_BAR_WIDTH + 1];
        bar_draw(bar, done, progress->total);
        double left = done > 0 ? seconds * (double)(progress->total - done) / (double)done : 0;
        (void)fprintf(stderr, "\r%s [%s] %3d%%  %jd rows  %.1f MiB/s  %.0f s left\033[K",
                      progress->verb, bar, (int)(done * 100 / progress->total), (intmax_t)rows,
                      mib / seconds, left);
    } else {
        (void)fprintf(stderr, "\r%s %jd rows  %.1f MiB  %.1f MiB/s  %.0f s\033[K", progress->verb,
                      (intmax_t)rows, mib, mib / seconds, seconds);
    }
    (void)fflush(stderr);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (progress->is_shown)
        (void)fprintf(stderr, "\r\033[K");
    progress->is_shown = false;
}
