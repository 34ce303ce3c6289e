/* Checks that the paths in a payload stay inside the unpacked folder. */
#ifndef PATHS_H
#define PATHS_H

enum { LARGEST_PATH = 4000 };

/* Whether a path stays inside the folder: relative, without empty, "." or ".." components, and without characters that
 * are separators or drives on Windows. */
int stays_inside(const char *path);

/* Whether a link at `path` to `target` stays inside the folder, judged by its text. */
int link_stays_inside(const char *path, const char *target);

#endif
