/* Finds the symbols of a forwarder's library on Windows; see forwarder.c.
 *
 * The same forwarder is used in programs with and without a console, so it checks the subsystem of the process. It
 * links only to libraries that every process has.
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

static void show_message_box(const char *line)
{
    typedef int WINAPI message_box(HWND, const char *, const char *, UINT);
    HMODULE user = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    message_box *show = user != NULL ? (message_box *)(void *)GetProcAddress(user, "MessageBoxA") : NULL;
    if (show != NULL) {
        show(NULL, line, NULL, MB_ICONERROR | MB_SETFOREGROUND);
    }
}

static _Noreturn void exit_with_message(const char *line)
{
    DWORD written;
    HANDLE stream = GetStdHandle(STD_ERROR_HANDLE);
    if (stream != NULL && stream != INVALID_HANDLE_VALUE) {
        WriteFile(stream, line, (DWORD)strlen(line), &written, NULL);
    } else if (is_windowed()) {
        show_message_box(line);
    }
    TerminateProcess(GetCurrentProcess(), EXIT_DAMAGED);
    for (;;) { /* until the process has ended */
    }
}

static void initialize_platform(void)
{
}

#ifdef EXCLUDED

static void *find_symbol(const char *name)
{
    (void)name;
    exit_with_message("tf2exe: " EXCLUDED "\n");
}

#else

static const DWORD search_flags = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;

/* Loads the library from the forwarder's folder; NULL: GetLastError() says why. */
static HMODULE load_library(void)
{
    static const wchar_t name[] = L"" LIBRARY_FILE;
    wchar_t path[MAX_PATH * 4];
    const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    const DWORD max_length = sizeof path / sizeof path[0] - sizeof name / sizeof name[0];
    HMODULE module;
    if (!GetModuleHandleExW(flags, (const wchar_t *)(const void *)tf2exe_first_jump, &module)) {
        return NULL;
    }
    DWORD length = GetModuleFileNameW(module, path, max_length);
    if (length == 0 || length == max_length) {
        return NULL;
    }
    wcscpy(wcsrchr(path, L'\\') + 1, name);
    return LoadLibraryExW(path, NULL, search_flags);
}

static void *find_symbol(const char *name)
{
    HMODULE library = load_library();
    void *address = library != NULL ? (void *)GetProcAddress(library, name) : NULL;
    if (address == NULL) {
        char line[512];
        unsigned long error = GetLastError();
        snprintf(line, sizeof line, "tf2exe: %s cannot be loaded: %s: Windows error %lu; " REMEDY "\n", PART,
                 LIBRARY_FILE, error);
        exit_with_message(line);
    }
    return address;
}

#endif
