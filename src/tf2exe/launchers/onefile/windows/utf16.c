/* Windows: UTF-16 texts; see windows.h. */
#include "../../windows.h"

#include <string.h>

int narrow(const wchar_t *wide, char *text, int size)
{
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) > 0 ? 0 : -1;
}

const wchar_t *widen(const char *path, wchar_t wide[PATH_SIZE])
{
    static const wchar_t prefix[] = L"\\\\?\\";
    static const wchar_t network[] = L"\\\\?\\UNC\\";
    enum { PREFIX_SIZE = 8 };
    wchar_t *start = wide + PREFIX_SIZE;
    int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, start, PATH_SIZE - PREFIX_SIZE);
    if (length == 0) {
        wide[0] = L'\0';
        return wide;
    }
    for (wchar_t *c = start; *c; c++) {
        *c = *c == L'/' ? L'\\' : *c;
    }
    if (length <= MAX_PLAIN_PATH) {
        return start;
    }
    if (start[0] != L'\\' && start[1] == L':') {
        start -= 4;
        memcpy(start, prefix, 4 * sizeof *start);
    } else if (start[0] == L'\\' && start[1] == L'\\' && start[2] != L'?' && start[2] != L'.') {
        start -= 6; /* \\server becomes \\?\UNC\server */
        memcpy(start, network, PREFIX_SIZE * sizeof *start);
    }
    return start;
}
