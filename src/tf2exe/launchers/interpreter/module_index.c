/* The index of bundled modules, and the bytecode archives.
 *
 * Format of the index (written by tf2exe/assemble/module_index.py; all numbers are little-endian):
 *     magic     8 bytes
 *     count     u32, then the number of archives, u32
 *     python    the magic number of the interpreter's bytecode, 4 bytes, then u32 of padding
 *     entries   count times `struct entry`, sorted by name (bytes)
 *     archives  the number of archives times `struct archive`
 *     texts, at the offsets in entries and archives
 */
#include "modules.h"

#include <string.h>

static const char magic[8] = "tf2exeM4";
enum { HEADER_SIZE = 24 };

struct archive { /* the concatenated code of many modules */
    uint32_t path, path_size;
    uint32_t size;
};

static PyObject *root_path;
static const char *index_data;
static size_t index_size;
static const struct entry *entries;
static const struct archive *archives;
static struct content {
    const char *bytes; /* NULL: not yet mapped */
    int in_use;
} *contents; /* of archives */
static uint32_t count, archive_count;

static int is_text(uint32_t offset, uint32_t size)
{
    return (uint64_t)offset + size <= index_size;
}

static int is_entry(const struct entry *e)
{
    int has_code = e->code_size > 0;
    return is_text(e->name, e->name_size) && is_text(e->path, e->path_size) && e->folder_size <= e->path_size &&
           e->kind <= NATIVE &&
           (!has_code ||
            (e->archive < archive_count && (uint64_t)e->code + e->code_size <= archives[e->archive].size));
}

/* Checks every number against the size of the index, so that a truncated file is an error and not a crash. */
static int check_module_index(void)
{
    uint32_t python, ours = (uint32_t)PyImport_GetMagicNumber();
    if (index_size < HEADER_SIZE || memcmp(index_data, magic, sizeof magic) != 0) {
        return -1;
    }
    memcpy(&count, index_data + 8, sizeof count);
    memcpy(&archive_count, index_data + 12, sizeof archive_count);
    memcpy(&python, index_data + 16, sizeof python);
    uint64_t listed = (uint64_t)count * sizeof *entries + (uint64_t)archive_count * sizeof *archives;
    if (python != ours || listed > index_size - HEADER_SIZE) {
        return -1;
    }
    entries = (const struct entry *)(index_data + HEADER_SIZE);
    archives = (const struct archive *)(entries + count);
    contents = PyMem_Calloc(archive_count + 1U, sizeof *contents);
    int is_valid = contents != NULL;
    for (uint32_t i = 0; is_valid && i < archive_count; i++) {
        is_valid = is_text(archives[i].path, archives[i].path_size);
    }
    for (uint32_t i = 0; is_valid && i < count; i++) {
        is_valid = is_entry(&entries[i]);
    }
    return is_valid ? 0 : -1;
}

const struct entry *find_entry(const char *name, size_t size)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct entry *e = &entries[middle];
        size_t common = size < e->name_size ? size : e->name_size;
        int order = memcmp(name, index_data + e->name, common);
        if (order == 0) {
            order = (size > e->name_size) - (size < e->name_size);
        }
        if (order == 0) {
            return e;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* The absolute path, with the separators of the system. */
static PyObject *below_root(const char *path, size_t size)
{
    char text[UINT16_MAX + 1];
    size = size > UINT16_MAX ? UINT16_MAX : size;
    memcpy(text, path, size);
    for (size_t i = 0; i < size && PATH_SEPARATOR != '/'; i++) {
        text[i] = text[i] == '/' ? PATH_SEPARATOR : text[i];
    }
    PyObject *relative = PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, NULL);
    PyObject *full = relative != NULL ? PyUnicode_FromFormat("%U%c%U", root_path, PATH_SEPARATOR, relative) : NULL;
    Py_XDECREF(relative);
    return full;
}

PyObject *full_path(const struct entry *entry, size_t size)
{
    return below_root(index_data + entry->path, size);
}

static const char *map(PyObject *path, size_t *size)
{
    /* The audit event that Python raises when it opens bytecode. */
    const char *content = PySys_Audit("open", "Osi", path, "rb", 0) == 0 ? map_file(path, size) : NULL;
    PyErr_Clear();
    return content;
}

const char *find_bytecode(const struct entry *entry)
{
    if (entry->code_size == 0) {
        return NULL;
    }
    const struct archive *archive = &archives[entry->archive];
    struct content *content = &contents[entry->archive];
    if (content->bytes == NULL) {
        PyObject *path = below_root(index_data + archive->path, archive->path_size);
        size_t size = 0;
        const char *found = path != NULL ? map(path, &size) : NULL;
        content->bytes = size == archive->size ? found : NULL;
        Py_XDECREF(path);
        PyErr_Clear();
    }
    content->in_use = content->bytes != NULL;
    return content->in_use ? content->bytes + entry->code : NULL;
}

void release_archives(void)
{
    for (uint32_t i = 0; i < archive_count; i++) {
        if (contents[i].in_use) {
            release_pages(contents[i].bytes, archives[i].size);
            contents[i].in_use = 0;
        }
    }
}

int read_module_index(PyObject *path, PyObject *root)
{
    root_path = Py_NewRef(root);
    index_data = map(path, &index_size);
    return index_data != NULL ? check_module_index() : -1;
}
