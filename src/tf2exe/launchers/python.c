/* The executable inside every build: starts the carried Python and runs the compiled application.
 *
 * It does what `python program.py` does and nothing else, with three differences: the interpreter, its
 * standard library and the packages are taken from the folder that holds this executable and from nowhere
 * else (no PYTHON* variable, no site-packages, no user site); the main module is the compiled one; and the
 * exit codes below say what is broken when the folder is not whole. (And an interruption before the program
 * begins is quiet.)
 *
 * Layout of the folder (written by tf2exe/folder.py):
 *     NAME                     this executable
 *     __main__.SUFFIX          the application, compiled
 *     lib/python               the standard library, lib/python/lib-dynload its native modules
 *     lib/packages             the carried packages, laid out as in site-packages
 *     lib/modules              where each module is, and its bytecode (finder.c)
 *     lib/tf2exe               tf2exe_start.py, which readies the main module
 *
 * Exit codes of its own: 118 the folder is damaged or incomplete, 119 the interpreter cannot start.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "leave.h"
#include "modules.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#ifdef _WIN32
#include "windows/message.h"
#define SEPARATOR L'\\'
typedef wchar_t Argument; /* the command line is UTF-16 there */
#define main wmain
#define SET_ARGUMENTS PyConfig_SetArgv
#else
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#define SEPARATOR L'/'
typedef char Argument;
#define SET_ARGUMENTS PyConfig_SetBytesArgv
#endif

enum { EXIT_DAMAGED = 118, EXIT_NO_INTERPRETER = 119, PATH_CHARACTERS = 32768, LONGEST_PLAIN = 240 };

static wchar_t executable[PATH_CHARACTERS]; /* what the user started: the onefile, or this file */
static wchar_t root[PATH_CHARACTERS];       /* the folder of this file, without a trailing separator */

static int fail(int code, const char *what, const char *why)
{
    char line[1024];
    snprintf(line, sizeof line, "tf2exe: %s: %s; unpack or install the program again", what, why);
    fprintf(stderr, "%s\n", line);
#ifdef _WIN32
    show_message(line);
#endif
    return code;
}

#ifdef _WIN32

static int find_self(void)
{
    DWORD length = GetModuleFileNameW(NULL, executable, PATH_CHARACTERS);
    if (length == 0 || length >= PATH_CHARACTERS) {
        return -1;
    }
    if (length < LONGEST_PLAIN && wcsncmp(executable, L"\\\\?\\", 4) == 0 && executable[5] == L':') {
        memmove(executable, executable + 4, (length - 3) * sizeof *executable);
    }
    wcscpy(root, executable);
    return 0;
}

static int file_exists(const char *relative)
{
    static wchar_t path[PATH_CHARACTERS * 2];
    _snwprintf(path, PATH_CHARACTERS * 2 - 1, L"%ls\\%hs", root, relative);
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* For the system, and for the C runtime, which Python asks and which has read the system's variables before. */
static void set_variable(const wchar_t *name, const wchar_t *value)
{
    SetEnvironmentVariableW(name, *value ? value : NULL);
    _wputenv_s(name, value);
}

/* The onefile launcher waits as the parent, so that its process number is this one's parent's; the job
 * object that it made dies with it, and a variable left over from another program names another number. */
static void adopt_onefile_path(void)
{
    wchar_t value[PATH_CHARACTERS];
    DWORD length = GetEnvironmentVariableW(L"TF2EXE_ONEFILE", value, PATH_CHARACTERS);
    if (length > 0 && length < PATH_CHARACTERS) {
        wchar_t *end = NULL;
        unsigned long process = wcstoul(value, &end, 10);
        HANDLE handle = process ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process) : NULL;
        if (handle != NULL && end != NULL && *end == L':') {
            wchar_t image[PATH_CHARACTERS];
            DWORD size = PATH_CHARACTERS;
            if (QueryFullProcessImageNameW(handle, 0, image, &size) && _wcsicmp(image, end + 1) == 0) {
                wcscpy(executable, end + 1);
            }
        }
        if (handle != NULL) {
            CloseHandle(handle);
        }
    }
    set_variable(L"TF2EXE_ONEFILE", L"");
    set_variable(L"TF2EXE_CONVERTED", L""); /* where a build has put models, for Python alone */
    set_variable(L"TF2EXE_EXECUTABLE", executable);
}

