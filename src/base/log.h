/* log.h: messages and measurements into the env's sinks. A message is constant; facts are
 * key=value. */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

#include <weir/env.h>

/* Formats the facts only if somebody listens at this level. Never call it with a lock held. */
void weir__log(const struct weir_env *env, enum weir_log_level level, const char *message,
               const char *facts_format, ...) WEIR_PRINTF(4, 5);

void weir__metric_add(const struct weir_env *env, const char *name, const char *labels,
                      double value);
void weir__metric_set(const struct weir_env *env, const char *name, const char *labels,
                      double value);
void weir__metric_observe(const struct weir_env *env, const char *name, const char *labels,
                          double value);

#endif
