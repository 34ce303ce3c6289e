#include "cache.h"

#include "install.h"
#include "unpack_lock.h"

#include <stdio.h>
#include <string.h>

enum {
    ROUNDS = 5, /* when what is worked in is deleted by others */
    SHOWN = 400 /* characters of a path in a message */
};

/* ---- reasons ---- */

static enum readied refuse(struct place *place, const char *cache, const char *why)
{
    size_t used = strlen(place->tried);
    const char *more = strlen(cache) > SHOWN ? "..." : ""; /* the reasons must stay visible */
    snprintf(place->tried + used, sizeof place->tried - used, "%s%.*s%s (%s)", used > 0 ? ", " : "", SHOWN, cache, more,
             why);
    return NOT_READIED;
}

static enum readied refuse_error(struct place *place, const char *cache, long error)
{
    place->full |= is_full(error);
    return refuse(place, cache, describe_error(error));
}

static const char *distrust(enum trust trust)
{
    switch (trust) {
    case NOT_A_FOLDER:
        return "not a folder of its own, or a link";
    case FOREIGN:
        return "owned by somebody else";
    case OPEN_TO_OTHERS:
        return "writable by others";
    case REPLACEABLE:
        return "in a folder that everybody may write to";
    case MISSING:
    case TRUSTED:
    default:
        return "it vanished";
    }
}

/* ---- finding ---- */

/* Compares contents, too, where that is asked for. Between the two, an interrupt only ends the comparing. */
static enum readied look(const struct shelf *shelf, struct place *place)
{
    struct folder folder;
    if (!is_ready(shelf)) {
        return NOT_READIED;
    }
    if (!place->compares) {
        return READIED;
    }
    if (open_folder(&folder, shelf->folder) != 0) {
        return NOT_READIED;
    }
    watch_interrupts();
    place->unpacking = compare(shelf->payload, &folder, show_life);
    pass_interrupt_on();
    close_folder(&folder);
    int differs = place->unpacking.outcome == UNPACK_DIFFERENT ||
                  (place->unpacking.outcome == UNPACKED && count_tree(shelf->folder) != shelf->payload->entry_count);
    place->differed |= differs;
    return differs ? NOT_READIED : place->unpacking.outcome == UNPACKED ? READIED : STOPPED;
}

/* What a process left that was killed while it had the turn. */
static void tidy(const struct shelf *shelf)
{
    file_handle turn = take_abandoned_turn(shelf->turn_lock);
    if (turn != -1) {
        sweep(shelf, LEFTOVERS, show_life);
        end_turn(turn);
    }
}

/* Whether it is there already; makes nothing but a lock. */
static enum readied find(const struct shelf *shelf, struct place *place)
{
    if (look_at_shelf(shelf) != TRUSTED || look_at_folder(shelf->folder) != TRUSTED) {
        return NOT_READIED;
    }
    file_handle held = hold(shelf->use_lock);
    enum readied found = look(shelf, place);
    if (found == READIED) {
        tidy(shelf);
    } else {
        close_file(held);
    }
    return found;
}

/* ---- making ---- */

static enum readied make(const struct shelf *shelf, struct place *place, int alone)
{
    if (alone) {
        sweep(shelf, LEFTOVERS, show_life);
    }
    enum readied found = look(shelf, place);
    if (found != NOT_READIED) {
        return found; /* another process unpacked while this one waited for its turn */
    }
    watch_interrupts();
    place->unpacking = make_anew(shelf, alone, show_life);
    pass_interrupt_on();
    switch (place->unpacking.outcome) {
    case UNPACKED:
        return READIED;
    case UNPACK_REFUSED:
        return place->unpacking.error == out_of_memory_error() ? STOPPED : NOT_READIED;
    case UNPACK_DIFFERENT:
        return refuse(place, shelf->cache, "its file system keeps no modes or times of change");
    case UNPACK_DAMAGED:
    case UNPACK_UNREADABLE:
    case UNPACK_INTERRUPTED:
    default:
        return STOPPED;
    }
}

static enum readied make_in_turn(const struct shelf *shelf, struct place *place, long *error)
{
    file_handle held = hold(shelf->use_lock);
    file_handle turn = take_turn(shelf->turn_lock, shelf->payload->name);
    enum readied readied = NOT_READIED;
    *error = last_error();
    if (turn != -1 || is_held(*error) || has_no_locks(*error)) {
        place->unpacking.error = 0;
        readied = make(shelf, place, turn != -1);
        *error = place->unpacking.error;
    }
    end_turn(turn);
    if (readied != READIED) {
        close_file(held);
    }
    return readied;
}

static enum readied ready_shelf(const struct shelf *shelf, struct place *place)
{
    for (int round = 1;; round++) {
        if (make_folder(shelf->cache, 1) != 0) {
            return refuse_error(place, shelf->cache, last_error());
        }
        if (look_at_folder(shelf->cache) == TRUSTED && make_folder(shelf->program, 0) != 0) {
            return refuse_error(place, shelf->cache, last_error());
        }
        enum trust trust = look_at_shelf(shelf);
        if (trust != TRUSTED) {
            return refuse(place, shelf->cache, distrust(trust));
        }
        if (forbids_execution(shelf->program)) {
            return refuse(place, shelf->cache, "mounted noexec");
        }
        long error = 0;
        enum readied readied = make_in_turn(shelf, place, &error);
        if (readied != NOT_READIED || error == 0) {
            return readied;
        }
        if (!is_missing(error) || round == ROUNDS) {
            return refuse_error(place, shelf->cache, error);
        }
    }
}

/* What was unpacked in any of them is found before anything is unpacked: else a folder that is full, or over its
 * quota, would be tried at every start. */
static enum readied search(const struct payload *payload, const struct candidate *candidates, int count,
                           struct place *place)
{
    enum readied readied = NOT_READIED;
    for (int i = 0; i < 2 * count && readied == NOT_READIED; i++) {
        static struct shelf shelf;
        int is_making = i >= count;
        const char *cache = candidates[i % count].path;
        if (lay_out(&shelf, payload, cache) == 0) {
            readied = is_making ? ready_shelf(&shelf, place) : find(&shelf, place);
        } else if (is_making) {
            refuse(place, cache, "its path is too long");
        }
        if (readied == READIED) {
            memcpy(place->path, shelf.folder, sizeof place->path);
        }
    }
    return readied;
}

enum readied ready_folder(const struct payload *payload, struct place *place)
{
    static struct candidate candidates[CANDIDATES];
    int count = cache_candidates(candidates);
    int chosen = count > 0 && candidates[0].chosen;
    place->tried[0] = '\0';
    place->full = 0;
    enum readied readied = search(payload, candidates, chosen, place);
    return readied == NOT_READIED ? search(payload, candidates + chosen, count - chosen, place) : readied;
}
