#include "authenticode.h"

#include <string.h>

enum {
    HEADERS_SIZE = 4096,     /* bytes that contain all headers */
    PE_OFFSET_FIELD = 60,    /* e_lfanew: the offset of the PE header */
    OPTIONAL_HEADER = 24,    /* offset in the PE header */
    PE32_PLUS = 0x20b,       /* magic number of 64-bit executables */
    CHECKSUM = 64,           /* offset in the optional header */
    CERTIFICATE_TABLE = 144, /* offset in the optional header: offset and size of the signature */
    ALIGNMENT = 8,
};

static uint32_t read_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The offset of the optional header; 0 if this is not a 64-bit Windows executable. */
static size_t find_optional_header(const uint8_t *bytes, size_t size)
{
    if (size < PE_OFFSET_FIELD + 4 || bytes[0] != 'M' || bytes[1] != 'Z') {
        return 0;
    }
    size_t header = read_u32(bytes + PE_OFFSET_FIELD);
    if (header >= size || size - header < OPTIONAL_HEADER + CERTIFICATE_TABLE + 8 || memcmp(bytes + header, "PE\0\0", 4) != 0) {
        return 0;
    }
    header += OPTIONAL_HEADER;
    return (bytes[header] | bytes[header + 1] << 8) == PE32_PLUS ? header : 0;
}

int unsigned_size(file_handle file, uint64_t size, uint64_t *end)
{
    uint8_t bytes[HEADERS_SIZE];
    size_t length = size < HEADERS_SIZE ? (size_t)size : HEADERS_SIZE;
    if (read_at(file, bytes, length, 0) != 0) {
        return -1;
    }
    size_t header = find_optional_header(bytes, length);
    uint64_t begin = header > 0 ? read_u32(bytes + header + CERTIFICATE_TABLE) : 0;
    uint64_t certificates = header > 0 ? read_u32(bytes + header + CERTIFICATE_TABLE + 4) : 0;
    *end = begin % ALIGNMENT == 0 && begin > 0 && begin + certificates == size ? begin : size;
    return 0;
}

void zero_signed_fields(uint8_t *bytes, size_t size)
{
    size_t header = find_optional_header(bytes, size < HEADERS_SIZE ? size : HEADERS_SIZE);
    if (header > 0) {
        memset(bytes + header + CHECKSUM, 0, 4);
        memset(bytes + header + CERTIFICATE_TABLE, 0, 8);
    }
}
