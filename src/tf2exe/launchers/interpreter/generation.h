/* Counts how often the program has started itself in a chain; see generation.c. */
#ifndef TF2EXE_GENERATION_H
#define TF2EXE_GENERATION_H

enum { LAST_GENERATION = 16 };

/* Counts this process in the environment; call when `executable` is final. Returns its generation, which is 1 unless a
 * process of this executable started it. A helper of multiprocessing has the generation of the process that starts
 * it. */
int count_generation(int is_helper);

/* The environment variable that holds the count. */
const char *generation_variable(void);

#endif
