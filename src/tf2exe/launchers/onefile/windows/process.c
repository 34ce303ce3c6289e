/* Windows: the process; see platform.h. */
#include "../../windows.h"

#include "../../interpreter/windows/message.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void prepare_process(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS); /* no dialog box about a drive that is not ready */
}

/* The usual form of a path that begins with the prefix for long paths. */
static const wchar_t *without_prefix(const wchar_t *path)
{
    return wcsncmp(path, L"\\\\?\\", 4) == 0 && path[4] != L'\0' && path[5] == L':' ? path + 4 : path;
}

file_handle open_self(const char *argument, char path[PATH_SIZE])
{
    (void)argument;
    wchar_t wide[PATH_SIZE];
    DWORD length = GetModuleFileNameW(NULL, wide, PATH_SIZE);
    if (length == 0 || length >= PATH_SIZE || narrow(without_prefix(wide), path, PATH_SIZE) != 0) {
        return -1;
    }
    return (file_handle)CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
}

const char *environment_value(const char *name)
{
    static char value[PATH_SIZE];
    wchar_t wide_name[64];
    wchar_t wide[PATH_SIZE];
    if (MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64) == 0) {
        return NULL;
    }
    DWORD length = GetEnvironmentVariableW(wide_name, wide, PATH_SIZE);
    return length > 0 && length < PATH_SIZE && narrow(wide, value, sizeof value) == 0 ? value : NULL;
}

/* The program shares the console and gets Ctrl-C itself. The launcher must wait for its exit code. */
static BOOL WINAPI ignore_interrupts(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

/* The program ends with the launcher; processes that the program starts do not. */
static HANDLE make_job(void)
{
    HANDLE job = CreateJobObjectW(NULL, NULL);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
    if (job != NULL) {
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    }
    return job;
}

/* Wine and Windows before 10 cannot start a program by a path of more than 260 characters, but by its short path. */
static BOOL create_process(const wchar_t *path, wchar_t *line, STARTUPINFOW *startup, PROCESS_INFORMATION *process)
{
    static wchar_t short_path[PATH_SIZE];
    if (CreateProcessW(path, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, startup, process)) {
        return TRUE;
    }
    DWORD error = GetLastError();
    DWORD length = wcslen(path) > MAX_PLAIN_PATH ? GetShortPathNameW(path, short_path, PATH_SIZE) : 0;
    if (length > 0 && length < PATH_SIZE &&
        CreateProcessW(short_path, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, startup, process)) {
        return TRUE;
    }
    SetLastError(error);
    return FALSE;
}

int start_program(const char *path, char **arguments, const char *self, int *code)
{
    static wchar_t wide[PATH_SIZE];
    static wchar_t value[PATH_SIZE + 32];
    static wchar_t wide_self[PATH_SIZE];
    static wchar_t line[32768];
    (void)arguments; /* the command line is passed on unchanged */
    *code = -1;
    if (MultiByteToWideChar(CP_UTF8, 0, self, -1, wide_self, PATH_SIZE) == 0 || wcslen(GetCommandLineW()) >= 32768) {
        return -1;
    }
    _snwprintf(value, PATH_SIZE + 32, L"%lu:%ls", (unsigned long)GetCurrentProcessId(), wide_self);
    SetEnvironmentVariableW(L"TF2EXE_ONEFILE", value);
    wcscpy(line, GetCommandLineW());
    STARTUPINFOW startup;
    PROCESS_INFORMATION process;
    GetStartupInfoW(&startup);
    startup.lpReserved2 = NULL;
    startup.cbReserved2 = 0;
    if (!create_process(widen(path, wide), line, &startup, &process)) {
        return -1;
    }
    HANDLE job = make_job();
    if (job != NULL) {
        AssignProcessToJobObject(job, process.hProcess);
    }
    SetConsoleCtrlHandler(ignore_interrupts, TRUE);
    ResumeThread(process.hThread);
    CloseHandle(process.hThread);
    WaitForSingleObject(process.hProcess, INFINITE);
    DWORD result = 1;
    GetExitCodeProcess(process.hProcess, &result);
    *code = (int)result;
    return 0;
}

uint64_t milliseconds(void)
{
    return GetTickCount64();
}

void wait_milliseconds(int count)
{
    Sleep((DWORD)count);
}

static uint32_t machine_hash(void)
{
    wchar_t name[256];
    DWORD size = 256;
    uint32_t hash = 2166136261U; /* FNV-1a */
    if (GetComputerNameW(name, &size)) {
        for (DWORD i = 0; i < size; i++) {
            hash = (hash ^ name[i]) * 16777619U;
        }
    }
    return hash;
}

void name_process(char name[PROCESS_NAME_SIZE])
{
    snprintf(name, PROCESS_NAME_SIZE, "%08lx-%lu", (unsigned long)machine_hash(), (unsigned long)GetCurrentProcessId());
}

int process_has_ended(const char *name)
{
    char *rest = NULL;
    if (strtoul(name, &rest, 16) != machine_hash() || *rest != '-') {
        return -1;
    }
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, strtoul(rest + 1, NULL, 10));
    if (process == NULL) {
        return GetLastError() == ERROR_INVALID_PARAMETER;
    }
    int ended = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    CloseHandle(process);
    return ended;
}

void show_error(const char *line)
{
    fprintf(stderr, "%s\n", line);
    show_message(line);
}

int error_stream_is_terminal(void)
{
    return _isatty(2);
}
