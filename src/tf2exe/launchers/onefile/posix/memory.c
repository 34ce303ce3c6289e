/* POSIX and Linux: large blocks of memory; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

/* In huge pages of 2 MB if the system has them: each small page costs a page fault. */
uint8_t *allocate_large(size_t size)
{
    size_t rounded = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uint8_t *memory = aligned_alloc(HUGE_PAGE, rounded);
#ifdef MADV_HUGEPAGE
    if (memory != NULL) {
        madvise(memory, rounded, MADV_HUGEPAGE);
    }
#endif
    return memory;
}

void free_large(uint8_t *memory)
{
    free(memory);
}
