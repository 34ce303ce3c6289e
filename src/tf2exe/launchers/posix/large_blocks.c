/* Large aligned blocks lie in pages of 2 MB, where the system has them on request (Linux).
 *
 * TensorFlow and XNNPACK keep weights and activations in regions of many megabytes, which they take by these two
 * functions: with pages of 4 KB each of them costs the system 512 times as many interruptions, and the processor as many
 * addresses to translate. The executable exports the functions, and whatever it loads finds them here first. They do
 * what glibc's do. A system without huge pages, or with none left, gives small ones as ever; one that knows none is
 * asked no more.
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#pragma GCC visibility push(default)

/* The pages that lie within a block; what it has of the pages at its ends may belong to others, too. */
static void prefer_huge_pages(void *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    enum { HUGE_PAGE = 2 << 20 };
    static atomic_bool refused;
    uintptr_t begin = ((uintptr_t)block + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)block + size) & ~(uintptr_t)(HUGE_PAGE - 1);
    if (begin < end && !atomic_load_explicit(&refused, memory_order_relaxed)) {
        int before = errno;
        if (madvise((void *)begin, end - begin, MADV_HUGEPAGE) != 0) {
            atomic_store_explicit(&refused, 1, memory_order_relaxed);
        }
        errno = before;
    }
#else
    (void)block, (void)size;
#endif
}

static void *take(size_t alignment, size_t size)
{
    void *block = memalign(alignment, size);
    if (block != NULL) {
        prefer_huge_pages(block, size);
    }
    return block;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return take(alignment, size);
}

int posix_memalign(void **found, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    void *block = take(alignment, size);
    if (block == NULL) {
        return ENOMEM;
    }
    *found = block;
    return 0;
}
