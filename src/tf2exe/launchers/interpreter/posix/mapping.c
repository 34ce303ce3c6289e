#include "../modules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *map_file(PyObject *path, size_t *size)
{
    PyObject *name = PyUnicode_EncodeFSDefault(path);
    int file = name != NULL ? open(PyBytes_AS_STRING(name), O_RDONLY | O_CLOEXEC) : -1;
    Py_XDECREF(name);
    struct stat status;
    void *content = MAP_FAILED;
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size > 0) {
        *size = (size_t)status.st_size;
        content = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
    }
    if (file >= 0) {
        close(file);
    }
    return content != MAP_FAILED ? content : NULL;
}

void release_pages(const char *content, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)content / page * page;
    madvise((void *)begin, (uintptr_t)content + size - begin, MADV_DONTNEED);
}
