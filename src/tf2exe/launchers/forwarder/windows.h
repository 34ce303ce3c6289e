/* How a forwarder finds the names of its library on Windows; see forwarder.c.
 *
 * One forwarder serves programs with and without a console, so it looks which kind the process is. It is linked to
 * nothing but what every process has.
 */
#define WIN32_LEAN_AND_MEAN
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

static int is_windowed(void)
{
    const char *base = (const char *)GetModuleHandleW(NULL);
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    return headers->OptionalHeader.Subsystem == IMAGE_SUBSYSTEM_WINDOWS_GUI;
}

static void show(const char *line)
{
    typedef int WINAPI message_box(HWND, const char *, const char *, UINT);
    HMODULE user = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    message_box *message = user != NULL ? (message_box *)(void *)GetProcAddress(user, "MessageBoxA") : NULL;
    if (message != NULL) {
        message(NULL, line, NULL, MB_ICONERROR | MB_SETFOREGROUND);
    }
}

static _Noreturn void end(const char *line)
{
    DWORD written;
    HANDLE stream = GetStdHandle(STD_ERROR_HANDLE);
    if (stream != NULL && stream != INVALID_HANDLE_VALUE) {
        WriteFile(stream, line, (DWORD)strlen(line), &written, NULL);
    } else if (is_windowed()) {
        show(line);
    }
    TerminateProcess(GetCurrentProcess(), EXIT_DAMAGED);
    for (;;) { /* the process ends meanwhile */
    }
}

static void prepare_system(void)
{
}

#ifdef EXCLUDED

static void *find(const char *name)
{
    (void)name;
    end("tf2exe: " EXCLUDED "\n");
}

#else

static const DWORD search = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;

/* The library; NULL: it cannot be loaded, and the system's error says why. */
static HMODULE load(void)
{
    static const wchar_t name[] = L"" REAL;
    wchar_t path[MAX_PATH * 4];
    const DWORD own = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    const DWORD room = sizeof path / sizeof path[0] - sizeof name / sizeof name[0];
    HMODULE module;
    if (!GetModuleHandleExW(own, (const wchar_t *)(const void *)tf2exe_first_jump, &module)) {
        return NULL;
    }
    DWORD length = GetModuleFileNameW(module, path, room);
    if (length == 0 || length == room) {
        return NULL;
    }
    wcscpy(wcsrchr(path, L'\\') + 1, name);
    return LoadLibraryExW(path, NULL, search);
}

static void *find(const char *name)
{
    HMODULE library = load();
    void *found = library != NULL ? (void *)GetProcAddress(library, name) : NULL;
    if (found == NULL) {
        char line[512];
        unsigned long error = GetLastError();
        snprintf(line, sizeof line, "tf2exe: %s cannot be loaded: %s: Windows error %lu; " REMEDY "\n", PART, REAL, error);
        end(line);
    }
    return found;
}

#endif
