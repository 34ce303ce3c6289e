/* What the Windows files of the launchers share; see onefile/platform.h.
 *
 * Texts are UTF-8 in the launcher and UTF-16 at each call of the system. Only the user, the system and administrators
 * have access to the folders of the cache. The launcher checks that they are not reparse points, that the user owns them,
 * and that no broad group (Everyone, Users) may write to them. The launcher waits as the parent of the program, and holds
 * the use lock itself.
 */
#ifndef WINDOWS_H
#define WINDOWS_H

#define WIN32_LEAN_AND_MEAN
#include "onefile/platform.h"

#include <windows.h>

enum { RETRIES = 40, RETRY_MILLISECONDS = 50, MAX_PLAIN_PATH = 240 };

#define ANY_SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* Converts UTF-16 to UTF-8; -1 if it does not fit. */
int narrow(const wchar_t *wide, char *text, int size);

/* Converts a path to UTF-16 with backslashes, and with the prefix for paths of more than 260 characters if needed. */
const wchar_t *widen(const char *path, wchar_t wide[PATH_SIZE]);

/* Whether the last error may be temporary: virus scanners, for instance, open new files for a moment. */
int is_transient_error(void);

OVERLAPPED overlapped_at(uint64_t offset);
uint64_t as_milliseconds(FILETIME time);
enum trust wide_folder_trust(const wchar_t *path);

/* Checks that the user or the administrators own a folder, and that no broad group may write to it. */
enum trust owner_trust(const wchar_t *path);

/* Creates a folder for the user, the system and administrators only; 0 also if the path exists. */
int create_private_folder(const wchar_t *path);

#endif
