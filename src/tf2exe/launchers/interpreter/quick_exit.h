/* Ends the process without finalizing the interpreter: see quick_exit.c. */
#ifndef TF2EXE_QUICK_EXIT_H
#define TF2EXE_QUICK_EXIT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Call before the program starts: registers the `atexit` function that ends the process. */
void register_quick_exit(void);

/* Call after the program has ended: derives its exit code from the pending exception, which stays set. */
void set_exit_code(void);

#endif
