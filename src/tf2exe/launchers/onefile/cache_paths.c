#include "cache_paths.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 96 }; /* for the endings that are added later */

int join(char path[PATH_SIZE], const char *folder, const char *name, const char *suffix)
{
    int length = snprintf(path, PATH_SIZE, "%s/%s%s", folder, name, suffix);
    return length > 0 && length < PATH_SIZE - ROOM ? 0 : -1;
}

int lay_out(struct shelf *shelf, const struct payload *payload, const char *cache)
{
    shelf->payload = payload;
    shelf->cache = cache;
    if (join(shelf->program, cache, payload->name, "") != 0 ||
        join(shelf->folder, shelf->program, payload->identity, "") != 0 ||
        join(shelf->use_lock, shelf->program, payload->identity, ".lock") != 0 ||
        join(shelf->turn_lock, shelf->program, "lock", "") != 0) {
        return -1;
    }
    return path_is_too_long(strlen(shelf->folder) + 1 + payload->longest_path) ? -1 : 0;
}

enum trust look_at_shelf(const struct shelf *shelf)
{
    enum trust trust = look_at_folder(shelf->cache);
    trust = trust == TRUSTED ? look_at_folder(shelf->program) : trust;
    return trust == TRUSTED ? look_above_folder(shelf->cache) : trust;
}

/* The process, and time for a number that is used again. */
int name_beside(char beside[PATH_SIZE], const char *path, const char *purpose)
{
    static unsigned count;
    char process[PROCESS_NAME_SIZE];
    name_process(process);
    int length = snprintf(beside, PATH_SIZE, "%s%s%s.%llx-%x", path, purpose, process,
                          (unsigned long long)milliseconds(), count++);
    return length > 0 && length < PATH_SIZE ? 0 : -1;
}
