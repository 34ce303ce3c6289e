/* Decodes chunks of LZMA, each in memory of exactly its size, so that a sanitizer sees every byte beside it.
 * Standard input: per chunk, sizes raw and stored as u32, and the stored bytes. Output: per chunk, the result and a
 * checksum of the raw bytes. */
#include "lzma.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    uint32_t sizes[2];
    while (fread(sizes, sizeof sizes, 1, stdin) == 1) {
        uint8_t *raw = calloc(sizes[0] ? sizes[0] : 1, 1);
        uint8_t *stored = malloc(sizes[1]);
        if (raw == NULL || (stored == NULL && sizes[1]) || fread(stored, 1, sizes[1], stdin) != sizes[1]) {
            return 1;
        }
        int result = decode_lzma(raw, sizes[0], stored, sizes[1]);
        uint32_t sum = 1;
        for (uint32_t i = 0; i < sizes[0]; i++) {
            sum = sum * 31 + raw[i];
        }
        printf("%d %u\n", result, sum);
        free(raw);
        free(stored);
    }
    return 0;
}
