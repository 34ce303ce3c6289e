/* Interposes readlink, so that /proc/self/exe also works without /proc. The executable exports the function, and the
 * libraries that it loads use it. TensorFlow ends the process if it cannot read the path of its executable. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC visibility push(default)

static const char self[] = "/proc/self/exe";

/* Without /proc, the path of this process is the one that the kernel executed (AT_EXECFN). */
ssize_t readlink(const char *restrict path, char *restrict target, size_t size)
{
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, path, target, size);
    if (length >= 0 || strcmp(path, self) != 0) {
        return length;
    }
    const char *executed = (const char *)getauxval(AT_EXECFN);
    char *found = executed != NULL ? realpath(executed, NULL) : NULL;
    if (found != NULL) {
        size_t full = strlen(found);
        length = (ssize_t)(full < size ? full : size);
        memcpy(target, found, (size_t)length);
        free(found);
    }
    return length;
}
