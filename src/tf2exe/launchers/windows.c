/* The system as Windows has it; see system.h.
 *
 * Texts are UTF-8 in the launcher and UTF-16 at each call. The cache lies in the user's profile, whose access
 * list keeps others out; what is checked here is that its folders are no reparse points. The launcher stays
 * as the parent of the program, and so keeps the lock by itself.
 */
#define WIN32_LEAN_AND_MEAN
#include "system.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { RETRIES = 40, RETRY_MILLISECONDS = 50 };

#define ANY_SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* ---- texts ---- */

static int narrow(const wchar_t *wide, char *text, int size)
{
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) > 0 ? 0 : -1;
}

/* A path for the system: backslashes, and the prefix that lifts the limit of 260 characters where needed. */
static const wchar_t *widen(const char *path, wchar_t wide[PATH_SIZE])
{
    static const wchar_t prefix[] = L"\\\\?\\";
    wchar_t *start = wide + 4;
    int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, start, PATH_SIZE - 4);
    if (length == 0) {
        wide[0] = L'\0';
        return wide;
    }
    for (wchar_t *c = start; *c; c++) {
        *c = *c == L'/' ? L'\\' : *c;
    }
    if (length > 240 && start[0] != L'\\' && start[1] == L':') {
        memcpy(wide, prefix, 4 * sizeof *wide);
        return wide;
    }
    return start;
}

static const wchar_t *widen_inside(const struct folder *folder, const char *relative, wchar_t wide[PATH_SIZE])
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", folder->path, relative);
    return widen(length > 0 && length < PATH_SIZE ? path : "", wide);
}

/* ---- errors ---- */

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

int has_no_locks(long error)
{
    return error == ERROR_NOT_SUPPORTED || error == ERROR_INVALID_FUNCTION;
}

/* Others, virus scanners most of all, hold new files for a moment. */
static int is_passing(void)
{
    DWORD error = GetLastError();
    return error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION || error == ERROR_DIR_NOT_EMPTY;
}

/* ---- the process ---- */

void ready_process(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS); /* no dialogue about a drive that is not ready */
}

file_handle open_self(const char *argument, char path[PATH_SIZE])
{
    (void)argument;
    wchar_t wide[PATH_SIZE];
    DWORD length = GetModuleFileNameW(NULL, wide, PATH_SIZE);
    if (length == 0 || length >= PATH_SIZE || narrow(wide, path, PATH_SIZE) != 0) {
        return -1;
    }
    return (file_handle)CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
}

const char *environment(const char *name)
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

/* The program gets Ctrl-C itself, being in the same console: the launcher only has to outlive it. */
static BOOL WINAPI outlive(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

/* The program dies with the launcher, whoever ends it; what the program starts does not. */
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

int start_program(const char *path, char **arguments, const char *self, int *code)
{
    static wchar_t wide[PATH_SIZE];
    static wchar_t value[PATH_SIZE + 32];
    static wchar_t wide_self[PATH_SIZE];
    static wchar_t line[32768];
    (void)arguments; /* the command line is passed on as it came */
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
    if (!CreateProcessW(widen(path, wide), line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &process)) {
        return -1;
    }
    HANDLE job = make_job();
    if (job != NULL) {
        AssignProcessToJobObject(job, process.hProcess);
    }
    SetConsoleCtrlHandler(outlive, TRUE);
    ResumeThread(process.hThread);
    CloseHandle(process.hThread);
    WaitForSingleObject(process.hProcess, INFINITE);
    DWORD result = 1;
    GetExitCodeProcess(process.hProcess, &result);
    *code = (int)result;
    return 0;
}

int processors(void)
{
    DWORD_PTR mine = 0;
    DWORD_PTR all = 0;
    int count = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &mine, &all)) {
        for (; mine != 0; mine &= mine - 1) {
            count++;
        }
    }
    return count > 0 ? count : 1;
}

uint64_t milliseconds(void)
{
    return GetTickCount64();
}

uint64_t process_number(void)
{
    return GetCurrentProcessId();
}

int error_stream_is_terminal(void)
{
    return _isatty(2);
}

struct crew {
    void (*work)(void *);
    void *context;
};

static DWORD WINAPI serve(LPVOID argument)
{
    const struct crew *crew = argument;
    crew->work(crew->context);
    return 0;
}

