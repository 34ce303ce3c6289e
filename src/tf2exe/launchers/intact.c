#include "work.h"

#include <string.h>

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

int is_intact(const struct payload *payload, const struct folder *folder)
{
    for (uint32_t i = 0; i < payload->entry_count; i++) {
        if (!entry_is_intact(folder, &payload->entries[i])) {
            return 0;
        }
    }
    return 1;
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
