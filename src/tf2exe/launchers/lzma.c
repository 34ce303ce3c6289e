/* A chunk of LZMA: one byte with the parameters, as in a file .lzma: (pb * 5 + lp) * 9 + lc; then the bytes of the
 * range coder. There is no header: the index knows the size, and the window is as large as the chunk. Whatever
 * stands behind the last byte that is asked for (liblzma writes an end marker) is not looked at. */
#include "lzma.h"

#include <string.h>

enum {
    LARGEST_CONTEXT = 4, /* of lc + lp */
    STATES = 12,
    FIRST_AFTER_MATCH = 7, /* states below it follow a literal */
    POSITIONS = 16,
    HALF = 1024,
};

typedef uint16_t probability;

struct lengths {
    probability is_long, is_longer, low[POSITIONS][8], middle[POSITIONS][8], high[256];
};

struct model {
    probability is_match[STATES][POSITIONS], is_repeat[STATES], is_older[STATES], is_third[STATES], is_fourth[STATES];
    probability is_long_repeat[STATES][POSITIONS], slot[4][64], special[128], align[16];
    struct lengths match, repeat;
    probability literal[0x300 << LARGEST_CONTEXT];
};

struct source {
    const uint8_t *next, *end;
    uint32_t range, code;
    int is_short; /* more was asked for than there is */
};

int is_lzma(const uint8_t *stored, size_t size)
{
    return size > 0 && stored[0] < 9 * 5 * 5 && stored[0] % 9 + stored[0] / 9 % 5 <= LARGEST_CONTEXT;
}

static inline void refill(struct source *source)
{
    if (source->range < 1U << 24) {
        source->range <<= 8;
        source->code <<= 8;
        if (source->next < source->end) {
            source->code |= *source->next++;
        } else {
            source->is_short = 1;
        }
    }
}

static inline uint32_t take_bit(struct source *source, probability *one)
{
    refill(source);
    uint32_t bound = (source->range >> 11) * *one;
    if (source->code < bound) {
        source->range = bound;
        *one = (probability)(*one + ((2048U - *one) >> 5));
        return 0;
    }
    source->range -= bound;
    source->code -= bound;
    *one = (probability)(*one - (*one >> 5));
    return 1;
}

static inline uint32_t take_even_bits(struct source *source, int count)
{
    uint32_t number = 0;
    for (; count > 0; count--) {
        refill(source);
        source->range >>= 1;
        uint32_t is_set = source->code >= source->range;
        source->code -= is_set ? source->range : 0;
        number = number << 1 | is_set;
    }
    return number;
}

static inline uint32_t take_tree(struct source *source, probability *tree, int bits)
{
    uint32_t node = 1;
    for (int i = 0; i < bits; i++) {
        node = node << 1 | take_bit(source, &tree[node]);
    }
    return node - (1U << bits);
}

/* The lowest bit first. */
static inline uint32_t take_reverse(struct source *source, probability *tree, int bits)
{
    uint32_t node = 1;
    uint32_t number = 0;
    for (int i = 0; i < bits; i++) {
        uint32_t bit = take_bit(source, &tree[node]);
        node = node << 1 | bit;
        number |= bit << i;
    }
    return number;
}

static inline uint32_t take_length(struct source *source, struct lengths *lengths, size_t position)
{
    if (!take_bit(source, &lengths->is_long)) {
        return 2 + take_tree(source, lengths->low[position], 3);
    }
    if (!take_bit(source, &lengths->is_longer)) {
        return 10 + take_tree(source, lengths->middle[position], 3);
    }
    return 18 + take_tree(source, lengths->high, 8);
}

/* How far back a match begins, less one. */
static inline uint32_t take_distance(struct source *source, struct model *model, uint32_t length)
{
    uint32_t slot = take_tree(source, model->slot[length < 6 ? length - 2 : 3], 6);
    if (slot < 4) {
        return slot;
    }
    int bits = (int)(slot >> 1) - 1;
    uint32_t distance = (2 | (slot & 1)) << bits;
    if (slot < 14) {
        return distance + take_reverse(source, model->special + (distance - slot), bits);
    }
    distance += take_even_bits(source, bits - 4) << 4;
    return distance + take_reverse(source, model->align, 4);
}

