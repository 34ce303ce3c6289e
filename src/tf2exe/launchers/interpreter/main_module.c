/* Runs the compiled application as the main module: prepares it with tf2exe_start.py, delivers a deferred SIGINT just
 * before its first line, and converts its end into an exit code.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "sigint.h"
#include "quick_exit.h"
#include "main_module.h"

/* Setter of `has_location` of the compiled main module's spec (see tf2exe_start.py). Nuitka's runtime sets it last, just
 * before the first line of the program; no Python code runs in between. */
static PyObject *on_program_start(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *spec = NULL;
    PyObject *value = NULL;
    if (!PyArg_ParseTuple(arguments, "OO", &spec, &value) ||
        PyObject_SetAttrString(spec, "__class__", (PyObject *)Py_TYPE(spec)->tp_base) < 0 ||
        PyObject_SetAttrString(spec, "has_location", value) < 0) {
        return NULL;
    }
    deliver_sigint();
    Py_RETURN_NONE;
}

/* Replaces `importlib._bootstrap._spec_from_module`. Nuitka's runtime calls it when a compiled module starts, and aborts
 * the process if it raises. So a KeyboardInterrupt is deferred. */
static PyObject *plain_spec_from_module;

static PyObject *spec_from_module(PyObject *self, PyObject *module)
{
    (void)self;
    PyObject *spec = PyObject_CallOneArg(plain_spec_from_module, module);
    if (spec == NULL && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        PyErr_Clear();
        spec = PyObject_CallOneArg(plain_spec_from_module, module);
        PyErr_SetInterrupt();
    }
    return spec;
}

static PyMethodDef functions[] = {
    {"on_program_start", on_program_start, METH_VARARGS, NULL},
    {"spec_from_module", spec_from_module, METH_O, NULL},
};

static int guard_spec_creation(void)
{
    PyObject *bootstrap = PyImport_ImportModule("_frozen_importlib");
    plain_spec_from_module = bootstrap != NULL ? PyObject_GetAttrString(bootstrap, "_spec_from_module") : NULL;
    PyObject *guard = plain_spec_from_module != NULL ? PyCFunction_New(&functions[1], NULL) : NULL;
    int done = guard != NULL ? PyObject_SetAttrString(bootstrap, "_spec_from_module", guard) : -1;
    Py_XDECREF(guard);
    Py_XDECREF(bootstrap);
    return done;
}

/* Passes the exception that ends the program to the start module, before Python prints it. The exception stays set. */
static void on_failure(PyObject *start)
{
#ifdef WINDOWED
    PyObject *kind = NULL;
    PyObject *error = NULL;
    PyObject *traceback = NULL;
    PyErr_Fetch(&kind, &error, &traceback);
    PyErr_NormalizeException(&kind, &error, &traceback);
    if (start != NULL && error != NULL) {
        Py_XDECREF(PyObject_CallMethod(start, "on_failure", "O", error));
        PyErr_Clear();
    }
    PyErr_Restore(kind, error, traceback);
#else
    (void)start;
#endif
}

/* After a script (not after a package) Python flushes both streams at once, before it prints an exception and before
 * `atexit` functions run, and ignores errors of a stream that nobody reads any more. */
static void flush_after_script(PyObject *start)
{
    static const char *const names[] = {"stderr", "stdout"};
    PyObject *kind = NULL;
    PyObject *error = NULL;
    PyObject *traceback = NULL;
    PyErr_Fetch(&kind, &error, &traceback);
    PyObject *is_script = start != NULL ? PyObject_GetAttrString(start, "IS_SCRIPT") : NULL;
    for (size_t i = 0; is_script == Py_True && i < sizeof names / sizeof names[0]; i++) {
        PyObject *stream = PySys_GetObject(names[i]);
        if (stream != NULL) {
            Py_XDECREF(PyObject_CallMethod(stream, "flush", NULL));
            PyErr_Clear();
        }
    }
    Py_XDECREF(is_script);
    PyErr_Clear();
    PyErr_Restore(kind, error, traceback);
}

/* Runs the main module without a Python frame of tf2exe around it, so that tracebacks begin in the program. */
int run_main(void)
{
    defer_python_sigint();
    PyObject *start = guard_spec_creation() == 0 ? PyImport_ImportModule("tf2exe_start") : NULL;
    PyObject *on_start = start != NULL ? PyCFunction_New(&functions[0], NULL) : NULL;
    PyObject *prepared = on_start != NULL ? PyObject_CallMethod(start, "prepare", "O", on_start) : NULL;
    PyObject *result = NULL;
#ifdef QUICK_EXIT
    register_quick_exit();
#endif
    if (prepared != NULL) {
        PyObject *module = PyTuple_GetItem(prepared, 0);
        PyObject *code = PyTuple_GetItem(prepared, 1);
        if (code == Py_None) {
            PyObject *imp = PyImport_ImportModule("_imp");
            result = imp != NULL ? PyObject_CallMethod(imp, "exec_dynamic", "O", module) : NULL;
            Py_XDECREF(imp);
        } else {
            PyObject *names = PyModule_GetDict(module);
            deliver_sigint();
            result = PyEval_EvalCode(code, names, names);
        }
    }
    deliver_sigint(); /* if the program has not started at all */
    flush_after_script(start);
    int interrupted = 0;
    int code = 0;
#ifdef QUICK_EXIT
    set_exit_code();
#endif
    if (result == NULL) {
        interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
        code = 1;
        on_failure(start);
        PyErr_Print(); /* ends the process if it is SystemExit */
    }
    Py_XDECREF(result);
    Py_XDECREF(prepared);
    Py_XDECREF(on_start);
    Py_XDECREF(start);
    if (Py_FinalizeEx() < 0) {
        code = 120; /* like Python if standard output cannot be flushed */
    }
    return interrupted ? exit_by_sigint() : code;
}
