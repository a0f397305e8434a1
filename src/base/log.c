/* log.c: messages and measurements into the env's sinks. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#define FACTS_MAX_BYTES 1024 /* longer facts are cut: a log line is no transport for data */

void weir__log(const struct weir_env *env, enum weir_log_level level, const char *message,
               const char *facts_format, ...)
{
    uint32_t highest = env->log_level ? env->log_level : WEIR_LOG_WARNING;
    if (!env->log || (uint32_t)level > highest)
        return;
    char facts[FACTS_MAX_BYTES];
    va_list args;
    va_start(args, facts_format);
    (void)vsnprintf(facts, sizeof facts, facts_format, args);
    va_end(args);
    env->log(env->log_ctx, level, message, facts);
}

static void metric_send(const struct weir_env *env, enum weir_metric_kind kind, const char *name,
                        const char *labels, double value)
{
    if (!env->metric)
        return;
    struct weir_metric metric = {kind, name, labels ? labels : "", value};
    env->metric(env->metric_ctx, &metric);
}

void weir__metric_add(const struct weir_env *env, const char *name, const char *labels,
                      double value)
{
    metric_send(env, WEIR_METRIC_COUNTER, name, labels, value);
}

void weir__metric_set(const struct weir_env *env, const char *name, const char *labels,
                      double value)
{
    metric_send(env, WEIR_METRIC_GAUGE, name, labels, value);
}

void weir__metric_observe(const struct weir_env *env, const char *name, const char *labels,
                          double value)
{
    metric_send(env, WEIR_METRIC_HISTOGRAM, name, labels, value);
}
