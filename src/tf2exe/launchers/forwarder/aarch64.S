/* The jumps of a forwarder on AArch64; see forwarder.c.
 *
 * A jump has 24 bytes. Its second half loads the index of the symbol into x17 and jumps to `resolve`, which saves all
 * registers that may contain an argument: x0 to x8 and q0 to q7. x16 and x17 are the intra-procedure-call scratch
 * registers of the procedure call standard (AAPCS64).
 */
.hidden tf2exe_first_jump
.hidden tf2exe_addresses
.hidden tf2exe_resolve

.macro jump index, name
    .globl \name
    .type \name, %function
\name:
    adrp x16, tf2exe_addresses + 8 * \index
    ldr x16, [x16, #:lo12:tf2exe_addresses + 8 * \index]
    br x16
    mov w17, #(\index & 0xffff)
    movk w17, #(\index >> 16), lsl #16
    b resolve
.endm

.macro data index, name
    .globl \name
    .type \name, %gnu_indirect_function
\name:
    mov w0, #(\index & 0xffff)
    movk w0, #(\index >> 16), lsl #16
    b tf2exe_resolve
.endm

.text
.type resolve, %function
resolve:
    .cfi_startproc
    stp x29, x30, [sp, #-224]!
    .cfi_def_cfa_offset 224
    .cfi_offset x29, -224
    .cfi_offset x30, -216
    mov x29, sp
    .cfi_def_cfa_register x29
    stp x0, x1, [sp, #16]
    stp x2, x3, [sp, #32]
    stp x4, x5, [sp, #48]
    stp x6, x7, [sp, #64]
    str x8, [sp, #80]
    stp q0, q1, [sp, #96]
    stp q2, q3, [sp, #128]
    stp q4, q5, [sp, #160]
    stp q6, q7, [sp, #192]
    mov x0, x17
    bl tf2exe_resolve
    mov x16, x0
    ldp x0, x1, [sp, #16]
    ldp x2, x3, [sp, #32]
    ldp x4, x5, [sp, #48]
    ldp x6, x7, [sp, #64]
    ldr x8, [sp, #80]
    ldp q0, q1, [sp, #96]
    ldp q2, q3, [sp, #128]
    ldp q4, q5, [sp, #160]
    ldp q6, q7, [sp, #192]
    ldp x29, x30, [sp], #224
    br x16
    .cfi_endproc
.size resolve, . - resolve

    .p2align 3
    .globl tf2exe_first_jump
tf2exe_first_jump:
#define FUNCTION(index, name) jump index, name
#define DOT_OF_ONES(index, name) jump index, name
#define DATA(index, name)
#include "exports.h"
#undef FUNCTION
#undef DOT_OF_ONES
#undef DATA

#define FUNCTION(index, name)
#define DOT_OF_ONES(index, name)
#define DATA(index, name) data index, name
#include "exports.h"

.section .note.GNU-stack, "", %progbits
