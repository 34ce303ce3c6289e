#include "../sigint.h"

#include <signal.h>
#include <unistd.h>

static sigset_t signals_before;
static int is_deferred;

void defer_sigint(void)
{
    sigset_t sigint;
    sigemptyset(&sigint);
    sigaddset(&sigint, SIGINT);
    is_deferred = sigprocmask(SIG_BLOCK, &sigint, &signals_before) == 0;
}

void defer_python_sigint(void)
{
    /* The signal is blocked, independent of its handler. */
}

void deliver_sigint(void)
{
    if (!is_deferred) {
        return;
    }
    is_deferred = 0;
    sigset_t pending;
    struct sigaction action;
    if (sigpending(&pending) == 0 && sigismember(&pending, SIGINT) == 1 && sigaction(SIGINT, NULL, &action) == 0 &&
        action.sa_handler != SIG_IGN) {
        signal(SIGINT, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &signals_before, NULL);
}

int exit_by_sigint(void)
{
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
    return 128 + SIGINT;
}
