#include "../sigint.h"

#include <windows.h>

static volatile LONG sigint;

static BOOL WINAPI remember_sigint(DWORD event)
{
    if (event == CTRL_C_EVENT) {
        InterlockedExchange(&sigint, 1);
    }
    return event == CTRL_C_EVENT;
}

void defer_sigint(void)
{
    /* Until Python has installed its handler, Ctrl-C ends the process silently. */
}

/* The handler that was registered last is called first. */
void defer_python_sigint(void)
{
    SetConsoleCtrlHandler(remember_sigint, TRUE);
}

void deliver_sigint(void)
{
    SetConsoleCtrlHandler(remember_sigint, FALSE);
    if (sigint) {
        ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
    }
}

int exit_by_sigint(void)
{
    return (int)STATUS_CONTROL_C_EXIT;
}
