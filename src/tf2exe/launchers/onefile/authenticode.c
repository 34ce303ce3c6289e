#include "authenticode.h"

#include <string.h>

enum {
    HEAD_SIZE = 4096,   /* the headers are in there */
    HEADER_PLACE = 60,  /* of the number that tells where the PE header is */
    OPTIONAL = 24,      /* from there to the optional header */
    PE32_PLUS = 0x20b,  /* begins it, for 64 bits */
    CHECKSUM = 64,      /* in it */
    CERTIFICATES = 144, /* in it: place and size of the signature */
    ALIGNMENT = 8,
};

static uint32_t number(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Where the optional header begins; 0 for whatever is no Windows executable of 64 bits. */
static size_t find_header(const uint8_t *bytes, size_t size)
{
    if (size < HEADER_PLACE + 4 || bytes[0] != 'M' || bytes[1] != 'Z') {
        return 0;
    }
    size_t header = number(bytes + HEADER_PLACE);
    if (header >= size || size - header < OPTIONAL + CERTIFICATES + 8 || memcmp(bytes + header, "PE\0\0", 4) != 0) {
        return 0;
    }
    header += OPTIONAL;
    return (bytes[header] | bytes[header + 1] << 8) == PE32_PLUS ? header : 0;
}

int unsigned_size(file_handle file, uint64_t size, uint64_t *end)
{
    uint8_t bytes[HEAD_SIZE];
    size_t length = size < HEAD_SIZE ? (size_t)size : HEAD_SIZE;
    if (read_at(file, bytes, length, 0) != 0) {
        return -1;
    }
    size_t header = find_header(bytes, length);
    uint64_t place = header > 0 ? number(bytes + header + CERTIFICATES) : 0;
    uint64_t follows = header > 0 ? number(bytes + header + CERTIFICATES + 4) : 0;
    *end = place % ALIGNMENT == 0 && place > 0 && place + follows == size ? place : size;
    return 0;
}

void forget_signature(uint8_t *bytes, size_t size)
{
    size_t header = find_header(bytes, size < HEAD_SIZE ? size : HEAD_SIZE);
    if (header > 0) {
        memset(bytes + header + CHECKSUM, 0, 4);
        memset(bytes + header + CERTIFICATES, 0, 8);
    }
}
