#include "eh_frame.h"
#include "little_endian.h"

#include <string.h>

enum {
    HEAD = 17,    /* bytes of the columns */
    POINTER = 4,  /* the first byte of a record that has a pointer to exceptions */
    SHORTEST = 13 /* bytes behind the length of a record; 17 with a pointer */
};

struct table {
    const uint8_t *lengths, *descriptions, *functions, *sizes, *marks, *pointers; /* columns */
    const uint8_t *rest;                                                          /* what was not yet taken */
    size_t count, pointer_count, pointer;
    uint32_t described, ended, pointed; /* by the record before */
};

static uint32_t get_from(const uint8_t *columns, size_t count, size_t i)
{
    return (uint32_t)columns[i] | (uint32_t)columns[count + i] << 8 | (uint32_t)columns[2 * count + i] << 16 |
           (uint32_t)columns[3 * count + i] << 24;
}

/* Finds the columns of a table of `size` bytes whose first record has `first`; -1: there is no space for them. */
static int find_columns(struct table *table, const uint8_t *data, size_t first, size_t size)
{
    size_t count = get(data + 4);
    if (count > (size - first) / HEAD) {
        return -1;
    }
    const uint8_t *columns = data + first;
    *table = (struct table){columns,
                            columns + 4 * count,
                            columns + 8 * count,
                            columns + 12 * count,
                            columns + 16 * count,
                            columns + HEAD * count,
                            columns + HEAD * count,
                            count,
                            0,
                            0,
                            0,
                            0,
                            0};
    for (size_t i = 0; i < count; i++) {
        table->pointer_count += table->marks[i] == POINTER;
    }
    if (table->pointer_count > (size - first - HEAD * count) / 4) {
        return -1;
    }
    table->rest += 4 * table->pointer_count;
    return 0;
}

/* Writes the first 17 bytes of the record that begins at `place`, of `data`. */
static void put_head(struct table *table, size_t i, uint8_t *data, size_t place)
{
    uint8_t *record = data + place;
    uint32_t field = (uint32_t)place + 4;
    uint32_t description = get_from(table->descriptions, table->count, i) + (field - table->described);
    uint32_t function = get_from(table->functions, table->count, i);
    uint32_t size = get_from(table->sizes, table->count, i);
    if (description != 0) {
        table->described = field - description;
        uint32_t begin = function + ((table->ended + 15U) & ~15U);
        table->ended = begin + size;
        function = begin - (field + 4U);
    }
    put(record, get_from(table->lengths, table->count, i));
    put(record + 4, description);
    put(record + 8, function);
    put(record + 12, size);
    record[16] = table->marks[i];
}

static size_t put_pointer(struct table *table, uint8_t *data, size_t place)
{
    table->pointed += get_from(table->pointers, table->pointer_count, table->pointer++);
    put(data + place, table->pointed - (uint32_t)place);
    return place + 4;
}

void undo_frames(uint8_t *data, size_t size, uint8_t *scratch)
{
    struct table table;
    size_t first = size < 8 ? 0 : 4 + (size_t)get(data);
    if (first < 8 || first > size) {
        return;
    }
    memcpy(scratch, data, size);
    if (find_columns(&table, scratch, first, size) != 0) {
        return;
    }
    put(data + 4, 0);
    size_t place = first;
    for (size_t i = 0; i < table.count; i++) {
        uint32_t length = get_from(table.lengths, table.count, i);
        size_t head = HEAD + 4U * (table.marks[i] == POINTER);
        if (size - place < 4 || length > size - place - 4 || length < SHORTEST || length + 4U < head ||
            length + 4U - head > (size_t)(scratch + size - table.rest)) {
            return;
        }
        size_t end = place + 4 + length;
        put_head(&table, i, data, place);
        place += HEAD;
        place = table.marks[i] == POINTER ? put_pointer(&table, data, place) : place;
        memcpy(data + place, table.rest, end - place);
        table.rest += end - place;
        place = end;
    }
    memcpy(data + place, table.rest, (size_t)(scratch + size - table.rest));
}
