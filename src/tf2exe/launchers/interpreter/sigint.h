/* An interruption while the interpreter or Nuitka's runtime starts would show a traceback of their own modules, or
 * end in the middle of what cannot be undone: it waits, and ends the process without a word just before the
 * program's first line. From there on it is the program's affair (posix/interruption.c, windows/interruption.c). */
#ifndef TF2EXE_INTERRUPTION_H
#define TF2EXE_INTERRUPTION_H

/* Before the interpreter starts. */
void put_interruptions_off(void);

/* Once the interpreter has its own handler. */
void put_pythons_interruptions_off(void);

/* Just before the program's first line. Does nothing the second time. */
void take_interruptions(void);

/* Ends the process as one that was interrupted, or returns the exit code that says so. */
int end_interrupted(void);

#endif
