/* Windows: errors; see platform.h. */
#include "../../windows.h"

#include <stdio.h>
#include <string.h>

long last_error(void)
{
    return (long)GetLastError();
}

void set_last_error(long error)
{
    SetLastError((DWORD)error);
}

long out_of_memory_error(void)
{
    return ERROR_NOT_ENOUGH_MEMORY;
}

long full_error(void)
{
    return ERROR_DISK_FULL;
}

const char *describe_error(long error)
{
    static char text[512];
    wchar_t wide[256];
    DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    if (FormatMessageW(flags, NULL, (DWORD)error, 0, wide, 256, NULL) == 0 || narrow(wide, text, sizeof text) != 0) {
        snprintf(text, sizeof text, "error %ld", error);
    }
    text[strcspn(text, "\r\n")] = '\0';
    return text;
}

int is_full(long error)
{
    return error == ERROR_DISK_FULL || error == ERROR_HANDLE_DISK_FULL || error == ERROR_DISK_QUOTA_EXCEEDED;
}

int is_missing(long error)
{
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
}

int is_lock_held(long error)
{
    return error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING;
}

int has_no_locks(long error)
{
    return error == ERROR_NOT_SUPPORTED || error == ERROR_INVALID_FUNCTION;
}

int is_transient_error(void)
{
    DWORD error = GetLastError();
    return error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION || error == ERROR_DIR_NOT_EMPTY;
}
