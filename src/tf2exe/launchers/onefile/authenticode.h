/* Authenticode signatures. Signing a Windows executable appends the signature at a multiple of eight bytes, and changes
 * three fields of the header: offset and size of the signature, and the checksum. */
#ifndef AUTHENTICODE_H
#define AUTHENTICODE_H

#include "platform.h"

/* Sets *end to the offset of the signature, or to `size` (the size of the file) without one. Returns 0, or -1 if the
 * file cannot be read. */
int unsigned_size(file_handle file, uint64_t size, uint64_t *end);

/* Sets the fields that signing changes to zero, in the first `size` bytes of an executable. */
void zero_signed_fields(uint8_t *bytes, size_t size);

#endif
