/* The executable that people start, where the interpreter is a shared library: loads lib/libtf2exe_start.so (which is
 * launchers/python.c) and hands over to it.
 *
 * The loader finds libraries from where the executable lies, and learns from /proc where that is. A machine without
 * /proc has to be told, and the executable itself cannot tell before it runs: so it is linked to glibc alone, finds its
 * own folder in another way, and loads the rest by its path. (From there on the loader needs no /proc: what a library
 * asks for is also looked for where the library says that loaded it.) It also brings functions that an older glibc
 * lacks (older_glibc.c).
 *
 * Exit codes of its own: those of launchers/python.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { EXIT_DAMAGED = 118, EXIT_NO_INTERPRETER = 119, PATH_SIZE = 32768 };

static const char library[] = "/lib/libtf2exe_start.so";

static int fail(int code, const char *what, const char *why)
{
    fprintf(stderr, "tf2exe: %s: %s; unpack or install the program again\n", what, why);
    return code;
}

/* The path of the library beside this file; -1: the system does not tell where this file is. */
static int find_library(const char *argument, char path[PATH_SIZE])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_SIZE - sizeof library);
    if (length > 0) {
        path[length] = '\0';
    } else {
        const char *executed = (const char *)getauxval(AT_EXECFN);
        char *found = realpath(executed != NULL ? executed : argument, NULL);
        int fits = found != NULL && strlen(found) < PATH_SIZE - sizeof library;
        if (fits) {
            strcpy(path, found);
        }
        free(found);
        if (!fits) {
            return -1;
        }
    }
    char *last = strrchr(path, '/');
    if (last == NULL) {
        return -1;
    }
    strcpy(last, library);
    return 0;
}

int main(int argc, char **argv)
{
    static char path[PATH_SIZE];
    if (find_library(argv[0], path) != 0) {
        return fail(EXIT_DAMAGED, "the program cannot find its own folder", "its path cannot be read");
    }
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
