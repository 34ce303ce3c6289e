/* Reads and checks the payload after the launcher in a onefile. main.c describes its format. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "blake2b.h"
#include "filter.h"
#include "platform.h"

enum kind { KIND_FILE = 0, KIND_EXECUTABLE = 1, KIND_FOLDER = 2, KIND_LINK = 3 };

struct entry {
    const char *path;   /* relative, with slashes; checked: stays inside the folder */
    const char *target; /* of a link; otherwise "" */
    uint64_t size;      /* of a file; otherwise 0 */
    uint64_t offset;    /* of a file in the raw stream */
    enum kind kind;
};

struct chunk {
    uint64_t position; /* in the executable */
    uint64_t offset;   /* in the raw stream */
    uint32_t stored;   /* size in the executable */
    uint32_t raw;      /* size in the raw stream */
    uint32_t first_region, region_count; /* filters to reverse, in order, without overlaps */
    uint8_t hash[HASH_SIZE];
};

struct payload {
    file_handle file; /* the executable itself */
    char identity[2 * HASH_SIZE + 1];
    const char *name;  /* of the program, names its folder in the cache */
    const char *start; /* path of the executable inside the folder */
    struct chunk *chunks;
    uint32_t chunk_count;
    struct region *regions;
    uint32_t region_count;
    struct entry *entries; /* folders (parents first), then files in the order of the stream, then links */
    uint32_t entry_count;
    uint32_t first_file, file_count;
    uint64_t size; /* of the raw stream */
    uint32_t largest_stored, largest_raw, largest_region;
    size_t longest_path;
    uint8_t *index;
};

/* Reads footer, launcher and index of the executable. Returns NULL, or why the payload cannot be used. *damaged: its
 * bytes are wrong; otherwise the system failed (memory, reading). */
const char *read_payload(file_handle executable, struct payload *payload, int *damaged);

/* Reads chunk number `number` into `raw`, which holds payload->largest_raw bytes; `stored` holds
 * payload->largest_stored, and payload->largest_region when the filters are undone; `decoder` is from zstd_decoder.h.
 * Returns 0, 1 if the chunk is damaged, or -1 if it cannot be read. */
int read_chunk(const struct payload *payload, uint32_t number, void *decoder, uint8_t *stored, uint8_t *raw);

#endif
