/* Bundled modules: their index (module_index.c), loader (loader.c) and finder (finder.c). */
#ifndef TF2EXE_MODULES_H
#define TF2EXE_MODULES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#ifdef _WIN32
#define PATH_SEPARATOR '\\'
#else
#define PATH_SEPARATOR '/'
#endif

enum kind { MODULE = 0, PACKAGE = 1, NATIVE = 2 };

/* A module of the index. The first folder_size bytes of its path are the folder that must be on the search path. */
struct entry {
    uint32_t name, path;
    uint32_t code, code_size; /* in the archive; size 0: no code */
    uint16_t name_size, path_size, folder_size;
    uint16_t kind, archive;
    uint16_t unused;
};

/* Installs the finder for the modules of the index in the file `path`; `root` is the program's folder.
 * Returns 0, or -1 with a Python exception set. */
int install_finder(const wchar_t *path, const wchar_t *root);

/* Reads the index, whose paths are relative to `root`; -1: it is missing or damaged. */
int read_module_index(PyObject *path, PyObject *root);
const struct entry *find_entry(const char *name, size_t size);

/* The first `size` bytes of an entry's path as an absolute path; NULL with an exception set. */
PyObject *full_path(const struct entry *entry, size_t size);

/* The marshalled code of a module; NULL: its archive cannot be read. */
const char *find_bytecode(const struct entry *entry);

/* Releases the memory of archives that were used since the last call. */
void release_archives(void);

/* Maps a file read-only and never unmaps it; NULL: it cannot be read, or is empty
 * (posix/mapping.c, windows/mapping.c). */
const char *map_file(PyObject *path, size_t *size);

/* Lets the system drop these pages of a mapped file. */
void release_pages(const char *content, size_t size);

/* Creates the loader type; NULL with an exception set. */
PyObject *make_loader_type(void);
PyObject *bytecode_path(PyObject *path);

PyObject *attribute_of(const char *module, const char *name);

#endif
