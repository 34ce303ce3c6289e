/* The system as Windows has it: threads and interrupts; see windows.h. */
#include "../../windows.h"

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

void crew(int size, void (*work)(void *), void *context, void (*tick)(void *))
{
    struct crew crew = {work, context};
    HANDLE threads[LARGEST_CREW];
    DWORD started = 0;
    while (started < (DWORD)size && (threads[started] = CreateThread(NULL, 0, serve, &crew, 0, NULL)) != NULL) {
        started++;
    }
    if (started == 0) {
        work(context);
        return;
    }
    while (WaitForMultipleObjects(started, threads, TRUE, 100) == WAIT_TIMEOUT) {
        tick(context);
    }
    for (DWORD i = 0; i < started; i++) {
        CloseHandle(threads[i]);
    }
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
