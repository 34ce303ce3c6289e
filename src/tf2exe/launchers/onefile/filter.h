/* Filters: reversible rearrangements of parts of a chunk that make it compress better, undone after decoding.
 * tf2exe/onefile/filters.py applies them. */
#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>
#include <stdint.h>

enum filter { FILTER_ADDRESSES = 1, FILTER_COLUMNS = 2, FILTER_DIFFERENCES = 3, FILTER_FRAMES = 4, LARGEST_ROW = 64 };

struct region {
    uint32_t offset; /* in the chunk's part of the stream */
    uint32_t size;
    uint16_t filter;
    uint16_t row; /* bytes of a row of the table, a multiple of 4; 0 without a table */
};

/* Whether a region can be undone at all; where it lies is the caller's matter. */
int is_region(const struct region *region);

/* Undoes the filter of a region in the bytes of its chunk; `scratch` holds region->size bytes. */
void undo_filter(const struct region *region, uint8_t *chunk, uint8_t *scratch);

#endif
