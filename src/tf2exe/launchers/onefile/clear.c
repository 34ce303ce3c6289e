#include "cache.h"

#include "unpack_lock.h"

/* Also deletes empty folders, except one that the user chose. A concurrent start creates them again. */
static struct prune_result clear_program(const struct cache_paths *paths, int chosen)
{
    file_handle lock = acquire_unpack_lock(paths->unpack_lock, paths->payload->name);
    struct prune_result result = {0, 0, lock == -1};
    if (lock != -1) {
        result = prune(paths, ALL_VERSIONS, heartbeat);
    }
    if (lock != -1 && result.in_use == 0 && result.failed == 0) {
        remove_file(paths->unpack_lock);
        remove_folder(paths->program);
        if (!chosen) {
            remove_folder(paths->cache);
        }
    }
    release_unpack_lock(lock);
    return result;
}

struct prune_result clear_cache(const struct payload *payload)
{
    static struct candidate candidates[CANDIDATES];
    int count = cache_candidates(candidates);
    struct prune_result all = {0, 0, 0};
    for (int i = 0; i < count; i++) {
        static struct cache_paths paths;
        if (set_cache_paths(&paths, payload, candidates[i].path) != 0 || check_cache_folders(&paths) != TRUSTED) {
            continue;
        }
        struct prune_result result = clear_program(&paths, candidates[i].chosen);
        all.removed += result.removed;
        all.in_use += result.in_use;
        all.failed += result.failed;
    }
    return all;
}
