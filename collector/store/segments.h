// SPDX-License-Identifier: Apache-2.0
/* Append-only files of compressed frames, the truth of the store. Each frame
 * holds the facts about one record (`meta`, JSON) and the record's bytes, with
 * their lengths and a checksum. Used by store.c only; one thread at a time.
 *
 * frame:  "PXR1" | packed length u32 | meta length u32 | record length u32 |
 *         first 16 bytes of SHA-256 over the three lengths and the packed
 *         bytes | packed bytes (one zstd frame of meta, then record)
 */
#ifndef PARALLAX_COLLECTOR_STORE_SEGMENTS_H
#define PARALLAX_COLLECTOR_STORE_SEGMENTS_H

#include "base/buf.h"

#define SEGMENT_HEADER_LEN 32
#define SEGMENT_FILE_MAX   (INT64_C(256) << 20)
#define SEGMENT_RECORD_MAX (48u << 20)

struct segments;

struct segment_pos {
    uint32_t segment; /* number of the file, from 1 */
    uint64_t offset;
    uint32_t len; /* of the whole frame */
};

/* `dir` is made when writing. */
MUST_USE enum err segments_open(const char *dir, bool write,
                                struct segments **out, struct diag *d);
void segments_close(struct segments *s);

/* Writing: add frames, then commit them with one fsync. */
MUST_USE enum err segments_add(struct segments *s, struct str meta,
                               struct str record, struct segment_pos *pos);
/* On failure the file is as it was before the first add. *fsync_failed tells
 * the one failure after which nothing about the file can be believed. */
MUST_USE enum err segments_commit(struct segments *s, bool *fsync_failed);
/* Forgets what was added and not committed. */
void segments_abort(struct segments *s);
/* Takes the last commit back (the index could not follow). */
MUST_USE enum err segments_uncommit(struct segments *s);
/* Where the next frame will stand. */
void segments_end(const struct segments *s, uint32_t *segment,
                  uint64_t *offset);

/* Either buffer may be NULL. ERR_PARSE: damaged. */
MUST_USE enum err segments_read(struct segments *s,
                                const struct segment_pos *pos, struct buf *meta,
                                struct buf *record);

typedef enum err (*segment_fn)(void *arg, const struct segment_pos *pos,
                               struct str meta, struct str record);
/* Calls fn for each whole frame from the given place on. Damage with whole
 * frames after it is reported and stepped over; damage up to the end of the
 * last file is a torn tail and is cut when the segments are open for writing.
 */
MUST_USE enum err segments_scan(struct segments *s, uint32_t segment,
                                uint64_t offset, segment_fn fn, void *arg);

/* One frame at the start of `in`: its length, or ERR_PARSE. For tests. */
MUST_USE enum err segment_frame_parse(struct str in, struct buf *meta,
                                      struct buf *record, size_t *len);
MUST_USE enum err segment_frame_write(struct buf *out, struct str meta,
                                      struct str record);

#endif
