// SPDX-License-Identifier: Apache-2.0
/* One file of the spool: frames that were appended, and whose states change in
 * place. Reads and writes bytes only; spool.h knows what they are for.
 *
 *     0  "PXSPOOL3", then frames, in network byte order:
 *
 *     0  "PXFd" (under the device's key) or "PXFb" (in a box that only the
 *        collector opens)
 *     4  length of the content (32 bits)
 *     8  priority     9  state: 0 done with, else see frame.h
 *    10  day since 1970 (16 bits)
 *    12  the content, sealed
 *    ..  16 bytes of the SHA-256 over all of this but the state
 *
 * A power cut may leave anything behind what was synced: an end that is no
 * whole frame is cut off. Damage before whole frames is passed over, counted.
 */
#ifndef PARALLAX_PROBE_DELIVER_SPOOL_FILE_H
#define PARALLAX_PROBE_DELIVER_SPOOL_FILE_H

#include "probe/deliver/frame.h"

/* What a person calls a frame: its file and its place there. */
#define SPOOL_NAME_MAX 64

#define SPOOL_FILE_MAGIC "PXSPOOL3"
#define SPOOL_FILE_START 8u  /* where the first frame is */
#define SPOOL_FILE_HEAD  12u /* bytes before a content */
#define SPOOL_FILE_SUM   16u /* bytes behind it */
#define SPOOL_FILE_MORE  (SPOOL_FILE_HEAD + SPOOL_FILE_SUM)
/* Bytes of a content that a scan shows: they say which key it needs. */
#define SPOOL_FILE_BEGIN 8u

struct spool_head {
    uint32_t len; /* of the content, FRAME_MAX_SEALED at most */
    enum frame_priority priority;
    enum frame_state state;
    uint16_t day;
    bool boxed;
    uint64_t sum; /* the beginning of what stands behind it; of whole ones */
};

/* Gets what a frame is known by, also in later runs: head.sum. */
typedef enum err (*spool_known_fn)(void *arg, uint64_t known_by);

/* Appends the bytes of a frame; h->len and h->sum are set. ERR_LIMIT: too long.
 */
MUST_USE enum err spool_file_encode(struct spool_head *h, struct str content,
                                    struct buf *out);

/* Is this one whole frame, with nothing behind it? *content borrows. Pure. */
bool spool_file_whole(struct str bytes, struct spool_head *out,
                      struct str *content);

/* Gets a whole frame, its place, and how its content begins. */
typedef enum err (*spool_file_fn)(void *arg, const struct spool_head *h,
                                  uint64_t at, struct str begin);

struct spool_scan {
    uint64_t end;   /* behind the last whole frame */
    uint64_t size;  /* of the file: if larger, its tail is torn */
    size_t damaged; /* places passed over */
    bool foreign;   /* not a file of this version; nothing was read */
    bool newer;     /* foreign, and of a later version */
};

/* Hands every whole frame of a file to `fn`, in order. The error is that of
 * `fn` or of reading. */
MUST_USE enum err spool_file_scan(int fd, spool_file_fn fn, void *arg,
                                  struct spool_scan *out);

/* The content of the frame at `at`, appended. ERR_PARSE: damaged since. */
MUST_USE enum err spool_file_read(int fd, uint64_t at, struct buf *out);

/* Writes all of it at a place, or says why not. */
MUST_USE enum err spool_file_write(int fd, struct str data, uint64_t at);

/* Changes the state of the frame at `at`; not synced. */
MUST_USE enum err spool_file_mark(int fd, uint64_t at, enum frame_state state);

#endif
