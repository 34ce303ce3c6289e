/* The executable that the user starts if the interpreter is a shared library: loads lib/libtf2exe_start.so (compiled from
 * launchers/interpreter/main.c) and calls it.
 *
 * The dynamic linker finds libraries relative to the executable, whose path it reads from /proc. Without /proc it needs
 * LD_ORIGIN_PATH before the executable starts. So this program is linked to glibc only and starts anywhere. Without /proc
 * it finds its folder in another way, sets the variable and restarts itself. Then it loads the rest by its path. It also
 * exports the glibc polyfills (interposed/glibc.c).
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
static const char origin[] = "LD_ORIGIN_PATH"; /* read by glibc's dynamic linker without /proc */

static int fail(int code, const char *what, const char *why)
{
    fprintf(stderr, "tf2exe: %s: %s; unpack or install the program again\n", what, why);
    return code;
}

/* The path of this file, also without /proc (interposed/readlink.c); -1: the system does not report it. */
static int find_program(char path[PATH_SIZE])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_SIZE - sizeof library);
    if (length <= 0) {
        return -1;
    }
    path[length] = '\0';
    return 0;
}

/* Restarts this program with LD_ORIGIN_PATH, unless that has been done. */
static void restart_with_origin(const char *path, char **argv)
{
    char folder[PATH_SIZE];
    const char *current = getenv(origin);
    strcpy(folder, path);
    *strrchr(folder, '/') = '\0';
    if ((current == NULL || strcmp(current, folder) != 0) && setenv(origin, folder, 1) == 0) {
        execv(path, argv);
    }
    unsetenv(origin);
}

int main(int argc, char **argv)
{
    static char path[PATH_SIZE];
    if (find_program(path) != 0 || strrchr(path, '/') == NULL) {
        return fail(EXIT_DAMAGED, "the program cannot find its own folder", "the system does not report its path");
    }
    if (access("/proc/self/exe", F_OK) != 0) { /* the dynamic linker needs it, too */
        restart_with_origin(path, argv);
    }
    strcpy(strrchr(path, '/'), library);
    if (access(path, F_OK) != 0) {
        return fail(EXIT_DAMAGED, "the program's folder is incomplete", "lib/libtf2exe_start.so is missing");
    }
    void *loaded = dlopen(path, RTLD_LAZY | RTLD_GLOBAL);
    int (*start)(int, char **) = NULL;
    if (loaded != NULL) {
        *(void **)&start = dlsym(loaded, "tf2exe_main");
    }
    if (start == NULL) {
        return fail(EXIT_NO_INTERPRETER, "the bundled Python cannot be loaded", dlerror());
    }
    return start(argc, argv);
}
