/* Uses transparent huge pages of 2 MB for the memory of the program (Linux).
 *
 * Each small page of 4 KB costs a page fault: a fifth of the time of a program that imports NumPy and runs a model with
 * LiteRT. There are two sources of memory:
 * - Python's objects are in arenas of 1 MB, two of which fit into a huge page;
 * - everything else is in the heap of the C library, whose first 56 MB are requested at once.
 * A system without free huge pages uses small ones.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "huge_pages.h"

#ifdef __linux__
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef MADV_HUGEPAGE
enum { HUGE_PAGE = 2 << 20, PROBE = 256 << 10, TOP_PAD = 128 << 10, MMAP_THRESHOLD = 32 << 20, HEAP_SIZE = 56 << 20 };

/* The unused rest of the last mapping. The interpreter holds its lock when it allocates an arena. */
static char *rest;
static size_t rest_size;

/* Rounds an address or a size up to whole huge pages. */
static uintptr_t align_up(uintptr_t number)
{
    return (number + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
}

/* Maps at least `size` bytes in whole huge pages as the new `rest`. -1: out of memory. */
static int map_rest(size_t size)
{
    size_t whole = align_up(size);
    char *mapped = mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return -1;
    }
    char *aligned = (char *)align_up((uintptr_t)mapped);
    size_t before = (size_t)(aligned - mapped);
    if (before > 0) {
        munmap(mapped, before);
    }
    if (before < HUGE_PAGE) {
        munmap(aligned + whole, HUGE_PAGE - before);
    }
    madvise(aligned, whole, MADV_HUGEPAGE);
    rest = aligned;
    rest_size = whole;
    return 0;
}

static void *allocate_arena(void *context, size_t size)
{
    (void)context;
    if (rest_size < size && map_rest(size) != 0) {
        return NULL;
    }
    char *taken = rest;
    rest += size;
    rest_size -= size;
    return taken;
}

static void free_arena(void *context, void *arena, size_t size)
{
    (void)context;
    munmap(arena, size);
}

/* Grows the heap at once without touching it: a page that is touched before madvise stays small, with the 511 others
 * around it. The block `before` fills the heap up to the first huge page, except for the word in which malloc stores the
 * size of the next block. Blocks of 32 MB and more get their own mappings, as glibc's dynamic threshold would do. */
static void grow_heap(void)
{
    mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
    mallopt(M_TRIM_THRESHOLD, HEAP_SIZE + HUGE_PAGE);
    void *volatile probe = malloc(PROBE);
    uintptr_t from = (uintptr_t)probe, begin = align_up((uintptr_t)sbrk(0));
    free(probe);
    mallopt(M_TOP_PAD, HEAP_SIZE);
    void *volatile before = malloc(begin - from - sizeof(size_t));
    mallopt(M_TOP_PAD, TOP_PAD);
    uintptr_t end = (uintptr_t)sbrk(0) & ~(uintptr_t)(HUGE_PAGE - 1);
    if ((uintptr_t)before == from && begin < end) {
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
}
#endif
#endif

void use_huge_pages(void)
{
#ifdef MADV_HUGEPAGE
    PyObjectArenaAllocator arenas = {NULL, allocate_arena, free_arena};
    PyObject_SetArenaAllocator(&arenas);
    grow_heap();
#endif
}
