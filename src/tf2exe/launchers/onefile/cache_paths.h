/* Where a payload goes in a cache folder, each program in a folder of its own:
 *
 *     CACHE/PROGRAM/IDENTITY/                    an unpacked payload, whole since its name is this
 *     CACHE/PROGRAM/IDENTITY.lock                held shared by every process that runs from it; changed last when
 *                                                a process was started from it last, to the minute
 *     CACHE/PROGRAM/IDENTITY.partial.PROCESS.*   being unpacked, or left by a process that was killed
 *     CACHE/PROGRAM/IDENTITY.removed.PROCESS.*   being deleted
 *     CACHE/PROGRAM/lock                         held alone, and not empty, while unpacking and deleting
 */
#ifndef SHELF_H
#define SHELF_H

#include "payload.h"

struct shelf {
    const struct payload *payload;
    const char *cache;
    char program[PATH_SIZE];
    char folder[PATH_SIZE];
    char use_lock[PATH_SIZE];
    char turn_lock[PATH_SIZE];
};

/* 0, or -1 when the paths are too long. */
int lay_out(struct shelf *shelf, const struct payload *payload, const char *cache);

/* Whether the cache folder and the program's are there, the user's alone, and reached by nobody else. */
enum trust look_at_shelf(const struct shelf *shelf);

/* FOLDER/NAMESUFFIX, and room behind it; 0, or -1 when it is too long. */
int join(char path[PATH_SIZE], const char *folder, const char *name, const char *suffix);

/* A name that nobody else has: PATH.PURPOSE.PROCESS.*; `purpose` is PARTIAL or REMOVED. */
int name_beside(char beside[PATH_SIZE], const char *path, const char *purpose);

#define PARTIAL ".partial."
#define REMOVED ".removed."

#endif
