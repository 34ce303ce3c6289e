#include "payload.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define MAGIC "\x89tf2exe\n"

enum {
    FORMAT_VERSION = 2,
    MAGIC_SIZE = 8,
    FOOTER_SIZE = 56,
    HEADER_SIZE = 16,
    CHUNK_SIZE = 12 + HASH_SIZE,
    REGION_SIZE = 12,
    ENTRY_SIZE = 16,
    LARGEST_PATH = 4000,
    LARGEST_NAME = 100,
    LARGEST_CHUNK = 256 << 20,
    LARGEST_INDEX = 256 << 20,
};

#ifdef _WIN32
#define FORBIDDEN "\\:" /* separators and drives */
#else
#define FORBIDDEN ""
#endif

static const char out_of_memory[] = "there is not enough memory";
static const char unreadable[] = "it cannot be read";

struct reader {
    const uint8_t *next;
    size_t left;
    int failed;
};

static const uint8_t *take(struct reader *reader, size_t size)
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

static uint64_t take_number(struct reader *reader, int bytes)
{
    const uint8_t *taken = take(reader, (size_t)bytes);
    uint64_t number = 0;
    for (int i = bytes - 1; taken != NULL && i >= 0; i--) {
        number = number << 8 | taken[i];
    }
    return number;
}

/* A text of the given length and the zero byte behind it; no zero bytes inside. */
static const char *take_text(struct reader *reader, size_t length)
{
    const uint8_t *taken = take(reader, length + 1);
    if (taken == NULL || taken[length] != 0 || memchr(taken, 0, length) != NULL) {
        reader->failed = 1;
        return "";
    }
    return (const char *)taken;
}

/* Whether a path stays inside the folder: relative, no empty, "." or ".." component, and nothing that
 * Windows takes for a separator or a drive. */
static int stays_inside(const char *path)
{
    size_t length = strlen(path);
    if (length == 0 || length > LARGEST_PATH || strpbrk(path, FORBIDDEN) != NULL) {
        return 0;
    }
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/' && part != path;
        size_t size = strcspn(part, "/");
        if (size == 0 || (size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.')) {
            return 0;
        }
    }
    return 1;
}

/* Whether a link at `path` to `target` leads to something inside the folder, by its text alone. */
static int leads_inside(const char *path, const char *target)
{
    size_t length = strlen(target);
    if (length == 0 || length > LARGEST_PATH || target[0] == '/' || strpbrk(target, FORBIDDEN) != NULL) {
        return 0;
    }
    long depth = 0;
    for (const char *c = path; *c; c++) {
        depth += *c == '/';
    }
    for (const char *part = target; *part;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && part[0] == '.' && part[1] == '.') {
            depth--;
        } else if (size > 0 && !(size == 1 && part[0] == '.')) {
            depth++;
        }
        if (depth < 0) {
            return 0;
        }
        part += size;
        part += *part == '/';
    }
    return 1;
}

static int is_name(const char *name)
{
    return stays_inside(name) && strchr(name, '/') == NULL && name[0] != '.' && strlen(name) <= LARGEST_NAME;
}

