#include "arguments.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

typedef char *(CDECL *unix_name)(const WCHAR *); /* of Wine's kernel32; frees by HeapFree, which we do not */

static void *space(size_t size)
{
    void *made = malloc(size);
    if (!made)
        abort();
    return made;
}

static char *copy(const char *text)
{
    return strcpy(space(strlen(text) + 1), text);
}

static char *slashes(char *text)
{
    for (char *place = text; *place; place++)
        if (*place == '\\')
            *place = '/';
    return text;
}

static int is_absolute(const char *text)
{
    return isalpha((unsigned char)text[0]) && text[1] == ':' && (text[2] == '\\' || text[2] == '/');
}

char *unix_path(const char *windows)
{
    static unix_name ask;
    WCHAR wide[32768];
    if (!ask)
        ask = (unix_name)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "wine_get_unix_file_name");
    if (!is_absolute(windows) || !ask)
        return slashes(copy(windows));
    if (!MultiByteToWideChar(CP_ACP, 0, windows, -1, wide, sizeof wide / sizeof *wide))
        return slashes(copy(windows));
    char *found = ask(wide);
    return found ? found : slashes(copy(windows));
}

/* Where the path begins in an argument; NULL: there is none in it. */
static const char *path_in(const char *text)
{
    for (const char *place = text; *place; place++) {
        int begins = place == text || strchr("=,@\"", place[-1]) || (place == text + 2 && text[0] == '-');
        if (begins && is_absolute(place))
            return place;
    }
    return NULL;
}

/* Relative paths have backslashes only between names; definitions (`-D`) keep theirs. */
static char *without_absolute(const char *given)
{
    return strncmp(given, "-D", 2) ? slashes(copy(given)) : copy(given);
}

static char *joined(const char *begin, size_t length, const char *end)
{
    char *text = space(length + strlen(end) + 1);
    memcpy(text, begin, length);
    strcpy(text + length, end);
    return text;
}

/* A response file: every word of it, written anew beside it; backslashes in it are separators of paths. */
static char *response(const char *name)
{
    char *other = joined(name, strlen(name), ".unix");
    FILE *in = fopen(name, "rb"), *out = in ? fopen(other, "wb") : NULL;
    char word[32768];
    size_t length = 0;
    int quoted = 0;
    if (!out)
        return joined("@", 1, unix_path(name));
    for (int c = fgetc(in);; c = fgetc(in)) {
        if (c == '"' && !(length && word[length - 1] == '\\'))
            quoted = !quoted;
        if (c == EOF || (isspace(c) && !quoted)) {
            word[length] = 0;
            if (length)
                fprintf(out, "%s\n", unix_argument(word));
            length = 0;
            if (c == EOF)
                break;
        } else if (length < sizeof word - 1) {
            if (!(c == '\\' && length && word[length - 1] == '\\')) /* doubled by whoever wrote it */
                word[length++] = (char)c;
        }
    }
    fclose(in);
    fclose(out);
    return joined("@", 1, unix_path(other));
}

char *unix_argument(const char *given)
{
    if (given[0] == '@')
        return response(given + 1);
    const char *path = path_in(given);
    if (!path)
        return without_absolute(given);
    size_t before = (size_t)(path - given), length = strcspn(path, "\"");
    char *windows = joined(path, length, ""), *found = unix_path(windows);
    windows[length] = 0;
    char *begin = joined(given, before, found);
    return joined(begin, strlen(begin), path + length);
}
