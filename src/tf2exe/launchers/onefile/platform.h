/* The platform layer of the launcher. posix/ and windows/ implement it, with a file per section below.
 *
 * Texts are bytes: unchanged on POSIX, UTF-8 on Windows. Paths in the payload have slashes. Functions that can fail
 * return 0 or -1; last_error() then returns the reason.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define SEPARATOR '\\'
#else
#define SEPARATOR '/'
#endif

typedef intptr_t file_handle; /* -1: none */

enum {
    PATH_SIZE = 8192,            /* of every buffer for a path */
    CANDIDATES = 6,              /* maximum number of cache folders */
    MAX_THREADS = 8,             /* each of them holds one chunk, stored and raw */
    UNPACKED_MTIME = 1000000000, /* of every unpacked file, in seconds since 1970; even, because FAT stores even seconds */
    PROCESS_NAME_SIZE = 40
};

/* ---- errors ---- */

long last_error(void);
void set_last_error(long error);
long out_of_memory_error(void);
long full_error(void);
const char *describe_error(long error);
int is_full(long error);      /* no space, or no quota */
int is_missing(long error);   /* no such file or folder */
int is_lock_held(long error);      /* another process holds the lock */
int has_no_locks(long error); /* the file system does not support locks */

/* ---- process ---- */

void prepare_process(void);
file_handle open_self(const char *argument, char path[PATH_SIZE]);
const char *environment_value(const char *name); /* NULL if unset or empty */
int start_program(const char *path, char **arguments, const char *self, int *code);
uint64_t milliseconds(void);
void wait_milliseconds(int count);
int error_stream_is_terminal(void);
void show_error(const char *line); /* on standard error, or in a message box if a windowed program has none */

/* A name of this process (letters, digits and "-") that is unique among the machines that share a cache folder. */
void name_process(char name[PROCESS_NAME_SIZE]);

/* Whether the process of that name has ended; -1: it runs on another machine. */
int process_has_ended(const char *name);

/* ---- memory ---- */

uint8_t *allocate_large(size_t size); /* NULL: out of memory */
void free_large(uint8_t *memory);

/* ---- threads ---- */

int processor_count(void);
void run_threads(int size, void (*work)(void *), void *context, void (*tick)(void *));
void catch_interrupts(void);
int interrupted(void);
void reraise_interrupt(void);

/* ---- files, also relative to an unpacked folder ---- */

struct folder {
    char path[PATH_SIZE];
    file_handle handle; /* POSIX only: base of relative paths, which halves the time of a check */
    long owner;         /* POSIX only: the user ID */
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
int set_mtime_inside(const struct folder *folder, const char *relative);
int file_is_intact(const struct folder *folder, const char *relative, uint64_t size, int executable);
int folder_is_intact(const struct folder *folder, const char *relative);
int link_is_intact(const struct folder *folder, const char *relative, const char *target);

/* ---- cache ---- */

struct candidate {
    char path[PATH_SIZE];
    int chosen; /* with TF2EXE_CACHE_DIR */
};

enum trust { TRUSTED, MISSING, NOT_A_FOLDER, OWNED_BY_OTHER, WRITABLE_BY_OTHERS, REPLACEABLE };

int cache_candidates(struct candidate candidates[CANDIDATES]);
enum trust folder_trust(const char *path);
enum trust parent_trust(const char *path); /* REPLACEABLE: others may rename a folder above it */
int path_is_too_long(size_t length);            /* for the system; without the final zero */
int make_folder(const char *path, int parents);
int forbids_execution(const char *path);
uint64_t free_bytes(const char *path);

/* ---- tree ---- */

int rename_path(const char *from, const char *to);
int exchange_paths(const char *one, const char *other); /* in one step; -1 also if the system cannot do that */
int remove_file(const char *path);
int remove_folder(const char *path); /* must be empty */
int remove_tree(const char *path, void (*tick)(void));
int list_folder(const char *path, void (*visit)(void *context, const char *name), void *context);
uint64_t count_tree(const char *path); /* all files, folders and links in it */

/* ---- locks ----
 * The holder may delete the file of its lock, so a lock is valid only while its file is still at the path. `inherited`:
 * the started program keeps the lock. No function waits. */

enum lock { SHARED_LOCK, EXCLUSIVE_LOCK };

file_handle lock_file(const char *path, enum lock lock, int inherited);
void touch(file_handle file);                       /* sets the modification time to now */
void set_dirty_flag(file_handle lock, int is_dirty); /* stored in the file, so that it outlives a killed process */
int has_dirty_flag(const char *path);
uint64_t modified_at(const char *path);      /* modification time in milliseconds; 0 if there is no such file */
uint64_t modified_ago(file_handle file);     /* milliseconds since then; huge if it is in the future */

#endif
