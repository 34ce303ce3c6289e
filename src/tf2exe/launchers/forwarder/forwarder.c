/* A forwarder: a small library that exports the symbols of a large one, and loads it at the first call of a function.
 *
 * Each function is an indirect jump through a table of addresses (x86_64.S, aarch64.S). At first, an entry of the table
 * leads to code that saves all registers, finds the function, writes its address to the table and jumps to it. Later
 * calls take that one jump. Arguments on the stack, results of any type and callbacks work, because the stack is as the
 * caller left it.
 *
 * The builder (tf2exe/compile/forwarder_libraries.py) writes two headers:
 *     library.h  SYMBOL_COUNT  number of exported symbols
 *                PART          name of the library for messages
 *                LIBRARY_FILE  file name of the library, in the forwarder's folder
 *                LIBRARY_SIZE  its size in bytes
 *                EXCLUDED      if the library was excluded: the message of every call, in place of the last two
 *     exports.h  a line for each symbol: FUNCTION(index, name), DATA(index, name) or DOT_OF_ONES(index, name)
 */
#define _GNU_SOURCE
#include "library.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { EXIT_DAMAGED = 118 };
#define REMEDY "unpack or install the program again"

/* Size of a jump, and the offset of its second half, which resolves the symbol. */
#ifdef __x86_64__
enum { JUMP_SIZE = 16, RESOLVER_OFFSET = 6 };
#else
enum { JUMP_SIZE = 24, RESOLVER_OFFSET = 12 };
#endif

#ifdef _WIN32
#define HIDDEN
#else
#define HIDDEN __attribute__((visibility("hidden")))
#endif

HIDDEN void *tf2exe_addresses[SYMBOL_COUNT];
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

/* Returns the address of a symbol. Two threads may resolve it at the same time; both write the same address. */
HIDDEN void *tf2exe_resolve(size_t index)
{
    const char *name = names;
    for (size_t i = 0; i < index; i++) {
        name += strlen(name) + 1;
    }
    void *address = find_symbol(name);
    __atomic_store_n(&tf2exe_addresses[index], address, __ATOMIC_RELEASE);
    return address;
}

static void *resolver_address(size_t index)
{
    return (void *)(tf2exe_first_jump + index * JUMP_SIZE + RESOLVER_OFFSET);
}

/* At import, NumPy multiplies two vectors of two ones to check its library (numpy/__init__.py, _sanity_check). The
 * forwarder answers exactly this call itself, so that the import does not load the library. */
typedef float dot(int64_t, const float *, int64_t, const float *, int64_t);

static int are_two_ones(const float *vector, int64_t stride)
{
    return stride == 1 && vector[0] == 1 && vector[1] == 1;
}

#define FUNCTION(index, name)
#define DATA(index, name)
#define DOT_OF_ONES(index, name)                                                                               \
    static float dot_##index(int64_t size, const float *x, int64_t stride_x, const float *y, int64_t stride_y) \
    {                                                                                                          \
        if (size == 2 && are_two_ones(x, stride_x) && are_two_ones(y, stride_y)) {                             \
            return 2;                                                                                          \
        }                                                                                                      \
        return ((dot *)resolver_address(index))(size, x, stride_x, y, stride_y);                               \
    }
#include "exports.h"
#undef DOT_OF_ONES

#define DOT_OF_ONES(index, name) tf2exe_addresses[index] = (void *)dot_##index;
__attribute__((constructor)) static void initialize(void)
{
    for (size_t index = 0; index < SYMBOL_COUNT; index++) {
        tf2exe_addresses[index] = resolver_address(index);
    }
#include "exports.h"
    initialize_platform();
}
