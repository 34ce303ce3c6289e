/* zstd's decoder as one translation unit. Its sources are in Nuitka's package, which is on the include path. As separate
 * units they do not link: the copy lacks FSE_isError, which is a macro if all are in one unit.
 *
 * The interface is static, so that the compiler drops the functions that are not called: a quarter of the code. */
#define ZSTDLIB_VISIBILITY static
#include "common/error_private.c"
#include "common/fse_decompress.c"
#include "common/xxhash.c"
#include "common/zstd_common.c"
#include "common/entropy_common.c" /* requires macros of those above */
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
