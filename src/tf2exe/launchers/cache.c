#include "cache.h"

#include <stdio.h>
#include <string.h>

struct shelf { /* where a payload goes in one cache folder */
    const struct payload *payload;
    const char *cache;
    char program[PATH_SIZE];
    char folder[PATH_SIZE];
    char use_lock[PATH_SIZE];
    char program_lock[PATH_SIZE];
};

static int join(char *path, const char *folder, const char *name, const char *suffix)
{
    int length = snprintf(path, PATH_SIZE, "%s/%s%s", folder, name, suffix);
    return length > 0 && length < PATH_SIZE - 64 ? 0 : -1; /* room for the endings that are added later */
}

static int lay_out(struct shelf *shelf, const struct payload *payload, const char *cache)
{
    shelf->payload = payload;
    shelf->cache = cache;
    return join(shelf->program, cache, payload->name, "") | join(shelf->folder, shelf->program, payload->identity, "") |
           join(shelf->use_lock, shelf->program, payload->identity, ".lock") |
           join(shelf->program_lock, shelf->program, "lock", "");
}

/* A name beside `path` that nobody else has: the process number, and time for a number that is used again. */
static int name_beside(char beside[PATH_SIZE], const char *path, const char *purpose)
{
    static unsigned count;
    int length = snprintf(beside, PATH_SIZE, "%s.%s.%llu.%llx-%x", path, purpose, (unsigned long long)process_number(),
                          (unsigned long long)milliseconds(), count++);
    return length > 0 && length < PATH_SIZE ? 0 : -1;
}

/* ---- reasons ---- */

static enum readied refuse(struct place *place, const char *cache, const char *why)
{
    size_t used = strlen(place->tried);
    snprintf(place->tried + used, sizeof place->tried - used, "%s%s (%s)", used > 0 ? ", " : "", cache, why);
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
    case MISSING:
    case TRUSTED:
    default:
        return "it vanished";
    }
}

/* ---- deleting ---- */

static int delete_folder(const char *path)
{
    char removed[PATH_SIZE];
    if (name_beside(removed, path, "removed") != 0 || rename_path(path, removed) != 0) {
        return is_missing(last_error()) ? 0 : -1;
    }
    return remove_tree(removed);
}

struct sweep {
    const char *program;
    int identities;   /* whether unpacked folders go too, or only what is left of killed processes */
    const char *kept; /* the identity that stays, or NULL */
    char second[2 * HASH_SIZE + 1]; /* the other one that stays, or "" */
    uint64_t used;                  /* when that one was */
    struct cleared cleared;
};

/* The identity that an item of the program's folder belongs to: of an unpacked folder, or of its lock (which
 * may be left alone by a start that failed). */
static int read_identity(const char *name, char identity[2 * HASH_SIZE + 1])
{
    size_t length = strspn(name, "0123456789abcdef");
    if (length != 2 * HASH_SIZE || (name[length] != '\0' && strcmp(name + length, ".lock") != 0)) {
        return 0;
    }
    memcpy(identity, name, length);
    identity[length] = '\0';
    return 1;
}

/* Deletes an unpacked folder, if there is one, and its lock, unless a process runs from it. */
static void sweep_identity(struct sweep *sweep, const char *name)
{
    char folder[PATH_SIZE];
    char lock_path[PATH_SIZE];
    if (join(folder, sweep->program, name, "") != 0 || join(lock_path, sweep->program, name, ".lock") != 0) {
        return;
    }
    int is_there = look_at_folder(folder) != MISSING;
    file_handle lock = lock_file(lock_path, LOCK_ALONE_NOW, 0);
    if (lock == -1) {
        sweep->cleared.in_use += is_there;
        return;
    }
    if (delete_folder(folder) != 0) {
        sweep->cleared.failed++;
    } else {
        sweep->cleared.removed += is_there;
    }
    remove_file(lock_path); /* before it is released: who waits for it sees that it is gone */
    close_file(lock);
}

