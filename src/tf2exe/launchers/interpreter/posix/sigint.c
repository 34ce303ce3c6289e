#include "../sigint.h"

#include <signal.h>
#include <unistd.h>

static sigset_t signals_before;
static int put_off;

void put_interruptions_off(void)
{
    sigset_t interruption;
    sigemptyset(&interruption);
    sigaddset(&interruption, SIGINT);
    put_off = sigprocmask(SIG_BLOCK, &interruption, &signals_before) == 0;
}

void put_pythons_interruptions_off(void)
{
    /* They are blocked, whoever handles them. */
}

void take_interruptions(void)
{
    if (!put_off) {
        return;
    }
    put_off = 0;
    sigset_t waiting;
    struct sigaction answer;
    if (sigpending(&waiting) == 0 && sigismember(&waiting, SIGINT) == 1 && sigaction(SIGINT, NULL, &answer) == 0 &&
        answer.sa_handler != SIG_IGN) {
        signal(SIGINT, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &signals_before, NULL);
}

int end_interrupted(void)
{
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
    return 128 + SIGINT;
}
