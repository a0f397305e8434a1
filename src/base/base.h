/* base.h: the door of the base room (floor 0): what every other room stands on.
 *
 * Start with macros.h, error.h and alloc.h, then bytes.h. This room is the sole user of clocks,
 * randomness, malloc, the process environment and raw file calls. */
#ifndef WEIR_BASE_BASE_H
#define WEIR_BASE_BASE_H

#include <weir/env.h>
#include <weir/error.h>
#include <weir/io.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/params.h"
#include "base/text.h"
#include "base/thread.h"
#include "base/time.h"
#include "base/uuid.h"

#endif
