#include "sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *whole(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    if (text && fread(text, 1, *size, file) == *size)
        text[*size] = 0;
    else
        *size = 0;
    fclose(file);
    return text;
}

/* The line's path with slashes; whether anything changed. */
static int path_of_line(char *line)
{
    int changed = 0;
    char *place = strchr(line, '"'), *end = line + strcspn(line, "\r\n");
    for (; place && place < end; place++)
        if (*place == '\\') {
            *place = '/';
            changed = 1;
        }
    return changed;
}

void sources_for_unix(const char *name)
{
    size_t length = strlen(name), size = 0;
    if (length < 2 || name[0] == '-' || strcmp(name + length - 2, ".c"))
        return;
    char *text = whole(name, &size);
    int changed = 0;
    for (char *place = text; place && (place = strchr(place, '#')); place++)
        if (!strncmp(place, "#embed \"", 8) || !strncmp(place, "#include \"", 10))
            changed |= path_of_line(place);
    FILE *file = changed ? fopen(name, "wb") : NULL;
    if (file) {
        fwrite(text, 1, size, file);
        fclose(file);
    }
    free(text);
}
