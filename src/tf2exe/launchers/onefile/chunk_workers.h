/* Decodes all chunks of a payload in threads, to unpack them or to compare unpacked files with them. */
#ifndef CHUNK_WORKERS_H
#define CHUNK_WORKERS_H

#include "unpack.h"

#include <stdatomic.h>

/* The part of a file that is in one chunk. */
struct part {
    const uint8_t *bytes;
    size_t size;
    uint64_t offset;
};

struct job {
    const struct payload *payload;
    const struct folder *folder;
    enum unpack_outcome (*on_part)(const struct folder *folder, const struct entry *entry, const struct part *part);
    const char *doing; /* shown with the progress */
    void (*tick)(void);
    uint32_t *order; /* of the chunks */
    atomic_uint next;
    atomic_ullong done;
    atomic_int outcome; /* the first one other than UNPACKED; all threads stop then */
    atomic_long error;
    atomic_uint chunk;
    uint64_t begun;
    int shown;
};

/* Calls job->on_part for each part of each file that is not empty, in several threads. */
void process_chunks(struct job *job);

/* Stops the job, unless `outcome` is UNPACKED or the job has stopped already. */
void stop_job(struct job *job, enum unpack_outcome outcome, long error, uint32_t chunk);

struct unpack_result job_result(const struct job *job);

#endif
