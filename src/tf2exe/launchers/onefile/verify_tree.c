#include "chunk_workers.h"

#include <string.h>

enum { BLOCK = 128, WORTH_THREADS = 1000, INSPECTORS = 4 };

static int entry_is_intact(const struct folder *folder, const struct entry *entry)
{
    switch (entry->kind) {
    case KIND_FOLDER:
        return folder_is_intact(folder, entry->path);
    case KIND_LINK:
        return link_is_intact(folder, entry->path, entry->target);
    case KIND_FILE:
    case KIND_EXECUTABLE:
    default:
        return file_is_intact(folder, entry->path, entry->size, entry->kind == KIND_EXECUTABLE);
    }
}

/* What the threads share that look at the entries, a block at a time. */
struct inspection {
    const struct payload *payload;
    const struct folder *folder;
    atomic_uint next;
    atomic_int differs;
};

static void inspect(void *context)
{
    struct inspection *inspection = context;
    uint32_t count = inspection->payload->entry_count;
    while (!atomic_load(&inspection->differs)) {
        uint32_t first = atomic_fetch_add(&inspection->next, (unsigned)BLOCK);
        if (first >= count) {
            return;
        }
        uint32_t end = count - first < BLOCK ? count : first + BLOCK;
        for (uint32_t i = first; i < end; i++) {
            if (!entry_is_intact(inspection->folder, &inspection->payload->entries[i])) {
                atomic_store(&inspection->differs, 1);
                return;
            }
        }
    }
}

static void go_on(void *context)
{
    (void)context;
}

/* The system answers several threads at once: half the time with two. */
int is_intact(const struct payload *payload, const struct folder *folder)
{
    struct inspection inspection = {.payload = payload, .folder = folder};
    int size = payload->entry_count < WORTH_THREADS ? 0 : processors();
    if (size > 1) {
        crew(size > INSPECTORS ? INSPECTORS : size, inspect, &inspection, go_on);
    } else {
        inspect(&inspection);
    }
    return !atomic_load(&inspection.differs);
}

static enum unpacked compare_part(const struct folder *folder, const struct entry *entry, const struct part *part)
{
    uint8_t found[1 << 16];
    file_handle file = open_inside(folder, entry->path);
    int same = file != -1;
    for (size_t done = 0; same && done < part->size;) {
        size_t size = part->size - done < sizeof found ? part->size - done : sizeof found;
        same = read_at(file, found, size, part->offset + done) == 0 && memcmp(found, part->bytes + done, size) == 0;
        done += size;
    }
    close_file(file);
    return same ? UNPACKED : UNPACK_DIFFERENT;
}

struct unpacking compare(const struct payload *payload, const struct folder *folder, void (*alive)(void))
{
    struct job job = {
        .payload = payload, .folder = folder, .handle = compare_part, .doing = "checking", .alive = alive};
    work_through(&job);
    return outcome_of(&job);
}
