/* The paths of the program, and its environment (posix/program_path.c, windows/program_path.c). */
#ifndef TF2EXE_PROGRAM_PATH_H
#define TF2EXE_PROGRAM_PATH_H

#include <stddef.h>
#include <wchar.h>

enum { PATH_CHARACTERS = 32768 };

extern wchar_t executable[PATH_CHARACTERS]; /* the file that the user started: the onefile, or this one */
extern wchar_t root[PATH_CHARACTERS];       /* the folder of this file, without a trailing separator */

/* Sets both to the path of this file; the caller truncates `root`. -1: the system does not report it. */
int find_program(void);

/* The program's folder as bytes (POSIX only). */
const char *program_folder(void);

/* Whether a file exists in the program's folder. `relative` has slashes. */
int file_exists(const char *relative);

/* Environment variables with ASCII names and values. read_variable returns -1 if it is unset or longer than `size`. */
int read_variable(const char *name, char *value, size_t size);
void set_variable(const char *name, const char *value);

/* The ID of this process. */
long process_number(void);

/* If a onefile started this program, its path becomes `executable`. Sets and clears the environment variables for that. */
void adopt_onefile_path(void);

#endif
