#include "../modules.h"

#include "../../windows.h"

const char *map_file(PyObject *path, size_t *size)
{
    const DWORD others = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    wchar_t *name = PyUnicode_AsWideCharString(path, NULL);
    HANDLE file = name != NULL ? CreateFileW(name, GENERIC_READ, others, NULL, OPEN_EXISTING, 0, NULL) : INVALID_HANDLE_VALUE;
    PyMem_Free(name);
    if (file == INVALID_HANDLE_VALUE) {
        return NULL;
    }
    LARGE_INTEGER length = {0};
    const char *content = NULL;
    HANDLE mapping = GetFileSizeEx(file, &length) ? CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL) : NULL;
    if (mapping != NULL) {
        *size = (size_t)length.QuadPart;
        content = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
        CloseHandle(mapping);
    }
    CloseHandle(file);
    return content;
}

void release_pages(const char *content, size_t size)
{
    VirtualUnlock((void *)content, size); /* removes pages that are not locked from the working set */
}
