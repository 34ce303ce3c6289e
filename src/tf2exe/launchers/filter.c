#include "filter.h"
#include "frames.h"
#include "little.h"

#include <string.h>

static const uint32_t reach = 1U << 29; /* distances of less than 512 MiB either way were made addresses */

int is_region(const struct region *region)
{
    if (region->filter == FILTER_ADDRESSES || region->filter == FILTER_FRAMES) {
        return region->row == 0;
    }
    int is_table = region->row > 0 && region->row <= LARGEST_ROW;
    return is_table && (region->filter == FILTER_COLUMNS || (region->filter == FILTER_DIFFERENCES && region->row % 4 == 0));
}

/* x86-64: where the operand begins of a call, or of a 64-bit or vector instruction that names its operand by the
 * distance, if such a thing begins at `data`; else 0. Whatever is looked at stands before the operand, and is
 * no operand itself: so this finds the same before and after. */
static size_t find_distance(const uint8_t *data, size_t size)
{
    if (data[0] == 0xE8) {
        return size >= 5 ? 1 : 0;
    }
    if (data[0] == 0xC5) {
        int is_vector = size >= 8 && data[1] >= 0x80 && data[1] != 0xE8 && data[2] != 0xE8 && (data[3] & 0xC7) == 5;
        return is_vector ? 4 : 0;
    }
    int is_wide = (data[0] & 0xFB) == 0x48 && size >= 7 && data[1] != 0xE8 && (data[2] & 0xC7) == 5;
    return is_wide ? 3 : 0;
}

static void undo_addresses(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t operand = find_distance(data + i, size - i);
        if (operand == 0) {
            i++;
            continue;
        }
        i += operand;
        uint32_t number = get(data + i) + reach;
        if (number < 2 * reach) {
            put(data + i, ((number - (uint32_t)i) & (2 * reach - 1)) - reach);
        }
        i += 4;
    }
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

static void undo_differences(uint8_t *data, size_t size, size_t row)
{
    for (size_t i = row; i < size / row * row; i += 4) {
        put(data + i, get(data + i) + get(data + i - row));
    }
}

void undo_filter(const struct region *region, uint8_t *chunk, uint8_t *scratch)
{
    uint8_t *data = chunk + region->offset;
    if (region->filter == FILTER_ADDRESSES) {
        undo_addresses(data, region->size);
        return;
    }
    if (region->filter == FILTER_FRAMES) {
        undo_frames(data, region->size, scratch);
        return;
    }
    undo_columns(data, region->size, region->row, scratch);
    if (region->filter == FILTER_DIFFERENCES) {
        undo_differences(data, region->size, region->row);
    }
}
