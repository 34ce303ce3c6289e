/* POSIX and Linux: folders with their contents; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int rename_path(const char *from, const char *to)
{
    return rename(from, to);
}

int exchange_paths(const char *one, const char *other)
{
#ifdef SYS_renameat2 /* the function exists since glibc 2.28 only */
    const unsigned exchange = 1U << 1;
    return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, exchange);
#else
    (void)one;
    (void)other;
    return -1;
#endif
}

int remove_file(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : -1;
}

int remove_folder(const char *path)
{
    return rmdir(path) == 0 || errno == ENOENT ? 0 : -1;
}

static int is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_listing(int parent, const char *name)
{
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = descriptor == -1 ? NULL : fdopendir(descriptor);
    if (folder == NULL && descriptor != -1) {
        close(descriptor);
    }
    return folder;
}

/* Also opens a folder without access rights, which it restores. */
static DIR *open_for_removal(int parent, const char *name)
{
    struct stat status;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) &&
        (status.st_mode & 0700) != 0700) {
        (void)!fchmodat(parent, name, 0700, 0);
    }
    return open_listing(parent, name);
}

/* Other processes may remove the same tree, so a missing entry is not an error. */
static int remove_inside(int parent, const char *name, void (*tick)(void))
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    DIR *folder = open_for_removal(parent, name);
    if (folder == NULL) {
        return errno == ENOENT ? 0 : -1;
    }
    int result = 0;
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
        if (!is_dot(item->d_name)) {
            result |= remove_inside(dirfd(folder), item->d_name, tick);
        }
    }
    closedir(folder);
    if (tick != NULL) {
        tick();
    }
    return result == 0 && (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) ? 0 : -1;
}

int remove_tree(const char *path, void (*tick)(void))
{
    return remove_inside(AT_FDCWD, path, tick);
}

int list_folder(const char *path, void (*visit)(void *context, const char *name), void *context)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return -1;
    }
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
        if (!is_dot(item->d_name)) {
            visit(context, item->d_name);
        }
    }
    closedir(folder);
    return 0;
}

static uint64_t count_inside(int parent, const char *name)
{
    uint64_t count = 0;
    DIR *folder = open_listing(parent, name);
    if (folder == NULL) {
        return 0;
    }
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
        if (!is_dot(item->d_name)) {
            count += 1 + count_inside(dirfd(folder), item->d_name);
        }
    }
    closedir(folder);
    return count;
}

uint64_t count_tree(const char *path)
{
    return count_inside(AT_FDCWD, path);
}
