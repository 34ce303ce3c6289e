/* The filter of x86-64 code; tf2exe/onefile/bcj.py applies it, and says what it does. */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

/* Makes distances of addresses again, in place. */
void undo_addresses(uint8_t *code, size_t size);

#endif
