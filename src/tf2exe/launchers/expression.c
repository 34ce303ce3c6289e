/* Compiles an expression for `typing` (nuitka_options/packages/python.toml).
 *
 * Python's `compile` looks first whether it was given a syntax tree, for which it makes the 190 classes of trees, once
 * in each process. `typing` gives it texts, one for each annotation of a named tuple.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "modules.h"

#include <string.h>

static const char file[] = "<string>";

static PyObject *compile_as_ever(PyObject *text)
{
    PyObject *builtins = PyImport_ImportModule("builtins");
    PyObject *code = builtins != NULL ? PyObject_CallMethod(builtins, "compile", "Oss", text, file, "eval") : NULL;
    Py_XDECREF(builtins);
    return code;
}

/* What `compile(text, "<string>", "eval")` gives. */
PyObject *compile_expression(PyObject *self, PyObject *text)
{
    (void)self;
    Py_ssize_t size = 0;
    const char *source = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &size) : NULL;
    if (source == NULL || strlen(source) != (size_t)size) {
        PyErr_Clear();
        return compile_as_ever(text);
    }
    if (PySys_Audit("compile", "Os", text, file) < 0) {
        return NULL;
    }
    PyCompilerFlags flags = {PyCF_SOURCE_IS_UTF8 | PyCF_IGNORE_COOKIE, PY_MINOR_VERSION};
    return Py_CompileStringExFlags(source, file, Py_eval_input, &flags, -1);
}
