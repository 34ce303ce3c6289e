/* POSIX and Linux: cache folders; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The home folder. NULL if it does not exist (the launcher does not create it), or if root has the home of another user,
 * who could not use the folders that root creates. */
static const char *home(char *buffer, size_t size)
{
    static struct passwd user;
    struct passwd *found = NULL;
    struct stat status;
    const char *path = environment_value("HOME");
    if (path == NULL && getpwuid_r(getuid(), &user, buffer, size, &found) == 0 && found != NULL) {
        path = found->pw_dir;
    }
    int is_folder = path != NULL && path[0] == '/' && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return is_folder && (geteuid() != 0 || status.st_uid == 0) ? path : NULL;
}

static int add(struct candidate candidates[CANDIDATES], int count, const char *folder, const char *rest)
{
    struct candidate *candidate = &candidates[count];
    int written = snprintf(candidate->path, PATH_SIZE, "%s%s", folder, rest);
    int fits = written > 0 && written < PATH_SIZE;
    for (int i = 0; i < count; i++) {
        fits = fits && strcmp(candidates[i].path, candidate->path) != 0;
    }
    candidate->chosen = 0;
    return count + fits;
}

/* TF2EXE_CACHE_DIR, made absolute: the program may change its working directory. */
static int add_chosen(struct candidate candidates[CANDIDATES])
{
    char here[PATH_SIZE];
    const char *folder = environment_value("TF2EXE_CACHE_DIR");
    int count = 0;
    if (folder != NULL && folder[0] == '/') {
        count = add(candidates, 0, folder, "");
    } else if (folder != NULL && getcwd(here, sizeof here - 1) != NULL) {
        strcat(here, "/");
        count = add(candidates, 0, here, folder);
    }
    candidates[0].chosen = count;
    return count;
}

/* Ignores relative folders, as the XDG specification requires, except in TF2EXE_CACHE_DIR. */
int cache_candidates(struct candidate candidates[CANDIDATES])
{
    char buffer[PATH_SIZE];
    char own[64];
    int count = add_chosen(candidates);
    const char *folder = environment_value("XDG_CACHE_HOME");
    if (folder != NULL && folder[0] == '/') {
        count = add(candidates, count, folder, "/tf2exe");
    }
    folder = home(buffer, sizeof buffer);
    if (folder != NULL) {
        count = add(candidates, count, folder, "/.cache/tf2exe");
    }
    snprintf(own, sizeof own, "/tf2exe-%lu", (unsigned long)getuid());
    folder = environment_value("TMPDIR");
    return add(candidates, count, folder != NULL && folder[0] == '/' ? folder : "/tmp", own);
}

enum trust folder_trust(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return MISSING;
    }
    if (!S_ISDIR(status.st_mode)) {
        return NOT_A_FOLDER;
    }
    if (status.st_uid != geteuid()) {
        return OWNED_BY_OTHER;
    }
    return status.st_mode & 022 ? WRITABLE_BY_OTHERS : TRUSTED;
}

/* Whether every user may rename entries of a folder above. The sticky bit of /tmp forbids that. */
static int is_replaceable(const char *path)
{
    char above[PATH_SIZE];
    snprintf(above, sizeof above, "%s", path);
    for (char *last = strrchr(above, '/'); last != NULL; last = strrchr(above, '/')) {
        struct stat status;
        *last = '\0';
        if (stat(*above ? above : "/", &status) == 0 && (status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX)) {
            return 1;
        }
    }
    return 0;
}

enum trust parent_trust(const char *path)
{
    char *resolved = realpath(path, NULL); /* also checks the folders behind links */
    int replaceable = is_replaceable(path) || (resolved != NULL && strcmp(resolved, path) != 0 && is_replaceable(resolved));
    free(resolved);
    return replaceable ? REPLACEABLE : TRUSTED;
}

int path_is_too_long(size_t length)
{
    return length >= PATH_MAX;
}

int make_folder(const char *path, int parents)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return 0;
    }
    const char *last = strrchr(path, '/');
    if (errno != ENOENT || !parents || last == NULL || last == path) {
        return -1;
    }
    char parent[PATH_SIZE];
    snprintf(parent, sizeof parent, "%.*s", (int)(last - path), path);
    if (make_folder(parent, 1) != 0) {
        return -1;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

int forbids_execution(const char *path)
{
    struct statvfs status;
    return statvfs(path, &status) == 0 && (status.f_flag & ST_NOEXEC) != 0;
}

uint64_t free_bytes(const char *path)
{
    struct statvfs status;
    return statvfs(path, &status) == 0 ? (uint64_t)status.f_bavail * status.f_frsize : UINT64_MAX;
}

