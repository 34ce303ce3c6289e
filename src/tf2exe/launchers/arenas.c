/* Gives the program memory in pages of 2 MB, where the system has them on request (Linux).
 *
 * Each 4 KB of memory cost an interruption at the first touch, a fifth of the time of a program that imports NumPy and
 * computes a model with LiteRT; a huge page costs one. There are two sources of memory:
 * - Python's objects lie in arenas of 1 MB, of which two fit into a huge page;
 * - all else lies in the heap of the C library, of which the first 30 MB are asked for at once.
 * A system without huge pages, or with none left, gives small ones as ever.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "arenas.h"

#ifdef __linux__
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef MADV_HUGEPAGE
enum { HUGE_PAGE = 2 << 20, HEAP = 30 << 20 };

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

/* What is freed at the end of the heap stays there. A block of this size has its own mapping until the first one is
 * freed, as glibc's malloc says (M_MMAP_THRESHOLD); the second one makes the heap as large. Neither is touched. */
static void widen_heap(void)
{
    void *volatile apart = malloc(HEAP);
    free(apart);
    char *volatile heap = malloc(HEAP);
    char *from = heap, *end = sbrk(0);
    free(heap);
    if (from != NULL && from < end && (size_t)(end - from) >= HEAP && sbrk(0) == (void *)end) {
        char *aligned = (char *)aligned_up((uintptr_t)from);
        madvise(aligned, (size_t)(end - aligned) & ~(size_t)(HUGE_PAGE - 1), MADV_HUGEPAGE);
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
