#include "cache_paths.h"

#include <stdio.h>
#include <string.h>

enum { SUFFIX_SIZE = 96 }; /* for the suffixes that make_unique_path appends */

int join_path(char path[PATH_SIZE], const char *folder, const char *name, const char *suffix)
{
    int length = snprintf(path, PATH_SIZE, "%s/%s%s", folder, name, suffix);
    return length > 0 && length < PATH_SIZE - SUFFIX_SIZE ? 0 : -1;
}

int set_cache_paths(struct cache_paths *paths, const struct payload *payload, const char *cache)
{
    paths->payload = payload;
    paths->cache = cache;
    if (join_path(paths->program, cache, payload->name, "") != 0 ||
        join_path(paths->folder, paths->program, payload->identity, "") != 0 ||
        join_path(paths->use_lock, paths->program, payload->identity, ".lock") != 0 ||
        join_path(paths->unpack_lock, paths->program, "lock", "") != 0) {
        return -1;
    }
    return path_is_too_long(strlen(paths->folder) + 1 + payload->longest_path) ? -1 : 0;
}

enum trust check_cache_folders(const struct cache_paths *paths)
{
    enum trust trust = folder_trust(paths->cache);
    trust = trust == TRUSTED ? folder_trust(paths->program) : trust;
    return trust == TRUSTED ? parent_trust(paths->cache) : trust;
}

/* The time tells processes apart whose ID is the same. */
int make_unique_path(char unique[PATH_SIZE], const char *path, const char *purpose)
{
    static unsigned count;
    char process[PROCESS_NAME_SIZE];
    name_process(process);
    int length = snprintf(unique, PATH_SIZE, "%s%s%s.%llx-%x", path, purpose, process,
                          (unsigned long long)milliseconds(), count++);
    return length > 0 && length < PATH_SIZE ? 0 : -1;
}
