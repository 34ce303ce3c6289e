/* Where the program is: its folder, and the file that the user started (posix/place.c, windows/place.c). */
#ifndef TF2EXE_PLACE_H
#define TF2EXE_PLACE_H

#include <stddef.h>
#include <wchar.h>

enum { PATH_CHARACTERS = 32768 };

extern wchar_t executable[PATH_CHARACTERS]; /* what the user started: the onefile, or this file */
extern wchar_t root[PATH_CHARACTERS];       /* the folder of this file, without a trailing separator */

/* Sets both to the path of this file; the caller cuts `root`. -1: the system does not tell. */
int find_self(void);

/* The folder as the system wants it (POSIX alone). */
const char *own_folder(void);

/* Whether the folder holds it. `relative` has slashes. */
int file_exists(const char *relative);

/* A variable of the environment, whose name and value are ASCII. Reading gives -1 where it is unset or longer. */
int read_variable(const char *name, char *value, size_t size);
void set_variable(const char *name, const char *value);

/* The number of this process. */
long process_number(void);

/* Makes a onefile, if one started this program, the executable; sets and clears the variables between the two. */
void adopt_onefile_path(void);

#endif