#else

/* The same two as bytes, as the system wants them: before the interpreter runs nothing encodes them. */
static char executable_bytes[PATH_CHARACTERS];
static char root_bytes[PATH_CHARACTERS];

static int decode(const char *bytes, wchar_t *characters)
{
    /* The interpreter's own decoder turns bytes into what os.fsdecode gives. */
    size_t length = 0;
    wchar_t *decoded = Py_DecodeLocale(bytes, &length);
    int fits = decoded != NULL && length < PATH_CHARACTERS;
    if (fits) {
        wcscpy(characters, decoded);
    }
    PyMem_RawFree(decoded);
    return fits ? 0 : -1;
}

static int find_self(void)
{
    /* Answers also where there is no /proc (posix/no_proc.c). */
    ssize_t length = readlink("/proc/self/exe", executable_bytes, sizeof executable_bytes - 1);
    if (length <= 0) {
        return -1;
    }
    executable_bytes[length] = '\0';
    strcpy(root_bytes, executable_bytes);
    char *last = strrchr(root_bytes, '/');
    if (last == NULL || decode(executable_bytes, executable) != 0) {
        return -1;
    }
    *last = '\0';
    wcscpy(root, executable);
    return 0;
}

static int file_exists(const char *relative)
{
    static char path[PATH_CHARACTERS * 2];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", root_bytes, relative);
    return stat(path, &status) == 0;
}

/* The onefile launcher became this process by exec, so that the number it left is this process's own; a
 * variable inherited from another program names another number. */
static void adopt_onefile_path(void)
{
    const char *value = getenv("TF2EXE_ONEFILE");
    if (value != NULL) {
        char *end = NULL;
        long process = strtol(value, &end, 10);
        if (end != NULL && *end == ':' && process == (long)getpid() && strlen(end + 1) < sizeof executable_bytes &&
            decode(end + 1, executable) == 0) {
            strcpy(executable_bytes, end + 1);
        }
        unsetenv("TF2EXE_ONEFILE");
    }
    unsetenv("TF2EXE_CONVERTED"); /* where a build has put models, for Python alone */
    setenv("TF2EXE_EXECUTABLE", executable_bytes, 1);
}

#endif

static const wchar_t *inside(const wchar_t *relative)
{
    static wchar_t path[PATH_CHARACTERS * 2];
    size_t length = wcslen(root);
    wcscpy(path, root);
    path[length] = SEPARATOR;
    wcscpy(path + length + 1, relative);
#ifdef _WIN32
    for (wchar_t *character = path; *character; character++) {
        if (*character == L'/') {
            *character = SEPARATOR;
        }
    }
#endif
    return path;
}

static int is_whole(void)
{
    return file_exists("lib/python/encodings/__init__.py") && file_exists("lib/tf2exe/tf2exe_start.py") &&
           file_exists("lib/modules");
}

static PyStatus set_search_path(PyConfig *config)
{
    static const wchar_t *const folders[] = {
        NULL, L"lib/python", L"lib/python/lib-dynload", L"lib/packages", L"lib/tf2exe"};
    config->module_search_paths_set = 1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const wchar_t *path = folders[i] == NULL ? root : inside(folders[i]);
        PyStatus status = PyWideStringList_Append(&config->module_search_paths, path);
        if (PyStatus_Exception(status)) {
            return status;
        }
    }
    return PyStatus_Ok();
}

/* Texts are UTF-8 under the same conditions as in Python (PEP 538 and PEP 540), because the
 * pre-configuration is Python's own; on Windows always, as everywhere from Python 3.15 on (PEP 686). */
static PyStatus preinitialize(void)
{
    PyPreConfig preconfig;
    PyPreConfig_InitPythonConfig(&preconfig);
    preconfig.use_environment = 0;
    preconfig.parse_argv = 0;
#ifdef _WIN32
    preconfig.utf8_mode = 1;
#endif
    return Py_PreInitialize(&preconfig);
}

