/* Windows: cache folders; see platform.h. */
#include "../../windows.h"

#include <stdio.h>
#include <string.h>

static int add(struct candidate candidates[CANDIDATES], int count, const char *folder, const char *rest)
{
    struct candidate *candidate = &candidates[count];
    int length = folder != NULL ? snprintf(candidate->path, PATH_SIZE, "%s%s", folder, rest) : -1;
    candidate->chosen = 0;
    return count + (length > 0 && length < PATH_SIZE);
}

int cache_candidates(struct candidate candidates[CANDIDATES])
{
    int count = 0;
    const char *own = environment_value("TF2EXE_CACHE_DIR");
    if (own != NULL) {
        wchar_t wide[PATH_SIZE];
        wchar_t full[PATH_SIZE];
        char text[PATH_SIZE];
        int known = MultiByteToWideChar(CP_UTF8, 0, own, -1, wide, PATH_SIZE) > 0;
        DWORD length = known ? GetFullPathNameW(wide, PATH_SIZE, full, NULL) : 0;
        known = length > 0 && length < PATH_SIZE && narrow(full, text, sizeof text) == 0;
        count = add(candidates, count, known ? text : NULL, "");
        candidates[0].chosen = count;
    }
    count = add(candidates, count, environment_value("LOCALAPPDATA"), "\\tf2exe");
    return add(candidates, count, environment_value("TEMP"), "\\tf2exe");
}

enum trust wide_folder_trust(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES) {
        return MISSING;
    }
    int is_folder = (attributes & FILE_ATTRIBUTE_DIRECTORY) && !(attributes & FILE_ATTRIBUTE_REPARSE_POINT);
    return is_folder ? TRUSTED : NOT_A_FOLDER;
}

enum trust folder_trust(const char *path)
{
    wchar_t wide[PATH_SIZE];
    const wchar_t *folder = widen(path, wide);
    enum trust trust = wide_folder_trust(folder);
    return trust == TRUSTED ? owner_trust(folder) : trust;
}

enum trust parent_trust(const char *path)
{
    (void)path; /* who may rename a folder above cannot create one that belongs to the user */
    return TRUSTED;
}

int path_is_too_long(size_t length)
{
    return length >= PATH_SIZE - 8; /* the prefix \\?\ lifts the limit of the system */
}

int make_folder(const char *path, int parents)
{
    wchar_t wide[PATH_SIZE];
    if (create_private_folder(widen(path, wide)) == 0) {
        return 0;
    }
    char parent[PATH_SIZE];
    snprintf(parent, sizeof parent, "%s", path);
    char *last = strrchr(parent, '/') > strrchr(parent, '\\') ? strrchr(parent, '/') : strrchr(parent, '\\');
    if (GetLastError() != ERROR_PATH_NOT_FOUND || !parents || last == NULL || last == parent) {
        return -1;
    }
    *last = '\0';
    return make_folder(parent, 1) != 0 ? -1 : create_private_folder(widen(path, wide));
}

int forbids_execution(const char *path)
{
    (void)path;
    return 0;
}

uint64_t free_bytes(const char *path)
{
    wchar_t wide[PATH_SIZE];
    ULARGE_INTEGER available;
    return GetDiskFreeSpaceExW(widen(path, wide), &available, NULL, NULL) ? available.QuadPart : UINT64_MAX;
}
