/* Installs a payload atomically: unpack to a temporary folder, then rename. */
#ifndef INSTALL_H
#define INSTALL_H

#include "prune.h"
#include "unpack.h"

/* Unpacks to a temporary folder next to the final one and renames it at the end. `is_locked`: this process holds the
 * unpack lock; otherwise others may install the same payload at the same time. UNPACK_DIFFERENT: the file system does
 * not keep the modes or times that the next start checks. */
struct unpack_result install(const struct cache_paths *paths, int is_locked, void (*tick)(void));

/* Whether the folder with the final name is unchanged since it was unpacked. */
int is_installed(const struct cache_paths *paths);

#endif
