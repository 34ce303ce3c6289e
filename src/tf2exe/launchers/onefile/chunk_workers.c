#include "zstd_decoder.h"
#include "chunk_workers.h"

#include <stdio.h>
#include <stdlib.h>

void stop_job(struct job *job, enum unpack_outcome outcome, long error, uint32_t chunk)
{
    int none = UNPACKED;
    if (outcome != UNPACKED && atomic_compare_exchange_strong(&job->outcome, &none, (int)outcome)) {
        atomic_store(&job->error, error);
        atomic_store(&job->chunk, chunk);
    }
}

/* The first file that ends after `offset`. */
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

/* Calls on_part for each file of a chunk. Several threads open a file that spans several chunks. */
static enum unpack_outcome process_parts(const struct job *job, const struct chunk *chunk, const uint8_t *raw)
{
    const struct payload *payload = job->payload;
    uint32_t end_of_files = payload->first_file + payload->file_count;
    uint64_t end = chunk->offset + chunk->raw;
    enum unpack_outcome outcome = UNPACKED;
    for (uint32_t i = find_file(payload, chunk->offset); i < end_of_files && outcome == UNPACKED; i++) {
        const struct entry *entry = &payload->entries[i];
        if (entry->offset >= end) {
            break;
        }
        uint64_t from = entry->offset > chunk->offset ? entry->offset : chunk->offset;
        uint64_t to = entry->offset + entry->size < end ? entry->offset + entry->size : end;
        if (from < to) {
            struct part part = {raw + (from - chunk->offset), (size_t)(to - from), from - entry->offset};
            outcome = job->on_part(job->folder, entry, &part);
        }
    }
    return outcome;
}

/* Whether a chunk is a part of a single larger file. */
static int is_part_of_large_file(const struct payload *payload, uint32_t number)
{
    const struct chunk *chunk = &payload->chunks[number];
    uint32_t file = find_file(payload, chunk->offset);
    return file < payload->first_file + payload->file_count && payload->entries[file].size > chunk->raw;
}

static int compare_descending(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)other;
    return (a < b) - (a > b);
}

/* Alternates between parts of large files and chunks of small ones, because only one thread at a time can write to a
 * file. The largest come first, so that the threads end at the same time. `sorted` has space for a number per chunk. */
static void set_chunk_order(const struct payload *payload, uint64_t *sorted, uint32_t *order)
{
    uint32_t count = payload->chunk_count;
    uint32_t large_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        int large = is_part_of_large_file(payload, i);
        large_count += (uint32_t)large;
        sorted[i] = (uint64_t)large << 63 | (uint64_t)payload->chunks[i].raw << 31 | i;
    }
    qsort(sorted, count, sizeof *sorted, compare_descending);
    uint32_t large = 0;
    uint32_t small = large_count;
    for (uint32_t i = 0; i < count; i++) {
        int is_small_next = (i % 2 == 1 || large == large_count) && small < count;
        order[i] = (uint32_t)(sorted[is_small_next ? small++ : large++] & INT32_MAX);
    }
}

static void run_worker(void *context)
{
    struct job *job = context;
    const struct payload *payload = job->payload;
    void *decoder = new_decoder();
    uint32_t largest = payload->largest_stored;
    largest = largest > payload->largest_region ? largest : payload->largest_region;
    uint8_t *stored = allocate_large(largest + 1U);
    uint8_t *raw = allocate_large(payload->largest_raw + 1U);
    if (decoder == NULL || stored == NULL || raw == NULL) {
        stop_job(job, UNPACK_REFUSED, out_of_memory_error(), 0);
    }
    while (atomic_load(&job->outcome) == UNPACKED) {
        uint32_t next = atomic_fetch_add(&job->next, 1U);
        if (next >= payload->chunk_count) {
            break;
        }
        uint32_t number = job->order[next];
        int result = read_chunk(payload, number, decoder, stored, raw);
        if (result != 0) {
            stop_job(job, result > 0 ? UNPACK_DAMAGED : UNPACK_UNREADABLE, last_error(), number);
        } else {
            enum unpack_outcome outcome = process_parts(job, &payload->chunks[number], raw);
            stop_job(job, outcome, last_error(), number);
        }
        atomic_fetch_add(&job->done, payload->chunks[number].raw);
    }
    free_decoder(decoder);
    free_large(stored);
    free_large(raw);
}

static void show_progress(void *context)
{
    struct job *job = context;
    job->tick();
    if (interrupted()) {
        stop_job(job, UNPACK_INTERRUPTED, 0, 0);
    }
    if (milliseconds() - job->begun > 1000 && job->payload->size > 0 && error_stream_is_terminal()) {
        double part = (double)atomic_load(&job->done) / (double)job->payload->size;
        fprintf(stderr, "\r%s: %s: %d %% ...", job->payload->name, job->doing, (int)(100 * part));
        fflush(stderr);
        job->shown = 1;
    }
}

void process_chunks(struct job *job)
{
    const struct payload *payload = job->payload;
    int size = processor_count();
    size = size > MAX_THREADS ? MAX_THREADS : size;
    size = (uint32_t)size > payload->chunk_count ? (int)payload->chunk_count : size;
    job->begun = milliseconds();
    uint64_t *sorted = calloc(payload->chunk_count + 1U, sizeof *sorted);
    job->order = calloc(payload->chunk_count + 1U, sizeof *job->order);
    if (sorted == NULL || job->order == NULL) {
        stop_job(job, UNPACK_REFUSED, out_of_memory_error(), 0);
    } else {
        set_chunk_order(payload, sorted, job->order);
    }
    free(sorted);
    run_threads(size, run_worker, job, show_progress);
    free(job->order);
    job->order = NULL;
    if (job->shown) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
}

struct unpack_result job_result(const struct job *job)
{
    return (struct unpack_result){(enum unpack_outcome)atomic_load(&job->outcome), atomic_load(&job->error),
                              atomic_load(&job->chunk)};
}
