#include "../program_path.h"

#include "../../windows.h"

#include <stdlib.h>
#include <string.h>

int find_program(void)
{
    DWORD length = GetModuleFileNameW(NULL, executable, PATH_CHARACTERS);
    if (length == 0 || length >= PATH_CHARACTERS) {
        return -1;
    }
    if (length < MAX_PLAIN_PATH && wcsncmp(executable, L"\\\\?\\", 4) == 0 && executable[5] == L':') {
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

/* Also sets the variable in the C runtime, which Python uses and which has its own copy of the environment. */
static void set_wide_variable(const wchar_t *name, const wchar_t *value)
{
    SetEnvironmentVariableW(name, *value ? value : NULL);
    _wputenv_s(name, value);
}

int read_variable(const char *name, char *value, size_t size)
{
    DWORD length = GetEnvironmentVariableA(name, value, (DWORD)size);
    return length > 0 && length < size ? 0 : -1;
}

void set_variable(const char *name, const char *value)
{
    wchar_t wide_name[64];
    wchar_t wide_value[64];
    _snwprintf(wide_name, 64, L"%hs", name);
    _snwprintf(wide_value, 64, L"%hs", value);
    set_wide_variable(wide_name, wide_value);
}

long process_number(void)
{
    return (long)GetCurrentProcessId();
}

/* The ID of the parent process; 0: unknown. Windows has no documented function for it; this one has existed since
 * Windows 2000. */
static unsigned long parent_process(void)
{
    enum { BASIC_INFORMATION = 0 };
    typedef LONG(WINAPI * query)(HANDLE, int, void *, ULONG, ULONG *);
    struct {
        void *status, *environment_value, *processor_count, *priority;
        ULONG_PTR process, parent;
    } found = {0};
    HMODULE core = GetModuleHandleW(L"ntdll.dll");
    query query_information =
        core != NULL ? (query)(void *)GetProcAddress(core, "NtQueryInformationProcess") : NULL;
    LONG status = -1;
    if (query_information != NULL) {
        status = query_information(GetCurrentProcess(), BASIC_INFORMATION, &found, sizeof found, NULL);
    }
    return status == 0 ? (unsigned long)found.parent : 0;
}

/* The onefile launcher waits as the parent, so the process ID in the variable is the parent's. A variable of another
 * program has another ID. (Paths cannot be compared: a file on a share or a mapped drive has several.) */
void adopt_onefile_path(void)
{
    wchar_t value[PATH_CHARACTERS];
    DWORD length = GetEnvironmentVariableW(L"TF2EXE_ONEFILE", value, PATH_CHARACTERS);
    if (length > 0 && length < PATH_CHARACTERS) {
        wchar_t *end = NULL;
        unsigned long process = wcstoul(value, &end, 10);
        if (process != 0 && *end == L':' && process == parent_process()) {
            wcscpy(executable, end + 1);
        }
    }
    set_wide_variable(L"TF2EXE_ONEFILE", L"");
    set_wide_variable(L"TF2EXE_CONVERTED", L""); /* converted models of a build, for Python only */
    set_wide_variable(L"TF2EXE_EXECUTABLE", executable);
}
