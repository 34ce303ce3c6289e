/* zstd's decoder as one unit: its sources stand in Nuitka's package and are found by the include path. As
 * separate units they do not link: the copy lacks FSE_isError, which is a macro wherever all are together. */
#include "common/error_private.c"
#include "common/fse_decompress.c"
#include "common/xxhash.c"
#include "common/zstd_common.c"
#include "common/entropy_common.c" /* takes macros from those above */
#include "decompress/huf_decompress.c"
#include "decompress/zstd_ddict.c"
#include "decompress/zstd_decompress.c"
#include "decompress/zstd_decompress_block.c"
