/* The jumps of a forwarder on x86-64; see forwarder.c.
 *
 * A jump has 16 bytes. Its second half pushes the index of the symbol and jumps to `resolve`, which saves all registers
 * that may contain an argument: the integer registers, and the vector registers in full width (XSAVE, or FXSAVE if the
 * processor lacks it).
 */
#ifdef _WIN32
#define FIRST_ARGUMENT %rcx
.macro export name
    .section .drectve, "yn"
    .ascii " -export:\name"
    .text
    .globl \name
.endm
.macro prologue
    .seh_proc resolve
    .seh_stackalloc 8 /* the index */
    push %rbp
    .seh_pushreg %rbp
    mov %rsp, %rbp
    .seh_setframe %rbp, 0
    .seh_endprologue
.endm
.macro epilogue_end
    .seh_endproc
.endm
#else
#define FIRST_ARGUMENT %rdi
.macro export name
    .globl \name
    .type \name, @function
.endm
.macro prologue
    .cfi_startproc
    .cfi_adjust_cfa_offset 8 /* the index */
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_offset %rbp, -24
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
.endm
.macro epilogue_end
    .cfi_endproc
.endm
.hidden tf2exe_first_jump
.hidden tf2exe_addresses
.hidden tf2exe_resolve
#endif

#define VECTOR_STATE 0xe6 /* SSE, AVX and AVX-512; not x87, whose registers contain no arguments */
#define PAGE_SIZE 4096

.macro jump index, name
    export \name
\name:
    jmp *tf2exe_addresses + 8 * \index(%rip)
    .byte 0x68 /* push imm32 */
    .long \index
    .byte 0xe9 /* jmp rel32 */
    .long resolve - . - 4
.endm

.macro data index, name
    .globl \name
    .type \name, @gnu_indirect_function
\name:
    mov $\index, %edi
    jmp tf2exe_resolve
.endm

.text
resolve:
    prologue
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10

    mov %rbx, %r11 /* callee-saved, and cpuid overwrites it */
    mov $1, %eax
    xor %ecx, %ecx
    cpuid
    mov $512, %r8d
    xor %r9d, %r9d
    bt $27, %ecx /* OSXSAVE: the processor has XSAVE, and the system has enabled it */
    jnc 1f
    mov $13, %eax
    xor %ecx, %ecx
    cpuid
    mov %ebx, %r8d
    mov $1, %r9d
1:  mov %r11, %rbx

    /* Reserve the save area and touch every page of it: Windows commits a thread's stack page by page. */
2:  cmp $PAGE_SIZE, %r8
    jb 3f
    sub $PAGE_SIZE, %rsp
    orq $0, (%rsp)
    sub $PAGE_SIZE, %r8
    jmp 2b
3:  sub %r8, %rsp
    and $-64, %rsp

    test %r9d, %r9d
    jz 4f
    xor %eax, %eax
    xor %edx, %edx
    .irp part, 0, 8, 16, 24, 32, 40, 48, 56
    mov %rax, 512 + \part(%rsp) /* clear the header: XSAVE writes a part of it, XRSTOR reads all */
    .endr
    mov $VECTOR_STATE, %eax
    xsave64 (%rsp)
    jmp 5f
4:  fxsave64 (%rsp)

5:  mov %rsp, %r10
    sub $64, %rsp /* 32 bytes are the callee's on Windows; r10 and r9 are caller-saved */
    mov %r10, 32(%rsp)
    mov %r9, 40(%rsp)
    mov 8(%rbp), FIRST_ARGUMENT
    call tf2exe_resolve
    mov %rax, %r11
    mov 32(%rsp), %r10
    mov 40(%rsp), %r9
    test %r9d, %r9d
    jz 6f
    xor %edx, %edx
    mov $VECTOR_STATE, %eax
    xrstor64 (%r10)
    jmp 7f
6:  fxrstor64 (%r10)

7:  lea -64(%rbp), %rsp
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    pop %rbp
    add $8, %rsp
    jmp *%r11
    epilogue_end

    .p2align 4
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

#ifdef __ELF__
.section .note.GNU-stack, "", @progbits
#endif
