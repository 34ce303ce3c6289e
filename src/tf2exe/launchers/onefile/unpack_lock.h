/* Taking turns: one process at a time unpacks into a program's folder or deletes there, and the others wait. */
#ifndef TURN_H
#define TURN_H

#include "platform.h"

/* The lock at `path`. Waits for its holder as long as that one shows life: one that was stopped (Ctrl-Z) must not
 * stop all others. Gives -1 for that, too (is_held), and where there are no locks (has_no_locks): the caller then
 * goes on without being alone. Tells a waiting user of `name` why he waits. */
file_handle take_turn(const char *path, const char *name);

/* To be called often by who has the turn. Other threads must not. */
void show_life(void);

void end_turn(file_handle turn);

/* What has to be deleted could not be: a later start tries again. */
void leave_undone(void);

/* The turn, at once or not at all (-1), where the last one that had it was killed before it ended it, or left
 * something undone. */
file_handle take_abandoned_turn(const char *path);

/* The lock that keeps an unpacked folder from being deleted, also while the program runs. -1: there is none. */
file_handle hold(const char *path);

#endif