static int parse_chunks(struct payload *payload, struct reader *reader, uint64_t index_position)
{
    uint64_t stored = 0;
    uint32_t regions = 0;
    for (uint32_t i = 0; i < payload->chunk_count; i++) {
        struct chunk *chunk = &payload->chunks[i];
        chunk->stored = (uint32_t)take_number(reader, 4);
        chunk->raw = (uint32_t)take_number(reader, 4);
        chunk->region_count = (uint32_t)take_number(reader, 4);
        const uint8_t *hash = take(reader, HASH_SIZE);
        if (hash == NULL || chunk->stored == 0 || chunk->raw == 0 || chunk->stored > LARGEST_CHUNK ||
            chunk->raw > LARGEST_CHUNK || chunk->region_count > payload->region_count - regions) {
            return -1;
        }
        chunk->first_region = regions;
        regions += chunk->region_count;
        memcpy(chunk->hash, hash, HASH_SIZE);
        chunk->position = stored;
        chunk->offset = payload->size;
        stored += chunk->stored;
        payload->size += chunk->raw;
        payload->largest_stored = chunk->stored > payload->largest_stored ? chunk->stored : payload->largest_stored;
        payload->largest_raw = chunk->raw > payload->largest_raw ? chunk->raw : payload->largest_raw;
    }
    if (stored > index_position || regions != payload->region_count) {
        return -1;
    }
    for (uint32_t i = 0; i < payload->chunk_count; i++) {
        payload->chunks[i].position += index_position - stored;
    }
    return 0;
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
    int is_sound = entry->kind == KIND_LINK ? leads_inside(entry->path, entry->target) : target == 0;
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

static const char *parse_index(struct payload *payload, size_t size, uint64_t position)
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
        return "its table of contents makes no sense";
    }
    payload->chunks = calloc(payload->chunk_count + 1U, sizeof *payload->chunks);
    payload->regions = calloc(payload->region_count + 1U, sizeof *payload->regions);
    payload->entries = calloc(payload->entry_count + 1U, sizeof *payload->entries);
    if (payload->chunks == NULL || payload->regions == NULL || payload->entries == NULL) {
        return out_of_memory;
    }
    if (parse_chunks(payload, &reader, position) != 0 || parse_regions(payload, &reader) != 0 ||
        parse_entries(payload, &reader) != 0) {
        return "its table of contents makes no sense";
    }
    return NULL;
}

/* The index as it stands in the executable, its hash compared with the footer's; NULL with the reason. */
static uint8_t *read_index(struct payload *payload, uint64_t position, size_t stored, const uint8_t *identity,
                           const char **why)
{
    uint8_t *bytes = malloc(stored);
    uint8_t hash[HASH_SIZE];
    *why = NULL;
    if (bytes == NULL) {
        *why = out_of_memory;
    } else if (read_at(payload->file, bytes, stored, position) != 0) {
        *why = unreadable;
    } else {
        hash_bytes(bytes, stored, hash);
        if (memcmp(hash, identity, HASH_SIZE) != 0) {
            *why = "its table of contents does not match its checksum";
        }
    }
    if (*why != NULL) {
        free(bytes);
        return NULL;
    }
    for (int i = 0; i < HASH_SIZE; i++) {
        payload->identity[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        payload->identity[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    return bytes;
}

const char *read_payload(file_handle executable, struct payload *payload, int *damaged)
{
    memset(payload, 0, sizeof *payload);
    payload->file = executable;
    *damaged = 0;
    uint8_t footer[FOOTER_SIZE];
    uint64_t size = 0;
    if (file_size(executable, &size) != 0) {
        return unreadable;
    }
    *damaged = 1;
    if (size < FOOTER_SIZE) {
        return "its end is missing";
    }
    if (read_at(executable, footer, sizeof footer, size - FOOTER_SIZE) != 0) {
        *damaged = 0;
        return unreadable;
    }
    struct reader reader = {footer, sizeof footer, 0};
    if (memcmp(take(&reader, MAGIC_SIZE), MAGIC, MAGIC_SIZE) != 0) {
        return "its end is missing";
    }
    uint64_t version = take_number(&reader, 8);
    uint64_t position = take_number(&reader, 8);
    uint64_t stored = take_number(&reader, 8);
    uint64_t raw = take_number(&reader, 8);
    if (version != FORMAT_VERSION || position > size || stored > LARGEST_INDEX || raw > LARGEST_INDEX ||
        position + stored + FOOTER_SIZE != size) {
        return "its last bytes make no sense";
    }
    const char *why = NULL;
    uint8_t *bytes = read_index(payload, position, (size_t)stored, take(&reader, HASH_SIZE), &why);
    if (bytes != NULL) {
        payload->index = malloc((size_t)raw + 1);
        if (payload->index == NULL) {
            why = out_of_memory;
        } else if (ZSTD_decompress(payload->index, (size_t)raw, bytes, (size_t)stored) != raw) {
            why = "its table of contents cannot be decoded";
        } else {
            why = parse_index(payload, (size_t)raw, position);
        }
    }
    free(bytes);
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
    if (ZSTD_decompressDCtx(decoder, raw, chunk->raw, stored, chunk->stored) != chunk->raw) {
        return 1;
    }
    for (uint32_t i = 0; i < chunk->region_count; i++) {
        undo_filter(&payload->regions[chunk->first_region + i], raw, stored);
    }
    return 0;
}
