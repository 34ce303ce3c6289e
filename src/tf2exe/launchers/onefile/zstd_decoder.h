/* zstd's decoder (decoder.c). */
#ifndef DECODER_H
#define DECODER_H

#include <stddef.h>
#include <stdint.h>

/* Memory that decoding needs, for one thread at a time; NULL: there is none. */
void *new_decoder(void);
void free_decoder(void *decoder);

/* Decodes frames of zstd that hold `raw_size` bytes; `decoder` may be NULL. Gives 0, or -1: they are damaged. */
int decode_zstd(void *decoder, uint8_t *raw, size_t raw_size, const uint8_t *stored, size_t stored_size);

#endif
