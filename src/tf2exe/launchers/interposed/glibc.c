/* Polyfills: functions of newer versions of glibc, so that the executable also runs with older ones.
 *
 * The executable exports them, and the libraries that it loads use them (nuitka_options/glibc.toml lists them, each with
 * a reason; native/symbol_versions.py removes their versions from the bundled files). Each behaves like glibc's function:
 * it passes its arguments to the kernel, or calls glibc's function if there is one.
 */
#if defined(__linux__) && defined(__x86_64__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(default)

/* The names in C have a prefix, because the headers of some versions of glibc declare or define the functions. */
#define FUNCTION(result, name, ...)                                                                                    \
    result polyfill_##name(__VA_ARGS__) __asm__(#name);                                                                \
    result polyfill_##name(__VA_ARGS__)

enum { NO_FOLLOW = 0x100, CALL_CLOSE_RANGE = 436, CALL_GETRANDOM = 318 };

FUNCTION(int, stat, const char *path, void *status)
{
    return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);
}

FUNCTION(int, stat64, const char *path, void *status)
{
    return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);
}

FUNCTION(int, lstat, const char *path, void *status)
{
    return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, NO_FOLLOW);
}

FUNCTION(int, lstat64, const char *path, void *status)
{
    return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, NO_FOLLOW);
}

FUNCTION(int, fstat, int descriptor, void *status)
{
    return (int)syscall(SYS_fstat, descriptor, status);
}

FUNCTION(int, fstat64, int descriptor, void *status)
{
    return (int)syscall(SYS_fstat, descriptor, status);
}

FUNCTION(int, fstatat, int folder, const char *path, void *status, int flags)
{
    return (int)syscall(SYS_newfstatat, folder, path, status, flags);
}

FUNCTION(int, fstatat64, int folder, const char *path, void *status, int flags)
{
    return (int)syscall(SYS_newfstatat, folder, path, status, flags);
}

FUNCTION(int, mknodat, int folder, const char *path, unsigned mode, unsigned long device)
{
    if (device != (unsigned)device) {
        errno = EINVAL; /* the kernel's type is shorter */
        return -1;
    }
    return (int)syscall(SYS_mknodat, folder, path, mode, (unsigned)device);
}

FUNCTION(int, mknod, const char *path, unsigned mode, unsigned long device)
{
    return polyfill_mknodat(AT_FDCWD, path, mode, device);
}

FUNCTION(int, fcntl64, int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *); /* a number or a pointer: both are passed in one register */
    va_end(arguments);
    return fcntl(descriptor, command, argument);
}

FUNCTION(int, close_range, unsigned first, unsigned last, int flags)
{
    return (int)syscall(CALL_CLOSE_RANGE, first, last, flags);
}

FUNCTION(int, gettid, void)
{
    return (int)syscall(SYS_gettid);
}

char polyfill_single_threaded __asm__("__libc_single_threaded") = 0;

/* glibc's function, or NULL. Looked up once. */
static void *next_symbol(const char *name, void *_Atomic *found)
{
    static char missing;
    void *symbol = atomic_load(found);
    if (symbol == NULL) {
        symbol = dlsym(RTLD_NEXT, name);
        atomic_store(found, symbol != NULL ? symbol : &missing);
    }
    return symbol == &missing ? NULL : symbol;
}

FUNCTION(int, pthread_kill, unsigned long thread, int number)
{
    static void *_Atomic found;
    int (*glibc)(unsigned long, int);
    *(void **)&glibc = next_symbol("pthread_kill", &found);
    return glibc != NULL ? glibc(thread, number) : ENOSYS;
}

static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* The wall clock may change meanwhile, so the deadline is checked on the given clock. */
static int wait_until(sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    for (;;) {
        struct timespec now;
        struct timespec wall;
        if (clock_gettime(clock, &now) != 0 || clock_gettime(CLOCK_REALTIME, &wall) != 0) {
            return -1;
        }
        int64_t left = nanoseconds(deadline) - nanoseconds(&now);
        int64_t until = nanoseconds(&wall) + (left > 0 ? left : 0);
        const struct timespec end = {until / 1000000000, until % 1000000000};
        if (sem_timedwait(semaphore, &end) == 0) {
            return 0;
        }
        if (errno != ETIMEDOUT || left <= 0) {
            return -1;
        }
    }
}

FUNCTION(int, sem_clockwait, sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    static void *_Atomic found;
    int (*glibc)(sem_t *, clockid_t, const struct timespec *);
    *(void **)&glibc = next_symbol("sem_clockwait", &found);
    if (glibc != NULL) {
        return glibc(semaphore, clock, deadline);
    }
    if (clock == CLOCK_REALTIME) {
        return sem_timedwait(semaphore, deadline);
    }
    if (clock != CLOCK_MONOTONIC) {
        errno = EINVAL;
        return -1;
    }
    return wait_until(semaphore, clock, deadline);
}

/* struct dl_find_object of <dlfcn.h> since glibc 2.35; the rest of it is reserved. */
struct object {
    unsigned long long flags;
    void *start;
    void *end;
    struct link_map *map;
    void *exceptions; /* .eh_frame_hdr, the table for exceptions */
};

struct search {
    uintptr_t address;
    struct object *object;
};

static int visit_library(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct search *search = context;
    uintptr_t start = UINTPTR_MAX;
    uintptr_t end = 0;
    void *exceptions = NULL;
    int contains_address = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t address = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_EH_FRAME) {
            exceptions = (void *)address; /* NOLINT: the dynamic linker returns numbers */
        } else if (segment->p_type == PT_LOAD) {
            contains_address |= search->address - address < segment->p_memsz;
            start = address < start ? address : start;
            end = address + segment->p_memsz > end ? address + segment->p_memsz : end;
        }
    }
    if (!contains_address || exceptions == NULL) {
        return contains_address;
    }
    *search->object = (struct object){0, (void *)start, (void *)end, NULL, exceptions};
    return 2;
}

FUNCTION(int, _dl_find_object, void *address, struct object *object)
{
    static void *_Atomic found;
    int (*glibc)(void *, struct object *);
    *(void **)&glibc = next_symbol("_dl_find_object", &found);
    if (glibc != NULL) {
        return glibc(address, object);
    }
    struct search search = {(uintptr_t)address, object};
    return dl_iterate_phdr(visit_library, &search) == 2 ? 0 : -1;
}

/* Aborts if the system returns no random numbers, like glibc's function. */
FUNCTION(void, arc4random_buf, void *bytes, size_t size)
{
    int file = -1;
    for (char *next = bytes; size > 0;) {
        long got = syscall(CALL_GETRANDOM, next, size, 0);
        if (got < 0 && errno == ENOSYS && (file != -1 || (file = open("/dev/urandom", O_RDONLY | O_CLOEXEC)) != -1)) {
            got = read(file, next, size);
        }
        if (got <= 0 && errno != EINTR) {
            abort();
        }
        next += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    if (file != -1) {
        close(file);
    }
}

FUNCTION(unsigned, arc4random, void)
{
    unsigned number = 0;
    polyfill_arc4random_buf(&number, sizeof number);
    return number;
}
#endif
