/* Carried modules: the table of them, their loader, and what finds them (module_table.c, loader.c, finder.c). */
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
    uint16_t name_size, path_size, folder_size;
    uint16_t kind;
};

/* Lets the interpreter find the modules that the table in the file `path` names, below the folder `root`.
 * Returns -1 with a Python exception set, or 0. */
int use_module_table(const wchar_t *path, const wchar_t *root);

/* Reads the table; -1: it is missing or damaged. */
int read_table(PyObject *path);
const struct entry *find_entry(const char *name, size_t size);
const char *entry_path(const struct entry *entry); /* no zero at its end */

/* A whole file; NULL where it cannot be read, or is empty. The caller frees it by PyMem_Free. */
char *read_file(PyObject *path, size_t *size);

/* Makes the type of loaders; NULL with an exception set. */
PyObject *make_loader_type(void);
PyObject *bytecode_path(PyObject *path);
PyObject *attribute_of(const char *module, const char *name);

#endif
