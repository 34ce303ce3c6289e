/* Deleting what was unpacked, and what was left of it.
 *
 * Old versions: whoever has unpacked a new one deletes, before he starts it, the other versions of the program that
 * no process runs from, except the two that were used last, and those only if they were used in the last 30 days.
 * Later starts delete nothing. (Why: docs/explanation/onefile.md.) Where space is short, all that do not run go,
 * before. */
#ifndef SWEEP_H
#define SWEEP_H

#include "cache_paths.h"

struct cleared {
    int removed; /* unpacked folders */
    int in_use;  /* kept, because a process runs from them */
    int failed;
};

enum scope {
    LEFTOVERS,    /* only what processes left that were killed */
    OLD_VERSIONS, /* and what is not worth keeping any more */
    OTHERS,       /* and every version but this payload's */
    EVERYTHING    /* and this payload's */
};

/* Deletes a whole folder, or leaves it for a later start. */
int discard(const char *path, void (*alive)(void));

/* To be called with the turn. Calls `alive` often. */
struct cleared sweep(const struct shelf *shelf, enum scope scope, void (*alive)(void));

#endif
