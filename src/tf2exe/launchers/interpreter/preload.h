/* Native modules that are loaded while the interpreter starts (posix/preload.c). */
#ifndef TF2EXE_PRELOAD_H
#define TF2EXE_PRELOAD_H

/* Begins to load them; `folder` holds the executable. */
void preload(const char *folder);

#endif
