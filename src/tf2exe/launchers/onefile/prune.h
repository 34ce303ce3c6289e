/* Deletes unpacked versions of a program, and what killed processes left.
 *
 * A start that has unpacked a new version deletes the other versions before it runs the new one, except those that a
 * process runs from and the two used last, if they were used within the last 30 days. Warm starts delete nothing. If
 * there is not enough space for a new version, all versions that do not run are deleted before it is unpacked.
 * docs/explanation/onefile.md says why. */
#ifndef PRUNE_H
#define PRUNE_H

#include "cache_paths.h"

struct prune_result {
    int removed; /* unpacked folders */
    int in_use;  /* kept because a process runs from them */
    int failed;
};

enum scope {
    LEFTOVERS,      /* only what killed processes left */
    OLD_VERSIONS,   /* also the versions that are not retained */
    OTHER_VERSIONS, /* also every version except this payload's */
    ALL_VERSIONS    /* also this payload's */
};

/* Deletes a folder with its contents. If that fails, a later start tries again. */
int delete_tree(const char *path, void (*tick)(void));

/* Deletes according to `scope`. The caller holds the unpack lock. Calls `tick` often. */
struct prune_result prune(const struct cache_paths *paths, enum scope scope, void (*tick)(void));

#endif