int crew(int size, void (*work)(void *), void *context, void (*tick)(void *))
{
    struct crew crew = {work, context};
    HANDLE threads[LARGEST_CREW];
    DWORD started = 0;
    while (started < (DWORD)size && (threads[started] = CreateThread(NULL, 0, serve, &crew, 0, NULL)) != NULL) {
        started++;
    }
    if (started == 0) {
        work(context);
        return 0;
    }
    while (WaitForMultipleObjects(started, threads, TRUE, 100) == WAIT_TIMEOUT) {
        tick(context);
    }
    for (DWORD i = 0; i < started; i++) {
        CloseHandle(threads[i]);
    }
    return 0;
}

static volatile LONG caught;

static BOOL WINAPI catch_interrupt(DWORD event)
{
    (void)event;
    InterlockedExchange(&caught, 1);
    return TRUE;
}

void watch_interrupts(void)
{
    SetConsoleCtrlHandler(catch_interrupt, TRUE);
}

int interrupted(void)
{
    return caught != 0;
}

void pass_interrupt_on(void)
{
    SetConsoleCtrlHandler(catch_interrupt, FALSE);
    if (caught) {
        ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
    }
}

/* ---- files that are read and written ---- */

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

static OVERLAPPED at(uint64_t offset)
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
        OVERLAPPED place = at(offset);
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
        OVERLAPPED place = at(offset);
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

/* ---- inside an unpacked folder ---- */

int open_folder(struct folder *folder, const char *path)
{
    snprintf(folder->path, sizeof folder->path, "%s", path);
    folder->handle = -1;
    return look_at_folder(path) == TRUSTED ? 0 : -1;
}

void close_folder(struct folder *folder)
{
    folder->path[0] = '\0';
}

