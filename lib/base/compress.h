// SPDX-License-Identifier: Apache-2.0
/* zstd and gzip in one file. Every decompression has a maximum of output. */
#ifndef PARALLAX_BASE_COMPRESS_H
#define PARALLAX_BASE_COMPRESS_H

#include "base/buf.h"

enum compress_kind {
    COMPRESS_NONE,
    COMPRESS_GZIP,
    COMPRESS_ZSTD,
    COMPRESS_DCZ
};

/* By magic bytes; never COMPRESS_DCZ, see dcz_detect. */
enum compress_kind compress_detect(struct str head);
/* One zstd frame with checksum and content size. */
MUST_USE enum err zstd_pack(struct str in, int level, struct buf *out);
/* ERR_LIMIT when the output would pass out->max; ERR_PARSE on damage. */
MUST_USE enum err zstd_unpack(struct str in, struct buf *out);

/* Dictionary-Compressed Zstandard (RFC 9842, section 5): a zstd frame that
 * leaves out what stands in `dict`, bytes that both ends have, behind a header
 * with their SHA-256. Errors as above; ERR_NOTFOUND when `in` was made against
 * another dictionary. */
#define DCZ_HEADER_LEN 40
bool dcz_detect(struct str head);
MUST_USE enum err dcz_pack(struct str in, int level, struct str dict,
                           struct buf *out);
MUST_USE enum err dcz_unpack(struct str in, struct str dict, struct buf *out);

/* Streaming reader of a file that may be plain, gzip (all members) or zstd
 * (all frames). Takes the descriptor. */
struct inflater;
MUST_USE enum err inflater_open(int fd, struct inflater **out);
/* 0 bytes = end. ERR_PARSE on damage. */
MUST_USE enum err inflater_read(struct inflater *i, void *p, size_t size,
                                size_t *got);
void inflater_close(struct inflater *i);

#endif
