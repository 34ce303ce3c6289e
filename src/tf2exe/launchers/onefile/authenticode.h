/* What a signature changes in a Windows executable. Authenticode writes it behind everything else, at a multiple of
 * eight, and enters its place and size in the header; with them the checksum changes. Nothing else does. */
#ifndef SIGNED_H
#define SIGNED_H

#include "platform.h"

/* Where the signature begins, or the end of the file (which has `size` bytes) without one; 0, or -1 when the file
 * cannot be read. */
int unsigned_size(file_handle file, uint64_t size, uint64_t *end);

/* Sets to zero what signing changes in the first `size` bytes of an executable, signed or not. */
void forget_signature(uint8_t *bytes, size_t size);

#endif
