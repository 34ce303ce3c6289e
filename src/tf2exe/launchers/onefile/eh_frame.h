/* Reverses the filter for unwind tables (.eh_frame). tf2exe/onefile/eh_frame.py applies and describes it. */
#ifndef EH_FRAME_H
#define EH_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Reverses the filter in place; `scratch` has `size` bytes. Bytes that are not filtered data become other bytes, without
 * access out of bounds. */
void undo_eh_frame(uint8_t *data, size_t size, uint8_t *scratch);

#endif
