/* Gives the program memory in pages of 2 MB, where the system has them on request (Linux).
 *
 * Each 4 KB of memory cost an interruption at the first touch, a fifth of the time of a program that imports NumPy and
 * computes a model with LiteRT; a huge page costs one. There are two sources of memory:
 * - Python's objects lie in arenas of 1 MB, of which two fit into a huge page;
 * - all else lies in the heap of the C library, of which the first 56 MB are asked for at once.
 * A system without huge pages, or with none left, gives small ones as ever.
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
enum { HUGE_PAGE = 2 << 20, PROBE = 256 << 10, PAD = 128 << 10, APART = 32 << 20, HEAP = 56 << 20 };

/* What is left of the last huge page. The interpreter holds its lock when it asks. */
static char *rest;
static size_t rest_size;

/* Where the next huge page begins, which may be here; of sizes, whole huge pages. */
static uintptr_t aligned_up(uintptr_t number)
{
    return (number + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
}

/* New memory in `rest`: as much as asked for, in whole huge pages. -1: there is none. */
static int map_rest(size_t size)
{
    size_t whole = aligned_up(size);
    char *mapped = mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return -1;
    }
    char *aligned = (char *)aligned_up((uintptr_t)mapped);
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

static void *take_arena(void *context, size_t size)
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

static void give_arena(void *context, void *arena, size_t size)
{
    (void)context;
    munmap(arena, size);
}

/* Makes the heap larger at once, and none of it is touched: a page that is touched before the system is told stays
 * small, with the 511 others around it. The block in front fills the heap up to the first huge page, but for the word
 * in which malloc notes the size of what follows. Blocks of 32 MB and more have mappings of their own, as glibc's malloc
 * would find out by itself. */
static void widen_heap(void)
{
    mallopt(M_MMAP_THRESHOLD, APART);
    mallopt(M_TRIM_THRESHOLD, HEAP + HUGE_PAGE);
    void *volatile probe = malloc(PROBE);
    uintptr_t from = (uintptr_t)probe, begin = aligned_up((uintptr_t)sbrk(0));
    free(probe);
    mallopt(M_TOP_PAD, HEAP);
    void *volatile before = malloc(begin - from - sizeof(size_t));
    mallopt(M_TOP_PAD, PAD);
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
    PyObjectArenaAllocator arenas = {NULL, take_arena, give_arena};
    PyObject_SetArenaAllocator(&arenas);
    widen_heap();
#endif
}
