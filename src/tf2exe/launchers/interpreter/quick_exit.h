/* A quick end of the process: see leave.c. */
#ifndef TF2EXE_LEAVE_H
#define TF2EXE_LEAVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Before the program begins: lets the process end quickly, once it is known how the program ended. */
void prepare_to_leave(void);

/* After the program ended: takes its exit code from the pending exception, which stays. */
void note_exit_code(void);

#endif