/* A byte; behind a match the byte that would have followed there helps to guess it. */
static inline uint8_t take_literal(struct source *source, probability *tree, int is_guessed, uint32_t guess)
{
    uint32_t node = 1;
    if (is_guessed) {
        uint32_t agrees = 0x100;
        while (node < 0x100) {
            guess <<= 1;
            uint32_t expected = guess & agrees;
            uint32_t bit = take_bit(source, &tree[agrees + expected + node]);
            node = node << 1 | bit;
            agrees &= bit ? expected : ~expected;
        }
    }
    while (node < 0x100) {
        node = node << 1 | take_bit(source, &tree[node]);
    }
    return (uint8_t)node;
}

/* One of the last four distances, which becomes the first one. */
static inline void take_older(struct source *source, struct model *model, uint32_t state, uint32_t *distances)
{
    uint32_t number = 1;
    if (take_bit(source, &model->is_third[state])) {
        number = 2 + take_bit(source, &model->is_fourth[state]);
    }
    uint32_t chosen = distances[number];
    for (; number > 0; number--) {
        distances[number] = distances[number - 1];
    }
    distances[0] = chosen;
}

/* The length of a match, whose distance is the first one afterwards. */
static inline uint32_t take_match(struct source *source, struct model *model, size_t position, uint32_t *state,
                                  uint32_t *distances)
{
    uint32_t before = *state;
    uint32_t is_second = before >= FIRST_AFTER_MATCH;
    if (!take_bit(source, &model->is_repeat[before])) {
        uint32_t length = take_length(source, &model->match, position);
        memmove(distances + 1, distances, 3 * sizeof *distances);
        distances[0] = take_distance(source, model, length);
        *state = is_second ? 10 : 7;
        return length;
    }
    if (take_bit(source, &model->is_older[before])) {
        take_older(source, model, before, distances);
    } else if (!take_bit(source, &model->is_long_repeat[before][position])) {
        *state = is_second ? 11 : 9;
        return 1;
    }
    *state = is_second ? 11 : 8;
    return take_length(source, &model->repeat, position);
}

static void begin(struct model *model, struct source *source, const uint8_t *stored, size_t size)
{
    probability *all = (probability *)model;
    for (size_t i = 0; i < sizeof *model / sizeof *all; i++) {
        all[i] = HALF;
    }
    *source = (struct source){stored + 1, stored + size, 0, 0, 0};
    for (int i = 0; i < 5; i++) { /* the first of them is always 0 */
        refill(source);
    }
    source->range = UINT32_MAX;
}

static void copy_match(uint8_t *to, uint32_t distance, uint32_t length)
{
    const uint8_t *from = to - distance - 1;
    if (distance >= length) {
        memcpy(to, from, length);
        return;
    }
    for (uint32_t i = 0; i < length; i++) {
        to[i] = from[i];
    }
}

int decode_lzma(uint8_t *raw, size_t raw_size, const uint8_t *stored, size_t size)
{
    struct model model;
    struct source source;
    uint32_t distances[4] = {0, 0, 0, 0};
    uint32_t state = 0;
    if (!is_lzma(stored, size)) {
        return -1;
    }
    int context = stored[0] % 9;
    size_t high = ((size_t)1 << stored[0] / 9 % 5) - 1;
    size_t low = ((size_t)1 << stored[0] / 45) - 1;
    begin(&model, &source, stored, size);
    for (size_t done = 0; done < raw_size;) {
        size_t position = done & low;
        if (!take_bit(&source, &model.is_match[state][position])) {
            uint32_t before = done > 0 ? raw[done - 1] : 0;
            probability *tree = model.literal + 0x300 * (((done & high) << context) + (before >> (8 - context)));
            int is_guessed = state >= FIRST_AFTER_MATCH;
            raw[done] = take_literal(&source, tree, is_guessed, is_guessed ? raw[done - distances[0] - 1] : 0);
            state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
            done++;
            continue;
        }
        uint32_t length = take_match(&source, &model, position, &state, distances);
        if (distances[0] >= done || length > raw_size - done) {
            return -1;
        }
        copy_match(raw + done, distances[0], length);
        done += length;
    }
    return source.is_short ? -1 : 0;
}
