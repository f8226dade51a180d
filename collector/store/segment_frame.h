// SPDX-License-Identifier: Apache-2.0
/* One frame of a segment: the facts about one record (`meta`, JSON, written by
 * store_meta.c) and the record's bytes, with their lengths and a checksum.
 * Pure; called by segments.c, which keeps frames in files.
 *
 * frame:  "PXR1" | packed length u32 | meta length u32 | record length u32 |
 *         first 16 bytes of SHA-256 over the three lengths and the packed
 *         bytes | packed bytes (one zstd frame of meta, then record)
 */
#ifndef PARALLAX_COLLECTOR_STORE_SEGMENT_FRAME_H
#define PARALLAX_COLLECTOR_STORE_SEGMENT_FRAME_H

#include "base/buf.h"
#include "base/compress.h"

#define SEGMENT_FRAME_MAGIC "PXR1"
#define SEGMENT_HEADER_LEN  32
#define SEGMENT_META_MAX    (256u << 10)
#define SEGMENT_RECORD_MAX  (48u << 20)

/* Appends a frame. ERR_LIMIT: facts or record are longer than the maximum. */
MUST_USE enum err segment_frame_write(struct compress_packer *packer,
                                      struct buf *out, struct str meta,
                                      struct str record);
/* How many bytes the frame at the start of `in` has in all, by its header; 0 if
 * none starts here or its header is not whole. */
size_t segment_frame_len(struct str in);
/* Reads the frame at the start of `in`: appends its facts and its record to the
 * buffers, of which either may be NULL, and tells its length. ERR_PARSE: no
 * frame, a damaged one, or not all of one. */
MUST_USE enum err segment_frame_parse(struct str in, struct buf *meta,
                                      struct buf *record, size_t *len);

#endif
