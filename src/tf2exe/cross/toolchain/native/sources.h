/* Generated C sources as Unix reads them. */

/* If the argument names a C source: backslashes in its `#embed "..."` and `#include "..."` become slashes. */
void sources_for_unix(const char *argument);
