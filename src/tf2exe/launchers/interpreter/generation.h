/* How often the program has started itself in a chain: see generation.c. */
#ifndef TF2EXE_GENERATION_H
#define TF2EXE_GENERATION_H

enum { LAST_GENERATION = 16 };

/* Counts this process in the environment, after `executable` is final. Returns its generation: 1 for a process that
 * no process of this executable started. A helper of multiprocessing has the generation of the process that started
 * it. */
int count_generation(int is_helper);

/* The environment variable that holds the count. */
const char *generation_variable(void);

#endif
