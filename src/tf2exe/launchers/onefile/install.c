#include "install.h"

enum { BLOCK_SIZE = 4096 };

int is_ready(const struct shelf *shelf)
{
    struct folder folder;
    if (look_at_folder(shelf->folder) != TRUSTED || open_folder(&folder, shelf->folder) != 0) {
        return 0;
    }
    int intact = is_intact(shelf->payload, &folder);
    close_folder(&folder);
    return intact;
}

static struct unpacking refused(long error)
{
    return (struct unpacking){UNPACK_REFUSED, error, 0};
}

static int has_space(const struct shelf *shelf)
{
    uint64_t needed = 0;
    for (uint32_t i = 0; i < shelf->payload->entry_count; i++) {
        const struct entry *entry = &shelf->payload->entries[i];
        needed += (entry->size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
        needed += entry->kind == KIND_FOLDER ? BLOCK_SIZE : 0;
    }
    return free_bytes(shelf->program) >= needed;
}

/* A damaged folder of that name is swapped in one step: processes that run from it find at every moment what they
 * open. Where the system cannot, it is renamed away before. */
static int swap_in(const struct shelf *shelf, const char *partial, void (*alive)(void))
{
    char removed[PATH_SIZE];
    if (rename_path(partial, shelf->folder) == 0) {
        return 0;
    }
    if (exchange_paths(partial, shelf->folder) == 0) {
        discard(partial, alive);
        return 0;
    }
    int stood = look_at_folder(shelf->folder) != MISSING && name_beside(removed, shelf->folder, REMOVED) == 0 &&
                rename_path(shelf->folder, removed) == 0;
    int result = rename_path(partial, shelf->folder);
    long error = last_error();
    if (stood) {
        discard(removed, alive);
    }
    set_last_error(error);
    return result;
}

/* Nothing is flushed to the disk: after a power failure the file system may have lost contents, but then also
 * sizes or times of change, which the next start notices; flushing 800 MB would cost every user seconds. */
static struct unpacking unpack_beside(const struct shelf *shelf, const char *partial, void (*alive)(void))
{
    struct folder folder;
    if (make_folder(partial, 0) != 0 || open_folder(&folder, partial) != 0) {
        return refused(last_error());
    }
    struct unpacking unpacking = unpack(shelf->payload, &folder, alive);
    if (unpacking.outcome == UNPACKED && !is_intact(shelf->payload, &folder)) {
        unpacking.outcome = UNPACK_DIFFERENT;
    }
    close_folder(&folder);
    return unpacking;
}

/* The old versions go before the new one gets its name: then they go also where a process is killed in between. */
struct unpacking make_anew(const struct shelf *shelf, int alone, void (*alive)(void))
{
    char partial[PATH_SIZE];
    if (alone && !has_space(shelf)) {
        sweep(shelf, OTHERS, alive);
    }
    if (!has_space(shelf)) {
        return refused(full_error()); /* rather than to fill the disk for everybody first */
    }
    if (name_beside(partial, shelf->folder, PARTIAL) != 0) {
        return refused(last_error());
    }
    struct unpacking unpacking = unpack_beside(shelf, partial, alive);
    if (unpacking.outcome == UNPACKED && alone) {
        sweep(shelf, OLD_VERSIONS, alive);
    }
    int is_needed = unpacking.outcome == UNPACKED && (alone || !is_ready(shelf));
    if (is_needed && swap_in(shelf, partial, alive) != 0) {
        unpacking = refused(last_error());
        is_needed = 0;
    }
    if (!is_needed) {
        discard(partial, alive);
    }
    return unpacking;
}
