/* What the launcher needs of the system, one implementation in posix.c and one in windows.c.
 *
 * Texts are bytes: as they are on POSIX, UTF-8 on Windows. Paths in the payload have slashes. Functions that
 * can fail give 0 or -1, and last_error() tells why.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define SEPARATOR '\\'
#else
#define SEPARATOR '/'
#endif

typedef intptr_t file_handle; /* -1 is none */

enum {
    PATH_SIZE = 8192,      /* of every buffer for a path */
    CANDIDATES = 6,        /* cache folders that are tried */
    LARGEST_CREW = 8,      /* threads: each holds one chunk, stored and raw */
    STAMP = 1000000000     /* time of change of every unpacked file: seconds since 1970, even for FAT's sake */
};

struct folder {
    char path[PATH_SIZE];
    file_handle handle; /* POSIX only: files are reached relative to it, which halves the cost of a check */
};

enum trust { TRUSTED, MISSING, NOT_A_FOLDER, FOREIGN, OPEN_TO_OTHERS };

/* errors */
long last_error(void);
void set_last_error(long error);
long out_of_memory_error(void);
long full_error(void);
const char *describe_error(long error);
int is_full(long error);    /* no space, or no quota */
int is_missing(long error); /* no such file or folder */
int has_no_locks(long error); /* the file system knows no locks */

/* the process */
void ready_process(void);
file_handle open_self(const char *argument, char path[PATH_SIZE]);
const char *environment(const char *name); /* NULL when unset or empty */
int start_program(const char *path, char **arguments, const char *self, int *code);
int processors(void);
uint64_t milliseconds(void);
uint64_t process_number(void);
int error_stream_is_terminal(void);
int crew(int size, void (*work)(void *), void *context, void (*tick)(void *));
void watch_interrupts(void);
int interrupted(void);
void pass_interrupt_on(void);

/* files that are read and written */
int file_size(file_handle file, uint64_t *size);
int read_at(file_handle file, void *bytes, size_t size, uint64_t offset);
int write_at(file_handle file, const void *bytes, size_t size, uint64_t offset);
void close_file(file_handle file);

/* inside an unpacked folder */
int open_folder(struct folder *folder, const char *path);
void close_folder(struct folder *folder);
int make_inside(const struct folder *folder, const char *relative);
file_handle create_inside(const struct folder *folder, const char *relative, int executable);
int link_inside(const struct folder *folder, const char *relative, const char *target);
int stamp_inside(const struct folder *folder, const char *relative);
int file_is_intact(const struct folder *folder, const char *relative, uint64_t size, int executable);
int folder_is_intact(const struct folder *folder, const char *relative);
int link_is_intact(const struct folder *folder, const char *relative, const char *target);

/* the cache */
int cache_candidates(char paths[CANDIDATES][PATH_SIZE]);
enum trust look_at_folder(const char *path);
int make_folder(const char *path, int parents);
int forbids_execution(const char *path);
uint64_t free_bytes(const char *path);
int rename_path(const char *from, const char *to);
int remove_file(const char *path);
int remove_tree(const char *path);
int list_folder(const char *path, void (*visit)(void *context, const char *name), void *context);

/* locks: on files that may be removed by their holder, so that a lock counts only while its file is still
 * the one at the path. `inherited` keeps the lock for as long as the started program lives. */
enum lock { LOCK_SHARED, LOCK_ALONE, LOCK_ALONE_NOW };
file_handle lock_file(const char *path, enum lock lock, int inherited);
void note_use(file_handle lock);         /* its file's time of change becomes now, unless it is of this minute */
uint64_t time_of_use(const char *path); /* in milliseconds since some moment; 0 without such a file */

#endif
