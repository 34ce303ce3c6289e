#include "index.h"
#include "paths.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 16,
    CHUNK_SIZE = 12 + HASH_SIZE,
    REGION_SIZE = 12,
    ENTRY_SIZE = 16,
    LARGEST_NAME = 100,
    LARGEST_CHUNK = 256 << 20,
};

const char out_of_memory[] = "there is not enough memory";
static const char malformed[] = "its table of contents is invalid";

const uint8_t *take(struct reader *reader, size_t size)
{
    if (reader->failed || reader->left < size) {
        reader->failed = 1;
        return NULL;
    }
    const uint8_t *taken = reader->next;
    reader->next += size;
    reader->left -= size;
    return taken;
}

uint64_t take_number(struct reader *reader, int bytes)
{
    const uint8_t *taken = take(reader, (size_t)bytes);
    uint64_t number = 0;
    for (int i = bytes - 1; taken != NULL && i >= 0; i--) {
        number = number << 8 | taken[i];
    }
    return number;
}

/* A text of the given length without zero bytes, and the zero byte that ends it. */
static const char *take_text(struct reader *reader, size_t length)
{
    const uint8_t *taken = take(reader, length + 1);
    if (taken == NULL || taken[length] != 0 || memchr(taken, 0, length) != NULL) {
        reader->failed = 1;
        return "";
    }
    return (const char *)taken;
}

static int is_name(const char *name)
{
    return stays_inside(name) && strchr(name, '/') == NULL && name[0] != '.' && strlen(name) <= LARGEST_NAME;
}

static int parse_chunk(struct payload *payload, struct chunk *chunk, struct reader *reader, uint32_t regions)
{
    chunk->stored = (uint32_t)take_number(reader, 4);
    chunk->raw = (uint32_t)take_number(reader, 4);
    chunk->region_count = (uint32_t)take_number(reader, 4);
    const uint8_t *hash = take(reader, HASH_SIZE);
    if (hash == NULL || chunk->stored == 0 || chunk->raw == 0 || chunk->stored > LARGEST_CHUNK ||
        chunk->raw > LARGEST_CHUNK || chunk->region_count > payload->region_count - regions) {
        return -1;
    }
    memcpy(chunk->hash, hash, HASH_SIZE);
    payload->largest_stored = chunk->stored > payload->largest_stored ? chunk->stored : payload->largest_stored;
    payload->largest_raw = chunk->raw > payload->largest_raw ? chunk->raw : payload->largest_raw;
    return 0;
}

/* The chunks fill the bytes between the launcher and the index. */
static int parse_chunks(struct payload *payload, struct reader *reader, uint64_t begin, uint64_t end)
{
    uint64_t position = begin;
    uint32_t regions = 0;
    for (uint32_t i = 0; i < payload->chunk_count; i++) {
        struct chunk *chunk = &payload->chunks[i];
        if (parse_chunk(payload, chunk, reader, regions) != 0) {
            return -1;
        }
        chunk->first_region = regions;
        chunk->position = position;
        chunk->offset = payload->size;
        regions += chunk->region_count;
        position += chunk->stored;
        payload->size += chunk->raw;
    }
    return position == end && regions == payload->region_count ? 0 : -1;
}

static int parse_regions(struct payload *payload, struct reader *reader)
{
    for (uint32_t i = 0; i < payload->chunk_count; i++) {
        const struct chunk *chunk = &payload->chunks[i];
        uint32_t end = 0;
        for (uint32_t j = 0; j < chunk->region_count; j++) {
            struct region *region = &payload->regions[chunk->first_region + j];
            region->offset = (uint32_t)take_number(reader, 4);
            region->size = (uint32_t)take_number(reader, 4);
            region->filter = (uint16_t)take_number(reader, 2);
            region->row = (uint16_t)take_number(reader, 2);
            if (reader->failed || !is_region(region) || region->offset < end || region->offset > chunk->raw ||
                region->size > chunk->raw - region->offset) {
                return -1;
            }
            end = region->offset + region->size;
            payload->largest_region = region->size > payload->largest_region ? region->size : payload->largest_region;
        }
    }
    return 0;
}

static int parse_entry(struct entry *entry, struct reader *reader)
{
    unsigned kind = (unsigned)take_number(reader, 2);
    size_t path = (size_t)take_number(reader, 2);
    size_t target = (size_t)take_number(reader, 4);
    entry->size = take_number(reader, 8);
    if (reader->failed || kind > KIND_LINK || target > LARGEST_PATH) {
        return -1;
    }
    entry->kind = (enum kind)kind;
    entry->path = take_text(reader, path);
    entry->target = take_text(reader, target);
    int is_file = entry->kind == KIND_FILE || entry->kind == KIND_EXECUTABLE;
    int is_sound = entry->kind == KIND_LINK ? link_stays_inside(entry->path, entry->target) : target == 0;
    return reader->failed || !is_sound || (!is_file && entry->size != 0) || !stays_inside(entry->path) ? -1 : 0;
}

static int parse_entries(struct payload *payload, struct reader *reader)
{
    static const int rank[] = {[KIND_FOLDER] = 0, [KIND_FILE] = 1, [KIND_EXECUTABLE] = 1, [KIND_LINK] = 2};
    uint64_t offset = 0;
    int has_start = 0;
    for (uint32_t i = 0; i < payload->entry_count; i++) {
        struct entry *entry = &payload->entries[i];
        if (parse_entry(entry, reader) != 0 || (i > 0 && rank[entry->kind] < rank[entry[-1].kind])) {
            return -1;
        }
        size_t length = strlen(entry->path);
        payload->longest_path = length > payload->longest_path ? length : payload->longest_path;
        if (rank[entry->kind] == 1) {
            payload->first_file = payload->file_count == 0 ? i : payload->first_file;
            payload->file_count++;
            if (entry->size > payload->size - offset) {
                return -1;
            }
            entry->offset = offset;
            offset += entry->size;
            has_start |= entry->kind == KIND_EXECUTABLE && strcmp(entry->path, payload->start) == 0;
        }
    }
    return offset == payload->size && has_start && reader->left == 0 ? 0 : -1;
}

const char *parse_index(struct payload *payload, size_t size, uint64_t launcher, uint64_t position)
{
    struct reader reader = {payload->index, size, 0};
    payload->entry_count = (uint32_t)take_number(&reader, 4);
    payload->chunk_count = (uint32_t)take_number(&reader, 4);
    payload->region_count = (uint32_t)take_number(&reader, 4);
    size_t name = (size_t)take_number(&reader, 2);
    size_t start = (size_t)take_number(&reader, 2);
    payload->name = take_text(&reader, name);
    payload->start = take_text(&reader, start);
    if (reader.failed || !is_name(payload->name) || !stays_inside(payload->start) ||
        payload->chunk_count > reader.left / CHUNK_SIZE || payload->region_count > reader.left / REGION_SIZE ||
        payload->entry_count > reader.left / ENTRY_SIZE) {
        return malformed;
    }
    payload->chunks = calloc(payload->chunk_count + 1U, sizeof *payload->chunks);
    payload->regions = calloc(payload->region_count + 1U, sizeof *payload->regions);
    payload->entries = calloc(payload->entry_count + 1U, sizeof *payload->entries);
    if (payload->chunks == NULL || payload->regions == NULL || payload->entries == NULL) {
        return out_of_memory;
    }
    if (parse_chunks(payload, &reader, launcher, position) != 0 || parse_regions(payload, &reader) != 0 ||
        parse_entries(payload, &reader) != 0) {
        return malformed;
    }
    return NULL;
}
