#include "cache.h"

#include "unpack_lock.h"

/* Empty folders go too, but not one that the user chose: who starts meanwhile makes them again. */
static struct cleared clear_shelf(const struct shelf *shelf, int chosen)
{
    file_handle turn = take_turn(shelf->turn_lock, shelf->payload->name);
    struct cleared cleared = {0, 0, turn == -1};
    if (turn != -1) {
        cleared = sweep(shelf, EVERYTHING, show_life);
    }
    if (turn != -1 && cleared.in_use == 0 && cleared.failed == 0) {
        remove_file(shelf->turn_lock);
        remove_folder(shelf->program);
        if (!chosen) {
            remove_folder(shelf->cache);
        }
    }
    end_turn(turn);
    return cleared;
}

struct cleared clear_cache(const struct payload *payload)
{
    static struct candidate candidates[CANDIDATES];
    int count = cache_candidates(candidates);
    struct cleared all = {0, 0, 0};
    for (int i = 0; i < count; i++) {
        static struct shelf shelf;
        if (lay_out(&shelf, payload, candidates[i].path) != 0 || look_at_shelf(&shelf) != TRUSTED) {
            continue;
        }
        struct cleared cleared = clear_shelf(&shelf, candidates[i].chosen);
        all.removed += cleared.removed;
        all.in_use += cleared.in_use;
        all.failed += cleared.failed;
    }
    return all;
}
