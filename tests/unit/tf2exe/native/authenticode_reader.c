/* Reads a onefile as the launcher does, every chunk of it, whatever executable it begins with. */
#include "zstd_decoder.h"
#include "payload.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static struct payload payload;
    int damaged = 0;
    (void)argc;
    const char *why = read_payload(open(argv[1], O_RDONLY), &payload, &damaged);
    if (why != NULL) {
        printf("%s%s\n", damaged ? "damaged: " : "", why);
        return 1;
    }
    void *decoder = new_decoder();
    size_t room = payload.largest_stored > payload.largest_region ? payload.largest_stored : payload.largest_region;
    uint8_t *stored = malloc(room + 1);
    uint8_t *raw = malloc((size_t)payload.largest_raw + 1);
    for (uint32_t i = 0; i < payload.chunk_count; i++) {
        if (read_chunk(&payload, i, decoder, stored, raw) != 0) {
            printf("damaged: part %u\n", i);
            return 1;
        }
    }
    printf("%s %s\n", payload.name, payload.identity);
    return 0;
}
