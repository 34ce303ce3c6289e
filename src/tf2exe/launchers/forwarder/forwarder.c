/* A forwarder: a small library with the names of a large one, which it loads at the first call of one of its functions.
 *
 * Each function is a jump through a table (x86_64.S, aarch64.S). At first an entry of the table leads to code that saves
 * all registers, finds the function, writes its address into the table, and goes on there; later calls cost that one
 * jump. Arguments on the stack, results of any kind and callbacks pass, because the stack is as the caller left it.
 *
 * The builder writes two headers. library.h says what stands for what: COUNT, how many names the library has; PART, what
 * people call it; REAL, its file in the folder of the forwarder, with REAL_SIZE in bytes; or, where it is left out,
 * EXCLUDED, which says so.
 * exports.h has a line for each name: FUNCTION(index, name), DATA(index, name) or DOT_OF_ONES(index, name).
 */
#define _GNU_SOURCE
#include "library.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { EXIT_DAMAGED = 118 };
#define REMEDY "unpack or install the program again"

/* Bytes of a jump, and where in it the part begins that is for the first call. */
#ifdef __x86_64__
enum { JUMP_SIZE = 16, UNRESOLVED = 6 };
#else
enum { JUMP_SIZE = 24, UNRESOLVED = 12 };
#endif

#ifdef _WIN32
#define HIDDEN
#else
#define HIDDEN __attribute__((visibility("hidden")))
#endif

HIDDEN void *tf2exe_table[COUNT];
extern const char tf2exe_first_jump[] HIDDEN;

#ifdef _WIN32
#include "windows.h"
#else
#include "posix.h"
#endif

#define FUNCTION(index, name) #name "\0"
#define DOT_OF_ONES(index, name) #name "\0"
#define DATA(index, name) #name "\0"
static const char names[] =
#include "exports.h"
    ;
#undef FUNCTION
#undef DOT_OF_ONES
#undef DATA

/* The address behind a name; two threads may look for it at the same time, and write the same. */
HIDDEN void *tf2exe_find(size_t index)
{
    const char *name = names;
    for (size_t i = 0; i < index; i++) {
        name += strlen(name) + 1;
    }
    void *found = find(name);
    __atomic_store_n(&tf2exe_table[index], found, __ATOMIC_RELEASE);
    return found;
}

static void *unresolved(size_t index)
{
    return (void *)(tf2exe_first_jump + index * JUMP_SIZE + UNRESOLVED);
}

/* NumPy multiplies two vectors of two ones whenever it is imported, to see whether its library works. Exactly that is
 * answered here. Anything else comes from the library. */
typedef float dot(int64_t, const float *, int64_t, const float *, int64_t);

static int are_two_ones(const float *vector, int64_t step)
{
    return step == 1 && vector[0] == 1 && vector[1] == 1;
}

#define FUNCTION(index, name)
#define DATA(index, name)
#define DOT_OF_ONES(index, name)                                                                           \
    static float dot_##index(int64_t size, const float *x, int64_t step_x, const float *y, int64_t step_y) \
    {                                                                                                      \
        if (size == 2 && are_two_ones(x, step_x) && are_two_ones(y, step_y)) {                             \
            return 2;                                                                                      \
        }                                                                                                  \
        return ((dot *)unresolved(index))(size, x, step_x, y, step_y);                                     \
    }
#include "exports.h"
#undef DOT_OF_ONES

#define DOT_OF_ONES(index, name) tf2exe_table[index] = (void *)dot_##index;
__attribute__((constructor)) static void prepare(void)
{
    for (size_t index = 0; index < COUNT; index++) {
        tf2exe_table[index] = unresolved(index);
    }
#include "exports.h"
    prepare_system();
}
