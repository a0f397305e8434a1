/* columnar.h: the door of the columnar room (floor 1): Arrow structs made, looked at and
 * rearranged.
 *
 * Start with type.h (what a format string means), then array.h (who owns buffers), builder.h,
 * kernels.h, stream.h. */
#ifndef WEIR_COLUMNAR_COLUMNAR_H
#define WEIR_COLUMNAR_COLUMNAR_H

#include <weir/columnar.h>

#include "columnar/array.h"
#include "columnar/builder.h"
#include "columnar/kernels.h"
#include "columnar/stream.h"
#include "columnar/type.h"

#endif
