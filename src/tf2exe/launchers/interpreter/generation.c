/* Stops a program that starts itself without end.
 *
 * Inside an executable `sys.executable` is the program. A program that starts `sys.executable` to run Python code
 * starts itself, and so does that process, until the machine runs out of memory. Each executable therefore counts its
 * generations in an environment variable, TF2EXE_GENERATION_ with a hash of the executable's path. Its value is
 * "COUNT:PROCESS", where PROCESS is the ID of the process that wrote it. A process that finds its own ID was started by
 * exec and is not a new generation: the number of such restarts is not limited.
 */
#include "generation.h"

#include "program_path.h"

#include <stdint.h>
#include <stdio.h>

enum { LARGEST_COUNT = 9999, VALUE_SIZE = 48 };

const char *generation_variable(void)
{
    static char name[32];
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (const wchar_t *character = executable; *character; character++) {
        hash = (hash ^ (uint32_t)*character) * 16777619U;
    }
    snprintf(name, sizeof name, "TF2EXE_GENERATION_%08lX", (unsigned long)hash);
    return name;
}

/* Reads digits and moves `text` after them; -1 if there are none, or if the number is too large. */
static long read_digits(const char **text, long largest)
{
    long number = **text >= '0' && **text <= '9' ? 0 : -1;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        if (number > (largest - (**text - '0')) / 10) {
            return -1;
        }
        number = number * 10 + (**text - '0');
    }
    return number;
}

/* Ignores a value that this file did not write. */
static int read_count(const char *value, long *process)
{
    long count = read_digits(&value, LARGEST_COUNT);
    *process = 0;
    if (count >= 0 && *value == ':') {
        value++;
        *process = read_digits(&value, INT32_MAX);
    }
    return count < 0 || *process < 0 || *value ? 0 : (int)count;
}

int count_generation(int is_helper)
{
    const char *name = generation_variable();
    char value[VALUE_SIZE];
    long process = 0;
    int generation = read_variable(name, value, sizeof value) == 0 ? read_count(value, &process) : 0;
    if (generation < 1 || (!is_helper && process != process_number())) {
        generation++;
    }
    snprintf(value, sizeof value, "%d:%ld", generation, process_number());
    set_variable(name, value);
    return generation;
}
