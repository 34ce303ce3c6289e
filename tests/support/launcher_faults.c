/* Injects a fault at one of the system calls of a launcher (LD_PRELOAD).
 *
 * FAULT_AT is the number of the call, from 1. FAULT is KILL, STOP, or an error number with which the call fails.
 * FAULT_COUNT is a file that receives the number of calls when the launcher starts the program. The program itself
 * has no faults. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static atomic_long calls;
static long fault_at;
static const char *fault;
static int armed;

__attribute__((constructor)) static void arm(void)
{
    char self[4096] = "";
    const char *cache = getenv("TF2EXE_CACHE_DIR");
    const char *at = getenv("FAULT_AT");
    (void)!readlink("/proc/self/exe", self, sizeof self - 1);
    fault = getenv("FAULT");
    fault_at = at ? atol(at) : 0;
    armed = fault && cache && strncmp(self, cache, strlen(cache)) != 0;
}

/* The error number with which this call fails; 0 if it does not. */
static int happens(void)
{
    if (!armed || atomic_fetch_add(&calls, 1) + 1 != fault_at) {
        return 0;
    }
    if (strcmp(fault, "KILL") == 0) {
        kill(getpid(), SIGKILL);
    } else if (strcmp(fault, "STOP") == 0) {
        kill(getpid(), SIGSTOP);
        usleep(1000); /* the signal stops this thread in a moment */
    } else {
        return errno = atoi(fault);
    }
    return 0;
}

#define WRAP(result, name, parameters, arguments, failed)                                                              \
    result name parameters                                                                                             \
    {                                                                                                                  \
        static result(*real) parameters;                                                                               \
        if (!real) {                                                                                                   \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                                                 \
        }                                                                                                              \
        return happens() ? (failed) : real arguments;                                                                  \
    }

WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1)
WRAP(int, unlink, (const char *path), (path), -1)
WRAP(int, unlinkat, (int at, const char *path, int flags), (at, path, flags), -1)
WRAP(int, rmdir, (const char *path), (path), -1)
WRAP(int, symlinkat, (const char *target, int at, const char *path), (target, at, path), -1)
WRAP(int, utimensat, (int at, const char *path, const struct timespec *times, int flags), (at, path, times, flags), -1)
WRAP(int, futimens, (int file, const struct timespec *times), (file, times), -1)
WRAP(int, flock, (int file, int operation), (file, operation), -1)
WRAP(int, fstatat, (int at, const char *path, struct stat *status, int flags), (at, path, status, flags), -1)
WRAP(int, lstat, (const char *path, struct stat *status), (path, status), -1)
WRAP(int, stat, (const char *path, struct stat *status), (path, status), -1)
WRAP(int, fstat, (int file, struct stat *status), (file, status), -1)
WRAP(int, statvfs, (const char *path, struct statvfs *status), (path, status), -1)
WRAP(ssize_t, readlink, (const char *path, char *text, size_t size), (path, text, size), -1)
WRAP(ssize_t, readlinkat, (int at, const char *path, char *text, size_t size), (at, path, text, size), -1)
WRAP(ssize_t, pread, (int file, void *bytes, size_t size, off_t offset), (file, bytes, size, offset), -1)
WRAP(ssize_t, pwrite, (int file, const void *bytes, size_t size, off_t offset), (file, bytes, size, offset), -1)
WRAP(char *, realpath, (const char *path, char *resolved), (path, resolved), NULL)

static mode_t mode_of(int flags, va_list more)
{
    return flags & 0100 ? va_arg(more, mode_t) : 0; /* O_CREAT */
}

int open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, mode_t);
    *(void **)&real = dlsym(RTLD_NEXT, "open");
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return happens() ? -1 : real(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    int (*real)(int, const char *, int, mode_t);
    *(void **)&real = dlsym(RTLD_NEXT, "openat");
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return happens() ? -1 : real(at, path, flags, mode);
}

long syscall(long number, ...) /* renameat2 */
{
    long (*real)(long, ...);
    long words[5];
    *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    va_list more;
    va_start(more, number);
    for (int i = 0; i < 5; i++) {
        words[i] = va_arg(more, long);
    }
    va_end(more);
    return happens() ? -1 : real(number, words[0], words[1], words[2], words[3], words[4]);
}

int execv(const char *path, char *const *arguments)
{
    int (*real)(const char *, char *const *);
    const char *counted = getenv("FAULT_COUNT");
    *(void **)&real = dlsym(RTLD_NEXT, "execv");
    if (happens()) {
        return -1;
    }
    FILE *file = counted && armed ? fopen(counted, "w") : NULL;
    if (file) {
        fprintf(file, "%ld", (long)calls);
        fclose(file);
    }
    return real(path, arguments);
}
