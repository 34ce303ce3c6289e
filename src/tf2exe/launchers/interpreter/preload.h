/* Loads native modules while the interpreter starts (posix/preload.c). */
#ifndef TF2EXE_PRELOAD_H
#define TF2EXE_PRELOAD_H

/* Starts the thread that loads them; `folder` is the program's folder. */
void start_preload(const char *folder);

#endif
