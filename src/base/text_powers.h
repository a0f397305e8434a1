/* text_powers.h: the table of powers of five for reading and writing floating point; private to
 * base. */
#ifndef WEIR_BASE_TEXT_POWERS_H
#define WEIR_BASE_TEXT_POWERS_H

#include <stdint.h>

#define WEIR__POWER_LOWEST (-342)
#define WEIR__POWER_HIGHEST 324
#define WEIR__POWERS_OF_FIVE (WEIR__POWER_HIGHEST - WEIR__POWER_LOWEST + 1)

extern const uint64_t weir__powers_of_five[WEIR__POWERS_OF_FIVE][2];

#endif
