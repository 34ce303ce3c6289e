/* The jumps of a forwarder on x86-64; see forwarder.c.
 *
 * A jump takes 16 bytes. Its second half pushes the index and goes to `resolve`, which saves what may hold an argument:
 * the integer registers, and the vector registers in full width (XSAVE; FXSAVE where the processor has none).
 */
#ifdef _WIN32
#define FIND_ARGUMENT %rcx
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
#define FIND_ARGUMENT %rdi
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
.hidden tf2exe_table
.hidden tf2exe_find
#endif

#define VECTORS 0xe6 /* SSE, AVX, and the three parts of AVX-512; not x87, whose registers hold no arguments */
#define PAGE 4096

.macro jump index, name
    export \name
\name:
    jmp *tf2exe_table + 8 * \index(%rip)
    .byte 0x68 /* push, in its long form */
    .long \index
    .byte 0xe9 /* jmp, in its long form */
    .long resolve - . - 4
.endm

.macro data index, name
    .globl \name
    .type \name, @gnu_indirect_function
\name:
    mov $\index, %edi
    jmp tf2exe_find
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

    mov %rbx, %r11 /* which cpuid overwrites, and the caller keeps something in */
    mov $1, %eax
    xor %ecx, %ecx
    cpuid
    mov $512, %r8d
    xor %r9d, %r9d
    bt $27, %ecx /* XSAVE, and the system uses it */
    jnc 1f
    mov $13, %eax
    xor %ecx, %ecx
    cpuid
    mov %ebx, %r8d
    mov $1, %r9d
1:  mov %r11, %rbx

    /* Room for them, page by page: Windows gives a thread its stack so. */
2:  cmp $PAGE, %r8
    jb 3f
    sub $PAGE, %rsp
    orq $0, (%rsp)
    sub $PAGE, %r8
    jmp 2b
3:  sub %r8, %rsp
    and $-64, %rsp

    test %r9d, %r9d
    jz 4f
    xor %eax, %eax
    xor %edx, %edx
    .irp part, 0, 8, 16, 24, 32, 40, 48, 56
    mov %rax, 512 + \part(%rsp) /* the header, of which XSAVE writes a part and XRSTOR reads all */
    .endr
    mov $VECTORS, %eax
    xsave64 (%rsp)
    jmp 5f
4:  fxsave64 (%rsp)

5:  mov %rsp, %r10
    sub $64, %rsp /* Windows lets a function use 32 bytes here; r10 and r9 are not kept */
    mov %r10, 32(%rsp)
    mov %r9, 40(%rsp)
    mov 8(%rbp), FIND_ARGUMENT
    call tf2exe_find
    mov %rax, %r11
    mov 32(%rsp), %r10
    mov 40(%rsp), %r9
    test %r9d, %r9d
    jz 6f
    xor %edx, %edx
    mov $VECTORS, %eax
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
