/* The paths in a payload, which must lead nowhere outside the unpacked folder. */
#ifndef PATHS_H
#define PATHS_H

enum { LARGEST_PATH = 4000 };

/* Whether a path stays inside the folder: relative, no empty, "." or ".." component, and nothing that Windows
 * takes for a separator or a drive. */
int stays_inside(const char *path);

/* Whether a link at `path` to `target` leads to something inside the folder, by its text alone. */
int leads_inside(const char *path, const char *target);

#endif
