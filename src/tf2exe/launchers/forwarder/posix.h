/* Finds the symbols of a forwarder's library on Linux; see forwarder.c. */
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static _Noreturn void exit_with_message(const char *line)
{
    (void)!write(STDERR_FILENO, line, strlen(line));
    _exit(EXIT_DAMAGED);
}

#ifdef EXCLUDED

static void *find_symbol(const char *name)
{
    (void)name;
    exit_with_message("tf2exe: " EXCLUDED "\n");
}

static void initialize_platform(void)
{
}

#else

static pthread_mutex_t load_mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int forked_while_loading; /* by another thread: this process has only a part of the library */

static _Noreturn void exit_with_load_error(const char *why, const char *remedy)
{
    char line[PATH_MAX * 2];
    snprintf(line, sizeof line, "tf2exe: %s cannot be loaded: %s; %s\n", PART, why, remedy);
    exit_with_message(line);
}

/* Loads the library by its path, because its soname is that of this forwarder. NULL: dlerror() says why. A truncated
 * file is detected first, because the dynamic linker would crash when it reads it. */
static void *load_library(void)
{
    static char path[PATH_MAX + sizeof LIBRARY_FILE];
    Dl_info info;
    struct link_map *forwarder;
    struct stat file;
    if (dladdr1(tf2exe_first_jump, &info, (void **)&forwarder, RTLD_DL_LINKMAP) == 0 ||
        dlinfo(forwarder, RTLD_DI_ORIGIN, path) != 0) {
        return NULL;
    }
    strcat(path, "/" LIBRARY_FILE);
    if (stat(path, &file) == 0 && file.st_size < LIBRARY_SIZE) {
        exit_with_load_error(LIBRARY_FILE " is too short", REMEDY);
    }
    return dlopen(path, RTLD_NOW);
}

static void *find_symbol(const char *name)
{
    if (forked_while_loading) {
        exit_with_load_error("the process was forked while another thread loaded it", "fork before that, or later");
    }
    pthread_mutex_lock(&load_mutex); /* recursive: the library's constructors may call this forwarder */
    void *library = load_library();
    pthread_mutex_unlock(&load_mutex);
    void *address = library != NULL ? dlsym(library, name) : NULL;
    if (address == NULL) {
        exit_with_load_error(dlerror(), REMEDY);
    }
    return address;
}

/* fork() waits until another thread has loaded the library, because the child cannot use a part of it. Before glibc
 * 2.36 it cannot wait: it holds the lock that the library needs to register its own fork handlers while it is loaded.
 * There, the child remembers that it was forked too early. */
static int fork_can_wait;
static int fork_interrupts_load; /* valid between the handlers; these versions run one fork() at a time */

static void before_fork(void)
{
    if (fork_can_wait) {
        pthread_mutex_lock(&load_mutex);
    } else {
        fork_interrupts_load = pthread_mutex_trylock(&load_mutex) != 0;
    }
}

static void after_fork_in_parent(void)
{
    if (!fork_interrupts_load) {
        pthread_mutex_unlock(&load_mutex);
    }
}

static void after_fork_in_child(void)
{
    forked_while_loading |= fork_interrupts_load;
    load_mutex = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP; /* its owner is a thread of the parent */
}

static void initialize_platform(void)
{
    fork_can_wait = strverscmp(gnu_get_libc_version(), "2.36") >= 0;
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

#endif
