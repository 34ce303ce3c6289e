/* What a library asks /proc about its own process, where there is no /proc: the executable exports the function, and
 * whatever it loads finds it here first. TensorFlow ends the process when it is not told its own path. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC visibility push(default)

static const char self[] = "/proc/self/exe";

/* As the system's own; the path of this process without /proc is what the kernel was asked to execute. */
ssize_t readlink(const char *restrict path, char *restrict target, size_t size)
{
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, path, target, size);
    if (length >= 0 || strcmp(path, self) != 0) {
        return length;
    }
    const char *executed = (const char *)getauxval(AT_EXECFN);
    char *found = executed != NULL ? realpath(executed, NULL) : NULL;
    if (found != NULL) {
        size_t whole = strlen(found);
        length = (ssize_t)(whole < size ? whole : size);
        memcpy(target, found, (size_t)length);
        free(found);
    }
    return length;
}
