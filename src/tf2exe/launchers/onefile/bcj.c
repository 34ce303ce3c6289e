#include "bcj.h"
#include "little_endian.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const uint32_t reach = 1U << 29; /* distances of less than 512 MiB either way were made addresses */

/* x86-64: where the operand begins of a call, or of a 64-bit or vector instruction that names its operand by the
 * distance, if such a thing begins at `code`; else 0. Whatever is looked at stands before the operand, and is
 * no operand itself: so this finds the same before and after. */
static size_t find_distance(const uint8_t *code, size_t size)
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
enum { AT_ONCE = 16, LOOKED_AT = AT_ONCE + 3 };

static __m128i are(__m128i bytes, int mask, int value)
{
    return _mm_cmpeq_epi8(_mm_and_si128(bytes, _mm_set1_epi8((char)mask)), _mm_set1_epi8((char)value));
}

static __m128i load(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)bytes);
}

/* How many of the next bytes can be passed over: all that `find_distance` has nothing for, up to 16. */
static size_t count_others(const uint8_t *code)
{
    __m128i first = load(code);
    __m128i calls = are(first, 0xFF, 0xE8);
    __m128i wide = _mm_and_si128(are(first, 0xFB, 0x48), are(load(code + 2), 0xC7, 5));
    __m128i vectors = _mm_and_si128(are(first, 0xFF, 0xC5), are(load(code + 3), 0xC7, 5));
    int found = _mm_movemask_epi8(_mm_or_si128(calls, _mm_or_si128(wide, vectors)));
    return found == 0 ? AT_ONCE : (size_t)__builtin_ctz((unsigned)found);
}

static size_t find_next(const uint8_t *code, size_t i, size_t size)
{
    for (size_t others = AT_ONCE; others == AT_ONCE && size - i >= LOOKED_AT; i += others) {
        others = count_others(code + i);
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

void undo_addresses(uint8_t *code, size_t size)
{
    for (size_t i = find_next(code, 0, size); i < size; i = find_next(code, i, size)) {
        size_t operand = find_distance(code + i, size - i);
        if (operand == 0) {
            i++;
            continue;
        }
        i += operand;
        uint32_t number = get(code + i) + reach;
        if (number < 2 * reach) {
            put(code + i, ((number - (uint32_t)i) & (2 * reach - 1)) - reach);
        }
        i += 4;
    }
}
