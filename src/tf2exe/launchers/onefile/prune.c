#include "prune.h"

#include "unpack_lock.h"

#include <string.h>

enum {
    VERSIONS = 256,   /* that are looked at in one go */
    OTHERS_KEPT = 2,
    IDENTITY_SIZE = 2 * HASH_SIZE
};

static const uint64_t longest_unused = 30ULL * 24 * 3600 * 1000;
static const uint64_t longest_unpacking = 24ULL * 3600 * 1000; /* of another machine, whose processes are not seen */

struct version {
    char identity[IDENTITY_SIZE + 1];
    int is_unpacked;
    uint64_t used;
};

struct search {
    const struct shelf *shelf;
    void (*alive)(void);
    uint64_t now; /* by the clock of the file system */
    int count;
    struct version versions[VERSIONS];
};

int discard(const char *path, void (*alive)(void))
{
    int result = remove_tree(path, alive);
    if (result != 0) {
        leave_undone();
    }
    return result;
}

/* ---- leftovers ---- */

/* Whether what is being unpacked is still worked at. */
static int is_abandoned(const struct search *search, const char *path, const char *process)
{
    int ended = process_has_ended(process);
    uint64_t used = time_of_use(path);
    return ended == -1 ? used < search->now && search->now - used > longest_unpacking : ended;
}

static void sweep_leftover(const struct search *search, const char *name)
{
    char path[PATH_SIZE];
    const char *partial = strstr(name, PARTIAL);
    if ((partial == NULL && strstr(name, REMOVED) == NULL) || join(path, search->shelf->program, name, "") != 0) {
        return;
    }
    if (partial == NULL || is_abandoned(search, path, partial + strlen(PARTIAL))) {
        discard(path, search->alive);
    }
}

/* ---- versions ---- */

/* The identity in the name of an unpacked folder, or of its lock (which a start that failed may leave alone). */
static int read_identity(const char *name, char identity[IDENTITY_SIZE + 1])
{
    size_t length = strspn(name, "0123456789abcdef");
    if (length != IDENTITY_SIZE || (name[length] != '\0' && strcmp(name + length, ".lock") != 0)) {
        return 0;
    }
    memcpy(identity, name, length);
    identity[length] = '\0';
    return 1;
}

static void note_version(struct search *search, const char *identity)
{
    char folder[PATH_SIZE];
    char lock[PATH_SIZE];
    for (int i = 0; i < search->count; i++) {
        if (strcmp(search->versions[i].identity, identity) == 0) {
            return;
        }
    }
    if (search->count < VERSIONS && join(folder, search->shelf->program, identity, "") == 0 &&
        join(lock, search->shelf->program, identity, ".lock") == 0) {
        struct version *version = &search->versions[search->count++];
        memcpy(version->identity, identity, sizeof version->identity);
        version->is_unpacked = look_at_folder(folder) != MISSING;
        version->used = time_of_use(lock);
    }
}

static void look_at_item(void *context, const char *name)
{
    char identity[IDENTITY_SIZE + 1];
    if (read_identity(name, identity)) {
        note_version(context, identity);
    } else {
        sweep_leftover(context, name);
    }
}

static int is_own(const struct search *search, const struct version *version)
{
    return strcmp(version->identity, search->shelf->payload->identity) == 0;
}

/* Two that are used in turn with this one, or three, would else be unpacked again and again. */
static int is_worth_keeping(const struct search *search, const struct version *version)
{
    int later = 0;
    for (int i = 0; i < search->count; i++) {
        const struct version *other = &search->versions[i];
        int is_later = other->used > version->used || (other->used == version->used && other < version);
        later += other->is_unpacked && !is_own(search, other) && is_later;
    }
    int is_recent = version->used >= search->now || search->now - version->used <= longest_unused;
    return version->is_unpacked && is_recent && later < OTHERS_KEPT;
}

/* Deletes an unpacked folder and its lock, unless a process runs from it. The lock is held no longer than it takes
 * to rename: a start of that version waits for it. */
static void sweep_version(const struct search *search, const struct version *version, struct cleared *cleared)
{
    char folder[PATH_SIZE];
    char lock_path[PATH_SIZE];
    char removed[PATH_SIZE];
    if (join(folder, search->shelf->program, version->identity, "") != 0 ||
        join(lock_path, search->shelf->program, version->identity, ".lock") != 0 ||
        name_beside(removed, folder, REMOVED) != 0) {
        return;
    }
    file_handle lock = lock_file(lock_path, LOCK_ALONE, 0);
    if (lock == -1) {
        cleared->in_use += version->is_unpacked && is_held(last_error());
        cleared->failed += version->is_unpacked && !is_held(last_error());
        return;
    }
    int gone = !version->is_unpacked || rename_path(folder, removed) == 0 || is_missing(last_error());
    if (gone) {
        remove_file(lock_path); /* before it is released: who waits for it sees that it is gone */
    }
    close_file(lock);
    gone = gone && discard(removed, search->alive) == 0;
    cleared->removed += gone && version->is_unpacked;
    cleared->failed += !gone;
}

struct cleared sweep(const struct shelf *shelf, enum scope scope, void (*alive)(void))
{
    static struct search search;
    struct cleared cleared = {0, 0, 0};
    search = (struct search){.shelf = shelf, .alive = alive, .now = time_of_use(shelf->turn_lock)};
    if (list_folder(shelf->program, look_at_item, &search) != 0) {
        cleared.failed++;
    }
    for (int i = 0; i < search.count && scope != LEFTOVERS; i++) {
        const struct version *version = &search.versions[i];
        int is_kept = scope != EVERYTHING && is_own(&search, version);
        if (!is_kept && (scope != OLD_VERSIONS || !is_worth_keeping(&search, version))) {
            sweep_version(&search, version, &cleared);
        }
    }
    return cleared;
}
