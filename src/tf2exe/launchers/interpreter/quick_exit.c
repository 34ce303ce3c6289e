/* The end of a program that asks for a quick one (`quick-exit`).
 *
 * Python takes its objects apart before a process ends: all garbage is looked for, several times, and each module
 * emptied. That is a tenth of the time of a short program, and the system takes the memory back anyway. Here the
 * process ends after everything that Python does before it: threads are waited for, functions of `atexit` called,
 * the streams flushed. What is left out is what the setting's description says.
 *
 * The function that ends the process is the first that is registered with `atexit`, and so the last that is called.
 */
#include "quick_exit.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

static int exit_code = -1; /* not known: Python ends as always */

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

/* Where a stream cannot be flushed Python has something to say, and its own exit code. */
static PyObject *leave(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    if (exit_code >= 0 && is_flushed("stdout") && is_flushed("stderr")) {
        fflush(NULL);
        _exit(exit_code);
    }
    Py_RETURN_NONE;
}

static PyMethodDef leave_method = {"leave", leave, METH_NOARGS, NULL};

void prepare_to_leave(void)
{
    PyObject *atexit_module = PyImport_ImportModule("atexit");
    PyObject *function = PyCFunction_New(&leave_method, NULL);
    if (atexit_module != NULL && function != NULL) {
        Py_XDECREF(PyObject_CallMethod(atexit_module, "register", "O", function));
    }
    Py_XDECREF(atexit_module);
    Py_XDECREF(function);
    PyErr_Clear();
}

void note_exit_code(void)
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
        long number = PyLong_AsLong(code); /* of others than these, systems make different things */
        exit_code = number >= 0 && number <= 255 ? (int)number : -1;
    }
    Py_XDECREF(code);
    PyErr_Clear();
    PyErr_Restore(kind, value, traceback);
}
