/* Reverses filters after decompression: reversible transformations of parts of a chunk that make it compress better.
 * tf2exe/onefile/filters.py applies them. */
#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>
#include <stdint.h>

enum filter { FILTER_BCJ = 1, FILTER_COLUMNS = 2, FILTER_DELTA = 3, FILTER_EH_FRAME = 4, LARGEST_ROW = 64 };

struct region {
    uint32_t offset; /* in the chunk's part of the stream */
    uint32_t size;
    uint16_t filter;
    uint16_t row; /* bytes of a row of the table; 0 if it is not a table */
};

/* Whether filter and row are valid. The caller checks offset and size. */
int is_region(const struct region *region);

/* Reverses the filter of a region in its chunk; `scratch` has region->size bytes. */
void undo_filter(const struct region *region, uint8_t *chunk, uint8_t *scratch);

#endif
