/* Reverses filters, each in memory of exactly its size, so that a sanitizer finds every access out of bounds.
 * Standard input: per region, its filter, row and size as u32, and its bytes. Standard output: the restored bytes. */
#include "filter.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    uint32_t fields[3];
    while (fread(fields, sizeof fields, 1, stdin) == 1) {
        struct region region = {0, fields[2], (uint16_t)fields[0], (uint16_t)fields[1]};
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
