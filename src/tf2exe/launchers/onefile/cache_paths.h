/* The paths of a payload in a cache folder. Each program has its own folder:
 *
 *     CACHE/PROGRAM/IDENTITY/                    an unpacked payload; complete, because unpacking ends with renaming to
 *                                                this name
 *     CACHE/PROGRAM/IDENTITY.lock                the use lock: shared lock of every process that runs from it; its
 *                                                modification time is that of the last start, to the minute
 *     CACHE/PROGRAM/IDENTITY.partial.PROCESS.*   being unpacked, or left by a killed process
 *     CACHE/PROGRAM/IDENTITY.removed.PROCESS.*   being deleted
 *     CACHE/PROGRAM/lock                         the unpack lock: exclusive, and not empty (its dirty flag), while a
 *                                                process unpacks or deletes
 */
#ifndef CACHE_PATHS_H
#define CACHE_PATHS_H

#include "payload.h"

struct cache_paths {
    const struct payload *payload;
    const char *cache;
    char program[PATH_SIZE];
    char folder[PATH_SIZE];
    char use_lock[PATH_SIZE];
    char unpack_lock[PATH_SIZE];
};

/* Returns 0, or -1 if the paths are too long. */
int set_cache_paths(struct cache_paths *paths, const struct payload *payload, const char *cache);

/* Checks that the cache folder and the program's folder exist and that only the user may change or replace them. */
enum trust check_cache_folders(const struct cache_paths *paths);

/* Writes FOLDER/NAMESUFFIX to `path`. Returns 0, or -1 if no suffix would fit after it. */
int join_path(char path[PATH_SIZE], const char *folder, const char *name, const char *suffix);

/* Writes a path that no other process uses: PATH.PURPOSE.PROCESS.*; `purpose` is PARTIAL or REMOVED. */
int make_unique_path(char unique[PATH_SIZE], const char *path, const char *purpose);

#define PARTIAL ".partial."
#define REMOVED ".removed."

#endif
