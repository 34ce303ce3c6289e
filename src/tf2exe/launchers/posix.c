/* The system as POSIX and Linux have it; see system.h. */
#define _GNU_SOURCE
#include "system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* ---- errors ---- */

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

int has_no_locks(long error)
{
    return error == ENOLCK || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

int is_missing(long error)
{
    return error == ENOENT || error == ENOTDIR;
}

/* ---- the process ---- */

static mode_t callers_mask;

/* Everything that is made here is the user's alone, whatever the mask. A standard stream that the caller
 * closed must stay closed for the program, and must not become one of the files opened here (a message
 * would be written into it): the places are filled until exec. */
void ready_process(void)
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

static int search_path(const char *name, char found[PATH_SIZE])
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
            path[kept] = '\0'; /* replaced by another version while it starts: this one is still readable */
        }
        return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    }
    const char *executed = (const char *)getauxval(AT_EXECFN);
    char found[PATH_SIZE];
    if ((executed == NULL || make_absolute(executed, path) != 0) &&
        (argument == NULL || strchr(argument, '/') == NULL || make_absolute(argument, path) != 0) &&
        (argument == NULL || search_path(argument, found) != 0 || make_absolute(found, path) != 0)) {
        errno = ENOENT;
        return -1;
    }
    return open(path, O_RDONLY | O_CLOEXEC);
}

const char *environment(const char *name)
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

int processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more than CPU_SETSIZE of them, or none told */
    return online > 0 ? (int)online : 1;
}

uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

uint64_t process_number(void)
{
    return (uint64_t)getpid();
}

int error_stream_is_terminal(void)
{
    return isatty(2);
}

struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int busy;
    void (*work)(void *);
    void *context;
};

