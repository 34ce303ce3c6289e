#include "unpack.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

struct job {
    const struct payload *payload;
    const struct folder *folder;
    atomic_uint next;
    atomic_ullong done;
    atomic_int outcome; /* the first that is not UNPACKED; all threads stop */
    atomic_long error;
    atomic_uint chunk;
    uint64_t begun;
    int shown;
};

static int is_file(const struct entry *entry)
{
    return entry->kind == KIND_FILE || entry->kind == KIND_EXECUTABLE;
}

static void stop(struct job *job, enum unpacked outcome, long error, uint32_t chunk)
{
    int none = UNPACKED;
    if (atomic_compare_exchange_strong(&job->outcome, &none, (int)outcome)) {
        atomic_store(&job->error, error);
        atomic_store(&job->chunk, chunk);
    }
}

/* The first file that ends behind `offset`. */
static uint32_t find_file(const struct payload *payload, uint64_t offset)
{
    uint32_t low = payload->first_file;
    uint32_t high = payload->first_file + payload->file_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct entry *entry = &payload->entries[middle];
        if (entry->offset + entry->size > offset) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Writes what a chunk holds of each file. A file of several chunks is opened by several threads. */
static int write_chunk(const struct job *job, const struct chunk *chunk, const uint8_t *raw)
{
    const struct payload *payload = job->payload;
    uint32_t end_of_files = payload->first_file + payload->file_count;
    uint64_t end = chunk->offset + chunk->raw;
    for (uint32_t i = find_file(payload, chunk->offset); i < end_of_files; i++) {
        const struct entry *entry = &payload->entries[i];
        if (entry->offset >= end) {
            break;
        }
        uint64_t from = entry->offset > chunk->offset ? entry->offset : chunk->offset;
        uint64_t to = entry->offset + entry->size < end ? entry->offset + entry->size : end;
        if (from >= to) {
            continue;
        }
        file_handle file = create_inside(job->folder, entry->path, entry->kind == KIND_EXECUTABLE);
        if (file == -1) {
            return -1;
        }
        int result = write_at(file, raw + (from - chunk->offset), (size_t)(to - from), from - entry->offset);
        long error = last_error();
        close_file(file);
        if (result != 0) {
            set_last_error(error);
            return -1;
        }
    }
    return 0;
}

static void unpack_chunks(void *context)
{
    struct job *job = context;
    const struct payload *payload = job->payload;
    ZSTD_DCtx *decoder = ZSTD_createDCtx();
    uint32_t largest = payload->largest_stored;
    largest = largest > payload->largest_region ? largest : payload->largest_region;
    uint8_t *stored = malloc(largest + 1U);
    uint8_t *raw = malloc(payload->largest_raw + 1U);
    if (decoder == NULL || stored == NULL || raw == NULL) {
        stop(job, UNPACK_REFUSED, out_of_memory_error(), 0);
    }
    while (atomic_load(&job->outcome) == UNPACKED) {
        uint32_t number = atomic_fetch_add(&job->next, 1U);
        if (number >= payload->chunk_count) {
            break;
        }
        int result = read_chunk(payload, number, decoder, stored, raw);
        if (result != 0) {
            stop(job, result > 0 ? UNPACK_DAMAGED : UNPACK_UNREADABLE, last_error(), number);
        } else if (write_chunk(job, &payload->chunks[number], raw) != 0) {
            stop(job, UNPACK_REFUSED, last_error(), number);
        }
        atomic_fetch_add(&job->done, payload->chunks[number].raw);
    }
    ZSTD_freeDCtx(decoder);
    free(stored);
    free(raw);
}

static void watch(void *context)
{
    struct job *job = context;
    if (interrupted()) {
        stop(job, UNPACK_INTERRUPTED, 0, 0);
    }
    if (milliseconds() - job->begun > 1000 && job->payload->size > 0 && error_stream_is_terminal()) {
        double part = (double)atomic_load(&job->done) / (double)job->payload->size;
        fprintf(stderr, "\r%s: unpacking, once: %d %% ...", job->payload->name, (int)(100 * part));
        fflush(stderr);
        job->shown = 1;
    }
}

/* Folders, and the files that no chunk reaches because they are empty. */
static int make_places(const struct job *job)
{
    for (uint32_t i = 0; i < job->payload->entry_count; i++) {
        const struct entry *entry = &job->payload->entries[i];
        if (entry->kind == KIND_FOLDER && make_inside(job->folder, entry->path) != 0) {
            return -1;
        }
        if (is_file(entry) && entry->size == 0) {
            file_handle file = create_inside(job->folder, entry->path, entry->kind == KIND_EXECUTABLE);
            if (file == -1) {
                return -1;
            }
            close_file(file);
        }
    }
    return 0;
}

/* Links come last, so that nothing is ever written through one. */
static int finish_places(const struct job *job)
{
    for (uint32_t i = 0; i < job->payload->entry_count; i++) {
        const struct entry *entry = &job->payload->entries[i];
        if (is_file(entry) && stamp_inside(job->folder, entry->path) != 0) {
            return -1;
        }
        if (entry->kind == KIND_LINK && link_inside(job->folder, entry->path, entry->target) != 0) {
            return -1;
        }
    }
    return 0;
}

struct unpacking unpack(const struct payload *payload, const struct folder *folder)
{
    struct job job = {.payload = payload, .folder = folder, .begun = milliseconds()};
    int size = processors();
    size = size > LARGEST_CREW ? LARGEST_CREW : size;
    size = (uint32_t)size > payload->chunk_count ? (int)payload->chunk_count : size;
    if (make_places(&job) != 0) {
        stop(&job, UNPACK_REFUSED, last_error(), 0);
    } else {
        crew(size, unpack_chunks, &job, watch);
        if (atomic_load(&job.outcome) == UNPACKED && finish_places(&job) != 0) {
            stop(&job, UNPACK_REFUSED, last_error(), 0);
        }
    }
    if (job.shown) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
    return (struct unpacking){(enum unpacked)atomic_load(&job.outcome), atomic_load(&job.error),
                              atomic_load(&job.chunk)};
}

int is_intact(const struct payload *payload, const struct folder *folder)
{
    for (uint32_t i = 0; i < payload->entry_count; i++) {
        const struct entry *entry = &payload->entries[i];
        int intact = 0;
        if (entry->kind == KIND_FOLDER) {
            intact = folder_is_intact(folder, entry->path);
        } else if (entry->kind == KIND_LINK) {
            intact = link_is_intact(folder, entry->path, entry->target);
        } else {
            intact = file_is_intact(folder, entry->path, entry->size, entry->kind == KIND_EXECUTABLE);
        }
        if (!intact) {
            return 0;
        }
    }
    return 1;
}
