/* BLAKE2b (RFC 7693), unkeyed, with 128-bit results, as Python's hashlib.blake2b(digest_size=16). */
#ifndef BLAKE2B_H
#define BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_SIZE = 16 };

void hash_bytes(const void *bytes, size_t size, uint8_t result[HASH_SIZE]);

#endif
