#include "prune.h"

#include "unpack_lock.h"

#include <string.h>

enum {
    MAX_VERSIONS = 256, /* per call */
    RETAINED_VERSIONS = 2,
    IDENTITY_SIZE = 2 * HASH_SIZE
};

static const uint64_t retention_milliseconds = 30ULL * 24 * 3600 * 1000;
static const uint64_t unpacking_timeout_milliseconds = 24ULL * 3600 * 1000; /* of another machine, whose processes cannot be seen */

struct version {
    char identity[IDENTITY_SIZE + 1];
    int is_unpacked;
    uint64_t used;
};

struct search {
    const struct cache_paths *paths;
    void (*tick)(void);
    uint64_t now; /* according to the file system */
    int count;
    struct version versions[MAX_VERSIONS];
};

int delete_tree(const char *path, void (*tick)(void))
{
    int result = remove_tree(path, tick);
    if (result != 0) {
        mark_dirty();
    }
    return result;
}

/* ---- leftovers ---- */

/* Whether the process that unpacked to this folder has ended. */
static int is_abandoned(const struct search *search, const char *path, const char *process)
{
    int ended = process_has_ended(process);
    uint64_t used = modified_at(path);
    return ended == -1 ? used < search->now && search->now - used > unpacking_timeout_milliseconds : ended;
}

static void prune_leftover(const struct search *search, const char *name)
{
    char path[PATH_SIZE];
    const char *partial = strstr(name, PARTIAL);
    if ((partial == NULL && strstr(name, REMOVED) == NULL) || join_path(path, search->paths->program, name, "") != 0) {
        return;
    }
    if (partial == NULL || is_abandoned(search, path, partial + strlen(PARTIAL))) {
        delete_tree(path, search->tick);
    }
}

/* ---- versions ---- */

/* Reads the identity in the name of an unpacked folder or of its lock. A failed start may leave a lock without folder. */
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

static void add_version(struct search *search, const char *identity)
{
    char folder[PATH_SIZE];
    char lock[PATH_SIZE];
    for (int i = 0; i < search->count; i++) {
        if (strcmp(search->versions[i].identity, identity) == 0) {
            return;
        }
    }
    if (search->count < MAX_VERSIONS && join_path(folder, search->paths->program, identity, "") == 0 &&
        join_path(lock, search->paths->program, identity, ".lock") == 0) {
        struct version *version = &search->versions[search->count++];
        memcpy(version->identity, identity, sizeof version->identity);
        version->is_unpacked = folder_trust(folder) != MISSING;
        version->used = modified_at(lock);
    }
}

static void visit_item(void *context, const char *name)
{
    char identity[IDENTITY_SIZE + 1];
    if (read_identity(name, identity)) {
        add_version(context, identity);
    } else {
        prune_leftover(context, name);
    }
}

static int is_current(const struct search *search, const struct version *version)
{
    return strcmp(version->identity, search->paths->payload->identity) == 0;
}

/* Versions in alternating use must not be unpacked again and again. */
static int is_retained(const struct search *search, const struct version *version)
{
    int later = 0;
    for (int i = 0; i < search->count; i++) {
        const struct version *other = &search->versions[i];
        int is_later = other->used > version->used || (other->used == version->used && other < version);
        later += other->is_unpacked && !is_current(search, other) && is_later;
    }
    int is_recent = version->used >= search->now || search->now - version->used <= retention_milliseconds;
    return version->is_unpacked && is_recent && later < RETAINED_VERSIONS;
}

/* Deletes an unpacked folder and its lock, unless a process runs from it. Holds the lock only while it renames, because
 * a start of that version waits for it. */
static void prune_version(const struct search *search, const struct version *version, struct prune_result *result)
{
    char folder[PATH_SIZE];
    char lock_path[PATH_SIZE];
    char removed[PATH_SIZE];
    if (join_path(folder, search->paths->program, version->identity, "") != 0 ||
        join_path(lock_path, search->paths->program, version->identity, ".lock") != 0 ||
        make_unique_path(removed, folder, REMOVED) != 0) {
        return;
    }
    file_handle lock = lock_file(lock_path, EXCLUSIVE_LOCK, 0);
    if (lock == -1) {
        result->in_use += version->is_unpacked && is_lock_held(last_error());
        result->failed += version->is_unpacked && !is_lock_held(last_error());
        return;
    }
    int gone = !version->is_unpacked || rename_path(folder, removed) == 0 || is_missing(last_error());
    if (gone) {
        remove_file(lock_path); /* before its release, so that a waiting process sees that it is gone */
    }
    close_file(lock);
    gone = gone && delete_tree(removed, search->tick) == 0;
    result->removed += gone && version->is_unpacked;
    result->failed += !gone;
}

struct prune_result prune(const struct cache_paths *paths, enum scope scope, void (*tick)(void))
{
    static struct search search;
    struct prune_result result = {0, 0, 0};
    search = (struct search){.paths = paths, .tick = tick, .now = modified_at(paths->unpack_lock)};
    if (list_folder(paths->program, visit_item, &search) != 0) {
        result.failed++;
    }
    for (int i = 0; i < search.count && scope != LEFTOVERS; i++) {
        const struct version *version = &search.versions[i];
        int is_kept = scope != ALL_VERSIONS && is_current(&search, version);
        if (!is_kept && (scope != OLD_VERSIONS || !is_retained(&search, version))) {
            prune_version(&search, version, &result);
        }
    }
    return result;
}
