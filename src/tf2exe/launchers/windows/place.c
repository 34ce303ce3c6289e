#include "../place.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { LONGEST_PLAIN = 240 };

int find_self(void)
{
    DWORD length = GetModuleFileNameW(NULL, executable, PATH_CHARACTERS);
    if (length == 0 || length >= PATH_CHARACTERS) {
        return -1;
    }
    if (length < LONGEST_PLAIN && wcsncmp(executable, L"\\\\?\\", 4) == 0 && executable[5] == L':') {
        memmove(executable, executable + 4, (length - 3) * sizeof *executable);
    }
    wcscpy(root, executable);
    return 0;
}

int file_exists(const char *relative)
{
    static wchar_t path[PATH_CHARACTERS * 2];
    _snwprintf(path, PATH_CHARACTERS * 2 - 1, L"%ls\\%hs", root, relative);
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* For the system, and for the C runtime, which Python asks and which has read the system's variables before. */
static void set_variable(const wchar_t *name, const wchar_t *value)
{
    SetEnvironmentVariableW(name, *value ? value : NULL);
    _wputenv_s(name, value);
}

/* The onefile launcher waits as the parent, so that its process number is this one's parent's; the job
 * object that it made dies with it, and a variable left over from another program names another number. */
void adopt_onefile_path(void)
{
    wchar_t value[PATH_CHARACTERS];
    DWORD length = GetEnvironmentVariableW(L"TF2EXE_ONEFILE", value, PATH_CHARACTERS);
    if (length > 0 && length < PATH_CHARACTERS) {
        wchar_t *end = NULL;
        unsigned long process = wcstoul(value, &end, 10);
        HANDLE handle = process ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process) : NULL;
        if (handle != NULL && end != NULL && *end == L':') {
            wchar_t image[PATH_CHARACTERS];
            DWORD size = PATH_CHARACTERS;
            if (QueryFullProcessImageNameW(handle, 0, image, &size) && _wcsicmp(image, end + 1) == 0) {
                wcscpy(executable, end + 1);
            }
        }
        if (handle != NULL) {
            CloseHandle(handle);
        }
    }
    set_variable(L"TF2EXE_ONEFILE", L"");
    set_variable(L"TF2EXE_CONVERTED", L""); /* where a build has put models, for Python alone */
    set_variable(L"TF2EXE_EXECUTABLE", executable);
}
