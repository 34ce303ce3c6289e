/* POSIX and Linux: errors; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <errno.h>
#include <string.h>

long last_error(void)
{
    return errno;
}

void set_last_error(long error)
{
    errno = (int)error;
}

long out_of_memory_error(void)
{
    return ENOMEM;
}

long full_error(void)
{
    return ENOSPC;
}

const char *describe_error(long error)
{
    return strerror((int)error);
}

int is_full(long error)
{
    return error == ENOSPC || error == EDQUOT;
}

int is_lock_held(long error)
{
    return error == EWOULDBLOCK;
}

int has_no_locks(long error)
{
    return error == ENOLCK || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

int is_missing(long error)
{
    return error == ENOENT || error == ENOTDIR;
}
