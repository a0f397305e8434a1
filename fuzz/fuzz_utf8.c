/* fuzz_utf8.c: the vector form of the UTF-8 check against the scalar one, at every alignment. */
#include "base/base.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t skip = 0; skip <= size && skip < 4; skip++) {
        bool expected = weir__utf8_valid_scalar(data + skip, size - skip);
        ASSERT(weir__utf8_valid(data + skip, size - skip) == expected);
    }
    return 0;
}
