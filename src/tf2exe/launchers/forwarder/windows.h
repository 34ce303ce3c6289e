/* A stub in the place of a library: whatever of it is called says what is `missing`, and ends the process.
 *
 * One stub serves programs with and without a console, so that the program is asked whether it has one. It links to
 * nothing but what every process has.
 */
#include <windows.h>

#define EXPORTED __declspec(dllexport)

static int is_windowed(void)
{
    const char *base = (const char *)GetModuleHandleW(NULL);
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    return headers->OptionalHeader.Subsystem == IMAGE_SUBSYSTEM_WINDOWS_GUI;
}

static void show(void)
{
    typedef int WINAPI message_box(HWND, const char *, const char *, UINT);
    HMODULE user = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    message_box *message = user != NULL ? (message_box *)(void *)GetProcAddress(user, "MessageBoxA") : NULL;
    if (message != NULL) {
        message(NULL, missing, NULL, MB_ICONERROR | MB_SETFOREGROUND);
    }
}

static void end(void)
{
    DWORD written;
    HANDLE stream = GetStdHandle(STD_ERROR_HANDLE);
    if (stream != NULL && stream != INVALID_HANDLE_VALUE) {
        WriteFile(stream, missing, sizeof missing - 1, &written, NULL);
    } else if (is_windowed()) {
        show();
    }
    TerminateProcess(GetCurrentProcess(), EXIT_DAMAGED);
}
