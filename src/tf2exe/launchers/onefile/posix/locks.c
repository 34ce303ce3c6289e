/* POSIX and Linux: locks; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RETRIES = 100 };

static int open_lock(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (descriptor == -1 && (errno == EROFS || errno == EACCES)) {
        int error = errno;
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        errno = error; /* that it cannot be created says more than that it is missing */
    }
    return descriptor;
}

/* Uses a high number, so that the program gets the same descriptor numbers as without the launcher. */
static int keep_through_exec(int descriptor)
{
    int kept = fcntl(descriptor, F_DUPFD, 200);
    if (kept == -1) {
        kept = fcntl(descriptor, F_DUPFD, 3);
    }
    close(descriptor);
    return kept;
}

static int is_still_at(const char *path, int descriptor)
{
    struct stat held;
    struct stat named;
    return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/* On a file system without stable inode numbers, the retries end and the lock is used. */
file_handle lock_file(const char *path, enum lock lock, int inherited)
{
    int operation = (lock == SHARED_LOCK ? LOCK_SH : LOCK_EX) | LOCK_NB;
    for (int round = 1;; round++) {
        int descriptor = open_lock(path);
        if (descriptor == -1) {
            return -1;
        }
        if (flock(descriptor, operation) != 0) {
            int error = errno;
            close(descriptor);
            errno = error;
            return -1;
        }
        if (is_still_at(path, descriptor) || round == RETRIES) {
            return inherited ? keep_through_exec(descriptor) : descriptor;
        }
        close(descriptor); /* its last holder deleted the file */
    }
}

void touch(file_handle file)
{
    if (file != -1) {
        (void)!futimens((int)file, NULL);
    }
}

void set_dirty_flag(file_handle lock, int is_dirty)
{
    if (lock != -1) {
        (void)!ftruncate((int)lock, is_dirty ? 1 : 0);
    }
}

int has_dirty_flag(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
}

static uint64_t as_milliseconds(struct timespec time)
{
    return (uint64_t)time.tv_sec * 1000U + (uint64_t)time.tv_nsec / 1000000U;
}

uint64_t modified_at(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? as_milliseconds(status.st_mtim) : 0;
}

uint64_t modified_ago(file_handle file)
{
    struct stat status;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return fstat((int)file, &status) == 0 ? as_milliseconds(now) - as_milliseconds(status.st_mtim) : 0;
}
