/* Functions that glibc has had only for some years, so that the executable also runs with an older one.
 *
 * The executable exports them, and whatever it loads finds them here first (nuitka_options/glibc.toml names them,
 * each with a reason; older_glibc.py lets the carried files ask for no version of them). Each does what glibc's does:
 * hand its arguments to the kernel, or call glibc's own where that is there.
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

/* Under names of our own in C: the headers of some glibcs declare them, as functions or as inline ones. */
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
        errno = EINVAL; /* the kernel's number is shorter */
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
    void *argument = va_arg(arguments, void *); /* a number or an address: both come in one register */
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

/* Where glibc's own is; looked for once. */
static void *next_symbol(const char *name, void *_Atomic *found)
{
    static char missing;
    void *place = atomic_load(found);
    if (place == NULL) {
        place = dlsym(RTLD_NEXT, name);
        atomic_store(found, place != NULL ? place : &missing);
    }
    return place == &missing ? NULL : place;
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

/* The wall clock may be set meanwhile: what counts is whether the deadline is over on the clock that was asked. */
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

/* As glibc's <dlfcn.h> has it since 2.35; what follows there is reserved. */
struct object {
    unsigned long long flags;
    void *start;
    void *end;
    struct link_map *map;
    void *exceptions;
};

struct search {
    uintptr_t address;
    struct object *object;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct search *search = context;
    uintptr_t start = UINTPTR_MAX;
    uintptr_t end = 0;
    void *exceptions = NULL;
    int is_here = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t place = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_EH_FRAME) {
            exceptions = (void *)place; /* NOLINT: the loader gives numbers */
        } else if (segment->p_type == PT_LOAD) {
            is_here |= search->address - place < segment->p_memsz;
            start = place < start ? place : start;
            end = place + segment->p_memsz > end ? place + segment->p_memsz : end;
        }
    }
    if (!is_here || exceptions == NULL) {
        return is_here;
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
    return dl_iterate_phdr(look_at, &search) == 2 ? 0 : -1;
}

/* As with glibc's, no number is better than one that can be guessed. */
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
