/* Carried modules: the table of them, their loaders, and what finds them (module_table.c, loader.c,
 * finder.c). */
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

/* A module in the table. The folder that the search path must name is the beginning of its path. */
struct entry {
    uint32_t name, path;
    uint32_t code, code_size; /* in the bundle; 0: it has no code there */
    uint16_t name_size, path_size, folder_size;
    uint16_t kind, bundle;
    uint16_t unused;
};

/* Lets the interpreter find the modules that the table in the file `path` names, below the folder `root`.
 * Returns -1 with a Python exception set, or 0. */
int use_module_table(const wchar_t *path, const wchar_t *root);

/* Reads the table, whose files are below the folder `root`; -1: it is missing or damaged. */
int read_table(PyObject *path, PyObject *root);
const struct entry *find_entry(const char *name, size_t size);

/* The first bytes of an entry's path as Python writes it, with the system's separators; NULL with an exception set. */
PyObject *full_path(const struct entry *entry, size_t size);

/* The code of a module as it is marshalled; NULL: its bundle cannot be read. */
const char *stored_code(const struct entry *entry);

/* Gives back the memory that bundles took since the last time. */
void release_bundles(void);

/* A whole file in memory, read only and never given back; NULL where it cannot be read, or is empty
 * (posix/mapping.c, windows/mapping.c). */
const char *map_file(PyObject *path, size_t *size);

/* Tells the system that the process does not need these bytes of a mapped file for now. */
void release_pages(const char *content, size_t size);

/* Makes the type of loaders; NULL with an exception set. */
PyObject *make_loader_type(void);
PyObject *bytecode_path(PyObject *path);

PyObject *attribute_of(const char *module, const char *name);

#endif
