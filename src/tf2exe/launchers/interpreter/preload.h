/* Native modules that are loaded while the interpreter starts (posix/ahead.c). */
#ifndef TF2EXE_AHEAD_H
#define TF2EXE_AHEAD_H

/* Begins to load them; `folder` holds the executable. */
void load_ahead(const char *folder);

#endif
