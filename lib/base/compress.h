// SPDX-License-Identifier: Apache-2.0
/* zstd and gzip in one file. Every decompression has a maximum of output. */
#ifndef PARALLAX_BASE_COMPRESS_H
#define PARALLAX_BASE_COMPRESS_H

#include "base/buf.h"

enum compress_kind {
    COMPRESS_NONE,
    COMPRESS_GZIP,
    COMPRESS_ZSTD
};

enum compress_kind compress_detect(struct str head); /* by magic bytes */
/* One zstd frame with checksum and content size. */
MUST_USE enum err zstd_pack(struct str in, int level, struct buf *out);
/* ERR_LIMIT when the output would pass out->max; ERR_PARSE on damage. */
MUST_USE enum err zstd_unpack(struct str in, struct buf *out);

/* Streaming reader of a file that may be plain, gzip (all members) or zstd
 * (all frames). Takes the descriptor. */
struct inflater;
MUST_USE enum err inflater_open(int fd, struct inflater **out);
/* 0 bytes = end. ERR_PARSE on damage. */
MUST_USE enum err inflater_read(struct inflater *i, void *p, size_t size,
                                size_t *got);
void inflater_close(struct inflater *i);

#endif
