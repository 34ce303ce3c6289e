/* The table of carried modules, and the bundles with their code.
 *
 * The table (written by tf2exe/assemble/module_index.py), all numbers little-endian:
 *     magic    8 bytes
 *     count    u32, then u32: the number of bundles
 *     python   the 4 bytes with which the interpreter's bytecode begins, then u32 of nothing
 *     entries  count times `struct entry`, sorted by name (bytes)
 *     bundles  as often `struct bundle`
 *     texts, at the places that entries and bundles name
 */
#include "modules.h"

#include <string.h>

static const char magic[8] = "tf2exeM4";
enum { HEADER_SIZE = 24 };

struct bundle { /* many modules' code, one behind the other */
    uint32_t path, path_size;
    uint32_t size;
};

static PyObject *root_path;
static const char *table;
static size_t table_size;
static const struct entry *entries;
static const struct bundle *bundles;
static struct content {
    const char *bytes; /* NULL: not yet asked for */
    int in_use;
} *contents; /* of bundles */
static uint32_t count, bundle_count;

static int is_text(uint32_t place, uint32_t size)
{
    return (uint64_t)place + size <= table_size;
}

static int is_entry(const struct entry *e)
{
    int has_code = e->code_size > 0;
    return is_text(e->name, e->name_size) && is_text(e->path, e->path_size) && e->folder_size <= e->path_size &&
           e->kind <= NATIVE &&
           (!has_code ||
            (e->bundle < bundle_count && (uint64_t)e->code + e->code_size <= bundles[e->bundle].size));
}

/* Every number of the table against its size, so that a file that was cut off is told and not crashed on. */
static int check_table(void)
{
    uint32_t python, ours = (uint32_t)PyImport_GetMagicNumber();
    if (table_size < HEADER_SIZE || memcmp(table, magic, sizeof magic) != 0) {
        return -1;
    }
    memcpy(&count, table + 8, sizeof count);
    memcpy(&bundle_count, table + 12, sizeof bundle_count);
    memcpy(&python, table + 16, sizeof python);
    uint64_t listed = (uint64_t)count * sizeof *entries + (uint64_t)bundle_count * sizeof *bundles;
    if (python != ours || listed > table_size - HEADER_SIZE) {
        return -1;
    }
    entries = (const struct entry *)(table + HEADER_SIZE);
    bundles = (const struct bundle *)(entries + count);
    contents = PyMem_Calloc(bundle_count + 1U, sizeof *contents);
    int sound = contents != NULL;
    for (uint32_t i = 0; sound && i < bundle_count; i++) {
        sound = is_text(bundles[i].path, bundles[i].path_size);
    }
    for (uint32_t i = 0; sound && i < count; i++) {
        sound = is_entry(&entries[i]);
    }
    return sound ? 0 : -1;
}

const struct entry *find_entry(const char *name, size_t size)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct entry *e = &entries[middle];
        size_t common = size < e->name_size ? size : e->name_size;
        int order = memcmp(name, table + e->name, common);
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

/* A path of the table as Python writes it. */
static PyObject *below_root(const char *path, size_t size)
{
    char text[UINT16_MAX + 1];
    size = size > UINT16_MAX ? UINT16_MAX : size;
    memcpy(text, path, size);
    for (size_t i = 0; i < size && PATH_SEPARATOR != '/'; i++) {
        text[i] = text[i] == '/' ? PATH_SEPARATOR : text[i];
    }
    PyObject *inside = PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, NULL);
    PyObject *full = inside != NULL ? PyUnicode_FromFormat("%U%c%U", root_path, PATH_SEPARATOR, inside) : NULL;
    Py_XDECREF(inside);
    return full;
}

PyObject *full_path(const struct entry *entry, size_t size)
{
    return below_root(table + entry->path, size);
}

static const char *map(PyObject *path, size_t *size)
{
    /* As Python does when it opens bytecode. */
    const char *content = PySys_Audit("open", "Osi", path, "rb", 0) == 0 ? map_file(path, size) : NULL;
    PyErr_Clear();
    return content;
}

const char *stored_code(const struct entry *entry)
{
    if (entry->code_size == 0) {
        return NULL;
    }
    const struct bundle *bundle = &bundles[entry->bundle];
    struct content *content = &contents[entry->bundle];
    if (content->bytes == NULL) {
        PyObject *path = below_root(table + bundle->path, bundle->path_size);
        size_t size = 0;
        const char *found = path != NULL ? map(path, &size) : NULL;
        content->bytes = size == bundle->size ? found : NULL;
        Py_XDECREF(path);
        PyErr_Clear();
    }
    content->in_use = content->bytes != NULL;
    return content->in_use ? content->bytes + entry->code : NULL;
}

void release_bundles(void)
{
    for (uint32_t i = 0; i < bundle_count; i++) {
        if (contents[i].in_use) {
            release_pages(contents[i].bytes, bundles[i].size);
            contents[i].in_use = 0;
        }
    }
}

int read_table(PyObject *path, PyObject *root)
{
    root_path = Py_NewRef(root);
    table = map(path, &table_size);
    return table != NULL ? check_table() : -1;
}
