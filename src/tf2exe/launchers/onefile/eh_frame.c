#include "eh_frame.h"
#include "little_endian.h"

#include <string.h>

enum {
    HEADER_SIZE = 17,    /* bytes of a record that are stored as columns */
    LSDA_SIZE = 4,       /* size of the augmentation data if a record has an LSDA pointer */
    MIN_RECORD_SIZE = 13 /* bytes after the length of a record; 17 with an LSDA pointer */
};

struct table {
    const uint8_t *lengths, *cie_pointers, *function_starts, *function_sizes, *augmentation_sizes, *lsda; /* columns */
    const uint8_t *rest; /* the other bytes of the records that are not yet written */
    size_t count, lsda_count, lsda_index;
    uint32_t last_cie, last_function_end, last_lsda; /* of the previous record */
};

static uint32_t get_column_u32(const uint8_t *columns, size_t count, size_t i)
{
    return (uint32_t)columns[i] | (uint32_t)columns[count + i] << 8 | (uint32_t)columns[2 * count + i] << 16 |
           (uint32_t)columns[3 * count + i] << 24;
}

/* Finds the columns of a table of `size` bytes whose first record has `first` bytes; -1: they do not fit. */
static int find_columns(struct table *table, const uint8_t *data, size_t first, size_t size)
{
    size_t count = read_u32(data + 4);
    if (count > (size - first) / HEADER_SIZE) {
        return -1;
    }
    const uint8_t *columns = data + first;
    *table = (struct table){columns,
                            columns + 4 * count,
                            columns + 8 * count,
                            columns + 12 * count,
                            columns + 16 * count,
                            columns + HEADER_SIZE * count,
                            columns + HEADER_SIZE * count,
                            count,
                            0,
                            0,
                            0,
                            0,
                            0};
    for (size_t i = 0; i < count; i++) {
        table->lsda_count += table->augmentation_sizes[i] == LSDA_SIZE;
    }
    if (table->lsda_count > (size - first - HEADER_SIZE * count) / 4) {
        return -1;
    }
    table->rest += 4 * table->lsda_count;
    return 0;
}

/* Writes the first 17 bytes of the record at `position` in `data`. */
static void put_header(struct table *table, size_t i, uint8_t *data, size_t position)
{
    uint8_t *record = data + position;
    uint32_t field = (uint32_t)position + 4;
    uint32_t cie_pointer = get_column_u32(table->cie_pointers, table->count, i) + (field - table->last_cie);
    uint32_t function_start = get_column_u32(table->function_starts, table->count, i);
    uint32_t size = get_column_u32(table->function_sizes, table->count, i);
    if (cie_pointer != 0) {
        table->last_cie = field - cie_pointer;
        uint32_t begin = function_start + ((table->last_function_end + 15U) & ~15U);
        table->last_function_end = begin + size;
        function_start = begin - (field + 4U);
    }
    write_u32(record, get_column_u32(table->lengths, table->count, i));
    write_u32(record + 4, cie_pointer);
    write_u32(record + 8, function_start);
    write_u32(record + 12, size);
    record[16] = table->augmentation_sizes[i];
}

static size_t put_lsda(struct table *table, uint8_t *data, size_t position)
{
    table->last_lsda += get_column_u32(table->lsda, table->lsda_count, table->lsda_index++);
    write_u32(data + position, table->last_lsda - (uint32_t)position);
    return position + 4;
}

void undo_eh_frame(uint8_t *data, size_t size, uint8_t *scratch)
{
    struct table table;
    size_t first = size < 8 ? 0 : 4 + (size_t)read_u32(data);
    if (first < 8 || first > size) {
        return;
    }
    memcpy(scratch, data, size);
    if (find_columns(&table, scratch, first, size) != 0) {
        return;
    }
    write_u32(data + 4, 0);
    size_t position = first;
    for (size_t i = 0; i < table.count; i++) {
        uint32_t length = get_column_u32(table.lengths, table.count, i);
        size_t header_size = HEADER_SIZE + 4U * (table.augmentation_sizes[i] == LSDA_SIZE);
        if (size - position < 4 || length > size - position - 4 || length < MIN_RECORD_SIZE || length + 4U < header_size ||
            length + 4U - header_size > (size_t)(scratch + size - table.rest)) {
            return;
        }
        size_t end = position + 4 + length;
        put_header(&table, i, data, position);
        position += HEADER_SIZE;
        position = table.augmentation_sizes[i] == LSDA_SIZE ? put_lsda(&table, data, position) : position;
        memcpy(data + position, table.rest, end - position);
        table.rest += end - position;
        position = end;
    }
    memcpy(data + position, table.rest, (size_t)(scratch + size - table.rest));
}
