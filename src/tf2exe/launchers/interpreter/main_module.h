/* The compiled application: see main_module.c. */
#ifndef TF2EXE_MAIN_MODULE_H
#define TF2EXE_MAIN_MODULE_H

/* Runs it and finalizes the interpreter. Returns the exit code. */
int run_main(void);

#endif
