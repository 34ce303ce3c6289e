/* The setting `quick-exit`: ends the process without finalizing the interpreter.
 *
 * Before a process ends, Python collects garbage several times and clears each module. That takes a tenth of the time of
 * a short program, and the system frees the memory anyway. With this setting the process ends after everything that
 * Python does before: it waits for threads, calls `atexit` functions and flushes streams. The description of the setting
 * says what is left out.
 *
 * The function that ends the process is registered first with `atexit`, so that it is called last.
 */
#include "quick_exit.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

static int exit_code = -1; /* unknown: Python exits as usual */

static int is_flushed(const char *name)
{
    PyObject *stream = PySys_GetObject(name);
    if (stream == NULL || stream == Py_None) {
        return 1;
    }
    PyObject *closed = PyObject_GetAttrString(stream, "closed");
    int is_closed = closed != NULL ? PyObject_IsTrue(closed) : 0;
    PyObject *done = is_closed == 1 ? Py_NewRef(Py_None) : PyObject_CallMethod(stream, "flush", NULL);
    PyErr_Clear();
    Py_XDECREF(closed);
    Py_XDECREF(done);
    return done != NULL;
}

/* If a stream cannot be flushed, Python prints a message and has its own exit code. */
static PyObject *exit_quickly(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    if (exit_code >= 0 && is_flushed("stdout") && is_flushed("stderr")) {
        fflush(NULL);
        _exit(exit_code);
    }
    Py_RETURN_NONE;
}

static PyMethodDef exit_method = {"exit_quickly", exit_quickly, METH_NOARGS, NULL};

void register_quick_exit(void)
{
    PyObject *atexit_module = PyImport_ImportModule("atexit");
    PyObject *function = PyCFunction_New(&exit_method, NULL);
    if (atexit_module != NULL && function != NULL) {
        Py_XDECREF(PyObject_CallMethod(atexit_module, "register", "O", function));
    }
    Py_XDECREF(atexit_module);
    Py_XDECREF(function);
    PyErr_Clear();
}

void set_exit_code(void)
{
    if (!PyErr_Occurred()) {
        exit_code = 0;
        return;
    }
    if (!PyErr_ExceptionMatches(PyExc_SystemExit)) {
        return;
    }
    PyObject *kind, *value, *traceback;
    PyErr_Fetch(&kind, &value, &traceback);
    PyErr_NormalizeException(&kind, &value, &traceback);
    PyObject *code = value != NULL ? PyObject_GetAttrString(value, "code") : NULL;
    if (code == Py_None) {
        exit_code = 0;
    } else if (code != NULL && PyLong_Check(code)) {
        long number = PyLong_AsLong(code); /* systems treat other codes differently */
        exit_code = number >= 0 && number <= 255 ? (int)number : -1;
    }
    Py_XDECREF(code);
    PyErr_Clear();
    PyErr_Restore(kind, value, traceback);
}
