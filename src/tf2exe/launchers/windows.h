/* The system as Windows has it; see system.h.
 *
 * Texts are UTF-8 in the launcher and UTF-16 at each call. The folders of the cache are made for the user, the system
 * and administrators alone; what is checked is that they are no reparse points, that the user owns them, and that no
 * crowd (everybody, all users) may write to them. The launcher stays as the parent of the program, and so keeps the
 * lock by itself.
 */
#ifndef WINDOWS_H
#define WINDOWS_H

#define WIN32_LEAN_AND_MEAN
#include "onefile/platform.h"

#include <windows.h>

enum { RETRIES = 40, RETRY_MILLISECONDS = 50, LONGEST_PLAIN = 240 };

#define ANY_SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* UTF-8; 0, or -1 when it does not fit. */
int narrow(const wchar_t *wide, char *text, int size);

/* A path for the system: backslashes, and the prefix that lifts the limit of 260 characters where needed. */
const wchar_t *widen(const char *path, wchar_t wide[PATH_SIZE]);

/* Whether the last error may pass: others, virus scanners most of all, hold new files for a moment. */
int is_passing(void);

OVERLAPPED at(uint64_t offset);
uint64_t as_milliseconds(FILETIME time);
enum trust look_at_wide(const wchar_t *path);

/* Whether a folder is the user's (or administrators'), and not open to a crowd. */
enum trust look_at_owner(const wchar_t *path);

/* Makes a folder for the user, the system and administrators alone; 0 also where something has its name. */
int make_own_folder(const wchar_t *path);

#endif
