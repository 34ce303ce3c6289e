/* Runs a program of the Linux machine for a program in Wine: `native.exe PROGRAM ARGUMENTS` hands over the
   arguments, with Windows paths in them as Unix writes them, and ends as the other does.

   Under the name zig.exe it stands for Zig, which cannot run in Wine itself (it needs file locks that Wine lacks).

   Wine starts a Unix program by its path, but gives no handle to wait on. So the call becomes a shell script in
   the temporary folder, which leaves what the program said, and then its exit code, in files beside itself.

   TF2EXE_ZIG: the native Zig; TF2EXE_ZIG_TARGET: what it compiles for. Both as Unix knows them. */

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "arguments.h"
#include "sources.h"

enum { WAIT = 4 /* ms between looks at the answer */, LONGEST = 1 << 15 };

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "native.exe of tf2exe: %s%s (error %lu)\n", what, name, GetLastError());
    exit(125);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value)
        fail("no variable ", name);
    return value;
}

static int stands_for_zig(void)
{
    char path[LONGEST];
    DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
    const char *end = "\\zig.exe";
    return length > strlen(end) && !_stricmp(path + length - strlen(end), end);
}

/* As the shell reads it back. */
static void quoted(FILE *script, const char *text)
{
    fputs(" '", script);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", script);
        else
            fputc(*text, script);
    fputc('\'', script);
}

/* Whether Zig compiles Nuitka's own runtime: one file, as long as all others, and the same in every application.
   It embeds nothing, so its object may come from the cache that all applications share. */
static int is_same_in_all(int count, char **values)
{
    const char *folder = "static_src";
    for (int i = 1; i < count; i++)
        if (!strncmp(values[i], folder, strlen(folder)) && strchr("\\/", values[i][strlen(folder)]))
            return 1;
    return 0;
}

static void write_script(const char *name, const char *base, int count, char **values)
{
    FILE *script = fopen(name, "wb");
    if (!script)
        fail("cannot write ", name);
    char *unix_base = unix_path(base);
    fputs("cd", script);
    char here[LONGEST];
    if (!GetCurrentDirectoryA(sizeof here, here))
        fail("no current folder", "");
    quoted(script, unix_path(here));
    fputs(" &&", script);
    if (is_same_in_all(count, values))
        fputs(" ZIG_LOCAL_CACHE_DIR=\"$ZIG_GLOBAL_CACHE_DIR\"", script);
    if (stands_for_zig())
        quoted(script, variable("TF2EXE_ZIG"));
    for (int i = 1; i < count; i++) {
        quoted(script, unix_argument(values[i]));
        if (!stands_for_zig())
            continue;
        if (i == 1 && !strcmp(values[1], "cc"))
            fprintf(script, " -target %s", variable("TF2EXE_ZIG_TARGET"));
        sources_for_unix(values[i]);
    }
    fputs(" </dev/null >", script);
    quoted(script, unix_base);
    fputs(".said 2>&1\necho $? >", script);
    quoted(script, unix_base);
    fputs(".code.new\nmv", script);
    quoted(script, unix_base);
    fputs(".code.new", script);
    quoted(script, unix_base);
    fputs(".code\n", script);
    if (fclose(script))
        fail("cannot write ", name);
}

static void start(const char *script)
{
    char command[LONGEST];
    STARTUPINFOA how = {.cb = sizeof how};
    PROCESS_INFORMATION made = {0};
    snprintf(command, sizeof command, "/bin/sh \"%s\"", unix_path(script));
    if (!CreateProcessA("Z:\\bin\\sh", command, NULL, NULL, FALSE, 0, NULL, NULL, &how, &made))
        fail("cannot start the shell", "");
}

static int answer(const char *said, const char *code)
{
    FILE *file;
    int value = 125;
    while (!(file = fopen(code, "rb")))
        Sleep(WAIT);
    if (fscanf(file, "%d", &value) != 1)
        fail("no exit code in ", code);
    fclose(file);
    if ((file = fopen(said, "rb"))) {
        char part[4096];
        size_t size;
        _setmode(_fileno(stdout), _O_BINARY); /* what was said, to the byte */
        while ((size = fread(part, 1, sizeof part, file)))
            fwrite(part, 1, size, stdout);
        fclose(file);
    }
    return value;
}

int main(int count, char **values)
{
    char folder[MAX_PATH], base[LONGEST], script[LONGEST], said[LONGEST], code[LONGEST];
    if (!GetTempPathA(sizeof folder, folder))
        fail("no temporary folder", "");
    snprintf(base, sizeof base, "%szig-%lu-%llu", folder, GetCurrentProcessId(), GetTickCount64());
    snprintf(script, sizeof script, "%s.sh", base);
    snprintf(said, sizeof said, "%s.said", base);
    snprintf(code, sizeof code, "%s.code", base);
    FILE *first = fopen(script, "wb"); /* so that its Unix name can be asked for */
    if (!first)
        fail("cannot write ", script);
    fclose(first);
    write_script(script, base, count, values);
    start(script);
    int result = answer(said, code);
    DeleteFileA(script);
    DeleteFileA(said);
    DeleteFileA(code);
    return result;
}
