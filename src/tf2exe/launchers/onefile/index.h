/* The index of a payload, decoded: read and checked. */
#ifndef INDEX_H
#define INDEX_H

#include "payload.h"

struct reader {
    const uint8_t *next;
    size_t left;
    int failed;
};

const uint8_t *take(struct reader *reader, size_t size); /* NULL when so much is not left */
uint64_t take_number(struct reader *reader, int bytes);

extern const char out_of_memory[];

/* Fills the payload from payload->index, which has `size` bytes; in the executable, the chunks stand from `launcher`
 * to `position`. Gives NULL, or why it cannot be used. */
const char *parse_index(struct payload *payload, size_t size, uint64_t launcher, uint64_t position);

#endif
