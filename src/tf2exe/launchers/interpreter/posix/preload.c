/* Loads native modules in a thread while the interpreter starts and imports other modules. The import of a loaded module
 * then only increments its reference count.
 *
 * `lib/preload` lists them, one per line (tf2exe/plan/preloads.py). Errors are ignored, because the import reports
 * them. Before the process forks and before it ends, it waits for the thread: otherwise the dynamic linker would stay
 * locked in the child, or unload libraries while they load. If a standard stream is closed, nothing is preloaded: a file
 * that the dynamic linker opens would get the number of the stream, and the interpreter would use it as the stream.
 */
#define _GNU_SOURCE
#include "../preload.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_t thread;
static atomic_int running; /* 1: the thread must be joined */
static atomic_int stopped;
static char root[PATH_MAX];

static void *load(void *list)
{
    char line[PATH_MAX], path[2 * PATH_MAX];
    while (!atomic_load(&stopped) && fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(path, sizeof path, "%s/%s", root, line);
        (void)dlopen(path, RTLD_NOW);
    }
    fclose(list);
    return NULL;
}

static void wait_for_thread(void)
{
    atomic_store(&stopped, 1);
    if (atomic_exchange(&running, 0)) {
        pthread_join(thread, NULL);
    }
}

/* The thread blocks all signals, so that the interpreter's thread gets them. */
static int start(FILE *list)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, load, list);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static int has_all_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0) {
            return 0;
        }
    }
    return 1;
}

void start_preload(const char *folder)
{
    char path[PATH_MAX];
    if (!has_all_streams()) {
        return;
    }
    if (snprintf(root, sizeof root, "%s", folder) >= (int)sizeof root ||
        snprintf(path, sizeof path, "%s/lib/preload", folder) >= (int)sizeof path) {
        return;
    }
    FILE *list = fopen(path, "re");
    if (list == NULL) {
        return;
    }
    if (pthread_atfork(wait_for_thread, NULL, NULL) != 0 || atexit(wait_for_thread) != 0 || start(list) != 0) {
        fclose(list);
        return;
    }
    atomic_store(&running, 1);
}
