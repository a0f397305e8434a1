/* weir/weir.h: the umbrella: includes every public header of libweir and says which version they
 * are.
 *
 *     if (weir_version() != WEIR_VERSION)
 *         fprintf(stderr, "headers %d, library %d\n", WEIR_VERSION, weir_version());
 *
 * Threading: every handle says in its header which threads may use it; the library has no global
 * mutable state. Since: 0.1 */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <weir/columnar.h>
#include <weir/env.h>
#include <weir/error.h>
#include <weir/format.h>
#include <weir/io.h>
#include <weir/storage.h>
#include <weir/storage_ops.h>
#include <weir/table.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0
/* major * 1,000,000 + minor * 1,000 + patch */
#define WEIR_VERSION 1000

/* Version of the library that runs, as WEIR_VERSION.
 *
 * Threads:  any.
 * Since:    0.1 */
int weir_version(void);

/* The same as text, "0.1.0"; static.
 *
 * Threads:  any.
 * Since:    0.1 */
const char *weir_version_text(void);

#ifdef __cplusplus
}
#endif
#endif
