#include "chunk_workers.h"

#include <string.h>

enum {
    ENTRIES_PER_TICK = 64,
    HOLE_SIZE = 1 << 16, /* at least a page on every system */
};

static int is_file(const struct entry *entry)
{
    return entry->kind == KIND_FILE || entry->kind == KIND_EXECUTABLE;
}

static int is_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* The number of bytes from here to the next block of the file, which is written or left out as a whole. A sparse file
 * reads as zeros where nothing was written; a tenth of TensorFlow's library are tables that became shorter. */
static size_t next_block(const struct part *part, size_t done, uint64_t end_of_file, int *is_hole)
{
    uint64_t offset = part->offset + done;
    size_t size = HOLE_SIZE - (size_t)(offset % HOLE_SIZE);
    size = size > part->size - done ? part->size - done : size;
    *is_hole = size == HOLE_SIZE && offset + size < end_of_file && is_zero(part->bytes + done, size);
    return size;
}

static int write_sparse(file_handle file, const struct part *part, uint64_t end_of_file)
{
    int result = 0;
    size_t begin = 0; /* of the bytes that are not yet written */
    for (size_t done = 0; done < part->size && result == 0;) {
        int is_hole = 0;
        size_t size = next_block(part, done, end_of_file, &is_hole);
        if (is_hole) {
            result = write_at(file, part->bytes + begin, done - begin, part->offset + begin);
            begin = done + size;
        }
        done += size;
    }
    return result == 0 ? write_at(file, part->bytes + begin, part->size - begin, part->offset + begin) : result;
}

static enum unpack_outcome write_part(const struct folder *folder, const struct entry *entry, const struct part *part)
{
    file_handle file = create_inside(folder, entry->path, entry->kind == KIND_EXECUTABLE);
    if (file == -1) {
        return UNPACK_REFUSED;
    }
    int result = write_sparse(file, part, entry->size);
    long error = last_error();
    close_file(file);
    set_last_error(error);
    return result == 0 ? UNPACKED : UNPACK_REFUSED;
}

/* Creates folders and empty files, which no chunk contains. */
static int create_entries(const struct job *job)
{
    for (uint32_t i = 0; i < job->payload->entry_count; i++) {
        if (i % ENTRIES_PER_TICK == 0) {
            job->tick();
        }
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

/* Sets modification times and creates links: last, so that nothing is written through a link. */
static int finish_entries(const struct job *job)
{
    for (uint32_t i = 0; i < job->payload->entry_count; i++) {
        const struct entry *entry = &job->payload->entries[i];
        if (is_file(entry) && set_mtime_inside(job->folder, entry->path) != 0) {
            return -1;
        }
        if (entry->kind == KIND_LINK && link_inside(job->folder, entry->path, entry->target) != 0) {
            return -1;
        }
        if (i % ENTRIES_PER_TICK == 0) {
            job->tick();
        }
    }
    return 0;
}

struct unpack_result unpack(const struct payload *payload, const struct folder *folder, void (*tick)(void))
{
    struct job job = {
        .payload = payload, .folder = folder, .on_part = write_part, .doing = "unpacking, once", .tick = tick};
    if (create_entries(&job) != 0) {
        stop_job(&job, UNPACK_REFUSED, last_error(), 0);
    } else {
        process_chunks(&job);
        if (atomic_load(&job.outcome) == UNPACKED && finish_entries(&job) != 0) {
            stop_job(&job, UNPACK_REFUSED, last_error(), 0);
        }
    }
    return job_result(&job);
}
