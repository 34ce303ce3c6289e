/* zstd's decoder. */
#ifndef ZSTD_DECODER_H
#define ZSTD_DECODER_H

#include <stddef.h>
#include <stdint.h>

/* A decoding context for one thread at a time; NULL: out of memory. */
void *new_decoder(void);
void free_decoder(void *decoder);

/* Decodes zstd frames with `raw_size` bytes of contents; `decoder` may be NULL. Returns 0, or -1 if they are damaged. */
int decode_zstd(void *decoder, uint8_t *raw, size_t raw_size, const uint8_t *stored, size_t stored_size);

#endif
