/* Windows: large blocks of memory; see platform.h. */
#include "../platform.h"

#include <stdlib.h>

uint8_t *allocate_large(size_t size)
{
    return malloc(size);
}

void free_large(uint8_t *memory)
{
    free(memory);
}
