#include "install.h"

enum { BLOCK_SIZE = 4096 };

int is_installed(const struct cache_paths *paths)
{
    struct folder folder;
    if (folder_trust(paths->folder) != TRUSTED || open_folder(&folder, paths->folder) != 0) {
        return 0;
    }
    int intact = tree_is_intact(paths->payload, &folder);
    close_folder(&folder);
    return intact;
}

static struct unpack_result refusal(long error)
{
    return (struct unpack_result){UNPACK_REFUSED, error, 0};
}

static int has_space(const struct cache_paths *paths)
{
    uint64_t needed = 0;
    for (uint32_t i = 0; i < paths->payload->entry_count; i++) {
        const struct entry *entry = &paths->payload->entries[i];
        needed += (entry->size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
        needed += entry->kind == KIND_FOLDER ? BLOCK_SIZE : 0;
    }
    return free_bytes(paths->program) >= needed;
}

/* Exchanges a damaged folder for the new one in one step, so that processes that run from it find each file at every
 * moment. If the system cannot do that, it renames the damaged folder away first. */
static int replace(const struct cache_paths *paths, const char *partial, void (*tick)(void))
{
    char removed[PATH_SIZE];
    if (rename_path(partial, paths->folder) == 0) {
        return 0;
    }
    if (exchange_paths(partial, paths->folder) == 0) {
        delete_tree(partial, tick);
        return 0;
    }
    int existed = folder_trust(paths->folder) != MISSING && make_unique_path(removed, paths->folder, REMOVED) == 0 &&
                rename_path(paths->folder, removed) == 0;
    int result = rename_path(partial, paths->folder);
    long error = last_error();
    if (existed) {
        delete_tree(removed, tick);
    }
    set_last_error(error);
    return result;
}

/* Does not flush to the disk, which takes seconds for 800 MB. After a power failure the file system may have lost
 * contents, but then also sizes or modification times, which the next start notices. */
static struct unpack_result unpack_to_partial(const struct cache_paths *paths, const char *partial, void (*tick)(void))
{
    struct folder folder;
    if (make_folder(partial, 0) != 0 || open_folder(&folder, partial) != 0) {
        return refusal(last_error());
    }
    struct unpack_result result = unpack(paths->payload, &folder, tick);
    if (result.outcome == UNPACKED && !tree_is_intact(paths->payload, &folder)) {
        result.outcome = UNPACK_DIFFERENT;
    }
    close_folder(&folder);
    return result;
}

/* Deletes the old versions before the new one gets its final name: a process that is killed in between leaves none. */
struct unpack_result install(const struct cache_paths *paths, int is_locked, void (*tick)(void))
{
    char partial[PATH_SIZE];
    if (is_locked && !has_space(paths)) {
        prune(paths, OTHER_VERSIONS, tick);
    }
    if (!has_space(paths)) {
        return refusal(full_error()); /* do not fill the disk first */
    }
    if (make_unique_path(partial, paths->folder, PARTIAL) != 0) {
        return refusal(last_error());
    }
    struct unpack_result result = unpack_to_partial(paths, partial, tick);
    if (result.outcome == UNPACKED && is_locked) {
        prune(paths, OLD_VERSIONS, tick);
    }
    int is_needed = result.outcome == UNPACKED && (is_locked || !is_installed(paths));
    if (is_needed && replace(paths, partial, tick) != 0) {
        result = refusal(last_error());
        is_needed = 0;
    }
    if (!is_needed) {
        delete_tree(partial, tick);
    }
    return result;
}
