/* Unpacking into a program's folder, so that what has the final name is whole at every moment. */
#ifndef ANEW_H
#define ANEW_H

#include "prune.h"
#include "unpack.h"

/* Unpacks beside the final name and renames at the very end. `alone` tells whether this process has the turn, or
 * others may be doing the same. UNPACK_DIFFERENT: the file system does not keep what the next start looks at. */
struct unpacking make_anew(const struct shelf *shelf, int alone, void (*alive)(void));

/* Whether the folder of the final name is as it was unpacked. */
int is_ready(const struct shelf *shelf);

#endif
