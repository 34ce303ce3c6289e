#include "paths.h"

#include <string.h>

#ifdef _WIN32
#define FORBIDDEN "\\:" /* separators and drives */
#else
#define FORBIDDEN ""
#endif

int stays_inside(const char *path)
{
    size_t length = strlen(path);
    if (length == 0 || length > LARGEST_PATH || strpbrk(path, FORBIDDEN) != NULL) {
        return 0;
    }
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/' && part != path;
        size_t size = strcspn(part, "/");
        if (size == 0 || (size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.')) {
            return 0;
        }
    }
    return 1;
}

int link_stays_inside(const char *path, const char *target)
{
    size_t length = strlen(target);
    if (length == 0 || length > LARGEST_PATH || target[0] == '/' || strpbrk(target, FORBIDDEN) != NULL) {
        return 0;
    }
    long depth = 0;
    for (const char *c = path; *c; c++) {
        depth += *c == '/';
    }
    for (const char *part = target; *part;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && part[0] == '.' && part[1] == '.') {
            depth--;
        } else if (size > 0 && !(size == 1 && part[0] == '.')) {
            depth++;
        }
        if (depth < 0) {
            return 0;
        }
        part += size;
        part += *part == '/';
    }
    return 1;
}
