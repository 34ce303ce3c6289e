/* Unpacking a payload into a folder, and telling later whether the folder is still as it was unpacked. */
#ifndef UNPACK_H
#define UNPACK_H

#include "payload.h"

enum unpacked { UNPACKED, UNPACK_REFUSED, UNPACK_DAMAGED, UNPACK_UNREADABLE, UNPACK_INTERRUPTED, UNPACK_DIFFERENT };

struct unpacking {
    enum unpacked outcome;
    long error;     /* of the system, for REFUSED and UNREADABLE */
    uint32_t chunk; /* for DAMAGED and UNREADABLE */
};

/* Fills the empty folder. Shows a line on standard error when it is a terminal and this takes longer than a
 * second. Memory: at most LARGEST_CREW times the largest chunk, stored and raw. Calls `alive` several times a
 * second. */
struct unpacking unpack(const struct payload *payload, const struct folder *folder, void (*alive)(void));

/* Compares the contents of all files with the payload: UNPACKED, or UNPACK_DIFFERENT. The rest as with unpack. */
struct unpacking compare(const struct payload *payload, const struct folder *folder, void (*alive)(void));

/* Whether every entry of the index is there with the kind, owner, size, mode and time of change that unpacking
 * gave it. Contents are not read, and additional files are not looked for. */
int is_intact(const struct payload *payload, const struct folder *folder);

#endif
