/* The unpack lock: one process at a time unpacks into a program's folder or deletes there; the others wait. */
#ifndef UNPACK_LOCK_H
#define UNPACK_LOCK_H

#include "platform.h"

/* Locks the file at `path`. Waits for the holder as long as it has a heartbeat: a stopped holder (Ctrl-Z) must not block
 * other starts. Returns -1 after that (is_lock_held) and without support for locks (has_no_locks); the caller then
 * continues without the lock. Shows a message that begins with `name` while it waits. */
file_handle acquire_unpack_lock(const char *path, const char *name);

/* Updates the modification time of the held lock, at most once per second. Only for the thread that acquired it. */
void heartbeat(void);

void release_unpack_lock(file_handle lock);

/* Keeps the lock dirty after its release: something could not be deleted, and a later start tries again. */
void mark_dirty(void);

/* Acquires a dirty lock, whose last holder was killed or could not delete something. Returns -1 if the lock is clean or
 * held; does not wait. */
file_handle acquire_stale_lock(const char *path);

/* Acquires the shared lock that protects an unpacked folder from deletion, also while the program runs. -1: failed. */
file_handle acquire_use_lock(const char *path);

#endif
