/* The cache: finds the unpacked folder of a onefile, or unpacks it into the first cache folder that can be used. */
#ifndef CACHE_H
#define CACHE_H

#include "prune.h"
#include "unpack.h"

enum cache_result { CACHE_READY, CACHE_UNUSABLE, CACHE_STOPPED };

struct cache_state {
    int check_contents;          /* compare the contents of unpacked files, too */
    int contents_differed;       /* they differed, so that the payload was unpacked again */
    char path[PATH_SIZE];        /* the unpacked folder, if CACHE_READY */
    struct unpack_result unpack; /* if CACHE_STOPPED: damage, an unreadable executable, memory or an interrupt */
    char rejected[4096];         /* each cache folder that cannot be used, and why */
    int disk_full;               /* one of them has no space left */
};

/* Finds the unpacked folder of this payload, or unpacks it. The lock that protects it from deletion stays open, and the
 * started program inherits it. */
enum cache_result prepare_cache(const struct payload *payload, struct cache_state *state);

/* Deletes the unpacked versions of this program in every candidate cache folder. */
struct prune_result clear_cache(const struct payload *payload);

#endif