/* Python's own start-up, with everything that would be looked for given instead. */
static PyStatus initialize(int argc, Argument **argv)
{
    PyStatus status;
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.use_environment = 0;
    config.site_import = 0;
    config.user_site_directory = 0;
    config.write_bytecode = 0;
    config.pathconfig_warnings = 0;
    const struct {
        wchar_t **setting;
        const wchar_t *value;
    } paths[] = {
        {&config.program_name, executable}, {&config.executable, executable}, {&config.base_executable, executable},
        {&config.home, root},               {&config.prefix, root},           {&config.base_prefix, root},
        {&config.exec_prefix, root},        {&config.base_exec_prefix, root},
    };
    status = PyStatus_Ok();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && !PyStatus_Exception(status); i++) {
        status = PyConfig_SetString(&config, paths[i].setting, paths[i].value);
    }
    if (!PyStatus_Exception(status)) {
        status = set_search_path(&config);
    }
    if (!PyStatus_Exception(status)) {
        status = SET_ARGUMENTS(&config, argc, argv);
    }
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

/* An interruption while the interpreter or Nuitka's runtime starts would show a traceback of their own modules, or
 * end in the middle of what cannot be undone: it waits, and ends the process without a word just before the
 * program's first line. From there on it is the program's affair. */
#ifdef _WIN32

static volatile LONG interruption;

static BOOL WINAPI remember_interruption(DWORD event)
{
    if (event == CTRL_C_EVENT) {
        InterlockedExchange(&interruption, 1);
    }
    return event == CTRL_C_EVENT;
}

static void put_interruptions_off(void)
{
    /* Until Python has its own handler, an interruption ends the process without a word. */
}

/* Of the handlers, the last one that was set is asked first. */
static void put_pythons_interruptions_off(void)
{
    SetConsoleCtrlHandler(remember_interruption, TRUE);
}

static void take_interruptions(void)
{
    SetConsoleCtrlHandler(remember_interruption, FALSE);
    if (interruption) {
        ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
    }
}

#else

static sigset_t signals_before;
static int put_off;

static void put_interruptions_off(void)
{
    sigset_t interruption;
    sigemptyset(&interruption);
    sigaddset(&interruption, SIGINT);
    put_off = sigprocmask(SIG_BLOCK, &interruption, &signals_before) == 0;
}

static void put_pythons_interruptions_off(void)
{
    /* They are blocked, whoever handles them. */
}

static void take_interruptions(void)
{
    if (!put_off) {
        return;
    }
    put_off = 0;
    sigset_t waiting;
    struct sigaction answer;
    if (sigpending(&waiting) == 0 && sigismember(&waiting, SIGINT) == 1 && sigaction(SIGINT, NULL, &answer) == 0 &&
        answer.sa_handler != SIG_IGN) {
        signal(SIGINT, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &signals_before, NULL);
}

#endif

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

/* Runs the main module without a Python frame of ours around it, so that tracebacks begin in the program. */
static int run_main(void)
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
    if (interrupted) {
#ifdef _WIN32
        code = (int)STATUS_CONTROL_C_EXIT;
#else
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
#endif
    }
    return code;
}

int main(int argc, Argument **argv)
{
    put_interruptions_off();
    PyStatus status = preinitialize();
    if (PyStatus_Exception(status)) {
        return fail(EXIT_NO_INTERPRETER, "the carried Python cannot start", status.err_msg ? status.err_msg : "unknown");
    }
    if (find_self() != 0) {
        return fail(EXIT_DAMAGED, "the program cannot find its own folder", "its path cannot be read");
    }
    wchar_t *last = wcsrchr(root, SEPARATOR);
    if (last == NULL) {
        return fail(EXIT_DAMAGED, "the program cannot find its own folder", "its path is not absolute");
    }
    *last = L'\0';
    if (!is_whole()) {
        return fail(EXIT_DAMAGED, "the program's folder is incomplete", "lib/python or lib/tf2exe is missing beside it");
    }
    adopt_onefile_path();
    status = initialize(argc, argv);
    if (PyStatus_Exception(status)) {
        return fail(EXIT_NO_INTERPRETER, "the carried Python cannot start", status.err_msg ? status.err_msg : "unknown");
    }
    if (use_module_table(inside(L"lib/modules"), root) != 0) {
        PyErr_Clear();
        return fail(EXIT_DAMAGED, "the program's folder is damaged", "lib/modules cannot be read");
    }
    return run_main();
}
