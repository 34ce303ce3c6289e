/* Unpacks a payload into a folder, and checks later whether the folder is unchanged. */
#ifndef UNPACK_H
#define UNPACK_H

#include "payload.h"

enum unpack_outcome { UNPACKED, UNPACK_REFUSED, UNPACK_DAMAGED, UNPACK_UNREADABLE, UNPACK_INTERRUPTED, UNPACK_DIFFERENT };

struct unpack_result {
    enum unpack_outcome outcome;
    long error;     /* system error, with UNPACK_REFUSED and UNPACK_UNREADABLE */
    uint32_t chunk; /* number of the chunk, with UNPACK_DAMAGED and UNPACK_UNREADABLE */
};

/* Unpacks into an empty folder. Shows progress on standard error if it is a terminal and unpacking takes more than a
 * second. Takes memory for up to MAX_THREADS times the largest chunk, stored and raw. Calls `tick` several times a
 * second. */
struct unpack_result unpack(const struct payload *payload, const struct folder *folder, void (*tick)(void));

/* Compares the contents of all files with the payload. The outcome is UNPACKED if they match, UNPACK_DIFFERENT if not,
 * or one of unpack's errors. */
struct unpack_result compare_contents(const struct payload *payload, const struct folder *folder, void (*tick)(void));

/* Whether every entry of the index has the kind, owner, size, mode and modification time that unpacking gave it. Does
 * not read contents, and does not look for additional files. */
int tree_is_intact(const struct payload *payload, const struct folder *folder);

#endif
