/* Windows: threads and interrupts; see platform.h. */
#include "../../windows.h"

int processor_count(void)
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

struct thread_pool {
    void (*work)(void *);
    void *context;
};

static DWORD WINAPI run_thread(LPVOID argument)
{
    const struct thread_pool *pool = argument;
    pool->work(pool->context);
    return 0;
}

void run_threads(int size, void (*work)(void *), void *context, void (*tick)(void *))
{
    struct thread_pool pool = {work, context};
    HANDLE threads[MAX_THREADS];
    DWORD started = 0;
    while (started < (DWORD)size && (threads[started] = CreateThread(NULL, 0, run_thread, &pool, 0, NULL)) != NULL) {
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

void catch_interrupts(void)
{
    SetConsoleCtrlHandler(catch_interrupt, TRUE);
}

int interrupted(void)
{
    return caught != 0;
}

void reraise_interrupt(void)
{
    SetConsoleCtrlHandler(catch_interrupt, FALSE);
    if (caught) {
        ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
    }
}
