/* Shows an error of a program without a console in a message box. */
#ifndef TF2EXE_MESSAGE_H
#define TF2EXE_MESSAGE_H

#include <windows.h>

/* `line` is UTF-8. Shows nothing in programs with a console: they may run where nobody can close a message box. */
static inline void show_message(const char *line)
{
#ifdef WINDOWED
    wchar_t wide[4096];
    HANDLE stream = GetStdHandle(STD_ERROR_HANDLE);
    if ((stream == NULL || stream == INVALID_HANDLE_VALUE) && MultiByteToWideChar(CP_UTF8, 0, line, -1, wide, 4096) > 0) {
        MessageBoxW(NULL, wide, NULL, MB_ICONERROR | MB_SETFOREGROUND);
    }
#else
    (void)line;
#endif
}

#endif
