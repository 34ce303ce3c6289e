/* Going through all chunks of a payload, in threads: for unpacking, and for comparing what was unpacked. */
#ifndef WORK_H
#define WORK_H

#include "unpack.h"

#include <stdatomic.h>

struct part { /* of a file */
    const uint8_t *bytes;
    size_t size;
    uint64_t offset;
};

struct job {
    const struct payload *payload;
    const struct folder *folder;
    enum unpacked (*handle)(const struct folder *folder, const struct entry *entry, const struct part *part);
    const char *doing; /* for the line in the terminal */
    void (*alive)(void);
    uint32_t *order; /* in which chunks are taken */
    atomic_uint next;
    atomic_ullong done;
    atomic_int outcome; /* the first that is not UNPACKED; all threads stop */
    atomic_long error;
    atomic_uint chunk;
    uint64_t begun;
    int shown;
};

/* Calls job->handle for every part of every file that has contents, in several threads. */
void work_through(struct job *job);

/* Ends the work; what is UNPACKED, or comes second, does not. */
void stop(struct job *job, enum unpacked outcome, long error, uint32_t chunk);

struct unpacking outcome_of(const struct job *job);

#endif
