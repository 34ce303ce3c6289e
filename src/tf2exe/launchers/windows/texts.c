/* The system as Windows has it: texts; see windows.h. */
#include "windows.h"

#include <string.h>

int narrow(const wchar_t *wide, char *text, int size)
{
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) > 0 ? 0 : -1;
}

const wchar_t *widen(const char *path, wchar_t wide[PATH_SIZE])
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
