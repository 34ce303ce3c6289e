/* The table of carried modules, and the reading of files.
 *
 * The table (written by tf2exe/module_table.py), all numbers little-endian:
 *     magic    8 bytes
 *     count    u32, then u32 of nothing
 *     entries  count times `struct entry`, sorted by name (bytes)
 *     texts, at the places that entries name
 */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

static const char magic[8] = "tf2exeM1";
static char *table;
static size_t table_size;
static const struct entry *entries;
static uint32_t count;

static int open_file(PyObject *path)
{
    int file = -1;
    if (PySys_Audit("open", "Osi", path, "rb", 0) == 0) { /* as Python does when it opens bytecode */
#ifdef _WIN32
        wchar_t *name = PyUnicode_AsWideCharString(path, NULL);
        file = name != NULL ? _wopen(name, _O_RDONLY | _O_BINARY | _O_NOINHERIT) : -1;
        PyMem_Free(name);
#else
        PyObject *name = PyUnicode_EncodeFSDefault(path);
        file = name != NULL ? open(PyBytes_AS_STRING(name), O_RDONLY | O_CLOEXEC) : -1;
        Py_XDECREF(name);
#endif
    }
    return file;
}

char *read_file(PyObject *path, size_t *size)
{
    int file = open_file(path);
    struct stat status;
    char *content = NULL;
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size > 0 && status.st_size <= INT32_MAX) {
        content = PyMem_Malloc((size_t)status.st_size);
        *size = (size_t)status.st_size;
    }
    for (size_t done = 0; content != NULL && done < *size;) {
        int got = (int)read(file, content + done, (unsigned)(*size - done));
        done += got > 0 ? (size_t)got : 0;
        if (got == 0 || (got < 0 && errno != EINTR)) {
            PyMem_Free(content);
            content = NULL;
        }
    }
    if (file >= 0) {
        close(file);
    }
    PyErr_Clear();
    return content;
}

/* Every number of the table against its size, so that a file that was cut off is told and not crashed on. */
static int check_table(void)
{
    if (table_size < 16 || memcmp(table, magic, sizeof magic) != 0) {
        return -1;
    }
    memcpy(&count, table + 8, sizeof count);
    entries = (const struct entry *)(table + 16);
    if (count > (table_size - 16) / sizeof *entries) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct entry *e = &entries[i];
        if ((uint64_t)e->name + e->name_size > table_size || (uint64_t)e->path + e->path_size > table_size ||
            e->folder_size > e->path_size || e->kind > NATIVE) {
            return -1;
        }
    }
    return 0;
}

const struct entry *find_entry(const char *name, size_t size)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct entry *e = &entries[middle];
        size_t common = size < e->name_size ? size : e->name_size;
        int order = memcmp(name, table + e->name, common);
        if (order == 0) {
            order = (size > e->name_size) - (size < e->name_size);
        }
        if (order == 0) {
            return e;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *entry_path(const struct entry *entry)
{
    return table + entry->path;
}

int read_table(PyObject *path)
{
    table = read_file(path, &table_size);
    return table != NULL ? check_table() : -1;
}
