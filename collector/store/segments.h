// SPDX-License-Identifier: Apache-2.0
/* Append-only files of compressed frames (segment_frame.h), the truth of the
 * store: `segments/00000001.seg` and so on. Used by store.c and, to read them
 * again, by store_catchup.c; one thread at a time.
 *
 * A sync is several times dearer if the file has grown since the last one: then
 * the disk is written to in more than one place. So who writes small batches
 * keeps zeros ready behind the last frame, up to a MiB, and takes them away
 * when he ends; after a kill they are there, and are nothing.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SEGMENTS_H
#define PARALLAX_COLLECTOR_STORE_SEGMENTS_H

#include "base/buf.h"
#include "base/diag.h"

#define SEGMENTS_FILE_MAX (INT64_C(256) << 20) /* then a new one is begun */
#define SEGMENTS_MARK_MAX 33                   /* 32 digits and NUL */

struct segments;

/* Where a frame stands. */
struct segments_pos {
    uint32_t segment; /* number of the file, from 1 */
    uint64_t offset;  /* bytes from its start */
    uint32_t len;     /* of the whole frame */
};

/* A missing `dir` has no files. Caller closes *out. */
MUST_USE enum err segments_open(const char *dir, bool write,
                                struct segments **out, struct diag *d);
/* Makes the folder where it is missing; to be done before the first add. */
MUST_USE enum err segments_make(struct segments *s, struct diag *d);
void segments_close(struct segments *s);

/* New files carry this mark, 32 hexadecimal digits or "" for none: it stands in
 * the facts of their first frame, as "store". */
void segments_mark(struct segments *s, const char *mark);
/* Adds a frame to what the next commit writes, and tells where it will stand.
 */
MUST_USE enum err segments_add(struct segments *s, struct str meta,
                               struct str record, struct segments_pos *pos);
/* Writes what was added, with one fsync. On failure the file is as it was
 * before the first add. *fsync_failed tells the failures after which nothing
 * about the file can be believed: of the sync, or somebody else has removed it
 * or cut it off. */
MUST_USE enum err segments_commit(struct segments *s, bool *fsync_failed);
/* Forgets what was added and not committed. */
void segments_abort(struct segments *s);
/* Takes the last commit back (the index could not follow). */
MUST_USE enum err segments_uncommit(struct segments *s);
/* The folder. */
const char *segments_path(const struct segments *s);
/* Bytes of file `n`; ERR_NOTFOUND: it is missing. */
MUST_USE enum err segments_len(const struct segments *s, uint32_t n,
                               uint64_t *len);
/* Where the zeros at the end of file `n` begin, at `from` or behind it: what a
 * writer keeps ready is not his records. A frame may end with zeros, too. */
MUST_USE enum err segments_filled(struct segments *s, uint32_t n, uint64_t from,
                                  uint64_t *end);
/* False when the newest file is gone or shorter than what was written, or
 * another one stands in its place. */
bool segments_stand(const struct segments *s);
/* A scan cuts nothing before this place, however damaged it is. */
void segments_keep(struct segments *s, uint32_t segment, uint64_t offset);
/* The next frame begins a new file, of a number above `segment` and above all
 * that are there: a file that is lost can then be put back. */
void segments_leave(struct segments *s, uint32_t segment);
/* Where the next frame will stand. */
void segments_end(const struct segments *s, uint32_t *segment,
                  uint64_t *offset);

/* Appends facts and record of a frame; either buffer may be NULL. ERR_PARSE:
 * damaged. */
MUST_USE enum err segments_read(struct segments *s,
                                const struct segments_pos *pos,
                                struct buf *meta, struct buf *record);

#endif
