#include "zstd_decoder.h"
#include "index.h"
#include "authenticode.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC "\x89tf2exe\n"

enum {
    FORMAT_VERSION = 5,
    MAGIC_SIZE = 8,
    FOOTER_SIZE = 80,
    LARGEST_LAUNCHER = 256 << 20,
    LARGEST_INDEX = 256 << 20,
};

static const char unreadable[] = "it cannot be read";

struct footer {
    uint64_t launcher; /* size */
    uint64_t position; /* of the index */
    uint64_t stored;   /* size of the index in the executable */
    uint64_t raw;      /* size of the index when decoded */
    uint8_t launcher_hash[HASH_SIZE];
    uint8_t index_hash[HASH_SIZE];
};

static const char *parse_footer(const uint8_t *bytes, uint64_t size, struct footer *footer)
{
    struct reader reader = {bytes, FOOTER_SIZE, 0};
    if (memcmp(take(&reader, MAGIC_SIZE), MAGIC, MAGIC_SIZE) != 0) {
        return "its end is missing";
    }
    uint64_t version = take_number(&reader, 8);
    footer->launcher = take_number(&reader, 8);
    footer->position = take_number(&reader, 8);
    footer->stored = take_number(&reader, 8);
    footer->raw = take_number(&reader, 8);
    memcpy(footer->launcher_hash, take(&reader, HASH_SIZE), HASH_SIZE);
    memcpy(footer->index_hash, take(&reader, HASH_SIZE), HASH_SIZE);
    if (version != FORMAT_VERSION || footer->position > size || footer->launcher > footer->position ||
        footer->launcher > LARGEST_LAUNCHER || footer->stored > LARGEST_INDEX || footer->raw > LARGEST_INDEX ||
        footer->position + footer->stored + FOOTER_SIZE != size) {
        return "its footer is invalid";
    }
    return NULL;
}

static const char *read_footer(file_handle executable, struct footer *footer)
{
    uint8_t bytes[FOOTER_SIZE];
    uint64_t size = 0;
    uint64_t end = 0;
    if (file_size(executable, &size) != 0 || unsigned_size(executable, size, &end) != 0) {
        return unreadable;
    }
    if (end < FOOTER_SIZE) {
        return "its end is missing";
    }
    return read_at(executable, bytes, FOOTER_SIZE, end - FOOTER_SIZE) != 0 ? unreadable
                                                                          : parse_footer(bytes, end, footer);
}

/* Reads bytes of the executable; returns NULL and sets *why on failure. */
static uint8_t *read_bytes(file_handle executable, uint64_t position, uint64_t size, const char **why)
{
    uint8_t *bytes = malloc((size_t)size + 1);
    if (bytes == NULL) {
        *why = out_of_memory;
    } else if (read_at(executable, bytes, (size_t)size, position) != 0) {
        *why = unreadable;
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

static int has_hash(const uint8_t *bytes, uint64_t size, const uint8_t expected[HASH_SIZE])
{
    uint8_t hash[HASH_SIZE];
    hash_bytes(bytes, (size_t)size, hash);
    return memcmp(hash, expected, HASH_SIZE) == 0;
}

/* First of all, because all that follows relies on the launcher's own code. */
static const char *check_launcher(file_handle executable, const struct footer *footer)
{
    const char *why = NULL;
    uint8_t *bytes = read_bytes(executable, 0, footer->launcher, &why);
    if (bytes != NULL) {
        zero_signed_fields(bytes, (size_t)footer->launcher);
        why = has_hash(bytes, footer->launcher, footer->launcher_hash) ? NULL : "its beginning does not match its checksum";
    }
    free(bytes);
    return why;
}

static const char *read_index(struct payload *payload, const struct footer *footer)
{
    const char *why = NULL;
    uint8_t *bytes = read_bytes(payload->file, footer->position, footer->stored, &why);
    if (bytes == NULL) {
        return why;
    }
    if (!has_hash(bytes, footer->stored, footer->index_hash)) {
        free(bytes);
        return "its table of contents does not match its checksum";
    }
    for (int i = 0; i < HASH_SIZE; i++) {
        payload->identity[2 * i] = "0123456789abcdef"[footer->index_hash[i] >> 4];
        payload->identity[2 * i + 1] = "0123456789abcdef"[footer->index_hash[i] & 15];
    }
    size_t raw = (size_t)footer->raw;
    payload->index = malloc(raw + 1);
    if (payload->index == NULL) {
        why = out_of_memory;
    } else if (decode_zstd(NULL, payload->index, raw, bytes, (size_t)footer->stored) != 0) {
        why = "its table of contents cannot be decoded";
    } else {
        why = parse_index(payload, raw, footer->launcher, footer->position);
    }
    free(bytes);
    return why;
}

const char *read_payload(file_handle executable, struct payload *payload, int *damaged)
{
    struct footer footer;
    memset(payload, 0, sizeof *payload);
    payload->file = executable;
    const char *why = read_footer(executable, &footer);
    why = why == NULL ? check_launcher(executable, &footer) : why;
    why = why == NULL ? read_index(payload, &footer) : why;
    *damaged = why != out_of_memory && why != unreadable;
    return why;
}

int read_chunk(const struct payload *payload, uint32_t number, void *decoder, uint8_t *stored, uint8_t *raw)
{
    const struct chunk *chunk = &payload->chunks[number];
    uint8_t hash[HASH_SIZE];
    if (read_at(payload->file, stored, chunk->stored, chunk->position) != 0) {
        return -1;
    }
    hash_bytes(stored, chunk->stored, hash);
    if (memcmp(hash, chunk->hash, HASH_SIZE) != 0) {
        return 1;
    }
    if (decode_zstd(decoder, raw, chunk->raw, stored, chunk->stored) != 0) {
        return 1;
    }
    for (uint32_t i = 0; i < chunk->region_count; i++) {
        undo_filter(&payload->regions[chunk->first_region + i], raw, stored);
    }
    return 0;
}
