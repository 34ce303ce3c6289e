/* A stub in the place of a library: whatever of it is called says what is `missing`, and ends the process. */
#include <unistd.h>

#define EXPORTED

static void end(void)
{
    (void)!write(2, missing, sizeof missing - 1);
    _exit(EXIT_DAMAGED);
}