static void *serve(void *argument)
{
    struct crew *crew = argument;
    crew->work(crew->context);
    pthread_mutex_lock(&crew->mutex);
    crew->busy--;
    pthread_cond_signal(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static void wait_for(struct crew *crew, void (*tick)(void *))
{
    pthread_mutex_lock(&crew->mutex);
    while (crew->busy > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&crew->changed, &crew->mutex, &until);
        pthread_mutex_unlock(&crew->mutex);
        tick(crew->context);
        pthread_mutex_lock(&crew->mutex);
    }
    pthread_mutex_unlock(&crew->mutex);
}

/* Runs `work` in `size` threads and `tick` in this one, ten times a second. The threads block all signals:
 * those of the terminal reach this thread, and a write beyond the file size limit is an error there, not
 * the end of the process. */
int crew(int size, void (*work)(void *), void *context, void (*tick)(void *))
{
    struct crew crew = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, size, work, context};
    pthread_t threads[LARGEST_CREW];
    sigset_t all;
    sigset_t before;
    int started = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (started < size && pthread_create(&threads[started], NULL, serve, &crew) == 0) {
        started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_lock(&crew.mutex);
    crew.busy -= size - started;
    pthread_mutex_unlock(&crew.mutex);
    wait_for(&crew, tick);
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    if (started == 0) {
        work(context);
    }
    return 0;
}

static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { INTERRUPTS = sizeof interrupts / sizeof interrupts[0] };
static volatile sig_atomic_t caught;

static void catch_interrupt(int number)
{
    caught = number;
}

void watch_interrupts(void)
{
    for (int i = 0; i < INTERRUPTS; i++) {
        struct sigaction action;
        if (sigaction(interrupts[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
            action.sa_handler = catch_interrupt;
            sigaction(interrupts[i], &action, NULL);
        }
    }
}

int interrupted(void)
{
    return caught;
}

/* Back to the defaults; the process ends here by the signal that it caught, if it caught one. */
void pass_interrupt_on(void)
{
    for (int i = 0; i < INTERRUPTS; i++) {
        struct sigaction action;
        if (sigaction(interrupts[i], NULL, &action) == 0 && action.sa_handler == catch_interrupt) {
            action.sa_handler = SIG_DFL;
            sigaction(interrupts[i], &action, NULL);
        }
    }
    if (caught) {
        raise(caught);
    }
}

/* ---- files that are read and written ---- */

int file_size(file_handle file, uint64_t *size)
{
    struct stat status;
    if (fstat((int)file, &status) != 0) {
        return -1;
    }
    *size = (uint64_t)status.st_size;
    return 0;
}

int read_at(file_handle file, void *bytes, size_t size, uint64_t offset)
{
    for (char *next = bytes; size > 0;) {
        ssize_t got = pread((int)file, next, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return -1;
        }
        next += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

int write_at(file_handle file, const void *bytes, size_t size, uint64_t offset)
{
    for (const char *next = bytes; size > 0;) {
        ssize_t put = pwrite((int)file, next, size, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return -1;
        }
        next += put;
        size -= (size_t)put;
        offset += (uint64_t)put;
    }
    return 0;
}

void close_file(file_handle file)
{
    if (file != -1) {
        close((int)file);
    }
}

/* ---- inside an unpacked folder ---- */

int open_folder(struct folder *folder, const char *path)
{
    snprintf(folder->path, sizeof folder->path, "%s", path);
    folder->handle = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder->handle == -1 ? -1 : 0;
}

void close_folder(struct folder *folder)
{
    close_file(folder->handle);
    folder->handle = -1;
}

int make_inside(const struct folder *folder, const char *relative)
{
    return mkdirat((int)folder->handle, relative, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

file_handle create_inside(const struct folder *folder, const char *relative, int executable)
{
    return openat((int)folder->handle, relative, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, executable ? 0700 : 0600);
}

int link_inside(const struct folder *folder, const char *relative, const char *target)
{
    return symlinkat(target, (int)folder->handle, relative);
}

int stamp_inside(const struct folder *folder, const char *relative)
{
    const struct timespec times[2] = {{STAMP, 0}, {STAMP, 0}};
    return utimensat((int)folder->handle, relative, times, AT_SYMLINK_NOFOLLOW);
}

static int look(const struct folder *folder, const char *relative, struct stat *status)
{
    return fstatat((int)folder->handle, relative, status, AT_SYMLINK_NOFOLLOW);
}

int file_is_intact(const struct folder *folder, const char *relative, uint64_t size, int executable)
{
    struct stat status;
    return look(folder, relative, &status) == 0 && S_ISREG(status.st_mode) && (uint64_t)status.st_size == size &&
           status.st_mtim.tv_sec == STAMP && status.st_mtim.tv_nsec == 0 &&
           (status.st_mode & 0777) == (executable ? 0700U : 0600U);
}

int folder_is_intact(const struct folder *folder, const char *relative)
{
    struct stat status;
    return look(folder, relative, &status) == 0 && S_ISDIR(status.st_mode) && (status.st_mode & 0722) == 0700;
}

int link_is_intact(const struct folder *folder, const char *relative, const char *target)
{
    char text[PATH_SIZE];
    ssize_t length = readlinkat((int)folder->handle, relative, text, sizeof text);
    return length >= 0 && (size_t)length == strlen(target) && memcmp(text, target, (size_t)length) == 0;
}

/* ---- the cache ---- */

/* The home folder, unless it does not exist: then it is not ours to make. */
static const char *home(char *buffer, size_t size)
{
    static struct passwd user;
    struct passwd *found = NULL;
    struct stat status;
    const char *told = environment("HOME");
    if (told == NULL && getpwuid_r(getuid(), &user, buffer, size, &found) == 0 && found != NULL) {
        told = found->pw_dir;
    }
    return told != NULL && told[0] == '/' && stat(told, &status) == 0 && S_ISDIR(status.st_mode) ? told : NULL;
}

static int add(char paths[CANDIDATES][PATH_SIZE], int count, const char *folder, const char *rest)
{
    int written = snprintf(paths[count], PATH_SIZE, "%s%s", folder, rest);
    int fits = written > 0 && written < PATH_SIZE;
    for (int i = 0; i < count; i++) {
        fits = fits && strcmp(paths[i], paths[count]) != 0;
    }
    return count + fits;
}

/* Relative folders are ignored as the XDG specification demands, except in our own variable. */
int cache_candidates(char paths[CANDIDATES][PATH_SIZE])
{
    char buffer[PATH_SIZE];
    char own[64];
    int count = 0;
    const char *folder = environment("TF2EXE_CACHE_DIR");
    if (folder != NULL && folder[0] != '/' && getcwd(buffer, sizeof buffer) != NULL) {
        strcat(buffer, strlen(buffer) + 2 < sizeof buffer ? "/" : "");
        count = add(paths, count, buffer, folder);
    } else if (folder != NULL && folder[0] == '/') {
        count = add(paths, count, folder, "");
    }
    folder = environment("XDG_CACHE_HOME");
    if (folder != NULL && folder[0] == '/') {
        count = add(paths, count, folder, "/tf2exe");
    }
    folder = home(buffer, sizeof buffer);
    if (folder != NULL) {
        count = add(paths, count, folder, "/.cache/tf2exe");
    }
    snprintf(own, sizeof own, "/tf2exe-%lu", (unsigned long)getuid());
    folder = environment("TMPDIR");
    return add(paths, count, folder != NULL && folder[0] == '/' ? folder : "/tmp", own);
}

enum trust look_at_folder(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return MISSING;
    }
    if (!S_ISDIR(status.st_mode)) {
        return NOT_A_FOLDER;
    }
    if (status.st_uid != geteuid()) {
        return FOREIGN;
    }
    return status.st_mode & 022 ? OPEN_TO_OTHERS : TRUSTED;
}

int make_folder(const char *path, int parents)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return 0;
    }
    const char *last = strrchr(path, '/');
    if (errno != ENOENT || !parents || last == NULL || last == path) {
        return -1;
    }
    char parent[PATH_SIZE];
    snprintf(parent, sizeof parent, "%.*s", (int)(last - path), path);
    if (make_folder(parent, 1) != 0) {
        return -1;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

int forbids_execution(const char *path)
{
    struct statvfs status;
    return statvfs(path, &status) == 0 && (status.f_flag & ST_NOEXEC) != 0;
}

uint64_t free_bytes(const char *path)
{
    struct statvfs status;
    return statvfs(path, &status) == 0 ? (uint64_t)status.f_bavail * status.f_frsize : UINT64_MAX;
}

int rename_path(const char *from, const char *to)
{
    return rename(from, to);
}

int remove_file(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : -1;
}

/* Others may be removing the same tree: what is gone already is no failure. */
static int remove_inside(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = descriptor == -1 ? NULL : fdopendir(descriptor);
    if (folder == NULL) {
        close_file(descriptor);
        return -1;
    }
    int result = 0;
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0) {
            result |= remove_inside(descriptor, item->d_name);
        }
    }
    closedir(folder);
    return result == 0 && (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) ? 0 : -1;
}

int remove_tree(const char *path)
{
    return remove_inside(AT_FDCWD, path);
}

int list_folder(const char *path, void (*visit)(void *context, const char *name), void *context)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return -1;
    }
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0) {
            visit(context, item->d_name);
        }
    }
    closedir(folder);
    return 0;
}

