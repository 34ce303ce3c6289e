/* The folders into which onefiles unpack themselves: finding what was unpacked, or a place to unpack. */
#ifndef CACHE_H
#define CACHE_H

#include "prune.h"
#include "unpack.h"

enum readied { READIED, NOT_READIED, STOPPED };

struct place {
    int compares;               /* contents of unpacked files, too */
    int differed;               /* and they were not the same: unpacked anew */
    char path[PATH_SIZE];       /* of the unpacked folder, once readied */
    struct unpacking unpacking; /* what stopped: damage, an unreadable executable, memory or an interrupt */
    char tried[4096];           /* every cache folder that would not do, and why */
    int full;                   /* one of them had no space left */
};

/* Finds the unpacked folder of this payload, or unpacks it. The lock that keeps it from being deleted stays
 * open, also in the program that is started next. */
enum readied ready_folder(const struct payload *payload, struct place *place);

/* Deletes what was unpacked for this program, in every cache folder that is tried. */
struct cleared clear_cache(const struct payload *payload);

#endif
