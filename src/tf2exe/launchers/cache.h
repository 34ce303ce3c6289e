/* The folders into which onefiles unpack themselves, each program in one of its own:
 *
 *     CACHE/PROGRAM/IDENTITY/            an unpacked payload, whole since its name is this
 *     CACHE/PROGRAM/IDENTITY.lock        held shared by every process that runs from it
 *     CACHE/PROGRAM/IDENTITY.partial.*   being unpacked, or left by a process that was killed
 *     CACHE/PROGRAM/IDENTITY.removed.*   being deleted
 *     CACHE/PROGRAM/lock                 held alone while unpacking and deleting
 *
 * Who unpacks deletes the other versions, except those that run and the one that was used last: that is told by
 * the time of change of its lock, to the minute. Where space is short, that one goes too, and before.
 */
#ifndef CACHE_H
#define CACHE_H

#include "unpack.h"

enum readied { READIED, NOT_READIED, STOPPED };

struct place {
    char path[PATH_SIZE];      /* of the unpacked folder, once readied */
    struct unpacking unpacking; /* what stopped: damage, an unreadable executable or an interrupt */
    char tried[4096];          /* every cache folder that would not do, and why */
    int full;                  /* one of them had no space left */
};

/* Finds the unpacked folder of this payload, or unpacks it. The lock that keeps it from being deleted stays
 * open, also in the program that is started next. */
enum readied ready_folder(const struct payload *payload, struct place *place);

struct cleared {
    int removed; /* unpacked folders */
    int in_use;  /* kept, because a process runs from them */
    int failed;
};

/* Deletes what was unpacked for this program, in every cache folder that is tried. */
struct cleared clear_cache(const struct payload *payload);

#endif
