#include "chunk_workers.h"

#include <string.h>

enum { BLOCK_ENTRIES = 128, MIN_ENTRIES_FOR_THREADS = 1000, CHECK_THREADS = 4 };

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

/* Shared by the threads, each of which checks a block of entries at a time. */
struct tree_check {
    const struct payload *payload;
    const struct folder *folder;
    atomic_uint next;
    atomic_int differs;
};

static void check_entries(void *context)
{
    struct tree_check *check = context;
    uint32_t count = check->payload->entry_count;
    while (!atomic_load(&check->differs)) {
        uint32_t first = atomic_fetch_add(&check->next, (unsigned)BLOCK_ENTRIES);
        if (first >= count) {
            return;
        }
        uint32_t end = count - first < BLOCK_ENTRIES ? count : first + BLOCK_ENTRIES;
        for (uint32_t i = first; i < end; i++) {
            if (!entry_is_intact(check->folder, &check->payload->entries[i])) {
                atomic_store(&check->differs, 1);
                return;
            }
        }
    }
}

static void do_nothing(void *context)
{
    (void)context;
}

/* Two threads take half the time, because the system answers them in parallel. */
int tree_is_intact(const struct payload *payload, const struct folder *folder)
{
    struct tree_check check = {.payload = payload, .folder = folder};
    int size = payload->entry_count < MIN_ENTRIES_FOR_THREADS ? 0 : processor_count();
    if (size > 1) {
        run_threads(size > CHECK_THREADS ? CHECK_THREADS : size, check_entries, &check, do_nothing);
    } else {
        check_entries(&check);
    }
    return !atomic_load(&check.differs);
}

static enum unpack_outcome compare_part(const struct folder *folder, const struct entry *entry, const struct part *part)
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

struct unpack_result compare_contents(const struct payload *payload, const struct folder *folder, void (*tick)(void))
{
    struct job job = {
        .payload = payload, .folder = folder, .on_part = compare_part, .doing = "checking", .tick = tick};
    process_chunks(&job);
    return job_result(&job);
}
