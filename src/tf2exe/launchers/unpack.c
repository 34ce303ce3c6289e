#include "work.h"

enum { PLACES_PER_SIGN = 64 };

static int is_file(const struct entry *entry)
{
    return entry->kind == KIND_FILE || entry->kind == KIND_EXECUTABLE;
}

static enum unpacked write_part(const struct folder *folder, const struct entry *entry, const struct part *part)
{
    file_handle file = create_inside(folder, entry->path, entry->kind == KIND_EXECUTABLE);
    if (file == -1) {
        return UNPACK_REFUSED;
    }
    int result = write_at(file, part->bytes, part->size, part->offset);
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
