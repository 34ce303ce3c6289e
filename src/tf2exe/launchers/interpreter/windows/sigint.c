#include "../sigint.h"

#include <windows.h>

static volatile LONG interruption;

static BOOL WINAPI remember_interruption(DWORD event)
{
    if (event == CTRL_C_EVENT) {
        InterlockedExchange(&interruption, 1);
    }
    return event == CTRL_C_EVENT;
}

void put_interruptions_off(void)
{
    /* Until Python has its own handler, an interruption ends the process without a word. */
}

/* Of the handlers, the last one that was set is asked first. */
void put_pythons_interruptions_off(void)
{
    SetConsoleCtrlHandler(remember_interruption, TRUE);
}

void take_interruptions(void)
{
    SetConsoleCtrlHandler(remember_interruption, FALSE);
    if (interruption) {
        ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
    }
}

int end_interrupted(void)
{
    return (int)STATUS_CONTROL_C_EXIT;
}