static int has_folder(const struct sweep *sweep, const char *identity)
{
    char folder[PATH_SIZE];
    return join(folder, sweep->program, identity, "") == 0 && look_at_folder(folder) != MISSING;
}

/* Among the others, the one that was used last: so that two versions can be used in turn. */
static void find_second(void *context, const char *name)
{
    struct sweep *sweep = context;
    char path[PATH_SIZE];
    char identity[2 * HASH_SIZE + 1];
    if (!read_identity(name, identity) || strcmp(identity, sweep->kept) == 0 || !has_folder(sweep, identity) ||
        join(path, sweep->program, identity, ".lock") != 0) {
        return;
    }
    uint64_t used = time_of_use(path);
    if (sweep->second[0] == '\0' || used > sweep->used) {
        memcpy(sweep->second, identity, sizeof identity);
        sweep->used = used;
    }
}

static void sweep_item(void *context, const char *name)
{
    struct sweep *sweep = context;
    char path[PATH_SIZE];
    char identity[2 * HASH_SIZE + 1];
    if (read_identity(name, identity)) {
        int is_kept = !sweep->identities || (sweep->kept != NULL && strcmp(identity, sweep->kept) == 0) ||
                      strcmp(identity, sweep->second) == 0;
        int is_its_turn = name[2 * HASH_SIZE] == '\0' || !has_folder(sweep, identity);
        if (!is_kept && is_its_turn) {
            sweep_identity(sweep, identity);
        }
    } else if (strstr(name, ".partial.") != NULL || strstr(name, ".removed.") != NULL) {
        if (join(path, sweep->program, name, "") == 0) {
            remove_tree(path);
        }
    }
}

/* ---- making ---- */

static enum trust look_at_shelf(const struct shelf *shelf)
{
    enum trust trust = look_at_folder(shelf->cache);
    return trust == TRUSTED ? look_at_folder(shelf->program) : trust;
}

static int is_ready(const struct shelf *shelf)
{
    struct folder folder;
    if (look_at_folder(shelf->folder) != TRUSTED || open_folder(&folder, shelf->folder) != 0) {
        return 0;
    }
    int intact = is_intact(shelf->payload, &folder);
    close_folder(&folder);
    return intact;
}

/* Swaps the finished folder in. A damaged one of the same name is renamed away and deleted: processes that
 * still run from it keep what they have open and loaded, and miss what they open later. */
static int swap_in(const struct shelf *shelf, const char *partial)
{
    char removed[PATH_SIZE];
    int stood = look_at_folder(shelf->folder) != MISSING && name_beside(removed, shelf->folder, "removed") == 0 &&
                rename_path(shelf->folder, removed) == 0;
    int result = rename_path(partial, shelf->folder);
    long error = last_error();
    if (stood) {
        remove_tree(removed);
    }
    set_last_error(error);
    return result;
}

/* Unpacks beside the final name and renames at the end, so that what has the final name is whole. Nothing
 * is flushed to the disk: after a power failure the file system may have lost contents, but then also
 * sizes or times of change, which the next start notices; flushing 800 MB would cost every user seconds. */
static struct unpacking make_folder_anew(const struct shelf *shelf)
{
    struct unpacking unpacking = {UNPACK_REFUSED, 0, 0};
    struct folder folder;
    char partial[PATH_SIZE];
    if (free_bytes(shelf->program) < shelf->payload->size) {
        unpacking.error = full_error(); /* rather than to fill the disk for everybody first */
        return unpacking;
    }
    if (name_beside(partial, shelf->folder, "partial") != 0 || make_folder(partial, 0) != 0 ||
        open_folder(&folder, partial) != 0) {
        unpacking.error = last_error();
        return unpacking;
    }
    unpacking = unpack(shelf->payload, &folder);
    close_folder(&folder);
    if (unpacking.outcome == UNPACKED && swap_in(shelf, partial) != 0) {
        unpacking = (struct unpacking){UNPACK_REFUSED, last_error(), 0};
    }
    if (unpacking.outcome != UNPACKED) {
        remove_tree(partial);
    }
    return unpacking;
}

