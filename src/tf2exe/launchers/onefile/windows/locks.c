/* Windows: locks; see platform.h. */
#include "../../windows.h"

/* A deleted file keeps its name until its last handle is closed. */
static int is_delete_pending(HANDLE file)
{
    FILE_STANDARD_INFO information;
    return GetFileInformationByHandleEx(file, FileStandardInfo, &information, sizeof information) &&
           (information.DeletePending || information.NumberOfLinks == 0);
}

file_handle lock_file(const char *path, enum lock lock, int inherited)
{
    wchar_t wide[PATH_SIZE];
    const wchar_t *target = widen(path, wide);
    DWORD flags = (lock == SHARED_LOCK ? 0 : LOCKFILE_EXCLUSIVE_LOCK) | LOCKFILE_FAIL_IMMEDIATELY;
    (void)inherited;
    for (int tries = 0; tries < RETRIES; tries++) {
        HANDLE file = CreateFileW(target, GENERIC_READ | GENERIC_WRITE, ANY_SHARE, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        OVERLAPPED place = overlapped_at(0);
        if (file != INVALID_HANDLE_VALUE && !LockFileEx(file, flags, 0, 1, 0, &place)) {
            long error = last_error();
            CloseHandle(file);
            set_last_error(error);
            return -1;
        }
        if (file != INVALID_HANDLE_VALUE && !is_delete_pending(file)) {
            return (file_handle)file;
        }
        if (file != INVALID_HANDLE_VALUE) {
            CloseHandle(file);
        } else if (!is_transient_error()) {
            return -1;
        }
        Sleep(RETRY_MILLISECONDS);
    }
    return -1;
}

void touch(file_handle file)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    if (file != -1) {
        SetFileTime((HANDLE)file, NULL, NULL, &now);
    }
}

void set_dirty_flag(file_handle lock, int is_dirty)
{
    LARGE_INTEGER size = {.QuadPart = is_dirty ? 1 : 0};
    if (lock != -1 && SetFilePointerEx((HANDLE)lock, size, NULL, FILE_BEGIN)) {
        SetEndOfFile((HANDLE)lock);
    }
}

int has_dirty_flag(const char *path)
{
    wchar_t wide[PATH_SIZE];
    WIN32_FILE_ATTRIBUTE_DATA data;
    return GetFileAttributesExW(widen(path, wide), GetFileExInfoStandard, &data) && data.nFileSizeLow > 0;
}

uint64_t as_milliseconds(FILETIME time)
{
    return ((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10000;
}

uint64_t modified_at(const char *path)
{
    wchar_t wide[PATH_SIZE];
    WIN32_FILE_ATTRIBUTE_DATA data;
    return GetFileAttributesExW(widen(path, wide), GetFileExInfoStandard, &data) ? as_milliseconds(data.ftLastWriteTime)
                                                                                 : 0;
}

uint64_t modified_ago(file_handle file)
{
    FILETIME now;
    FILETIME used;
    GetSystemTimeAsFileTime(&now);
    return GetFileTime((HANDLE)file, NULL, NULL, &used) ? as_milliseconds(now) - as_milliseconds(used) : 0;
}
