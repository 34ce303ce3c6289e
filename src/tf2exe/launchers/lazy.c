/* Modules whose code runs when something is asked of them, not when they are imported.
 *
 * As `importlib.util.LazyLoader` has it, but for two things: what an import itself asks of a module that is there
 * already does not run its code, and other threads wait at the module's own import lock until it has run.
 */
#include "modules.h"

static PyObject *lazy_type, *module_lock;
static execution *run_code;

/* Names that the import machinery has set, and that the module's code leaves as they are. */
static int is_known(PyObject *name)
{
    static const char *const names[] = {"__spec__",    "__name__", "__loader__",
                                        "__package__", "__file__", "__cached__"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static PyObject *known(PyObject *module, const char *name)
{
    PyObject *names = PyModule_GetDict(module);
    return names != NULL ? PyDict_GetItemString(names, name) : NULL;
}

/* The spec's `loader_state`, where loaders put what they must remember, is the list of functions that wait for the
 * module; then the number of the thread that runs its code; then None. */
static int runs_here(PyObject *spec)
{
    PyObject *thread = PyObject_GetAttrString(spec, "loader_state");
    int same = thread != NULL && PyLong_Check(thread) && PyLong_AsUnsignedLong(thread) == PyThread_get_thread_ident();
    Py_XDECREF(thread);
    PyErr_Clear();
    return same;
}

static int remember(PyObject *spec, PyObject *what)
{
    return what != NULL ? PyObject_SetAttrString(spec, "loader_state", what) : -1;
}

static int call_all(PyObject *waiting)
{
    int failed = 0;
    for (Py_ssize_t i = 0; !failed && PyList_Check(waiting) && i < PyList_GET_SIZE(waiting); i++) {
        PyObject *done = PyObject_CallNoArgs(PyList_GET_ITEM(waiting, i));
        failed = done == NULL;
        Py_XDECREF(done);
    }
    return failed ? -1 : 0;
}

static int run_and_tell(PyObject *module, PyObject *waiting)
{
    PyObject *loader = known(module, "__loader__");
    PyObject *done = loader != NULL ? run_code(loader, module) : NULL;
    int failed = done == NULL || call_all(waiting) != 0;
    Py_XDECREF(done);
    return failed ? -1 : 0;
}

/* Runs the code of a module that is a plain one from then on; after an exception it is as before. */
static int run(PyObject *module, PyObject *spec)
{
    PyObject *waiting = PyObject_GetAttrString(spec, "loader_state");
    PyObject *thread = PyLong_FromUnsignedLong(PyThread_get_thread_ident());
    PyObject *name = PyUnicode_FromString("__class__");
    int failed = waiting == NULL || name == NULL || remember(spec, thread) != 0 || run_and_tell(module, waiting) != 0 ||
                 PyObject_GenericSetAttr(module, name, (PyObject *)&PyModule_Type) != 0;
    PyObject *kind, *value, *traceback;
    PyErr_Fetch(&kind, &value, &traceback);
    remember(spec, failed && waiting != NULL ? waiting : Py_None);
    PyErr_Restore(kind, value, traceback);
    Py_XDECREF(name);
    Py_XDECREF(thread);
    Py_XDECREF(waiting);
    return failed ? -1 : 0;
}

/* Where two threads wait for each other, Python's own import takes the module as it is; so it is here. */
static int is_deadlock(void)
{
    int is = PyErr_ExceptionMatches(PyExc_RuntimeError);
    if (is) {
        PyErr_Clear();
    }
    return is;
}

/* Makes sure that the module's code has run, or is running in this thread. */
static int wake(PyObject *module)
{
    PyObject *spec = known(module, "__spec__"), *name = known(module, "__name__");
    if (spec == NULL || name == NULL || runs_here(spec)) {
        return 0;
    }
    Py_INCREF(spec);
    PyObject *lock = PyObject_CallOneArg(module_lock, name);
    PyObject *held = lock != NULL ? PyObject_CallMethod(lock, "acquire", NULL) : NULL;
    int result = held != NULL || is_deadlock() ? 0 : -1;
    if (held != NULL) {
        if ((PyObject *)Py_TYPE(module) == lazy_type) { /* no other thread was first */
            result = run(module, spec);
        }
        PyObject *kind, *value, *traceback;
        PyErr_Fetch(&kind, &value, &traceback);
        Py_XDECREF(PyObject_CallMethod(lock, "release", NULL));
        PyErr_Restore(kind, value, traceback);
    }
    Py_XDECREF(held);
    Py_XDECREF(lock);
    Py_DECREF(spec);
    return result;
}

static PyObject *get(PyObject *module, PyObject *name)
{
    if (!is_known(name) && wake(module) != 0) {
        return NULL;
    }
    return PyModule_Type.tp_getattro(module, name);
}

static int set(PyObject *module, PyObject *name, PyObject *value)
{
    return is_known(name) || wake(module) == 0 ? PyObject_GenericSetAttr(module, name, value) : -1;
}

int make_lazy(PyObject *module)
{
    PyObject *spec = known(module, "__spec__"), *waiting = PyList_New(0);
    int failed = spec == NULL || remember(spec, waiting) != 0 ||
                 PyObject_SetAttrString(module, "__class__", lazy_type) != 0;
    Py_XDECREF(waiting);
    return failed ? -1 : 0;
}

int prepare_lazy(execution *code)
{
    static PyType_Slot slots[] = {{Py_tp_getattro, get}, {Py_tp_setattro, set}, {0, NULL}};
    static PyType_Spec description = {"tf2exe.LazyModule", 0, 0, Py_TPFLAGS_DEFAULT, slots};
    PyObject *bases = PyTuple_Pack(1, &PyModule_Type);
    lazy_type = bases != NULL ? PyType_FromSpecWithBases(&description, bases) : NULL;
    Py_XDECREF(bases);
    module_lock = attribute_of("_frozen_importlib", "_get_module_lock");
    run_code = code;
    return lazy_type != NULL && module_lock != NULL ? 0 : -1;
}
