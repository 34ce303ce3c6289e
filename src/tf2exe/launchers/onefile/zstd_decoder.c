/* zstd's decoder as one unit: its sources stand in Nuitka's package and are found by the include path. As
 * separate units they do not link: the copy lacks FSE_isError, which is a macro wherever all are together.
 *
 * Its interface is static here, so that the compiler leaves out what is not called: a quarter of it. */
#define ZSTDLIB_VISIBILITY static
#include "common/error_private.c"
#include "common/fse_decompress.c"
#include "common/xxhash.c"
#include "common/zstd_common.c"
#include "common/entropy_common.c" /* takes macros from those above */
#include "decompress/huf_decompress.c"
#include "decompress/zstd_ddict.c"
#include "decompress/zstd_decompress.c"
#include "decompress/zstd_decompress_block.c"

#include "zstd_decoder.h"

void *new_decoder(void)
{
    return ZSTD_createDCtx();
}

void free_decoder(void *decoder)
{
    ZSTD_freeDCtx(decoder);
}

int decode_zstd(void *decoder, uint8_t *raw, size_t raw_size, const uint8_t *stored, size_t stored_size)
{
    size_t size = decoder == NULL ? ZSTD_decompress(raw, raw_size, stored, stored_size)
                                  : ZSTD_decompressDCtx(decoder, raw, raw_size, stored, stored_size);
    return size == raw_size ? 0 : -1;
}
