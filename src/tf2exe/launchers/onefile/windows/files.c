/* Windows: files, also relative to an unpacked folder; see platform.h. */
#include "../../windows.h"

#include <stdio.h>
#include <string.h>

static HANDLE as_handle(file_handle file)
{
    return (HANDLE)file;
}

int file_size(file_handle file, uint64_t *size)
{
    LARGE_INTEGER found;
    if (!GetFileSizeEx(as_handle(file), &found)) {
        return -1;
    }
    *size = (uint64_t)found.QuadPart;
    return 0;
}

OVERLAPPED overlapped_at(uint64_t offset)
{
    OVERLAPPED place;
    memset(&place, 0, sizeof place);
    place.Offset = (DWORD)offset;
    place.OffsetHigh = (DWORD)(offset >> 32);
    return place;
}

int read_at(file_handle file, void *bytes, size_t size, uint64_t offset)
{
    for (char *next = bytes; size > 0;) {
        OVERLAPPED place = overlapped_at(offset);
        DWORD got = 0;
        if (!ReadFile(as_handle(file), next, (DWORD)(size > 1 << 30 ? 1 << 30 : size), &got, &place)) {
            return -1;
        }
        if (got == 0) {
            SetLastError(ERROR_HANDLE_EOF);
            return -1;
        }
        next += got;
        size -= got;
        offset += got;
    }
    return 0;
}

int write_at(file_handle file, const void *bytes, size_t size, uint64_t offset)
{
    for (const char *next = bytes; size > 0;) {
        OVERLAPPED place = overlapped_at(offset);
        DWORD put = 0;
        if (!WriteFile(as_handle(file), next, (DWORD)(size > 1 << 30 ? 1 << 30 : size), &put, &place)) {
            return -1;
        }
        if (put == 0) {
            SetLastError(ERROR_DISK_FULL);
            return -1;
        }
        next += put;
        size -= put;
        offset += put;
    }
    return 0;
}

void close_file(file_handle file)
{
    if (file != -1) {
        CloseHandle(as_handle(file));
    }
}

static const wchar_t *widen_inside(const struct folder *folder, const char *relative, wchar_t wide[PATH_SIZE])
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", folder->path, relative);
    return widen(length > 0 && length < PATH_SIZE ? path : "", wide);
}

int open_folder(struct folder *folder, const char *path)
{
    snprintf(folder->path, sizeof folder->path, "%s", path);
    folder->handle = -1;
    return folder_trust(path) == TRUSTED ? 0 : -1;
}

void close_folder(struct folder *folder)
{
    folder->path[0] = '\0';
}

int make_inside(const struct folder *folder, const char *relative)
{
    wchar_t wide[PATH_SIZE];
    return CreateDirectoryW(widen_inside(folder, relative, wide), NULL) || GetLastError() == ERROR_ALREADY_EXISTS ? 0 : -1;
}

file_handle create_inside(const struct folder *folder, const char *relative, int executable)
{
    wchar_t wide[PATH_SIZE];
    (void)executable; /* Windows has no such mode */
    return (file_handle)CreateFileW(widen_inside(folder, relative, wide), GENERIC_WRITE, ANY_SHARE, NULL, OPEN_ALWAYS,
                                    FILE_ATTRIBUTE_NORMAL, NULL);
}

file_handle open_inside(const struct folder *folder, const char *relative)
{
    wchar_t wide[PATH_SIZE];
    return (file_handle)CreateFileW(widen_inside(folder, relative, wide), GENERIC_READ, ANY_SHARE, NULL, OPEN_EXISTING,
                                    FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

int link_inside(const struct folder *folder, const char *relative, const char *target)
{
    wchar_t wide[PATH_SIZE];
    wchar_t wide_target[PATH_SIZE];
    return CreateSymbolicLinkW(widen_inside(folder, relative, wide), widen(target, wide_target), 0x2) ? 0 : -1;
}

static FILETIME unpacked_mtime(void)
{
    const uint64_t ticks = ((uint64_t)UNPACKED_MTIME + 11644473600U) * 10000000U; /* of 100 ns since 1601 */
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

int set_mtime_inside(const struct folder *folder, const char *relative)
{
    wchar_t wide[PATH_SIZE];
    HANDLE file = CreateFileW(widen_inside(folder, relative, wide), FILE_WRITE_ATTRIBUTES, ANY_SHARE, NULL, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    FILETIME time = unpacked_mtime();
    if (file == INVALID_HANDLE_VALUE) {
        return -1;
    }
    BOOL done = SetFileTime(file, NULL, NULL, &time);
    CloseHandle(file);
    return done ? 0 : -1;
}

int file_is_intact(const struct folder *folder, const char *relative, uint64_t size, int executable)
{
    wchar_t wide[PATH_SIZE];
    WIN32_FILE_ATTRIBUTE_DATA data;
    FILETIME time = unpacked_mtime();
    (void)executable;
    return GetFileAttributesExW(widen_inside(folder, relative, wide), GetFileExInfoStandard, &data) &&
           !(data.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) &&
           ((uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow) == size &&
           CompareFileTime(&data.ftLastWriteTime, &time) == 0;
}

int folder_is_intact(const struct folder *folder, const char *relative)
{
    wchar_t wide[PATH_SIZE];
    return wide_folder_trust(widen_inside(folder, relative, wide)) == TRUSTED;
}

int link_is_intact(const struct folder *folder, const char *relative, const char *target)
{
    wchar_t wide[PATH_SIZE];
    (void)target; /* reading the target needs a special control code: check only that it is a link */
    DWORD attributes = GetFileAttributesW(widen_inside(folder, relative, wide));
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}