/* Under the lock of the program. */
static enum readied make_ready(const struct shelf *shelf, struct place *place, int alone)
{
    if (is_ready(shelf)) {
        return READIED; /* another process unpacked while this one waited for the lock */
    }
    struct sweep sweep = {.program = shelf->program, .kept = shelf->payload->identity};
    if (alone) {
        sweep.identities = free_bytes(shelf->program) < shelf->payload->size; /* then every other one goes first */
        list_folder(shelf->program, sweep_item, &sweep);
    }
    watch_interrupts();
    place->unpacking = make_folder_anew(shelf);
    pass_interrupt_on();
    if (alone && place->unpacking.outcome == UNPACKED) {
        sweep.identities = 1;
        list_folder(shelf->program, find_second, &sweep);
        list_folder(shelf->program, sweep_item, &sweep);
    }
    if (place->unpacking.outcome == UNPACK_REFUSED) {
        return refuse_error(place, shelf->cache, place->unpacking.error);
    }
    return place->unpacking.outcome == UNPACKED ? READIED : STOPPED;
}

static enum readied ready_shelf(const struct shelf *shelf, struct place *place)
{
    if (make_folder(shelf->cache, 1) != 0) {
        return refuse_error(place, shelf->cache, last_error());
    }
    enum trust trust = look_at_folder(shelf->cache);
    if (trust == TRUSTED && make_folder(shelf->program, 0) != 0) {
        return refuse_error(place, shelf->cache, last_error());
    }
    trust = trust == TRUSTED ? look_at_folder(shelf->program) : trust;
    if (trust != TRUSTED) {
        return refuse(place, shelf->cache, distrust(trust));
    }
    if (forbids_execution(shelf->program)) {
        return refuse(place, shelf->cache, "mounted noexec");
    }
    file_handle used = lock_file(shelf->use_lock, LOCK_SHARED, 1);
    note_use(used);
    if (is_ready(shelf)) {
        return READIED;
    }
    file_handle lock = lock_file(shelf->program_lock, LOCK_ALONE, 0);
    if (lock == -1 && !has_no_locks(last_error())) {
        enum readied refused = refuse_error(place, shelf->cache, last_error());
        close_file(used);
        return refused;
    }
    enum readied readied = make_ready(shelf, place, lock != -1);
    close_file(lock);
    if (readied != READIED) {
        close_file(used);
    }
    return readied;
}

enum readied ready_folder(const struct payload *payload, struct place *place)
{
    char caches[CANDIDATES][PATH_SIZE];
    int count = cache_candidates(caches);
    enum readied readied = NOT_READIED;
    place->tried[0] = '\0';
    place->full = 0;
    for (int i = 0; i < count && readied == NOT_READIED; i++) {
        struct shelf shelf;
        if (lay_out(&shelf, payload, caches[i]) != 0) {
            refuse(place, caches[i], "its path is too long");
            continue;
        }
        readied = ready_shelf(&shelf, place);
        if (readied == READIED) {
            memcpy(place->path, shelf.folder, sizeof place->path);
        }
    }
    return readied;
}

struct cleared clear_cache(const struct payload *payload)
{
    char caches[CANDIDATES][PATH_SIZE];
    int count = cache_candidates(caches);
    struct cleared all = {0, 0, 0};
    for (int i = 0; i < count; i++) {
        struct shelf shelf;
        if (lay_out(&shelf, payload, caches[i]) != 0 || look_at_shelf(&shelf) != TRUSTED) {
            continue;
        }
        file_handle lock = lock_file(shelf.program_lock, LOCK_ALONE, 0);
        struct sweep sweep = {.program = shelf.program, .identities = 1};
        if (lock == -1 || list_folder(shelf.program, sweep_item, &sweep) != 0) {
            sweep.cleared.failed++;
        }
        close_file(lock);
        all.removed += sweep.cleared.removed;
        all.in_use += sweep.cleared.in_use;
        all.failed += sweep.cleared.failed;
    }
    return all;
}
