/* POSIX and Linux: the process; see platform.h. */
#define _GNU_SOURCE
#include "../platform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static mode_t callers_mask;

/* Only the user may access the files that the launcher creates, independent of the caller's umask. A closed standard
 * stream must stay closed for the program, but a file that is opened here must not get its number (messages would be
 * written to it): /dev/null takes the number until exec. */
void prepare_process(void)
{
    callers_mask = umask(077);
    for (int stream = 0; stream <= 2; stream++) {
        if (fcntl(stream, F_GETFD) == -1 && open("/dev/null", O_RDWR | O_CLOEXEC) == -1) {
            (void)!open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        }
    }
}

static int is_file_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int find_on_path(const char *name, char found[PATH_SIZE])
{
    const char *next = getenv("PATH");
    while (next != NULL && *next) {
        size_t length = strcspn(next, ":");
        const char *folder = length == 0 ? "." : next;
        if (snprintf(found, PATH_SIZE, "%.*s/%s", length == 0 ? 1 : (int)length, folder, name) < PATH_SIZE &&
            access(found, X_OK) == 0 && is_file_there(found)) {
            return 0;
        }
        next += length + (next[length] == ':');
    }
    return -1;
}

static int make_absolute(const char *path, char absolute[PATH_SIZE])
{
    char *resolved = realpath(path, NULL);
    int fits = resolved != NULL && strlen(resolved) < PATH_SIZE;
    if (fits) {
        strcpy(absolute, resolved);
    }
    free(resolved);
    return fits ? 0 : -1;
}

file_handle open_self(const char *argument, char path[PATH_SIZE])
{
    static const char deleted[] = " (deleted)";
    ssize_t length = readlink("/proc/self/exe", path, PATH_SIZE - 1);
    if (length > 0) {
        path[length] = '\0';
        size_t kept = (size_t)length - (sizeof deleted - 1);
        if ((size_t)length > sizeof deleted && strcmp(path + kept, deleted) == 0 && !is_file_there(path)) {
            path[kept] = '\0'; /* the file was replaced while it starts; it is still readable */
        }
        return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    }
    const char *executed = (const char *)getauxval(AT_EXECFN);
    char found[PATH_SIZE];
    if ((executed == NULL || make_absolute(executed, path) != 0) &&
        (argument == NULL || strchr(argument, '/') == NULL || make_absolute(argument, path) != 0) &&
        (argument == NULL || find_on_path(argument, found) != 0 || make_absolute(found, path) != 0)) {
        errno = ENOENT;
        return -1;
    }
    return open(path, O_RDONLY | O_CLOEXEC);
}

const char *environment_value(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value ? value : NULL;
}

int start_program(const char *path, char **arguments, const char *self, int *code)
{
    char value[PATH_SIZE + 32];
    snprintf(value, sizeof value, "%ld:%s", (long)getpid(), self);
    if (setenv("TF2EXE_ONEFILE", value, 1) == 0) {
        umask(callers_mask);
        execv(path, arguments);
        umask(077);
    }
    *code = -1;
    return -1;
}

uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

void wait_milliseconds(int count)
{
    const struct timespec time = {count / 1000, count % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static uint32_t fnv1a(uint32_t hash, const char *text)
{
    for (; *text; text++) {
        hash = (hash ^ (uint8_t)*text) * 16777619U;
    }
    return hash;
}

/* Identifies the machine by its name and its PID namespace: containers may share both the name and the cache folder of
 * their machine, but have their own process IDs. */
static uint32_t machine_hash(void)
{
    struct utsname names;
    char space[64] = "";
    uint32_t hash = uname(&names) == 0 ? fnv1a(2166136261U, names.nodename) : 0;
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    return length > 0 ? fnv1a(hash, space) : hash;
}

void name_process(char name[PROCESS_NAME_SIZE])
{
    snprintf(name, PROCESS_NAME_SIZE, "%08lx-%ld", (unsigned long)machine_hash(), (long)getpid());
}

int process_has_ended(const char *name)
{
    char *rest = NULL;
    if (strtoul(name, &rest, 16) != machine_hash() || *rest != '-') {
        return -1;
    }
    long number = strtol(rest + 1, &rest, 10);
    return number > 0 && kill((pid_t)number, 0) != 0 && errno == ESRCH;
}

void show_error(const char *line)
{
    fprintf(stderr, "%s\n", line);
}

int error_stream_is_terminal(void)
{
    return isatty(2);
}

