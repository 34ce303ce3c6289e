/* The launcher inside every build: starts the bundled Python and runs the compiled application.
 *
 * It behaves like `python program.py`, with four differences: the interpreter, its standard library and the packages come
 * from the folder of this executable only (no PYTHON* variable, no site-packages, no user site); the main module is the
 * compiled one; exit codes of its own report an incomplete folder; and Ctrl-C before the first line of the program prints
 * no traceback.
 *
 * Layout of the folder (written by tf2exe/assemble/stage.py):
 *     NAME                     this executable
 *     __main__.SUFFIX          the application, compiled
 *     lib/python               the standard library, lib/python/lib-dynload its native modules
 *     lib/packages             the bundled packages, with the layout of site-packages
 *     lib/modules              the module index: file and bytecode of each module (module_index.c)
 *     lib/preload              native modules to load while the interpreter starts (posix/preload.c), if any
 *     lib/tf2exe               tf2exe_start.py, which prepares the main module
 *
 * Exit codes of its own: 118 the folder is damaged or incomplete; or the program calls a library that `exclude` left
 * out, 119 the interpreter cannot start, 121 the program started itself more than 16 times in a chain.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "preload.h"
#include "huge_pages.h"
#include "generation.h"
#include "sigint.h"
#include "main_module.h"
#include "modules.h"
#include "program_path.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#ifdef _WIN32
#include "windows/message.h"
#define SEPARATOR L'\\'
#define EXPORTED
typedef wchar_t Argument; /* the command line is UTF-16 there */
#define main wmain
#define SET_ARGUMENTS PyConfig_SetArgv
#else
#define SEPARATOR L'/'
#define EXPORTED __attribute__((visibility("default")))
typedef char Argument;
#define SET_ARGUMENTS PyConfig_SetBytesArgv
#endif

enum { EXIT_DAMAGED = 118, EXIT_NO_INTERPRETER = 119, EXIT_TOO_MANY_GENERATIONS = 121 };

wchar_t executable[PATH_CHARACTERS];
wchar_t root[PATH_CHARACTERS];

static int report_error(int code, const char *what, const char *why, const char *remedy)
{
    char line[1024];
    snprintf(line, sizeof line, "tf2exe: %s: %s; %s", what, why, remedy);
    fprintf(stderr, "%s\n", line);
#ifdef _WIN32
    show_message(line);
#endif
    return code;
}

static int fail(int code, const char *what, const char *why)
{
    return report_error(code, what, why, "unpack or install the program again");
}

static int fail_generation(void)
{
    char what[96];
    char remedy[192];
    snprintf(what, sizeof what, "the program started itself more than %d times in a chain", (int)LAST_GENERATION);
    snprintf(remedy, sizeof remedy,
             "start other programs by their own path; for intended restarts, remove %s from the environment",
             generation_variable());
    return report_error(EXIT_TOO_MANY_GENERATIONS, what,
                        "inside an executable sys.executable is the program, not Python", remedy);
}

static const wchar_t *path_inside(const wchar_t *relative)
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

static int is_complete(void)
{
    return file_exists("lib/python/encodings/__init__.py") && file_exists("lib/tf2exe/tf2exe_start.py") &&
           file_exists("lib/tf2exe/tf2exe_settings.py") && file_exists("lib/modules");
}

static PyStatus set_search_path(PyConfig *config)
{
    static const wchar_t *const folders[] = {
        NULL, L"lib/python", L"lib/python/lib-dynload", L"lib/packages", L"lib/tf2exe"};
    config->module_search_paths_set = 1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const wchar_t *path = folders[i] == NULL ? root : path_inside(folders[i]);
        PyStatus status = PyWideStringList_Append(&config->module_search_paths, path);
        if (PyStatus_Exception(status)) {
            return status;
        }
    }
    return PyStatus_Ok();
}

/* Uses Python's own pre-configuration, so that texts are UTF-8 under the same conditions as in Python (PEP 538 and PEP
 * 540). On Windows they always are, as in Python 3.15 on every system (PEP 686). */
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

/* Starts Python with explicit paths, so that it does not search for them. */
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

static int starts_with(const Argument *text, const char *beginning)
{
    while (*beginning && *text == (Argument)*beginning) {
        text++;
        beginning++;
    }
    return !*beginning;
}

/* Whether multiprocessing started this process to run functions of the program (see tf2exe_start.py). */
static int is_helper(int argc, Argument **argv)
{
    int i = 0;
    while (i < argc && (!starts_with(argv[i], "-c") || argv[i][2])) {
        i++;
    }
    return i + 1 < argc && starts_with(argv[i + 1], "from multiprocessing.");
}

EXPORTED int main(int argc, Argument **argv)
{
    defer_sigint();
    use_huge_pages();
    PyStatus status = preinitialize();
    if (PyStatus_Exception(status)) {
        return fail(EXIT_NO_INTERPRETER, "the bundled Python cannot start", status.err_msg ? status.err_msg : "unknown");
    }
    if (find_program() != 0) {
        return fail(EXIT_DAMAGED, "the program cannot find its own folder", "the system does not report its path");
    }
    wchar_t *last = wcsrchr(root, SEPARATOR);
    if (last == NULL) {
        return fail(EXIT_DAMAGED, "the program cannot find its own folder", "its path is not absolute");
    }
    *last = L'\0';
    if (!is_complete()) {
        return fail(EXIT_DAMAGED, "the program's folder is incomplete", "lib/python or lib/tf2exe is missing next to it");
    }
    adopt_onefile_path();
    if (count_generation(is_helper(argc, argv)) > LAST_GENERATION) {
        return fail_generation();
    }
#ifndef _WIN32
    start_preload(program_folder());
#endif
    status = initialize(argc, argv);
    if (PyStatus_Exception(status)) {
        return fail(EXIT_NO_INTERPRETER, "the bundled Python cannot start", status.err_msg ? status.err_msg : "unknown");
    }
    if (install_finder(path_inside(L"lib/modules"), root) != 0) {
        PyErr_Clear();
        return fail(EXIT_DAMAGED, "the program's folder is damaged", "lib/modules cannot be read");
    }
    return run_main();
}
