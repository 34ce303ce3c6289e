/* Undoes filters, each in memory of exactly its size, so that a sanitizer sees every byte beside it.
 * Standard input: per region, filter, row and size as u32, and the bytes. Output: the bytes of all of them. */
#include "filter.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    uint32_t given[3];
    while (fread(given, sizeof given, 1, stdin) == 1) {
        struct region region = {0, given[2], (uint16_t)given[0], (uint16_t)given[1]};
        uint8_t *data = malloc(region.size);
        uint8_t *scratch = malloc(region.size);
        if (!is_region(&region) || (region.size && (data == NULL || scratch == NULL)) ||
            fread(data, 1, region.size, stdin) != region.size) {
            return 1;
        }
        undo_filter(&region, data, scratch);
        fwrite(data, 1, region.size, stdout);
        free(data);
        free(scratch);
    }
    return 0;
}
