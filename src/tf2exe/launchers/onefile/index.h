/* Parses and checks the decoded index of a payload. */
#ifndef INDEX_H
#define INDEX_H

#include "payload.h"

struct reader {
    const uint8_t *next;
    size_t left;
    int failed;
};

const uint8_t *take(struct reader *reader, size_t size); /* NULL if fewer bytes are left */
uint64_t take_number(struct reader *reader, int bytes);

extern const char out_of_memory[];

/* Fills the payload from payload->index, which has `size` bytes. The chunks are in the executable from `launcher` to
 * `position`. Returns NULL, or why the index cannot be used. */
const char *parse_index(struct payload *payload, size_t size, uint64_t launcher, uint64_t position);

#endif
