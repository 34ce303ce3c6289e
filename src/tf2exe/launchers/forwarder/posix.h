/* How a forwarder finds the names of its library on Linux; see forwarder.c. */
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static _Noreturn void end(const char *line)
{
    (void)!write(STDERR_FILENO, line, strlen(line));
    _exit(EXIT_DAMAGED);
}

#ifdef EXCLUDED

static void *find(const char *name)
{
    (void)name;
    end("tf2exe: " EXCLUDED "\n");
}

static void prepare_system(void)
{
}

#else

static pthread_mutex_t loading = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int is_torn; /* the process was forked while another thread loaded the library */

static _Noreturn void fail(const char *why, const char *remedy)
{
    char line[PATH_MAX * 2];
    snprintf(line, sizeof line, "tf2exe: %s cannot be loaded: %s; %s\n", PART, why, remedy);
    end(line);
}

/* By its whole path: its name is in use, by this forwarder. A file that is too short would end the process by a signal
 * when the loader reads it. */
static void *load(void)
{
    static char path[PATH_MAX + sizeof REAL];
    Dl_info info;
    struct link_map *own;
    struct stat file;
    if (dladdr1(tf2exe_first_jump, &info, (void **)&own, RTLD_DL_LINKMAP) == 0 || dlinfo(own, RTLD_DI_ORIGIN, path) != 0) {
        return NULL;
    }
    strcat(path, "/" REAL);
    if (stat(path, &file) == 0 && file.st_size < REAL_SIZE) {
        fail(REAL " is too short", REMEDY);
    }
    return dlopen(path, RTLD_NOW);
}

static void *find(const char *name)
{
    if (is_torn) {
        fail("the process was forked while another thread loaded it", "fork before that, or later");
    }
    pthread_mutex_lock(&loading); /* recursive: the library may call this forwarder while it is initialised */
    void *library = load();
    pthread_mutex_unlock(&loading);
    void *found = library != NULL ? dlsym(library, name) : NULL;
    if (found == NULL) {
        fail(dlerror(), REMEDY);
    }
    return found;
}

/* fork() waits until another thread has loaded the library: half of it would be of no use to the child. Before glibc
 * 2.36 it cannot wait, because it holds the lock that a library needs to register handlers of its own while it is
 * loaded. There the child remembers that. */
static int can_wait;
static int is_loading; /* between the handlers, which those versions call for one fork() at a time */

static void before_fork(void)
{
    if (can_wait) {
        pthread_mutex_lock(&loading);
    } else {
        is_loading = pthread_mutex_trylock(&loading) != 0;
    }
}

static void after_fork_in_parent(void)
{
    if (!is_loading) {
        pthread_mutex_unlock(&loading);
    }
}

static void after_fork_in_child(void)
{
    is_torn |= is_loading;
    loading = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP; /* its owner is a thread of the parent */
}

static void prepare_system(void)
{
    can_wait = strverscmp(gnu_get_libc_version(), "2.36") >= 0;
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

#endif
