/* What the launcher needs of the system: implemented in posix/ and in windows/, in files of the names of the
 * headings below.
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
    STAMP = 1000000000,    /* time of change of every unpacked file: seconds since 1970, even for FAT's sake */
    PROCESS_NAME_SIZE = 40 /* of the text that names a process */
};

/* ---- errors ---- */

long last_error(void);
void set_last_error(long error);
long out_of_memory_error(void);
long full_error(void);
const char *describe_error(long error);
int is_full(long error);      /* no space, or no quota */
int is_missing(long error);   /* no such file or folder */
int is_held(long error);      /* another process has the lock */
int has_no_locks(long error); /* the file system knows no locks */

/* ---- process ---- */

void ready_process(void);
file_handle open_self(const char *argument, char path[PATH_SIZE]);
const char *environment(const char *name); /* NULL when unset or empty */
int start_program(const char *path, char **arguments, const char *self, int *code);
uint64_t milliseconds(void);
void wait_milliseconds(int count);
int error_stream_is_terminal(void);
void say(const char *line); /* on standard error; where a windowed program has none, in a message */

/* A text of letters, digits and "-" that names this process among those of all machines that may share a cache
 * folder; and whether it names a process of this machine that has ended, or (-1) of another one. */
void name_process(char name[PROCESS_NAME_SIZE]);
int process_has_ended(const char *name);

/* ---- memory ---- */

uint8_t *allocate_large(size_t size); /* NULL: there is none */
void free_large(uint8_t *memory);

/* ---- crew ---- */

int processors(void);
void crew(int size, void (*work)(void *), void *context, void (*tick)(void *));
void watch_interrupts(void);
int interrupted(void);
void pass_interrupt_on(void);

/* ---- files: as such, and inside an unpacked folder ---- */

struct folder {
    char path[PATH_SIZE];
    file_handle handle; /* POSIX only: files are reached relative to it, which halves the cost of a check */
    long owner;         /* POSIX only: the user */
};

int file_size(file_handle file, uint64_t *size);
int read_at(file_handle file, void *bytes, size_t size, uint64_t offset);
int write_at(file_handle file, const void *bytes, size_t size, uint64_t offset);
void close_file(file_handle file);

int open_folder(struct folder *folder, const char *path);
void close_folder(struct folder *folder);
int make_inside(const struct folder *folder, const char *relative);
file_handle create_inside(const struct folder *folder, const char *relative, int executable);
file_handle open_inside(const struct folder *folder, const char *relative);
int link_inside(const struct folder *folder, const char *relative, const char *target);
int stamp_inside(const struct folder *folder, const char *relative);
int file_is_intact(const struct folder *folder, const char *relative, uint64_t size, int executable);
int folder_is_intact(const struct folder *folder, const char *relative);
int link_is_intact(const struct folder *folder, const char *relative, const char *target);

/* ---- cache ---- */

struct candidate {
    char path[PATH_SIZE];
    int chosen; /* by TF2EXE_CACHE_DIR */
};

enum trust { TRUSTED, MISSING, NOT_A_FOLDER, FOREIGN, OPEN_TO_OTHERS, REPLACEABLE };

int cache_candidates(struct candidate candidates[CANDIDATES]);
enum trust look_at_folder(const char *path);
enum trust look_above_folder(const char *path); /* REPLACEABLE when others may rename what leads to it */
int path_is_too_long(size_t length);            /* for the system, the ending zero not counted */
int make_folder(const char *path, int parents);
int forbids_execution(const char *path);
uint64_t free_bytes(const char *path);

/* ---- tree ---- */

int rename_path(const char *from, const char *to);
int exchange_paths(const char *one, const char *other); /* in one step; -1 also where the system cannot */
int remove_file(const char *path);
int remove_folder(const char *path); /* an empty one */
int remove_tree(const char *path, void (*tick)(void));
int list_folder(const char *path, void (*visit)(void *context, const char *name), void *context);
uint64_t count_tree(const char *path); /* all files, folders and links beneath */

/* ---- locks ----
 * On files that may be removed by their holder, so that a lock counts only while its file is still the one at
 * the path. `inherited` keeps the lock for as long as the started program lives. None of them waits. */

enum lock { LOCK_SHARED, LOCK_ALONE };

file_handle lock_file(const char *path, enum lock lock, int inherited);
void touch(file_handle file);           /* its time of change becomes now */
void mark(file_handle lock, int marked); /* a note in a lock's file, which outlives a process that is killed */
int is_marked(const char *path);
uint64_t time_of_use(const char *path); /* when it was changed last, in milliseconds; 0 without such a file */
uint64_t age_of_use(file_handle file);  /* the milliseconds since; huge when that lies in the future */

#endif