static int make_wide_folder(const wchar_t *path)
{
    return CreateDirectoryW(path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS ? 0 : -1;
}

int make_inside(const struct folder *folder, const char *relative)
{
    wchar_t wide[PATH_SIZE];
    return make_wide_folder(widen_inside(folder, relative, wide));
}

file_handle create_inside(const struct folder *folder, const char *relative, int executable)
{
    wchar_t wide[PATH_SIZE];
    (void)executable; /* no such thing here */
    return (file_handle)CreateFileW(widen_inside(folder, relative, wide), GENERIC_WRITE, ANY_SHARE, NULL, OPEN_ALWAYS,
                                    FILE_ATTRIBUTE_NORMAL, NULL);
}

int link_inside(const struct folder *folder, const char *relative, const char *target)
{
    wchar_t wide[PATH_SIZE];
    wchar_t wide_target[PATH_SIZE];
    return CreateSymbolicLinkW(widen_inside(folder, relative, wide), widen(target, wide_target), 0x2) ? 0 : -1;
}

static FILETIME stamp(void)
{
    const uint64_t ticks = ((uint64_t)STAMP + 11644473600U) * 10000000U; /* of 100 ns since 1601 */
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

int stamp_inside(const struct folder *folder, const char *relative)
{
    wchar_t wide[PATH_SIZE];
    HANDLE file = CreateFileW(widen_inside(folder, relative, wide), FILE_WRITE_ATTRIBUTES, ANY_SHARE, NULL, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    FILETIME time = stamp();
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
    FILETIME time = stamp();
    (void)executable;
    return GetFileAttributesExW(widen_inside(folder, relative, wide), GetFileExInfoStandard, &data) &&
           !(data.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) &&
           ((uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow) == size &&
           CompareFileTime(&data.ftLastWriteTime, &time) == 0;
}

static enum trust look_at_wide(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES) {
        return MISSING;
    }
    int is_folder = (attributes & FILE_ATTRIBUTE_DIRECTORY) && !(attributes & FILE_ATTRIBUTE_REPARSE_POINT);
    return is_folder ? TRUSTED : NOT_A_FOLDER;
}

int folder_is_intact(const struct folder *folder, const char *relative)
{
    wchar_t wide[PATH_SIZE];
    return look_at_wide(widen_inside(folder, relative, wide)) == TRUSTED;
}

int link_is_intact(const struct folder *folder, const char *relative, const char *target)
{
    wchar_t wide[PATH_SIZE];
    (void)target; /* reading it takes a control code of its own: only that there is a link is looked at */
    DWORD attributes = GetFileAttributesW(widen_inside(folder, relative, wide));
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

/* ---- the cache ---- */

static int add(char paths[CANDIDATES][PATH_SIZE], int count, const char *folder, const char *rest)
{
    int length = folder != NULL ? snprintf(paths[count], PATH_SIZE, "%s%s", folder, rest) : -1;
    return count + (length > 0 && length < PATH_SIZE);
}

int cache_candidates(char paths[CANDIDATES][PATH_SIZE])
{
    int count = 0;
    const char *own = environment("TF2EXE_CACHE_DIR");
    if (own != NULL) {
        wchar_t wide[PATH_SIZE];
        wchar_t full[PATH_SIZE];
        char text[PATH_SIZE];
        DWORD length = GetFullPathNameW(widen(own, wide), PATH_SIZE, full, NULL);
        int known = length > 0 && length < PATH_SIZE && narrow(full, text, sizeof text) == 0;
        count = add(paths, count, known ? text : NULL, "");
    }
    count = add(paths, count, environment("LOCALAPPDATA"), "\\tf2exe");
    return add(paths, count, environment("TEMP"), "\\tf2exe");
}

enum trust look_at_folder(const char *path)
{
    wchar_t wide[PATH_SIZE];
    return look_at_wide(widen(path, wide));
}

int make_folder(const char *path, int parents)
{
    wchar_t wide[PATH_SIZE];
    if (make_wide_folder(widen(path, wide)) == 0) {
        return 0;
    }
    char parent[PATH_SIZE];
    snprintf(parent, sizeof parent, "%s", path);
    char *last = strrchr(parent, '/') > strrchr(parent, '\\') ? strrchr(parent, '/') : strrchr(parent, '\\');
    if (GetLastError() != ERROR_PATH_NOT_FOUND || !parents || last == NULL || last == parent) {
        return -1;
    }
    *last = '\0';
    return make_folder(parent, 1) != 0 ? -1 : make_wide_folder(widen(path, wide));
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
        if (!is_passing()) {
            break;
        }
        Sleep(RETRY_MILLISECONDS);
    }
    return -1;
}

int remove_file(const char *path)
{
    wchar_t wide[PATH_SIZE];
    return DeleteFileW(widen(path, wide)) || is_missing(last_error()) ? 0 : -1;
}

struct removal {
    const char *path;
    int failed;
};

static void remove_item(void *context, const char *name)
{
    struct removal *removal = context;
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", removal->path, name);
    removal->failed |= length <= 0 || length >= PATH_SIZE || remove_tree(path) != 0;
}

int remove_tree(const char *path)
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
    struct removal removal = {path, 0};
    if (!(attributes & FILE_ATTRIBUTE_REPARSE_POINT)) {
        list_folder(path, remove_item, &removal);
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

/* ---- locks ---- */

/* A lock file that is being deleted keeps its name until its last handle is closed. */
static int is_going(HANDLE file)
{
    FILE_STANDARD_INFO information;
    return GetFileInformationByHandleEx(file, FileStandardInfo, &information, sizeof information) &&
           (information.DeletePending || information.NumberOfLinks == 0);
}

file_handle lock_file(const char *path, enum lock lock, int inherited)
{
    wchar_t wide[PATH_SIZE];
    const wchar_t *target = widen(path, wide);
    DWORD flags = (lock == LOCK_SHARED ? 0 : LOCKFILE_EXCLUSIVE_LOCK) | (lock == LOCK_ALONE_NOW ? LOCKFILE_FAIL_IMMEDIATELY : 0);
    (void)inherited;
    for (int tries = 0; tries < RETRIES;) {
        HANDLE file = CreateFileW(target, GENERIC_READ | GENERIC_WRITE, ANY_SHARE, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        OVERLAPPED place = at(0);
        if (file != INVALID_HANDLE_VALUE && !LockFileEx(file, flags, 0, 1, 0, &place)) {
            long error = last_error();
            CloseHandle(file);
            set_last_error(error);
            return -1;
        }
        if (file != INVALID_HANDLE_VALUE && !is_going(file)) {
            return (file_handle)file;
        }
        if (file != INVALID_HANDLE_VALUE) {
            CloseHandle(file);
        } else if (!is_passing()) {
            return -1;
        }
        tries++;
        Sleep(RETRY_MILLISECONDS);
    }
    return -1;
}

static uint64_t as_milliseconds(FILETIME time)
{
    return ((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10000;
}

void note_use(file_handle lock)
{
    FILETIME now;
    FILETIME used;
    GetSystemTimeAsFileTime(&now);
    if (lock == -1 || !GetFileTime((HANDLE)lock, NULL, NULL, &used)) {
        return;
    }
    uint64_t age = as_milliseconds(now) - as_milliseconds(used); /* huge when it is of the future */
    if (age >= 60000) {
        SetFileTime((HANDLE)lock, NULL, NULL, &now);
    }
}

uint64_t time_of_use(const char *path)
{
    wchar_t wide[PATH_SIZE];
    WIN32_FILE_ATTRIBUTE_DATA data;
    return GetFileAttributesExW(widen(path, wide), GetFileExInfoStandard, &data) ? as_milliseconds(data.ftLastWriteTime)
                                                                                 : 0;
}
