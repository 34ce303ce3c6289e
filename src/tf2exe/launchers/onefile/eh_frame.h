/* The filter of tables of unwinding; tf2exe/onefile/eh_frame.py applies it, and describes what it makes. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

/* Undoes the filter in place; `scratch` holds `size` bytes. Of bytes that nobody filtered something else is made,
 * of the same size. */
void undo_frames(uint8_t *data, size_t size, uint8_t *scratch);

#endif
