/* platform.h: what the real world's env is made of; private to base. */
#ifndef WEIR_BASE_PLATFORM_H
#define WEIR_BASE_PLATFORM_H

#include <weir/env.h>

void *weir__platform_resize(void *ctx, void *ptr, size_t n_bytes);

extern const struct weir_file_calls weir__platform_file_calls;

#endif
