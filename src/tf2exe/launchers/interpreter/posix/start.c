/* The executable that people start, where the interpreter is a shared library: loads lib/libtf2exe_start.so (which is
 * launchers/interpreter/main.c) and hands over to it.
 *
 * The loader finds libraries from where the executable lies, and learns from /proc where that is. On a machine without
 * /proc it has to be told before the executable runs. So this one is linked to glibc alone and starts anywhere; without
 * /proc it finds its own folder in another way, tells the loader, and starts itself once more; then it loads the rest by
 * its path. It also brings functions that an older glibc lacks (older_glibc.c).
 *
 * Exit codes of its own: those of launchers/interpreter/main.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DAMAGED = 118, EXIT_NO_INTERPRETER = 119, PATH_SIZE = 32768 };

static const char library[] = "/lib/libtf2exe_start.so";
static const char origin[] = "LD_ORIGIN_PATH"; /* where glibc's loader looks without /proc */

static int fail(int code, const char *what, const char *why)
{
    fprintf(stderr, "tf2exe: %s: %s; unpack or install the program again\n", what, why);
    return code;
}

/* The path of this file, also without /proc (no_proc.c); -1: the system does not tell. */
static int find_self(char path[PATH_SIZE])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_SIZE - sizeof library);
    if (length <= 0) {
        return -1;
    }
    path[length] = '\0';
    return 0;
}

/* Starts this file once more, with the loader told of its folder; only where that has not been done. */
static void tell_loader(const char *path, char **argv)
{
    char folder[PATH_SIZE];
    const char *told = getenv(origin);
    strcpy(folder, path);
    *strrchr(folder, '/') = '\0';
    if ((told == NULL || strcmp(told, folder) != 0) && setenv(origin, folder, 1) == 0) {
        execv(path, argv);
    }
    unsetenv(origin);
}

int main(int argc, char **argv)
{
    static char path[PATH_SIZE];
    if (find_self(path) != 0 || strrchr(path, '/') == NULL) {
        return fail(EXIT_DAMAGED, "the program cannot find its own folder", "its path cannot be read");
    }
    if (access("/proc/self/exe", F_OK) != 0) { /* which the loader asks, too */
        tell_loader(path, argv);
    }
    strcpy(strrchr(path, '/'), library);
    if (access(path, F_OK) != 0) {
        return fail(EXIT_DAMAGED, "the program's folder is incomplete", "lib/libtf2exe_start.so is missing beside it");
    }
    void *loaded = dlopen(path, RTLD_LAZY | RTLD_GLOBAL);
    int (*start)(int, char **) = NULL;
    if (loaded != NULL) {
        *(void **)&start = dlsym(loaded, "tf2exe_main");
    }
    if (start == NULL) {
        return fail(EXIT_NO_INTERPRETER, "the carried Python cannot be loaded", dlerror());
    }
    return start(argc, argv);
}
