/* Finds bundled modules in the module index, without searching folders.
 *
 * For each import Python searches the folders of sys.path, with several system calls per folder, and mostly in Python
 * code. The bundled modules are known when the executable is built, so an index maps each module to its file.
 *
 * The finder on `sys.meta_path` comes after those for built-in and frozen modules. It returns the same specs as Python's
 * PathFinder: same paths, equivalent loaders, same attributes. It does so only if every earlier folder of the search path
 * is known not to contain the module. It leaves everything else, such as folders that the program adds, to the
 * PathFinder, which comes next.
 */
#include "modules.h"

#include <string.h>

static PyObject *root_path, *root_entries, *root_time; /* the program's folder, its entries, its modification time */
static PyObject *bundled_folders;                      /* folders of the search path that never change */
static PyObject *module_spec, *loader_type, *native_loader, *os_stat, *os_listdir;

static int is_same_text(PyObject *one, PyObject *other)
{
    return one == other || (PyUnicode_Check(one) && PyUnicode_Compare(one, other) == 0);
}

/* Whether an entry of the program's folder may be a module of this name. Users may add modules there. */
static int is_in_root(PyObject *name)
{
    PyObject *status = PyObject_CallOneArg(os_stat, root_path);
    PyObject *time = status != NULL ? PyObject_GetAttrString(status, "st_mtime_ns") : NULL;
    Py_XDECREF(status);
    int known = time != NULL && root_time != NULL ? PyObject_RichCompareBool(time, root_time, Py_EQ) : 0;
    if (time == NULL || known < 0) {
        PyErr_Clear();
        Py_XDECREF(time);
        return 1;
    }
    if (!known) {
        PyObject *names = PyObject_CallOneArg(os_listdir, root_path);
        if (names == NULL) {
            PyErr_Clear();
            Py_DECREF(time);
            return 1;
        }
        Py_XSETREF(root_entries, names);
        Py_XSETREF(root_time, Py_NewRef(time));
    }
    Py_DECREF(time);
    Py_ssize_t size = PyUnicode_GET_LENGTH(name);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(root_entries); i++) {
        PyObject *entry = PyList_GET_ITEM(root_entries, i);
        Py_ssize_t length = PyUnicode_GET_LENGTH(entry);
        if (length >= size && PyUnicode_Tailmatch(entry, name, 0, size, -1) == 1 &&
            (length == size || PyUnicode_READ_CHAR(entry, size) == '.')) {
            return 1;
        }
    }
    return 0;
}

/* Whether the entry's folder is the first of the search path that may contain the module. */
static int comes_first(PyObject *folders, PyObject *folder, PyObject *name, int is_top)
{
    PyObject *sequence = PySequence_Fast(folders, "the search path is not a sequence");
    int found = 0;
    for (Py_ssize_t i = 0; sequence != NULL && i < PySequence_Fast_GET_SIZE(sequence) && !found; i++) {
        PyObject *one = PySequence_Fast_GET_ITEM(sequence, i);
        if (is_same_text(one, folder)) {
            found = 1;
        } else if (!is_top || !PyUnicode_Check(one)) {
            break;
        } else if (is_same_text(one, root_path) ? is_in_root(name) : PySequence_Contains(bundled_folders, one) != 1) {
            break;
        }
    }
    Py_XDECREF(sequence);
    PyErr_Clear();
    return found;
}

static int set_locations(PyObject *spec, const struct entry *e, PyObject *path)
{
    if (e->kind == NATIVE) {
        return 0;
    }
    PyObject *cached = bytecode_path(path);
    int failed = cached == NULL || PyObject_SetAttrString(spec, "_cached", cached) < 0;
    Py_XDECREF(cached);
    if (!failed && e->kind == PACKAGE) {
        Py_ssize_t size = PyUnicode_GET_LENGTH(path) - (Py_ssize_t)strlen("/__init__.py");
        PyObject *folder = PyUnicode_Substring(path, 0, size);
        PyObject *locations = folder != NULL ? Py_BuildValue("[O]", folder) : NULL;
        failed = locations == NULL || PyObject_SetAttrString(spec, "submodule_search_locations", locations) < 0;
        Py_XDECREF(locations);
        Py_XDECREF(folder);
    }
    return failed ? -1 : 0;
}

