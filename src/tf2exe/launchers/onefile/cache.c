#include "cache.h"

#include "install.h"
#include "unpack_lock.h"

#include <stdio.h>
#include <string.h>

enum {
    ROUNDS = 5,            /* attempts if other processes delete the program's folder meanwhile */
    SHOWN_CHARACTERS = 400 /* of a path in a message */
};

/* ---- reasons ---- */

static enum cache_result reject(struct cache_state *state, const char *cache, const char *why)
{
    size_t used = strlen(state->rejected);
    const char *more = strlen(cache) > SHOWN_CHARACTERS ? "..." : ""; /* leave room for the reasons */
    snprintf(state->rejected + used, sizeof state->rejected - used, "%s%.*s%s (%s)", used > 0 ? ", " : "", SHOWN_CHARACTERS, cache, more,
             why);
    return CACHE_UNUSABLE;
}

static enum cache_result reject_with_error(struct cache_state *state, const char *cache, long error)
{
    state->disk_full |= is_full(error);
    return reject(state, cache, describe_error(error));
}

static const char *describe_trust(enum trust trust)
{
    switch (trust) {
    case NOT_A_FOLDER:
        return "not a folder, or a link";
    case OWNED_BY_OTHER:
        return "owned by another user";
    case WRITABLE_BY_OTHERS:
        return "writable by others";
    case REPLACEABLE:
        return "in a folder that every user may write to";
    case MISSING:
    case TRUSTED:
    default:
        return "deleted meanwhile";
    }
}

/* ---- find ---- */

/* Checks the unpacked folder; with check_contents also the contents of its files. An interrupt ends the comparison. */
static enum cache_result find_intact(const struct cache_paths *paths, struct cache_state *state)
{
    struct folder folder;
    if (!is_installed(paths)) {
        return CACHE_UNUSABLE;
    }
    if (!state->check_contents) {
        return CACHE_READY;
    }
    if (open_folder(&folder, paths->folder) != 0) {
        return CACHE_UNUSABLE;
    }
    catch_interrupts();
    state->unpack = compare_contents(paths->payload, &folder, heartbeat);
    reraise_interrupt();
    close_folder(&folder);
    int differs = state->unpack.outcome == UNPACK_DIFFERENT ||
                  (state->unpack.outcome == UNPACKED && count_tree(paths->folder) != paths->payload->entry_count);
    state->contents_differed |= differs;
    return differs ? CACHE_UNUSABLE : state->unpack.outcome == UNPACKED ? CACHE_READY : CACHE_STOPPED;
}

/* Deletes what a process left that was killed while it held the lock. */
static void clean_up_stale(const struct cache_paths *paths)
{
    file_handle lock = acquire_stale_lock(paths->unpack_lock);
    if (lock != -1) {
        prune(paths, LEFTOVERS, heartbeat);
        release_unpack_lock(lock);
    }
}

/* Finds a folder that is already unpacked. Creates no file except the lock. */
static enum cache_result find_unpacked(const struct cache_paths *paths, struct cache_state *state)
{
    if (check_cache_folders(paths) != TRUSTED || folder_trust(paths->folder) != TRUSTED) {
        return CACHE_UNUSABLE;
    }
    file_handle use_lock = acquire_use_lock(paths->use_lock);
    enum cache_result result = find_intact(paths, state);
    if (result == CACHE_READY) {
        clean_up_stale(paths);
    } else {
        close_file(use_lock);
    }
    return result;
}

/* ---- unpack ---- */

static enum cache_result unpack_if_missing(const struct cache_paths *paths, struct cache_state *state, int is_locked)
{
    if (is_locked) {
        prune(paths, LEFTOVERS, heartbeat);
    }
    enum cache_result result = find_intact(paths, state);
    if (result != CACHE_UNUSABLE) {
        return result; /* another process unpacked it while this one waited for the lock */
    }
    catch_interrupts();
    state->unpack = install(paths, is_locked, heartbeat);
    reraise_interrupt();
    switch (state->unpack.outcome) {
    case UNPACKED:
        return CACHE_READY;
    case UNPACK_REFUSED:
        return state->unpack.error == out_of_memory_error() ? CACHE_STOPPED : CACHE_UNUSABLE;
    case UNPACK_DIFFERENT:
        return reject(state, paths->cache, "its file system keeps no modes or modification times");
    case UNPACK_DAMAGED:
    case UNPACK_UNREADABLE:
    case UNPACK_INTERRUPTED:
    default:
        return CACHE_STOPPED;
    }
}

static enum cache_result unpack_with_lock(const struct cache_paths *paths, struct cache_state *state, long *error)
{
    file_handle use_lock = acquire_use_lock(paths->use_lock);
    file_handle lock = acquire_unpack_lock(paths->unpack_lock, paths->payload->name);
    enum cache_result result = CACHE_UNUSABLE;
    *error = last_error();
    if (lock != -1 || is_lock_held(*error) || has_no_locks(*error)) {
        state->unpack.error = 0;
        result = unpack_if_missing(paths, state, lock != -1);
        *error = state->unpack.error;
    }
    release_unpack_lock(lock);
    if (result != CACHE_READY) {
        close_file(use_lock);
    }
    return result;
}

static enum cache_result prepare_program_folder(const struct cache_paths *paths, struct cache_state *state)
{
    for (int round = 1;; round++) {
        if (make_folder(paths->cache, 1) != 0) {
            return reject_with_error(state, paths->cache, last_error());
        }
        if (folder_trust(paths->cache) == TRUSTED && make_folder(paths->program, 0) != 0) {
            return reject_with_error(state, paths->cache, last_error());
        }
        enum trust trust = check_cache_folders(paths);
        if (trust != TRUSTED) {
            return reject(state, paths->cache, describe_trust(trust));
        }
        if (forbids_execution(paths->program)) {
            return reject(state, paths->cache, "mounted noexec");
        }
        long error = 0;
        enum cache_result result = unpack_with_lock(paths, state, &error);
        if (result != CACHE_UNUSABLE || error == 0) {
            return result;
        }
        if (!is_missing(error) || round == ROUNDS) {
            return reject_with_error(state, paths->cache, error);
        }
    }
}

/* Looks for an unpacked folder in all candidates before it unpacks into one. Otherwise every start would try a folder
 * that is full or over its quota. */
static enum cache_result search_candidates(const struct payload *payload, const struct candidate *candidates, int count,
                           struct cache_state *state)
{
    enum cache_result result = CACHE_UNUSABLE;
    for (int i = 0; i < 2 * count && result == CACHE_UNUSABLE; i++) {
        static struct cache_paths paths;
        int is_unpacking = i >= count;
        const char *cache = candidates[i % count].path;
        if (set_cache_paths(&paths, payload, cache) == 0) {
            result = is_unpacking ? prepare_program_folder(&paths, state) : find_unpacked(&paths, state);
        } else if (is_unpacking) {
            reject(state, cache, "its path is too long");
        }
        if (result == CACHE_READY) {
            memcpy(state->path, paths.folder, sizeof state->path);
        }
    }
    return result;
}

enum cache_result prepare_cache(const struct payload *payload, struct cache_state *state)
{
    static struct candidate candidates[CANDIDATES];
    int count = cache_candidates(candidates);
    int chosen = count > 0 && candidates[0].chosen;
    state->rejected[0] = '\0';
    state->disk_full = 0;
    enum cache_result result = search_candidates(payload, candidates, chosen, state);
    return result == CACHE_UNUSABLE ? search_candidates(payload, candidates + chosen, count - chosen, state) : result;
}
