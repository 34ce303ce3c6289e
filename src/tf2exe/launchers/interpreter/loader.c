/* Loads bundled modules like Python's SourceFileLoader, with two differences.
 *
 * The bytecode is in archives with many modules each. It is not compared with the source.
 *
 * While a bundled module is imported, the threshold of the garbage collector is 50,000 objects instead of 700, because
 * most objects of an import stay. They then move to the oldest generation, as after a collection.
 */
#include "modules.h"

#include <marshal.h>
#include <string.h>

enum { GC_THRESHOLD = 50000 };

static PyObject *source_loader, *fix_filename, *cache_ending, *gc_module;

/* The path of the bytecode file that Python would use. */
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
    int is_same = full != NULL && PyUnicode_Check(path) && PyUnicode_Compare(path, full) == 0;
    Py_XDECREF(path);
    Py_XDECREF(full);
    return is_same;
}

/* The code object from the archive; NULL without an exception: the archive does not have it. */
static PyObject *bundled_code(PyObject *loader, PyObject *name)
{
    Py_ssize_t size = 0;
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &size) : NULL;
    const struct entry *e = text != NULL ? find_entry(text, (size_t)size) : NULL;
    const char *content = e != NULL && is_path_of(loader, e) ? find_bytecode(e) : NULL;
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

static int nested; /* number of bundled modules that are being imported */
static int saved_threshold;

static void gc_pause(void)
{
    if (nested++ > 0) {
        return;
    }
    PyObject *thresholds = PyObject_CallMethod(gc_module, "get_threshold", NULL);
    saved_threshold = 0;
    if (thresholds != NULL && PyArg_ParseTuple(thresholds, "iOO", &saved_threshold, &(PyObject *){0}, &(PyObject *){0}) &&
        saved_threshold > 0 && saved_threshold < GC_THRESHOLD) {
        Py_XDECREF(PyObject_CallMethod(gc_module, "set_threshold", "i", GC_THRESHOLD));
    } else {
        saved_threshold = 0;
    }
    Py_XDECREF(thresholds);
    PyErr_Clear();
}

static void gc_resume(void)
{
    if (--nested > 0) {
        return;
    }
    release_archives();
    if (saved_threshold == 0) {
        return;
    }
    PyObject *kind, *value, *traceback;
    PyErr_Fetch(&kind, &value, &traceback);
    int now = 0;
    PyObject *thresholds = PyObject_CallMethod(gc_module, "get_threshold", NULL);
    if (thresholds != NULL && PyArg_ParseTuple(thresholds, "iOO", &now, &(PyObject *){0}, &(PyObject *){0}) &&
        now == GC_THRESHOLD) { /* otherwise a module has set another threshold */
        Py_XDECREF(PyObject_CallMethod(gc_module, "set_threshold", "i", saved_threshold));
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
    gc_pause();
    PyObject *result = PyObject_CallMethod(source_loader, "exec_module", "OO", self, module);
    gc_resume();
    return result;
}

static PyMethodDef loader_methods[] = {{"get_code", get_code, METH_O, NULL},
                                       {"exec_module", exec_module, METH_O, NULL},
                                       {NULL, NULL, 0, NULL}};
static PyType_Slot loader_slots[] = {{Py_tp_methods, loader_methods}, {0, NULL}};
static PyType_Spec loader_spec = {"tf2exe.BundledLoader", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, loader_slots};

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