/* ---- locks ---- */

static int open_lock(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor == -1 && (errno == EROFS || errno == EACCES)) {
        int error = errno;
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        errno = error; /* that it cannot be made says more than that it is missing */
    }
    return descriptor;
}

/* A high number, so that the program gets the descriptor numbers that it would get without the launcher. */
static int keep_through_exec(int descriptor)
{
    int kept = fcntl(descriptor, F_DUPFD, 200);
    if (kept == -1) {
        kept = fcntl(descriptor, F_DUPFD, 3);
    }
    close(descriptor);
    return kept;
}

file_handle lock_file(const char *path, enum lock lock, int inherited)
{
    int operation = lock == LOCK_SHARED ? LOCK_SH : lock == LOCK_ALONE ? LOCK_EX : LOCK_EX | LOCK_NB;
    for (;;) {
        struct stat held;
        struct stat named;
        int descriptor = open_lock(path);
        if (descriptor == -1) {
            return -1;
        }
        int result = flock(descriptor, operation);
        while (result != 0 && errno == EINTR) {
            result = flock(descriptor, operation);
        }
        if (result != 0) {
            int error = errno;
            close(descriptor);
            errno = error;
            return -1;
        }
        if (fstat(descriptor, &held) == 0 && lstat(path, &named) == 0 && held.st_ino == named.st_ino &&
            held.st_dev == named.st_dev) {
            return inherited ? keep_through_exec(descriptor) : descriptor;
        }
        close(descriptor); /* its holder removed it while we waited */
    }
}

void note_use(file_handle lock)
{
    struct stat status;
    time_t now = time(NULL);
    if (lock != -1 && fstat((int)lock, &status) == 0 && (status.st_mtime > now || now - status.st_mtime >= 60)) {
        (void)!futimens((int)lock, NULL);
    }
}

uint64_t time_of_use(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0
               ? (uint64_t)status.st_mtim.tv_sec * 1000 + (uint64_t)status.st_mtim.tv_nsec / 1000000
               : 0;
}