/* A `ModuleSpec` with the attributes that PathFinder sets. */
static PyObject *make_spec(const struct entry *e, PyObject *name)
{
    PyObject *path = full_path(e, e->path_size);
    PyObject *type = e->kind == NATIVE ? native_loader : loader_type;
    PyObject *loader = path != NULL ? PyObject_CallFunctionObjArgs(type, name, path, NULL) : NULL;
    PyObject *spec = loader != NULL ? PyObject_CallFunctionObjArgs(module_spec, name, loader, NULL) : NULL;
    if (spec != NULL &&
        (PyObject_SetAttrString(spec, "origin", path) < 0 ||
         PyObject_SetAttrString(spec, "_set_fileattr", Py_True) < 0 || set_locations(spec, e, path) < 0)) {
        Py_CLEAR(spec);
    }
    Py_XDECREF(path);
    Py_XDECREF(loader);
    return spec;
}

static PyObject *find_spec(PyObject *self, PyObject *const *arguments, Py_ssize_t number)
{
    (void)self;
    Py_ssize_t size = 0;
    const char *text = number > 0 ? PyUnicode_AsUTF8AndSize(arguments[0], &size) : NULL;
    const struct entry *e = text != NULL ? find_entry(text, (size_t)size) : NULL;
    PyErr_Clear();
    if (e == NULL) {
        Py_RETURN_NONE;
    }
    int is_top = number < 2 || arguments[1] == Py_None;
    PyObject *folders = is_top ? PySys_GetObject("path") : arguments[1];
    PyObject *folder = full_path(e, e->folder_size);
    PyObject *spec = NULL;
    if (folder != NULL && folders != NULL) {
        spec = comes_first(folders, folder, arguments[0], is_top) ? make_spec(e, arguments[0]) : Py_NewRef(Py_None);
    }
    Py_XDECREF(folder);
    return spec;
}

static PyMethodDef finder_methods[] = {
    {"find_spec", (PyCFunction)(void (*)(void))find_spec, METH_FASTCALL | METH_STATIC, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot finder_slots[] = {{Py_tp_methods, finder_methods}, {0, NULL}};
static PyType_Spec finder_spec = {"tf2exe.BundledFinder", 0, 0, Py_TPFLAGS_DEFAULT, finder_slots};

PyObject *attribute_of(const char *module, const char *name)
{
    PyObject *found = PyImport_ImportModule(module);
    PyObject *value = found != NULL ? PyObject_GetAttrString(found, name) : NULL;
    Py_XDECREF(found);
    return value;
}

static int load_globals(void)
{
#ifdef _WIN32
    const char *system = "nt";
#else
    const char *system = "posix";
#endif
    module_spec = attribute_of("_frozen_importlib", "ModuleSpec");
    native_loader = attribute_of("_frozen_importlib_external", "ExtensionFileLoader");
    loader_type = make_loader_type();
    os_stat = attribute_of(system, "stat");
    os_listdir = attribute_of(system, "listdir");
    PyObject *folders = PySys_GetObject("path");
    bundled_folders = folders != NULL ? PySequence_Tuple(folders) : NULL;
    return PyErr_Occurred() ? -1 : 0;
}

int install_finder(const wchar_t *path, const wchar_t *root)
{
    PyObject *name = PyUnicode_FromWideChar(path, -1);
    root_path = PyUnicode_FromWideChar(root, -1);
    int missing = name == NULL || root_path == NULL || read_module_index(name, root_path) != 0;
    Py_XDECREF(name);
    if (missing) {
        PyErr_SetString(PyExc_ImportError, "the module index is missing or damaged");
        return -1;
    }
    if (load_globals() != 0) {
        return -1;
    }
    PyObject *finder = PyType_FromSpec(&finder_spec);
    PyObject *finders = PySys_GetObject("meta_path");
    Py_ssize_t position = finders != NULL && PyList_Check(finders) ? PyList_GET_SIZE(finders) - 1 : -1;
    int failed = finder == NULL || position < 0 || PyList_Insert(finders, position, finder) < 0;
    Py_XDECREF(finder);
    return failed ? -1 : 0;
}
