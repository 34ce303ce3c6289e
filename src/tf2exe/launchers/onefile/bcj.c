#include "bcj.h"
#include "little_endian.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const uint32_t REACH = 1U << 29; /* relative addresses below 512 MiB were converted */

/* The offset of the relative address in the instruction at `code`, if it is a call, or a 64-bit or vector instruction
 * with a RIP-relative operand; otherwise 0. It reads only bytes before the operand, which the filter does not change, so
 * that both directions find the same instructions. */
static size_t find_operand(const uint8_t *code, size_t size)
{
    if (code[0] == 0xE8) {
        return size >= 5 ? 1 : 0;
    }
    if (code[0] == 0xC5) {
        int is_vector = size >= 8 && code[1] >= 0x80 && code[1] != 0xE8 && code[2] != 0xE8 && (code[3] & 0xC7) == 5;
        return is_vector ? 4 : 0;
    }
    int is_wide = (code[0] & 0xFB) == 0x48 && size >= 7 && code[1] != 0xE8 && (code[2] & 0xC7) == 5;
    return is_wide ? 3 : 0;
}

#ifdef __SSE2__
enum { VECTOR_BYTES = 16, WINDOW = VECTOR_BYTES + 3 };

static __m128i match(__m128i bytes, int mask, int value)
{
    return _mm_cmpeq_epi8(_mm_and_si128(bytes, _mm_set1_epi8((char)mask)), _mm_set1_epi8((char)value));
}

static __m128i load(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)bytes);
}

/* The number of bytes up to the next candidate for find_operand, at most 16. */
static size_t count_skippable(const uint8_t *code)
{
    __m128i first = load(code);
    __m128i calls = match(first, 0xFF, 0xE8);
    __m128i wide = _mm_and_si128(match(first, 0xFB, 0x48), match(load(code + 2), 0xC7, 5));
    __m128i vectors = _mm_and_si128(match(first, 0xFF, 0xC5), match(load(code + 3), 0xC7, 5));
    int found = _mm_movemask_epi8(_mm_or_si128(calls, _mm_or_si128(wide, vectors)));
    return found == 0 ? VECTOR_BYTES : (size_t)__builtin_ctz((unsigned)found);
}

static size_t find_next(const uint8_t *code, size_t i, size_t size)
{
    for (size_t skippable = VECTOR_BYTES; skippable == VECTOR_BYTES && size - i >= WINDOW; i += skippable) {
        skippable = count_skippable(code + i);
    }
    return i;
}
#else
static size_t find_next(const uint8_t *code, size_t i, size_t size)
{
    (void)code;
    (void)size;
    return i;
}
#endif

void undo_bcj(uint8_t *code, size_t size)
{
    for (size_t i = find_next(code, 0, size); i < size; i = find_next(code, i, size)) {
        size_t operand = find_operand(code + i, size - i);
        if (operand == 0) {
            i++;
            continue;
        }
        i += operand;
        uint32_t number = read_u32(code + i) + REACH;
        if (number < 2 * REACH) {
            write_u32(code + i, ((number - (uint32_t)i) & (2 * REACH - 1)) - REACH);
        }
        i += 4;
    }
}
