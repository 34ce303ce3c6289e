/* The system as POSIX and Linux have it: large pieces of memory; see system.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

/* In pages of 2 MB where the system has them on request: a small one costs an interruption at the first touch. */
uint8_t *allocate_large(size_t size)
{
    size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uint8_t *memory = aligned_alloc(HUGE_PAGE, whole);
#ifdef MADV_HUGEPAGE
    if (memory != NULL) {
        madvise(memory, whole, MADV_HUGEPAGE);
    }
#endif
    return memory;
}

void free_large(uint8_t *memory)
{
    free(memory);
}
