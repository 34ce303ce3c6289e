/* The system as POSIX and Linux have it: threads and interrupts; see system.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

int processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more than CPU_SETSIZE of them, or none told */
    return online > 0 ? (int)online : 1;
}

struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int busy;
    void (*work)(void *);
    void *context;
};

static void *serve(void *argument)
{
    struct crew *crew = argument;
    crew->work(crew->context);
    pthread_mutex_lock(&crew->mutex);
    crew->busy--;
    pthread_cond_signal(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static void wait_for(struct crew *crew, void (*tick)(void *))
{
    pthread_mutex_lock(&crew->mutex);
    while (crew->busy > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&crew->changed, &crew->mutex, &until);
        pthread_mutex_unlock(&crew->mutex);
        tick(crew->context);
        pthread_mutex_lock(&crew->mutex);
    }
    pthread_mutex_unlock(&crew->mutex);
}

/* Runs `work` in `size` threads and `tick` in this one, ten times a second. The threads block all signals:
 * those of the terminal reach this thread, and a write beyond the file size limit is an error there, not
 * the end of the process. */
void crew(int size, void (*work)(void *), void *context, void (*tick)(void *))
{
    struct crew crew = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, size, work, context};
    pthread_t threads[LARGEST_CREW];
    sigset_t all;
    sigset_t before;
    int started = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (started < size && pthread_create(&threads[started], NULL, serve, &crew) == 0) {
        started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_lock(&crew.mutex);
    crew.busy -= size - started;
    pthread_mutex_unlock(&crew.mutex);
    wait_for(&crew, tick);
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    if (started == 0) {
        work(context);
    }
}

static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { INTERRUPTS = sizeof interrupts / sizeof interrupts[0] };
static volatile sig_atomic_t caught;

static void catch_interrupt(int number)
{
    caught = number;
}

void watch_interrupts(void)
{
    for (int i = 0; i < INTERRUPTS; i++) {
        struct sigaction action;
        if (sigaction(interrupts[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
            action.sa_handler = catch_interrupt;
            sigaction(interrupts[i], &action, NULL);
        }
    }
}

int interrupted(void)
{
    return caught;
}

/* Back to the defaults; the process ends here by the signal that it caught, if it caught one. */
void pass_interrupt_on(void)
{
    for (int i = 0; i < INTERRUPTS; i++) {
        struct sigaction action;
        if (sigaction(interrupts[i], NULL, &action) == 0 && action.sa_handler == catch_interrupt) {
            action.sa_handler = SIG_DFL;
            sigaction(interrupts[i], &action, NULL);
        }
    }
    if (caught) {
        raise(caught);
    }
}
