/* POSIX and Linux: files, also relative to an unpacked folder; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int file_size(file_handle file, uint64_t *size)
{
    struct stat status;
    if (fstat((int)file, &status) != 0) {
        return -1;
    }
    *size = (uint64_t)status.st_size;
    return 0;
}

int read_at(file_handle file, void *bytes, size_t size, uint64_t offset)
{
    for (char *next = bytes; size > 0;) {
        ssize_t got = pread((int)file, next, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return -1;
        }
        next += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

int write_at(file_handle file, const void *bytes, size_t size, uint64_t offset)
{
    for (const char *next = bytes; size > 0;) {
        ssize_t put = pwrite((int)file, next, size, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return -1;
        }
        next += put;
        size -= (size_t)put;
        offset += (uint64_t)put;
    }
    return 0;
}

void close_file(file_handle file)
{
    if (file != -1) {
        close((int)file);
    }
}

int open_folder(struct folder *folder, const char *path)
{
    snprintf(folder->path, sizeof folder->path, "%s", path);
    folder->owner = (long)geteuid(); /* once, because a call per file takes measurable time */
    folder->handle = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder->handle == -1 ? -1 : 0;
}

void close_folder(struct folder *folder)
{
    close_file(folder->handle);
    folder->handle = -1;
}

int make_inside(const struct folder *folder, const char *relative)
{
    return mkdirat((int)folder->handle, relative, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

file_handle create_inside(const struct folder *folder, const char *relative, int executable)
{
    return openat((int)folder->handle, relative, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, executable ? 0700 : 0600);
}

file_handle open_inside(const struct folder *folder, const char *relative)
{
    return openat((int)folder->handle, relative, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int link_inside(const struct folder *folder, const char *relative, const char *target)
{
    return symlinkat(target, (int)folder->handle, relative);
}

int set_mtime_inside(const struct folder *folder, const char *relative)
{
    const struct timespec times[2] = {{UNPACKED_MTIME, 0}, {UNPACKED_MTIME, 0}};
    return utimensat((int)folder->handle, relative, times, AT_SYMLINK_NOFOLLOW);
}

static int read_status(const struct folder *folder, const char *relative, struct stat *status)
{
    return fstatat((int)folder->handle, relative, status, AT_SYMLINK_NOFOLLOW);
}

int file_is_intact(const struct folder *folder, const char *relative, uint64_t size, int executable)
{
    struct stat status;
    return read_status(folder, relative, &status) == 0 && S_ISREG(status.st_mode) && (uint64_t)status.st_size == size &&
           status.st_mtim.tv_sec == UNPACKED_MTIME && status.st_mtim.tv_nsec == 0 && status.st_uid == (uid_t)folder->owner &&
           (status.st_mode & 0777) == (executable ? 0700U : 0600U);
}

int folder_is_intact(const struct folder *folder, const char *relative)
{
    struct stat status;
    return read_status(folder, relative, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == (uid_t)folder->owner &&
           (status.st_mode & 0777) == 0700;
}

int link_is_intact(const struct folder *folder, const char *relative, const char *target)
{
    char text[PATH_SIZE];
    ssize_t length = readlinkat((int)folder->handle, relative, text, sizeof text);
    return length >= 0 && (size_t)length == strlen(target) && memcmp(text, target, (size_t)length) == 0;
}
