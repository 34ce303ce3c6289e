/* Runs the compiled application as the interpreter's main module: readies it through tf2exe_start.py, lets
 * interruptions through just before its first line, and turns its end into an exit code.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "sigint.h"
#include "quick_exit.h"
#include "main_module.h"

/* Sets `has_location` of the compiled main module's spec, see tf2exe_start.py: the last thing that Nuitka's runtime
 * does before the program's first line. No Python runs between here and there. */
static PyObject *program_begins(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *spec = NULL;
    PyObject *value = NULL;
    if (!PyArg_ParseTuple(arguments, "OO", &spec, &value) ||
        PyObject_SetAttrString(spec, "__class__", (PyObject *)Py_TYPE(spec)->tp_base) < 0 ||
        PyObject_SetAttrString(spec, "has_location", value) < 0) {
        return NULL;
    }
    take_interruptions();
    Py_RETURN_NONE;
}

/* Makes a module's spec, as `importlib._bootstrap._spec_from_module` does. Nuitka's runtime asks it for one when it
 * begins a compiled module, and aborts the process when it gets an exception: an interruption is put off. */
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
    {"program_begins", program_begins, METH_VARARGS, NULL},
    {"spec_from_module", spec_from_module, METH_O, NULL},
};

static int shield_specs(void)
{
    PyObject *bootstrap = PyImport_ImportModule("_frozen_importlib");
    plain_spec_from_module = bootstrap != NULL ? PyObject_GetAttrString(bootstrap, "_spec_from_module") : NULL;
    PyObject *shield = plain_spec_from_module != NULL ? PyCFunction_New(&functions[1], NULL) : NULL;
    int done = shield != NULL ? PyObject_SetAttrString(bootstrap, "_spec_from_module", shield) : -1;
    Py_XDECREF(shield);
    Py_XDECREF(bootstrap);
    return done;
}

/* The start module hears of what ends the program before Python says so; the error stays as it was. */
static void tell_of_failure(PyObject *start)
{
#ifdef WINDOWED
    PyObject *kind = NULL;
    PyObject *error = NULL;
    PyObject *traceback = NULL;
    PyErr_Fetch(&kind, &error, &traceback);
    PyErr_NormalizeException(&kind, &error, &traceback);
    if (start != NULL && error != NULL) {
        Py_XDECREF(PyObject_CallMethod(start, "failing", "O", error));
        PyErr_Clear();
    }
    PyErr_Restore(kind, error, traceback);
#else
    (void)start;
#endif
}

/* Of a script (not of a package) Python flushes both streams as soon as it has ended, before it says why and before
 * functions of `atexit`, and does not care whether that works: what nobody reads any more is gone then. */
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

/* Runs the main module without a Python frame of ours around it, so that tracebacks begin in the program. */
int run_main(void)
{
    put_pythons_interruptions_off();
    PyObject *start = shield_specs() == 0 ? PyImport_ImportModule("tf2exe_start") : NULL;
    PyObject *begins = start != NULL ? PyCFunction_New(&functions[0], NULL) : NULL;
    PyObject *ready = begins != NULL ? PyObject_CallMethod(start, "ready", "O", begins) : NULL;
    PyObject *result = NULL;
#ifdef QUICK_EXIT
    prepare_to_leave();
#endif
    if (ready != NULL) {
        PyObject *module = PyTuple_GetItem(ready, 0);
        PyObject *code = PyTuple_GetItem(ready, 1);
        if (code == Py_None) {
            PyObject *imp = PyImport_ImportModule("_imp");
            result = imp != NULL ? PyObject_CallMethod(imp, "exec_dynamic", "O", module) : NULL;
            Py_XDECREF(imp);
        } else {
            PyObject *names = PyModule_GetDict(module);
            take_interruptions();
            result = PyEval_EvalCode(code, names, names);
        }
    }
    take_interruptions(); /* where the program has not begun at all */
    flush_after_script(start);
    int interrupted = 0;
    int code = 0;
#ifdef QUICK_EXIT
    note_exit_code();
#endif
    if (result == NULL) {
        interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
        code = 1;
        tell_of_failure(start);
        PyErr_Print(); /* ends the process by itself for SystemExit */
    }
    Py_XDECREF(result);
    Py_XDECREF(ready);
    Py_XDECREF(begins);
    Py_XDECREF(start);
    if (Py_FinalizeEx() < 0) {
        code = 120; /* as Python does when standard output cannot be flushed */
    }
    return interrupted ? end_interrupted() : code;
}
