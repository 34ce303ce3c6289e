/* LZMA: slower to decode than zstd, and smaller where contents have many short matches, as machine code has. */
#ifndef LZMA_H
#define LZMA_H

#include <stddef.h>
#include <stdint.h>

/* Whether a chunk begins as one of LZMA does: with the byte that holds its parameters. A frame of zstd does not. */
int is_lzma(const uint8_t *stored, size_t size);

/* Decodes a chunk, which has to have exactly `raw_size` bytes. Gives 0, or -1 for anything else. Needs 28 KiB of the
 * stack, and no memory besides. */
int decode_lzma(uint8_t *raw, size_t raw_size, const uint8_t *stored, size_t size);

#endif
