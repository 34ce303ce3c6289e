/* Reverses the BCJ filter for x86-64 code. tf2exe/onefile/bcj.py applies and describes it. */
#ifndef BCJ_H
#define BCJ_H

#include <stddef.h>
#include <stdint.h>

/* Converts absolute addresses back to relative ones, in place. */
void undo_bcj(uint8_t *code, size_t size);

#endif
