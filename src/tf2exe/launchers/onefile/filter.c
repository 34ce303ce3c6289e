#include "filter.h"
#include "bcj.h"
#include "eh_frame.h"
#include "little_endian.h"

#include <string.h>

int is_region(const struct region *region)
{
    if (region->filter == FILTER_BCJ || region->filter == FILTER_EH_FRAME) {
        return region->row == 0;
    }
    int is_table = region->row > 0 && region->row <= LARGEST_ROW;
    return is_table && (region->filter == FILTER_COLUMNS || (region->filter == FILTER_DELTA && region->row % 4 == 0));
}

static void undo_columns(uint8_t *data, size_t size, size_t row, uint8_t *scratch)
{
    size_t rows = size / row;
    memcpy(scratch, data, rows * row);
    for (size_t column = 0; column < row; column++) {
        for (size_t i = 0; i < rows; i++) {
            data[i * row + column] = scratch[column * rows + i];
        }
    }
}

static void undo_delta(uint8_t *data, size_t size, size_t row)
{
    for (size_t i = row; i < size / row * row; i += 4) {
        write_u32(data + i, read_u32(data + i) + read_u32(data + i - row));
    }
}

void undo_filter(const struct region *region, uint8_t *chunk, uint8_t *scratch)
{
    uint8_t *data = chunk + region->offset;
    if (region->filter == FILTER_BCJ) {
        undo_bcj(data, region->size);
        return;
    }
    if (region->filter == FILTER_EH_FRAME) {
        undo_eh_frame(data, region->size, scratch);
        return;
    }
    undo_columns(data, region->size, region->row, scratch);
    if (region->filter == FILTER_DELTA) {
        undo_delta(data, region->size, region->row);
    }
}
