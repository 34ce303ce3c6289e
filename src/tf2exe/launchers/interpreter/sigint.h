/* Defers Ctrl-C while the interpreter and Nuitka's runtime start, where it would print a traceback of their modules or
 * leave them half initialized. A deferred SIGINT ends the process silently just before the first line of the program;
 * from then on the program handles it (posix/sigint.c, windows/sigint.c). */
#ifndef TF2EXE_SIGINT_H
#define TF2EXE_SIGINT_H

/* Call before the interpreter starts. */
void defer_sigint(void);

/* Call when the interpreter has installed its handler. */
void defer_python_sigint(void);

/* Call just before the first line of the program. The second call does nothing. */
void deliver_sigint(void);

/* Ends the process by SIGINT, or returns the exit code for it. */
int exit_by_sigint(void);

#endif
