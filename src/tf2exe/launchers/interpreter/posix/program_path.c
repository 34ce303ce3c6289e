#include "../program_path.h"

#include <Python.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Both paths as bytes for system calls: nothing can encode them before the interpreter runs. */
static char executable_bytes[PATH_CHARACTERS];
static char root_bytes[PATH_CHARACTERS];

static int decode(const char *bytes, wchar_t *characters)
{
    /* Decodes like os.fsdecode. */
    size_t length = 0;
    wchar_t *decoded = Py_DecodeLocale(bytes, &length);
    int fits = decoded != NULL && length < PATH_CHARACTERS;
    if (fits) {
        wcscpy(characters, decoded);
    }
    PyMem_RawFree(decoded);
    return fits ? 0 : -1;
}

int find_program(void)
{
    /* Also works without /proc (interposed/readlink.c). */
    ssize_t length = readlink("/proc/self/exe", executable_bytes, sizeof executable_bytes - 1);
    if (length <= 0) {
        return -1;
    }
    executable_bytes[length] = '\0';
    strcpy(root_bytes, executable_bytes);
    char *last = strrchr(root_bytes, '/');
    if (last == NULL || decode(executable_bytes, executable) != 0) {
        return -1;
    }
    *last = '\0';
    wcscpy(root, executable);
    return 0;
}

const char *program_folder(void)
{
    return root_bytes;
}

int file_exists(const char *relative)
{
    static char path[PATH_CHARACTERS * 2];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", root_bytes, relative);
    return stat(path, &status) == 0;
}

int read_variable(const char *name, char *value, size_t size)
{
    const char *found = getenv(name);
    if (found == NULL || strlen(found) >= size) {
        return -1;
    }
    strcpy(value, found);
    return 0;
}

void set_variable(const char *name, const char *value)
{
    setenv(name, value, 1);
}

long process_number(void)
{
    return (long)getpid();
}

/* The onefile launcher became this process by exec, so the process ID in the variable is this one. A variable that was
 * inherited from another program has another ID. */
void adopt_onefile_path(void)
{
    const char *value = getenv("TF2EXE_ONEFILE");
    if (value != NULL) {
        char *end = NULL;
        long process = strtol(value, &end, 10);
        if (end != NULL && *end == ':' && process == (long)getpid() && strlen(end + 1) < sizeof executable_bytes &&
            decode(end + 1, executable) == 0) {
            strcpy(executable_bytes, end + 1);
        }
        unsetenv("TF2EXE_ONEFILE");
    }
    unsetenv("TF2EXE_CONVERTED"); /* converted models of a build, for Python only */
    setenv("TF2EXE_EXECUTABLE", executable_bytes, 1);
}
