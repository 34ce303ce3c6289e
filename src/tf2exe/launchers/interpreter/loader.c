/* Loads carried modules as Python's own loader of source files does, but for two things.
 *
 * The bytecode is in bundles, many modules in a file; whether it is that of the source is not asked.
 *
 * While the code of a carried module runs, garbage is looked for every 50,000 objects instead of every 700:
 * modules make objects that stay. They are then handed to the oldest generation, as if they had been looked at.
 */
#include "modules.h"

#include <marshal.h>
#include <string.h>

enum { PATIENCE = 50000 };

static PyObject *source_loader, *fix_filename, *cache_ending, *gc_module;

/* What Python would call the file of the bytecode. */
PyObject *bytecode_path(PyObject *path)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(path);
    Py_ssize_t last = PyUnicode_FindChar(path, PATH_SEPARATOR, 0, size, -1) + 1;
    PyObject *folder = PyUnicode_Substring(path, 0, last);
    PyObject *stem = PyUnicode_Substring(path, last, size - (Py_ssize_t)strlen(".py"));
    PyObject *cached = NULL;
    if (folder != NULL && stem != NULL) {
        cached = PyUnicode_FromFormat("%U__pycache__%c%U%U", folder, PATH_SEPARATOR, stem, cache_ending);
    }
    Py_XDECREF(folder);
    Py_XDECREF(stem);
    return cached;
}

static int is_path_of(PyObject *loader, const struct entry *e)
{
    PyObject *path = PyObject_GetAttrString(loader, "path");
    PyObject *full = path != NULL ? full_path(e, e->path_size) : NULL;
    int same = full != NULL && PyUnicode_Check(path) && PyUnicode_Compare(path, full) == 0;
    Py_XDECREF(path);
    Py_XDECREF(full);
    return same;
}

/* The code in the bundle, which no source is compared with; NULL without an exception: there is none. */
static PyObject *bundled_code(PyObject *loader, PyObject *name)
{
    Py_ssize_t size = 0;
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &size) : NULL;
    const struct entry *e = text != NULL ? find_entry(text, (size_t)size) : NULL;
    const char *content = e != NULL && is_path_of(loader, e) ? stored_code(e) : NULL;
    PyObject *code = content != NULL ? PyMarshal_ReadObjectFromString(content, (Py_ssize_t)e->code_size) : NULL;
    PyObject *path = code != NULL ? PyObject_GetAttrString(loader, "path") : NULL;
    PyObject *done = path != NULL ? PyObject_CallFunctionObjArgs(fix_filename, code, path, NULL) : NULL;
    if (done == NULL) {
        Py_CLEAR(code);
    }
    Py_XDECREF(path);
    Py_XDECREF(done);
    PyErr_Clear();
    return code;
}

static PyObject *get_code(PyObject *self, PyObject *name)
{
    PyObject *code = bundled_code(self, name);
    return code != NULL ? code : PyObject_CallMethod(source_loader, "get_code", "OO", self, name);
}

static int nested; /* how many carried modules are being executed */
static int first_threshold;

static void be_patient(void)
{
    if (nested++ > 0) {
        return;
    }
    PyObject *thresholds = PyObject_CallMethod(gc_module, "get_threshold", NULL);
    first_threshold = 0;
    if (thresholds != NULL && PyArg_ParseTuple(thresholds, "iOO", &first_threshold, &(PyObject *){0}, &(PyObject *){0}) &&
        first_threshold > 0 && first_threshold < PATIENCE) {
        Py_XDECREF(PyObject_CallMethod(gc_module, "set_threshold", "i", PATIENCE));
    } else {
        first_threshold = 0;
    }
    Py_XDECREF(thresholds);
    PyErr_Clear();
}

static void be_as_before(void)
{
    if (--nested > 0) {
        return;
    }
    release_bundles();
    if (first_threshold == 0) {
        return;
    }
    PyObject *kind, *value, *traceback;
    PyErr_Fetch(&kind, &value, &traceback);
    int now = 0;
    PyObject *thresholds = PyObject_CallMethod(gc_module, "get_threshold", NULL);
    if (thresholds != NULL && PyArg_ParseTuple(thresholds, "iOO", &now, &(PyObject *){0}, &(PyObject *){0}) &&
        now == PATIENCE) { /* else a module has set its own */
        Py_XDECREF(PyObject_CallMethod(gc_module, "set_threshold", "i", first_threshold));
    }
    Py_XDECREF(thresholds);
    PyObject *frozen = PyObject_CallMethod(gc_module, "get_freeze_count", NULL);
    if (frozen != NULL && PyLong_AsLong(frozen) == 0) {
        Py_XDECREF(PyObject_CallMethod(gc_module, "freeze", NULL));
        Py_XDECREF(PyObject_CallMethod(gc_module, "unfreeze", NULL));
    }
    Py_XDECREF(frozen);
    PyErr_Clear();
    PyErr_Restore(kind, value, traceback);
}

static PyObject *exec_module(PyObject *self, PyObject *module)
{
    be_patient();
    PyObject *result = PyObject_CallMethod(source_loader, "exec_module", "OO", self, module);
    be_as_before();
    return result;
}

static PyMethodDef loader_methods[] = {{"get_code", get_code, METH_O, NULL},
                                       {"exec_module", exec_module, METH_O, NULL},
                                       {NULL, NULL, 0, NULL}};
static PyType_Slot loader_slots[] = {{Py_tp_methods, loader_methods}, {0, NULL}};
static PyType_Spec loader_spec = {"tf2exe.CarriedLoader", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, loader_slots};

PyObject *make_loader_type(void)
{
    source_loader = attribute_of("_frozen_importlib_external", "SourceFileLoader");
    fix_filename = attribute_of("_imp", "_fix_co_filename");
    gc_module = PyImport_ImportModule("gc");
    PyObject *implementation = PySys_GetObject("implementation");
    PyObject *tag = implementation != NULL ? PyObject_GetAttrString(implementation, "cache_tag") : NULL;
    cache_ending = tag != NULL ? PyUnicode_FromFormat(".%U.pyc", tag) : NULL;
    Py_XDECREF(tag);
    PyObject *bases = source_loader != NULL ? PyTuple_Pack(1, source_loader) : NULL;
    PyObject *type = bases != NULL ? PyType_FromSpecWithBases(&loader_spec, bases) : NULL;
    Py_XDECREF(bases);
    if (fix_filename == NULL || gc_module == NULL || cache_ending == NULL) {
        Py_CLEAR(type);
    }
    return type;
}
