#include "chunk_workers.h"

#include <string.h>

enum {
    PLACES_PER_SIGN = 64,
    HOLE_SIZE = 1 << 16, /* at least a page, anywhere */
};

static int is_file(const struct entry *entry)
{
    return entry->kind == KIND_FILE || entry->kind == KIND_EXECUTABLE;
}

static int is_empty(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* How many bytes from here on go alike, up to the next block of the file: written, or left out. Zeros in the
 * middle of a new file are there without being written: a tenth of TensorFlow are tables that became shorter. */
static size_t next_block(const struct part *part, size_t done, uint64_t end_of_file, int *is_hole)
{
    uint64_t offset = part->offset + done;
    size_t size = HOLE_SIZE - (size_t)(offset % HOLE_SIZE);
    size = size > part->size - done ? part->size - done : size;
    *is_hole = size == HOLE_SIZE && offset + size < end_of_file && is_empty(part->bytes + done, size);
    return size;
}

static int write_but_holes(file_handle file, const struct part *part, uint64_t end_of_file)
{
    int result = 0;
    size_t begin = 0; /* of what is not yet written */
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

static enum unpacked write_part(const struct folder *folder, const struct entry *entry, const struct part *part)
{
    file_handle file = create_inside(folder, entry->path, entry->kind == KIND_EXECUTABLE);
    if (file == -1) {
        return UNPACK_REFUSED;
    }
    int result = write_but_holes(file, part, entry->size);
    long error = last_error();
    close_file(file);
    set_last_error(error);
    return result == 0 ? UNPACKED : UNPACK_REFUSED;
}

/* Folders, and the files that no chunk reaches because they are empty. */
static int make_places(const struct job *job)
{
    for (uint32_t i = 0; i < job->payload->entry_count; i++) {
        if (i % PLACES_PER_SIGN == 0) {
            job->alive();
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
        if (i % PLACES_PER_SIGN == 0) {
            job->alive();
        }
    }
    return 0;
}

struct unpacking unpack(const struct payload *payload, const struct folder *folder, void (*alive)(void))
{
    struct job job = {
        .payload = payload, .folder = folder, .handle = write_part, .doing = "unpacking, once", .alive = alive};
    if (make_places(&job) != 0) {
        stop(&job, UNPACK_REFUSED, last_error(), 0);
    } else {
        work_through(&job);
        if (atomic_load(&job.outcome) == UNPACKED && finish_places(&job) != 0) {
            stop(&job, UNPACK_REFUSED, last_error(), 0);
        }
    }
    return outcome_of(&job);
}
