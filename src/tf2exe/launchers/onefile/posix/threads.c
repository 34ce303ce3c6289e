/* POSIX and Linux: threads and interrupts; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

int processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than CPU_SETSIZE, or unknown */
    return online > 0 ? (int)online : 1;
}

struct thread_pool {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int busy;
    void (*work)(void *);
    void *context;
};

static void *run_thread(void *argument)
{
    struct thread_pool *pool = argument;
    pool->work(pool->context);
    pthread_mutex_lock(&pool->mutex);
    pool->busy--;
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static void wait_for(struct thread_pool *pool, void (*tick)(void *))
{
    pthread_mutex_lock(&pool->mutex);
    while (pool->busy > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&pool->changed, &pool->mutex, &until);
        pthread_mutex_unlock(&pool->mutex);
        tick(pool->context);
        pthread_mutex_lock(&pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}

/* Runs `work` in `size` threads, and `tick` in this one, ten times a second. The threads block all signals: this thread
 * gets those of the terminal, and a write beyond the file size limit fails instead of ending the process. */
void run_threads(int size, void (*work)(void *), void *context, void (*tick)(void *))
{
    struct thread_pool pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, size, work, context};
    pthread_t threads[MAX_THREADS];
    sigset_t all;
    sigset_t before;
    int started = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (started < size && pthread_create(&threads[started], NULL, run_thread, &pool) == 0) {
        started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_lock(&pool.mutex);
    pool.busy -= size - started;
    pthread_mutex_unlock(&pool.mutex);
    wait_for(&pool, tick);
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

void catch_interrupts(void)
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

/* Restores the default actions. If a signal was caught, it ends the process now. */
void reraise_interrupt(void)
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
