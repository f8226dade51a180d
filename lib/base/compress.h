// SPDX-License-Identifier: Apache-2.0
/* Compression of bytes in memory by zstd. Unpacking never makes more than the
 * maximum of the buffer it goes to; files are read by inflater.h.
 */
#ifndef PARALLAX_BASE_COMPRESS_H
#define PARALLAX_BASE_COMPRESS_H

#include "base/buf.h"

enum compress_kind {
    COMPRESS_NONE,
    COMPRESS_GZIP,
    COMPRESS_ZSTD,
    COMPRESS_DCZ
};

/* By magic bytes; never COMPRESS_DCZ, see compress_is_dcz. */
enum compress_kind compress_detect(struct str head);

/* Appends one zstd frame with checksum and content size; `level` is zstd's. */
MUST_USE enum err compress_pack(struct str in, int level, struct buf *out);

/* What packing needs, made once for many texts, one after the other; one
 * thread. */
struct compress_packer;
/* NULL: no memory. The caller frees it. */
struct compress_packer *compress_packer_new(void);
void compress_packer_free(struct compress_packer *p);
/* As compress_pack, and the same bytes. `p` may be NULL. */
MUST_USE enum err compress_packer_pack(struct compress_packer *p, struct str in,
                                       int level, struct buf *out);

/* Appends what the frames hold. ERR_LIMIT when it would pass out->max,
 * ERR_INVAL when a frame needs a window of more than 8 MiB, ERR_PARSE on
 * damage; `out` then holds what it held before. */
MUST_USE enum err compress_unpack(struct str in, struct buf *out);

#define COMPRESS_SKIP_MIN 8
/* Appends a skippable frame (RFC 8878, 3.1.2) of `len` bytes, COMPRESS_SKIP_MIN
 * at least: decoders pass over it, so that the length of what stands before it
 * cannot be seen. ERR_INVAL: too few. */
MUST_USE enum err compress_skip(size_t len, struct buf *out);

/* Dictionary-Compressed Zstandard (RFC 9842, section 5): a zstd frame that
 * leaves out what stands in `dict`, bytes that both ends have, behind a header
 * of DCZ_HEADER_LEN bytes with their SHA-256. */
#define DCZ_HEADER_LEN 40

/* Whether such a header stands at the beginning. */
bool compress_is_dcz(struct str head);

/* As compress_pack and compress_unpack. ERR_NOTFOUND when `in` was made against
 * another dictionary. */
MUST_USE enum err compress_pack_dcz(struct str in, int level, struct str dict,
                                    struct buf *out);
MUST_USE enum err compress_unpack_dcz(struct str in, struct str dict,
                                      struct buf *out);

#endif
