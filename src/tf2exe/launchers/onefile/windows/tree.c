/* Windows: folders with their contents; see platform.h. */
#include "../../windows.h"

#include <stdio.h>
#include <string.h>

int rename_path(const char *from, const char *to)
{
    wchar_t wide[PATH_SIZE];
    wchar_t wide_to[PATH_SIZE];
    const wchar_t *source = widen(from, wide);
    const wchar_t *target = widen(to, wide_to);
    for (int tries = 0; tries < RETRIES; tries++) {
        if (MoveFileExW(source, target, 0)) {
            return 0;
        }
        if (!is_transient_error()) {
            break;
        }
        Sleep(RETRY_MILLISECONDS);
    }
    return -1;
}

int exchange_paths(const char *one, const char *other)
{
    (void)one;
    (void)other;
    return -1;
}

int remove_file(const char *path)
{
    wchar_t wide[PATH_SIZE];
    return DeleteFileW(widen(path, wide)) || is_missing(last_error()) ? 0 : -1;
}

int remove_folder(const char *path)
{
    wchar_t wide[PATH_SIZE];
    return RemoveDirectoryW(widen(path, wide)) || is_missing(last_error()) ? 0 : -1;
}

struct removal {
    const char *path;
    void (*tick)(void);
    int failed;
};

static void remove_item(void *context, const char *name)
{
    struct removal *removal = context;
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", removal->path, name);
    removal->failed |= length <= 0 || length >= PATH_SIZE || remove_tree(path, removal->tick) != 0;
}

int remove_tree(const char *path, void (*tick)(void))
{
    wchar_t wide[PATH_SIZE];
    const wchar_t *target = widen(path, wide);
    DWORD attributes = GetFileAttributesW(target);
    if (attributes == INVALID_FILE_ATTRIBUTES) {
        return is_missing(last_error()) ? 0 : -1;
    }
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        return DeleteFileW(target) || is_missing(last_error()) ? 0 : -1;
    }
    struct removal removal = {path, tick, 0};
    if (!(attributes & FILE_ATTRIBUTE_REPARSE_POINT)) {
        list_folder(path, remove_item, &removal);
    }
    if (tick != NULL) {
        tick();
    }
    return !removal.failed && (RemoveDirectoryW(target) || is_missing(last_error())) ? 0 : -1;
}

int list_folder(const char *path, void (*visit)(void *context, const char *name), void *context)
{
    char pattern[PATH_SIZE];
    wchar_t wide[PATH_SIZE];
    WIN32_FIND_DATAW item;
    int length = snprintf(pattern, sizeof pattern, "%s/*", path);
    HANDLE search = length > 0 && length < PATH_SIZE ? FindFirstFileW(widen(pattern, wide), &item) : INVALID_HANDLE_VALUE;
    if (search == INVALID_HANDLE_VALUE) {
        return -1;
    }
    do {
        char name[1024];
        if (narrow(item.cFileName, name, sizeof name) == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            visit(context, name);
        }
    } while (FindNextFileW(search, &item));
    FindClose(search);
    return 0;
}

struct counting {
    const char *path;
    uint64_t count;
};

static void count_item(void *context, const char *name)
{
    struct counting *counting = context;
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", counting->path, name);
    counting->count += 1 + (length > 0 && length < PATH_SIZE ? count_tree(path) : 0);
}

uint64_t count_tree(const char *path)
{
    wchar_t wide[PATH_SIZE];
    struct counting counting = {path, 0};
    if (wide_folder_trust(widen(path, wide)) == TRUSTED) {
        list_folder(path, count_item, &counting);
    }
    return counting.count;
}
